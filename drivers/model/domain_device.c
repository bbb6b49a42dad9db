/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_device.h"

#include <string.h>

#include "drivers/model/domain_def_table.h"
#include "drivers/model/xml_reader.h"

static const DefRow *find_row(const char *name)
{
        for (unsigned i = 0; i < domain_devices_type.n_rows; i++) {
                const DefRow *row = domain_devices_type.rows + i;

                if (row->name && streq(row->name, name) && row->place != DEF_PLACE_ELEMENT)
                        return row;
        }
        return NULL;
}

static DefList *list_of(const DomainDef *def, const DefRow *row)
{
        return def_field(row, def);
}

static void **child_of(const DomainDef *def, const DefRow *row)
{
        return def_field(row, def);
}

static int decode(DomainDef *def, const XmlTree *tree, const DefRow *row, bool live, void **ret, Error *error)
{
        _cleanup_diagnostics_ Diagnostics diagnostics = DIAGNOSTICS_INIT;
        void *item = arena_alloc(def->arena, row->type->size);
        int r;

        def_decode(row->type, tree, live ? DEF_DECODE_LIVE : 0, def->arena, item, &diagnostics);
        r = diagnostics_to_error(&diagnostics, error);
        if (r >= 0)
                *ret = item;
        return r;
}

int domain_device_parse(DomainDef *def, const char *xml, bool live, const DefRow **ret_row, void **ret_item,
                        Error *error)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = NULL;
        const DefRow *row;
        const char *name;
        int r = xml_tree_parse(xml, strlen(xml), &xml_limits_default, "device_definition", &tree, error);

        if (r < 0)
                return r;
        name = (const char *) xml_tree_root(tree)->name;
        row = find_row(name);
        if (!row)
                return error_set(error, ERROR_XML_ERROR, "unknown device type '%.80s'", name);
        if (row->place != DEF_PLACE_LIST && row->place != DEF_PLACE_CHILD)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "a device '%s' cannot be changed by itself", name);
        r = decode(def, tree, row, live, ret_item, error);
        if (r >= 0)
                *ret_row = row;
        return r;
}

int domain_device_add(DomainDef *def, const DefRow *row, void *item, Error *error)
{
        if (row->place == DEF_PLACE_LIST) {
                def_append_item(def->arena, list_of(def, row), item);
                return 0;
        }
        if (*child_of(def, row))
                return error_set(error, ERROR_OPERATION_INVALID, "domain already has a %s device", row->name);
        *child_of(def, row) = item;
        return 0;
}

void domain_device_remove(DomainDef *def, const DefRow *row, uint32_t i)
{
        if (row->place == DEF_PLACE_LIST)
                def_remove_item(list_of(def, row), i);
        else
                *child_of(def, row) = NULL;
}

/* Where it is plugged in, as long as it is the same network. */
static void keep_port(DomainInterface *interface, const DomainInterface *old)
{
        if (interface->type != DOMAIN_INTERFACE_NETWORK || old->type != DOMAIN_INTERFACE_NETWORK ||
            !streq_ptr(interface->network, old->network))
                return;
        interface->portid = old->portid;
        interface->bridge = old->bridge;
        interface->dev = old->dev;
        interface->mode = old->mode;
}

/* The images below one that stays are what they were, unless something else is said of them. */
static void keep_chain(DomainDisk *disk, const DomainDisk *old)
{
        if (!domain_storage_equal(&disk->source, &old->source))
                return;
        if (def_is_set(&old->source, index))
                def_put(&disk->source, index, old->source.index);
        disk->backing = disk->backing ?: old->backing;
}

void domain_device_replace(DomainDef *def, const DefRow *row, uint32_t i, void *item)
{
        const void *old = domain_device_get(def, row, i);
        const DomainDevice *was = domain_device_info(row, old);
        DomainDevice *now = domain_device_info(row, item);

        if (now && !now->address)
                now->address = was->address;
        if (now && !now->alias)
                now->alias = was->alias;
        if (row->type == &domain_interface_type) {
                DomainInterface *interface = item;

                interface->mac = ((const DomainInterface *) old)->mac;
                if (!interface->target)
                        interface->target = ((const DomainInterface *) old)->target;
                keep_port(interface, old);
        }
        if (row->type == &domain_disk_type)
                keep_chain(item, old);
        if (row->type == &domain_memory_type) {
                DomainMemoryDevice *memory = item;

                if (def_is_set((const DomainMemoryDevice *) old, current))
                        def_put(memory, current, ((const DomainMemoryDevice *) old)->current);
        }
        if (row->place == DEF_PLACE_LIST)
                list_of(def, row)->items[i] = item;
        else
                *child_of(def, row) = item;
}

uint32_t domain_device_count(const DomainDef *def, const DefRow *row)
{
        return row->place == DEF_PLACE_LIST ? list_of(def, row)->n : *child_of(def, row) != NULL;
}

void *domain_device_get(const DomainDef *def, const DefRow *row, uint32_t i)
{
        return row->place == DEF_PLACE_LIST ? list_of(def, row)->items[i] : *child_of(def, row);
}

DomainDevice *domain_device_info(const DefRow *row, const void *item)
{
        for (unsigned i = 0; i < row->type->n_rows; i++) {
                const DefRow *part = row->type->rows + i;

                if (part->place == DEF_PLACE_EMBED && part->type == &domain_device_type)
                        return def_field(part, item);
        }
        return NULL;
}

/* Whether the item is the one that the description means. */
typedef bool (*IsMeant)(const DefRow *row, const void *described, const void *item);

static bool matches_all(const DefRow *row, const void *described, const void *item)
{
        return def_matches(row->type, described, item);
}

/* What is said of address and alias is true. */
static bool matches_place(const DefRow *row, const void *described, const void *item)
{
        const DomainDevice *a = domain_device_info(row, described);

        return !a || def_matches(&domain_device_type, a, domain_device_info(row, item));
}

static bool is_same_disk(const DefRow *row, const void *described, const void *item)
{
        return streq_ptr(((const DomainDisk *) described)->target, ((const DomainDisk *) item)->target);
}

static bool is_same_mac(const DefRow *row, const void *described, const void *item)
{
        return streq_ptr(((const DomainInterface *) described)->mac, ((const DomainInterface *) item)->mac) &&
               matches_place(row, described, item);
}

static bool is_same_controller(const DefRow *row, const void *described, const void *item)
{
        const DomainController *a = described, *b = item;

        return a->type == b->type && a->index == b->index && (a->model == 0 || a->model == b->model);
}

static bool is_same_graphics(const DefRow *row, const void *described, const void *item)
{
        return ((const DomainGraphics *) described)->type == ((const DomainGraphics *) item)->type;
}

static int find(const DomainDef *def, const DefRow *row, const void *item, IsMeant is_meant, const char *what,
                uint32_t *ret, Error *error)
{
        uint32_t n = domain_device_count(def, row), n_found = 0;

        for (uint32_t i = 0; i < n; i++)
                if (is_meant(row, item, domain_device_get(def, row, i)) && n_found++ == 0)
                        *ret = i;
        if (n_found == 0)
                return error_set(error, ERROR_DEVICE_MISSING, "%s not found", what);
        if (n_found > 1)
                return error_set(error, ERROR_OPERATION_FAILED, "%s matches %" PRIu32 " devices", what, n_found);
        return 0;
}

/* How people call it. Free with g_free(). */
static char *describe(const DefRow *row, const void *item)
{
        const DomainInterface *interface = item;

        if (row->type == &domain_disk_type)
                return g_strdup_printf("disk %s", strempty(((const DomainDisk *) item)->target));
        if (row->type == &domain_interface_type && interface->mac)
                return g_strdup_printf("interface with MAC address %s", interface->mac);
        return g_strdup_printf("matching %s device", row->name);
}

static IsMeant is_meant_by_identity(const DefRow *row, const void *item)
{
        if (row->type == &domain_disk_type)
                return is_same_disk;
        if (row->type == &domain_controller_type)
                return is_same_controller;
        if (row->type == &domain_interface_type && ((const DomainInterface *) item)->mac)
                return is_same_mac;
        return NULL;
}

int domain_device_find(const DomainDef *def, const DefRow *row, const void *item, uint32_t *ret, Error *error)
{
        g_autofree char *what = describe(row, item);

        return find(def, row, item, is_meant_by_identity(row, item) ?: matches_all, what, ret, error);
}

int domain_device_find_like(const DomainDef *def, const DefRow *row, const void *item, uint32_t *ret,
                            Error *error)
{
        g_autofree char *what = describe(row, item);
        const DomainDevice *info = domain_device_info(row, item);
        IsMeant is_meant = is_meant_by_identity(row, item);

        if (!is_meant && row->type == &domain_graphics_type)
                is_meant = is_same_graphics;
        /* the only one of its kind is meant whatever is said of it */
        if (!is_meant && domain_device_count(def, row) > 1 && (!info || (!info->alias && !info->address)))
                is_meant = matches_all;
        return find(def, row, item, is_meant ?: matches_place, what, ret, error);
}

bool domain_device_find_alias(const DomainDef *def, const char *alias, const DefRow **ret_row, uint32_t *ret)
{
        for (unsigned i = 0; i < domain_devices_type.n_rows; i++) {
                const DefRow *row = domain_devices_type.rows + i;

                if (row->place != DEF_PLACE_LIST && row->place != DEF_PLACE_CHILD)
                        continue;
                for (uint32_t k = 0; k < domain_device_count(def, row); k++) {
                        const DomainDevice *info = domain_device_info(row, domain_device_get(def, row, k));

                        if (!info || !streq_ptr(info->alias, alias))
                                continue;
                        *ret_row = row;
                        *ret = k;
                        return true;
                }
        }
        return false;
}

void domain_device_keep(DomainDef *def, const char *const *kinds, const char *alias)
{
        for (unsigned i = 0; i < domain_devices_type.n_rows; i++) {
                const DefRow *row = domain_devices_type.rows + i;

                if ((row->place != DEF_PLACE_LIST && row->place != DEF_PLACE_CHILD) ||
                    !g_strv_contains(kinds, row->name))
                        continue;
                for (uint32_t k = domain_device_count(def, row); k-- > 0;) {
                        const DomainDevice *info = domain_device_info(row, domain_device_get(def, row, k));

                        if (!info || !streq_ptr(info->alias, alias))
                                domain_device_remove(def, row, k);
                }
        }
}

void domain_device_foreach(const DomainDef *def, DomainDeviceVisitor visit, void *userdata)
{
        for (unsigned i = 0; i < domain_devices_type.n_rows; i++) {
                const DefRow *row = domain_devices_type.rows + i;

                if (row->place != DEF_PLACE_LIST && row->place != DEF_PLACE_CHILD)
                        continue;
                for (uint32_t k = 0; k < domain_device_count(def, row); k++)
                        visit(row, domain_device_get(def, row, k), userdata);
        }
}

bool domain_storage_equal(const DomainStorage *a, const DomainStorage *b)
{
        return def_equal(&domain_storage_type, "source", a, b, 0, NULL);
}
