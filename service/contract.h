/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The rows that the generator makes of interfaces/org.virtbus1.*.xml. Everything the dispatcher knows about a member
 * stands here; handlers get typed arguments and never see the wire.
 */

#include "drivers/model/object.h"
#include "polkit/permission.h"
#include "service/base/params.h"

#include <systemd/sd-bus.h>

typedef struct Call Call;

/* On which faces a member is. */
typedef enum FaceMask {
        FACE_NATIVE = 1 << 0,
        FACE_LIBVIRT = 1 << 1,
        FACE_BOTH = FACE_NATIVE | FACE_LIBVIRT,
} FaceMask;

/* How an argument stands in the argument struct. */
typedef enum ArgType {
        ARG_BOOL = 'b',   /* bool */
        ARG_INT32 = 'i',  /* int32_t */
        ARG_UINT32 = 'u', /* uint32_t */
        ARG_INT64 = 'x',  /* int64_t */
        ARG_UINT64 = 't', /* uint64_t */
        ARG_DOUBLE = 'd', /* double */
        ARG_STRING = 's', /* const char *, valid UTF-8 */
        ARG_PATH = 'o',   /* const char * */
        ARG_FD = 'h',     /* int, borrowed from the message */
        ARG_STRV = 'S',   /* "as": const char *const *, NULL-terminated */
        ARG_PARAMS = 'P', /* "a{sv}": Params */
        ARG_BYTES = 'B',  /* "ay": ArgArray of uint8_t */
        ARG_UINTS = 'U',  /* "au": ArgArray of uint32_t */
        ARG_BOOLS = 'L',  /* "ab": ArgArray of int32_t (0 or 1) */
        ARG_FDS = 'H',    /* "ah": ArgArray of int, borrowed */
        ARG_PAIRS = 'G',  /* "a{ut}": ArgArray of ArgPair */
} ArgType;

typedef struct ArgPair {
        uint32_t key;
        uint64_t value;
} ArgPair;

typedef struct ArgArray {
        const void *items;
        size_t n;
} ArgArray;

typedef struct ArgInfo {
        const char *name;
        ArgType type;
        uint16_t offset; /* in the argument struct */
} ArgInfo;

typedef enum PermissionCondition {
        PERMISSION_ALWAYS,
        /* flags & mask */
        PERMISSION_IF_FLAG,
        /* libvirt's rule for AFFECT_CONFIG: the flag is set, or neither it nor AFFECT_LIVE */
        PERMISSION_IF_CONFIG,
} PermissionCondition;

typedef struct PermissionRow {
        Permission permission;
        PermissionCondition condition;
        uint32_t mask;
        uint16_t offset; /* of the uint32_t flags argument in the argument struct */
} PermissionRow;

typedef enum MemberFlags {
        /* The object that the permissions are about stands in the body: the handler asks with call_require(). */
        MEMBER_BODY_DETAILS = 1 << 0,
        /* May take longer than a moment: the CLI shows progress. */
        MEMBER_LONG_RUNNING = 1 << 1,
        MEMBER_DEPRECATED = 1 << 2,
        /* Needs an active (inactive) object; checked after the gate. */
        MEMBER_NEEDS_ACTIVE = 1 << 3,
        MEMBER_NEEDS_INACTIVE = 1 << 4,
        /* A property that never changes / announces its changes on the native face. */
        MEMBER_CONST = 1 << 5,
} MemberFlags;

/* Returns 0 or more when the reply is sent or will be, a negative errno with the error set otherwise. */
typedef int (*MethodHandler)(Call *call, Object *object, const void *args, Error *error);
/* Appends exactly one value of the property's type. */
typedef int (*PropertyGetter)(sd_bus_message *reply, Object *object, Error *error);

typedef struct MethodInfo {
        const char *name;
        const char *in;
        const char *out;
        FaceMask faces;
        MemberFlags flags;
        const ArgInfo *args;
        uint8_t n_args;
        uint8_t n_permissions;
        uint16_t args_size;
        const PermissionRow *permissions;
        MethodHandler handler;
} MethodInfo;

typedef struct PropertyInfo {
        const char *name;
        const char *type;
        FaceMask faces;
        MemberFlags flags;
        uint64_t changed; /* the bits of the model that announce it (DOMAIN_CHANGED_*); 0: never announced */
        const PermissionRow *read;
        uint8_t n_read;
        PropertyGetter get;
        const MethodInfo *set; /* one argument "value"; NULL: read-only */
} PropertyInfo;

typedef struct SignalInfo {
        const char *interface; /* "Connect" */
        const char *name;
        const char *signature;
        FaceMask faces;
        const PermissionRow *permissions;
        uint8_t n_permissions;
} SignalInfo;

typedef struct InterfaceInfo {
        const char *name; /* without the face's prefix: "Domain" */
        ObjectType type;
        FaceMask faces;
        const MethodInfo *methods; /* sorted by name */
        size_t n_methods;
        const PropertyInfo *properties; /* sorted by name */
        size_t n_properties;
        const SignalInfo *signals; /* sorted by name */
        size_t n_signals;
        const char *native_xml; /* the <interface> element for Introspect(); NULL where it is not on the face */
        const char *libvirt_xml;
} InterfaceInfo;

/*
 * Generated in build/interfaces/contract.c: one entry per interface file, and per interface a header
 * interfaces/<noun>-contract.h with argument structs, handler prototypes and signal emitters.
 */
extern const InterfaceInfo *const contract_interfaces[];
extern const size_t contract_n_interfaces;
/* The same by the kind of their objects; NULL: there is none. */
extern const InterfaceInfo *const contract_of_type[_OBJECT_TYPE_MAX];
