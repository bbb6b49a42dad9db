/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a machine type has built in and what libvirt adds to it by default: static tables, no question to an
 * emulator.
 */

#include "drivers/model/domain_def.h"

typedef struct MachineTraits {
        const char *arch;    /* NULL: any */
        const char *machine; /* the name begins so */
        DomainControllerModel root; /* of PCI; 0: none */
        DomainControllerModel usb;  /* of the USB controller that is added; 0: none is */
        DomainControllerModel usb_default; /* of a USB controller without a model */
        DomainControllerModel usb_new; /* likewise of what is added to a new machine, when that differs */
        DomainControllerModel scsi; /* of a SCSI controller without a model */
        bool sata;    /* a SATA controller is built in */
        bool ide;      /* an IDE controller is built in */
        bool mmio;     /* virtio devices can do without PCI */
        bool ps2;     /* keyboard and mouse are built in */
        bool watchdog; /* an iTCO watchdog is built in */
        bool balloon;  /* a memory balloon is added */
        bool ccw;      /* virtio devices are on the channel subsystem */
        bool usb_input; /* USB keyboard and mouse are added to a display */
        const char *network; /* model of an interface that names none */
        const char *panic; /* likewise of <panic>; NULL: it has to name one */
        bool panic_added;  /* the firmware has one */
        DomainVideoType video; /* of a <video> that is added or names none */
} MachineTraits;

/* Never NULL: an unknown machine has nothing. */
const MachineTraits *machine_traits(const char *arch, const char *machine);

bool machine_is_q35(const MachineTraits *traits);
bool machine_is_i440fx(const MachineTraits *traits);
bool machine_is_x86(const MachineTraits *traits);
