/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is said to a machine's monitor to plug something, in order, and how each part is undone. */

#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qmp.h"

typedef struct PlugCommand {
        const char *name; /* static */
        JsonObject *arguments;
        int fd;           /* goes along, or negative */
        int target;       /* number of fd in the command line, when its number in QEMU matters; else negative */
        const char *undo; /* static; NULL: nothing is left of it */
        JsonObject *undo_arguments;
        bool careless; /* it may fail */
} PlugCommand;

/* arguments is taken. */
PlugCommand *plug_command_new(const char *name, JsonObject *arguments);
PlugCommand *plug_command_free(PlugCommand *command);
/* numbers: those of descriptors in the command line -> in QEMU: files by their numbers are those of QEMU then. */
void plug_command_resolve(PlugCommand *command, GHashTable *numbers);

/* Of PlugCommand, owned. */
typedef GQueue PlugCommands;
void plug_commands_clear(PlugCommands *commands);

/*
 * Adds what makes a machine of the first command line one of the second: its images, back ends and devices, in the
 * order of the command line, then what completes them. Descriptors are copied. rename: names of block nodes that begin
 * with "FROM-" begin with "TO-", and they are all that is added. *ret_node is the uppermost block node, NULL: there is
 * none; the caller's. ERROR_OPERATION_UNSUPPORTED for what can only be given to a machine that starts.
 */
typedef struct PlugDifference {
        const QemuCommand *from, *to;
        const char *rename_from, *rename_to; /* NULL: no */
} PlugDifference;
int plug_commands_add_difference(PlugCommands *commands, const PlugDifference *difference, char **ret_node,
                                 Error *error);

/*
 * Adds the closing of what a life of the daemon that was killed has handed over and not used. One device comes at a
 * time, so the names are always the same, and those of more queues than this are taken over by the next one.
 */
#define PLUG_FDS_MAX 16u
void plug_commands_close_fds(PlugCommands *commands);

/* Adds the removal of what is in the first and not in the second, but for devices and images. */
void plug_commands_remove_difference(PlugCommands *commands, const QemuCommand *from, const QemuCommand *to);

/*
 * Adds the removal of the block nodes that query-named-block-nodes has answered with and whose names begin with
 * "BASE-", but not with "EXCEPT-" (NULL: none): from the top down.
 */
void plug_commands_remove_nodes(PlugCommands *commands, JsonNode *answer, const char *base, const char *except);

/* Adds the removal of the objects that qom-list has answered with for "/objects" and whose names begin with "BASE-". */
void plug_commands_remove_objects(PlugCommands *commands, JsonNode *answer, const char *base);

/*
 * Adds the removal of the sets of descriptors that query-fdsets has answered with and that are for the device alias or
 * the block nodes of base (NULL: it has none).
 */
void plug_commands_remove_sets(PlugCommands *commands, JsonNode *answer, const char *alias, const char *base);
