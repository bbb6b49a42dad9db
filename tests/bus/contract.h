/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What stands in introspection data: of a running service, or in the contract of this tree with its permissions. */

#include <systemd/sd-bus.h>

#include "service/base/util.h"

typedef enum MemberKind {
        MEMBER_METHOD,
        MEMBER_PROPERTY,
        MEMBER_SIGNAL,
} MemberKind;

typedef struct Member {
        MemberKind kind;
        char *interface;
        char *name;
        char *in;   /* of a method's or signal's arguments; a property's type */
        char *out;  /* of a method */
        char *access; /* of a property */
        char *permission; /* NULL in data without it */
        bool body; /* the object of the permission stands in the call */
} Member;

/* All members in the text, Member; fails the test when it is no introspection data. Free with g_ptr_array_unref(). */
GPtrArray *contract_parse(const char *xml);
GPtrArray *contract_load(const char *path);
/* The contract of an interface of this tree: "Domain". */
GPtrArray *contract_native(const char *interface);
/* NULL when it is not there. */
const Member *contract_find(const GPtrArray *members, const char *interface, MemberKind kind, const char *name);

/* "method org.virtbus1.Domain.Create(u)", for comparing and for messages. Free with g_free(). */
char *member_describe(const Member *member);
/* Everything that the permission allows is looking. */
bool member_only_reads(const Member *member);
/* Names of the child nodes in introspection data. */
char **contract_children(const char *xml);

/* Appends the zero of each type in the signature: 0, "", "/", no elements. */
void append_zeros(sd_bus_message *m, const char *signature);
