/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/moment_as.h"

#include "tools/virtbusctl/compose.h"

#include <string.h>

static const ComposeRow moment_rows[] = {
        { "name", .word = 1 },
        { "description", .word = 2 },
        {},
};
static const ComposeRow snapshot_rows[] = {
        { "name", .word = 1 },
        { "description", .word = 2 },
        { "memory/@snapshot", .option = "memspec", .text = "external" },
        { "memory/@file", .option = "memspec" },
        {},
};

/* A key of --diskspec, and its place in the disk. */
typedef struct DiskKey {
        const char *key, *place;
} DiskKey;

static const DiskKey snapshot_keys[] = {
        { "snapshot", "@snapshot" }, { "stype", "@type" }, { "driver", "driver/@type" }, { "file", "source/@file" },
        { "dev", "source/@dev" }, {},
};
static const DiskKey checkpoint_keys[] = { { "checkpoint", "@checkpoint" }, { "bitmap", "@bitmap" }, {} };

static int add_part(xmlNode *disk, const DiskKey *keys, char *part, const char *spec, Failure *failure)
{
        char *value = strchr(part, '=');

        if (value)
                *value++ = '\0';
        for (; value && keys->key; keys++)
                if (streq(keys->key, part)) {
                        compose_set(disk, keys->place, value);
                        return 0;
                }
        return failure_set(failure, EXIT_STATUS_USAGE, "--diskspec: '%s' has no meaning in '%s'", part, spec);
}

/* "vda,snapshot=external,file=/x" */
static int add_disk(xmlNode *disks, const DiskKey *keys, const char *spec, Failure *failure)
{
        g_auto(GStrv) parts = g_strsplit(spec, ",", -1);
        xmlNode *disk;
        int r = 0;

        if (!g_utf8_validate(spec, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "--diskspec: the text is not UTF-8");
        if (!parts[0] || !*parts[0])
                return failure_set(failure, EXIT_STATUS_USAGE, "--diskspec: '%s' names no disk", spec);
        disk = xmlNewChild(disks, NULL, BAD_CAST "disk", NULL);
        compose_set(disk, "@name", parts[0]);
        for (char **part = parts + 1; r >= 0 && *part; part++)
                r = add_part(disk, keys, *part, spec, failure);
        return r;
}

static int add_disks(const Arguments *arguments, const DiskKey *keys, xmlNode *root, Failure *failure)
{
        xmlNode *disks = NULL;
        const char *spec;
        int r = 0;

        for (size_t i = 0; r >= 0 && (spec = arguments_nth_value(arguments, "diskspec", i)); i++) {
                disks = disks ?: xmlNewChild(root, NULL, BAD_CAST "disks", NULL);
                r = add_disk(disks, keys, spec, failure);
        }
        return r;
}

static int add_snapshot_disks(Ctl *ctl, const Arguments *arguments, const Target *target, xmlNode *root,
                              Failure *failure)
{
        return add_disks(arguments, snapshot_keys, root, failure);
}

static int add_checkpoint_disks(Ctl *ctl, const Arguments *arguments, const Target *target, xmlNode *root,
                                Failure *failure)
{
        return add_disks(arguments, checkpoint_keys, root, failure);
}

/* virDomainSnapshotCreateFlags, virDomainCheckpointCreateFlags */
static const OptionBit snapshot_flags[] = { SNAPSHOT_CREATE_BITS, {} };
static const OptionBit checkpoint_flags[] = { CHECKPOINT_CREATE_BITS, {} };

const Option snapshot_create_as_options[] = {
        { "diskspec", 0, "DISK[,KEY=VALUE]…", "What becomes of a disk; may be repeated" },
        { "memspec", 0, "FILE", "Where the memory goes, in a snapshot outside the disks" },
        SNAPSHOT_CREATE_OPTIONS,
        PRINT_XML_OPTION,
        {},
};
const Option checkpoint_create_as_options[] = {
        { "diskspec", 0, "DISK[,KEY=VALUE]…", "What becomes of a disk; may be repeated" },
        CHECKPOINT_CREATE_OPTIONS,
        PRINT_XML_OPTION,
        {},
};

const NounCompose snapshot_create_as = {
        { "SnapshotCreateXML", "made", snapshot_flags }, "domainsnapshot", snapshot_rows, add_snapshot_disks,
};
const NounCompose checkpoint_create_as = {
        { "CheckpointCreateXML", "made", checkpoint_flags }, "domaincheckpoint", moment_rows, add_checkpoint_disks,
};
