/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The configuration: one file, virtbusd.conf(5), beneath the command line, which wins. */

#include "drivers/driver.h"

typedef enum LibvirtFace {
        LIBVIRT_FACE_AUTO, /* serve org.libvirt where nobody else does */
        LIBVIRT_FACE_YES,  /* the same, but a taken name is worth a warning */
        LIBVIRT_FACE_NO,
        _LIBVIRT_FACE_MAX,
} LibvirtFace;

DECLARE_STRING_TABLE(libvirt_face, LibvirtFace);

/* Whether polkit is asked about reads of all objects of a driver at once, or of each. */
typedef enum AuthorizeReads {
        AUTHORIZE_READS_KIND,
        AUTHORIZE_READS_OBJECT,
        _AUTHORIZE_READS_MAX,
} AuthorizeReads;

DECLARE_STRING_TABLE(authorize_reads, AuthorizeReads);

/* What one caller may hold; root has the connection's limits alone. */
typedef struct Limits {
        uint32_t calls;  /* in flight */
        uint32_t parked; /* waiting for polkit or for a busy object */
        uint32_t parked_bytes;
        uint32_t jobs;
} Limits;

typedef struct Config {
        GKeyFile *file;
        char *file_path; /* where it was, or would be */
        bool log_fixed;  /* the command line or the environment has set the log's thresholds */
        bool session;
        char *address; /* of the bus; NULL: the standard one */
        char *log_target;
        char *log_filters;
        char **drivers;
        LibvirtFace libvirt_face;
        AuthorizeReads authorize_reads;
        Limits limits;
        DriverPaths paths;
} Config;

/*
 * Reads command line and file. Returns 1: go on. 0: everything is said (--help, --version). Negative: told on stderr.
 */
int config_load(int argc, char **argv, Config **ret);
/* Reads the file again and takes over what may change at run time: the log's thresholds. Logs what is wrong. */
int config_reload(Config *config);
Config *config_free(Config *config);
DEFINE_TRIVIAL_CLEANUP(Config *, config_free)

/* A driver's setting, or NULL. Borrowed until the configuration is freed. */
const char *config_setting(const Config *config, const char *section, const char *key);
