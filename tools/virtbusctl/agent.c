/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/agent.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#define AGENT_START_MSEC 5000

extern char **environ;

void agent_start(Agent *agent)
{
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        g_autofree char *fd = NULL;
        posix_spawn_file_actions_t actions;
        int pipes[2];
        pid_t pid;

        if (agent->pid > 0 || pipe2(pipes, O_CLOEXEC) < 0)
                return;
        ours = pipes[0];
        theirs = pipes[1];
        fd = g_strdup_printf("%d", theirs);
        char *argv[] = { (char *) "pkttyagent", (char *) "--notify-fd", fd, (char *) "--fallback", NULL };

        if (posix_spawn_file_actions_init(&actions) != 0)
                return;
        /* Onto itself: that takes close-on-exec off in the child alone. */
        if (posix_spawn_file_actions_adddup2(&actions, theirs, theirs) == 0 &&
            posix_spawnp(&pid, "pkttyagent", &actions, NULL, argv, environ) == 0)
                agent->pid = pid;
        (void) posix_spawn_file_actions_destroy(&actions);
        theirs = safe_close(theirs);
        if (agent->pid > 0) {
                struct pollfd p = { .fd = ours, .events = POLLIN };

                /* It closes the pipe when it is registered, or when it fails. */
                (void) poll(&p, 1, AGENT_START_MSEC);
        }
}

void agent_stop(Agent *agent)
{
        if (agent->pid <= 0)
                return;
        (void) kill(agent->pid, SIGTERM);
        (void) kill(agent->pid, SIGCONT);
        while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        agent->pid = 0;
}
