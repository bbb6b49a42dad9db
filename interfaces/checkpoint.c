/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checkpoints, and the backups that are made from them. */

#include "interfaces/domain_checkpoint-contract.h"

#include <string.h>

#include "interfaces/domain-contract.h"
#include "interfaces/list.h"
#include "interfaces/moment.h"
#include "interfaces/support.h"

/* virDomainCheckpointListFlags */
enum {
        LIST_ROOTS = 1 << 0, /* of children: all that descend */
        LIST_TOPOLOGICAL = 1 << 1, /* always so */
        LIST_LEAVES = 1 << 2,
        LIST_NO_LEAVES = 1 << 3,
};

#define LIST_ALL (LIST_ROOTS | LIST_TOPOLOGICAL | LIST_LEAVES | LIST_NO_LEAVES)

static const DomainMomentOps *ops(const Domain *domain)
{
        return &domain->object.driver->info->moment;
}

static bool matches(const DomainMoment *moment, uint32_t flags)
{
        return moment_fits_tree(moment, flags, LIST_ROOTS, LIST_LEAVES, LIST_NO_LEAVES);
}

int domain_list_domain_checkpoints(Call *call, Domain *domain, const DomainListDomainCheckpointsArgs *args,
                                   Error *error)
{
        int r = flags_check(args->flags, LIST_ALL, error);

        if (r < 0)
                return r;
        if (!ops(domain)->checkpoint_create)
                return error_unsupported(error, "virDomainListAllCheckpoints");
        return moments_reply(call, domain, MOMENT_CHECKPOINT, NULL, false, matches, args->flags, error);
}

int domain_list_domain_checkpoints_detailed(Call *call, Domain *domain,
                                          const DomainListDomainCheckpointsDetailedArgs *args, Error *error)
{
        static const ListInfo info = {
                .type = OBJECT_DOMAIN_CHECKPOINT,
                .function = "virDomainListAllCheckpoints",
        };
        g_autofree char *within = g_strconcat(domain->uuid, "/", NULL);

        return list_reply_details(call, &info, &args->options, within, error);
}

int domain_checkpoint_lookup_by_name(Call *call, Domain *domain, const DomainCheckpointLookupByNameArgs *args,
                                     Error *error)
{
        const DomainMoment *moment;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        moment = moment_find(domain, MOMENT_CHECKPOINT, args->name);
        if (!moment)
                return error_set(error, ERROR_NO_DOMAIN_CHECKPOINT, "no domain checkpoint with matching name '%s'",
                                 args->name);
        return call_reply_object(call, &moment->object);
}

static int parse(const char *xml, bool redefine, CheckpointDef **ret, Error *error)
{
        _cleanup_(checkpoint_def_freep) CheckpointDef *def = NULL;
        int r = checkpoint_def_parse(xml, strlen(xml), redefine, &def, error);

        if (r < 0)
                return r;
        def->name = moment_make_name(def->arena, def->name);
        r = moment_name_check("checkpoint", def->name, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&def);
        return 0;
}

int domain_checkpoint_create_xml(Call *call, Domain *domain, const DomainCheckpointCreateXMLArgs *args,
                                 Error *error)
{
        const uint32_t known = CHECKPOINT_CREATE_REDEFINE | CHECKPOINT_CREATE_QUIESCE |
                               CHECKPOINT_CREATE_REDEFINE_VALIDATE;
        _cleanup_(checkpoint_def_freep) CheckpointDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, known, error);

        if (r >= 0)
                r = flags_check_exclusive(args->flags, CHECKPOINT_CREATE_REDEFINE | CHECKPOINT_CREATE_QUIESCE,
                                          "redefine and quiesce", error);
        if (r < 0)
                return r;
        if ((args->flags & CHECKPOINT_CREATE_REDEFINE_VALIDATE) && !(args->flags & CHECKPOINT_CREATE_REDEFINE))
                return error_set(error, ERROR_INVALID_ARG, "validation requires redefine flag");
        if (!ops(domain)->checkpoint_create)
                return error_unsupported(error, "virDomainCheckpointCreateXML");
        r = parse(args->xml, args->flags & CHECKPOINT_CREATE_REDEFINE, &def, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "checkpoint", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = ops(domain)->checkpoint_create(domain, g_steal_pointer(&def), args->flags, job, error);
        return call_job_end(call, job, r, moment_reply_made, error);
}

int checkpoint_property_creation_time(sd_bus_message *reply, Checkpoint *checkpoint, Error *error)
{
        return sd_bus_message_append(reply, "t", (uint64_t) checkpoint->def->creation_time);
}

int checkpoint_property_current(sd_bus_message *reply, Checkpoint *checkpoint, Error *error)
{
        const Domain *domain = checkpoint->moment.domain;

        return sd_bus_message_append(reply, "b",
                                     domain && moment_current(domain, MOMENT_CHECKPOINT) == &checkpoint->moment);
}

int checkpoint_property_domain(sd_bus_message *reply, Checkpoint *checkpoint, Error *error)
{
        return message_append_path(reply, checkpoint->moment.domain ? &checkpoint->moment.domain->object : NULL);
}

int checkpoint_property_name(sd_bus_message *reply, Checkpoint *checkpoint, Error *error)
{
        return sd_bus_message_append(reply, "s", checkpoint->moment.name);
}

int checkpoint_property_parent(sd_bus_message *reply, Checkpoint *checkpoint, Error *error)
{
        const DomainMoment *parent = checkpoint->moment.parent;

        return message_append_path(reply, parent ? &parent->object : NULL);
}

int checkpoint_property_parent_name(sd_bus_message *reply, Checkpoint *checkpoint, Error *error)
{
        const DomainMoment *parent = checkpoint->moment.parent;

        return sd_bus_message_append(reply, "s", parent ? parent->name : "");
}

int checkpoint_get_parent(Call *call, Checkpoint *checkpoint, const DomainCheckpointGetParentArgs *args,
                          Error *error)
{
        int r = flags_check(args->flags, 0, error);

        return r < 0 ? r :
                       moment_reply_parent(call, &checkpoint->moment, ERROR_NO_DOMAIN_CHECKPOINT, "checkpoint", error);
}

int checkpoint_get_xml_desc(Call *call, Checkpoint *checkpoint, const DomainCheckpointGetXMLDescArgs *args,
                            Error *error)
{
        const uint32_t known = CHECKPOINT_DEF_FORMAT_SECURE | CHECKPOINT_DEF_FORMAT_NO_DOMAIN |
                               CHECKPOINT_DEF_FORMAT_SIZE;
        CheckpointDef shown = *checkpoint->def;
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, known, error);

        if (r < 0)
                return r;
        shown.parent = checkpoint->moment.parent ? checkpoint->moment.parent->name : NULL;
        xml = checkpoint_def_format(&shown, args->flags);
        return call_reply(call, "s", xml);
}

int checkpoint_list_children(Call *call, Checkpoint *checkpoint, const DomainCheckpointListChildrenArgs *args,
                             Error *error)
{
        int r = flags_check(args->flags, LIST_ALL, error);

        if (r < 0)
                return r;
        return moments_reply(call, checkpoint->moment.domain, MOMENT_CHECKPOINT, &checkpoint->moment,
                             args->flags & LIST_ROOTS, matches, args->flags & ~(uint32_t) LIST_ROOTS, error);
}

int checkpoint_delete(Call *call, Checkpoint *checkpoint, const DomainCheckpointDeleteArgs *args, Error *error)
{
        const DomainMomentOps *moment_ops = ops(checkpoint->moment.domain);
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags,
                            MOMENT_DELETE_CHILDREN | MOMENT_DELETE_METADATA_ONLY | MOMENT_DELETE_CHILDREN_ONLY, error);

        if (r >= 0)
                r = flags_check_exclusive(args->flags, MOMENT_DELETE_CHILDREN | MOMENT_DELETE_CHILDREN_ONLY,
                                          "children and children only", error);
        if (r < 0)
                return r;
        if (!moment_ops->checkpoint_delete)
                return error_unsupported(error, "virDomainCheckpointDelete");
        r = call_job_begin(call, "checkpoint-delete", &checkpoint->moment.domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, moment_ops->checkpoint_delete(checkpoint, args->flags, job, error), NULL, error);
}

int domain_backup_begin(Call *call, Domain *domain, const DomainBackupBeginArgs *args, Error *error)
{
        _cleanup_(backup_def_freep) BackupDef *def = NULL;
        _cleanup_(checkpoint_def_freep) CheckpointDef *checkpoint = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        const char *suffix;
        int r = flags_check(args->flags, BACKUP_BEGIN_REUSE_EXTERNAL, error);

        if (r < 0)
                return r;
        if (!ops(domain)->backup_begin)
                return error_unsupported(error, "virDomainBackupBegin");
        r = backup_def_parse(args->backup_xml, strlen(args->backup_xml), &def, error);
        if (r >= 0 && !isempty(args->checkpoint_xml))
                r = parse(args->checkpoint_xml, false, &checkpoint, error);
        if (r < 0)
                return r;
        suffix = checkpoint ? checkpoint->name : moment_make_name(def->arena, NULL);
        r = backup_def_align(def, domain->live, suffix, error);
        if (r < 0)
                return r;
        if (domain->background.job)
                return error_set(error, ERROR_OPERATION_INVALID, "another backup of the domain goes on");
        r = call_job_begin_aside(call, "backup", &domain->object, &domain->background, &job, error);
        if (r < 0)
                return r;
        r = ops(domain)->backup_begin(domain, g_steal_pointer(&def), g_steal_pointer(&checkpoint), args->flags, job,
                                      error);
        return call_job_leave(call, job, r, error);
}

int domain_backup_get_xml_desc(Call *call, Domain *domain, const DomainBackupGetXMLDescArgs *args, Error *error)
{
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!domain->backup)
                return error_set(error, ERROR_NO_DOMAIN_BACKUP, "no domain backup job present");
        xml = backup_def_format(domain->backup);
        return call_reply(call, "s", xml);
}
