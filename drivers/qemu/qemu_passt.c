/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_passt.h"

#include "drivers/qemu/qemu_companion_pair.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"

#include <string.h>

/* "127.0.0.1%eth0/2222:22,~2300-2310", of passt(1). */
static char *forward_text(const DomainPortForward *forward)
{
        g_autoptr(GString) s = g_string_new(NULL);

        if (forward->address)
                g_string_append(s, forward->address);
        if (forward->dev)
                g_string_append_printf(s, "%%%s", forward->dev);
        if (s->len > 0)
                g_string_append_c(s, '/');
        if (forward->ranges.n == 0)
                g_string_append(s, "all");
        DEF_FOREACH(range, forward->ranges) {
                bool several = def_is_set(range, end) && range->end > range->start;

                if (range != forward->ranges.items[0])
                        g_string_append_c(s, ',');
                if (range->exclude == TRISTATE_YES)
                        g_string_append_c(s, '~');
                g_string_append_printf(s, "%" PRIu32, range->start);
                if (several)
                        g_string_append_printf(s, "-%" PRIu32, range->end);
                if (def_is_set(range, to))
                        g_string_append_printf(s, ":%" PRIu32, range->to);
                if (def_is_set(range, to) && several)
                        g_string_append_printf(s, "-%" PRIu32, range->to + range->end - range->start);
        }
        return g_string_free(g_steal_pointer(&s), false);
}

static void add_options(QemuProgram *program, const DomainInterface *interface)
{
        const DomainInterfaceRare *rare = interface->rare;

        if (interface->dev)
                qemu_program_argf(program, "--interface=%s", interface->dev);
        if (interface->mtu > 0)
                qemu_program_argf(program, "--mtu=%" PRIu32, interface->mtu);
        if (!rare)
                return;
        DEF_FOREACH(ip, rare->ips) {
                qemu_program_argf(program, "--address=%s", ip->address);
                if (def_is_set(ip, prefix) && !streq_ptr(ip->family, "ipv6"))
                        qemu_program_argf(program, "--netmask=%" PRIu32, ip->prefix);
        }
        DEF_FOREACH(forward, rare->port_forwards) {
                g_autofree char *text = forward_text(forward);

                qemu_program_argf(program, "--%s-ports=%s", forward->protocol, text);
        }
}

/* It writes its pid when everything is in place, by a name of the pipe that it may open. */
static int add_ready_pipe(QemuProgram *program, uid_t uid, gid_t gid, int *ret_fd)
{
        int pipe_fds[2];

        if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        if (uid != 0 && fchown(pipe_fds[1], uid, gid) < 0) {
                safe_close(pipe_fds[0]);
                safe_close(pipe_fds[1]);
                return -errno;
        }
        qemu_program_argf(program, "--pid=/proc/self/fd/%d", qemu_program_fd(program, pipe_fds[1]));
        *ret_fd = pipe_fds[0];
        return 0;
}

/* The log that the definition asks for, in place of ours. */
static int open_log(const DomainDef *def, const DomainInterface *interface, QemuCompanionPlan *plan,
                    const char *log_dir, Error *error)
{
        const char *path = interface->rare ? interface->rare->backend_log : NULL;
        g_autofree char *place = qemu_place(def, interface, "backend/@logFile");
        int fd, r;

        if (!path) {
                qemu_companion_plan_log(plan, log_dir, def->name);
                return 0;
        }
        r = qemu_open(path, OPEN_FILE, O_WRONLY | O_CREAT | O_APPEND, place, &fd, NULL, error);
        if (r >= 0)
                qemu_companion_plan_take_log(plan, fd, def->name);
        return r;
}

int qemu_files_open_passt(QemuFiles *files, const DomainDef *def, const DomainInterface *interface,
                          const QemuFilesConfig *config, Error *error)
{
        const char *path = config->programs->companion[QEMU_COMPANION_PASST];
        g_autofree char *place = qemu_place(def, interface, "backend");
        QemuCompanionPlan *plan;
        int fd, r = qemu_companion_pair(files, QEMU_COMPANION_PASST, interface->info.alias, path, place, config, &plan,
                                        &fd, error);

        if (r < 0)
                return r;
        qemu_program_arg(plan->program, "--foreground");
        r = add_ready_pipe(plan->program, config->uid, config->gid, &plan->ready_fd);
        if (r < 0)
                return error_set_errno(error, r, "%s: cannot make a pipe", place);
        add_options(plan->program, interface);
        return open_log(def, interface, plan, config->programs->log_dir, error);
}
