/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/command.h"

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

static const Option domcapabilities_options[] = {
        { "emulator", 0, "PATH", "The emulator (default: the architecture's)" },
        { "arch", 0, "ARCH", "The guest's architecture (default: the host's)" },
        { "machine", 0, "MACHINE", "The machine type (default: the emulator's)" },
        { "virttype", 0, "TYPE", "kvm or qemu (default: the best there is)" },
        {},
};

const Command host_commands[] = {
        { "capabilities", NULL, "Print what the host and the driver can do, as XML", NULL, NULL, 0, 0, NULL,
          capabilities_run },
        { "domcapabilities", NULL, "Print what a definition may have, as XML", NULL, domcapabilities_options,
          0, 0, "connect.write", domcapabilities_run },
        { "version", NULL, "Print the versions of everything involved", NULL, NULL, 0, 0, NULL,
          version_run },
        {},
};
