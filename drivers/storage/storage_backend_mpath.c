/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The multipath devices of the host, which somebody else sets up. */

#include "drivers/storage/storage_backend.h"

#include <stdio.h>
#include <string.h>


#define DMSETUP "/usr/sbin/dmsetup"

static int list_command(StorageWork *work, StorageCommand *command, Error *error)
{
        storage_command_set(command, DMSETUP);
        storage_command_add(command, "ls", "--target", "multipath", NULL);
        command->capabilities = PROCESS_CAPABILITIES_ALL;
        command->keeps_mounts = true;
        command->timeout_usec = 30 * USEC_PER_SEC;
        return 0;
}

static int list_read(StorageWork *work, const char *output, Error *error)
{
        g_string_assign(work->text, output);
        return 0;
}

static int add_device(StorageWork *work, unsigned minor, Error *error)
{
        g_autofree char *name = g_strdup_printf("dm-%u", minor), *path = g_strconcat("/dev/", name, NULL);

        return storage_work_add_device(work, name, path, error);
}

/* Lines "mpatha<tab>(253:0)"; "No devices found" when there are none. */
static int list_work(StorageWork *work, Error *error)
{
        g_auto(GStrv) lines = g_strsplit(work->text->str, "\n", -1);

        work->info = (StoragePoolInfo) {};
        for (char **line = lines; *line; line++) {
                const char *number = strrchr(*line, '(');
                unsigned minor;

                /* one that does not answer is left out */
                if (number && (sscanf(number, "(%*u:%u)", &minor) == 1 || sscanf(number, "(%*u, %u)", &minor) == 1))
                        (void) add_device(work, minor, NULL);
        }
        return 0;
}

static const StorageAction scan[] = { { .command = list_command, .read = list_read }, { .work = list_work }, {} };

const StorageBackend storage_backend_mpath = {
        .for_root = true,
        .program = DMSETUP,
        .scan = scan,
};
