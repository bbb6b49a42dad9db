/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A face is how the one implementation looks on the bus. Each has a connection of its own, since dbus-daemon applies
 * its policy to every name that a connection owns. Everything that differs between the faces stands in this struct.
 */

#include "service/contract.h"

typedef struct Face {
        FaceMask mask;
        const char *bus_name;         /* "org.virtbus1" */
        const char *path_prefix;      /* "/org/virtbus1" */
        const char *interface_prefix; /* "org.virtbus1." */
        bool double_box;              /* a value in a dictionary is a variant in a variant */
        bool object_manager;
        bool quiet_get_all; /* GetAll of an object that is not there: no properties, no error */
        bool properties_changed;
        /* paths have what libvirt-dbus has in them, where that is not our key (ObjectClass.libvirt_key) */
        bool libvirt_keys;
        const char *error_prefix; /* "org.virtbus1.Error." before the name of the error; NULL: error_name for all */
        const char *error_name;
        /* what GDBus, under libvirt-dbus, answers to an unknown property and a write to a read-only one */
        const char *unknown_property_error;
        const char *read_only_error;
} Face;

extern const Face face_native;
extern const Face face_libvirt;

/* Renders the error as the face names it. Returns the negative errno that sd-bus handlers return. */
int face_set_error(const Face *face, const Error *error, sd_bus_error *ret);
