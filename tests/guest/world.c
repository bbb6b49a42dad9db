/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/world.h"

#include "drivers/secret/secret_driver.h"
#include "service/base/log.h"

#include <dirent.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SKIPPED 77
#define UIDS 100u

void world_require_qemu(void)
{
        if (geteuid() != 0) {
                printf("skipped: machines with users of their own need root\n");
                exit(SKIPPED);
        }
        if (access("/usr/bin/qemu-system-x86_64", X_OK) < 0) {
                printf("skipped: there is no /usr/bin/qemu-system-x86_64\n");
                exit(SKIPPED);
        }
        (void) signal(SIGPIPE, SIG_IGN);
        (void) log_open("stderr");
        if (getenv("VIRTBUS_TEST_FILTER"))
                cmocka_set_test_filter(getenv("VIRTBUS_TEST_FILTER"));
        if (getenv("VIRTBUS_TEST_LOG"))
                (void) log_set_filters(getenv("VIRTBUS_TEST_LOG"));
}

static void on_added(Object *object, void *userdata)
{
        World *world = userdata;

        if (object->type == OBJECT_DOMAIN)
                g_string_append_printf(world->record, "%s:added;", ((Domain *) object)->name);
}

static void on_removed(Object *object, void *userdata)
{
        World *world = userdata;

        if (object->type == OBJECT_DOMAIN)
                g_string_append_printf(world->record, "%s:removed;", ((Domain *) object)->name);
}

static void on_changed(Object *object, uint64_t mask, void *userdata)
{
        World *world = userdata;
        Domain *domain = (Domain *) object;

        if (object->type == OBJECT_CONNECT && (mask & DRIVER_CHANGED_VERSION))
                world->n_versions++;
        if (object->type != OBJECT_DOMAIN)
                return;
        if (mask & DOMAIN_CHANGED_STATE)
                g_string_append_printf(world->record, "%s:state %s %s;", domain->name,
                                       domain_state_to_string(domain->state),
                                       domain_reason_to_string(domain->state, domain->reason));
        if (mask & DOMAIN_CHANGED_UNSERVED) {
                g_autofree char *aliases = domain->unserved ? g_strjoinv(" ", domain->unserved) : g_strdup("none");

                g_string_append_printf(world->record, "%s:unserved %s;", domain->name, aliases);
        }
        if (mask & DOMAIN_CHANGED_RESPONSIVE)
                g_string_append_printf(world->record, "%s:%s;", domain->name,
                                       domain->responsive ? "responsive" : "unresponsive");
}

static void record_io_error(World *world, const Domain *domain, const DomainIOErrorArgs *args)
{
        g_string_append_printf(world->record, "%s:io-error %s %d %s;", domain->name, args->device_alias,
                               args->action, args->reason);
}

static void on_signal(Object *object, unsigned which, const void *args, void *userdata)
{
        World *world = userdata;
        const Domain *domain = (const Domain *) object;

        if (object->type != OBJECT_DOMAIN)
                return;
        switch ((DomainSignal) which) {
        case DOMAIN_SIGNAL_EVENT: {
                const DomainEventArgs *event = args;

                g_string_append_printf(world->record, "%s:event %s %s;", domain->name,
                                       domain_event_to_string(event->event),
                                       domain_event_detail_to_string(event->event, event->detail));
                break;
        }
        case DOMAIN_SIGNAL_REBOOT:
                g_string_append_printf(world->record, "%s:reboot;", domain->name);
                break;
        case DOMAIN_SIGNAL_IO_ERROR:
                record_io_error(world, domain, args);
                break;
        case DOMAIN_SIGNAL_BALLOON:
                g_string_append_printf(world->record, "%s:balloon %" PRIu64 ";", domain->name,
                                       *(const uint64_t *) args);
                break;
        case DOMAIN_SIGNAL_WATCHDOG:
                g_string_append_printf(world->record, "%s:watchdog %d;", domain->name,
                                       *(const int32_t *) args);
                break;
        case DOMAIN_SIGNAL_CONTROL_ERROR:
                g_string_append_printf(world->record, "%s:control-error;", domain->name);
                break;
        case DOMAIN_SIGNAL_AGENT:
                g_string_append_printf(world->record, "%s:agent %d;", domain->name,
                                       ((const DomainAgentArgs *) args)->state);
                break;
        case DOMAIN_SIGNAL_DEVICE_ADDED:
                g_string_append_printf(world->record, "%s:added %s;", domain->name, (const char *) args);
                break;
        case DOMAIN_SIGNAL_DEVICE_REMOVED:
                g_string_append_printf(world->record, "%s:removed %s;", domain->name, (const char *) args);
                break;
        case DOMAIN_SIGNAL_TRAY:
                g_string_append_printf(world->record, "%s:tray %s %d;", domain->name,
                                       ((const DomainTrayArgs *) args)->device_alias,
                                       ((const DomainTrayArgs *) args)->reason);
                break;
        case DOMAIN_SIGNAL_DISK_CHANGE:
                g_string_append_printf(world->record, "%s:disk-change %s %d;", domain->name,
                                       ((const DomainDiskChangeArgs *) args)->device_alias,
                                       ((const DomainDiskChangeArgs *) args)->reason);
                break;
        case DOMAIN_SIGNAL_BLOCK_THRESHOLD:
                g_string_append_printf(world->record, "%s:threshold %s %" PRIu64 ";", domain->name,
                                       ((const DomainBlockThresholdArgs *) args)->device,
                                       ((const DomainBlockThresholdArgs *) args)->threshold);
                break;
        case DOMAIN_SIGNAL_GRAPHICS:
                g_string_append_printf(world->record, "%s:graphics %d %s;", domain->name,
                                       (int) ((const DomainGraphicsArgs *) args)->phase,
                                       ((const DomainGraphicsArgs *) args)->remote.node);
                break;
        case DOMAIN_SIGNAL_NIC_MAC:
                g_string_append_printf(world->record, "%s:mac %s %s;", domain->name,
                                       ((const DomainNicMacArgs *) args)->device_alias,
                                       ((const DomainNicMacArgs *) args)->new_mac);
                break;
        case DOMAIN_SIGNAL_PM_SUSPEND:
                g_string_append_printf(world->record, "%s:pm-suspend;", domain->name);
                break;
        case DOMAIN_SIGNAL_PM_WAKEUP:
                g_string_append_printf(world->record, "%s:pm-wakeup;", domain->name);
                break;
        case DOMAIN_SIGNAL_DEVICE_REMOVAL_FAILED:
                g_string_append_printf(world->record, "%s:kept %s;", domain->name, (const char *) args);
                break;
        case DOMAIN_SIGNAL_BLOCK_JOB: {
                const DomainBlockJobArgs *block = args;

                g_string_append_printf(world->record, "%s:block-job %s %d %d;", domain->name, block->disk, block->type,
                                       block->status);
                break;
        }
        case DOMAIN_SIGNAL_METADATA:
        case DOMAIN_SIGNAL_TUNABLE:
        case DOMAIN_SIGNAL_PM_SUSPEND_DISK:
        case DOMAIN_SIGNAL_RTC:
        case DOMAIN_SIGNAL_JOB_COMPLETED:
        case DOMAIN_SIGNAL_MIGRATION_ITERATION:
        case DOMAIN_SIGNAL_MEMORY_FAILURE:
        case DOMAIN_SIGNAL_MEMORY_SIZE:
        case DOMAIN_SIGNAL_MONITOR:
                break;
        }
}

static const ObjectListener listener = {
        .added = on_added,
        .removed = on_removed,
        .changed = on_changed,
        .signal = on_signal,
};

static void on_job_changed(Job *job, void *userdata)
{
        World *world = userdata;

        if (world->stage && job_state(job) == JOB_RUNNING && streq(job_stage(job), world->stage)) {
                world->stage = NULL;
                world->at_stage(job);
        }
}

static const JobListener job_listener = { .changed = on_job_changed };

static const char *get_setting(void *userdata, const char *section, const char *key)
{
        World *world = userdata;

        return streq(section, "qemu") ? g_hash_table_lookup(world->settings, key) : NULL;
}

static char *sub_dir(const World *world, const char *name)
{
        return g_build_filename(world->dir, name, NULL);
}

World *world_new(void)
{
        g_autofree char *dir = g_dir_make_tmp("virtbus-guest-XXXXXX", NULL);

        assert_non_null(dir);
        /* files of tests are opened by the daemon, never by QEMU's user */
        assert_int_equal(chmod(dir, 0700), 0);
        /* far from the default range; every process of the machine has its own */
        return world_new_at(dir, 1600000000u + ((uint32_t) getpid() % 1000000u) * UIDS);
}

World *world_new_at(const char *dir, uid_t uid_first)
{
        World *world = g_new0(World, 1);
        g_autofree char *range = NULL;

        world->dir = g_strdup(dir);
        world->paths = (DriverPaths) {
                .config = sub_dir(world, "config"),
                .state = sub_dir(world, "state"),
                .run = sub_dir(world, "run"),
                .cache = sub_dir(world, "cache"),
                .log = sub_dir(world, "log"),
                .libexec = g_path_get_dirname(getenv("VIRTBUS_EXEC") ?: "/usr/libexec/virtbus-exec"),
        };
        world->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        world->record = g_string_new(NULL);
        world->result_fd = -EBADF;
        world->uid_first = uid_first;
        world->uid_last = world->uid_first + UIDS - 1;
        range = g_strdup_printf("%u-%u", world->uid_first, world->uid_last);
        world_set(world, "uid-range", range);
        return world;
}

void world_set(World *world, const char *key, const char *value)
{
        g_hash_table_insert(world->settings, g_strdup(key), g_strdup(value));
}

void world_open(World *world)
{
        _cleanup_error_ Error error = ERROR_INIT;

        assert_null(world->driver);
        assert_true(sd_event_new(&world->event) >= 0);
        assert_int_equal(worker_pool_new(world->event, 4, &world->workers), 0);
        world->jobs = job_manager_new(world->event);
        job_manager_set_listener(world->jobs, &job_listener, world);
        world->host = (DriverHost) {
                .event = world->event,
                .workers = world->workers,
                .path_workers = world->workers,
                .net_workers = world->workers,
                .jobs = world->jobs,
                .paths = &world->paths,
                .session = world->session,
                .setting = get_setting,
                .listener = &listener,
                .userdata = world,
        };
        if (!world->info.name) {
                world->info = qemu_driver_info;
                driver_info_add_part(&world->info, &secret_part_info);
        }
        if (world->info.open(&world->info, &world->host, &world->driver, &error) < 0) {
                g_autofree char *text = error_message(&error);

                fail_msg("the driver cannot be opened: %s", text);
        }
}

void world_close(World *world)
{
        world->job = job_unref(world->job);
        world->jobs = job_manager_free(world->jobs);
        world->driver = qemu_driver_info.close(world->driver);
        world->workers = worker_pool_free(world->workers);
        world->event = sd_event_unref(world->event);
}

/*
 * Whether the process of this /proc/PID/stat has ended: a zombie whose other threads have ended too. Until then they
 * keep its descriptors, which on a busy machine takes a while.
 */
static bool has_ended(const char *stat)
{
        const char *fields = strrchr(stat, ')');
        char state;
        long threads;

        return !fields ||
               (sscanf(fields, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld", &state,
                       &threads) == 2 && strchr("ZX", state) && threads <= 1);
}

/* Calls visit for each process of the world's user numbers that has not ended. */
static unsigned visit_processes(const World *world, void (*visit)(pid_t pid))
{
        DIR *dir = opendir("/proc");
        struct dirent *entry;
        unsigned n = 0;

        assert_non_null(dir);
        while ((entry = readdir(dir))) {
                g_autofree char *path = g_build_filename("/proc", entry->d_name, "stat", NULL);
                g_autofree char *text = NULL;
                struct stat st;
                uint32_t pid;

                if (parse_u32(entry->d_name, &pid) < 0 || stat(path, &st) < 0 ||
                    st.st_uid <= world->uid_first || st.st_uid > world->uid_last ||
                    read_file_at(AT_FDCWD, path, 4096, &text, NULL) < 0)
                        continue;
                if (has_ended(text))
                        continue;
                n++;
                if (visit)
                        visit((pid_t) pid);
        }
        (void) closedir(dir);
        return n;
}

static void kill_process(pid_t pid)
{
        (void) kill(pid, SIGKILL);
}

unsigned world_processes(const World *world)
{
        return visit_processes(world, NULL);
}

void world_free(World *world)
{
        g_autofree char *command = g_strdup_printf("rm -rf '%s' 2>/dev/null", world->dir);

        if (world->driver)
                world_close(world);
        for (unsigned i = 0; i < 1000 && visit_processes(world, kill_process) > 0; i++)
                g_usleep(10 * 1000);
        safe_close(world->result_fd);
        (void) !system(command);
        g_free(world->paths.config);
        g_free(world->paths.state);
        g_free(world->paths.run);
        g_free(world->paths.cache);
        g_free(world->paths.log);
        g_free(world->paths.libexec);
        g_hash_table_unref(world->settings);
        g_string_free(world->record, TRUE);
        g_free(world->text);
        g_free(world->result);
        g_free(world->dir);
        g_free(world);
}

int world_setup(void **state)
{
        World *world = world_new();

        world_open(world);
        *state = world;
        return 0;
}

int world_teardown(void **state)
{
        world_free(*state);
        return 0;
}

char *world_machine(const char *name, const char *devices, const char *more)
{
        return g_strdup_printf(
                "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
                "  <name>%s</name>\n"
                "  <memory unit='MiB'>128</memory>\n"
                "  <vcpu>1</vcpu>\n"
                "  <os><type arch='x86_64' machine='q35'>hvm</type></os>\n"
                "  <features><acpi/></features>\n"
                "  <devices>\n"
                "    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
                "%s"
                "  </devices>\n"
                "%s"
                "</domain>\n",
                name, strempty(devices), strempty(more));
}

static void take_result(World *world, Job *job)
{
        g_free(world->result);
        world->result = g_strdup(job_result_text(job));
        if (job_result_fd(job) >= 0) {
                safe_close(world->result_fd);
                world->result_fd = dup(job_result_fd(job));
        }
}

static void take_error(World *world, const Error *error)
{
        g_clear_pointer(&world->text, g_free);
        world->code = error ? error->code : ERROR_OK;
        if (error && error_is_set(error))
                world->text = error_message(error);
}

typedef struct Waiting {
        World *world;
        bool done;
        int r;
} Waiting;

static void on_completed(Job *job, Error *error, void *userdata)
{
        Waiting *waiting = userdata;

        waiting->done = true;
        waiting->r = error ? -error_info(error->code)->error : 0;
        take_error(waiting->world, error);
}

/* Ends what an operation has begun with r. */
static int finish(World *world, Job *job, int r, Error *error)
{
        Waiting waiting = { .world = world };

        if (r <= 0) {
                take_error(world, r < 0 ? error : NULL);
                if (r == 0)
                        take_result(world, job);
                return r;
        }
        job_on_completed(job, on_completed, &waiting);
        world_wait(world, waiting.done);
        if (waiting.r >= 0) {
                take_result(world, job);
                job_unref(world->job);
                world->job = job_ref(job);
        }
        return waiting.r;
}

static void release_domain(void *domain)
{
        domain_unref(domain);
}

static Job *begin(World *world, Domain *domain)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Job *job;

        if (job_new(world->jobs, "test", domain ? &domain->object.slot : NULL, NULL, &job, &error) < 0) {
                g_autofree char *text = error_message(&error);

                fail_msg("no job: %s", text);
        }
        if (domain)
                job_set_object(job, domain_ref(domain), release_domain);
        return job;
}

static int normalize(World *world, const char *xml, DomainDef **ret)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error);
        if (r < 0) {
                take_error(world, &error);
                return r;
        }
        job = begin(world, NULL);
        r = finish(world, job, qemu_driver_info.domain.normalize(world->driver, def, job, &error), &error);
        if (r >= 0)
                *ret = domain_def_ref(job_result_object(job));
        return r;
}

static Domain *get_domain(World *world, const DomainDef *def)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Domain *domain = domain_list_find_any_name(world->driver->domains, def->name);

        if (!domain && domain_list_add(world->driver->domains, def, &domain, &error) < 0) {
                g_autofree char *text = error_message(&error);

                fail_msg("the domain cannot be added: %s", text);
        }
        return domain;
}

int world_try_define(World *world, const char *xml, Domain **ret)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = NULL;
        Domain *domain;
        int r = normalize(world, xml, &def);

        if (r < 0)
                return r;
        domain = get_domain(world, def);
        job = begin(world, domain);
        r = finish(world, job, qemu_driver_info.domain.define(domain, def, job, &error), &error);
        if (r >= 0)
                *ret = domain;
        return r;
}

Domain *world_define(World *world, const char *xml)
{
        Domain *domain = NULL;

        if (world_try_define(world, xml, &domain) < 0)
                fail_msg("cannot define: %s", world->text);
        return domain;
}

int world_create(World *world, const char *xml, uint32_t flags, Domain **ret)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = NULL;
        Domain *domain;
        int r = normalize(world, xml, &def);

        if (r < 0)
                return r;
        domain = get_domain(world, def);
        job = begin(world, domain);
        r = finish(world, job, qemu_driver_info.domain.start(domain, def, flags, job, &error), &error);
        if (r >= 0 && ret)
                *ret = domain;
        return r;
}

int world_start(World *world, Domain *domain, uint32_t flags)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = begin(world, domain);

        return finish(world, job, qemu_driver_info.domain.start(domain, NULL, flags, job, &error), &error);
}

Job *world_begin_start(World *world, Domain *domain)
{
        _cleanup_error_ Error error = ERROR_INIT;
        Job *job = begin(world, domain);

        assert_int_equal(qemu_driver_info.domain.start(domain, NULL, 0, job, &error), 1);
        return job;
}

int world_do(World *world, Domain *domain, int (*operation)(Domain *, Job *, Error *))
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = begin(world, domain);

        return finish(world, job, operation(domain, job, &error), &error);
}

int world_do_flags(World *world, Domain *domain, int (*operation)(Domain *, uint32_t, Job *, Error *),
                   uint32_t flags)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = begin(world, domain);

        return finish(world, job, operation(domain, flags, job, &error), &error);
}

int world_rename(World *world, Domain *domain, const char *name)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = begin(world, domain);

        return finish(world, job, qemu_driver_info.domain.rename(domain, name, job, &error), &error);
}

int world_autostart(World *world, Domain *domain, bool autostart)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = begin(world, domain);

        return finish(world, job, qemu_driver_info.domain.set_autostart(domain, autostart, job, &error),
                      &error);
}

int world_autostart_once(World *world, Domain *domain)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = begin(world, domain);

        return finish(world, job, qemu_driver_info.domain.set_autostart_once(domain, true, job, &error), &error);
}

int world_open_device(World *world, Domain *domain, bool channel, const char *name, uint32_t flags)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = begin(world, domain);
        const DomainOps *ops = &qemu_driver_info.domain;

        return finish(world, job,
                      channel ? ops->open_channel(domain, name, flags, job, &error)
                              : ops->open_console(domain, name, flags, job, &error),
                      &error);
}

Domain *world_find(World *world, const char *name)
{
        return domain_list_find_name(world->driver->domains, name);
}

const QemuGuest *world_guest(const Domain *domain)
{
        return domain_guest(domain);
}

pid_t world_pid(const Domain *domain)
{
        const QemuGuest *guest = world_guest(domain);

        assert_non_null(guest);
        assert_true(guest->status.pid > 1);
        return guest->status.pid;
}

bool world_run(World *world, uint64_t usec)
{
        int r = sd_event_run(world->event, usec);

        assert_true(r >= 0);
        return r > 0;
}

unsigned world_count(const World *world, const char *text)
{
        unsigned n = 0;

        for (const char *p = world->record->str; (p = strstr(p, text)); p += strlen(text))
                n++;
        return n;
}

void world_forget(World *world)
{
        g_string_truncate(world->record, 0);
}

unsigned world_run_entries(const World *world)
{
        g_autofree char *path = g_build_filename(world->paths.run, "qemu", NULL);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;
        unsigned n = 0;

        assert_non_null(dir);
        while ((name = g_dir_read_name(dir)))
                if (g_uuid_string_is_valid(name))
                        n++;
        return n;
}

char *world_file(const World *world, const char *name, off_t size)
{
        char *path = g_build_filename(world->dir, name, NULL);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, size), 0);
        return path;
}
