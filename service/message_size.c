/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sd-bus does not tell how large a message is: its values are walked, and only as far as it matters. */

#include "service/message_size.h"

#include <string.h>

#include "service/base/util.h"

typedef struct Count {
        sd_bus_message *message;
        size_t size;
        size_t limit;
} Count;

static int count_values(Count *count);

static int count_basic(Count *count, char type)
{
        const char *text;
        uint64_t number;
        int r;

        if (!strchr("sog", type)) {
                count->size += sizeof(number);
                return sd_bus_message_read_basic(count->message, type, &number);
        }
        r = sd_bus_message_read_basic(count->message, type, &text);
        if (r >= 0)
                count->size += sizeof(uint32_t) + strlen(text) + 1;
        return r;
}

static int count_array(Count *count, char element)
{
        const void *items;
        size_t size;
        int r = sd_bus_message_read_array(count->message, element, &items, &size);

        if (r >= 0)
                count->size += sizeof(uint32_t) + size;
        return r;
}

static int count_container(Count *count, char type, const char *contents)
{
        int r;

        if (type == 'a' && !contents[1] && strchr("ynqiuxtd", *contents))
                return count_array(count, *contents);
        r = sd_bus_message_enter_container(count->message, type, contents);
        if (r >= 0) {
                count->size += sizeof(uint32_t);
                r = count_values(count);
        }
        return r < 0 || count->size > count->limit ? r : sd_bus_message_exit_container(count->message);
}

static int count_values(Count *count)
{
        const char *contents;
        char type;
        int r = 0;

        while (r >= 0 && count->size <= count->limit &&
               (r = sd_bus_message_peek_type(count->message, &type, &contents)) > 0)
                r = contents ? count_container(count, type, contents) : count_basic(count, type);
        return r;
}

size_t message_size(sd_bus_message *m, size_t limit)
{
        Count count = { .message = m, .limit = limit };

        /* what cannot be read is refused as soon as it is unpacked: until then it may be anything */
        if (sd_bus_message_rewind(m, true) < 0 || count_values(&count) < 0)
                return limit + 1;
        return count.size;
}
