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

static const struct {
        const char *element;
        const Entry *entries;
} groups[] = {
        { "bios", bios },
        { "system", system_entries },
        { "baseBoard", base_board },
        { "chassis", chassis },
};

unsigned node_sysinfo_foreach(const char *root, NodeSysinfoFunc func, void *userdata)
{
        unsigned n = 0;

        for (size_t i = 0; i < ELEMENTSOF(groups); i++)
                for (const Entry *entry = groups[i].entries; entry->name; entry++) {
                        g_autofree char *name = g_strconcat(DMI_DIR "/", entry->file, NULL);
                        g_autofree char *text = NULL, *valid = NULL;

                        if (node_read_text(root, name, &text, NULL) < 0)
                                continue;
                        valid = g_utf8_make_valid(g_strstrip(text), -1);
                        if (isempty(valid))
                                continue;
                        func(userdata, groups[i].element, entry->name, valid);
                        n++;
                }
        return n;
}

typedef struct Text {
        GString *out;
        const char *element; /* that is open, or NULL */
} Text;

static void text_close(Text *text)
{
        if (text->element)
                g_string_append_printf(text->out, "  </%s>\n", text->element);
}

static void text_add(void *userdata, const char *element, const char *name, const char *value)
{
        Text *text = userdata;

        if (text->element != element) {
                text_close(text);
                g_string_append_printf(text->out, "  <%s>\n", element);
                text->element = element;
        }
        g_string_append_printf(text->out, "    <entry name='%s'>", name);
        xml_escape(text->out, value, false);
        g_string_append(text->out, "</entry>\n");
}

int node_read_sysinfo(const char *root, char **ret, Error *error)
{
        g_autoptr(GString) out = g_string_new("<sysinfo type='smbios'>\n");
        Text text = { .out = out };

        if (node_sysinfo_foreach(root, text_add, &text) == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "Host SMBIOS information is not available");
        text_close(&text);
        g_string_append(out, "</sysinfo>\n");
        *ret = g_string_free(g_steal_pointer(&out), FALSE);
        return 0;
}
