/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_cgroup.h"

#include "drivers/qemu/qemu_limits.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <signal.h>
#include <string.h>

#define LOG_CATEGORY "qemu"
#define PATH_FILE "cgroup"
#define PARTITION_DEFAULT "/machine"
/* Of a domain's name, in bytes: names of units have 255 with everything escaped. */
#define NAME_MAX_BYTES 40u
/* Where we are the system's daemon; what another one makes is told apart by a mark. */
#define RUN_DIR_DEFAULT "/run/virtbus/qemu"
/* In a scope, whose own group is systemd's. */
#define SCOPE_CHILD "machine"

int qemu_cgroup_open(QemuDriver *driver, Error *error)
{
        if (driver->host->session || geteuid() != 0)
                return 0;
        return cgroups_open(&driver->cgroups, error);
}

/* ---- names */

char *qemu_cgroup_machine(const QemuGuest *guest)
{
        g_autofree char *name = g_strndup(guest->name, NAME_MAX_BYTES);
        const char *end;

        if (!g_utf8_validate(name, -1, &end))
                name[end - name] = '\0';
        if (streq(guest->driver->run_dir, RUN_DIR_DEFAULT))
                return g_strdup_printf("qemu-%" PRIu32 "-%s", guest->status.id, name);
        return g_strdup_printf("qemu-%" PRIu32 "-%s-%08x", guest->status.id, name,
                               g_str_hash(guest->driver->run_dir));
}

/* As systemd.unit(5) has it; a dot at the beginning does not come up. */
static void append_escaped(GString *unit, const char *text)
{
        for (const char *c = text; *c; c++) {
                if (g_ascii_isalnum(*c) || strchr(":_.", *c))
                        g_string_append_c(unit, *c);
                else
                        g_string_append_printf(unit, "\\x%02x", (unsigned char) *c);
        }
}

char *qemu_cgroup_slice(const char *partition)
{
        g_auto(GStrv) names = g_strsplit(partition, "/", -1);
        GString *slice = g_string_new(NULL);

        for (char **name = names; *name; name++) {
                if (!**name)
                        continue;
                if (slice->len > 0)
                        g_string_append_c(slice, '-');
                append_escaped(slice, *name);
        }
        g_string_append(slice, slice->len > 0 ? ".slice" : "-.slice");
        return g_string_free(slice, FALSE);
}

char *qemu_cgroup_directory(const char *partition)
{
        static const char *const plain[] = { "machine", "user", "system", NULL };
        g_auto(GStrv) names = g_strsplit(partition, "/", -1);
        GString *path = g_string_new(NULL);

        for (char **name = names; *name; name++) {
                if (!**name)
                        continue;
                g_string_append_printf(path, "/%s", *name);
                if (!(path->str[strlen(*name) + 1] == '\0' && g_strv_contains(plain, *name)) && !strchr(*name, '.'))
                        g_string_append(path, ".partition");
        }
        return g_string_free(path, FALSE);
}

static const char *partition_of(const QemuGuest *guest)
{
        return guest->live->partition ?: PARTITION_DEFAULT;
}

/* ---- making */

/* All that a worker needs to make a group. */
typedef struct Making {
        Cgroups *groups;
        char *path;
        size_t n_given;
        pid_t holder;
        DomainDef *def;
        Cgroup *group; /* the result; NULL: the machine runs without */
} Making;

static void making_free(void *data)
{
        Making *making = data;

        cgroups_unref(making->groups);
        cgroup_unref(making->group);
        domain_def_unref(making->def);
        g_free(making->path);
        g_free(making);
}

static int making_work(void *data, Error *error)
{
        Making *making = data;
        g_autofree char *place = qemu_limits_place(making->def);
        _cleanup_error_ Error failure = ERROR_INIT;
        g_autofree char *text = NULL;
        int r = cgroup_create(making->groups, making->path, making->n_given,
                              qemu_limits_controllers(making->def, making->groups), making->holder, &making->group,
                              &failure);

        if (r >= 0) {
                r = qemu_limits_apply(making->group, NULL, making->def, error);
                if (r < 0)
                        making->group = cgroup_unref(making->group);
                return r;
        }
        text = error_message(&failure);
        if (place)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: %s", place, text);
        log_debug("a machine runs without a cgroup: %s", text);
        return 0;
}

static void finish(QemuGuest *guest, Error *error)
{
        QemuCgroupDone done = guest->cgroup.done;

        guest->cgroup.done = NULL;
        done(guest->cgroup.userdata, error);
}

static void on_made(void *userdata, int r, Error *error)
{
        QemuGuest *guest = userdata;
        Making *making = guest->cgroup.making;

        guest->cgroup.task = NULL;
        guest->cgroup.making = NULL;
        if (r >= 0 && making->group)
                guest->cgroup.group = cgroup_ref(making->group);
        finish(guest, error);
}

/* Takes path. */
static int make(QemuGuest *guest, char *path, size_t n_given, pid_t holder, Error *error)
{
        Making *making = g_new0(Making, 1);
        int r;

        g_free(guest->cgroup.path);
        guest->cgroup.path = path;
        r = store_write(guest->dir_fd, PATH_FILE, path, strlen(path), 0, error);
        if (r < 0) {
                making_free(making);
                return r;
        }
        *making = (Making) {
                .groups = cgroups_ref(guest->driver->cgroups),
                .path = g_strdup(path),
                .n_given = n_given,
                .holder = holder,
                .def = domain_def_ref(guest->live),
        };
        guest->cgroup.making = making;
        guest->cgroup.task = worker_run(guest->driver->host->path_workers, making_work, making, making_free, on_made,
                                        guest);
        return 0;
}

/* The group of a process that systemd has placed; free with g_free(). */
static char *group_of(pid_t pid)
{
        g_autofree char *file = g_strdup_printf("/proc/%d/cgroup", (int) pid), *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (read_file_at(AT_FDCWD, file, 64u * 1024, &text, NULL) < 0)
                return NULL;
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                static const char *const prefixes[] = { "0::", ":name=systemd:" };
                const char *at;

                for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                        if ((at = strstr(*line, prefixes[i])) && strstr(at, ".scope"))
                                return g_strdup(at + strlen(prefixes[i]));
        }
        return NULL;
}

/* There is no scope, for the reason that error has: a machine that does not need one starts, and 0 is returned. */
static int do_without(QemuGuest *guest, Error *error)
{
        g_autofree char *place = qemu_limits_place(guest->live), *text = error_message(error);

        qemu_cgroup_settled(guest);
        error_clear(error);
        if (place)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: %s", place, text);
        log_domain(LOG_WARNING, guest->name, guest->uuid, "domain '%s' has no cgroup: %s", guest->name, text);
        return 0;
}

static void on_scope(void *userdata, Error *error)
{
        QemuGuest *guest = userdata;
        pid_t holder = process_pid(guest->cgroup.holder);
        g_autofree char *scope = NULL;
        int r = error_is_set(error) ? -EIO : 0;

        guest->cgroup.scope = NULL;
        if (r >= 0 && !(scope = group_of(holder)))
                r = error_set(error, ERROR_OPERATION_FAILED, "the cgroup of the machine's scope cannot be found");
        if (r >= 0)
                r = make(guest, g_strconcat(scope, "/" SCOPE_CHILD, NULL), strlen(scope), holder, error);
        if (r >= 0)
                return;
        (void) do_without(guest, error);
        finish(guest, error);
}

static const ProcessHandlers holder_handlers;

static int begin_scope(QemuGuest *guest, Error *error)
{
        static const char *const argv[] = { "sleep", "infinity", NULL };
        const DriverHost *host = guest->driver->host;
        const ProcessSpec spec = { .path = "/usr/bin/sleep", .argv = argv, .flags = PROCESS_DIE_WITH_PARENT };
        g_autofree char *name = qemu_cgroup_machine(guest), *slice = qemu_cgroup_slice(partition_of(guest));
        g_autofree char *description = g_strdup_printf("Virtual machine %s", guest->name);
        GString *unit = g_string_new("machine-");
        g_autofree char *unit_name = NULL;
        DriverScopeSpec scope;
        int r;

        append_escaped(unit, name);
        g_string_append(unit, ".scope");
        unit_name = g_string_free(unit, FALSE);
        r = process_spawn(guest->driver->launcher, &spec, &holder_handlers, NULL, &guest->cgroup.holder, error);
        if (r < 0)
                return r;
        scope = (DriverScopeSpec) { unit_name, slice, description, process_pid(guest->cgroup.holder) };
        return host->scope_start(host->userdata, &scope, on_scope, guest, &guest->cgroup.scope, error);
}

int qemu_cgroup_begin(QemuGuest *guest, QemuCgroupDone done, void *userdata, Error *error)
{
        QemuDriver *driver = guest->driver;
        int r = qemu_limits_check(guest->live, driver->cgroups, error);

        if (r < 0 || !driver->cgroups)
                return r;
        guest->cgroup.done = done;
        guest->cgroup.userdata = userdata;
        if (!driver->host->scope_start) {
                g_autofree char *directory = qemu_cgroup_directory(partition_of(guest));
                g_autofree char *name = qemu_cgroup_machine(guest);

                r = make(guest, g_strdup_printf("%s/%s.virtbus", directory, name), 0, 0, error);
                return r < 0 ? r : 1;
        }
        r = begin_scope(guest, error);
        return r < 0 ? do_without(guest, error) : 1;
}

void qemu_cgroup_settled(QemuGuest *guest)
{
        if (guest->cgroup.holder)
                (void) process_kill(guest->cgroup.holder, SIGKILL, NULL);
        guest->cgroup.holder = process_free(guest->cgroup.holder);
}

/* ---- what is there already */

void qemu_cgroup_adopt(QemuGuest *guest)
{
        _cleanup_error_ Error error = ERROR_INIT;
        QemuDriver *driver = guest->driver;

        if (!driver->cgroups ||
            store_read(guest->dir_fd, PATH_FILE, PATH_MAX, &guest->cgroup.path, NULL, &error) < 0)
                return;
        (void) cgroup_open(driver->cgroups, guest->cgroup.path, &guest->cgroup.group, NULL);
}

void qemu_cgroup_forget(QemuGuest *guest)
{
        qemu_cgroup_settled(guest);
        if (guest->cgroup.scope)
                guest->driver->host->scope_cancel(guest->cgroup.scope);
        worker_cancel(guest->cgroup.task);
        cgroup_unref(guest->cgroup.group);
        g_free(guest->cgroup.path);
        guest->cgroup = (QemuGuestCgroup) {};
}

int qemu_cgroup_remove(const Cgroups *groups, int dir_fd, Error *error)
{
        g_autofree char *path = NULL;

        /* without the file there has been none */
        if (!groups || store_read(dir_fd, PATH_FILE, PATH_MAX, &path, NULL, NULL) < 0)
                return 0;
        return cgroups_remove(groups, path, error);
}

/* ---- changes */

typedef struct Changing {
        Cgroup *group;
        DomainDef *old, *def;
        GArray *threads;
        pid_t pid;
} Changing;

static void changing_free(void *data)
{
        Changing *changing = data;

        cgroup_unref(changing->group);
        domain_def_unref(changing->old);
        domain_def_unref(changing->def);
        if (changing->threads)
                g_array_unref(changing->threads);
        g_free(changing);
}

static int changing_work(void *data, Error *error)
{
        Changing *changing = data;
        int r = changing->old ? qemu_limits_apply(changing->group, changing->old, changing->def, error) : 0;

        if (r >= 0 && changing->threads)
                r = qemu_limits_apply_threads(changing->group, changing->pid, changing->threads, changing->old,
                                              changing->def, error);
        return r;
}

int qemu_cgroup_change(QemuGuest *guest, const DomainDef *old, const DomainDef *def, const GArray *threads,
                       WorkerDone done, void *userdata, WorkerTask **ret, Error *error)
{
        Changing *changing;

        if (!guest->cgroup.group)
                return error_set(error, ERROR_OPERATION_INVALID, "the machine runs without a cgroup");
        changing = g_new(Changing, 1);
        *changing = (Changing) {
                .group = cgroup_ref(guest->cgroup.group),
                .old = old ? domain_def_ref((DomainDef *) old) : NULL,
                .def = domain_def_ref((DomainDef *) def),
                .threads = threads ? g_array_copy((GArray *) threads) : NULL,
                .pid = guest->status.pid,
        };
        *ret = worker_run(guest->driver->host->path_workers, changing_work, changing, changing_free, done, userdata);
        return 0;
}

void qemu_read_limits(Domain *domain, DomainEditKind kind, Params *params)
{
        QemuGuest *guest = domain_is_active(domain) ? domain_guest(domain) : NULL;

        if (guest && guest->cgroup.group)
                qemu_limits_read(guest->cgroup.group, kind, params);
}
