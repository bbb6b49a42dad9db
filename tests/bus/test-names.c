/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that others have, a bus that goes away, a polkitd that is gone or hangs. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/bus/harness.h"

#define UNAVAILABLE "org.virtbus1.Error.AuthUnavailable"

static int set_up(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);

        name_wait(root, "org.libvirt", true);
        return 0;
}

/* As libvirt-dbus would have it: the native face works alone. */
static void test_libvirt_name_taken(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *owner = NULL, *path = NULL;
        const char *unique;

        service_do("stop", "virtbusd");
        assert_true(sd_bus_request_name(other, "org.libvirt", 0) > 0);
        service_do("start", "virtbusd");

        path = domain_path(root, "test");
        sd_bus_message_unref(call(root, native("Domain", path), "Suspend", NULL));
        sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
        assert_true(sd_bus_get_unique_name(other, &unique) >= 0);
        owner = name_owner(root, "org.libvirt");
        assert_string_equal(owner, unique);

        service_do("stop", "virtbusd");
        assert_true(sd_bus_release_name(other, "org.libvirt") >= 0);
        service_do("start", "virtbusd");
        name_wait(root, "org.libvirt", true);
}

/* The two faces are two connections: the bus's policy of one name does not open the other. */
static void test_two_connections(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *native_owner = name_owner(root, "org.virtbus1"), *owner = name_owner(root, "org.libvirt");
        const Target ours = { native_owner, "/org/virtbus1/Test", "org.virtbus1.Connect" };
        const Target theirs = { owner, "/org/libvirt/Test", "org.libvirt.Connect" };
        const Target mixed = { native_owner, "/org/libvirt/Test", "org.libvirt.Connect" };

        assert_string_not_equal(native_owner, owner);
        sd_bus_message_unref(call(one, ours, "ListDomains", "u", 0));
        g_free(call_error(one, theirs, "org.freedesktop.DBus.Error.AccessDenied", "ListDomains", "u", 0));
        /* nor do the objects of one stand on the other's connection */
        g_free(call_error(root, mixed, "org.freedesktop.DBus.Error.UnknownObject", "ListDomains", "u", 0));
}

/* A second daemon finds its name taken and says so by its status; the first goes on. */
static void test_native_name_taken(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *before = name_owner(root, "org.virtbus1"), *after = NULL;
        g_autofree char *file = g_build_filename(g_getenv("VIRTBUS_HOST_DIR"), "virtbusd.command", NULL);
        g_autofree char *command = NULL, *second = NULL;
        int status;

        assert_true(g_file_get_contents(file, &command, NULL, NULL));
        second = g_strdup_printf("timeout 20 %s --root=\"$VIRTBUS_TEST_DIR/second\" 2>/dev/null", command);
        status = system(second);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        after = name_owner(root, "org.virtbus1");
        assert_string_equal(before, after);
}

/* A new bus: the daemon comes back by itself with all that it had, and knows no caller of before. */
static void test_bus_restart(void **state)
{
        g_autofree char *path = NULL, *state_before = NULL, *state_after = NULL;
        pid_t before = service_pid("virtbusd");

        {
                _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);

                path = domain_define(root, "survivor");
                sd_bus_message_unref(call(root, native("Domain", path), "Create", "u", 0));
                state_before = property_string(one, native("Domain", path), "State");
        }
        service_do("restart", "dbus");
        service_do("restart", "polkitd");
        {
                _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);

                name_wait(root, "org.virtbus1", true);
                name_wait(root, "org.libvirt", true);
                state_after = property_string(one, native("Domain", path), "State");
                assert_string_equal(state_before, state_after);
                assert_int_equal(service_pid("virtbusd"), before);
                call_denied(one, native("Domain", path), "Destroy", "u", 0);
                sd_bus_message_unref(call(root, native("Domain", path), "Destroy", "u", 0));
                sd_bus_message_unref(call(root, native("Domain", path), "Undefine", "u", 0));
        }
}

/* The n-th connection that the daemon has made to the bus; negative when it has fewer. */
static int daemon_socket(unsigned n)
{
        _cleanup_close_ int pidfd = (int) syscall(SYS_pidfd_open, service_pid("virtbusd"), 0);
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

        assert_true(pidfd >= 0);
        for (int number = 3; number < 64; number++) {
                _cleanup_close_ int fd = (int) syscall(SYS_pidfd_getfd, pidfd, number, 0);
                struct sockaddr_un peer = {};
                socklen_t size = sizeof(peer);
                struct stat st;

                if (fd < 0 || getpeername(fd, (struct sockaddr *) &peer, &size) < 0 || peer.sun_family != AF_UNIX ||
                    !strstr(g_getenv("DBUS_SYSTEM_BUS_ADDRESS"), peer.sun_path) || !*peer.sun_path ||
                    fstat(fd, &st) < 0 || !g_hash_table_add(seen, GUINT_TO_POINTER(st.st_ino)))
                        continue;
                if (n-- == 0)
                        return TAKE_FD(fd);
        }
        return -ENOENT;
}

static int count_error(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        unsigned *n = userdata;

        assert_true(sd_bus_message_is_method_error(m, NULL));
        (*n)++;
        return 0;
}

/* Whichever connection is lost alone, all that waited for either has its answer, and both names come back. */
static void lose_connection(unsigned n, sd_bus *root)
{
        _cleanup_client_ sd_bus *group = client_open(USER_GROUP);
        g_autofree char *path = domain_path(root, "test"), *there = libvirt_path(path);
        const Target targets[] = { native("Domain", path), libvirt("Domain", there) };
        _cleanup_close_ int fd = -EBADF;
        uint64_t end = now_usec() + DEADLINE_USEC;
        unsigned n_errors = 0;

        for (size_t i = 0; i < ELEMENTSOF(targets); i++)
                sd_bus_message_unref(call(group, targets[i], "GetState", "u", 0));
        service_signal("polkitd", SIGSTOP);
        for (size_t i = 0; i < ELEMENTSOF(targets); i++) {
                assert_true(sd_bus_call_method_async(group, NULL, targets[i].destination, targets[i].path,
                                                     targets[i].interface, "Suspend", count_error, &n_errors,
                                                     NULL) >= 0);
                assert_true(sd_bus_flush(group) >= 0);
                sd_bus_message_unref(call(group, targets[i], "GetState", "u", 0));
        }
        assert_int_equal(n_errors, 0);
        fd = daemon_socket(n);
        assert_true(fd >= 0);
        assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
        while (n_errors < ELEMENTSOF(targets)) {
                assert_true(now_usec() < end);
                if (sd_bus_process(group, NULL) == 0)
                        assert_true(sd_bus_wait(group, 100 * USEC_PER_MSEC) >= 0);
        }
        service_signal("polkitd", SIGCONT);
        name_wait(root, "org.virtbus1", true);
        name_wait(root, "org.libvirt", true);
        for (size_t i = 0; i < ELEMENTSOF(targets); i++) {
                /* it may take polkit's library a moment to see what is lost */
                while (!call_allowed(group, targets[i], i == 0 ? UNAVAILABLE : "org.libvirt.Error", "Suspend", NULL))
                        assert_true(now_usec() < end);
                sd_bus_message_unref(call(group, targets[i], "Resume", NULL));
        }
}

static void test_one_connection_is_lost(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        pid_t before = service_pid("virtbusd");

        /* of each face, and of polkit's library */
        for (unsigned n = 0; n < 3; n++)
                lose_connection(n, root);
        assert_int_equal(service_pid("virtbusd"), before);
}

/* Without polkit nobody but root may do anything that was not allowed before; then all is as it was. */
static void test_polkit_gone(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *group = client_open(USER_GROUP);
        g_autofree char *path = domain_path(root, "test");
        uint64_t end = now_usec() + DEADLINE_USEC;

        sd_bus_message_unref(call(group, native("Domain", path), "Suspend", NULL));
        service_do("kill", "polkitd");
        name_wait(root, "org.freedesktop.PolicyKit1", false);
        g_free(call_error(group, native("Domain", path), UNAVAILABLE, "Resume", NULL));
        sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));

        service_do("start", "polkitd");
        /* it may take the daemon's library a moment to see that polkit is back */
        while (!call_allowed(group, native("Domain", path), UNAVAILABLE, "Suspend", NULL))
                assert_true(now_usec() < end);
        sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
}

static int count_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        int *answered = userdata;

        *answered = sd_bus_message_is_method_error(m, NULL) ? -1 : 1;
        return 0;
}

/* While polkit thinks, one waits and nobody else does. */
static void test_polkit_hangs(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *group = client_open(USER_GROUP);
        g_autofree char *path = domain_path(root, "test"), *paused = NULL;
        uint64_t end = now_usec() + DEADLINE_USEC;
        int answered = 0;

        /* looking was allowed before, and is remembered */
        sd_bus_message_unref(call(group, native("Domain", path), "GetState", "u", 0));
        service_signal("polkitd", SIGSTOP);
        assert_true(sd_bus_call_method_async(group, NULL, "org.virtbus1", path, "org.virtbus1.Domain", "Suspend",
                                             count_reply, &answered, NULL) >= 0);
        assert_true(sd_bus_flush(group) >= 0);
        for (int i = 0; i < 20; i++) {
                sd_bus_message_unref(call(root, native("Domain", path), "Suspend", NULL));
                sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
                sd_bus_message_unref(call(group, native("Domain", path), "GetState", "u", 0));
        }
        assert_int_equal(answered, 0);

        service_signal("polkitd", SIGCONT);
        while (!answered && now_usec() < end)
                if (sd_bus_process(group, NULL) == 0)
                        (void) sd_bus_wait(group, 100 * USEC_PER_MSEC);
        assert_int_equal(answered, 1);
        paused = property_string(root, native("Domain", path), "State");
        assert_string_equal(paused, "paused");
        sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
}

/* A caller that leaves while polkit thinks gets nothing done. */
static void test_caller_leaves(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test"), *running = NULL;

        service_signal("polkitd", SIGSTOP);
        {
                _cleanup_client_ sd_bus *group = client_open(USER_GROUP);
                int answered = 0;

                assert_true(sd_bus_call_method_async(group, NULL, "org.virtbus1", path, "org.virtbus1.Domain",
                                                     "Suspend", count_reply, &answered, NULL) >= 0);
                assert_true(sd_bus_flush(group) >= 0);
                /* the daemon has taken it when it answers another's later call */
                g_usleep(100 * USEC_PER_MSEC);
                sd_bus_message_unref(call(root, native("Domain", path), "GetState", "u", 0));
        }
        service_signal("polkitd", SIGCONT);
        g_usleep(500 * USEC_PER_MSEC);
        running = property_string(root, native("Domain", path), "State");
        assert_string_equal(running, "running");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_libvirt_name_taken),
                cmocka_unit_test(test_two_connections),
                cmocka_unit_test(test_native_name_taken),
                cmocka_unit_test(test_polkit_gone),
                cmocka_unit_test(test_polkit_hangs),
                cmocka_unit_test(test_caller_leaves),
                cmocka_unit_test(test_bus_restart),
                cmocka_unit_test(test_one_connection_is_lost),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
