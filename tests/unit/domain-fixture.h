/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of domains share: small definitions, and a listener that writes down what it hears. */

#include "drivers/model/domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A UUID with the number at its end. */
static inline const char *fixture_uuid(char buffer[37], uint64_t i)
{
        (void) g_snprintf(buffer, 37, "00000000-0000-4000-8000-%012" PRIx64, i);
        return buffer;
}

/* more: further elements of <domain>, or "". */
static inline DomainDef *fixture_def(const char *type, const char *name, const char *uuid, const char *more)
{
        g_autofree char *xml = g_strdup_printf("<domain type='%s'><name>%s</name><uuid>%s</uuid>"
                                               "<memory>262144</memory><os><type arch='i686'>hvm</type></os>"
                                               "%s</domain>", type, name, uuid, more);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0)
                fail_msg("%s", error.detail);
        return def;
}

/* Words of what a listener heard, one blank between them. */
typedef struct Heard {
        GString *text;
} Heard;

static inline void heard_add(void *userdata, const char *format, ...) _printf_(2, 3);

static inline void heard_add(void *userdata, const char *format, ...)
{
        GString *text = ((Heard *) userdata)->text;
        va_list ap;

        if (text->len > 0)
                g_string_append_c(text, ' ');
        va_start(ap, format);
        g_string_append_vprintf(text, format, ap);
        va_end(ap);
}

static inline void heard_added(Object *object, void *userdata)
{
        const Domain *domain = (const Domain *) object;

        if (object->type != OBJECT_DOMAIN)
                return;
        assert_true(object->published);
        if (object->type != OBJECT_DOMAIN)
                return;
        heard_add(userdata, "added:%s", domain_state_to_string(domain->state));
}

static inline void heard_removed(Object *object, void *userdata)
{
        if (object->type != OBJECT_DOMAIN)
                return;
        assert_false(object->published);
        if (object->type != OBJECT_DOMAIN)
                return;
        heard_add(userdata, "removed");
}

static inline void heard_changed(Object *object, uint64_t mask, void *userdata)
{
        static const char *const words[] = { "state",      "name",       "config", "memory", "autostart",
                                             "persistent", "responsive", "job",    "live" };
        g_autoptr(GString) s = g_string_new(NULL);

        if (object->type != OBJECT_DOMAIN)
                return;
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (mask & (UINT64_C(1) << i))
                        g_string_append_printf(s, "%s%s", s->len > 0 ? "+" : "", words[i]);
        heard_add(userdata, "%s", s->str);
}

static inline void heard_signal(Object *object, unsigned which, const void *args, void *userdata)
{
        const DomainEventArgs *event = args;
        g_autofree char *name = NULL;

        if (object->type != OBJECT_DOMAIN || which == DOMAIN_SIGNAL_MONITOR || which == DOMAIN_SIGNAL_AGENT)
                return;
        if (which == DOMAIN_SIGNAL_REBOOT) {
                heard_add(userdata, "reboot");
                return;
        }
        name = g_ascii_strup(domain_event_to_string(event->event), -1);
        assert_int_equal(which, DOMAIN_SIGNAL_EVENT);
        heard_add(userdata, "%s:%s", name, domain_event_detail_to_string(event->event, event->detail));
}

static const ObjectListener heard_listener = { heard_added, heard_removed, heard_changed, heard_signal };

static inline void assert_heard(Heard *heard, const char *expected)
{
        assert_string_equal(heard->text->str, expected);
        g_string_truncate(heard->text, 0);
}
