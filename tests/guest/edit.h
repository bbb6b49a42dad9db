/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changes of machines, as clients ask for them. */

#include "drivers/model/domain_edit.h"
#include "tests/guest/linux.h"

/* PCI Express ports of a machine, for what comes later. */
#define EDIT_PORT(index) "<controller type='pci' index='" index "' model='pcie-root-port'/>"
#define EDIT_PORTS                                                                                          \
        "<controller type='pci' index='0' model='pcie-root'/>"                                              \
        EDIT_PORT("1") EDIT_PORT("2") EDIT_PORT("3") EDIT_PORT("4") EDIT_PORT("5") EDIT_PORT("6")

/* The edit is taken. Returns 0 or the negative errno; the error is in world->code and world->text. */
int edit_run(World *world, Domain *domain, DomainEdit *edit);

/* Of a device, whose XML or alias is text. */
int edit_device(World *world, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags);
/* That fails the test when it fails. */
void edit_expect(World *world, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags);
/* It must fail, with words of the error. */
void edit_refused(World *world, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags,
                  const char *words);
