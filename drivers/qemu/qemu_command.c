/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

static void build_monitor(Build *b)
{
        if (b->options->monitor_fd <= 0)
                return;
        build_argf(b, "-chardev", "socket,id=charmonitor,fd=%d,server=on,wait=off",
                   build_fd(b, b->options->monitor_fd, true));
        build_arg(b, "-mon", g_strdup("chardev=charmonitor,id=monitor,mode=control"));
}

static int build_everything(Build *b, Error *error)
{
        /* What others are plugged into comes before them. */
        static int (*const parts[])(Build *, Error *) = {
                build_machine,  build_cpu,    build_clock,      build_firmware, build_controllers,
                build_hubs,     build_disks,  build_interfaces, build_chardevs, build_inputs,
                build_graphics, build_videos, build_sounds,     build_others,
        };

        g_ptr_array_add(b->argv, g_strdup(qemu_caps_binary(b->caps)));
        build_monitor(b);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                int r = parts[i](b, error);

                if (r < 0)
                        return r;
        }
        DEF_FOREACH(arg, b->def->qemu_args)
                g_ptr_array_add(b->argv, g_strdup(arg->value));
        return 0;
}

static void setup_clear(gpointer data)
{
        QemuSetup *setup = data;

        json_object_unref(setup->arguments);
}

static void build_clear(Build *b)
{
        g_clear_pointer(&b->argv, g_ptr_array_unref);
        g_clear_pointer(&b->env, g_ptr_array_unref);
        g_clear_pointer(&b->fds, g_array_unref);
        g_clear_pointer(&b->setup, g_array_unref);
}

static void build_init(Build *b, const DomainDef *def, const QemuCaps *caps, const QemuFiles *files,
                       const QemuCommandOptions *options)
{
        const DomainController *root;
        bool pcie;

        *b = (Build) {
                .def = def,
                .caps = caps,
                .files = files,
                .options = options,
                .argv = g_ptr_array_new_with_free_func(g_free),
                .env = g_ptr_array_new_with_free_func(g_free),
                .fds = g_array_new(false, false, sizeof(ProcessFd)),
                .setup = g_array_new(false, false, sizeof(QemuSetup)),
        };
        g_array_set_clear_func(b->setup, setup_clear);
        b->x86 = streq_ptr(def->os.arch, "x86_64") || streq_ptr(def->os.arch, "i686");
        b->q35 = streq(strempty(def->os.machine), "q35") ||
                 g_str_has_prefix(strempty(def->os.machine), "pc-q35-");
        root = build_controller(b, DOMAIN_CONTROLLER_PCI, 0);
        pcie = root ? root->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT : b->q35;
        b->pci_root = pcie ? "pcie.0" : "pci.0";
}

/* What the format can say and this driver cannot do: missing in the machine it must not be. */
static const char *const not_done[] = {
        "/domain/hwuuid",
        "/domain/memoryBacking",
        "/domain/resource/fibrechannel",
        "/domain/sysinfo",
        "/domain/bootloader*",
        "/domain/idmap",
        "/domain/on_lockfailure",
        "/domain/seclabel",
        "/domain/keywrap",
        "/domain/launchSecurity",
        "/domain/qemu:*",
        "/domain/os/init",
        "/domain/os/initarg",
        "/domain/os/initenv",
        "/domain/os/initdir",
        "/domain/os/inituser",
        "/domain/os/initgroup",
        "/domain/os/firmware",
        "/domain/os/varstore",
        "/domain/os/root",
        "/domain/os/acpi",
        "/domain/os/nvram/@type",
        "/domain/os/nvram/source",
        "/domain/features/viridian",
        "/domain/features/privnet",
        "/domain/features/hyperv",
        "/domain/features/kvm",
        "/domain/features/gic",
        "/domain/features/ioapic",
        "/domain/features/hpt",
        "/domain/features/htm",
        "/domain/features/nested-hv",
        "/domain/features/msrs",
        "/domain/features/ccf-assist",
        "/domain/features/xen",
        "/domain/features/cfpc",
        "/domain/features/sbbc",
        "/domain/features/ibs",
        "/domain/features/tcg",
        "/domain/features/async-teardown",
        "/domain/features/ras",
        "/domain/features/ps2",
        "/domain/features/aia",
        "/domain/features/smm/tseg",
        "/domain/cpu/@deprecated_features",
        "/domain/cpu/cache",
        "/domain/cpu/maxphysaddr",
        "/domain/cpu/numa",
        "/domain/clock/timer/catchup",
        "/domain/devices/lease",
        "/domain/devices/filesystem",
        "/domain/devices/smartcard",
        "/domain/devices/tpm",
        "/domain/devices/hostdev",
        "/domain/devices/redirdev",
        "/domain/devices/redirfilter",
        "/domain/devices/nvram",
        "/domain/devices/shmem",
        "/domain/devices/memory",
        "/domain/devices/crypto",
        "/domain/devices/iommu",
        "/domain/devices/vsock",
        "/domain/devices/pstore",
        "/domain/devices/*/rom",
        "/domain/devices/*/acpi",
        "/domain/devices/*/address/zpci",
        "/domain/devices/*/source/@fdgroup",
        "/domain/devices/disk/*/seclabel",
        "/domain/devices/disk/*slices",
        "/domain/devices/disk/*reservations",
        "/domain/devices/disk/*encryption",
        "/domain/devices/disk/*dataStore",
        "/domain/devices/disk/*auth",
        "/domain/devices/disk/*metadata_cache",
        "/domain/devices/disk/*source/snapshot",
        "/domain/devices/disk/*source/config",
        "/domain/devices/disk/*source/initiator",
        "/domain/devices/disk/*source/ssl",
        "/domain/devices/disk/*source/readahead",
        "/domain/devices/disk/*source/cookies",
        "/domain/devices/disk/*source/timeout",
        "/domain/devices/disk/*source/reconnect",
        "/domain/devices/disk/*source/knownHosts",
        "/domain/devices/disk/*source/identity",
        "/domain/devices/disk/@rawio",
        "/domain/devices/disk/@sgio",
        "/domain/devices/disk/driver/@discard_no_unref",
        "/domain/devices/disk/driver/iothreads",
        "/domain/devices/disk/driver/statistics",
        "/domain/devices/disk/backenddomain",
        "/domain/devices/disk/geometry",
        "/domain/devices/disk/blockio",
        "/domain/devices/disk/target/@dpofua",
        "/domain/devices/disk/throttlefilters",
        "/domain/devices/disk/transient/@shareBacking",
        "/domain/devices/controller/@max*",
        "/domain/devices/controller/serial",
        "/domain/devices/controller/driver/iothreads",
        "/domain/devices/controller/target/@memReserve",
        "/domain/devices/interface/@managed",
        "/domain/devices/interface/source/@address",
        "/domain/devices/interface/source/@port",
        "/domain/devices/interface/source/local",
        "/domain/devices/interface/source/@type",
        "/domain/devices/interface/source/address",
        "/domain/devices/interface/source/ip",
        "/domain/devices/interface/source/route",
        "/domain/devices/interface/source/@switchid",
        "/domain/devices/interface/vlan",
        "/domain/devices/interface/virtualport",
        "/domain/devices/interface/ip",
        "/domain/devices/interface/route",
        "/domain/devices/interface/portForward",
        "/domain/devices/interface/downscript",
        "/domain/devices/interface/port",
        "/domain/devices/interface/backenddomain",
        "/domain/devices/interface/guest",
        "/domain/devices/interface/driver/@rss*",
        "/domain/devices/interface/driver/@model",
        "/domain/devices/interface/driver/host",
        "/domain/devices/interface/driver/guest",
        "/domain/devices/interface/backend",
        "/domain/devices/interface/filterref",
        "/domain/devices/interface/coalesce",
        "/domain/devices/interface/teaming",
        "/domain/devices/*/source/clipboard",
        "/domain/devices/*/source/mouse",
        "/domain/devices/*/source/reconnect",
        "/domain/devices/*/source/seclabel",
        "/domain/devices/input/source/@grab*",
        "/domain/devices/input/source/@dev",
        "/domain/devices/input/source/@repeat",
        "/domain/devices/rng/backend/@type",
        "/domain/devices/graphics/@replaceUser",
        "/domain/devices/graphics/@multiUser",
        "/domain/devices/graphics/@username",
        "/domain/devices/graphics/@powerControl",
        "/domain/devices/graphics/@p2p",
        "/domain/devices/graphics/@address",
        "/domain/devices/graphics/channel",
        "/domain/devices/graphics/image",
        "/domain/devices/graphics/jpeg",
        "/domain/devices/graphics/zlib",
        "/domain/devices/graphics/playback",
        "/domain/devices/graphics/streaming",
        "/domain/devices/graphics/mouse",
        "/domain/devices/graphics/clipboard",
        "/domain/devices/graphics/filetransfer",
        "/domain/devices/graphics/audio",
        "/domain/devices/sound/codec",
        "/domain/devices/audio/@timerPeriod",
        "/domain/devices/audio/input",
        "/domain/devices/audio/output",
        "/domain/devices/video/driver/@vgaconf",
        "/domain/devices/video/model/@edid",
        NULL,
};

static int check_raw(const DomainDef *def, Error *error)
{
        g_autofree char *path = NULL;

        if (!domain_def_first_raw(def, &path) && !domain_def_first_of(def, not_done, &path))
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: this driver does not support it", path);
}

int qemu_command_check(const DomainDef *def, const QemuCaps *caps, Error *error)
{
        const QemuCommandOptions options = {};
        _cleanup_(build_clear) Build b = {};
        int r;

        r = check_raw(def, error);
        if (r < 0)
                return r;
        build_init(&b, def, caps, NULL, &options);
        return build_everything(&b, error);
}

static char **steal_strv(GPtrArray *array)
{
        size_t n = array->len;
        char **strv = g_new0(char *, n + 1);

        for (size_t i = 0; i < n; i++)
                strv[i] = g_steal_pointer(&array->pdata[i]);
        return strv;
}

int qemu_command_build(const DomainDef *def, const QemuCaps *caps, const QemuFiles *files,
                       const QemuCommandOptions *options, QemuCommand **ret, Error *error)
{
        _cleanup_(qemu_command_freep) QemuCommand *command = g_new0(QemuCommand, 1);
        _cleanup_(build_clear) Build b = {};
        gsize n;
        int r;

        build_init(&b, def, caps, files, options);
        r = build_everything(&b, error);
        if (r < 0)
                return r;

        command->argv = steal_strv(b.argv);
        command->env = b.env->len > 0 ? steal_strv(b.env) : NULL;
        command->fds = (ProcessFd *) (void *) g_array_steal(b.fds, &n);
        command->n_fds = n;
        command->setup = (QemuSetup *) (void *) g_array_steal(b.setup, &n);
        command->n_setup = n;
        *ret = g_steal_pointer(&command);
        return 0;
}

QemuCommand *qemu_command_free(QemuCommand *command)
{
        if (!command)
                return NULL;
        for (size_t i = 0; i < command->n_setup; i++)
                setup_clear(command->setup + i);
        g_strfreev(command->argv);
        g_strfreev(command->env);
        g_free(command->fds);
        g_free(command->setup);
        g_free(command);
        return NULL;
}

char *qemu_command_to_string(const QemuCommand *command)
{
        GString *s = g_string_new(NULL);

        for (char **arg = command->argv; *arg; arg++) {
                g_autofree char *quoted = g_shell_quote(*arg);
                bool plain = **arg && strspn(*arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                   "0123456789-_=.,:/@%+") == strlen(*arg);

                if (s->len > 0)
                        g_string_append_c(s, ' ');
                g_string_append(s, plain ? *arg : quoted);
        }
        return g_string_free(s, false);
}
