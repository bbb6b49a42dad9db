/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the parts of qemu_caps alone. */

#include "drivers/qemu/qemu_caps.h"

#include <json-glib/json-glib.h>

const char *qemu_usable_to_string(QemuUsable usable);

/* The same as qemu_caps_parse() of the tree's text. */
int qemu_caps_from_json(JsonNode *node, QemuCaps **ret, Error *error);

/* libvirt's word for an architecture and QEMU's: "i686" and "i386". The text itself where they agree. */
const char *qemu_arch_from_target(const char *target);
const char *qemu_arch_to_target(const char *arch);

/*
 * What the replies to query-qmp-schema and query-command-line-options say about our features, as the array
 * of words for the file. options is the sorted or unsorted array of option names.
 */
JsonArray *qemu_schema_features(JsonArray *schema, JsonArray *options);

/*
 * Displays and sound: the schema knows all that QEMU was built with, but some of it is in modules that may not be
 * installed. "-display help" lists those that are there, and "-audiodev help" since QEMU 7.2.
 */
typedef enum QemuHelp {
        QEMU_HELP_DISPLAY,
        QEMU_HELP_AUDIO,
        _QEMU_HELP_MAX,
} QemuHelp;

/* The option that is asked for its help. Static. */
const char *qemu_help_option(QemuHelp help);
/* Corrects the words for the file by what QEMU has printed; NULL: it has no such help. */
void qemu_help_apply(JsonArray *features, QemuHelp help, const char *text);

/* The names of the schema's entries of this meta-type: "command", "event". */
JsonArray *qemu_schema_names(JsonArray *schema, const char *meta_type);

typedef struct QemuProbe QemuProbe;

/*
 * json is the file form, NULL exactly when error is set. Both are borrowed. The probe is freed by its owner.
 */
typedef void (*QemuProbeDone)(void *userdata, JsonNode *json, Error *error);

typedef struct QemuProbeUser {
        uid_t uid;
        gid_t gid;
        const gid_t *groups;
        size_t n_groups;
        uint64_t timeout_usec;
} QemuProbeUser;

/* done is called once, never from within this call. user is borrowed for the probe's life. */
int qemu_probe_new(Launcher *launcher, const char *binary, const QemuProbeUser *user, QemuProbeDone done,
                   void *userdata, QemuProbe **ret, Error *error);
/* Ends the emulator; done is not called any more. May be called in done. */
QemuProbe *qemu_probe_free(QemuProbe *probe);
DEFINE_TRIVIAL_CLEANUP(QemuProbe *, qemu_probe_free)
