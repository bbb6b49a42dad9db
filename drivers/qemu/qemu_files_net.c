/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_net.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/host/link.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_passt.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qemu_tap.h"

#include "drivers/model/net_def.h"

static void add_queues(QemuFiles *files, const char *alias, const char *what, const char *path, const int *fds,
                       unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                g_autofree char *id = g_strdup_printf("%s-%s%u", alias, what, i);

                qemu_files_add(files, QEMU_FILE_FD, id, path, fds[i]);
        }
}

static int check_vlan_bridge(const DomainInterface *interface, const char *place, Error *error)
{
        g_autofree char *path = g_strdup_printf("/sys/class/net/%s/bridge/vlan_filtering", interface->bridge);
        g_autofree char *text = NULL;

        if (read_file_at(AT_FDCWD, path, 16, &text, NULL) >= 0 && *text == '0')
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s/vlan: the bridge '%s' does not tell VLANs apart (its vlan_filtering is off)",
                                 place, interface->bridge);
        return 0;
}

static int set_link(const DomainInterface *interface, const char *name, const char *place, Error *error)
{
        const DomainInterfaceRare *rare = interface->rare;
        int r = 0;

        if (interface->isolated == TRISTATE_YES)
                r = link_isolate(name, place, error);
        if (r >= 0 && rare && rare->vlan && rare->vlan->tags.n > 0) {
                r = check_vlan_bridge(interface, place, error);
                if (r >= 0)
                        r = link_set_vlans(name, rare->vlan, place, error);
        }
        if (r >= 0 && rare && rare->coalesce_frames > 0)
                r = link_set_coalesce(name, rare->coalesce_frames, place, error);
        return r < 0 || !rare ? r : link_set_addresses(name, rare, place, error);
}

static int open_tap(QemuFiles *files, const DomainInterface *interface, unsigned n, const char *place, Error *error)
{
        const TapConfig config = {
                .name = interface->target,
                .bridge = interface->bridge,
                .mac = interface->mac,
                .mtu = def_get(interface, mtu, 0),
                .n_queues = n,
                .existing = interface->target_managed == TRISTATE_NO,
                .vnet_hdr = qemu_interface_is_virtio(interface),
                .device = interface->rare ? interface->rare->backend_tap : NULL,
        };
        g_autofree char *name = NULL;
        int fds[TAP_QUEUES_MAX], r;

        r = tap_open(&config, place, fds, &name, error);
        if (r < 0)
                return r;
        add_queues(files, interface->info.alias, "fd", name, fds, n);
        return set_link(interface, name, place, error);
}

static int open_macvtap(QemuFiles *files, const DomainInterface *interface, unsigned n, const char *place,
                        Error *error)
{
        const MacvtapConfig config = {
                .parent = interface->dev,
                .mode = interface->mode ?: "vepa",
                .name = interface->target,
                .mac = interface->mac,
                .n_queues = n,
                .vnet_hdr = qemu_interface_is_virtio(interface),
        };
        g_autofree char *name = NULL;
        int fds[TAP_QUEUES_MAX], r;

        r = macvtap_open(&config, place, fds, &name, error);
        if (r < 0)
                return r;
        add_queues(files, interface->info.alias, "fd", name, fds, n);
        g_ptr_array_add(files->macvtaps, g_steal_pointer(&name));
        return 0;
}

/* In the kernel packets take a shorter way; who does not ask for it can do without. */
static int open_vhost(QemuFiles *files, const DomainDef *def, const DomainInterface *interface, unsigned n,
                      const char *place, Error *error)
{
        const char *device = interface->rare ? interface->rare->backend_vhost : NULL;
        bool asked = streq_ptr(interface->driver_name, "vhost") || device;
        int fds[TAP_QUEUES_MAX], r;

        if (!qemu_interface_is_virtio(interface) ||
            (!asked && (interface->driver_name || def->type != DOMAIN_VIRT_KVM)))
                return 0;
        r = vhost_net_open(device, n, place, fds, asked ? error : NULL);
        if (r < 0)
                return asked ? r : 0;
        add_queues(files, interface->info.alias, "vhost", device ?: "/dev/vhost-net", fds, n);
        return 0;
}

/* -- what is done to it ---------------------------------------------------------------------------------------- */

static void add_errand(QemuFiles *files, QemuProgram *program)
{
        g_ptr_array_add(files->errands, qemu_errand_new(program));
}

/* One command of tc(8), its words separated by blanks. */
static void add_tc(QemuFiles *files, const char *place, const char *tc, const char *words)
{
        QemuProgram *program = qemu_program_new(place, tc, 0, 0);
        g_auto(GStrv) list = g_strsplit(words, " ", -1);

        program->capabilities = UINT64_C(1) << CAP_NET_ADMIN;
        for (char **word = list; *word; word++)
                qemu_program_arg(program, *word);
        add_errand(files, program);
}

/* Towards the guest a queue takes what is too much. KiB/s are "kbps" to tc, and KiB "kb". */
static void plan_inbound(QemuFiles *files, const DomainRate *rate, const char *name, const char *place, const char *tc)
{
        g_autoptr(GString) class = g_string_new(NULL);
        g_autofree char *root = g_strdup_printf("qdisc replace dev %s root handle 1: htb default 1", name);

        g_string_printf(class, "class replace dev %s parent 1: classid 1:1 htb rate %" PRIu64 "kbps", name,
                        rate->average);
        if (rate->peak > 0)
                g_string_append_printf(class, " ceil %" PRIu64 "kbps", rate->peak);
        if (rate->burst > 0)
                g_string_append_printf(class, " burst %" PRIu64 "kb", rate->burst);
        add_tc(files, place, tc, root);
        add_tc(files, place, tc, class->str);
}

/* What comes from the guest too fast is dropped. */
static void plan_outbound(QemuFiles *files, const DomainRate *rate, const char *name, const char *place, const char *tc)
{
        g_autofree char *ingress = g_strdup_printf("qdisc replace dev %s ingress", name);
        g_autofree char *filter = g_strdup_printf(
                "filter replace dev %s parent ffff: protocol all prio 1 u32 match u32 0 0 police rate %" PRIu64
                "kbps burst %" PRIu64 "kb mtu 64kb drop flowid :1",
                name, rate->average, rate->burst ?: rate->average);

        add_tc(files, place, tc, ingress);
        add_tc(files, place, tc, filter);
}

static int plan_bandwidth(QemuFiles *files, const DomainDef *def, const DomainInterface *interface, const char *name,
                          const QemuPrograms *programs, Error *error)
{
        const DomainBandwidth *bandwidth = interface->bandwidth;
        g_autofree char *place = qemu_place(def, interface, "bandwidth");
        int r = bandwidth ? qemu_program_check(programs->tc, "tc", place, error) : 0;

        if (r < 0 || !bandwidth)
                return r;
        if (bandwidth->inbound && bandwidth->inbound->average > 0)
                plan_inbound(files, bandwidth->inbound, name, place, programs->tc);
        if (bandwidth->outbound && bandwidth->outbound->average > 0)
                plan_outbound(files, bandwidth->outbound, name, place, programs->tc);
        return 0;
}

int qemu_files_change_bandwidth(QemuFiles *files, const DomainDef *def, const DomainInterface *interface,
                                const QemuPrograms *programs, Error *error)
{
        g_autofree char *place = qemu_place(def, interface, "bandwidth");
        const char *name = interface->target;
        /* deleting what there is not is an error, replacing is none: so there is something to delete */
        g_autofree char *root = g_strdup_printf("qdisc replace dev %s root pfifo", strempty(name));
        g_autofree char *ingress = g_strdup_printf("qdisc replace dev %s ingress", strempty(name));
        g_autofree char *no_ingress = g_strdup_printf("qdisc del dev %s ingress", strempty(name));
        int r = qemu_program_check(programs->tc, "tc", place, error);

        if (r < 0)
                return r;
        if (!name || !qemu_interface_is_tap(interface))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "%s: its packets do not go through an interface of the host", place);
        add_tc(files, place, programs->tc, root);
        add_tc(files, place, programs->tc, ingress);
        add_tc(files, place, programs->tc, no_ingress);
        return plan_bandwidth(files, def, interface, name, programs, error);
}

/* A tool of the administrator, as libvirt runs it: with the name of the interface, and our rights. */
static QemuProgram *script_new(const DomainDef *def, const DomainInterface *interface, const char *what,
                               const char *path, const char *name)
{
        g_autofree char *place = qemu_place(def, interface, what);
        QemuProgram *program = qemu_program_new(place, path, 0, 0);

        program->capabilities = PROCESS_CAPABILITIES_ALL;
        qemu_program_arg(program, name);
        return program;
}

GPtrArray *qemu_files_farewell(const DomainDef *def)
{
        GPtrArray *all = g_ptr_array_new();

        DEF_FOREACH(interface, def->interfaces) {
                const char *script = interface->rare ? interface->rare->downscript : NULL;

                if (script && *script == '/' && interface->target)
                        g_ptr_array_add(all, script_new(def, interface, "downscript", script, interface->target));
        }
        return all;
}

static int plan_changes(QemuFiles *files, const DomainDef *def, const DomainInterface *interface,
                        const QemuFilesConfig *config, Error *error)
{
        const char *name = qemu_files_interface(files, interface);
        int r = plan_bandwidth(files, def, interface, name, config->programs, error);

        if (r < 0 || isempty(interface->script))
                return r;
        if (*interface->script != '/')
                return qemu_refuse(def, interface, "script/@path", error, "'%s' is not an absolute path",
                                   interface->script);
        add_errand(files, script_new(def, interface, "script/@path", interface->script, name));
        return 0;
}

/* -- other processes ------------------------------------------------------------------------------------------ */

static int open_vhostuser(QemuFiles *files, const DomainInterface *interface, const char *place, Error *error)
{
        const char *path = interface->rare ? interface->rare->socket : NULL;
        bool reconnects = qemu_interface_reconnects(interface);
        g_autofree char *id = g_strconcat(interface->info.alias, reconnects ? "-dir" : "-socket", NULL);
        g_autofree char *dir = path ? g_path_get_dirname(path) : NULL;
        int fd, r;

        if (!path)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s/source/@path: it is missing", place);
        if (reconnects)
                r = qemu_open(dir, OPEN_DIRECTORY, O_RDONLY, place, &fd, NULL, error);
        else if (streq_ptr(interface->rare->socket_mode, "server"))
                r = qemu_open_listen(path, place, &fd, error);
        else
                r = qemu_open_connect(path, place, &fd, error);
        if (r >= 0)
                qemu_files_add(files, reconnects ? QEMU_FILE_PATH : QEMU_FILE_FD, id, reconnects ? dir : path, fd);
        return r;
}

static int open_vdpa(QemuFiles *files, const DomainInterface *interface, const char *place, Error *error)
{
        g_autofree char *id = g_strconcat(interface->info.alias, "-vdpa", NULL);
        int fd, r;

        if (!interface->dev)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s/source/@dev: it is missing", place);
        r = qemu_open(interface->dev, OPEN_CHARACTER, O_RDWR, place, &fd, NULL, error);
        if (r >= 0)
                qemu_files_add(files, QEMU_FILE_SET, id, interface->dev, fd);
        return r;
}

int qemu_files_open_interface(QemuFiles *files, const DomainDef *def, const DomainInterface *interface,
                              const QemuFilesConfig *config, Error *error)
{
        g_autofree char *place = qemu_place(def, interface, NULL);
        unsigned n = MAX(def_get(interface, queues, 1), 1u);
        int r;

        if (qemu_interface_is_passt(interface))
                return qemu_files_open_passt(files, def, interface, config, error);
        if (interface->type == DOMAIN_INTERFACE_VHOSTUSER)
                return open_vhostuser(files, interface, place, error);
        if (interface->type == DOMAIN_INTERFACE_VDPA)
                return open_vdpa(files, interface, place, error);
        if (!qemu_interface_is_tap(interface) || n > TAP_QUEUES_MAX)
                return 0;
        if (qemu_interface_is_direct(interface))
                r = open_macvtap(files, interface, n, place, error);
        else
                r = open_tap(files, interface, n, place, error);
        if (r >= 0)
                r = open_vhost(files, def, interface, n, place, error);
        return r < 0 ? r : plan_changes(files, def, interface, config, error);
}

const char *qemu_files_interface(const QemuFiles *files, const DomainInterface *interface)
{
        g_autofree char *id = g_strconcat(interface->info.alias, "-fd0", NULL);
        const QemuFile *file = qemu_files_find(files, id);

        return file ? file->path : NULL;
}
