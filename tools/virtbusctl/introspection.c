/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/introspection.h"

#include <string.h>

static void on_element(GMarkupParseContext *context, const char *element, const char **names,
                       const char **values, void *userdata, GError **error)
{
        /* The outermost node is the object itself. */
        if (!streq(element, "node") ||
            g_slist_length((GSList *) g_markup_parse_context_get_element_stack(context)) != 2)
                return;
        for (; *names; names++, values++)
                if (streq(*names, "name"))
                        g_ptr_array_add(userdata, g_strdup(*values));
}

static int compare_names(const void *a, const void *b)
{
        const char *x = *(const char *const *) a, *y = *(const char *const *) b;
        uint64_t i, j;

        if (parse_u64(x, &i) >= 0 && parse_u64(y, &j) >= 0)
                return i < j ? -1 : i > j;
        return strcmp(x, y);
}

GStrv introspection_children(const char *xml)
{
        static const GMarkupParser parser = { .start_element = on_element };
        GPtrArray *children = g_ptr_array_new();
        GMarkupParseContext *context =
                        g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, children, NULL);

        /* What is broken ends the list. */
        (void) g_markup_parse_context_parse(context, xml, -1, NULL);
        g_markup_parse_context_free(context);
        g_ptr_array_sort(children, compare_names);
        g_ptr_array_add(children, NULL);
        return (GStrv) g_ptr_array_free(children, FALSE);
}
