/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the firmware says of the machine: the kernel's /sys/class/dmi/id, in libvirt's <sysinfo> format. */

#include "drivers/host/node.h"

#include "drivers/model/xml_reader.h"

#define DMI_DIR "sys/class/dmi/id"

typedef struct Entry {
        const char *name; /* NULL: no more */
        const char *file;
} Entry;

static const Entry bios[] = {
        { "vendor", "bios_vendor" },
        { "version", "bios_version" },
        { "date", "bios_date" },
        { "release", "bios_release" },
        {},
};

static const Entry system_entries[] = {
        { "manufacturer", "sys_vendor" },
        { "product", "product_name" },
        { "version", "product_version" },
        { "serial", "product_serial" },
        { "uuid", "product_uuid" },
        { "sku", "product_sku" },
        { "family", "product_family" },
        {},
};

static const Entry base_board[] = {
        { "manufacturer", "board_vendor" },
        { "product", "board_name" },
        { "version", "board_version" },
        { "serial", "board_serial" },
        { "asset", "board_asset_tag" },
        {},
};

static const Entry chassis[] = {
        { "manufacturer", "chassis_vendor" },
        { "version", "chassis_version" },
        { "serial", "chassis_serial" },
        { "asset", "chassis_asset_tag" },
        {},
};

static void append_group(GString *out, const char *root, const char *element, const Entry *entries)
{
        gsize begin = out->len;
        bool any = false;

        g_string_append_printf(out, "  <%s>\n", element);
        for (; entries->name; entries++) {
                g_autofree char *name = g_strconcat(DMI_DIR "/", entries->file, NULL);
                g_autofree char *text = NULL, *valid = NULL;

                if (node_read_text(root, name, &text, NULL) < 0)
                        continue;
                valid = g_utf8_make_valid(g_strstrip(text), -1);
                if (isempty(valid))
                        continue;
                g_string_append_printf(out, "    <entry name='%s'>", entries->name);
                xml_escape(out, valid, false);
                g_string_append(out, "</entry>\n");
                any = true;
        }
        if (any)
                g_string_append_printf(out, "  </%s>\n", element);
        else
                g_string_truncate(out, begin);
}

int node_read_sysinfo(const char *root, char **ret, Error *error)
{
        static const char head[] = "<sysinfo type='smbios'>\n";
        g_autoptr(GString) out = g_string_new(head);

        append_group(out, root, "bios", bios);
        append_group(out, root, "system", system_entries);
        append_group(out, root, "baseBoard", base_board);
        append_group(out, root, "chassis", chassis);
        if (out->len == sizeof(head) - 1)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "Host SMBIOS information is not available");
        g_string_append(out, "</sysinfo>\n");
        *ret = g_string_free(g_steal_pointer(&out), FALSE);
        return 0;
}
