/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/model/domain_vcpu.h"
#include "drivers/qemu/qemu_nvram.h"

#include <string.h>

/* Far beyond any use; a command line must end somewhere. */
#define IOTHREADS_MAX 1024

/* What QEMU may do to the host: nothing beyond what a running machine needs. */
#define SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

static int check_type(Build *b, Error *error)
{
        const DomainDef *def = b->def;

        if (!qemu_caps_has(b->caps, QEMU_FEATURE_DEVICE_JSON) ||
            !qemu_caps_has(b->caps, QEMU_FEATURE_NETDEV_JSON))
                return qemu_refuse(def, NULL, "devices/emulator", error, "%s is older than QEMU 6.2",
                                   qemu_caps_binary(b->caps));
        if (def->type != DOMAIN_VIRT_KVM && def->type != DOMAIN_VIRT_QEMU)
                return qemu_refuse(def, NULL, "@type", error, "this driver runs 'kvm' and 'qemu', not '%s'",
                                   strempty(domain_virt_to_string(def->type)));
        if (!streq_ptr(def->os.type, "hvm"))
                return qemu_refuse(def, NULL, "os/type", error, "this driver runs 'hvm', not '%s'",
                                   strempty(def->os.type));
        if (def->os.arch && !streq(def->os.arch, qemu_caps_arch(b->caps)) &&
            !(streq(def->os.arch, "i686") && streq(qemu_caps_arch(b->caps), "x86_64")))
                return qemu_refuse(def, NULL, "os/type/@arch", error, "%s runs '%s', not '%s'",
                                   qemu_caps_binary(b->caps), qemu_caps_arch(b->caps), def->os.arch);
        return 0;
}

static int check_machine(Build *b, const QemuMachine **ret, Error *error)
{
        const DomainDef *def = b->def;
        const QemuMachine *machine = qemu_caps_machine(b->caps, def->os.machine);

        if (!machine)
                return qemu_refuse(def, NULL, "os/type/@machine", error, "%s has no machine '%s'",
                                   qemu_caps_binary(b->caps), def->os.machine ?: "(default)");
        if (machine->cpu_max > 0 && def->vcpus > machine->cpu_max)
                return qemu_refuse(def, NULL, "vcpu", error,
                                   "the machine '%s' has at most %" PRIu32 " processors", machine->name,
                                   machine->cpu_max);
        *ret = machine;
        return 0;
}

static void put_machine_option(GString *s, const char *name, Tristate value)
{
        if (value != TRISTATE_ABSENT)
                g_string_append_printf(s, ",%s=%s", name, value == TRISTATE_ON ? "on" : "off");
}

static Tristate timer_present(const DomainDef *def, DomainTimerName name)
{
        if (def->clock)
                DEF_FOREACH(timer, def->clock->timers)
                        if (timer->name == name)
                                return timer->present;
        return TRISTATE_ABSENT;
}

static void put_x86_options(Build *b, GString *s)
{
        const DomainDef *def = b->def;

        put_machine_option(s, "vmport", def->features.vmport);
        put_machine_option(s, "smm", def->features.smm);
        put_machine_option(s, "acpi", tristate(def->features.acpi));
        put_machine_option(s, "hpet", timer_present(def, DOMAIN_TIMER_HPET));
        if (timer_present(def, DOMAIN_TIMER_PIT) == TRISTATE_NO)
                g_string_append(s, ",pit=off");
        if (def->os.bios_useserial == TRISTATE_YES)
                g_string_append(s, ",graphics=off");
        DEF_FOREACH(sound, def->sounds)
                if (streq_ptr(sound->model, "pcspk"))
                        g_string_append_printf(s, ",pcspk-audiodev=audio%" PRIu32, def_get(sound, audio_id, 1));
}

static int put_machine(Build *b, Error *error)
{
        const DomainDef *def = b->def;
        const QemuMachine *machine = NULL;
        const char *ram;
        GString *s;
        int r;

        r = check_machine(b, &machine, error);
        if (r < 0)
                return r;

        s = g_string_new(def->os.machine ?: machine->name);
        g_string_append(s, ",usb=off");
        if (b->x86)
                put_x86_options(b, s);
        g_string_append_printf(s, ",dump-guest-core=%s", def->dump_core == TRISTATE_ON ? "on" : "off");
        if (def->os.loader && def->os.loader_type == DOMAIN_LOADER_PFLASH) {
                g_string_append(s, ",pflash0=pflash0-format");
                if (qemu_nvram_is_given(&def->os))
                        g_string_append(s, ",pflash1=pflash1-format");
        }
        if (build_ram_backend(b, &ram))
                g_string_append_printf(s, ",memory-backend=%s", ram);
        r = build_machine_features(b, s, error);
        if (r < 0) {
                g_string_free(s, true);
                return r;
        }
        build_arg(b, "-machine", g_string_free(s, false));
        return 0;
}

static void put_iothread(Build *b, uint32_t number)
{
        const DomainIoThread *item = domain_iothread_find(b->def, number);
        g_autofree char *id = g_strdup_printf("iothread%" PRIu32, number);
        JsonObject *props = qmp_object("s:qom-type", "iothread", "s:id", id, NULL);

        if (item) {
                build_put_number(props, "thread-pool-min", item, pool_min);
                build_put_number(props, "thread-pool-max", item, pool_max);
                build_put_number(props, "poll-max-ns", item, poll_max);
                build_put_number(props, "poll-grow", item, poll_grow);
                build_put_number(props, "poll-shrink", item, poll_shrink);
        }
        build_json(b, "-object", props);
}

static void put_default_iothread(Build *b)
{
        const DomainDefaultIoThread *item = b->def->default_iothread;
        JsonObject *props;

        if (!item)
                return;
        props = qmp_object("s:qom-type", "main-loop", "s:id", "main-loop", NULL);
        build_put_number(props, "thread-pool-min", item, pool_min);
        build_put_number(props, "thread-pool-max", item, pool_max);
        build_json(b, "-object", props);
}

static int put_iothreads(Build *b, Error *error)
{
        g_autoptr(GArray) ids = NULL;

        if (b->def->default_iothread && !qemu_caps_has_object(b->caps, "main-loop"))
                return qemu_refuse(b->def, NULL, "defaultiothread", error, "%s has no object 'main-loop'",
                                   qemu_caps_binary(b->caps));

        if (b->def->iothreads > IOTHREADS_MAX)
                return qemu_refuse(b->def, NULL, "iothreads", error, "there can be at most %d",
                                   IOTHREADS_MAX);
        put_default_iothread(b);
        ids = domain_iothread_ids(b->def);
        for (guint i = 0; i < ids->len; i++)
                put_iothread(b, g_array_index(ids, uint32_t, i));
        return 0;
}

static void put_boot(Build *b)
{
        const DomainOs *os = &b->def->os;
        GString *s = g_string_new(NULL);

        if (os->bootmenu != TRISTATE_ABSENT)
                g_string_append_printf(s, "menu=%s,", os->bootmenu == TRISTATE_YES ? "on" : "off");
        if (def_is_set(os, bootmenu_timeout) && os->bootmenu == TRISTATE_YES)
                g_string_append_printf(s, "splash-time=%" PRIu32 ",", os->bootmenu_timeout);
        if (def_is_set(os, reboot_timeout))
                g_string_append_printf(s, "reboot-timeout=%" PRId32 ",", os->reboot_timeout);
        g_string_append(s, "strict=on");
        build_arg(b, "-boot", g_string_free(s, false));
}

/* Sleep states: off unless they are wanted, as the guest of a server that sleeps is lost to its owner. */
static void put_sleep_state(Build *b, const char *state, Tristate value)
{
        if (value != TRISTATE_ABSENT)
                build_argf(b, "-global", "%s.disable_%s=%d", b->q35 ? "ICH9-LPC" : "PIIX4_PM", state,
                           value == TRISTATE_NO);
}

/* VNC and SPICE are none: they serve whatever display there is. */
static bool has_own_display(const DomainDef *def)
{
        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_SDL || graphics->type == DOMAIN_GRAPHICS_EGL_HEADLESS ||
                    graphics->type == DOMAIN_GRAPHICS_DBUS)
                        return true;
        return false;
}

static void put_identity(Build *b)
{
        g_autofree char *name = build_escape(b->def->name);

        build_argf(b, "-name", "guest=%s,debug-threads=on", name);
        build_arg(b, "-S", NULL);
        build_arg(b, "-no-user-config", NULL);
        build_arg(b, "-nodefaults", NULL);
        build_arg(b, "-no-shutdown", NULL);
        if (!has_own_display(b->def))
                build_arg(b, "-display", g_strdup("none"));
        if (qemu_caps_has(b->caps, QEMU_FEATURE_SANDBOX))
                build_arg(b, "-sandbox", g_strdup(SANDBOX));
        build_arg(b, "-msg", g_strdup("timestamp=on"));
        build_argf(b, "-uuid", "%s", b->def->hwuuid ?: b->def->uuid);
}

/* Its memory is given back to the host behind the back of the process that ends. */
static int put_teardown(Build *b, Error *error)
{
        Tristate wanted = b->def->features.async_teardown;

        if (wanted == TRISTATE_ABSENT)
                return 0;
        if (!qemu_caps_has(b->caps, QEMU_FEATURE_RUN_WITH_ASYNC_TEARDOWN))
                return qemu_refuse(b->def, NULL, "features/async-teardown", error, "%s does not have it",
                                   qemu_caps_binary(b->caps));
        build_argf(b, "-run-with", "async-teardown=%s", wanted == TRISTATE_ON ? "on" : "off");
        return 0;
}

static int put_genid(Build *b, Error *error)
{
        if (!b->def->genid)
                return 0;
        return build_bare_device(
                b, NULL,
                qmp_object("s:driver", "vmgenid", "s:guid", b->def->genid, "s:id", "vmgenid0", NULL), error);
}

static int put_vmcoreinfo(Build *b, Error *error)
{
        if (b->def->features.vmcoreinfo != TRISTATE_ON)
                return 0;
        return build_bare_device(b, NULL, qmp_object("s:driver", "vmcoreinfo", NULL), error);
}

void build_env(Build *b, const char *name, const char *value)
{
        g_autofree char *prefix = g_strconcat(name, "=", NULL);

        for (guint i = 0; i < b->env->len; i++)
                if (g_str_has_prefix(b->env->pdata[i], prefix))
                        return;
        g_ptr_array_add(b->env, g_strconcat(prefix, value, NULL));
}

/* What QEMU takes from its environment alone. */
static void put_device_environment(Build *b)
{
        DEF_FOREACH(graphics, b->def->graphics) {
                if (graphics->type == DOMAIN_GRAPHICS_SDL && graphics->display)
                        build_env(b, "DISPLAY", graphics->display);
                if (graphics->type == DOMAIN_GRAPHICS_SDL && graphics->xauth)
                        build_env(b, "XAUTHORITY", graphics->xauth);
        }
        DEF_FOREACH(audio, b->def->audios) {
                if (audio->type == DOMAIN_AUDIO_SDL && audio->driver)
                        build_env(b, "SDL_AUDIODRIVER", audio->driver);
                if (audio->type == DOMAIN_AUDIO_PIPEWIRE && audio->runtime_dir)
                        build_env(b, "PIPEWIRE_RUNTIME_DIR", audio->runtime_dir);
        }
}

/* Of things that need the session of a user: his display, his sound. */
static bool shows_or_plays(const DomainDef *def)
{
        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_SDL)
                        return true;
        DEF_FOREACH(audio, def->audios)
                if (audio->type != DOMAIN_AUDIO_NONE && audio->type != DOMAIN_AUDIO_SPICE &&
                    audio->type != DOMAIN_AUDIO_FILE && audio->type != DOMAIN_AUDIO_DBUS)
                        return true;
        return false;
}

/* Of two that say the same the first counts: the definition's own words, then what its devices need, then ours. */
static void put_environment(Build *b)
{
        bool session = b->options->session_env && shows_or_plays(b->def);

        DEF_FOREACH(env, b->def->qemu_env)
                build_env(b, env->name, strempty(env->value));
        put_device_environment(b);
        for (const char *const *pair = b->options->session_env; session && *pair; pair++) {
                g_autofree char *name = g_strndup(*pair, strcspn(*pair, "="));

                build_env(b, name, *pair + strlen(name) + 1);
        }
        if (b->env->len == 0)
                return;
        build_env(b, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        build_env(b, "LC_ALL", "C");
}

/* Memory that the guest is to give back at once. */
static void put_balloon_target(Build *b)
{
        const DomainDef *def = b->def;
        uint64_t current = def_get(def, current_memory, def->memory);

        if (current < def->memory && def->memballoon && def->memballoon->model != DOMAIN_MEMBALLOON_NONE)
                build_setup(b, "balloon", qmp_object("U:value", current * 1024, NULL), false);
}

int build_machine(Build *b, Error *error)
{
        int r;

        r = check_type(b, error);
        if (r < 0)
                return r;
        r = build_check_supported(b, error);
        if (r < 0)
                return r;
        put_identity(b);
        r = put_machine(b, error);
        if (r < 0)
                return r;
        r = build_accelerator(b, error);
        if (r < 0)
                return r;
        r = build_memory(b, error);
        if (r < 0)
                return r;
        r = build_smp(b, error);
        if (r < 0)
                return r;
        r = put_iothreads(b, error);
        if (r < 0)
                return r;
        put_boot(b);
        if (b->x86 && b->def->features.acpi) {
                put_sleep_state(b, "s3", b->def->suspend_to_mem);
                put_sleep_state(b, "s4", b->def->suspend_to_disk);
        }
        r = put_teardown(b, error);
        if (r < 0)
                return r;
        r = put_genid(b, error);
        if (r < 0)
                return r;
        r = put_vmcoreinfo(b, error);
        if (r < 0)
                return r;
        put_environment(b);
        put_balloon_target(b);
        return 0;
}
