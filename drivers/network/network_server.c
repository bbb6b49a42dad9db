/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_server.h"

#include "drivers/network/network_dnsmasq.h"
#include "drivers/network/network_leases.h"
#include "drivers/network/network_server_files.h"
#include "drivers/network/network_status.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>

#define LOG_CATEGORY "network"

/* From its first instruction to its pid file, which it writes when it listens. */
#define READY_USEC (20 * USEC_PER_SEC)
#define TERM_USEC (2 * USEC_PER_SEC)
/* One that ends by itself is begun again, at longer and longer intervals unless it has lived for a while. */
#define RESTART_FIRST_USEC USEC_PER_SEC
#define RESTART_LAST_USEC (64 * USEC_PER_SEC)
#define LIVED_USEC (60 * USEC_PER_SEC)
/* A lease is several writes. */
#define LEASES_USEC (50 * USEC_PER_MSEC)
#define LEASES_MAX ((size_t) 16 * 1024 * 1024)

struct NetworkServer {
        NetworkPart *part;
        Network *network;
        NetworkDef *def;
        char *directory;
        Process *process;
        uint64_t started_usec;
        bool ready;    /* the process listens */
        bool again;    /* the process ends so that another one can begin */
        bool stale;    /* what is being written is not what there is to be */
        bool stopping;
        sd_event_source *watch;   /* of the directory */
        sd_event_source *timer;   /* until it is ready, has ended, or begins again */
        sd_event_source *reading; /* the leases, in a moment */
        uint64_t restart_usec;
        WorkerTask *task;
        NetworkServerFiles *files; /* what is being written, or begun */
        WorkerTask *leases_task;
        char **leases_text; /* the task's */
        NetworkServerDone done;
        void *userdata;
};

static void finish(NetworkServer *server, Error *error)
{
        _cleanup_error_ Error none = ERROR_INIT;
        NetworkServerDone done = g_steal_pointer(&server->done);

        if (done)
                done(server->userdata, error ?: &none);
}

static void set_timer(NetworkServer *server, uint64_t usec, sd_event_time_handler_t handler)
{
        server->timer = sd_event_source_disable_unref(server->timer);
        if (handler)
                (void) sd_event_add_time_relative(server->part->driver->host->event, &server->timer, CLOCK_MONOTONIC,
                                                  usec, 0, handler, server);
}

static void drop_files(NetworkServer *server)
{
        network_server_files_unref(g_steal_pointer(&server->files));
}

static void release_server(gpointer p)
{
        NetworkServer *server = p;

        worker_cancel(server->task);
        worker_cancel(server->leases_task);
        drop_files(server);
        process_free(server->process);
        sd_event_source_disable_unref(server->watch);
        sd_event_source_disable_unref(server->timer);
        sd_event_source_disable_unref(server->reading);
        network_def_unref(server->def);
        g_free(server->directory);
        g_free(server);
}

NetworkServer *network_server_new(Network *network)
{
        NetworkServer *server = g_new0(NetworkServer, 1);
        NetworkPart *part = network_part_of(network);

        server->part = part;
        server->network = network;
        server->directory = g_build_filename(part->server_dir, network->uuid, NULL);
        server->restart_usec = RESTART_FIRST_USEC;
        if (!part->servers)
                part->servers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, release_server);
        g_hash_table_replace(part->servers, network->uuid, server);
        return server;
}

NetworkServer *network_server_find(const Network *network)
{
        const NetworkPart *part = network_part_of(network);

        return part->servers ? g_hash_table_lookup(part->servers, network->uuid) : NULL;
}

NetworkServer *network_server_free(NetworkServer *server)
{
        if (server)
                g_hash_table_remove(server->part->servers, server->network->uuid);
        return NULL;
}

/* -- leases --------------------------------------------------------------------------------------------------- */

typedef struct LeasesTask {
        char *directory;
        char *text;
} LeasesTask;

static void leases_task_free(void *data)
{
        LeasesTask *task = data;

        g_free(task->directory);
        g_free(task->text);
        g_free(task);
}

static int read_leases_work(void *data, Error *error)
{
        LeasesTask *task = data;
        g_autofree char *path = g_build_filename(task->directory, NETWORK_DNSMASQ_LEASES, NULL);

        return read_file_at(AT_FDCWD, path, LEASES_MAX, &task->text, NULL);
}

static void on_leases_read(void *userdata, int r, Error *error)
{
        NetworkServer *server = userdata;

        server->leases_task = NULL;
        if (r >= 0 && network_is_active(server->network))
                network_put_leases(server->network,
                                   network_leases_parse(*server->leases_text, server->network->live,
                                                        g_get_real_time() / (int64_t) USEC_PER_SEC));
}

static int on_reading(sd_event_source *source, uint64_t usec, void *userdata)
{
        NetworkServer *server = userdata;
        LeasesTask *task = g_new0(LeasesTask, 1);

        server->reading = sd_event_source_disable_unref(server->reading);
        worker_cancel(server->leases_task);
        task->directory = g_strdup(server->directory);
        server->leases_text = &task->text;
        server->leases_task = worker_run(server->part->driver->host->workers, read_leases_work, task, leases_task_free,
                                         on_leases_read, server);
        return 0;
}

static void read_leases_soon(NetworkServer *server)
{
        if (!server->reading)
                (void) sd_event_add_time_relative(server->part->driver->host->event, &server->reading, CLOCK_MONOTONIC,
                                                  LEASES_USEC, 0, on_reading, server);
}

/* -- the process ---------------------------------------------------------------------------------------------- */

static void become_ready(NetworkServer *server)
{
        server->ready = true;
        set_timer(server, 0, NULL);
        drop_files(server);
        read_leases_soon(server);
        finish(server, NULL);
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
        NetworkServer *server = userdata;

        if (event->len > 0 && streq(event->name, NETWORK_DNSMASQ_LEASES))
                read_leases_soon(server);
        if (event->len > 0 && streq(event->name, NETWORK_DNSMASQ_PID) && (event->mask & IN_CLOSE_WRITE) &&
            server->process && !server->ready)
                become_ready(server);
        return 0;
}

static int watch_directory(NetworkServer *server, Error *error)
{
        int r = server->watch ? 0 : sd_event_add_inotify(server->part->driver->host->event, &server->watch,
                                                         server->directory, IN_CLOSE_WRITE | IN_MODIFY, on_inotify,
                                                         server);

        return r < 0 ? error_set_errno(error, r, "cannot watch '%s'", server->directory) : 0;
}

static void begin(NetworkServer *server);

static int on_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
        NetworkServer *server = userdata;

        set_timer(server, 0, NULL);
        begin(server);
        return 0;
}

static void restart_later(NetworkServer *server, const char *why)
{
        if (now_usec() - server->started_usec > LIVED_USEC)
                server->restart_usec = RESTART_FIRST_USEC;
        log_error("the DHCP and DNS server of network '%s' %s; another one begins in %" PRIu64 " s",
                  server->network->name, why, server->restart_usec / USEC_PER_SEC);
        set_timer(server, server->restart_usec, on_restart);
        server->restart_usec = MIN(server->restart_usec * 2, RESTART_LAST_USEC);
}

/* It does not serve: whoever waits hears why, else it is tried again. */
static void fail(NetworkServer *server, Error *error)
{
        drop_files(server);
        if (server->done) {
                finish(server, error);
        } else {
                g_autofree char *text = error_message(error), *why = g_strconcat("cannot begin: ", text, NULL);

                restart_later(server, why);
        }
}

static void on_started(Process *process, Error *error, void *userdata)
{
        NetworkServer *server = userdata;

        if (!error_is_set(error) || server->stopping)
                return;
        server->process = process_free(server->process);
        set_timer(server, 0, NULL);
        fail(server, error);
}

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        NetworkServer *server = userdata;
        g_autofree char *how = process_exit_describe(exit);

        server->process = process_free(server->process);
        set_timer(server, 0, NULL);
        if (server->stopping) {
                finish(server, NULL);
        } else if (server->again) {
                server->again = false;
                begin(server);
        } else if (!server->ready) {
                g_autofree char *said = server->files ? network_server_files_complaint(server->files) : NULL;
                _cleanup_error_ Error error = ERROR_INIT;

                (void) error_set(&error, ERROR_OPERATION_FAILED, "dnsmasq %s: %s", how, strempty(said));
                fail(server, &error);
        } else {
                restart_later(server, how);
        }
}

static const ProcessHandlers handlers = {
        .started = on_started,
        .exited = on_exited,
};

static int on_impatience(sd_event_source *source, uint64_t usec, void *userdata)
{
        NetworkServer *server = userdata;

        (void) process_kill(server->process, SIGKILL, NULL);
        return 0;
}

static int spawn(NetworkServer *server, Error *error)
{
        g_autofree char *config = g_strdup_printf("--conf-file=%s/" NETWORK_DNSMASQ_CONFIG, server->directory);
        const char *argv[] = { server->part->dnsmasq, "--keep-in-foreground", config, NULL };
        const ProcessFd fds[] = { { .fd = server->files->log_fd, .target = STDERR_FILENO } };
        const ProcessSpec spec = {
                .path = server->part->dnsmasq,
                .argv = argv,
                .uid = server->files->uid,
                .gid = server->files->gid,
                .capabilities = UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_RAW |
                                UINT64_C(1) << CAP_NET_BIND_SERVICE,
                .fds = fds,
                .n_fds = ELEMENTSOF(fds),
        };
        uint64_t start_time = 0;
        int r = watch_directory(server, error);

        if (r >= 0)
                r = process_spawn(server->part->launcher, &spec, &handlers, server, &server->process, error);
        if (r < 0)
                return r;
        server->ready = false;
        server->started_usec = now_usec();
        (void) process_start_time(process_pid(server->process), &start_time, NULL);
        network_status_put_server(server->part->run_fd, server->network->uuid, process_pid(server->process),
                                  start_time);
        set_timer(server, READY_USEC, on_impatience);
        return 0;
}

static void on_written(void *userdata, int r, Error *error)
{
        NetworkServer *server = userdata;

        server->task = NULL;
        if (server->stale) {
                server->stale = false;
                begin(server);
                return;
        }
        if (r < 0) {
                fail(server, error);
                return;
        }
        if (!server->process) {
                _cleanup_error_ Error failure = ERROR_INIT;

                if (spawn(server, &failure) < 0)
                        fail(server, &failure);
        } else if (server->files->config_changed) {
                server->again = true;
                (void) process_kill(server->process, SIGTERM, NULL);
                set_timer(server, TERM_USEC, on_impatience);
        } else {
                (void) process_kill(server->process, SIGHUP, NULL);
                drop_files(server);
                finish(server, NULL);
        }
}

static void begin(NetworkServer *server)
{
        const NetworkPart *part = server->part;
        NetworkServerFiles *files = network_server_files_new();

        drop_files(server);
        files->def = network_def_ref(server->def);
        files->directory = g_strdup(server->directory);
        files->log_dir = g_strdup(part->log_dir);
        files->program = g_strdup(part->dnsmasq);
        files->user = g_strdup(part->dnsmasq_user);
        server->files = network_server_files_ref(files);
        server->task = worker_run(part->driver->host->workers, network_server_files_write, files,
                                  network_server_files_unref, on_written, server);
}

/* -- from outside --------------------------------------------------------------------------------------------- */

void network_server_apply(NetworkServer *server, const NetworkDef *def, NetworkServerDone done, void *userdata)
{
        network_def_unref(server->def);
        server->def = network_def_ref(def);
        server->done = done;
        server->userdata = userdata;
        if (server->task) {
                server->stale = true; /* another start is on its way, with the definition of before */
                return;
        }
        if (!server->process)
                set_timer(server, 0, NULL);
        begin(server);
}

void network_server_unwait(const Network *network, const void *userdata)
{
        NetworkServer *server = network_server_find(network);

        if (server && server->userdata == userdata)
                server->done = NULL;
}

void network_server_adopt(NetworkServer *server, const NetworkDef *def, pid_t pid, uint64_t start_time)
{
        int pidfd = pid > 0 ? process_open_remembered(pid, start_time) : -ESRCH;
        _cleanup_error_ Error error = ERROR_INIT;

        server->def = network_def_ref(def);
        server->started_usec = now_usec();
        if (pidfd < 0 || process_adopt(server->part->launcher, pidfd, &handlers, server, &server->process, NULL) < 0) {
                begin(server);
                return;
        }
        server->ready = true;
        if (watch_directory(server, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_error("the leases of network '%s' are not seen: %s", server->network->name, text);
        }
        read_leases_soon(server);
}

static int on_stopped_already(sd_event_source *source, uint64_t usec, void *userdata)
{
        NetworkServer *server = userdata;

        set_timer(server, 0, NULL);
        finish(server, NULL);
        return 0;
}

void network_server_stop(NetworkServer *server, NetworkServerDone done, void *userdata)
{
        server->stopping = true;
        server->done = done;
        server->userdata = userdata;
        server->task = worker_cancel(server->task);
        if (server->process)
                (void) process_kill(server->process, SIGTERM, NULL);
        set_timer(server, server->process ? TERM_USEC : 0, server->process ? on_impatience : on_stopped_already);
}

void network_server_end_stray(pid_t pid, uint64_t start_time)
{
        int pidfd = pid > 0 ? process_open_remembered(pid, start_time) : -ESRCH;

        if (pidfd >= 0)
                (void) pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
        safe_close(pidfd);
}

static int remove_files_work(void *data, Error *error)
{
        static const char *const names[] = {
                NETWORK_DNSMASQ_CONFIG, NETWORK_DNSMASQ_HOSTS, NETWORK_DNSMASQ_ADDRESSES, NETWORK_DNSMASQ_LEASES,
                NETWORK_DNSMASQ_PID,
        };
        const char *directory = data;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *path = g_build_filename(directory, names[i], NULL);

                (void) unlink(path);
        }
        (void) rmdir(directory);
        return 0;
}

static void files_removed(void *userdata, int r, Error *error)
{
}

void network_server_remove_files(NetworkPart *part, const char *uuid)
{
        char *directory = g_build_filename(part->server_dir, uuid, NULL);

        (void) worker_run(part->driver->host->workers, remove_files_work, directory, g_free, files_removed, NULL);
}
