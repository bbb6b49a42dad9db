/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Numbers that were measured, and what they come to. */

#include "service/base/util.h"

typedef struct Samples {
        double *values;
        size_t n;
        size_t room;
} Samples;

void samples_add(Samples *samples, double value);
void samples_clear(Samples *samples);
#define _cleanup_samples_ _cleanup_(samples_clear)

/* The value below which the part q (0 to 1) of them lies, between two values in proportion. 0 when there are
 * none. */
double samples_quantile(const Samples *samples, double q);
double samples_median(const Samples *samples);

/* Adds a[i] / b[i] for each pair; what has no partner, or a divisor of 0, is left out. */
void samples_add_ratios(Samples *samples, const Samples *a, const Samples *b);
/* Adds a[i] - b[i]. */
void samples_add_differences(Samples *samples, const Samples *a, const Samples *b);
