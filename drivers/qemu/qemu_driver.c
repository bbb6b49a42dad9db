/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_driver.h"

#include "drivers/host/host_ops.h"
#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_dump.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_guest.h"
#include "drivers/qemu/qemu_launch.h"
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_nwfilter.h"
#include "drivers/qemu/qemu_request.h"
#include "drivers/qemu/qemu_save.h"
#include "drivers/qemu/qemu_settle.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <string.h>

#define LOG_CATEGORY "qemu"

#define AUTOSTART_PARALLEL_DEFAULT 2
#define AUTOSTART_PARALLEL_MAX 64
#define MONITOR_TIMEOUT_MAX 3600
#define TLS_DIR_DEFAULT "/etc/pki/qemu" /* where libvirt and QEMU's own manual have them */

int qemu_check_flags(uint32_t flags, uint32_t known, Error *error)
{
        if (flags & ~known)
                return error_set(error, ERROR_INVALID_ARG, "unsupported flags (0x%x)", flags & ~known);
        return 0;
}

void qemu_unref_domain(void *domain)
{
        domain_unref(domain);
}

void qemu_unref_def(void *def)
{
        domain_def_unref(def);
}

static const char *setting(const QemuDriver *driver, const char *key)
{
        const DriverHost *host = driver->host;
        const char *value = host->setting ? host->setting(host->userdata, "qemu", key) : NULL;

        return isempty(value) ? NULL : value;
}

static int setting_u32(const QemuDriver *driver, const char *key, uint32_t min, uint32_t max, uint32_t *ret,
                       Error *error)
{
        const char *value = setting(driver, key);
        uint32_t number;

        if (!value)
                return 0;
        if (parse_u32(value, &number) < 0 || number < min || number > max)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "setting '%s' of section 'qemu' is not a number from %u to %u", key, min,
                                 max);
        *ret = number;
        return 0;
}

static int read_ports(QemuDriver *driver, Error *error)
{
        const char *value = setting(driver, "vnc-ports");
        g_auto(GStrv) words = value ? g_strsplit(value, "-", 2) : NULL;
        uint32_t min, max;

        if (!value)
                return 0;
        if (!words[0] || !words[1] || parse_u32(words[0], &min) < 0 || parse_u32(words[1], &max) < 0 ||
            min < 5900 || max > 65535 || min > max)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "setting 'vnc-ports' of section 'qemu' is not of the form FIRST-LAST, from "
                                 "5900 on");
        driver->settings.vnc_port_min = (uint16_t) min;
        driver->settings.vnc_port_max = (uint16_t) max;
        return 0;
}

static int read_save_format(QemuDriver *driver, Error *error)
{
        const char *value = setting(driver, "save-format");

        driver->settings.save_format = value ? qemu_save_format_from_string(value) : QEMU_SAVE_RAW;
        if (driver->settings.save_format < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "setting 'save-format' of section 'qemu' is none of raw, gzip, bzip2, xz, lzop, zstd");
        return 0;
}

static const char *program_setting(const void *userdata, const char *key)
{
        return setting(userdata, key);
}

/* What programs need to find the display and the sound of the user who runs us. */
static char **session_environment(void)
{
        static const char *const names[] = {
                "HOME", "USER", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
                "PULSE_SERVER", "PULSE_COOKIE", "PIPEWIRE_REMOTE", "DBUS_SESSION_BUS_ADDRESS",
        };
        g_autoptr(GPtrArray) pairs = g_ptr_array_new();

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (g_getenv(names[i]))
                        g_ptr_array_add(pairs, g_strconcat(names[i], "=", g_getenv(names[i]), NULL));
        g_ptr_array_add(pairs, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&pairs), false);
}

QemuCommandOptions qemu_command_options(const QemuDriver *driver)
{
        const QemuSettings *settings = &driver->settings;

        return (QemuCommandOptions) {
                .vnc_listen = settings->vnc_listen ?: QEMU_LISTEN_DEFAULT,
                .vnc_port_min = settings->vnc_port_min,
                .vnc_port_max = settings->vnc_port_max,
                .tls = {
                        .vnc = settings->tls.vnc,
                        .spice = settings->tls.spice,
                        .vnc_verify = settings->vnc_tls_verify,
                },
                .session_env = (const char *const *) settings->session_env,
        };
}

static int read_settings(QemuDriver *driver, Error *error)
{
        const char *image_dirs = setting(driver, "image-dirs");
        uint32_t timeout = QMP_TIMEOUT_DEFAULT / USEC_PER_SEC;
        int r;

        driver->settings.autostart_parallel = AUTOSTART_PARALLEL_DEFAULT;
        if (image_dirs)
                driver->settings.image_dirs = g_strsplit_set(image_dirs, " \t", -1);
        driver->settings.programs =
                qemu_programs_new(driver->host->paths->state, driver->log_dir, program_setting, driver);
        driver->settings.vnc_listen = setting(driver, "vnc-listen");
        driver->settings.tls_dir = setting(driver, "tls-dir") ?: TLS_DIR_DEFAULT;
        driver->settings.tls_secret = setting(driver, "tls-secret");
        driver->settings.tls = (QemuTlsDirs) {
                .vnc = setting(driver, "vnc-tls-dir"),
                .spice = setting(driver, "spice-tls-dir"),
        };
        if (driver->host->session)
                driver->settings.session_env = session_environment();
        driver->settings.vnc_tls_verify = streq_ptr(setting(driver, "vnc-tls-verify"), "yes");
        r = setting_u32(driver, "monitor-timeout", 1, MONITOR_TIMEOUT_MAX, &timeout, error);
        if (r >= 0)
                r = setting_u32(driver, "autostart-parallel", 1, AUTOSTART_PARALLEL_MAX,
                                &driver->settings.autostart_parallel, error);
        if (r >= 0)
                r = read_ports(driver, error);
        if (r >= 0)
                r = read_save_format(driver, error);
        driver->settings.monitor_timeout_usec = timeout * USEC_PER_SEC;
        return r;
}

static int open_directories(QemuDriver *driver, Error *error)
{
        const DriverPaths *paths = driver->host->paths;
        _cleanup_close_ int log_fd = -EBADF;
        int r;

        driver->run_dir = g_build_filename(paths->run, "qemu", NULL);
        driver->overlay_dir = g_build_filename(paths->state, "qemu", "overlays", NULL);
        r = store_open_dir(driver->run_dir, 0700, &driver->run_fd, error);
        if (r >= 0)
                r = store_open_dir(driver->log_dir, 0700, &log_fd, error);
        if (r >= 0)
                r = qemu_store_open(paths->config, &driver->store, error);
        return r;
}

static int open_caps(QemuDriver *driver, Error *error)
{
        g_autofree char *cache_dir = g_build_filename(driver->host->paths->cache, "qemu", NULL);
        const char *emulators = setting(driver, "emulator");
        g_auto(GStrv) patterns = emulators ? g_strsplit_set(emulators, " \t", -1) : NULL;
        QemuCapsConfig config = {
                .emulators = (const char *const *) patterns,
                .cache_dir = cache_dir,
        };
        gid_t kvm_gid;

        qemu_users_probe(driver->users, &config.uid, &config.gid);
        if (qemu_kvm_group(NULL, config.uid, config.gid, &kvm_gid, NULL) > 0) {
                config.groups = &kvm_gid;
                config.n_groups = 1;
        }
        return qemu_caps_cache_new(driver->host->event, driver->launcher, driver->host->workers, &config,
                                   &driver->caps, error);
}

static int open_own(QemuDriver *driver, Error *error)
{
        const DriverHost *host = driver->host;
        g_autofree char *exec_path =
                host->paths->libexec ? g_build_filename(host->paths->libexec, "virtbus-exec", NULL) : NULL;
        bool privileged = !host->session && geteuid() == 0;
        int r = read_settings(driver, error);

        if (r >= 0)
                r = open_directories(driver, error);
        if (r >= 0)
                r = qemu_users_new(privileged, setting(driver, "user"), setting(driver, "uid-range"),
                                   &driver->users, error);
        if (r >= 0)
                r = qemu_cgroup_open(driver, error);
        if (r >= 0)
                r = launcher_new(host->event, exec_path, &driver->launcher, error);
        if (r >= 0)
                r = open_caps(driver, error);
        if (r >= 0)
                r = qemu_log_watch_new(host->event, host->workers, driver->log_dir, &driver->log_watch,
                                       error);
        return r;
}

static int take_stored(QemuStored *stored, void *userdata, Error *error)
{
        QemuDriver *driver = userdata;
        Domain *domain;
        int r = domain_list_add(driver->driver.domains, stored->def, &domain, error);

        if (r < 0)
                return -EEXIST;
        domain_take_config(domain, stored->def, g_steal_pointer(&stored->packed));
        domain_set_autostart(domain, stored->autostart);
        domain_set_autostart_once(domain, stored->autostart_once);
        domain_publish(domain);
        return 0;
}

static void on_settled(void *userdata)
{
        QemuDriver *driver = userdata;

        driver->settle = qemu_settle_free(driver->settle);
        log_debug("definitions are packed and indexed");
}

static int load(QemuDriver *driver, Error *error)
{
        QemuStoreSummary summary;
        uint64_t begin = now_usec();
        g_autofree char *cache_dir = g_build_filename(driver->host->paths->cache, "qemu", NULL);
        int r = qemu_store_load(driver->store, cache_dir, take_stored, driver, &summary, error);

        if (r < 0)
                return r;
        log_info("%u definitions loaded in %u ms, %u set aside, %u unreadable", summary.n_loaded,
                 (unsigned) ((now_usec() - begin) / USEC_PER_MSEC), summary.n_quarantined,
                 summary.n_unreadable);
        driver->settle = summary.settle;
        if (driver->settle)
                qemu_settle_start(driver->settle, driver->host->workers, driver->driver.domains, on_settled, driver);
        return 0;
}

static void on_probed(void *userdata, QemuCaps *caps, Error *error)
{
        QemuDriver *driver = userdata;

        driver->probe = NULL;
        if (caps && qemu_caps_version(caps) != driver->early_version)
                driver->host->listener->changed(&driver->driver.object, DRIVER_CHANGED_VERSION,
                                                driver->host->userdata);
        if (!caps) {
                g_autofree char *text = error_message(error);

                log_warning("the default emulator cannot be probed: %s", text);
        }
}

/* So that the version is known before anybody needs it: at once if an earlier life has asked. */
static void probe_default(QemuDriver *driver)
{
        g_autofree char *binary = qemu_caps_default_binary(driver->caps, qemu_native_arch());

        if (!binary) {
                log_warning("no emulator is installed");
                return;
        }
        qemu_caps_load(driver->caps, binary);
        driver->early_version = qemu_get_version(&driver->driver);
        driver->probe = qemu_caps_get(driver->caps, binary, on_probed, driver);
}

static Driver *qemu_close(Driver *base)
{
        QemuDriver *driver = qemu_driver(base);
        g_autoptr(GList) guests = NULL;

        if (!driver)
                return NULL;
        qemu_settle_free(driver->settle);
        qemu_autostart_free(driver->autostart);
        qemu_caps_cancel(driver->probe);
        guests = g_hash_table_get_values(driver->guests);
        for (GList *l = guests; l; l = l->next)
                guest_forget(l->data);
        g_clear_pointer(&driver->farewells, g_ptr_array_unref);
        qemu_log_watch_free(driver->log_watch);
        qemu_caps_cache_free(driver->caps);
        launcher_free(driver->launcher);
        qemu_users_free(driver->users);
        cgroups_unref(driver->cgroups);
        qemu_store_free(driver->store);
        qemu_host_free(driver->machine);
        driver_clear(&driver->driver);
        g_hash_table_unref(driver->reserved);
        g_hash_table_unref(driver->fd_groups);
        g_hash_table_unref(driver->guests);
        safe_close(driver->run_fd);
        g_free(driver->run_dir);
        g_free(driver->log_dir);
        g_free(driver->overlay_dir);
        g_strfreev(driver->settings.image_dirs);
        qemu_programs_unref(driver->settings.programs);
        g_strfreev(driver->settings.session_env);
        g_free(driver);
        return NULL;
}

static void close_driver(QemuDriver **driver)
{
        if (*driver)
                qemu_close(&(*driver)->driver);
}

static int qemu_open(const DriverInfo *info, const DriverHost *host, Driver **ret, Error *error)
{
        _cleanup_(close_driver) QemuDriver *driver = g_new0(QemuDriver, 1);
        int r;

        driver_init(&driver->driver, info, host);
        driver->host = host;
        driver->log_dir = g_build_filename(host->paths->log, "qemu", NULL);
        driver->run_fd = -EBADF;
        driver->guests = g_hash_table_new(g_str_hash, g_str_equal);
        driver->farewells = g_ptr_array_new_with_free_func(qemu_farewell_free);
        driver->fd_groups = qemu_fd_groups_new();
        driver->reserved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        r = open_own(driver, error);
        if (r >= 0)
                r = driver_open_parts(&driver->driver, error);
        if (r >= 0)
                r = load(driver, error);
        if (r >= 0)
                r = qemu_managed_load(driver, error);
        if (r < 0)
                return r;
        qemu_adopt_all(driver);
        qemu_network_sweep(driver);
        qemu_nwfilter_sweep(driver);
        probe_default(driver);
        driver->autostart = qemu_autostart_begin(driver);
        *ret = &g_steal_pointer(&driver)->driver;
        return 0;
}

static void qemu_caller_left(Driver *base, const char *name)
{
        QemuDriver *driver = qemu_driver(base);
        g_autoptr(GList) guests = NULL;

        qemu_fd_groups_caller_left(driver, name);
        qemu_start_caller_left(driver, name);
        guests = g_hash_table_get_values(driver->guests);
        for (GList *l = guests; l; l = l->next) {
                QemuGuest *guest = l->data;

                if (guest->phase == QEMU_UP && streq_ptr(guest->owner, name))
                        guest_stop(guest, QEMU_STOP_LADDER, DOMAIN_SHUTOFF_DESTROYED,
                                   DOMAIN_EVENT_STOPPED_DESTROYED);
        }
}

const DriverInfo qemu_driver_info = {
        .name = "QEMU",
        .type = "QEMU",
        .acl_name = "QEMU",
        .error_domain = 10, /* VIR_FROM_QEMU */
        .uri_system = "qemu:///system",
        .uri_session = "qemu:///session",
        .host = &host_ops_here,
        .connect = {
                .get_version = qemu_get_version,
                .get_capabilities = qemu_get_capabilities,
                .get_domain_capabilities = qemu_get_domain_capabilities,
                .get_max_vcpus = qemu_get_max_vcpus,
                .domain_to_native = qemu_domain_to_native,
                .get_cpu_models = qemu_get_cpu_models,
                .get_host_cpu = qemu_get_host_cpu,
                .get_hypervisor_cpu = qemu_get_hypervisor_cpu,
        },
        .domain = {
                .normalize = qemu_normalize,
                .define = qemu_define,
                .undefine = qemu_undefine,
                .start = qemu_start,
                .shutdown = qemu_shutdown,
                .reboot = qemu_reboot,
                .reset = qemu_reset,
                .suspend = qemu_suspend,
                .resume = qemu_resume,
                .destroy = qemu_destroy,
                .set_autostart = qemu_set_autostart,
                .set_autostart_once = qemu_set_autostart_once,
                .rename = qemu_rename,
                .open_console = qemu_open_console,
                .open_channel = qemu_open_channel,
                .get_stats = qemu_get_stats,
                .stats = DOMAIN_STATS_STATE | DOMAIN_STATS_CPU_TOTAL | DOMAIN_STATS_BALLOON | DOMAIN_STATS_VCPU |
                         DOMAIN_STATS_INTERFACE | DOMAIN_STATS_BLOCK | DOMAIN_STATS_MEMORY,
                .get_cpu_stats = qemu_get_cpu_stats,
                .host_cpus = qemu_host_cpus,
                .edit = qemu_edit,
                .read_limits = qemu_read_limits,
        },
        .save = {
                .save = qemu_save,
                .restore = qemu_restore,
                .image_read = qemu_image_read,
                .image_write = qemu_image_write,
                .managed_read = qemu_managed_read,
                .managed_write = qemu_managed_write,
                .managed_remove = qemu_managed_remove,
                .core_dump = qemu_core_dump,
                .screenshot = qemu_screenshot,
        },
        .block = {
                .start = qemu_block_start,
                .pivot = qemu_block_pivot,
                .abort = qemu_block_abort,
                .set_speed = qemu_block_set_speed,
                .set_threshold = qemu_set_threshold,
        },
        .guest = &qemu_guest_ops,
        .machine = &qemu_machine_ops,
        .open = qemu_open,
        .caller_left = qemu_caller_left,
        .close = qemu_close,
};
