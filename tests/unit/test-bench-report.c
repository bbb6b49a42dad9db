/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/report.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Two services in three rounds: ours takes 1.5, 2 and 1 times as long. */
static Row *add_row(Report *report, const char *name)
{
        Row *row = report_row(report, "Reads", name, "µs");
        static const double floor[] = { 10, 20, 300 }, ours[] = { 15, 40, 300 };

        for (size_t i = 0; i < 3; i++) {
                row_add(row, "floor", floor[i]);
                row_add(row, "virtbusd", ours[i]);
        }
        return row;
}

static void test_text(void **state)
{
        _cleanup_report_ Report *report = report_new(false);
        g_autofree char *first = NULL, *second = NULL, *nothing = NULL;
        Row *row;

        report_fact(report, "kernel", "6.1");
        row_budget(add_row(report, "GetState"), BUDGET_RATIO_MAX, "virtbusd", "floor", 1.2);
        first = report_text(report);
        assert_string_equal(
                        first,
                        "kernel: 6.1\n"
                        "Numbers: median (lower…upper quartile). Ratios are of pairs of one round.\n"
                        "\nReads\n"
                        "  GetState [µs]\n"
                        "    floor          20.0 (15.0…160)  n=3\n"
                        "    virtbusd       40.0 (27.5…170)  n=3\n"
                        "    virtbusd / floor: 1.50 (1.25…1.75), budget ≤ 1.2: over\n");
        row = add_row(report, "GetAll");
        row_budget(row, BUDGET_MAX, "virtbusd", NULL, 40);
        row_note(row, "a note");
        second = report_text(report);
        assert_string_equal(second, "  GetAll [µs]\n"
                                    "    floor          20.0 (15.0…160)  n=3\n"
                                    "    virtbusd       40.0 (27.5…170)  n=3\n"
                                    "    budget ≤ 40: within\n"
                                    "    a note\n");
        nothing = report_text(report);
        assert_string_equal(nothing, "");
}

/* The verdict of a row's budget, or NULL. */
static const char *verdict_of(JsonNode *node, unsigned i)
{
        JsonArray *rows = json_object_get_array_member(json_node_get_object(node), "rows");
        JsonObject *row = json_array_get_object_element(rows, i);

        if (!json_object_has_member(row, "budget"))
                return NULL;
        return json_object_get_string_member(json_object_get_object_member(row, "budget"), "verdict");
}

static void test_verdicts(void **state)
{
        _cleanup_report_ Report *report = report_new(true);
        g_autoptr(JsonNode) node = NULL;

        row_budget(add_row(report, "at most, over"), BUDGET_RATIO_MAX, "virtbusd", "floor", 1.4);
        row_budget(add_row(report, "at most, just"), BUDGET_RATIO_MAX, "virtbusd", "floor", 1.5);
        row_budget(add_row(report, "at least, over"), BUDGET_RATIO_MIN, "virtbusd", "floor", 1.6);
        row_budget(add_row(report, "at least, within"), BUDGET_RATIO_MIN, "virtbusd", "floor", 1.5);
        row_budget(add_row(report, "not measured"), BUDGET_RATIO_MAX, "virtbusd", "another", 1);
        (void) add_row(report, "no budget");
        row_budget(add_row(report, "plain, over"), BUDGET_MAX, "virtbusd", NULL, 39);
        node = report_json(report);
        assert_string_equal(verdict_of(node, 0), "over");
        assert_string_equal(verdict_of(node, 1), "within");
        assert_string_equal(verdict_of(node, 2), "over");
        assert_string_equal(verdict_of(node, 3), "within");
        assert_null(verdict_of(node, 4));
        assert_null(verdict_of(node, 5));
        assert_string_equal(verdict_of(node, 6), "over");
        assert_true(json_object_get_boolean_member(json_node_get_object(node), "quick"));
}

static void test_json(void **state)
{
        _cleanup_report_ Report *report = report_new(false);
        JsonObject *row, *floor;
        g_autoptr(JsonNode) node = NULL;

        (void) add_row(report, "GetState");
        node = report_json(report);
        row = json_array_get_object_element(json_object_get_array_member(json_node_get_object(node), "rows"),
                                            0);
        assert_string_equal(json_object_get_string_member(row, "group"), "Reads");
        assert_string_equal(json_object_get_string_member(row, "unit"), "µs");
        floor = json_object_get_object_member(json_object_get_object_member(row, "services"), "floor");
        assert_true(json_object_get_double_member(floor, "median") == 20);
        assert_true(json_object_get_double_member(floor, "max") == 300);
        assert_int_equal(json_object_get_int_member(floor, "n"), 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_verdicts),
                cmocka_unit_test(test_json),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
