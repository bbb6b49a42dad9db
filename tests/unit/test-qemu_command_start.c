/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qmp.h"

#include <netinet/in.h>
#include <sys/un.h>

#include "tests/unit/machine-fixture.h"

/* QEMU makes the machines of the golden files, and does not run them. */

#define DEADLINE_USEC (30 * USEC_PER_SEC)

typedef struct Run {
        const char *name;
        Machine *m;
        sd_event *event;
        Process *process;
        Qmp *qmp;
        JsonNode *chardevs, *vnc;
        bool started, prelaunch, exited;
} Run;

static void on_started(Process *process, Error *error, void *userdata)
{
        Run *run_ = userdata;

        if (error && error_is_set(error))
                fail_error(run_->name, error);
        run_->started = true;
}

static void on_exited(Process *process, const ProcessExit *exit_, void *userdata)
{
        Run *run_ = userdata;

        run_->exited = true;
}

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Run *run_ = userdata;

        if (!result)
                fail_error(run_->name, error);
}

static void on_status(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        const char *status = NULL;
        Run *run_ = userdata;

        on_reply(qmp, result, error, userdata);
        assert_true(qmp_get_string(qmp_node_object(result), "status", &status) > 0);
        assert_string_equal(status, "prelaunch");
        run_->prelaunch = true;
}

static void on_chardevs(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Run *run_ = userdata;

        on_reply(qmp, result, error, userdata);
        run_->chardevs = json_node_copy(result);
}

static void on_vnc(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Run *run_ = userdata;

        on_reply(qmp, result, error, userdata);
        run_->vnc = json_node_copy(result);
}

static void on_ready(Qmp *qmp, void *userdata)
{
        Run *run_ = userdata;
        const QemuCommand *command = run_->m->command;

        qmp_execute(qmp, "query-status", NULL, QMP_TIMEOUT_DEFAULT, on_status, run_);
        qmp_execute(qmp, "query-chardev", NULL, QMP_TIMEOUT_DEFAULT, on_chardevs, run_);
        qmp_execute(qmp, "query-vnc", NULL, QMP_TIMEOUT_DEFAULT, on_vnc, run_);
        for (size_t i = 0; i < command->n_setup; i++)
                qmp_execute(qmp, command->setup[i].command, json_object_ref(command->setup[i].arguments),
                            QMP_TIMEOUT_DEFAULT, on_reply, run_);
        qmp_execute(qmp, "quit", NULL, QMP_TIMEOUT_DEFAULT, NULL, NULL);
}

static const QmpHandlers qmp_handlers = { .ready = on_ready };
static const ProcessHandlers process_handlers = { .started = on_started, .exited = on_exited };

/*
 * What QEMU printed: the reason of a failure, or warnings of options that are not as they should be. Where
 * it listens is no warning, and neither is a processor without what others have, a network without a card
 * (it forwards a port), or a server that is waited for.
 */
static void check_stderr(Fixture *f, const Run *run_)
{
        g_autofree char *path = g_build_filename(f->dir, "stderr", NULL), *text = NULL;
        static const char *const harmless[] = {
                "VNC server running on", "doesn't support requested feature", "has no peer",
                "Unable to connect character device",
        };
        g_auto(GStrv) lines = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                bool known = !**line;

                for (size_t i = 0; i < ELEMENTSOF(harmless); i++)
                        known |= strstr(*line, harmless[i]) != NULL;
                if (!known)
                        fail_msg("%s: QEMU says: %s", run_->name, text);
        }
}

static void run_machine(Fixture *f, Launcher *launcher, Run *run_, uid_t uid)
{
        g_autofree char *path = g_build_filename(f->dir, "stderr", NULL);
        _cleanup_close_ int err = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        const QemuCommand *command = run_->m->command;
        g_autofree ProcessFd *fds = g_new0(ProcessFd, command->n_fds + 1);
        ProcessSpec spec = {
                .path = command->argv[0],
                .argv = (const char *const *) command->argv,
                .env = (const char *const *) command->env,
                .uid = uid,
                .gid = uid,
                .fds = fds,
                .n_fds = command->n_fds + 1,
        };
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int client = -EBADF;
        gid_t kvm;

        memcpy(fds, command->fds, command->n_fds * sizeof(*fds));
        fds[command->n_fds] = (ProcessFd) { .fd = err, .target = 2 };
        if (run_->m->def->type == DOMAIN_VIRT_KVM) {
                spec.groups = &kvm;
                spec.n_groups = (size_t) qemu_kvm_group(NULL, uid, uid, &kvm, NULL);
        }
        if (process_spawn(launcher, &spec, &process_handlers, run_, &run_->process, &error) < 0)
                fail_error(run_->name, &error);
        while (!run_->started)
                assert_true(sd_event_run(run_->event, DEADLINE_USEC) > 0);
        assert_int_equal(qemu_open_connect(run_->m->monitor_path, "test", &client, NULL), 0);
        assert_int_equal(
                qmp_new(run_->event, TAKE_FD(client), NULL, &qmp_handlers, run_, &run_->qmp, NULL), 0);
        while (!run_->exited)
                if (sd_event_run(run_->event, DEADLINE_USEC) <= 0) {
                        (void) process_kill(run_->process, SIGKILL, NULL);
                        check_stderr(f, run_);
                        fail_msg("%s: no end", run_->name);
                }
        check_stderr(f, run_);
        assert_true(run_->prelaunch);
}

/* Facts that only the running QEMU knows arrive in the definition. */
static void check_live(const Run *run_)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (qemu_live_update(run_->m->def, run_->chardevs, run_->vnc, &live, &error) < 0)
                fail_error(run_->name, &error);
        DEF_FOREACH(serial, live->serials)
                if (serial->type == DOMAIN_CHARDEV_PTY)
                        assert_true(g_str_has_prefix(strempty(serial->path), "/dev/pts/"));
        DEF_FOREACH(graphics, live->graphics) {
                if (!qemu_display_socket(graphics) && graphics->type != DOMAIN_GRAPHICS_DBUS)
                        assert_in_range(graphics->port, 5900, 65535);
                if (streq(run_->name, "pc-foundation"))
                        assert_int_equal(graphics->port, 5977);
        }
}

/* pc-foundation wants this very port. */
static bool port_is_free(void)
{
        const struct sockaddr_in6 address = {
                .sin6_family = AF_INET6,
                .sin6_port = htons(5977),
                .sin6_addr = IN6ADDR_LOOPBACK_INIT,
        };
        _cleanup_close_ int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

        return fd >= 0 && bind(fd, (const struct sockaddr *) &address, sizeof(address)) == 0;
}

static bool can_start(const char *name)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *reason = NULL;
        gid_t group;

        if (streq(name, "kvm") && qemu_kvm_group(NULL, FIRST_UID, FIRST_UID, &group, &error) < 0)
                reason = error_message(&error);
        else if (streq(name, "pc-foundation") && !port_is_free())
                reason = g_strdup("the port 5977 of ::1 cannot be had");
        else if (streq(name, "hostdevs"))
                reason = g_strdup("the devices are made up");
        else if (streq(name, "network-disks") || streq(name, "images-on-servers"))
                reason = g_strdup("there are no such servers");
        else if (g_str_has_prefix(name, "tpm-"))
                reason = g_strdup("what stands in for the TPM is none");
        else if (streq(name, "shares") || streq(name, "cards"))
                reason = g_strdup("what stands in for the server is none");
        if (reason)
                print_message("%s is not started: %s\n", name, reason);
        return !reason;
}

static void test_start(void **state)
{
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(launcher_freep) Launcher *launcher = NULL;
        Fixture *f = *state;

        if (geteuid() != 0) {
                print_message("only root can start QEMU as another user\n");
                skip();
        }
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(launcher_new(event, getenv("VIRTBUS_EXEC"), &launcher, NULL), 0);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *xml = read_xml(names[i]);
                uid_t uid = FIRST_UID + (uid_t) i;
                _cleanup_(machine_clear) Machine m = { .monitor = -EBADF };
                Run run_ = { .name = names[i], .m = &m, .event = event };

                if (!can_start(names[i]))
                        continue;
                build(f, xml, uid, &m);
                run_machine(f, launcher, &run_, uid);
                check_live(&run_);
                run_.qmp = qmp_unref(run_.qmp);
                run_.process = process_free(run_.process);
                json_node_unref(run_.chardevs);
                json_node_unref(run_.vnc);
                qemu_files_clear_away(m.def, true);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_start),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
