/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the cache of capabilities has workers do. A task is an argument of worker_run(): run and free are its functions,
 * all that it points to is its own.
 */

#include "drivers/qemu/qemu_caps.h"

/* What is kept of an emulator, if it still holds. */
typedef struct QemuCapsLoad {
        char *path;
        char *kvm_path;
        char **modules;
        char *user_key;
        int dir_fd;
        char *known_key; /* of what is in memory */
        char *key;
        QemuCaps *caps; /* NULL when it must be probed, or what is in memory still holds */
} QemuCapsLoad;

/* What is to be kept. */
typedef struct QemuCapsSave {
        int dir_fd;
        char *name;
        char *text;
} QemuCapsSave;

/* Which emulators there are. */
typedef struct QemuCapsList {
        char **patterns;
        GPtrArray *paths;
} QemuCapsList;

int qemu_caps_load_run(void *data, Error *error);
void qemu_caps_load_free(void *data);
int qemu_caps_save_run(void *data, Error *error);
void qemu_caps_save_free(void *data);
int qemu_caps_list_run(void *data, Error *error);
void qemu_caps_list_free(void *data);

/* What the file of an emulator is called in the cache directory. Free with g_free(). */
char *qemu_caps_file_name(const char *path);
