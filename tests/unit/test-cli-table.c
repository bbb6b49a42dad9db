/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/table.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const TableColumn columns[] = { { "Id", true }, { "Name", false }, { "State", false }, {} };

static Table *make_table(void)
{
        Table *table = table_new(columns);

        table_cell(table, "7");
        table_cell(table, "字");
        table_cell(table, "running");
        table_cell_take(table, NULL);
        table_cell_take(table, g_strdup("long-name"));
        table_cell(table, "");
        return table;
}

static void test_alignment(void **state)
{
        _cleanup_table_ Table *table = make_table();
        g_autofree char *text = table_format(table, TABLE_HEADER), *bare = table_format(table, 0);

        assert_int_equal(table_rows(table), 2);
        assert_string_equal(text, "Id  Name       State\n"
                                  " 7  字         running\n"
                                  " -  long-name  -\n");
        /* Without a header it does not count for the width either. */
        assert_string_equal(bare, "7  字         running\n"
                                  "-  long-name  -\n");
}

static void test_bold(void **state)
{
        _cleanup_table_ Table *table = table_new(columns);
        g_autofree char *text = table_format(table, TABLE_HEADER | TABLE_BOLD);

        assert_string_equal(text, "\033[1mId  Name  State\033[0m\n");
}

static void test_hostile_cell(void **state)
{
        _cleanup_table_ Table *table = table_new(columns + 2);
        g_autofree char *text = NULL;

        table_cell(table, "\033]0;owned\a");
        text = table_format(table, 0);
        assert_string_equal(text, "\\u001b]0;owned\\u0007\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_alignment),
                cmocka_unit_test(test_bold),
                cmocka_unit_test(test_hostile_cell),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
