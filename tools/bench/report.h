/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a run has found: per thing measured one row with the samples of each service, and, where there is a
 * budget, the ratio of pairs of samples beside it. A budget is never a test: a row says "within" or "over",
 * and that is all.
 */

#include "tools/bench/samples.h"

#include <json-glib/json-glib.h>

typedef struct Report Report;
typedef struct Row Row;

Report *report_new(bool quick);
Report *report_free(Report *report);
DEFINE_TRIVIAL_CLEANUP(Report *, report_free)
#define _cleanup_report_ _cleanup_(report_freep)

/* What the numbers were measured on: "qemu 7.2.22". Printed at the top. */
void report_fact(Report *report, const char *key, const char *value);

/* A new row, owned by the report. unit: "µs", "KiB", "1/s", "". */
Row *report_row(Report *report, const char *group, const char *name, const char *unit);
/* One measurement of one service. Those of the same round must be added in the same order. */
void row_add(Row *row, const char *service, double value);
/* Why something in this row could not be measured. */
void row_note(Row *row, const char *note);

typedef enum BudgetKind {
        BUDGET_NONE,
        BUDGET_RATIO_MAX, /* median of service / reference at most limit */
        BUDGET_RATIO_MIN, /* at least */
        BUDGET_MAX,       /* median of service at most limit, in the row's unit */
} BudgetKind;

/* reference NULL for BUDGET_MAX. */
void row_budget(Row *row, BudgetKind kind, const char *service, const char *reference, double limit);

/* The rows since the last call, as text. Free with g_free(). */
char *report_text(Report *report);
/* All of it. */
JsonNode *report_json(const Report *report);
