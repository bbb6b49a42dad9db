/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Snapshots: of a domain, and each as an object. */

#include "interfaces/domain_snapshot-contract.h"

#include <string.h>

#include "interfaces/domain-contract.h"
#include "interfaces/list.h"
#include "interfaces/moment.h"
#include "interfaces/support.h"

/* virDomainSnapshotListFlags */
enum {
        LIST_ROOTS = 1 << 0, /* of children: all that descend */
        LIST_METADATA = 1 << 1,
        LIST_LEAVES = 1 << 2,
        LIST_NO_LEAVES = 1 << 3,
        LIST_NO_METADATA = 1 << 4,
        LIST_INACTIVE = 1 << 5,
        LIST_ACTIVE = 1 << 6,
        LIST_DISK_ONLY = 1 << 7,
        LIST_INTERNAL = 1 << 8,
        LIST_EXTERNAL = 1 << 9,
        LIST_TOPOLOGICAL = 1 << 10, /* always so */
};

#define LIST_ALL 0x7ffu
#define STATES (LIST_INACTIVE | LIST_ACTIVE | LIST_DISK_ONLY)
#define PLACES (LIST_INTERNAL | LIST_EXTERNAL)

#define CREATE_FLAGS                                                                                        \
        (SNAPSHOT_CREATE_REDEFINE | SNAPSHOT_CREATE_CURRENT | SNAPSHOT_CREATE_NO_METADATA |                 \
         SNAPSHOT_CREATE_HALT | SNAPSHOT_CREATE_DISK_ONLY | SNAPSHOT_CREATE_REUSE_EXT |                     \
         SNAPSHOT_CREATE_QUIESCE | SNAPSHOT_CREATE_ATOMIC | SNAPSHOT_CREATE_LIVE | SNAPSHOT_CREATE_VALIDATE)

static const DomainMomentOps *ops(const Domain *domain)
{
        return &domain->object.driver->info->moment;
}

static bool is_external(const SnapshotDef *def)
{
        if (def->memory == DOMAIN_DISK_SNAPSHOT_EXTERNAL)
                return true;
        DEF_FOREACH(disk, def->disks) {
                if (disk->snapshot == DOMAIN_DISK_SNAPSHOT_EXTERNAL)
                        return true;
        }
        return false;
}

static uint32_t state_flag(const SnapshotDef *def)
{
        if (def->state == SNAPSHOT_DISKS)
                return LIST_DISK_ONLY;
        return def->state == SNAPSHOT_SHUTOFF || def->state == SNAPSHOT_CRASHED ? LIST_INACTIVE : LIST_ACTIVE;
}

static bool matches(const DomainMoment *moment, uint32_t flags)
{
        const SnapshotDef *def = ((const Snapshot *) moment)->def;

        if (!moment_fits_tree(moment, flags, LIST_ROOTS, LIST_LEAVES, LIST_NO_LEAVES))
                return false;
        if ((flags & (LIST_METADATA | LIST_NO_METADATA)) == LIST_NO_METADATA)
                return false;
        if ((flags & STATES) && !(flags & state_flag(def)))
                return false;
        return !(flags & PLACES) || (flags & (is_external(def) ? LIST_EXTERNAL : LIST_INTERNAL));
}

int domain_list_domain_snapshots(Call *call, Domain *domain, const DomainListDomainSnapshotsArgs *args,
                                 Error *error)
{
        int r = flags_check(args->flags, LIST_ALL, error);

        if (r < 0)
                return r;
        if (!ops(domain)->snapshot_create)
                return error_unsupported(error, "virDomainListAllSnapshots");
        return moments_reply(call, domain, MOMENT_SNAPSHOT, NULL, false, matches, args->flags, error);
}

int domain_has_current_snapshot(Call *call, Domain *domain, const DomainHasCurrentSnapshotArgs *args,
                                Error *error)
{
        int r = flags_check(args->flags, 0, error);

        return r < 0 ? r : call_reply(call, "b", moment_current(domain, MOMENT_SNAPSHOT) != NULL);
}

int domain_snapshot_current(Call *call, Domain *domain, const DomainSnapshotCurrentArgs *args, Error *error)
{
        const DomainMoment *current = moment_current(domain, MOMENT_SNAPSHOT);
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!current)
                return error_set(error, ERROR_NO_DOMAIN_SNAPSHOT, "the domain does not have a current snapshot");
        return call_reply_object(call, &current->object);
}

int domain_list_domain_snapshots_detailed(Call *call, Domain *domain,
                                          const DomainListDomainSnapshotsDetailedArgs *args, Error *error)
{
        static const ListInfo info = {
                .type = OBJECT_DOMAIN_SNAPSHOT,
                .function = "virDomainListAllSnapshots",
        };
        g_autofree char *within = g_strconcat(domain->uuid, "/", NULL);

        return list_reply_details(call, &info, &args->options, within, error);
}

int domain_snapshot_lookup_by_name(Call *call, Domain *domain, const DomainSnapshotLookupByNameArgs *args,
                                   Error *error)
{
        const DomainMoment *moment;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        moment = moment_find(domain, MOMENT_SNAPSHOT, args->name);
        if (!moment)
                return error_set(error, ERROR_NO_DOMAIN_SNAPSHOT, "no domain snapshot with matching name '%s'",
                                 args->name);
        return call_reply_object(call, &moment->object);
}

static int check_create_flags(uint32_t flags, Error *error)
{
        int r;

        if ((r = flags_check(flags, CREATE_FLAGS, error)) < 0 ||
            (r = flags_check_exclusive(flags, SNAPSHOT_CREATE_REDEFINE | SNAPSHOT_CREATE_NO_METADATA,
                                       "redefine and no metadata", error)) < 0 ||
            (r = flags_check_exclusive(flags, SNAPSHOT_CREATE_REDEFINE | SNAPSHOT_CREATE_HALT, "redefine and halt",
                                       error)) < 0 ||
            (r = flags_check_exclusive(flags, SNAPSHOT_CREATE_REDEFINE | SNAPSHOT_CREATE_LIVE, "redefine and live",
                                       error)) < 0)
                return r;
        if ((flags & SNAPSHOT_CREATE_CURRENT) && !(flags & SNAPSHOT_CREATE_REDEFINE))
                return error_set(error, ERROR_INVALID_ARG,
                                 "use of current flag in snapshot creation requires redefine flag");
        if ((flags & SNAPSHOT_CREATE_QUIESCE) && !(flags & SNAPSHOT_CREATE_DISK_ONLY))
                return error_set(error, ERROR_INVALID_ARG,
                                 "quiesce requires a snapshot of disks only");
        return 0;
}

int domain_snapshot_create_xml(Call *call, Domain *domain, const DomainSnapshotCreateXMLArgs *args, Error *error)
{
        _cleanup_(snapshot_def_freep) SnapshotDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        SnapshotDefParseFlags parse = 0;
        int r = check_create_flags(args->flags, error);

        if (r < 0)
                return r;
        if (!ops(domain)->snapshot_create)
                return error_unsupported(error, "virDomainSnapshotCreateXML");
        if (args->flags & SNAPSHOT_CREATE_VALIDATE)
                parse |= SNAPSHOT_DEF_PARSE_VALIDATE;
        if (args->flags & SNAPSHOT_CREATE_REDEFINE)
                parse |= SNAPSHOT_DEF_PARSE_REDEFINE;
        else if ((args->flags & SNAPSHOT_CREATE_DISK_ONLY) || !domain_is_active(domain))
                parse |= SNAPSHOT_DEF_PARSE_OFFLINE;
        r = snapshot_def_parse(args->xml, strlen(args->xml), parse, &def, error);
        if (r < 0)
                return r;
        def->name = moment_make_name(def->arena, def->name);
        r = moment_name_check("snapshot", def->name, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "snapshot", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = ops(domain)->snapshot_create(domain, g_steal_pointer(&def), args->flags & ~SNAPSHOT_CREATE_VALIDATE, job,
                                         error);
        return call_job_end(call, job, r, moment_reply_made, error);
}

int snapshot_property_creation_time(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        return sd_bus_message_append(reply, "t", (uint64_t) snapshot->def->creation_time);
}

int snapshot_property_current(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        const Domain *domain = snapshot->moment.domain;

        return sd_bus_message_append(reply, "b",
                                     domain && moment_current(domain, MOMENT_SNAPSHOT) == &snapshot->moment);
}

int snapshot_property_description(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(snapshot->def->description));
}

int snapshot_property_domain(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        return message_append_path(reply, snapshot->moment.domain ? &snapshot->moment.domain->object : NULL);
}

int snapshot_property_name(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        return sd_bus_message_append(reply, "s", snapshot->moment.name);
}

int snapshot_property_parent(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        const DomainMoment *parent = snapshot->moment.parent;

        return message_append_path(reply, parent ? &parent->object : NULL);
}

int snapshot_property_state(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(snapshot_state_to_string(snapshot->def->state)));
}

int snapshot_property_parent_name(sd_bus_message *reply, Snapshot *snapshot, Error *error)
{
        const DomainMoment *parent = snapshot->moment.parent;

        return sd_bus_message_append(reply, "s", parent ? parent->name : "");
}

int snapshot_get_parent(Call *call, Snapshot *snapshot, const DomainSnapshotGetParentArgs *args, Error *error)
{
        int r = flags_check(args->flags, 0, error);

        return r < 0 ? r : moment_reply_parent(call, &snapshot->moment, ERROR_NO_DOMAIN_SNAPSHOT, "snapshot", error);
}

int snapshot_get_xml_desc(Call *call, Snapshot *snapshot, const DomainSnapshotGetXMLDescArgs *args, Error *error)
{
        SnapshotDef shown = *snapshot->def;
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, DOMAIN_DEF_FORMAT_SECURE, error);

        if (r < 0)
                return r;
        shown.parent = snapshot->moment.parent ? snapshot->moment.parent->name : NULL;
        xml = snapshot_def_format(&shown, snapshot->moment.domain->uuid, args->flags & DOMAIN_DEF_FORMAT_SECURE);
        return call_reply(call, "s", xml);
}

int snapshot_has_metadata(Call *call, Snapshot *snapshot, const DomainSnapshotHasMetadataArgs *args, Error *error)
{
        int r = flags_check(args->flags, 0, error);

        return r < 0 ? r : call_reply(call, "b", true);
}

int snapshot_is_current(Call *call, Snapshot *snapshot, const DomainSnapshotIsCurrentArgs *args, Error *error)
{
        const DomainMoment *current = moment_current(snapshot->moment.domain, MOMENT_SNAPSHOT);
        int r = flags_check(args->flags, 0, error);

        return r < 0 ? r : call_reply(call, "b", current == &snapshot->moment);
}

int snapshot_list_children(Call *call, Snapshot *snapshot, const DomainSnapshotListChildrenArgs *args,
                           Error *error)
{
        int r = flags_check(args->flags, LIST_ALL, error);

        if (r < 0)
                return r;
        return moments_reply(call, snapshot->moment.domain, MOMENT_SNAPSHOT, &snapshot->moment,
                             args->flags & LIST_ROOTS, matches, args->flags & ~(uint32_t) LIST_ROOTS, error);
}

static int run(Call *call, Snapshot *snapshot, const char *kind, const char *function,
               int (*op)(Snapshot *snapshot, uint32_t flags, Job *job, Error *error), uint32_t flags, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!op)
                return error_unsupported(error, function);
        r = call_job_begin(call, kind, &snapshot->moment.domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, op(snapshot, flags, job, error), NULL, error);
}

int snapshot_delete(Call *call, Snapshot *snapshot, const DomainSnapshotDeleteArgs *args, Error *error)
{
        int r = flags_check(args->flags,
                            MOMENT_DELETE_CHILDREN | MOMENT_DELETE_METADATA_ONLY | MOMENT_DELETE_CHILDREN_ONLY, error);

        if (r >= 0)
                r = flags_check_exclusive(args->flags, MOMENT_DELETE_CHILDREN | MOMENT_DELETE_CHILDREN_ONLY,
                                          "children and children only", error);
        if (r < 0)
                return r;
        return run(call, snapshot, "snapshot-delete", "virDomainSnapshotDelete",
                   ops(snapshot->moment.domain)->snapshot_delete, args->flags, error);
}

int snapshot_revert(Call *call, Snapshot *snapshot, const DomainSnapshotRevertArgs *args, Error *error)
{
        int r = flags_check(args->flags, SNAPSHOT_REVERT_RUNNING | SNAPSHOT_REVERT_PAUSED | SNAPSHOT_REVERT_FORCE |
                            SNAPSHOT_REVERT_RESET_NVRAM, error);

        if (r >= 0)
                r = flags_check_exclusive(args->flags, SNAPSHOT_REVERT_RUNNING | SNAPSHOT_REVERT_PAUSED,
                                          "running and paused", error);
        if (r < 0)
                return r;
        return run(call, snapshot, "snapshot-revert", "virDomainRevertToSnapshot",
                   ops(snapshot->moment.domain)->snapshot_revert, args->flags, error);
}
