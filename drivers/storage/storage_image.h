/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Volumes that are images: made, copied and resized by qemu-img, which gets their files open and no path of the pool's.
 * It is told what each file is: of what an image names itself, only files of its own directory are followed.
 */

#include "drivers/storage/storage_work.h"

/* work->flags */
enum {
        STORAGE_IMAGE_PREALLOCATE = 1 << 0, /* the metadata, or the data too when the allocation says so */
        STORAGE_IMAGE_SHRINK = 1 << 1,      /* data may be cut off */
        STORAGE_IMAGE_REFLINK = 1 << 2,     /* the copy shares its blocks */
};

/* Can volumes be made in this format? */
bool storage_image_can_make(const char *format);

/* An empty one, or with the data of work->source: in work->fd, without a name. */
extern const StorageAction storage_image_create[];
extern const StorageAction storage_image_copy[];
/* A device that is there gets the data of work->source. */
extern const StorageAction storage_image_fill[];
/* work->vol becomes as large as its definition says. */
extern const StorageAction storage_image_resize[];
