/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Any device of a definition, by the row of its kind in the tables and its place among its like. Items are
 * the structs of domain_device_def.h.
 */

#include "drivers/model/def_table.h"
#include "drivers/model/domain_def.h"

/*
 * Reads one device element into the arena of an unsealed definition, without making it a part of it.
 * ERROR_XML_DETAIL, ERROR_XML_ERROR, ERROR_CONFIG_UNSUPPORTED for a kind that is not decoded.
 */
int domain_device_parse(DomainDef *def, const char *xml, bool live, const DefRow **ret_row, void **ret_item,
                        Error *error);

/* ERROR_OPERATION_INVALID when there can be only one of the kind. */
int domain_device_add(DomainDef *def, const DefRow *row, void *item, Error *error);
void domain_device_remove(DomainDef *def, const DefRow *row, uint32_t i);
/* Keeps what the new one leaves open of the old one's identity: address, alias, MAC address. */
void domain_device_replace(DomainDef *def, const DefRow *row, uint32_t i, void *item);

/* Removes the devices of these kinds, a list that ends with NULL, but for the one with the alias. */
void domain_device_keep(DomainDef *def, const char *const *kinds, const char *alias);

uint32_t domain_device_count(const DomainDef *def, const DefRow *row);
/* i is below domain_device_count(). */
void *domain_device_get(const DomainDef *def, const DefRow *row, uint32_t i);
/* What it has in common with others; NULL for the few that have no such part. */
DomainDevice *domain_device_info(const DefRow *row, const void *item);

/*
 * The device that is everything the description says: a disk by its target, an interface by its MAC
 * address. ERROR_DEVICE_MISSING, or ERROR_OPERATION_FAILED when there are several.
 */
int domain_device_find(const DomainDef *def, const DefRow *row, const void *item, uint32_t *ret, Error *error);
/* The device that a changed description is about. */
int domain_device_find_like(const DomainDef *def, const DefRow *row, const void *item, uint32_t *ret,
                            Error *error);
bool domain_device_find_alias(const DomainDef *def, const char *alias, const DefRow **ret_row, uint32_t *ret);

/* Calls visit for each device, in the order of the tables. */
typedef void (*DomainDeviceVisitor)(const DefRow *row, const void *item, void *userdata);
void domain_device_foreach(const DomainDef *def, DomainDeviceVisitor visit, void *userdata);

bool domain_storage_equal(const DomainStorage *a, const DomainStorage *b);
