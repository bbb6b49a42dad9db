/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Puts the daemon together: the one place that knows the drivers and the handlers. */

#define LOG_CATEGORY "main"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "drivers/interface/interface_driver.h"
#include "drivers/network/network_driver.h"
#include "drivers/nodedev/nodedev_driver.h"
#include "drivers/nwfilter/nwfilter_driver.h"
#include "drivers/part.h"
#include "drivers/qemu/qemu_driver.h"
#include "drivers/secret/secret_driver.h"
#include "drivers/storage/storage_driver.h"
#include "drivers/test/test_driver.h"
#include "interfaces/emit.h"
#include "service/base/log.h"
#include "service/manager.h"

/* Signals are for the loop. Threads inherit this mask, so it comes before the first of them. */
static void block_signals(void)
{
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGHUP);
        sigaddset(&set, SIGCHLD);
        sigaddset(&set, SIGPIPE);
        (void) pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/*
 * GLib before 2.76 has an allocator of its own for small things, which gives nothing back: several MiB after QEMU's
 * schema was read once. It looks at its environment before main().
 */
static void use_plain_malloc(char **argv)
{
        g_autofree char *program = NULL;

        if (!glib_check_version(2, 76, 0) || g_getenv("G_SLICE"))
                return;
        program = g_file_read_link("/proc/self/exe", NULL);
        if (program && g_setenv("G_SLICE", "always-malloc", FALSE))
                (void) execv(program, argv); /* where that fails, all works, but for the memory */
}

int main(int argc, char **argv)
{
        DriverInfo qemu = qemu_driver_info; /* with parts: must outlive the manager */
        const DriverInfo peer = test_driver_peer_info();
        const DriverInfo *const drivers[] = { &qemu, &test_driver_info, &peer };
        const DriverTable table = { drivers, ELEMENTSOF(drivers) };
        _cleanup_(manager_freep) Manager *manager = NULL;
        Config *config = NULL;
        int r;

        use_plain_malloc(argv);
        /*
         * Threads come and go with each machine's start, and an arena each keeps what it once had. Three are enough for
         * those that read the definitions when the daemon starts.
         */
        (void) mallopt(M_ARENA_MAX, 3);
        g_set_prgname("virtbusd");
        block_signals();
        (void) umask(0077);

        driver_info_add_part(&qemu, &interface_part_info);
        driver_info_add_part(&qemu, &network_part_info);
        driver_info_add_part(&qemu, &nodedev_part_info);
        driver_info_add_part(&qemu, &nwfilter_part_info);
        driver_info_add_part(&qemu, &secret_part_info);
        driver_info_add_part(&qemu, &storage_part_info);
        r = config_load(argc, argv, &config);
        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        /* libpolkit has no other way to be told; no thread runs yet */
        if (config->address && !config->session)
                (void) g_setenv("DBUS_SYSTEM_BUS_ADDRESS", config->address, TRUE);

        r = manager_new(config, &signal_emitters, &manager);
        if (r < 0) {
                fprintf(stderr, "cannot start: %s\n", g_strerror(-r));
                return EXIT_FAILURE;
        }
        r = manager_start(manager, &table);
        if (r < 0)
                return EXIT_FAILURE;
        return loop_run(manager->loop);
}
