/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/storage_as.h"

#include "tools/virtbusctl/compose.h"

/* Pools. */

static const ComposeRow pool_rows[] = {
        { "@type", .word = 2 },
        { "name", .word = 1 },
        { "source/host/@name", .option = "source-host", .word = 3 },
        { "source/dir/@path", .option = "source-path", .word = 4 },
        { "source/device/@path", .option = "source-dev", .word = 5 },
        { "source/name", .option = "source-name", .word = 6 },
        { "target/path", .option = "target", .word = 7 },
        { "source/format/@type", .option = "source-format", .word = 8 },
        { "source/auth/@type", .option = "auth-type", .choices = (const char *const[]) { "chap", "ceph", NULL } },
        { "source/auth/@username", .option = "auth-username" },
        { "source/auth/secret/@usage", .option = "secret-usage" },
        { "source/auth/secret/@uuid", .option = "secret-uuid" },
        { "source/initiator/iqn/@name", .option = "source-initiator" },
        { "source/protocol/@ver", .option = "source-protocol-ver" },
        { "source/adapter/@type", .option = "adapter-wwnn", .text = "fc_host" },
        { "source/adapter/@name", .option = "adapter-name" },
        { "source/adapter/@wwnn", .option = "adapter-wwnn" },
        { "source/adapter/@wwpn", .option = "adapter-wwpn" },
        { "source/adapter/@parent", .option = "adapter-parent" },
        {},
};

#define POOL_OPTIONS                                                         \
        { "target", 0, "PATH", "Where its volumes are found" },               \
        { "source-host", 0, "HOST", "The host that serves it" },              \
        { "source-path", 0, "PATH", "The path there" },                       \
        { "source-dev", 0, "PATH", "The device that it stands on" },          \
        { "source-name", 0, "NAME", "What the source is called" },            \
        { "source-format", 0, "FORMAT", "Its format" },                       \
        { "source-initiator", 0, "IQN", "The initiator of iSCSI" },           \
        { "source-protocol-ver", 0, "N", "The version of NFS" },              \
        { "auth-type", 0, "TYPE", "chap or ceph" },                           \
        { "auth-username", 0, "USER", "Who logs in" },                        \
        { "secret-usage", 0, "USAGE", "The secret with the password, by its usage" }, \
        { "secret-uuid", 0, "UUID", "The same, by UUID" },                    \
        { "adapter-name", 0, "NAME", "The SCSI adapter" },                    \
        { "adapter-wwnn", 0, "WWNN", "The node of a fibre channel adapter" }, \
        { "adapter-wwpn", 0, "WWPN", "Its port" },                            \
        { "adapter-parent", 0, "NAME", "Its parent" },                        \
        PRINT_XML_OPTION

const Option pool_define_as_options[] = {
        POOL_OPTIONS, { "validate", 0, NULL, "Refuse what the format does not know" }, {},
};
const Option pool_create_as_options[] = { POOL_OPTIONS, POOL_START_OPTIONS, {} };

/* virStoragePoolCreateFlags */
static const OptionBit build_flags[] = { POOL_START_BITS, {} };

const NounCompose pool_define_as = {
        { "StoragePoolDefineXML", "defined", validate_flag }, "pool", pool_rows, NULL,
};
const NounCompose pool_create_as = {
        { "StoragePoolCreateXML", "created", build_flags }, "pool", pool_rows, NULL,
};

/* Volumes. */

static const ComposeRow volume_rows[] = {
        { "name", .word = 1 },
        { "capacity", .word = 2, .kind = COMPOSE_SIZE },
        { "allocation", .option = "allocation", .kind = COMPOSE_SIZE },
        { "target/format/@type", .option = "format" },
        { "backingStore/format/@type", .option = "backing-vol-format" },
        {},
};

/* A volume is named by its path, or as it is in the pool. */
static int add_backing(Ctl *ctl, const Arguments *arguments, const Target *target, xmlNode *root, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *word = arguments_value(arguments, "backing-vol"), *file = word;
        g_autofree char *path = NULL;
        int r = 0;

        if (!word)
                return 0;
        if (!g_utf8_validate(word, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "--backing-vol: the text is not UTF-8");
        if (*word != '/') {
                r = noun_resolve(ctl, &noun_volume, target->container, word, &path, failure);
                if (r >= 0)
                        r = ctl_get(ctl, path, "StorageVol", "Path", &reply, failure);
                if (r < 0)
                        return r;
                r = sd_bus_message_read(reply, "v", "s", &file);
        }
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        compose_set(root, "backingStore/path", file);
        return 0;
}

const Option volume_create_as_options[] = {
        { "allocation", 0, "SIZE", "How much of it has room at once (default: all)" },
        { "format", 0, "FORMAT", "raw, qcow2, …" },
        { "backing-vol", 0, "VOLUME", "What it begins with: a volume of the pool, or a path" },
        { "backing-vol-format", 0, "FORMAT", "The format of that" },
        { "prealloc-metadata", 0, NULL, "Allocate the metadata of a qcow2 image" },
        PRINT_XML_OPTION,
        {},
};

/* virStorageVolCreateFlags */
static const OptionBit volume_flags[] = { { "prealloc-metadata", 1 << 0 }, {} };

const NounCompose volume_create_as = {
        { "StorageVolCreateXML", "created", volume_flags }, "volume", volume_rows, add_backing,
};
