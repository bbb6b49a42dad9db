/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * An ordinary user's daemon on his session bus: a real Linux guest with user-mode networking and files in his home, and
 * nothing privileged. Runs under as-user.
 *
 *     test-session VIRTBUSD LIBEXEC-DIR
 */

#include "service/base/util.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include <cmocka.h>

#define CONNECT "/org/virtbus1/QEMU"
#define POOL CONNECT "/storagepool/_4f9f5e2b_7c2c_4f57_8b5c_3a1b0f6d9a11"
#define ERROR_PREFIX "org.virtbus1.Error."
#define UNSUPPORTED ERROR_PREFIX "ConfigUnsupported"
#define PATIENCE_USEC (120 * USEC_PER_SEC)

typedef struct Session {
        const char *daemon;
        const char *libexec_dir;
        pid_t pid;
        sd_bus *bus;
        int console;
        GString *text; /* what the guest has said */
} Session;

static void message_unrefp(sd_bus_message **m)
{
        sd_bus_message_unref(*m);
}
#define _cleanup_message_ _cleanup_(message_unrefp)

/* ---- the daemon */

static void daemon_start(Session *session)
{
        g_autofree char *libexec = g_strdup_printf("--libexec-dir=%s", session->libexec_dir);
        uint64_t end = now_usec() + PATIENCE_USEC;

        session->pid = fork();
        if (session->pid == 0) {
                execl(session->daemon, session->daemon, "--session", "--driver=QEMU", libexec, "--log=err", NULL);
                _exit(127);
        }
        assert_true(session->pid > 0);
        while (sd_bus_get_name_creds(session->bus, "org.virtbus1", 0, NULL) < 0) {
                assert_true(now_usec() < end);
                g_usleep(20 * 1000);
        }
}

static void daemon_end(Session *session, int sig)
{
        int status;

        assert_int_equal(kill(session->pid, sig), 0);
        assert_int_equal(waitpid(session->pid, &status, 0), session->pid);
        if (sig == SIGTERM)
                assert_int_equal(status, 0);
        /* the bus may need a moment to notice */
        while (sd_bus_get_name_creds(session->bus, "org.virtbus1", 0, NULL) >= 0)
                g_usleep(20 * 1000);
}

/* ---- calls */

static sd_bus_message *call(Session *session, const char *path, const char *interface, const char *member,
                            const char *types, ...)
{
        _cleanup_message_ sd_bus_message *m = NULL;
        sd_bus_message *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        va_list ap;

        assert_true(sd_bus_message_new_method_call(session->bus, &m, "org.virtbus1", path, interface, member) >= 0);
        va_start(ap, types);
        assert_true(sd_bus_message_appendv(m, types, ap) >= 0);
        va_end(ap);
        if (sd_bus_call(session->bus, m, PATIENCE_USEC, &error, &reply) < 0)
                fail_msg("%s: %s", member, error.message);
        sd_bus_error_free(&error);
        return reply;
}

static void call_domain(Session *session, const char *path, const char *member, uint32_t flags)
{
        sd_bus_message_unref(call(session, path, "org.virtbus1.Domain", member, "u", flags));
}

/* Expects this error; its text is the caller's. */
static char *call_refused(Session *session, const char *path, const char *name, const char *interface,
                          const char *member, const char *types, ...)
{
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        va_list ap;
        char *text;

        assert_true(sd_bus_message_new_method_call(session->bus, &m, "org.virtbus1", path, interface, member) >= 0);
        va_start(ap, types);
        assert_true(sd_bus_message_appendv(m, types, ap) >= 0);
        va_end(ap);
        if (sd_bus_call(session->bus, m, PATIENCE_USEC, &error, &reply) >= 0)
                fail_msg("%s is not refused", member);
        assert_string_equal(error.name, name);
        text = g_strdup(error.message);
        sd_bus_error_free(&error);
        return text;
}

static char *define(Session *session, const char *xml)
{
        _cleanup_message_ sd_bus_message *reply =
                call(session, CONNECT, "org.virtbus1.Connect", "DomainDefineXML", "s", xml);
        const char *path;

        assert_true(sd_bus_message_read(reply, "o", &path) >= 0);
        return g_strdup(path);
}

static bool is_active(Session *session, const char *path)
{
        int active = 0;

        assert_true(sd_bus_get_property_trivial(session->bus, "org.virtbus1", path, "org.virtbus1.Domain", "Active",
                                                NULL, 'b', &active) >= 0);
        return active;
}

/* ---- the console */

static void console_open(Session *session, const char *path)
{
        _cleanup_message_ sd_bus_message *reply =
                call(session, path, "org.virtbus1.Domain", "OpenConsole", "su", "", 1u /* from whoever has it */);
        int fd;

        assert_true(sd_bus_message_read(reply, "h", &fd) >= 0);
        safe_close(session->console);
        session->console = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        g_string_truncate(session->text, 0);
}

static void console_expect(Session *session, const char *text)
{
        uint64_t end = now_usec() + PATIENCE_USEC;

        while (!strstr(session->text->str, text)) {
                struct pollfd p = { .fd = session->console, .events = POLLIN };
                char buffer[4096];
                ssize_t n;

                if (now_usec() > end)
                        fail_msg("'%s' is not in: %s", text, session->text->str);
                if (poll(&p, 1, 100) <= 0)
                        continue;
                n = read(session->console, buffer, sizeof(buffer));
                assert_true(n > 0);
                g_string_append_len(session->text, buffer, n);
        }
}

static void console_say(Session *session, const char *text)
{
        assert_int_equal(write_all(session->console, text, strlen(text)), 0);
}

/* ---- the test */

static char *in_home(const char *name)
{
        return g_build_filename(g_getenv("HOME"), name, NULL);
}

static void expect_file(const char *name)
{
        g_autofree char *path = in_home(name);

        if (access(path, F_OK) < 0)
                fail_msg("there is no %s", path);
}

static char *machine_xml(const char *name, const char *more, const char *devices)
{
        g_autofree char *kernel = in_home("vmlinuz"), *initrd = in_home("initramfs.gz"), *disk = in_home("disk.img");

        return g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='MiB'>128</memory>%s"
                               "<os><type arch='x86_64' machine='q35'>hvm</type><kernel>%s</kernel>"
                               "<initrd>%s</initrd><cmdline>console=ttyS0 quiet panic=-1</cmdline></os>"
                               "<features><acpi/></features><devices>"
                               "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>"
                               "<target dev='vda' bus='virtio'/></disk>"
                               "<interface type='user'><model type='virtio'/></interface>"
                               "<serial type='pty'/>%s</devices></domain>",
                               name, more, kernel, initrd, disk, devices);
}

static int setup(void **state)
{
        Session *session = *state;
        g_autofree char *disk = in_home("disk.img");
        _cleanup_close_ int fd = open(disk, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        assert_int_equal(ftruncate(fd, 1024 * 1024), 0);
        session->text = g_string_new(NULL);
        assert_true(sd_bus_open_user(&session->bus) >= 0);
        daemon_start(session);
        return 0;
}

static int teardown(void **state)
{
        Session *session = *state;

        daemon_end(session, SIGTERM);
        session->console = safe_close(session->console);
        g_string_free(session->text, TRUE);
        sd_bus_flush_close_unref(session->bus);
        return 0;
}

static void test_guest(void **state)
{
        Session *session = *state;
        g_autofree char *xml = machine_xml("mine", "", ""), *path = define(session, xml);

        assert_true(geteuid() != 0);
        expect_file(".config/virtbus/qemu/mine.xml");
        call_domain(session, path, "Create", 0);
        console_open(session, path);
        console_expect(session, "disk vda: 1048576 bytes");
        console_expect(session, "network eth0: 10.0.2.15");
        console_say(session, "echo $((20 + 22))\n");
        console_expect(session, "42\r");
        expect_file(".cache/virtbus/log/qemu/mine.log");

        /* the daemon is killed, the guest is not */
        daemon_end(session, SIGKILL);
        daemon_start(session);
        assert_true(is_active(session, path));
        console_open(session, path);
        console_say(session, "echo $((30 + 33))\n");
        console_expect(session, "63\r");

        call_domain(session, path, "ManagedSave", 0);
        assert_false(is_active(session, path));
        expect_file(".local/share/virtbus/qemu/save/mine.save");
        call_domain(session, path, "Create", 0);
        console_open(session, path);
        console_say(session, "echo $((40 + 44))\n");
        console_expect(session, "84\r");
        call_domain(session, path, "Destroy", 0);
        call_domain(session, path, "Undefine", 0);
}

/* A guest whose agent is not there, or has nobody to ask. */
static void test_agent(void **state)
{
        static const char channel[] =
                "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>";
        static const struct {
                uint32_t flags;
                const char *error, *text;
        } rows[] = {
                { 0, ERROR_PREFIX "AgentUnresponsive",
                  "Guest agent is not responding: QEMU guest agent is not connected" },
                { 1, ERROR_PREFIX "NoHostname", "no hostname found: no lease of a network has one for domain 'mute'" },
        };
        Session *session = *state;
        g_autofree char *xml = machine_xml("mute", "", channel), *path = define(session, xml);

        call_domain(session, path, "Create", 0);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *text = call_refused(session, path, rows[i].error, "org.virtbus1.Domain",
                                                     "GetHostname", "u", rows[i].flags);

                assert_string_equal(text, rows[i].text);
        }
        call_domain(session, path, "Destroy", 0);
        call_domain(session, path, "Undefine", 0);
}

/* What a new login finds: the runtime directory is empty then. */
static void test_autostart(void **state)
{
        Session *session = *state;
        g_autofree char *xml = machine_xml("always", "", ""), *path = define(session, xml);
        g_autofree char *marker = g_build_filename(g_getenv("XDG_RUNTIME_DIR"), "virtbus/qemu/autostarted", NULL);
        uint64_t end = now_usec() + PATIENCE_USEC;

        assert_true(sd_bus_set_property(session->bus, "org.virtbus1", path, "org.virtbus1.Domain", "Autostart",
                                        NULL, "b", 1) >= 0);
        daemon_end(session, SIGTERM);
        assert_int_equal(unlink(marker), 0);
        daemon_start(session);
        while (!is_active(session, path)) {
                assert_true(now_usec() < end);
                g_usleep(20 * 1000);
        }
        call_domain(session, path, "Destroy", 0);
        call_domain(session, path, "Undefine", 0);
}

static void test_refused(void **state)
{
        static const struct {
                const char *more, *devices, *error, *place;
        } rows[] = {
                { "<memtune><hard_limit unit='MiB'>500</hard_limit></memtune>", "", UNSUPPORTED,
                  "/domain/memtune/hard_limit" },
                { "<cputune><shares>500</shares></cputune>", "", UNSUPPORTED, "/domain/cputune/shares" },
                { "<resource><partition>/lab</partition></resource>", "", UNSUPPORTED, "/domain/resource/partition" },
                { "", "<interface type='bridge'><source bridge='br0'/></interface>", ERROR_PREFIX "SystemError",
                  "/domain/devices/interface[2]" },
                { "", "<interface type='ethernet'/>", ERROR_PREFIX "SystemError", "/domain/devices/interface[2]" },
        };
        Session *session = *state;

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *xml = machine_xml("wishes", rows[i].more, rows[i].devices);
                g_autofree char *path = define(session, xml), *text = NULL;

                text = call_refused(session, path, rows[i].error, "org.virtbus1.Domain", "Create", "u", 0);
                if (!strstr(text, rows[i].place))
                        fail_msg("%s is not in: %s", rows[i].place, text);
                print_message("refused: %s\n", text);
                call_domain(session, path, "Undefine", 0);
        }
}

static void call_pool(Session *session, const char *member, const char *types, uint32_t flags)
{
        sd_bus_message_unref(call(session, POOL, "org.virtbus1.StoragePool", member, types, flags));
}

/* A pool is a directory of the user's; what needs privileges there is not. */
static void test_pool(void **state)
{
        Session *session = *state;
        g_autofree char *dir = in_home("images"), *xml = NULL, *text = NULL;

        xml = g_strdup_printf("<pool type='dir'><name>mine</name><uuid>4f9f5e2b-7c2c-4f57-8b5c-3a1b0f6d9a11</uuid>"
                              "<target><path>%s</path></target></pool>", dir);
        sd_bus_message_unref(call(session, CONNECT, "org.virtbus1.Connect", "StoragePoolDefineXML", "su", xml, 0));
        expect_file(".config/virtbus/storage/mine.xml");
        call_pool(session, "Build", "u", 0);
        call_pool(session, "Create", "u", 0);
        sd_bus_message_unref(call(session, POOL, "org.virtbus1.StoragePool", "StorageVolCreateXML", "su",
                                  "<volume><name>v.qcow2</name><capacity unit='MiB'>8</capacity><target>"
                                  "<format type='qcow2'/></target></volume>", 0));
        expect_file("images/v.qcow2");
        text = call_refused(session, CONNECT, UNSUPPORTED, "org.virtbus1.Connect", "StoragePoolDefineXML", "su",
                            "<pool type='fs'><name>f</name><source><device path='/dev/sda'/></source><target>"
                            "<path>/mnt</path></target></pool>", 0);
        assert_non_null(strstr(text, "missing backend for pool type 'fs'"));
        call_pool(session, "Destroy", "", 0);
        call_pool(session, "Undefine", "", 0);
}

int main(int argc, char **argv)
{
        Session session = { .console = -EBADF };
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_prestate_setup_teardown(test_guest, setup, teardown, &session),
                cmocka_unit_test_prestate_setup_teardown(test_agent, setup, teardown, &session),
                cmocka_unit_test_prestate_setup_teardown(test_autostart, setup, teardown, &session),
                cmocka_unit_test_prestate_setup_teardown(test_refused, setup, teardown, &session),
                cmocka_unit_test_prestate_setup_teardown(test_pool, setup, teardown, &session),
        };

        if (argc < 3) {
                fprintf(stderr, "usage: test-session VIRTBUSD LIBEXEC-DIR, under as-user\n");
                return 2;
        }
        session.daemon = argv[1];
        session.libexec_dir = argv[2];
        (void) signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
