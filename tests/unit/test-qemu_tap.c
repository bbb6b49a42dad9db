/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real devices in a network namespace of the test's own. */

#include "drivers/qemu/qemu_tap.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cmocka.h>

#define PLACE "/domain/devices/interface[1]"

static int the_socket(void)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        return fd;
}

static struct ifreq ask(const char *name, unsigned long request)
{
        _cleanup_close_ int fd = the_socket();
        struct ifreq r = {};

        g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
        assert_int_equal(ioctl(fd, request, &r), 0);
        return r;
}

static void make_bridge(const char *name)
{
        _cleanup_close_ int fd = the_socket();

        if (ioctl(fd, SIOCBRADDBR, name) < 0) {
                print_message("the kernel has no bridges\n");
                skip();
        }
}

/* Whether it was a port of the bridge, which it is no longer. */
static bool take_port(const char *bridge, const char *name)
{
        _cleanup_close_ int fd = the_socket();
        struct ifreq r = { .ifr_ifindex = (int) if_nametoindex(name) };

        g_strlcpy(r.ifr_name, bridge, sizeof(r.ifr_name));
        return ioctl(fd, SIOCBRDELIF, &r) == 0;
}

static void test_bridge(void **state)
{
        const TapConfig config = {
                .bridge = "br7", .mac = "52:54:00:01:02:03", .mtu = 1400, .n_queues = 1, .vnet_hdr = true,
        };
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *name = NULL, *second = NULL;
        int fd = -EBADF, other = -EBADF;
        struct ifreq r;

        assert_true(tap_open(&config, PLACE, &fd, &name, &error) < 0);
        assert_string_equal(error.detail, PLACE ": there is no bridge 'br7'");
        assert_int_equal(if_nametoindex("vnet0"), 0);
        make_bridge("br7");
        assert_int_equal(tap_open(&config, PLACE, &fd, &name, NULL), 0);
        assert_int_equal(tap_open(&config, PLACE, &other, &second, NULL), 0);
        assert_string_equal(name, "vnet0");
        assert_string_equal(second, "vnet1");
        r = ask(name, SIOCGIFMTU);
        assert_int_equal(r.ifr_mtu, 1400);
        r = ask(name, SIOCGIFFLAGS);
        assert_true(r.ifr_flags & IFF_UP);
        r = ask(name, SIOCGIFHWADDR);
        assert_memory_equal(r.ifr_hwaddr.sa_data, "\xfe\x54\x00\x01\x02\x03", 6);
        assert_true(take_port("br7", name));
        /* it goes with its descriptor */
        safe_close(fd);
        assert_int_equal(if_nametoindex(name), 0);
        safe_close(other);
}

static void test_queues(void **state)
{
        const TapConfig config = { .name = "many", .mac = "52:54:00:01:02:03", .n_queues = 3, .vnet_hdr = true };
        const TapConfig existing = { .name = "none", .n_queues = 1, .existing = true };
        const TapConfig too_long = { .name = "a-name-of-17-char", .n_queues = 1 };
        g_autofree char *name = NULL;
        int fds[3];

        assert_int_equal(tap_open(&config, PLACE, fds, &name, NULL), 0);
        assert_string_equal(name, "many");
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                safe_close(fds[i]);
        assert_true(tap_open(&existing, PLACE, fds, &name, NULL) < 0);
        assert_true(tap_open(&too_long, PLACE, fds, &name, NULL) < 0);
}

static void test_macvtap(void **state)
{
        const TapConfig below = { .name = "below", .n_queues = 1 };
        MacvtapConfig config = {
                .parent = "below", .mode = "bridge", .mac = "52:54:00:01:02:04", .n_queues = 1, .vnet_hdr = true,
        };
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *parent = NULL, *name = NULL;
        int fd = -EBADF, parent_fd = -EBADF;
        struct ifreq r;

        assert_true(macvtap_open(&config, PLACE, &fd, &name, &error) < 0);
        assert_string_equal(error.detail, PLACE ": there is no interface 'below'");
        error_clear(&error);
        assert_int_equal(tap_open(&below, PLACE, &parent_fd, &parent, NULL), 0);
        if (macvtap_open(&config, PLACE, &fd, &name, &error) < 0) {
                print_message("%s\n", error.detail);
                safe_close(parent_fd);
                skip();
        }
        assert_string_equal(name, "macvtap0");
        r = ask(name, SIOCGIFHWADDR);
        assert_memory_equal(r.ifr_hwaddr.sa_data, "\x52\x54\x00\x01\x02\x04", 6);
        safe_close(fd);
        assert_true(if_nametoindex(name) != 0);
        /* what is none is left alone */
        macvtap_remove("below");
        assert_true(if_nametoindex("below") != 0);
        macvtap_remove(name);
        assert_int_equal(if_nametoindex(name), 0);
        safe_close(parent_fd);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bridge),
                cmocka_unit_test(test_queues),
                cmocka_unit_test(test_macvtap),
        };

        if (access("/dev/net/tun", R_OK | W_OK) < 0 || unshare(CLONE_NEWNET) < 0) {
                print_message("network devices need root and /dev/net/tun\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
