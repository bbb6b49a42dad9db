/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_start.h"

#include "drivers/model/secret.h"
#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_cpu_features.h"
#include "drivers/qemu/qemu_firmware.h"
#include "drivers/qemu/qemu_listens.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_placement.h"
#include "drivers/qemu/qemu_smbios.h"
#include "drivers/qemu/qemu_secrets.h"
#include "drivers/qemu/qemu_volumes.h"

#include <sys/socket.h>

/* How often pools are looked at that are being started. */
#define VOLUMES_LOOK_USEC (100 * USEC_PER_MSEC)

/* Step "capabilities". */
static void on_caps(void *userdata, QemuCaps *caps, Error *error)
{
        Start *start = userdata;

        start->request = NULL;
        if (caps)
                start->caps = qemu_caps_ref(caps);
        start_done(start, caps ? 0 : -EIO, error);
}

int start_step_capabilities(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r = start_is_restored(start) ? start_take_image(start, error) : 0;
        g_autofree char *binary = NULL;

        if (r < 0)
                return r;
        binary = g_strdup(start->def->emulator);
        if (!binary)
                binary = qemu_caps_default_binary(start->driver->caps, start->def->os.arch);
        if (!binary)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "no emulator is installed for architecture '%s'",
                                 strempty(start->def->os.arch));
        start->request = qemu_caps_get(start->driver->caps, binary, on_caps, start);
        return start_wait(start);
}

void start_cancel_capabilities(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->request = qemu_caps_cancel(start->request);
}

/* Step "firmware": a definition that was written without us may leave the choice open; for this run it is made now. */
static void on_firmwares(void *userdata, const Firmwares *firmwares, Error *error)
{
        Start *start = userdata;
        DomainDef *def = NULL;
        int r = firmwares ? qemu_normalize_now(start->driver, start->caps, qemu_caps_binary(start->caps), start->def,
                                               firmwares, true, &def, error) :
                            -EIO;

        start->task = NULL;
        if (def) {
                domain_def_unref(start->def);
                start->def = def;
        }
        start_done(start, r, error);
}

int start_step_firmware(Job *job, void *context, Error *error)
{
        Start *start = context;

        if (!domain_lacks_firmware(start->def))
                return 0;
        start->task = qemu_firmwares_read_later(start->driver->host->workers, on_firmwares, start);
        return start_wait(start);
}

/* Step "volumes": pools that start with the daemon, as the machine does, may take a while. */
static int look_later(Start *start);

static int on_volumes(sd_event_source *source, uint64_t usec, void *userdata)
{
        Start *start = userdata;

        start->volumes = sd_event_source_disable_unref(start->volumes);
        if (!qemu_volumes_are_awaited(&start->driver->driver, start->def) || look_later(start) < 0)
                start_done(start, 0, NULL);
        return 0;
}

static int look_later(Start *start)
{
        return sd_event_add_time_relative(start->driver->host->event, &start->volumes, CLOCK_MONOTONIC,
                                          VOLUMES_LOOK_USEC, 0, on_volumes, start);
}

int start_step_volumes(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r;

        if (!qemu_volumes_are_awaited(&start->driver->driver, start->def))
                return 0;
        r = look_later(start);
        return r < 0 ? error_set_errno(error, r, "cannot wait for storage pools") : start_wait(start);
}

void start_cancel_volumes(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->volumes = sd_event_source_disable_unref(start->volumes);
}

/* Step "networks": where cards of networks are plugged in. */
static void on_plugged(void *userdata, DomainDef *def, Error *error)
{
        Start *start = userdata;

        start->plug = NULL;
        if (def) {
                domain_def_unref(start->def);
                start->def = def;
        }
        start_done(start, def ? 0 : -EIO, error);
}

int start_step_networks(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r = qemu_network_plug(start->driver, start->def, NULL, on_plugged, start, &start->plug, error);

        return r > 0 ? start_wait(start) : r;
}

void start_cancel_networks(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->plug = qemu_network_plug_cancel(start->plug);
}

/* Of a machine that has been prepared they go when it is cleared away. */
void start_undo_networks(Job *job, void *context)
{
        const Start *start = context;

        qemu_network_unplug(start->driver, start->def, NULL);
}

/* Step "prepare": all that can be refused without touching a file of the guest. */
static int check_kvm(Start *start, Error *error)
{
        int r;

        if (start->def->type != DOMAIN_VIRT_KVM)
                return 0;
        r = qemu_kvm_group(NULL, start->guest->status.uid, start->gid, &start->kvm_gid, error);
        start->has_kvm_gid = r > 0;
        return r;
}

static int prepare(Start *start, Error *error)
{
        QemuGuest *guest = start->guest;
        const QemuCommandOptions options = qemu_command_options(start->driver);
        int r = check_kvm(start, error);

        if (r >= 0)
                r = qemu_live_prepare(start->def, guest->status.id, guest->path, &guest->live, error);
        if (r >= 0)
                r = qemu_volumes_find(&start->driver->driver, &guest->live, error);
        if (r >= 0)
                r = qemu_listens_find(&start->driver->driver, options.vnc_listen, &guest->live, error);
        if (r >= 0)
                r = qemu_placement_choose("/", &guest->live, error);
        if (r >= 0)
                r = qemu_smbios_choose("/", &guest->live, error);
        if (r >= 0)
                r = qemu_cpu_spell(start->caps, &guest->live, error);
        if (r >= 0)
                r = qemu_ports_choose(start->driver, &guest->live, error);
        if (r >= 0)
                r = qemu_command_check(guest->live, start->caps, &options, error);
        if (r >= 0)
                r = guest_save_status(guest, error);
        return r;
}

void start_undo_prepare(Job *job, void *context)
{
        Start *start = context;
        QemuGuest *guest = g_steal_pointer(&start->guest);

        start->waiting = false;
        if (start->published)
                guest_stop(guest, QEMU_STOP_AT_ONCE, DOMAIN_SHUTOFF_DESTROYED, DOMAIN_EVENT_STOPPED_DESTROYED);
        else
                guest_abandon(guest);
}

int start_step_prepare(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r;

        r = guest_new(start->driver, start->domain, &start->guest, error);
        if (r < 0)
                return r;
        start->gid = start->guest->gid;
        if ((start->flags & DOMAIN_START_AUTODESTROY) && job_owner(job)->name) {
                start->guest->owner = g_strdup(job_owner(job)->name);
                start->guest->status.autodestroy = true;
        }
        r = prepare(start, error);
        if (r < 0)
                start_undo_prepare(job, start);
        return r;
}

/* Step "cgroup". */
int start_step_cgroup(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r = qemu_cgroup_begin(start->guest, start_done_with, start, error);

        return r > 0 ? start_wait(start) : r;
}

/* Step "nvram": the store of the firmware's variables. */
static void on_nvram(void *userdata, Error *error)
{
        Start *start = userdata;

        start->nvram = NULL;
        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

int start_step_nvram(Job *job, void *context, Error *error)
{
        Start *start = context;
        bool reset = (start->flags & DOMAIN_START_RESET_NVRAM) || (start->save_flags & DOMAIN_SAVE_RESET_NVRAM);

        if (!qemu_nvram_is_given(&start->guest->live->os))
                return 0;
        start->nvram = qemu_nvram_make(start->driver->launcher, start->driver->host->path_workers, start->guest->live,
                                       start->guest->status.uid, start->gid, reset, on_nvram, start);
        return start_wait(start);
}

void start_cancel_nvram(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->nvram = qemu_nvram_cancel(start->nvram);
}

/* Step "files". */
static void on_files(void *userdata, QemuFiles *files, Error *error)
{
        Start *start = userdata;

        _cleanup_error_ Error failure = ERROR_INIT;
        DomainDef *live = NULL;
        int r = files ? 0 : -EIO;

        start->task = NULL;
        start->files = files;
        if (files)
                r = qemu_live_take_files(start->guest->live, files, NULL, &live, &failure);
        if (live) {
                domain_def_unref(start->guest->live);
                start->guest->live = live;
        }
        start_done(start, r, files ? &failure : error);
}

/* Borrowed; NULL when the TPM, if there is one, has none, or nobody knows it. */
static GBytes *tpm_secret(const Start *start)
{
        const ObjectList *secrets = start->driver->driver.lists[OBJECT_SECRET];

        DEF_FOREACH(tpm, start->guest->live->tpms) {
                const Secret *secret = tpm->secret && secrets ? object_list_find(secrets, tpm->secret) : NULL;

                if (secret)
                        return secret->value;
        }
        return NULL;
}

int start_step_files(Job *job, void *context, Error *error)
{
        Start *start = context;
        const QemuSettings *settings = &start->driver->settings;
        const ObjectList *list = start->driver->driver.lists[OBJECT_SECRET];
        g_autoptr(GPtrArray) secrets = NULL, groups = qemu_fd_groups_copy(start->driver, start->guest->uuid);
        QemuFilesConfig config = {
                .uid = start->guest->status.uid,
                .gid = start->gid,
                .run_dir = start->guest->path,
                .programs = start->driver->settings.programs,
                .tpm_secret = tpm_secret(start),
                .image_dirs = (const char *const *) settings->image_dirs,
                .overlay_dir = start->driver->overlay_dir,
                .tls_dir = settings->tls_dir,
                .tls = start->driver->settings.tls,
                .fd_groups = groups,
        };
        int r = qemu_secrets_collect(start->guest->live, list, settings->tls_secret, &secrets, error);

        if (r < 0)
                return r;
        config.secrets = secrets;
        start->task =
                qemu_files_open(start->driver->host->path_workers, start->guest->live, &config, on_files, start);
        return start_wait(start);
}

/* Step "companions". */
static void on_launched(void *userdata, Error *error)
{
        Start *start = userdata;

        start->launch = NULL;
        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

int start_step_companions(Job *job, void *context, Error *error)
{
        Start *start = context;

        return qemu_launch_begin(start->guest, start->files, on_launched, start,
                                 &start->launch) ? start_wait(start) : 0;
}

void start_cancel_companions(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->launch = qemu_launch_cancel(start->launch);
}

/* Step "filters": before there is a guest that could send anything. */
static void on_filtered(void *userdata, Error *error)
{
        Start *start = userdata;

        start->filters = NULL;
        start_done_with(start, error);
}

int start_step_filters(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r = qemu_nwfilter_follow(start->driver, start->guest->live, NULL, on_filtered, start, &start->filters,
                                     error);

        return r > 0 ? start_wait(start) : r;
}

void start_cancel_filters(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->filters = qemu_nwfilter_cancel(start->filters);
}

/* Step "command": the monitor's socket and the command line. */
static int bind_monitor(Start *start, Error *error)
{
        struct sockaddr_un address;
        int fd = monitor_socket(start->guest->dir_fd, &address, error);

        if (fd < 0)
                return fd;
        start->monitor_fd = fd;
        (void) unlinkat(start->guest->dir_fd, QEMU_MONITOR_SOCKET, 0);
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return error_set_errno(error, errno, "cannot bind the socket of QEMU's monitor");
        return 0;
}

int start_step_command(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuCommandOptions options = qemu_command_options(start->driver);
        int r = bind_monitor(start, error);

        if (r < 0)
                return r;
        options.monitor_fd = start->monitor_fd;
        options.incoming = start_is_restored(start);
        return qemu_command_build(start->guest->live, start->caps, start->files, &options, &start->command,
                                  error);
}
