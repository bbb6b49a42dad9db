/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A change of a domain's definition: what is asked for, apart from who carries it out. An edit copies the
 * definition, changes the copy, fills in what the change leaves open, and checks it; a driver swaps it in,
 * in memory for the running machine and durably for the next start.
 */

#include "drivers/model/domain.h"
#include "service/base/params.h"

/* virDomainModificationImpact */
enum {
        DOMAIN_AFFECT_LIVE = 1 << 0,   /* the running machine */
        DOMAIN_AFFECT_CONFIG = 1 << 1, /* the persistent definition */
};

/* Beside the impact in the flags of some; virDomainVcpuFlags, virDomainMemoryModFlags. */
enum {
        DOMAIN_VCPU_MAXIMUM = 1 << 2,
        DOMAIN_VCPU_GUEST = 1 << 3,
        DOMAIN_VCPU_HOTPLUGGABLE = 1 << 4,
        DOMAIN_MEM_MAXIMUM = 1 << 2,
};

/* virDomainMetadataType */
typedef enum DomainMetadataType {
        DOMAIN_METADATA_DESCRIPTION = 0,
        DOMAIN_METADATA_TITLE = 1,
        DOMAIN_METADATA_ELEMENT = 2,
} DomainMetadataType;

/* The comment says which members of DomainEdit count. */
typedef enum DomainEditKind {
        DOMAIN_EDIT_ATTACH_DEVICE,    /* text: XML */
        DOMAIN_EDIT_DETACH_DEVICE,    /* text: XML */
        DOMAIN_EDIT_DETACH_ALIAS,     /* name */
        DOMAIN_EDIT_UPDATE_DEVICE,    /* text: XML */
        DOMAIN_EDIT_VCPUS,            /* number, flags */
        DOMAIN_EDIT_VCPU,             /* cpuset: virtual processors; number: 1 on, 0 off */
        DOMAIN_EDIT_PIN_VCPU,         /* number, cpuset */
        DOMAIN_EDIT_PIN_EMULATOR,     /* cpuset */
        DOMAIN_EDIT_ADD_IOTHREAD,     /* number */
        DOMAIN_EDIT_DELETE_IOTHREAD,  /* number */
        DOMAIN_EDIT_PIN_IOTHREAD,     /* number, cpuset */
        DOMAIN_EDIT_TUNE_IOTHREAD,    /* number, params */
        DOMAIN_EDIT_MEMORY,           /* number: KiB; flags */
        DOMAIN_EDIT_STATS_PERIOD,     /* number: seconds */
        DOMAIN_EDIT_MEMORY_TUNE,      /* params */
        DOMAIN_EDIT_BLKIO_TUNE,       /* params */
        DOMAIN_EDIT_SCHEDULER,        /* params */
        DOMAIN_EDIT_NUMA,             /* params */
        DOMAIN_EDIT_PERF,             /* params */
        DOMAIN_EDIT_BLOCK_IO_TUNE,    /* name: disk; params */
        DOMAIN_EDIT_INTERFACE,        /* name: MAC address or target; params */
        DOMAIN_EDIT_THROTTLE_GROUP,   /* name, params */
        DOMAIN_EDIT_DELETE_THROTTLE_GROUP, /* name */
        DOMAIN_EDIT_LIFECYCLE,        /* number: virDomainLifecycle; text: the word */
        DOMAIN_EDIT_METADATA,         /* number: DomainMetadataType; name: URI; key; text, NULL removes */
        _DOMAIN_EDIT_MAX,
} DomainEditKind;

typedef struct DomainEdit {
        unsigned n_ref;
        DomainEditKind kind;
        uint32_t flags; /* DOMAIN_AFFECT_*, and those of the kind */
        uint64_t number;
        char *name;
        char *key;
        char *text;
        char *cpuset;
        Params params;
} DomainEdit;

/* With one reference; flags are the caller's, impact included. Its maker fills in the rest. */
DomainEdit *domain_edit_new(DomainEditKind kind, uint32_t flags);
DomainEdit *domain_edit_ref(DomainEdit *edit);
DomainEdit *domain_edit_unref(DomainEdit *edit);
DEFINE_TRIVIAL_CLEANUP(DomainEdit *, domain_edit_unref)

/* What its job is called: "attach-device". */
const char *domain_edit_name(DomainEditKind kind);
/* What libvirt calls the function: "virDomainAttachDeviceFlags". */
const char *domain_edit_function(DomainEditKind kind);

/*
 * The changed definition, sealed: live for that of a running machine, whose new devices get aliases.
 * ERROR_INVALID_ARG, ERROR_OPERATION_INVALID, ERROR_OPERATION_UNSUPPORTED, ERROR_DEVICE_MISSING,
 * ERROR_XML_ERROR and what domain_def_seal() says.
 */
int domain_edit_apply(const DomainEdit *edit, const DomainDef *def, bool live, DomainDef **ret, Error *error);

/*
 * Both definitions of the domain as the edit wants them; those that it does not touch stay NULL.
 * ERROR_OPERATION_INVALID when there is no machine or no persistent definition.
 */
int domain_edit_prepare(const DomainEdit *edit, const Domain *domain, DomainDef **ret_config,
                        DomainDef **ret_live, Error *error);

/*
 * The signals of an edit that took effect: of devices that are in live and not in old, or the other way
 * round; of metadata; of what is tuned. old and live are NULL when the machine was not touched.
 */
void domain_edit_announce(const DomainEdit *edit, Domain *domain, const DomainDef *old, const DomainDef *live);

/*
 * The impact that flags mean for the domain: without either flag the machine if it runs, else the
 * definition. ERROR_OPERATION_INVALID when what is asked for is not there.
 */
int domain_resolve_impact(const Domain *domain, uint32_t flags, uint32_t *ret, Error *error);
