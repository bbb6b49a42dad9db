/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One run of virtbusctl: its settings, its bus, and how a command speaks with service and person. */

#include "tools/virtbusctl/agent.h"
#include "tools/virtbusctl/failure.h"
#include "tools/virtbusctl/json.h"
#include "tools/virtbusctl/options.h"

#define SERVICE_NAME "org.virtbus1"

typedef struct Command Command;

typedef struct Ctl {
        const Command *command;
        char *driver; /* "QEMU" */
        char *root;   /* "/org/virtbus1/QEMU" */
        const char *address; /* of the bus; NULL: a known one */
        const char *host;    /* NULL: this one */
        bool user;
        bool json;
        bool quiet;
        bool ask_password;
        bool bold;             /* stdout is a terminal that likes escape sequences */
        bool progress;         /* somebody watches stderr */
        uint64_t timeout_usec; /* 0: as the call needs */
        sd_bus *bus;           /* connected at the first call */
        Agent agent;
} Ctl;

/* From the global options and the environment. */
int ctl_init(Ctl *ctl, const Arguments *arguments, Error *error);
void ctl_clear(Ctl *ctl);

FailureContext ctl_failure_context(const Ctl *ctl);

int ctl_connect(Ctl *ctl, Failure *failure);

typedef enum CallFlags {
        CALL_CHANGES = 1 << 0, /* no limit of time; may ask for a password; shows progress */
} CallFlags;

/*
 * Calls a member of one of the service's interfaces ("Connect", "Domain", "Job") and waits for the answer;
 * ret may be NULL. The one-call form takes its arguments as sd_bus_message_append() does.
 */
int ctl_new_call(Ctl *ctl, const char *path, const char *interface, const char *member, sd_bus_message **ret,
                 Failure *failure);
int ctl_send(Ctl *ctl, sd_bus_message *m, CallFlags flags, sd_bus_message **ret, Failure *failure);
int ctl_call(Ctl *ctl, const char *path, const char *interface, const char *member, CallFlags flags,
             sd_bus_message **ret, Failure *failure, const char *types, ...);

/* All readable properties of an interface as an object with text_key()s. */
int ctl_get_all(Ctl *ctl, const char *path, const char *interface, JsonObject **ret, Failure *failure);
/* One property; its value is next in the message. */
int ctl_get(Ctl *ctl, const char *path, const char *interface, const char *property, sd_bus_message **ret,
            Failure *failure);

int ctl_get_bool(Ctl *ctl, const char *path, const char *interface, const char *property, bool *ret, Failure *failure);

/* The path of an object, which is the whole answer. */
int ctl_read_path(const Ctl *ctl, sd_bus_message *reply, char **ret_path, Failure *failure);

/* For an answer that cannot be read. */
int ctl_bad_reply(const Ctl *ctl, Failure *failure, int r);

/* The path of the domain that a person names by name, UUID or number. */
int ctl_find_domain(Ctl *ctl, const char *word, char **ret_path, Failure *failure);

/* Text for stdout, unless quiet or JSON is wanted. */
void ctl_say(const Ctl *ctl, const char *format, ...) _printf_(2, 3);
/* Takes the node over. */
void ctl_print_json(const Ctl *ctl, JsonNode *node);
/* A text as it is, or as an object with one member. Returns 0. */
int ctl_print_document(const Ctl *ctl, const char *key, const char *text);

/*
 * Does the same with every domain that the words name: prints "Domain 'web' started" or the failure for each
 * (or one JSON array for all), and fails at the end with the status of the first failure.
 */
typedef int (*DomainAction)(Ctl *ctl, const char *word, const char *path, void *userdata, Failure *failure);
int ctl_for_domains(Ctl *ctl, const Arguments *arguments, const char *done, DomainAction action,
                    void *userdata, Failure *failure);
