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

static void build_incoming(Build *b)
{
        if (!b->options->incoming)
                return;
        build_arg(b, "-incoming", g_strdup("defer"));
}

static int build_everything(Build *b, Error *error)
{
        /* What others are plugged into comes before them. */
        static int (*const parts[])(Build *, Error *) = {
                build_machine,  build_cpu,   build_clock,      build_firmware, build_sysinfo,
                build_iommus,   build_controllers, build_memory_devices, build_hubs, build_throttle_groups,
                build_disks,    build_filesystems,
                build_interfaces, build_chardevs, build_inputs, build_graphics, build_videos,
                build_sounds,   build_hostdevs, build_extras, build_tpms, build_others, build_launch_security,
                build_plugged_vcpus, build_late_iommus,
        };

        int r = build_adjust_caps(b, error);

        if (r < 0)
                return r;
        g_ptr_array_add(b->argv, g_strdup(qemu_caps_binary(b->caps)));
        build_monitor(b);
        build_incoming(b);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                r = parts[i](b, error);
                if (r < 0)
                        return r;
        }
        r = build_check_overrides(b, error);
        if (r < 0)
                return r;
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
        g_clear_pointer(&b->overridden, g_free);
        b->adjusted = qemu_caps_unref(b->adjusted);
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
                .overridden = g_new0(bool, def->qemu_overrides.n),
        };
        g_array_set_clear_func(b->setup, setup_clear);
        b->x86 = streq_ptr(def->os.arch, "x86_64") || streq_ptr(def->os.arch, "i686");
        b->q35 = streq(strempty(def->os.machine), "q35") ||
                 g_str_has_prefix(strempty(def->os.machine), "pc-q35-");
        root = build_controller(b, DOMAIN_CONTROLLER_PCI, 0);
        pcie = root ? root->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT : b->q35;
        b->pci_root = pcie ? "pcie.0" : "pci.0";
}

int qemu_command_check(const DomainDef *def, const QemuCaps *caps, const QemuCommandOptions *options, Error *error)
{
        static const QemuCommandOptions none = {};
        _cleanup_(build_clear) Build b = {};
        int r;

        r = build_check_places(def, error);
        if (r < 0)
                return r;
        build_init(&b, def, caps, NULL, options ?: &none);
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
        command->locked_memory = b.locked_memory;
        command->capabilities = b.capabilities;
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
