/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/word_call.h"

#include <stdio.h>

/* Pages of the host's memory, by size and NUMA node. */

static int read_cell(const Arguments *arguments, uint32_t *ret, Failure *failure)
{
        const char *value = arguments_value(arguments, "cell");

        *ret = 0;
        if (value && (parse_u32(value, ret) < 0 || *ret > INT32_MAX))
                return failure_set(failure, EXIT_STATUS_USAGE, "--cell: '%s' is no number of a NUMA node", value);
        return 0;
}

/* In KiB. */
static int read_size(const char *word, uint32_t *ret, Failure *failure)
{
        uint64_t bytes;
        int r = word_size(word, 10, &bytes, failure);

        if (r >= 0 && (bytes >> 10) > UINT32_MAX)
                r = failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no size of a page", word);
        if (r >= 0)
                *ret = (uint32_t) (bytes >> 10);
        return r;
}

static int print_counts(const Ctl *ctl, sd_bus_message *reply, Failure *failure)
{
        g_autoptr(JsonObject) object = json_object_new();
        uint64_t count;
        uint32_t size;
        int r = sd_bus_message_enter_container(reply, 'a', "{ia{ut}}");

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'e', "ia{ut}");
        if (r > 0)
                r = sd_bus_message_skip(reply, "i");
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "{ut}");
        while (r >= 0 && (r = sd_bus_message_read(reply, "{ut}", &size, &count)) > 0) {
                g_autofree char *key = g_strdup_printf("%" PRIu32 "KiB", size);

                json_object_set_int_member(object, key, (gint64) count);
                if (!ctl->json)
                        printf("%s: %" PRIu64 "\n", key, count);
        }
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        if (ctl->json)
                ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
        return 0;
}

static int free_pages_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        size_t n = arguments_count(arguments);
        g_autofree uint32_t *sizes = g_new(uint32_t, n);
        uint32_t cell;
        int r = read_cell(arguments, &cell, failure);

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = read_size(arguments_word(arguments, i), sizes + i, failure);
        if (r >= 0)
                r = ctl_new_call(ctl, ctl->root, "Connect", "NodeGetFreePages", &m, failure);
        if (r < 0)
                return r;
        r = sd_bus_message_append_array(m, 'u', sizes, n * sizeof(uint32_t));
        if (r >= 0)
                r = sd_bus_message_append(m, "iuu", (int32_t) cell, 1, 0);
        r = r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) :
                    ctl_send(ctl, m, 0, &reply, failure);
        return r < 0 ? r : print_counts(ctl, reply, failure);
}

/* virNodeAllocPagesFlags */
enum { PAGES_ADD = 0, PAGES_SET = 1 << 0 };

static int alloc_pages_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *word = arguments_word(arguments, 1);
        uint64_t count;
        uint32_t cell, size = 0;
        int r = read_cell(arguments, &cell, failure);

        if (r >= 0)
                r = read_size(arguments_word(arguments, 0), &size, failure);
        if (r < 0)
                return r;
        if (parse_u64(word, &count) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number of pages", word);
        r = ctl_call(ctl, ctl->root, "Connect", "NodeAllocPages", CALL_CHANGES, NULL, failure, "a{ut}iuu", 1, size,
                     count, (int32_t) cell, 1, arguments_has(arguments, "add") ? PAGES_ADD : PAGES_SET);
        if (r >= 0)
                ctl_say(ctl, "The host has the pages\n");
        return r;
}

static const Option cell_options[] = { { "cell", 0, "N", "Of which NUMA node (default: 0)" }, {} };
static const Option alloc_options[] = {
        { "cell", 0, "N", "On which NUMA node (default: 0)" },
        { "add", 0, NULL, "So many more, not so many in all" },
        {},
};

const Command memory_page_commands[] = {
        { "freepages", "SIZE…", "Show how many pages of a size nobody uses",
          "SIZE is in KiB, or has a unit: 4K, 2M, 1G.\n", cell_options, 1, ANY_NUMBER_OF_WORDS, NULL, free_pages_run },
        { "allocpages", "SIZE COUNT", "Reserve huge pages",
          "SIZE is in KiB, or has a unit: 2M, 1G.\n", alloc_options, 2, 2, "connect.write", alloc_pages_run },
        {},
};
