/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The multipath devices of the host, which somebody else sets up. */

#include "drivers/storage/storage_backend.h"

#include <stdio.h>
#include <string.h>

#include "drivers/storage/storage_probe.h"

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
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = storage_vol_def_new(work->pool->type);
        _cleanup_close_ int fd = -EBADF;
        int r;

        def->name = arena_printf(def->arena, "dm-%u", minor);
        def->target.path = arena_printf(def->arena, "/dev/%s", def->name);
        def->key = def->target.path;
        fd = open(def->target.path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", def->target.path);
        r = storage_probe(fd, def, error);
        if (r >= 0)
                r = storage_vol_def_seal(def, NULL, error);
        if (r < 0)
                return r;
        work->info.capacity += def->capacity;
        work->info.allocation += def->capacity;
        storage_work_add_found(work, g_steal_pointer(&def));
        return 0;
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
