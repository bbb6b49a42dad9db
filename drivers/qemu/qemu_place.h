/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where in a definition something stands, for errors. */

#include "drivers/model/domain_def.h"

/*
 * The XPath of a device of the definition, "/domain/devices/disk[2]", with the rest ("source/@file", may be
 * NULL) appended. An item that is no device is "/domain" itself. Free with g_free().
 */
char *qemu_place(const DomainDef *def, const void *item, const char *rest);

/* ERROR_CONFIG_UNSUPPORTED "<place>: <text>". */
int qemu_refuse(const DomainDef *def, const void *item, const char *rest, Error *error, const char *format,
                ...) _printf_(5, 6);
