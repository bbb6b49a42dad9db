/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/linux.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define SERIAL                                                                                              \
        "<serial type='pty'><target type='isa-serial' port='0'/></serial>"                                  \
        "<console type='pty'><target type='serial' port='0'/></console>"

static const char *guest_dir(void)
{
        return strempty(getenv("VIRTBUS_TEST_GUEST"));
}

char *linux_machine(const char *name, const char *arguments, const char *devices, const char *more)
{
        return g_strdup_printf(
                "<domain type='qemu'><name>%s</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>"
                "<os><type arch='x86_64' machine='q35'>hvm</type><kernel>%s/vmlinuz</kernel>"
                "<initrd>%s/initramfs.gz</initrd><cmdline>console=ttyS0 quiet panic=-1 %s</cmdline>"
                "</os><features><acpi/></features>%s<devices>" SERIAL "%s</devices></domain>",
                name, guest_dir(), guest_dir(), strempty(arguments), strempty(more), strempty(devices));
}

void line_open(Line *line, World *world, Domain *domain, const char *channel)
{
        *line = (Line) { .world = world, .text = g_string_new(NULL) };
        if (world_open_device(world, domain, channel != NULL, channel, 0) < 0)
                fail_msg("cannot open: %s", world->text);
        line->fd = TAKE_FD(world->result_fd);
}

void line_close(Line *line)
{
        line->fd = safe_close(line->fd);
        if (line->text)
                g_string_free(g_steal_pointer(&line->text), TRUE);
}

bool line_has(Line *line, const char *text)
{
        struct pollfd p = { .fd = line->fd, .events = POLLIN };
        char buffer[4096];
        ssize_t n;

        while (poll(&p, 1, 0) > 0 && (n = read(line->fd, buffer, sizeof(buffer))) > 0)
                g_string_append_len(line->text, buffer, n);
        return strstr(line->text->str, text) != NULL;
}

void line_expect(Line *line, const char *text)
{
        uint64_t until = now_usec() + WORLD_PATIENCE_USEC;

        while (!line_has(line, text)) {
                if (now_usec() > until)
                        fail_msg("'%s' does not come; what came is: %s", text, line->text->str);
                (void) world_run(line->world, 50 * USEC_PER_MSEC);
        }
}

void line_send(const Line *line, const char *text)
{
        assert_int_equal(write_all(line->fd, text, strlen(text)), 0);
}

void linux_expect(Line *line, const char *condition)
{
        uint64_t until = now_usec() + WORLD_PATIENCE_USEC;
        g_autofree char *command = g_strdup_printf("\n%s && echo i''s so\n", condition);

        while (!line_has(line, "is so\r")) {
                if (now_usec() > until)
                        fail_msg("in the guest it is not so that %s: %s", condition, line->text->str);
                line_send(line, command);
                for (unsigned i = 0; i < 10 && !line_has(line, "is so\r"); i++)
                        (void) world_run(line->world, 50 * USEC_PER_MSEC);
        }
        line_send(line, "echo t''hen\n");
        line_expect(line, "then\r");
        g_string_truncate(line->text, 0);
}

Domain *linux_start(World *world, const char *xml)
{
        Domain *domain = world_define(world, xml);

        if (world_start(world, domain, DOMAIN_START_PAUSED) < 0)
                fail_msg("cannot start: %s", world->text);
        return domain;
}

Domain *linux_boot(World *world, const char *xml, Line *line)
{
        Domain *domain = linux_start(world, xml);

        line_open(line, world, domain, NULL);
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        line_expect(line, LINUX_BANNER);
        /* the shell, and with it the power button, come after the banner */
        line_send(line, "\necho rea''dy\n");
        line_expect(line, "ready\r");
        g_string_truncate(line->text, 0);
        world_forget(world);
        return domain;
}

void linux_require(void)
{
        g_autofree char *command = NULL;
        int status;

        if (!*guest_dir() || !getenv("VIRTBUS_MAKE_GUEST")) {
                printf("skipped: VIRTBUS_MAKE_GUEST and VIRTBUS_TEST_GUEST do not say where a guest is\n");
                exit(77);
        }
        command = g_strdup_printf("'%s' '%s' %s >&2", getenv("VIRTBUS_MAKE_GUEST"), guest_dir(),
                                  strempty(getenv("VIRTBUS_TEST_KERNEL")));
        status = system(command);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
                printf("skipped: no guest can be made here\n");
                exit(77);
        }
        assert_int_equal(status, 0);
}
