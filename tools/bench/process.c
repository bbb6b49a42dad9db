/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/process.h"

#include <dirent.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define STOP_USEC (20 * USEC_PER_SEC)

extern char **environ;

static char *read_proc(pid_t pid, const char *name, size_t *ret_size)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int) pid, name);
        char *text = NULL;

        return read_file_at(AT_FDCWD, path, 1 << 20, &text, ret_size) >= 0 ? text : NULL;
}

uint64_t process_cpu_nsec(pid_t pid)
{
        struct timespec used;
        clockid_t clock;

        if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
                return 0;
        return (uint64_t) used.tv_sec * NSEC_PER_SEC + (uint64_t) used.tv_nsec;
}

uint64_t process_private_kib(pid_t pid)
{
        g_autofree char *text = read_proc(pid, "status", NULL);
        const char *line = text ? strstr(text, "\nRssAnon:") : NULL;

        return line ? strtoull(line + strlen("\nRssAnon:"), NULL, 10) : 0;
}

GStrv process_argv(pid_t pid)
{
        GPtrArray *argv = g_ptr_array_new();
        g_autofree char *text = NULL;
        size_t size = 0;

        text = read_proc(pid, "cmdline", &size);
        for (size_t i = 0; text && i < size; i += strlen(text + i) + 1)
                g_ptr_array_add(argv, g_strdup(text + i));
        if (argv->len == 0) {
                g_ptr_array_unref(argv);
                return NULL;
        }
        g_ptr_array_add(argv, NULL);
        return (GStrv) g_ptr_array_free(argv, FALSE);
}

static bool is_process(GStrv argv, const char *program, const char *word)
{
        g_autofree char *name = g_path_get_basename(argv[0]);

        if (!g_str_has_prefix(name, program))
                return false;
        for (size_t i = 1; argv[i]; i++)
                if (strstr(argv[i], word))
                        return true;
        return false;
}

pid_t process_find(const char *program, const char *word, GStrv *ret_argv)
{
        DIR *proc = opendir("/proc");
        struct dirent *d;
        pid_t found = 0;

        while (proc && !found && (d = readdir(proc))) {
                g_auto(GStrv) argv = NULL;
                uint32_t pid;

                if (parse_u32(d->d_name, &pid) < 0)
                        continue;
                argv = process_argv((pid_t) pid);
                if (!argv || !is_process(argv, program, word))
                        continue;
                found = (pid_t) pid;
                if (ret_argv)
                        *ret_argv = g_steal_pointer(&argv);
        }
        if (proc)
                (void) closedir(proc);
        return found;
}

int process_start(const char *const *argv, const char *log, pid_t *ret, Error *error)
{
        posix_spawn_file_actions_t actions;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r == 0)
                r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (r == 0)
                r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log,
                                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &actions, NULL, (char **) argv, environ);
        (void) posix_spawn_file_actions_destroy(&actions);
        return r != 0 ? error_set_errno(error, r, "cannot start %s", argv[0]) : 0;
}

void process_stop(pid_t *pid)
{
        uint64_t deadline = now_usec() + STOP_USEC;

        if (*pid <= 0)
                return;
        (void) kill(*pid, SIGTERM);
        while (waitpid(*pid, NULL, WNOHANG) == 0) {
                if (now_usec() > deadline)
                        (void) kill(*pid, SIGKILL);
                g_usleep(5000);
        }
        *pid = 0;
}
