/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/samples.h"

#include <stdlib.h>
#include <string.h>

void samples_add(Samples *samples, double value)
{
        if (samples->n == samples->room) {
                samples->room = MAX(samples->room * 2, 16);
                samples->values = g_renew(double, samples->values, samples->room);
        }
        samples->values[samples->n++] = value;
}

void samples_clear(Samples *samples)
{
        g_free(samples->values);
        *samples = (Samples) {};
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return x < y ? -1 : x > y;
}

double samples_quantile(const Samples *samples, double q)
{
        g_autofree double *sorted = NULL;
        double place, part;
        size_t i;

        if (samples->n == 0)
                return 0;
        sorted = g_memdup2(samples->values, samples->n * sizeof(double));
        qsort(sorted, samples->n, sizeof(double), compare);
        place = q * (double) (samples->n - 1);
        i = (size_t) place;
        if (i + 1 >= samples->n)
                return sorted[samples->n - 1];
        part = place - (double) i;
        return sorted[i] * (1 - part) + sorted[i + 1] * part;
}

double samples_median(const Samples *samples)
{
        return samples_quantile(samples, 0.5);
}

void samples_add_ratios(Samples *samples, const Samples *a, const Samples *b)
{
        for (size_t i = 0; i < MIN(a->n, b->n); i++)
                if (b->values[i] != 0)
                        samples_add(samples, a->values[i] / b->values[i]);
}

void samples_add_differences(Samples *samples, const Samples *a, const Samples *b)
{
        for (size_t i = 0; i < MIN(a->n, b->n); i++)
                samples_add(samples, a->values[i] - b->values[i]);
}
