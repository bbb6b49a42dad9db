/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

/* Limits that several disks share: objects of their own, which filters of disks name. */

char *build_throttle_group_id(const char *name)
{
        return g_strconcat("throttle-", name, NULL);
}

bool build_throttle_group_exists(const Build *b, const char *name)
{
        DEF_FOREACH(group, b->def->throttle_groups)
                if (streq_ptr(group->group, name))
                        return true;
        return false;
}

/* QEMU's ThrottleLimits. */
static JsonObject *limits_object(const DomainIoTune *tune)
{
        const struct {
                const char *name;
                uint64_t value;
        } limits[] = {
                { "bps-total", tune->total_bytes },
                { "bps-read", tune->read_bytes },
                { "bps-write", tune->write_bytes },
                { "iops-total", tune->total_iops },
                { "iops-read", tune->read_iops },
                { "iops-write", tune->write_iops },
                { "bps-total-max", tune->total_bytes_max },
                { "bps-read-max", tune->read_bytes_max },
                { "bps-write-max", tune->write_bytes_max },
                { "iops-total-max", tune->total_iops_max },
                { "iops-read-max", tune->read_iops_max },
                { "iops-write-max", tune->write_iops_max },
                { "iops-size", tune->size_iops },
                { "bps-total-max-length", tune->total_bytes_max_length },
                { "bps-read-max-length", tune->read_bytes_max_length },
                { "bps-write-max-length", tune->write_bytes_max_length },
                { "iops-total-max-length", tune->total_iops_max_length },
                { "iops-read-max-length", tune->read_iops_max_length },
                { "iops-write-max-length", tune->write_iops_max_length },
        };
        JsonObject *object = json_object_new();

        for (size_t i = 0; i < ELEMENTSOF(limits); i++)
                if (limits[i].value > 0)
                        json_object_set_int_member(object, limits[i].name, (gint64) limits[i].value);
        return object;
}

/* Of the characters of QEMU's identifiers. */
static bool name_is_valid(const char *name)
{
        return !isempty(name) &&
               strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == strlen(name);
}

int build_throttle_groups(Build *b, Error *error)
{
        DEF_FOREACH(group, b->def->throttle_groups) {
                g_autofree char *id = NULL;

                if (!name_is_valid(group->group))
                        return qemu_refuse(b->def, NULL, "throttlegroups/throttlegroup/group_name", error,
                                           "'%s' is not made of letters, digits, '-', '.' and '_'",
                                           strempty(group->group));
                id = build_throttle_group_id(group->group);
                build_json(b, "-object",
                           qmp_object("s:qom-type", "throttle-group", "s:id", id, "o:limits", limits_object(group),
                                      NULL));
        }
        return 0;
}
