/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/answer.h"
#include "tools/virtbusctl/word_call.h"

/* The parts of a domain: devices, memory, processors; where it goes and what becomes of it. */

#define ON_DOMAIN(name_, words_, n_, summary_, action_, ...)                                                   \
        .name = (name_), .words = (words_), .summary = (summary_), .min_words = (n_), .max_words = (n_),        \
        .action = (action_), .run = word_call_run, .noun = &noun_domain, .data = &(const WordCall) { __VA_ARGS__ }

/* virDomainDeviceModifyFlags, virDomainVcpuFlags */
static const OptionBit update_flags[] = { { "live", 1 << 0 }, { "config", 1 << 1 }, { "force", 1 << 2 }, {} };
static const OptionBit vcpu_flags[] = {
        { "live", 1 << 0 }, { "config", 1 << 1 }, { "maximum", 1 << 2 }, { "guest", 1 << 3 }, {},
};

static const Option update_options[] = {
        IMPACT_OPTIONS, { "force", 0, NULL, "The guest is made to give up a medium" }, {},
};
static const Option vcpu_options[] = {
        IMPACT_OPTIONS,
        { "maximum", 0, NULL, "How many there can be, with --config" },
        { "guest", 0, NULL, "By the guest's agent" },
        {},
};

static const WordEntry iothread_entries[] = {
        { "poll-max-ns", "poll_max_ns", 't' },           { "poll-grow", "poll_grow", 'u' },
        { "poll-shrink", "poll_shrink", 'u' },           { "thread-pool-min", "thread_pool_min", 'i' },
        { "thread-pool-max", "thread_pool_max", 'i' },   {},
};
static const Option iothread_options[] = {
        { "poll-max-ns", 0, "NS", "For how long it looks for work before it sleeps; 0: it sleeps at once" },
        { "poll-grow", 0, "N", "By what that time is multiplied when it was too short; 0: QEMU's choice" },
        { "poll-shrink", 0, "N", "By what it is divided when it was too long; 0: QEMU's choice" },
        { "thread-pool-min", 0, "N", "How many helpers there are at least" },
        { "thread-pool-max", 0, "N", "How many helpers there are at most" },
        IMPACT_OPTIONS,
        {},
};

#define IMPACT_DETAILS "Of the running machine when there is one, else of the definition, unless told otherwise.\n"

const Command machine_commands[] = {
        { ON_DOMAIN("attach-device", "DOMAIN FILE", 2, "Add a device from an XML file", "domain.write",
                    "AttachDevice", "su", "df", .flags = impact_flags, .done = "has the device"),
          .details = IMPACT_DETAILS "FILE may be - for standard input.\n", .options = impact_options },
        { ON_DOMAIN("update-device", "DOMAIN FILE", 2, "Change a device as an XML file says", "domain.write",
                    "UpdateDevice", "su", "df", .flags = update_flags, .done = "has the device changed"),
          .details = IMPACT_DETAILS "FILE may be - for standard input.\n", .options = update_options },
        { ON_DOMAIN("detach-device", "DOMAIN FILE", 2, "Take away the device in an XML file", "domain.write",
                    "DetachDevice", "su", "df", .flags = impact_flags, .done = "is asked to give up the device"),
          .details = IMPACT_DETAILS "FILE may be - for standard input.\n", .options = impact_options },
        { ON_DOMAIN("detach-device-alias", "DOMAIN ALIAS", 2, "Take away the device with an alias", "domain.write",
                    "DetachDeviceAlias", "su", "wf", .flags = impact_flags, .done = "is asked to give up the device"),
          .details = IMPACT_DETAILS, .options = impact_options },
        { ON_DOMAIN("setvcpus", "DOMAIN COUNT", 2, "Set the number of virtual processors", "domain.write",
                    "SetVcpus", "uu", "wf", .flags = vcpu_flags, .done = "has its processors set"),
          .details = IMPACT_DETAILS, .options = vcpu_options },
        { ON_DOMAIN("setmem", "DOMAIN SIZE", 2, "Set the memory that the guest has", "domain.write",
                    "SetMemory", "tu", "kf", .flags = impact_flags, .done = "has its memory set"),
          .details = "SIZE is in KiB, or has a unit: 512M, 2G.\n" IMPACT_DETAILS, .options = impact_options },
        { ON_DOMAIN("setmaxmem", "DOMAIN SIZE", 2, "Set the memory that the guest can have", "domain.write",
                    "SetMemory", "tu", "kf", .flags = impact_flags, .base = 1 << 2,
                    .done = "has its largest memory set"),
          .details = "SIZE is in KiB, or has a unit: 512M, 2G. Only inactive domains, or with --config.\n",
          .options = impact_options },
        { ON_DOMAIN("iothreadadd", "DOMAIN ID", 2, "Add an I/O thread", "domain.write", "AddIOThread", "uu", "wf",
                    .flags = impact_flags, .done = "has the I/O thread"),
          .details = IMPACT_DETAILS, .options = impact_options },
        { ON_DOMAIN("iothreadset", "DOMAIN ID", 2, "Change how an I/O thread waits for work", "domain.write",
                    "SetIOThreadParams", "ua{sv}u", "wof", .flags = impact_flags, .entries = iothread_entries,
                    .done = "has the I/O thread changed"),
          .details = IMPACT_DETAILS, .options = iothread_options },
        { ON_DOMAIN("iothreaddel", "DOMAIN ID", 2, "Remove an I/O thread", "domain.write", "DelIOThread", "uu", "wf",
                    .flags = impact_flags, .done = "is without the I/O thread"),
          .details = IMPACT_DETAILS, .options = impact_options },
        {},
};

/* virDomainSaveRestoreFlags, virDomainCoreDumpFlags */
static const OptionBit save_flags[] = {
        { "bypass-cache", 1 << 0 }, { "running", 1 << 1 }, { "paused", 1 << 2 }, { "reset-nvram", 1 << 3 }, {},
};
static const OptionBit state_flags[] = { { "running", 1 << 1 }, { "paused", 1 << 2 }, {} };
static const OptionBit dump_flags[] = {
        { "crash", 1 << 0 }, { "live", 1 << 1 }, { "bypass-cache", 1 << 2 }, { "reset", 1 << 3 },
        { "memory-only", 1 << 4 }, {},
};
static const OptionBit secure_flag[] = { { "security-info", 1 << 0 }, {} };
static const char *const xml_value[] = { "xml", NULL };

#define STATE_OPTIONS                                                        \
        { "running", 0, NULL, "It runs when it is restored" },                \
        { "paused", 0, NULL, "It is paused when it is restored" }
#define SAVE_OPTIONS                                                         \
        { "bypass-cache", 0, NULL, "Past the cache of the host" },            \
        { "reset-nvram", 0, NULL, "With fresh firmware variables" },          \
        STATE_OPTIONS

static const Option managedsave_options[] = { SAVE_OPTIONS, {} };
static const Option save_options[] = {
        SAVE_OPTIONS, { "xml", 0, "FILE", "The definition that stands in the saved state" }, {},
};
static const Option state_options[] = { STATE_OPTIONS, {} };
static const Option secure_options[] = { { "security-info", 0, NULL, "With passwords" }, {} };
static const Option dump_options[] = {
        { "memory-only", 0, NULL, "The memory alone, in a format that crash(8) reads" },
        { "live", 0, NULL, "The guest runs on meanwhile" },
        { "crash", 0, NULL, "The domain is stopped afterwards" },
        { "reset", 0, NULL, "The domain is reset afterwards" },
        { "bypass-cache", 0, NULL, "Past the cache of the host" },
        {},
};

/* virDomainMigrateFlags */
static const OptionBit migrate_flags[] = {
        { "live", 1 << 0 },             { "p2p", 1 << 1 },              { "tunnelled", 1 << 2 },
        { "persistent", 1 << 3 },       { "undefinesource", 1 << 4 },   { "suspend", 1 << 5 },
        { "copy-storage-all", 1 << 6 }, { "copy-storage-inc", 1 << 7 }, { "unsafe", 1 << 9 },
        { "offline", 1 << 10 },         { "compressed", 1 << 11 },      { "abort-on-error", 1 << 12 },
        { "auto-converge", 1 << 13 },   { "postcopy", 1 << 15 },        { "tls", 1 << 16 },
        {},
};
static const Option migrate_options[] = {
        { "live", 0, NULL, "It runs meanwhile" },
        { "p2p", 0, NULL, "From host to host" },
        { "tunnelled", 0, NULL, "Through the connection of the hosts" },
        { "persistent", 0, NULL, "Defined there" },
        { "undefinesource", 0, NULL, "Not defined here any more" },
        { "suspend", 0, NULL, "Paused there" },
        { "copy-storage-all", 0, NULL, "With its disks" },
        { "copy-storage-inc", 0, NULL, "With what its disks have above their backing images" },
        { "unsafe", 0, NULL, "Also where that is not safe" },
        { "offline", 0, NULL, "Only its definition" },
        { "compressed", 0, NULL, "Compressed" },
        { "abort-on-error", 0, NULL, "Not in spite of errors" },
        { "auto-converge", 0, NULL, "The guest is slowed down if need be" },
        { "postcopy", 0, NULL, "Post-copy may follow" },
        { "tls", 0, NULL, "Encrypted" },
        {},
};

/* As virsh's: it tells what is set afterwards, too. */
static int compcache_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *size = arguments_word(arguments, 1);
        g_autofree char *path = NULL;
        uint64_t bytes = 0;
        int r = size ? word_size(size, 0, &bytes, failure) : 0;

        if (r >= 0)
                r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);
        if (r >= 0 && size)
                r = ctl_call(ctl, path, "Domain", "MigrateSetCompressionCache", CALL_CHANGES, NULL, failure, "tu",
                             bytes, 0);
        if (r >= 0)
                r = ctl_call(ctl, path, "Domain", "MigrateGetCompressionCache", CALL_CHANGES, &reply, failure, "u", 0);
        return r < 0 ? r : answer_print(ctl, reply, "bytes", NULL, failure);
}

static const WordEntry launch_entries[] = {
        { "secrethdr", "sev-secret-header", 's', .secret = true },
        { "secret", "sev-secret", 's', .secret = true },
        { "set-address", "sev-secret-set-address", 't' },
        {},
};
static const Option launch_options[] = {
        { "secrethdr", 0, "FILE", "The header of the secret, in base64" },
        { "secret", 0, "FILE", "The secret, encrypted and in base64" },
        { "set-address", 0, "ADDRESS", "Where the guest finds it (default: where its firmware says)" },
        {},
};

const Command save_commands[] = {
        { ON_DOMAIN("save", "DOMAIN FILE", 2, "Save the running machine into a file of the host and stop it",
                    "domain.hibernate", "Save", "ssu", "pXf", .flags = save_flags, .values = xml_value,
                    .done = "saved"),
          .details = "FILE is on the host of the service.\n", .options = save_options },
        { .name = "restore", .words = "FILE", .summary = "Go on with a machine that was saved", .options = save_options,
          .min_words = 1, .max_words = 1, .action = "domain.start", .run = word_call_run,
          .data = &(const WordCall) { "DomainRestore", "ssu", "pXf", .flags = save_flags, .values = xml_value,
                                      .done = "Restored" } },
        { .name = "save-image-dumpxml", .words = "FILE", .summary = "Print the definition in a saved state",
          .options = secure_options, .min_words = 1, .max_words = 1, .action = "domain.read", .run = word_call_run,
          .data = &(const WordCall) { "DomainSaveImageGetXMLDesc", "su", "pf", .flags = secure_flag, .key = "xml" } },
        { .name = "save-image-define", .words = "FILE XMLFILE", .summary = "Change the definition in a saved state",
          .options = state_options, .min_words = 2, .max_words = 2, .action = "domain.hibernate", .run = word_call_run,
          .data = &(const WordCall) { "DomainSaveImageDefineXML", "ssu", "pdf", .flags = state_flags,
                                      .done = "Changed" } },
        { ON_DOMAIN("managedsave", "DOMAIN", 1, "Save the running machine where its next start finds it",
                    "domain.hibernate", "ManagedSave", "u", "f", .flags = save_flags, .done = "saved"),
          .options = managedsave_options },
        { ON_DOMAIN("managedsave-remove", "DOMAIN", 1, "Forget the saved state", "domain.hibernate",
                    "ManagedSaveRemove", "u", "f", .done = "is without a saved state") },
        { ON_DOMAIN("managedsave-dumpxml", "DOMAIN", 1, "Print the definition in the saved state", "domain.read",
                    "ManagedSaveGetXMLDesc", "u", "f", .flags = secure_flag, .key = "xml"),
          .options = secure_options },
        { ON_DOMAIN("managedsave-define", "DOMAIN FILE", 2, "Change the definition in the saved state",
                    "domain.hibernate", "ManagedSaveDefineXML", "su", "df", .flags = state_flags,
                    .done = "has its saved state changed"),
          .options = state_options },
        { ON_DOMAIN("dump", "DOMAIN FILE", 2, "Write the memory of the guest into a file of the host",
                    "domain.core-dump", "CoreDump", "suu", "p0f", .flags = dump_flags, .done = "dumped"),
          .details = "FILE is on the host of the service.\n", .options = dump_options },
        { ON_DOMAIN("migrate", "DOMAIN URI", 2, "Move the domain to another host", "domain.migrate",
                    "MigrateToURI3", "sa{sv}u", "w{f", .flags = migrate_flags, .done = "migrated"),
          .options = migrate_options },
        { ON_DOMAIN("migrate-postcopy", "DOMAIN", 1, "Let a migration go on after the guest has moved",
                    "domain.migrate", "MigrateStartPostCopy", "u", "f", .done = "moves now") },
        { ON_DOMAIN("migrate-setspeed", "DOMAIN MIB/S", 2, "Limit how fast migrations go", "domain.migrate",
                    "MigrateSetMaxSpeed", "tu", "wf", .done = "has the limit") },
        { ON_DOMAIN("migrate-getspeed", "DOMAIN", 1, "Show how fast migrations may go, in MiB/s", NULL,
                    "MigrateGetMaxSpeed", "u", "f") },
        { ON_DOMAIN("migrate-setmaxdowntime", "DOMAIN MS", 2, "Limit for how long a migration stops the guest",
                    "domain.migrate", "MigrateSetMaxDowntime", "tu", "wf", .done = "has the limit") },
        { ON_DOMAIN("migrate-getmaxdowntime", "DOMAIN", 1, "Show for how long a migration stops the guest, in ms", NULL,
                    "MigrateGetMaxDowntime", "u", "f") },
        { .name = "migrate-compcache", .words = "DOMAIN [SIZE]",
          .summary = "Show or set the cache of what migrations compress, in bytes",
          .details = "SIZE is in bytes, or has a unit: 64M.\n", .min_words = 1, .max_words = 2,
          .action = "domain.migrate", .run = compcache_run },
        { ON_DOMAIN("domdirtyrate-calc", "DOMAIN SECONDS", 2, "Measure how fast the guest changes its memory",
                    "domain.write", "StartDirtyRateCalc", "iu", "wf", .done = "is measured"),
          .details = "stats shows the result.\n" },
        { ON_DOMAIN("domlaunchsecinfo", "DOMAIN", 1, "Show what proves that its memory is encrypted", NULL,
                    "GetLaunchSecurityInfo", "u", "f") },
        { ON_DOMAIN("domsetlaunchsecstate", "DOMAIN", 1, "Give a secret to a machine whose memory is encrypted",
                    "domain.write", "SetLaunchSecurityState", "a{sv}u", "of", .entries = launch_entries,
                    .done = "has the secret"),
          .details = "Before it runs: it was started with --paused.\n", .options = launch_options },
        { ON_DOMAIN("domjobinfo", "DOMAIN", 1, "Show the job of the domain in numbers", NULL, "GetJobStats", "u", "f",
                    .titles = (const char *const[]) { "Type", "Numbers", NULL }) },
        { ON_DOMAIN("domjobabort", "DOMAIN", 1, "End the job of the domain", "domain.write", "AbortJob", "", "",
                    .done = "is asked to end its job") },
        {},
};
