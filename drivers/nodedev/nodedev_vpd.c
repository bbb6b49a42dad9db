/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_vpd.h"

#include <string.h>

/* Tags of resources; large ones have bit 7, and their length in two bytes of their own. */
enum {
        TAG_LARGE = 0x80,
        TAG_NAME = 0x82,
        TAG_READONLY = 0x90,
        TAG_READWRITE = 0x91,
        TAG_END = 0x78,
        TAG_SMALL_LENGTH = 0x07,
};

#define KEYWORD_BYTES 3 /* two letters and a length */

/* Printable, without the blanks that fill it up; NULL: it is no text. */
static const char *text_of(const uint8_t *data, size_t n, Arena *arena)
{
        while (n > 0 && (data[n - 1] == ' ' || data[n - 1] == '\0'))
                n--;
        while (n > 0 && *data == ' ') {
                data++;
                n--;
        }
        for (size_t i = 0; i < n; i++)
                if (!g_ascii_isprint(data[i]))
                        return NULL;
        return n > 0 ? arena_strndup(arena, (const char *) data, n) : NULL;
}

static NodeDevVpdField *field_new(char index, const char *value, Arena *arena)
{
        NodeDevVpdField *field = arena_new0(arena, NodeDevVpdField);

        field->index = arena_strndup(arena, &index, 1);
        field->value = value;
        return field;
}

/* Those with a letter or digit of the vendor's, or of the system's. */
static void put_indexed(NodeDevVpdFields *fields, const uint8_t *keyword, const char *value, Arena *arena)
{
        const char index = (char) keyword[1];

        if (!g_ascii_isdigit(index) && !g_ascii_isupper(index))
                return;
        if (keyword[0] == 'V')
                def_append(arena, &fields->vendor_fields, field_new(index, value, arena));
        else if (keyword[0] == 'Y' && fields->access == NODEDEV_VPD_READWRITE)
                def_append(arena, &fields->system_fields, field_new(index, value, arena));
}

static void put_field(NodeDevVpdFields *fields, const uint8_t *keyword, const char *value, Arena *arena)
{
        const struct {
                char keyword[3];
                NodeDevVpdAccess access;
                const char **at;
        } known[] = {
                { "EC", NODEDEV_VPD_READONLY, &fields->change_level },
                { "MN", NODEDEV_VPD_READONLY, &fields->manufacture_id },
                { "PN", NODEDEV_VPD_READONLY, &fields->part_number },
                { "SN", NODEDEV_VPD_READONLY, &fields->serial_number },
                { "YA", NODEDEV_VPD_READWRITE, &fields->asset_tag },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (memcmp(known[i].keyword, keyword, 2) == 0) {
                        if (known[i].access == fields->access)
                                *known[i].at = value;
                        return;
                }
        put_indexed(fields, keyword, value, arena);
}

typedef struct Vpd {
        const uint8_t *data;
        Arena *arena;
        const char *name;
        NodeDevVpdFields *readonly, *readwrite;
} Vpd;

/* All bytes from the first one to the checksum's are 0 together. */
static bool sum_is_right(const uint8_t *data, const uint8_t *last)
{
        uint8_t sum = 0;

        while (data <= last)
                sum = (uint8_t) (sum + *data++);
        return sum == 0;
}

static bool parse_fields(Vpd *vpd, const uint8_t *at, size_t n, NodeDevVpdAccess access, NodeDevVpdFields **ret)
{
        NodeDevVpdFields *fields = arena_new0(vpd->arena, NodeDevVpdFields);
        bool checked = access == NODEDEV_VPD_READWRITE;

        fields->access = access;
        while (n >= KEYWORD_BYTES) {
                const size_t length = at[2];
                const uint8_t *value = at + KEYWORD_BYTES;
                const char *text;

                if (length > n - KEYWORD_BYTES)
                        return false;
                if (memcmp(at, "RV", 2) == 0) {
                        /* the rest of the resource fills it up */
                        checked = length > 0 && sum_is_right(vpd->data, value);
                        break;
                }
                if (memcmp(at, "RW", 2) == 0)
                        break;
                text = text_of(value, length, vpd->arena);
                if (text)
                        put_field(fields, at, text, vpd->arena);
                at = value + length;
                n -= KEYWORD_BYTES + length;
        }
        if (!checked)
                return false;
        *ret = fields;
        return true;
}

static bool take_resource(Vpd *vpd, uint8_t tag, const uint8_t *at, size_t n)
{
        if (tag == TAG_NAME)
                vpd->name = text_of(at, n, vpd->arena);
        else if (tag == TAG_READONLY)
                return parse_fields(vpd, at, n, NODEDEV_VPD_READONLY, &vpd->readonly);
        else if (tag == TAG_READWRITE)
                return parse_fields(vpd, at, n, NODEDEV_VPD_READWRITE, &vpd->readwrite);
        return true;
}

static bool parse_resources(Vpd *vpd, size_t size)
{
        size_t at = 0;

        while (at < size) {
                const uint8_t first = vpd->data[at];
                const bool large = first & TAG_LARGE;
                const size_t head = large ? 3 : 1;
                size_t n;

                if (!large && (first & ~TAG_SMALL_LENGTH) == TAG_END)
                        return vpd->readonly != NULL;
                if (size - at < head)
                        return false;
                n = large ? vpd->data[at + 1] | (size_t) vpd->data[at + 2] << 8 : first & TAG_SMALL_LENGTH;
                at += head;
                if (n > size - at || !take_resource(vpd, first, vpd->data + at, n))
                        return false;
                at += n;
        }
        return false;
}

bool nodedev_vpd_parse(const uint8_t *data, size_t size, Arena *arena, NodeDevPart *part)
{
        Vpd vpd = { .data = data, .arena = arena };

        if (size > NODEDEV_VPD_BYTES_MAX || !parse_resources(&vpd, size))
                return false;
        part->type = NODEDEV_PART_VPD;
        part->name = vpd.name;
        def_append(arena, &part->fields, vpd.readonly);
        if (vpd.readwrite)
                def_append(arena, &part->fields, vpd.readwrite);
        return true;
}
