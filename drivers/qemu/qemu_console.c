/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PTS_PREFIX "/dev/pts/"

static const char *alias_of(const DomainChardev *device)
{
        return strempty(device->info.alias);
}

/* <console> repeats the first <serial>: the device is the same, and has one holder. */
static const DomainChardev *find_console(const DomainDef *def, const char *name)
{
        DEF_FOREACH(serial, def->serials)
                if (isempty(name) || streq(alias_of(serial), name))
                        return serial;
        DEF_FOREACH(console, def->consoles)
                if (isempty(name) || streq(alias_of(console), name))
                        return console;
        DEF_FOREACH(parallel, def->parallels)
                if (!isempty(name) && streq(alias_of(parallel), name))
                        return parallel;
        return NULL;
}

static const DomainChardev *find_channel(const DomainDef *def, const char *name)
{
        DEF_FOREACH(channel, def->channels)
                if (isempty(name) || streq(alias_of(channel), name) || streq_ptr(channel->target_name, name))
                        return channel;
        return NULL;
}

/*
 * The path comes from QEMU, which is not trusted: it must be a pty, and one that the machine's user has
 * made. The fd that was opened is checked, not the path.
 */
static int open_pty(const QemuGuest *guest, const char *path, int *ret, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        uint32_t number;
        struct stat st;

        if (!g_str_has_prefix(path, PTS_PREFIX) || parse_u32(path + strlen(PTS_PREFIX), &number) < 0)
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is no pseudo terminal", path);
        fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", path);
        if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) ||
            st.st_uid != (guest->status.uid != 0 ? guest->status.uid : getuid()))
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is not a terminal of this machine",
                                 path);
        *ret = TAKE_FD(fd);
        return 0;
}

int guest_open_socket(const char *path, int *ret, Error *error)
{
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        _cleanup_close_ int node_fd = -EBADF;
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct stat st;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot make a socket");
        /* the socket itself, not what a link names; and by fd, since paths may be longer than an address */
        node_fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (node_fd < 0 || fstat(node_fd, &st) < 0)
                return error_set_errno(error, errno, "cannot open '%s'", path);
        if (!S_ISSOCK(st.st_mode))
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is no socket", path);
        g_snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", node_fd);
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return error_set_errno(error, errno, "cannot connect to '%s'", path);
        *ret = TAKE_FD(fd);
        return 0;
}

static int open_device(const QemuGuest *guest, const DomainChardev *device, int *ret, Error *error)
{
        if (device->type == DOMAIN_CHARDEV_PTY && device->path)
                return open_pty(guest, device->path, ret, error);
        if (device->type == DOMAIN_CHARDEV_UNIX && device->mode != DOMAIN_SOCKET_CONNECT && device->path)
                return guest_open_socket(device->path, ret, error);
        return error_set(error, ERROR_OPERATION_INVALID, "device '%s' is of type '%s' and cannot be opened",
                         alias_of(device), strempty(domain_chardev_to_string(device->type)));
}

static void on_console_closed(Console *console, void *userdata)
{
        QemuGuest *guest = userdata;
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, guest->consoles);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (value == console) {
                        g_hash_table_iter_remove(&iter);
                        return;
                }
}

/* One at a time: a second one asks, or takes over with the flag. */
static int check_holder(QemuGuest *guest, const char *alias, bool force, Error *error)
{
        const Console *console = g_hash_table_lookup(guest->consoles, alias);

        if (console && console_has_client(console) && !force)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "Active console session exists for this domain: '%s' is "
                                 "in use, and can be taken over by force",
                                 alias);
        if (agent_is_connected(guest->agent) && streq_ptr(guest_agent_alias(guest), alias))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "channel '%s' is that of the guest agent, which is being used", alias);
        g_hash_table_remove(guest->consoles, alias);
        return 0;
}

static int connect_device(QemuGuest *guest, const DomainChardev *device, bool force, Job *job, Error *error)
{
        const char *alias = alias_of(device);
        Console *console;
        int device_fd = -EBADF, client_fd, r;

        r = check_holder(guest, alias, force, error);
        if (r >= 0)
                r = open_device(guest, device, &device_fd, error);
        if (r >= 0)
                r = console_new(guest->driver->host->event, device_fd, on_console_closed, guest, &client_fd,
                                &console, error);
        if (r < 0)
                return r;
        g_hash_table_insert(guest->consoles, g_strdup(alias), console);
        job_set_result_fd(job, client_fd);
        return 0;
}

static int open_named(Domain *domain, const char *name, uint32_t flags, bool channel, Job *job, Error *error)
{
        const DomainChardev *device;
        QemuGuest *guest;
        int r = qemu_check_flags(flags, DOMAIN_CONSOLE_FORCE | DOMAIN_CONSOLE_SAFE, error);

        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r < 0)
                return r;
        guest = domain_guest(domain);
        device = channel ? find_channel(guest->live, name) : find_console(guest->live, name);
        if (!device && isempty(name))
                return error_set(error, ERROR_OPERATION_FAILED, "the domain has no %s",
                                 channel ? "channel" : "console");
        if (!device)
                return error_set(error, ERROR_DEVICE_MISSING, "cannot find %s '%s'",
                                 channel ? "channel" : "console device", name);
        return connect_device(guest, device, flags & DOMAIN_CONSOLE_FORCE, job, error);
}

int qemu_open_console(Domain *domain, const char *device, uint32_t flags, Job *job, Error *error)
{
        return open_named(domain, device, flags, false, job, error);
}

int qemu_open_channel(Domain *domain, const char *name, uint32_t flags, Job *job, Error *error)
{
        return open_named(domain, name, flags, true, job, error);
}
