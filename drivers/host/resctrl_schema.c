/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/resctrl_schema.h"

#include "service/base/util.h"

static void line_destroy(gpointer data)
{
        ResctrlLine *line = data;

        g_array_unref(line->domains);
        g_free(line->resource);
        g_free(line);
}

static void parse_domain(const char *text, ResctrlLine *line)
{
        g_auto(GStrv) parts = g_strsplit(text, "=", 2);
        ResctrlDomain domain;
        guint64 value;

        if (!parts[0] || !parts[1] || parse_u32(g_strstrip(parts[0]), &domain.id) < 0 ||
            !g_ascii_string_to_unsigned(g_strstrip(parts[1]), line->percent ? 10 : 16, 0, UINT64_MAX, &value, NULL))
                return;
        domain.value = value;
        g_array_append_val(line->domains, domain);
}

ResctrlSchema *resctrl_schema_parse(const char *text)
{
        ResctrlSchema *schema = g_ptr_array_new_with_free_func(line_destroy);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (char **l = lines; *l; l++) {
                g_auto(GStrv) parts = g_strsplit(*l, ":", 2), domains = NULL;
                ResctrlLine *line;

                if (!parts[0] || !parts[1])
                        continue;
                line = g_new0(ResctrlLine, 1);
                line->resource = g_strdup(g_strstrip(parts[0]));
                line->percent = streq(line->resource, "MB");
                line->domains = g_array_new(false, false, sizeof(ResctrlDomain));
                domains = g_strsplit(parts[1], ";", -1);
                for (char **domain = domains; *domain; domain++)
                        parse_domain(*domain, line);
                g_ptr_array_add(schema, line);
        }
        return schema;
}

char *resctrl_schema_to_text(const ResctrlSchema *schema)
{
        GString *s = g_string_new(NULL);

        for (guint i = 0; i < schema->len; i++) {
                const ResctrlLine *line = schema->pdata[i];

                g_string_append_printf(s, "%s:", line->resource);
                for (guint k = 0; k < line->domains->len; k++) {
                        const ResctrlDomain *domain = &g_array_index(line->domains, ResctrlDomain, k);

                        g_string_append_printf(s, line->percent ? "%s%" PRIu32 "=%" PRIu64 : "%s%" PRIu32 "=%" PRIx64,
                                               k > 0 ? ";" : "", domain->id, domain->value);
                }
                g_string_append_c(s, '\n');
        }
        return g_string_free(s, false);
}

ResctrlDomain *resctrl_schema_find(const ResctrlSchema *schema, const char *resource, uint32_t id)
{
        for (guint i = 0; i < schema->len; i++) {
                const ResctrlLine *line = schema->pdata[i];

                for (guint k = 0; streq(line->resource, resource) && k < line->domains->len; k++)
                        if (g_array_index(line->domains, ResctrlDomain, k).id == id)
                                return &g_array_index(line->domains, ResctrlDomain, k);
        }
        return NULL;
}

static void subtract(ResctrlSchema *schema, const ResctrlSchema *other, bool percent)
{
        for (guint i = 0; i < schema->len; i++) {
                const ResctrlLine *line = schema->pdata[i];

                for (guint k = 0; line->percent == percent && k < line->domains->len; k++) {
                        ResctrlDomain *domain = &g_array_index(line->domains, ResctrlDomain, k);
                        const ResctrlDomain *taken = resctrl_schema_find(other, line->resource, domain->id);

                        if (taken && percent)
                                domain->value -= MIN(domain->value, taken->value);
                        else if (taken)
                                domain->value &= ~taken->value;
                }
        }
}

void resctrl_schema_subtract_caches(ResctrlSchema *schema, const ResctrlSchema *other)
{
        subtract(schema, other, false);
}

void resctrl_schema_subtract_percents(ResctrlSchema *schema, const ResctrlSchema *other)
{
        subtract(schema, other, true);
}

uint64_t resctrl_find_bits(uint64_t mask, unsigned n)
{
        uint64_t wanted = n == 0 || n > 64 ? 0 : UINT64_MAX >> (64 - n);

        for (unsigned shift = 0; wanted != 0 && shift + n <= 64; shift++)
                if ((mask >> shift & wanted) == wanted)
                        return wanted << shift;
        return 0;
}
