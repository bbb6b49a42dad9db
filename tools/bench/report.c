/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/report.h"

#include <math.h>

typedef struct Series {
        char *service;
        Samples samples;
} Series;

struct Row {
        char *group;
        char *name;
        char *unit;
        char *note;
        GPtrArray *series;
        BudgetKind budget;
        char *service;
        char *reference;
        double limit;
};

struct Report {
        bool quick;
        JsonObject *facts;
        GPtrArray *rows;
        size_t n_printed;
        char *printed_group;
        bool facts_printed;
};

static void series_free(void *p)
{
        Series *series = p;

        g_free(series->service);
        samples_clear(&series->samples);
        g_free(series);
}

static void row_free(void *p)
{
        Row *row = p;

        g_free(row->group);
        g_free(row->name);
        g_free(row->unit);
        g_free(row->note);
        g_free(row->service);
        g_free(row->reference);
        g_ptr_array_unref(row->series);
        g_free(row);
}

Report *report_new(bool quick)
{
        Report *report = g_new0(Report, 1);

        report->quick = quick;
        report->facts = json_object_new();
        report->rows = g_ptr_array_new_with_free_func(row_free);
        return report;
}

Report *report_free(Report *report)
{
        if (report) {
                json_object_unref(report->facts);
                g_ptr_array_unref(report->rows);
                g_free(report->printed_group);
                g_free(report);
        }
        return NULL;
}

void report_fact(Report *report, const char *key, const char *value)
{
        json_object_set_string_member(report->facts, key, value);
}

Row *report_row(Report *report, const char *group, const char *name, const char *unit)
{
        Row *row = g_new0(Row, 1);

        row->group = g_strdup(group);
        row->name = g_strdup(name);
        row->unit = g_strdup(unit);
        row->series = g_ptr_array_new_with_free_func(series_free);
        g_ptr_array_add(report->rows, row);
        return row;
}

static Series *find_series(const Row *row, const char *service)
{
        for (size_t i = 0; i < row->series->len; i++) {
                Series *series = row->series->pdata[i];

                if (streq_ptr(series->service, service))
                        return series;
        }
        return NULL;
}

void row_add(Row *row, const char *service, double value)
{
        Series *series = find_series(row, service);

        if (!series) {
                series = g_new0(Series, 1);
                series->service = g_strdup(service);
                g_ptr_array_add(row->series, series);
        }
        samples_add(&series->samples, value);
}

void row_note(Row *row, const char *note)
{
        g_free(row->note);
        row->note = g_strdup(note);
}

void row_budget(Row *row, BudgetKind kind, const char *service, const char *reference, double limit)
{
        g_assert(row->budget == BUDGET_NONE && !reference == (kind == BUDGET_MAX));
        row->budget = kind;
        row->service = g_strdup(service);
        row->reference = g_strdup(reference);
        row->limit = limit;
}

/* What the budget is about. Returns false when it was not measured. */
static bool budget_samples(const Row *row, Samples *ret)
{
        const Series *series = find_series(row, row->service), *reference = find_series(row, row->reference);

        if (row->budget == BUDGET_NONE || !series || (row->reference && !reference))
                return false;
        if (reference)
                samples_add_ratios(ret, &series->samples, &reference->samples);
        else
                for (size_t i = 0; i < series->samples.n; i++)
                        samples_add(ret, series->samples.values[i]);
        return ret->n > 0;
}

static const char *verdict(const Row *row, double value)
{
        return (row->budget == BUDGET_RATIO_MIN ? value >= row->limit : value <= row->limit) ? "within" :
                                                                                               "over";
}

static void append_number(GString *out, double value)
{
        g_string_append_printf(out, "%.*f", fabs(value) >= 100 ? 0 : fabs(value) >= 10 ? 1 : 2, value);
}

static void append_spread(GString *out, const Samples *samples)
{
        append_number(out, samples_median(samples));
        g_string_append(out, " (");
        append_number(out, samples_quantile(samples, 0.25));
        g_string_append(out, "…");
        append_number(out, samples_quantile(samples, 0.75));
        g_string_append_c(out, ')');
}

static void append_budget(GString *out, const Row *row)
{
        _cleanup_samples_ Samples samples = {};

        if (!budget_samples(row, &samples))
                return;
        if (row->reference) {
                g_string_append_printf(out, "    %s / %s: ", row->service, row->reference);
                append_spread(out, &samples);
                g_string_append_printf(out, ", budget %s ", row->budget == BUDGET_RATIO_MIN ? "≥" : "≤");
        } else
                g_string_append(out, "    budget ≤ ");
        g_string_append_printf(out, "%g: %s\n", row->limit, verdict(row, samples_median(&samples)));
}

static void append_row(GString *out, const Row *row)
{
        g_string_append_printf(out, "  %s%s%s%s\n", row->name, *row->unit ? " [" : "", row->unit,
                               *row->unit ? "]" : "");
        for (size_t i = 0; i < row->series->len; i++) {
                const Series *series = row->series->pdata[i];

                g_string_append_printf(out, "    %-14s ", series->service);
                append_spread(out, &series->samples);
                g_string_append_printf(out, "  n=%zu\n", series->samples.n);
        }
        append_budget(out, row);
        if (row->note)
                g_string_append_printf(out, "    %s\n", row->note);
}

static void append_fact(JsonObject *object, const char *key, JsonNode *value, void *userdata)
{
        g_string_append_printf(userdata, "%s: %s\n", key, json_node_get_string(value));
}

char *report_text(Report *report)
{
        GString *out = g_string_new(NULL);

        if (!report->facts_printed) {
                json_object_foreach_member(report->facts, append_fact, out);
                g_string_append(out,
                                "Numbers: median (lower…upper quartile). Ratios are of pairs of one round.\n");
                report->facts_printed = true;
        }
        for (; report->n_printed < report->rows->len; report->n_printed++) {
                const Row *row = report->rows->pdata[report->n_printed];

                if (!streq_ptr(report->printed_group, row->group)) {
                        g_string_append_printf(out, "\n%s\n", row->group);
                        g_free(report->printed_group);
                        report->printed_group = g_strdup(row->group);
                }
                append_row(out, row);
        }
        return g_string_free(out, FALSE);
}

static JsonObject *samples_json(const Samples *samples)
{
        JsonObject *object = json_object_new();

        json_object_set_double_member(object, "median", samples_median(samples));
        json_object_set_double_member(object, "lower_quartile", samples_quantile(samples, 0.25));
        json_object_set_double_member(object, "upper_quartile", samples_quantile(samples, 0.75));
        json_object_set_double_member(object, "min", samples_quantile(samples, 0));
        json_object_set_double_member(object, "max", samples_quantile(samples, 1));
        json_object_set_int_member(object, "n", (gint64) samples->n);
        return object;
}

static void add_budget_json(JsonObject *object, const Row *row)
{
        _cleanup_samples_ Samples samples = {};
        JsonObject *budget;

        if (!budget_samples(row, &samples))
                return;
        budget = samples_json(&samples);
        json_object_set_string_member(budget, "service", row->service);
        if (row->reference)
                json_object_set_string_member(budget, "reference", row->reference);
        json_object_set_string_member(budget, "kind",
                                      row->budget == BUDGET_RATIO_MIN ? "at least" : "at most");
        json_object_set_double_member(budget, "limit", row->limit);
        json_object_set_string_member(budget, "verdict", verdict(row, samples_median(&samples)));
        json_object_set_object_member(object, "budget", budget);
}

static JsonObject *row_json(const Row *row)
{
        JsonObject *object = json_object_new(), *services = json_object_new();

        json_object_set_string_member(object, "group", row->group);
        json_object_set_string_member(object, "name", row->name);
        json_object_set_string_member(object, "unit", row->unit);
        for (size_t i = 0; i < row->series->len; i++) {
                const Series *series = row->series->pdata[i];

                json_object_set_object_member(services, series->service, samples_json(&series->samples));
        }
        json_object_set_object_member(object, "services", services);
        add_budget_json(object, row);
        if (row->note)
                json_object_set_string_member(object, "note", row->note);
        return object;
}

JsonNode *report_json(const Report *report)
{
        g_autoptr(JsonObject) object = json_object_new();
        JsonArray *rows = json_array_new();

        for (size_t i = 0; i < report->rows->len; i++)
                json_array_add_object_element(rows, row_json(report->rows->pdata[i]));
        json_object_set_boolean_member(object, "quick", report->quick);
        json_object_set_object_member(object, "facts", json_object_ref(report->facts));
        json_object_set_array_member(object, "rows", rows);
        return json_node_init_object(json_node_alloc(), object);
}
