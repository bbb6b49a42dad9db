/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Volumes as plain bytes: those that are raw are made and resized without qemu-img, all are wiped and moved. */

#include "drivers/storage/storage_work.h"

/* A raw file, with as much allocated as its definition says; or one that shares the blocks of work->source. */
extern const StorageAction storage_data_create[];
extern const StorageAction storage_data_clone[];
extern const StorageAction storage_data_resize[];
/* work->algorithm */
extern const StorageAction storage_data_wipe[];
/* Its file, open in work->fd, to read or to write. */
extern const StorageAction storage_data_open_read[];
extern const StorageAction storage_data_open_write[];

/* Why a volume cannot be wiped so on this host; NULL: it can. */
const char *storage_data_wipe_refusal(unsigned algorithm);
