/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/face.h"

const Face face_native = {
        .mask = FACE_NATIVE,
        .bus_name = "org.virtbus1",
        .path_prefix = "/org/virtbus1",
        .interface_prefix = "org.virtbus1.",
        .object_manager = true,
        .properties_changed = true,
        .error_prefix = "org.virtbus1.Error.",
        .unknown_property_error = SD_BUS_ERROR_UNKNOWN_PROPERTY,
        .read_only_error = SD_BUS_ERROR_PROPERTY_READ_ONLY,
};

const Face face_libvirt = {
        .mask = FACE_LIBVIRT,
        .bus_name = "org.libvirt",
        .path_prefix = "/org/libvirt",
        .interface_prefix = "org.libvirt.",
        .double_box = true,
        .libvirt_keys = true,
        .quiet_get_all = true,
        .error_name = "org.libvirt.Error",
        .unknown_property_error = SD_BUS_ERROR_INVALID_ARGS,
        .read_only_error = SD_BUS_ERROR_INVALID_ARGS,
};

int face_set_error(const Face *face, const Error *error, sd_bus_error *ret)
{
        g_autofree char *message = error_message(error);
        g_autofree char *name = NULL;

        if (face->error_prefix)
                name = g_strconcat(face->error_prefix, error_info(error->code)->native_name, NULL);
        return sd_bus_error_set(ret, name ?: face->error_name, message);
}
