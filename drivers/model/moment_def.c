/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/moment_def.h"

#include "drivers/model/def_table.h"
#include "drivers/model/xml_reader.h"
#include "service/base/store.h"

#include <string.h>

/* The element with another name: only the tags at both ends have it. */
static char *rename_root(const char *text, const char *from, const char *to)
{
        size_t n = strlen(text), length = strlen(from);
        g_autofree char *end = g_strconcat("</", from, ">", NULL);
        GString *out = g_string_new("<");

        g_assert(g_str_has_prefix(text + 1, from));
        g_string_append(out, to);
        text += 1 + length;
        n -= 1 + length;
        if (g_str_has_suffix(text, end)) {
                g_string_append_len(out, text, (gssize) (n - strlen(end)));
                g_string_append_printf(out, "</%s>", to);
        } else
                g_string_append(out, text);
        return g_string_free(out, FALSE);
}

static bool has_type(const char *text)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (xml_tree_parse(text, strlen(text), &xml_limits_default, "domain_definition", &tree, &error) < 0)
                return true; /* the parser of the domain says what is wrong */
        for (const xmlAttr *a = xml_tree_root(tree)->properties; a; a = a->next)
                if (streq((const char *) a->name, "type"))
                        return true;
        return false;
}

int moment_domain_parse(const char *text, const char *root, DomainDef **ret, Error *error)
{
        g_autofree char *renamed = NULL;

        *ret = NULL;
        if (!text || !has_type(text))
                return 0;
        renamed = rename_root(text, root, "domain");
        return domain_def_parse(renamed, strlen(renamed), 0, NULL, ret, error);
}

char *moment_domain_format(const DomainDef *def, const char *uuid, const char *root, bool secure)
{
        DomainDefFormatFlags flags = DOMAIN_DEF_FORMAT_INACTIVE | (secure ? DOMAIN_DEF_FORMAT_SECURE : 0);

        if (def)
                return domain_def_format_nested(def, flags, root, 1);
        return uuid ? g_strdup_printf("<%s>\n    <uuid>%s</uuid>\n  </%s>", root, uuid, root) : NULL;
}

const char *moment_disk_path(const DomainDisk *disk)
{
        return disk->source.file ?: disk->source.dev;
}

bool moment_disk_is_empty(const DomainDisk *disk)
{
        const DomainStorage *source = &disk->source;

        return source->type != DOMAIN_DISK_NVME && source->type != DOMAIN_DISK_VHOST_USER && !source->file &&
                !source->dev && !source->dir && !source->protocol && !source->volume;
}

const DomainDisk *moment_find_disk(const DomainDef *domain, const char *name)
{
        DEF_FOREACH(disk, domain->disks) {
                const char *path = moment_disk_path(disk);

                if (streq(disk->target, name) || (name[0] == '/' && path && streq(path, name)))
                        return disk;
        }
        return NULL;
}

int moment_claim_disk(const DomainDef *domain, const char *name, GHashTable *seen, const DomainDisk **ret,
                      Error *error)
{
        const DomainDisk *disk = moment_find_disk(domain, name);

        if (!disk)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "no disk named '%s'", name);
        if (!g_hash_table_add(seen, (char *) disk->target))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "disk '%s' specified twice", disk->target);
        *ret = disk;
        return 0;
}

int moment_name_check(const char *what, const char *name, Error *error)
{
        if (isempty(name))
                return error_set(error, ERROR_XML_ERROR, "invalid %s name: it is empty", what);
        if (strchr(name, '/'))
                return error_set(error, ERROR_XML_DETAIL, "invalid %s name '%s': name can't contain '/'", what,
                                 name);
        if (name[0] == '.')
                return error_set(error, ERROR_XML_DETAIL, "invalid %s name '%s': name can't start with '.'",
                                 what, name);
        if (!store_name_is_valid(name))
                return error_set(error, ERROR_XML_DETAIL, "invalid %s name '%.80s'", what, name);
        return 0;
}
