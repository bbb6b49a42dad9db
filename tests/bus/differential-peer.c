/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/differential.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/bus/harness.h"

struct Peer {
        GPid dbus, service;
        sd_bus *bus;
};

static GPid spawn(const char *const *argv, char **envp, int *out)
{
        g_autoptr(GError) error = NULL;
        GPid pid;

        if (!g_spawn_async_with_pipes("/", (char **) argv, envp, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                      NULL, &pid, NULL, out, NULL, &error))
                fail_msg("%s", error->message);
        return pid;
}

static bool is_there(void *userdata)
{
        g_autofree char *owner = name_owner(userdata, "org.libvirt");

        return !isempty(owner);
}

/* What it prints first. */
static char *read_address(int fd)
{
        char line[512] = "";
        FILE *f = fdopen(fd, "r");

        assert_non_null(f);
        assert_non_null(fgets(line, sizeof(line), f));
        fclose(f);
        return g_strdup(g_strstrip(line));
}

Peer *peer_new(const char *directory)
{
        static const char *const dbus[] = {
                "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", NULL,
        };
        static const char *const service[] = { "libvirt-dbus", "--session", NULL };
        g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "HOME", directory, TRUE);
        Peer *peer = g_new0(Peer, 1);
        g_autofree char *address = NULL;
        int out;

        env = g_environ_setenv(env, "XDG_RUNTIME_DIR", directory, TRUE);
        peer->dbus = spawn(dbus, env, &out);
        address = read_address(out);
        env = g_environ_setenv(env, "DBUS_SESSION_BUS_ADDRESS", address, TRUE);
        peer->service = spawn(service, env, NULL);

        assert_true(sd_bus_new(&peer->bus) >= 0);
        assert_true(sd_bus_set_address(peer->bus, address) >= 0);
        assert_true(sd_bus_set_bus_client(peer->bus, true) >= 0);
        assert_true(sd_bus_start(peer->bus) >= 0);
        assert_true(wait_until(is_there, peer->bus));
        return peer;
}

static void end_process(GPid pid)
{
        if (pid <= 0)
                return;
        (void) kill(pid, SIGTERM);
        (void) waitpid(pid, NULL, 0);
}

Peer *peer_free(Peer *peer)
{
        if (!peer)
                return NULL;
        peer->bus = client_close(peer->bus);
        end_process(peer->service);
        end_process(peer->dbus);
        g_free(peer);
        return NULL;
}

sd_bus *peer_bus(const Peer *peer)
{
        return peer->bus;
}
