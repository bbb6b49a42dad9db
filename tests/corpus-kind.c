/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How the project does on definitions of one kind that it did not write: of the files NAME.in.xml in a directory,
 * how many are accepted, refused although there is a NAME.out.xml, stable under format and parse, and equal to
 * NAME.out.xml. For people, not a test: usage: corpus-kind [-v] KIND DIRECTORY
 */

#include "drivers/model/backup_def.h"
#include "drivers/model/checkpoint_def.h"
#include "drivers/model/interface_def.h"
#include "drivers/model/network_def.h"
#include "drivers/model/network_port_def.h"
#include "drivers/model/nodedev_def.h"
#include "drivers/model/nwfilter_def.h"
#include "drivers/model/secret_def.h"
#include "drivers/model/snapshot_def.h"
#include "drivers/model/storage_vol_def.h"

#include <stdio.h>
#include <string.h>

/* Reads and prints one: NULL when it is refused. */
typedef char *(*Pass)(const char *xml, size_t size, Diagnostics *diagnostics, Error *error);

#define PASS(name, Type, parse_flags, format_flags)                                                 \
        static char *pass_##name(const char *xml, size_t size, Diagnostics *diagnostics, Error *error) \
        {                                                                                           \
                _cleanup_(name##_unrefp) Type *def = NULL;                                          \
                                                                                                    \
                if (name##_parse(xml, size, parse_flags, diagnostics, &def, error) < 0)             \
                        return NULL;                                                                \
                return name##_format(def, format_flags);                                            \
        }

PASS(interface_def, InterfaceDef, 0, 0)
PASS(network_def, NetworkDef, 0, DEF_FORMAT_SECURE)
PASS(nwfilter_def, NwfilterDef, 0, 0)
PASS(storage_pool_def, StoragePoolDef, 0, DEF_FORMAT_SECURE)
PASS(network_port_def, NetworkPortDef, DEFINITION_PARSE_LIVE, 0)
PASS(nwfilter_binding_def, NwfilterBindingDef, 0, 0)
PASS(nodedev_def, NodeDevDef, DEFINITION_PARSE_LIVE, 0)
PASS(secret_def, SecretDef, 0, 0)

/* A volume does not say what it is in: a device is a partition when it has a format, else of a volume group. */
static char *pass_volume(const char *xml, size_t size, Diagnostics *diagnostics, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
        StoragePoolType type = !strstr(xml, "type='block'") ? STORAGE_POOL_DIR :
                strstr(xml, "<format")                     ? STORAGE_POOL_DISK :
                                                             STORAGE_POOL_LOGICAL;

        if (storage_vol_def_parse_in(type, xml, size, STORAGE_VOL_PARSE_NO_CAPACITY, diagnostics, &def, error) < 0)
                return NULL;
        return storage_vol_def_format(def, 0);
}

static char *pass_backup(const char *xml, size_t size, Diagnostics *diagnostics, Error *error)
{
        _cleanup_(backup_def_freep) BackupDef *def = NULL;

        return backup_def_parse(xml, size, &def, error) < 0 ? NULL : backup_def_format(def);
}

static char *checkpoint(const char *xml, size_t size, bool redefine, Error *error)
{
        _cleanup_(checkpoint_def_freep) CheckpointDef *def = NULL;

        if (checkpoint_def_parse(xml, size, redefine, &def, error) < 0)
                return NULL;
        return checkpoint_def_format(def, CHECKPOINT_DEF_FORMAT_SECURE);
}

static char *pass_checkpoint(const char *xml, size_t size, Diagnostics *diagnostics, Error *error)
{
        return checkpoint(xml, size, false, error);
}

static char *pass_old_checkpoint(const char *xml, size_t size, Diagnostics *diagnostics, Error *error)
{
        return checkpoint(xml, size, true, error);
}

static char *snapshot(const char *xml, size_t size, SnapshotDefParseFlags flags, Error *error)
{
        _cleanup_(snapshot_def_freep) SnapshotDef *def = NULL;

        return snapshot_def_parse(xml, size, flags, &def, error) < 0 ? NULL : snapshot_def_format(def, NULL, true);
}

static char *pass_snapshot(const char *xml, size_t size, Diagnostics *diagnostics, Error *error)
{
        return snapshot(xml, size, 0, error);
}

static char *pass_old_snapshot(const char *xml, size_t size, Diagnostics *diagnostics, Error *error)
{
        return snapshot(xml, size, SNAPSHOT_DEF_PARSE_REDEFINE, error);
}

static const struct {
        const char *kind;
        Pass pass;
} kinds[] = {
        { "backup", pass_backup },
        { "checkpoint", pass_checkpoint },
        { "checkpoint-redefined", pass_old_checkpoint },
        { "interface", pass_interface_def },
        { "network", pass_network_def },
        { "network-port", pass_network_port_def },
        { "nodedev", pass_nodedev_def },
        { "nwfilter", pass_nwfilter_def },
        { "nwfilter-binding", pass_nwfilter_binding_def },
        { "pool", pass_storage_pool_def },
        { "secret", pass_secret_def },
        { "snapshot", pass_snapshot },
        { "snapshot-redefined", pass_old_snapshot },
        { "volume", pass_volume },
};

typedef struct Score {
        unsigned n, n_parsed, n_refused, n_unstable, n_out, n_equal;
} Score;

static char *file_text(const char *directory, const char *name, const char *suffix, size_t *ret_size)
{
        g_autofree char *path = g_strconcat(directory, "/", name, suffix, NULL);
        char *text = NULL;

        return g_file_get_contents(path, &text, ret_size, NULL) ? text : NULL;
}

static void report(const char *name, const Diagnostics *diagnostics)
{
        for (unsigned i = 0; i < diagnostics->n; i++) {
                g_autofree char *text = diagnostic_to_string(diagnostics->items + i);

                printf("%s: %s\n", name, text);
        }
}

static void try_file(Score *score, Pass pass, const char *directory, const char *name, bool verbose)
{
        size_t size;
        g_autofree char *text = file_text(directory, name, ".in.xml", &size);
        g_autofree char *expected = file_text(directory, name, ".out.xml", NULL), *got = NULL, *again = NULL;
        _cleanup_diagnostics_ Diagnostics diagnostics = DIAGNOSTICS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;

        score->n++;
        score->n_out += expected != NULL;
        got = pass(text, size, &diagnostics, &error);
        if (verbose)
                report(name, &diagnostics);
        if (!got) {
                g_autofree char *message = error_message(&error);

                score->n_refused++;
                printf("%s: %s%s\n", name, expected ? "" : "(nothing is expected) ", message);
                return;
        }
        score->n_parsed++;
        again = pass(got, strlen(got), NULL, NULL);
        if (!again || !streq(got, again)) {
                score->n_unstable++;
                printf("%s: not stable\n", name);
        }
        if (!expected)
                printf("%s: accepted, and nothing is expected\n", name);
        else if (streq(got, expected))
                score->n_equal++;
        else {
                g_autofree char *path = g_strdup_printf("%s.got.xml", name);

                printf("%s: differs\n", name);
                if (verbose)
                        (void) g_file_set_contents(path, got, -1, NULL);
        }
}

static Pass find_pass(const char *kind)
{
        for (unsigned i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].kind, kind))
                        return kinds[i].pass;
        return NULL;
}

int main(int argc, char **argv)
{
        bool verbose = argc > 3 && streq(argv[1], "-v");
        const char *directory = argc > 2 ? argv[argc - 1] : NULL;
        Pass pass = argc > 2 ? find_pass(argv[argc - 2]) : NULL;
        g_autoptr(GDir) dir = directory ? g_dir_open(directory, 0, NULL) : NULL;
        const char *file;
        Score score = {};

        if (!dir || !pass) {
                fprintf(stderr, "usage: corpus-kind [-v] KIND DIRECTORY\n");
                return 2;
        }
        while ((file = g_dir_read_name(dir)))
                if (g_str_has_suffix(file, ".in.xml")) {
                        g_autofree char *name = g_strndup(file, strlen(file) - strlen(".in.xml"));

                        try_file(&score, pass, directory, name, verbose);
                }
        printf("%u definitions: %u accepted, %u refused, %u not stable; %u of %u equal\n", score.n, score.n_parsed,
               score.n_refused, score.n_unstable, score.n_equal, score.n_out);
        return 0;
}
