/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a driver does to the state of a domain as a whole: saved images, dumps and pictures. See driver.h for the rules
 * of all operations.
 */

#include "drivers/model/domain.h"
#include "service/base/params.h"

/* virDomainSaveRestoreFlags */
enum {
        DOMAIN_SAVE_BYPASS_CACHE = 1 << 0,
        DOMAIN_SAVE_RUNNING = 1 << 1, /* restored, it runs; neither: as when it was saved */
        DOMAIN_SAVE_PAUSED = 1 << 2,
        DOMAIN_SAVE_RESET_NVRAM = 1 << 3,
};

/* virDomainCoreDumpFlags */
enum {
        DOMAIN_DUMP_CRASH = 1 << 0,
        DOMAIN_DUMP_LIVE = 1 << 1,
        DOMAIN_DUMP_BYPASS_CACHE = 1 << 2,
        DOMAIN_DUMP_RESET = 1 << 3,
        DOMAIN_DUMP_MEMORY_ONLY = 1 << 4,
};

/* virDomainCoreDumpFormat */
typedef enum DomainDumpFormat {
        DOMAIN_DUMP_RAW = 0,
        DOMAIN_DUMP_KDUMP_ZLIB = 1,
        DOMAIN_DUMP_KDUMP_LZO = 2,
        DOMAIN_DUMP_KDUMP_SNAPPY = 3,
        DOMAIN_DUMP_WIN_DMP = 4,
        _DOMAIN_DUMP_MAX,
} DomainDumpFormat;

/*
 * What is in the file of a saved domain. error is set when it cannot be read: whether the caller may know why, who
 * may not be allowed to read files, is not the driver's matter.
 */
typedef struct DomainImage {
        DomainDef *def; /* with secrets; NULL under an error */
        bool paused;    /* it will not run when it is restored */
        Error error;
} DomainImage;

/* Accepts NULL, returns NULL. */
static inline DomainImage *domain_image_free(DomainImage *image)
{
        if (!image)
                return NULL;
        domain_def_unref(image->def);
        error_clear(&image->error);
        g_free(image);
        return NULL;
}

typedef struct DomainSaveOps {
        /*
         * Writes the state of the active domain to the file (NULL: the managed one, which the next start restores)
         * and stops it. def, which may be NULL, stands in the image in place of its own definition: the caller has
         * seen to it that the guest will not notice. Emits STOPPED_SAVED.
         */
        int (*save)(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error);
        /*
         * Starts the inactive domain from the file with the definition def, which is the image's or a compatible
         * one. A new domain is unpublished and is removed from the list when that fails. Emits STARTED_RESTORED.
         */
        int (*restore)(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error);
        /* The job has no slot. Result: DomainImage. */
        int (*image_read)(Driver *driver, const char *file, Job *job, Error *error);
        /*
         * Puts the definition into the image, and whether it will run: of DOMAIN_SAVE_RUNNING and PAUSED one is given.
         * The job has no slot.
         */
        int (*image_write)(Driver *driver, const char *file, DomainDef *def, uint32_t flags, Job *job,
                           Error *error);
        /* The same of the managed image, which there is. Result: DomainDef; def may be NULL: it stays. */
        int (*managed_read)(Domain *domain, Job *job, Error *error);
        int (*managed_write)(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error);
        int (*managed_remove)(Domain *domain, Job *job, Error *error);
        /* Writes the memory of the active domain to the file. */
        int (*core_dump)(Domain *domain, const char *file, DomainDumpFormat format, uint32_t flags, Job *job,
                         Error *error);
        /* The job has no slot. Result: text, the MIME type, and fd, a sealed file in memory. */
        int (*screenshot)(Domain *domain, uint32_t screen, Job *job, Error *error);
} DomainSaveOps;
