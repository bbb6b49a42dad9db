/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What definitions of moments in the life of a domain (snapshots, checkpoints) share: they name a disk of the
 * domain, and carry the domain's own definition as it was.
 */

#include "drivers/model/domain_def.h"

/*
 * Reads the definition within another one: text is its element, "root" the name that it must have, for
 * "inactiveDomain" as for "domain". One without a type, as old versions of libvirt wrote it, is none: *ret is
 * NULL. text may be NULL. Errors are those of domain_def_parse().
 */
int moment_domain_parse(const char *text, const char *root, DomainDef **ret, Error *error);

/*
 * The element for a definition of a moment, one level deep: of the domain, or with nothing but its UUID when def
 * is NULL, or NULL when both are. Free with g_free().
 */
char *moment_domain_format(const DomainDef *def, const char *uuid, const char *root, bool secure);

/* A disk of the domain by its target ("vda") or the path of its source; NULL: there is none. */
const DomainDisk *moment_find_disk(const DomainDef *domain, const char *name);
/* The same, for a definition of a moment that names it once. seen is a set of targets. what: "snapshot". */
int moment_claim_disk(const DomainDef *domain, const char *name, GHashTable *seen, const DomainDisk **ret,
                      Error *error);
/* Whether there is a medium in it, or anything that it could be read from. */
bool moment_disk_is_empty(const DomainDisk *disk);
/* The path of the file or device; NULL for one that has none. */
const char *moment_disk_path(const DomainDisk *disk);

/* The name of a moment is one element of a path: not empty, no '/', no '.' at its begin. what: "snapshot". */
int moment_name_check(const char *what, const char *name, Error *error);
