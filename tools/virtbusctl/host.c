/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/word_call.h"

#include "tools/virtbusctl/document.h"

#include <stdio.h>

static int print_reply(const Ctl *ctl, sd_bus_message *reply, Failure *failure)
{
        const char *xml;
        int r = sd_bus_message_read(reply, "s", &xml);

        return r < 0 ? ctl_bad_reply(ctl, failure, r) : ctl_print_document(ctl, "xml", xml);
}

static int capabilities_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        /* The first question makes the service ask its emulators. */
        int r = ctl_call(ctl, ctl->root, "Connect", "GetCapabilities", CALL_CHANGES, &reply, failure, NULL);

        return r < 0 ? r : print_reply(ctl, reply, failure);
}

static int domcapabilities_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = ctl_call(ctl, ctl->root, "Connect", "GetDomainCapabilities", CALL_CHANGES, &reply, failure,
                     "ssssu", strempty(arguments_value(arguments, "emulator")),
                     strempty(arguments_value(arguments, "arch")),
                     strempty(arguments_value(arguments, "machine")),
                     strempty(arguments_value(arguments, "virttype")), 0);
        return r < 0 ? r : print_reply(ctl, reply, failure);
}

/* major * 1,000,000 + minor * 1,000 + release; NULL for one that is not known yet. */
static char *format_version(int64_t v)
{
        if (v == 0)
                return NULL;
        return g_strdup_printf("%" PRIi64 ".%" PRIi64 ".%" PRIi64, v / 1000000, v / 1000 % 1000, v % 1000);
}

static int version_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_autofree char *hypervisor = NULL, *libvirt = NULL;
        g_autoptr(JsonObject) connection = NULL;
        int r;

        if (!ctl->json)
                puts("virtbusctl " VIRTBUS_VERSION);
        r = ctl_get_all(ctl, ctl->root, "Connect", &connection, failure);
        if (r < 0)
                return r;
        hypervisor = format_version(json_int(connection, "version"));
        libvirt = format_version(json_int(connection, "lib_version"));
        if (!ctl->json) {
                printf("virtbusd %s\n", json_string(connection, "service_version"));
                printf("format of libvirt %s\n", strempty(libvirt));
                printf("driver %s %s\n", json_string(connection, "driver"),
                       hypervisor ?: "(version not known yet)");
                return 0;
        }
        json_object_set_string_member(connection, "client_version", VIRTBUS_VERSION);
        ctl_print_json(ctl, json_node_init_object(json_node_alloc(), connection));
        return 0;
}

#define EMULATOR_OPTIONS                                                           \
        { "emulator", 0, "PATH", "The emulator (default: the architecture's)" },   \
        { "arch", 0, "ARCH", "The guest's architecture (default: the host's)" },   \
        { "machine", 0, "MACHINE", "The machine type (default: the emulator's)" }, \
        { "virttype", 0, "TYPE", "kvm or qemu (default: the best there is)" }
#define BASELINE_OPTIONS                                                         \
        { "features", 0, NULL, "With all features, also those of the model" },   \
        { "migratable", 0, NULL, "Without what keeps a guest from being moved" }

static const Option domcapabilities_options[] = {
        EMULATOR_OPTIONS,
        {},
};

static const Option source_options[] = { { "source", 0, "FILE", "Where to look, a <source> element" }, {} };

#define ON_HOST(name_, words_, n_, summary_, action_, ...)                                                     \
        .name = (name_), .words = (words_), .summary = (summary_), .min_words = (n_), .max_words = (n_),        \
        .action = (action_), .run = word_call_run, .data = &(const WordCall) { __VA_ARGS__ }

/* virConnectBaselineCPUFlags, virConnectCompareCPUFlags */
static const OptionBit baseline_flags[] = { { "features", 1 << 0 }, { "migratable", 1 << 1 }, {} };
/* virNodeSuspendTarget */
static const char *const suspend_targets[] = { "mem", "disk", "hybrid", NULL };

static const OptionBit compare_flags[] = { { "error", 1 << 0 }, { "validate", 1 << 1 }, {} };
static const char *const emulator_values[] = { "emulator", "arch", "machine", "virttype", NULL };
static const char *const type_value[] = { "virttype", NULL };

static const Option baseline_options[] = { BASELINE_OPTIONS, {} };
static const Option hypervisor_baseline_options[] = { EMULATOR_OPTIONS, BASELINE_OPTIONS, {} };
#define COMPARE_OPTIONS                                                             \
        { "error", 0, NULL, "Fail when that is not enough, with the reason" },    \
        { "validate", 0, NULL, "Refuse what the format does not know" }
static const Option compare_options[] = { COMPARE_OPTIONS, {} };
static const Option hypervisor_compare_options[] = {
        EMULATOR_OPTIONS,
        COMPARE_OPTIONS,
        {},
};
static const Option type_options[] = { { "virttype", 0, "TYPE", "kvm or qemu (default: the best there is)" }, {} };

#define PROCESSORS "A file has <cpu> elements, domains, or documents of capabilities or domain capabilities.\n"
#define COMPARED "0: the host has less than that, 1: it has the same, 2: it has more.\n" PROCESSORS

static int property_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *property = ctl->command->data, *text;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *line = NULL;
        int r = ctl_get(ctl, ctl->root, "Connect", property, &reply, failure);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "v", "s", &text);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        line = g_strconcat(text, "\n", NULL);
        return ctl_print_document(ctl, ctl->command->name, line);
}

const Command host_commands[] = {
        { "capabilities", NULL, "Print what the host and the driver can do, as XML", NULL, NULL, 0, 0, NULL,
          capabilities_run },
        { "domcapabilities", NULL, "Print what a definition may have, as XML", NULL, domcapabilities_options,
          0, 0, "connect.write", domcapabilities_run },
        { .name = "hostname", .summary = "Print the name of the host", .run = property_run, .data = "Hostname" },
        { .name = "uri", .summary = "Print libvirt's name of the connection", .run = property_run, .data = "URI" },
        { ON_HOST("nodeinfo", NULL, 0, "Show processors and memory of the host", NULL, "NodeGetInfo", "", "",
                  .titles = (const char *const[]) { "CPU model", "Memory (KiB)", "CPUs", "CPU frequency (MHz)",
                                                    "NUMA nodes", "Sockets per node", "Cores per socket",
                                                    "Threads per core", NULL }) },
        { ON_HOST("nodecpustats", NULL, 0, "Show what the host's processors did, in nanoseconds", NULL,
                  "NodeGetCPUStats", "iu", "!f") },
        { ON_HOST("nodememstats", NULL, 0, "Show the memory of the host, in KiB", NULL, "NodeGetMemoryStats", "iu",
                  "!f") },
        { ON_HOST("freecell", NULL, 0, "Print the free memory of the host, in bytes", NULL,
                  "NodeGetFreeMemory", "", "") },
        { ON_HOST("sysinfo", NULL, 0, "Print the SMBIOS data of the host, as XML", NULL, "GetSysinfo", "u", "f",
                  .key = "xml") },
        { ON_HOST("maxvcpus", NULL, 0, "Print how many processors a domain may have", NULL, "GetMaxVcpus", "s", "x",
                  .values = type_value),
          .options = type_options },
        { ON_HOST("cpu-models", "ARCH", 1, "List the models of processors of an architecture", NULL, "GetCPUModelNames",
                  "su", "wf") },
        { .name = "cpu-baseline", .words = "FILE…", .summary = "Print the processor that all in the XML files can be",
          .details = PROCESSORS, .options = baseline_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS,
          .run = word_call_run,
          .data = &(const WordCall) { "BaselineCPU", "asu", "Pf", .flags = baseline_flags, .key = "xml" } },
        { .name = "hypervisor-cpu-baseline", .words = "FILE…",
          .summary = "Print the processor that an emulator can give to guests on all of them",
          .details = PROCESSORS, .options = hypervisor_baseline_options, .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "connect.write", .run = word_call_run,
          .data = &(const WordCall) { "BaselineHypervisorCPU", "ssssasu", "xxxxPf", .flags = baseline_flags,
                                      .values = emulator_values, .key = "xml" } },
        { ON_HOST("cpu-compare", "FILE", 1, "Compare the processor in an XML file with the host's", NULL, "CompareCPU",
                  "su", "Cf", .flags = compare_flags),
          .details = COMPARED, .options = compare_options },
        { ON_HOST("hypervisor-cpu-compare", "FILE", 1, "Compare the processor in an XML file with the emulator's", NULL,
                  "CompareHypervisorCPU", "sssssu", "xxxxCf", .flags = compare_flags, .values = emulator_values),
          .details = COMPARED, .options = hypervisor_compare_options },
        { ON_HOST("domxml-to-native", "FORMAT FILE", 2, "Print how the hypervisor would be told to run a domain",
                  "connect.write", "DomainXMLToNative", "ssu", "wdf"),
          .details = "FORMAT is qemu-argv.\n" },
        { ON_HOST("domxml-from-native", "FORMAT FILE", 2, "Print what a command line of the hypervisor is as XML",
                  "connect.write", "DomainXMLFromNative", "ssu", "wdf", .key = "xml") },
        { ON_HOST("nodesevinfo", NULL, 0, "Show what the host has to encrypt the memory of guests", NULL,
                  "NodeGetSEVInfo", "u", "f") },
        { ON_HOST("nodesuspend", "mem|disk|hybrid SECONDS", 2, "Suspend the host, and wake it after so long",
                  "connect.pm-control", "NodeSuspendForDuration", "utu", "cwf",
                  .choices = (const char *const *const[]) { suspend_targets }, .done = "The host suspends itself") },
        { ON_HOST("pool-capabilities", NULL, 0, "Print what pools there can be, as XML", NULL,
                  "GetStoragePoolCapabilities", "u", "f", .key = "xml") },
        { ON_HOST("find-pool-sources", "TYPE", 1, "Print what pools of a type could be made of, as XML",
                  "connect.detect-storage-pools", "FindStoragePoolSources", "ssu", "wXf",
                  .values = (const char *const[]) { "source", NULL }, .key = "xml"),
          .options = source_options },
        { "version", NULL, "Print the versions of everything involved", NULL, NULL, 0, 0, NULL,
          version_run },
        {},
};
