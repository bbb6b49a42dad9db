/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* <qemu:override> and <qemu:capabilities>: what the definition has QEMU told against our own choice. */

#include <string.h>

static int set_all(Build *b, const DomainQemuCapability *const *items, uint32_t n, bool there, Error *error)
{
        const char *list = there ? "add" : "del";

        for (uint32_t i = 0; i < n; i++)
                if (!qemu_caps_set(b->adjusted, items[i]->name, there))
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "/domain/qemu:capabilities/qemu:%s[%u]/@capability: '%s' is no capability of "
                                         "%s "
                                         "that is asked for",
                                         list, i + 1, items[i]->name, qemu_caps_binary(b->caps));
        return 0;
}

int build_adjust_caps(Build *b, Error *error)
{
        const DomainQemuCapabilities *wanted = b->def->qemu_capabilities;
        int r;

        if (!wanted)
                return 0;
        b->adjusted = qemu_caps_copy((QemuCaps *) b->caps);
        r = set_all(b, (const DomainQemuCapability *const *) wanted->add.items, wanted->add.n, true, error);
        if (r >= 0)
                r = set_all(b, (const DomainQemuCapability *const *) wanted->del.items, wanted->del.n, false, error);
        b->caps = b->adjusted;
        return r;
}

static int fail_property(const DomainQemuOverride *override, const DomainQemuProperty *property, Error *error)
{
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "/domain/qemu:override: the value '%s' of '%s' of the device '%s' is not of the type '%s'",
                         strempty(property->value), property->name, override->alias, property->type);
}

static int put_property(const DomainQemuOverride *override, const DomainQemuProperty *property, JsonObject *props,
                        Error *error)
{
        const char *value = strempty(property->value);
        int64_t i;
        uint64_t u;

        if (streq(property->type, "remove")) {
                if (json_object_has_member(props, property->name))
                        json_object_remove_member(props, property->name);
                return 0;
        }
        if (streq(property->type, "string")) {
                json_object_set_string_member(props, property->name, value);
                return 0;
        }
        if (streq(property->type, "bool")) {
                if (!streq(value, "true") && !streq(value, "false"))
                        return fail_property(override, property, error);
                json_object_set_boolean_member(props, property->name, streq(value, "true"));
                return 0;
        }
        if (streq(property->type, "signed") ? parse_i64(value, &i) < 0 : parse_u64(value, &u) < 0)
                return fail_property(override, property, error);
        /* QEMU reads a number beyond 2^63 - 1 of us as the negative one with these bits, which is the same to it */
        json_object_set_int_member(props, property->name, streq(property->type, "signed") ? i : (gint64) u);
        return 0;
}

int build_override(Build *b, JsonObject *props, Error *error)
{
        const DomainDef *def = b->def;
        const char *id = json_object_has_member(props, "id") ? json_object_get_string_member(props, "id") : NULL;

        for (uint32_t i = 0; i < def->qemu_overrides.n; i++) {
                const DomainQemuOverride *override = def->qemu_overrides.items[i];

                if (!streq_ptr(override->alias, id))
                        continue;
                b->overridden[i] = true;
                DEF_FOREACH(property, override->properties) {
                        int r = put_property(override, property, props, error);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

int build_check_overrides(Build *b, Error *error)
{
        const DomainDef *def = b->def;

        for (uint32_t i = 0; i < def->qemu_overrides.n; i++)
                if (!b->overridden[i])
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "/domain/qemu:override/qemu:device[%u]/@alias: the machine has no device '%s'",
                                         i + 1, def->qemu_overrides.items[i]->alias);
        return 0;
}
