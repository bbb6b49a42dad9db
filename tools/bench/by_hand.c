/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/by_hand.h"

#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define START_MSEC 30000

extern char **environ;

/* The number behind "fd=" of the monitor's chardev; -EOPNOTSUPP when the command line has other fds. */
static int monitor_fd(const char *const *argv)
{
        int fd = -ENOENT;

        for (size_t i = 0; argv[i]; i++) {
                const char *p = strstr(argv[i], "fd=");

                if (!p || (p > argv[i] && p[-1] != ','))
                        continue;
                if (fd >= 0 || !g_str_has_prefix(argv[i], "socket,"))
                        return -EOPNOTSUPP;
                fd = atoi(p + 3);
        }
        return fd;
}

static int listen_at(const char *path, int *ret)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
                return -EINVAL;
        strcpy(address.sun_path, path);
        (void) unlink(path);
        if (bind(fd, (const struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 1) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

static int connect_to(const char *path, int *ret)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        strcpy(address.sun_path, path);
        if (fd < 0 || connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

static int start(const char *const *argv, int monitor, int number, pid_t *ret)
{
        posix_spawn_file_actions_t actions;
        int r = posix_spawn_file_actions_init(&actions);

        if (r == 0)
                r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, monitor, number);
        if (r == 0)
                r = posix_spawn(ret, argv[0], &actions, NULL, (char **) argv, environ);
        (void) posix_spawn_file_actions_destroy(&actions);
        return -r;
}

/* Sends a command and reads until the answer has the word. */
static int talk(int fd, const char *command, const char *word)
{
        g_autoptr(GString) text = g_string_new(NULL);
        int r = command ? write_all(fd, command, strlen(command)) : 0;

        while (r >= 0 && !strstr(text->str, word)) {
                struct pollfd p = { .fd = fd, .events = POLLIN };
                char buffer[4096];
                ssize_t n;

                if (poll(&p, 1, START_MSEC) <= 0)
                        return -ETIMEDOUT;
                n = read(fd, buffer, sizeof(buffer));
                if (n <= 0)
                        return n < 0 ? -errno : -ECONNRESET;
                g_string_append_len(text, buffer, n);
        }
        return r;
}

int by_hand_start(const char *const *argv, const char *dir, double *ret_usec, Error *error)
{
        g_autofree char *path = g_strdup_printf("%s/by-hand.sock", dir);
        _cleanup_close_ int listening = -EBADF, monitor = -EBADF;
        int number = monitor_fd(argv), r;
        uint64_t began;
        pid_t pid = 0;

        if (number < 0)
                return error_set_errno(error, number, "the command line cannot be run by hand");
        r = listen_at(path, &listening);
        began = now_usec();
        if (r >= 0)
                r = start(argv, listening, number, &pid);
        if (r >= 0)
                r = connect_to(path, &monitor);
        if (r >= 0)
                r = talk(monitor, NULL, "\"QMP\"");
        if (r >= 0)
                r = talk(monitor, "{\"execute\":\"qmp_capabilities\"}\n", "\"return\"");
        if (r >= 0)
                r = talk(monitor, "{\"execute\":\"cont\"}\n", "\"return\"");
        if (r >= 0)
                r = talk(monitor, "{\"execute\":\"query-status\"}\n", "\"running\": true");
        *ret_usec = (double) (now_usec() - began);
        process_stop(&pid);
        (void) unlink(path);
        return r < 0 ? error_set_errno(error, r, "QEMU does not run by hand") : 0;
}
