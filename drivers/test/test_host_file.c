/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_host_file.h"

#include <string.h>

#include "drivers/model/xml_reader.h"
#include "drivers/test/test_domain.h"
#include "drivers/test/test_host.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_network.h"
#include "drivers/test/test_node_device.h"
#include "drivers/test/test_secret.h"
#include "drivers/test/test_storage.h"

/* A document, with what is needed to find others from it. */
typedef struct HostFile {
        TestDriver *driver;
        char *path;
        char *text;
        XmlTree *tree;
} HostFile;

static void host_file_clear(HostFile *file)
{
        xml_tree_free(file->tree);
        g_free(file->text);
        g_free(file->path);
}

static int fail_in(const HostFile *file, Error *error, const Error *cause)
{
        return error_set(error, cause->code, "%s: %s", file->path, strempty(cause->detail));
}

static int host_file_open(TestDriver *driver, const char *path, HostFile *ret, Error *error)
{
        g_autoptr(GError) e = NULL;
        gsize size;

        *ret = (HostFile) { .driver = driver, .path = g_strdup(path) };
        if (!g_file_get_contents(path, &ret->text, &size, &e))
                return error_set(error, ERROR_SYSTEM_ERROR, "%s", e->message);
        return xml_tree_parse(ret->text, size, &xml_limits_default, "host_definition", &ret->tree, error);
}

static bool is_named(const xmlNode *node, const char *name)
{
        return node->type == XML_ELEMENT_NODE && streq((const char *) node->name, name);
}

/* The value of the attribute "file", or NULL. Free with g_free(). */
static char *file_of(const xmlNode *node)
{
        for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
                g_autofree char *buffer = NULL;

                if (streq((const char *) attribute->name, "file"))
                        return g_strdup(xml_attribute_value(attribute, &buffer));
        }
        return NULL;
}

/* The XML of what the element stands for: itself, or the file that it names. Free with g_free(). */
static int read_element(const HostFile *file, const xmlNode *node, char **ret, Error *error)
{
        g_autofree char *name = file_of(node), *dir = NULL, *path = NULL;
        g_autoptr(GError) e = NULL;

        if (!name) {
                GString *xml = g_string_new(NULL);

                xml_tree_append_slice(file->tree, node, xml);
                *ret = g_string_free(xml, FALSE);
                return 0;
        }
        dir = g_path_get_dirname(file->path);
        path = g_path_is_absolute(name) ? g_steal_pointer(&name) : g_build_filename(dir, name, NULL);
        if (!g_file_get_contents(path, ret, NULL, &e))
                return error_set(error, ERROR_SYSTEM_ERROR, "%s", e->message);
        return 0;
}

static uint64_t number_in(const xmlNode *node)
{
        g_autofree char *buffer = NULL, *text = g_strdup(xml_element_text(node, &buffer));
        uint64_t number;

        return parse_u64(g_strstrip(text), &number) < 0 ? 0 : number;
}

/* <cpu>, as libvirt's driver reads it. */
static void read_cpu(NodeInfo *info, const xmlNode *cpu)
{
        static const struct {
                const char *name;
                size_t offset;
        } numbers[] = {
                { "mhz", offsetof(NodeTopology, mhz) },         { "active", offsetof(NodeTopology, cpus) },
                { "nodes", offsetof(NodeTopology, nodes) },     { "sockets", offsetof(NodeTopology, sockets) },
                { "cores", offsetof(NodeTopology, cores) },     { "threads", offsetof(NodeTopology, threads) },
        };
        bool has_active = false;
        NodeTopology *topology = &info->topology;

        for (const xmlNode *child = cpu->children; child; child = child->next) {
                g_autofree char *buffer = NULL;

                if (is_named(child, "model"))
                        g_strlcpy(info->model, xml_element_text(child, &buffer), sizeof(info->model));
                for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                        if (!is_named(child, numbers[i].name))
                                continue;
                        *(uint32_t *) (void *) ((char *) topology + numbers[i].offset) = (uint32_t) number_in(child);
                        has_active = has_active || streq(numbers[i].name, "active");
                }
        }
        if (!has_active)
                topology->cpus = topology->nodes * topology->sockets * topology->cores * topology->threads;
}

/* What a definition says of its domain beside libvirt's format. */
typedef struct DomainFacts {
        uint64_t state;
        bool transient;
        bool managed_save;
} DomainFacts;

static bool is_test_fact(const xmlNode *node, const char *name)
{
        return is_named(node, name) && node->ns && streq_ptr((const char *) node->ns->href, TEST_HOST_NAMESPACE);
}

static int read_facts(const xmlNode *root, DomainFacts *ret, Error *error)
{
        *ret = (DomainFacts) { .state = DOMAIN_RUNNING };
        for (const xmlNode *child = root->children; child; child = child->next) {
                if (is_test_fact(child, "runstate"))
                        ret->state = number_in(child);
                else if (is_test_fact(child, "transient"))
                        ret->transient = true;
                else if (is_test_fact(child, "hasmanagedsave"))
                        ret->managed_save = true;
        }
        if (ret->state == DOMAIN_NOSTATE || ret->state >= _DOMAIN_STATE_MAX)
                return error_set(error, ERROR_XML_ERROR, "runstate '%" PRIu64 "' out of range", ret->state);
        if (ret->transient && ret->state == DOMAIN_SHUTOFF)
                return error_set(error, ERROR_XML_ERROR, "transient domain cannot have runstate 'shutoff'");
        if (ret->managed_save && ret->state != DOMAIN_SHUTOFF)
                return error_set(error, ERROR_XML_ERROR,
                                 "domain with managedsave data can only have runstate 'shutoff'");
        return 0;
}

static int add_domain(TestDriver *driver, const char *xml, const DomainFacts *facts, Domain **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *parsed = NULL, *def = NULL;
        Domain *domain;
        int r = domain_def_parse(xml, strlen(xml), 0, NULL, &parsed, error);

        if (r >= 0)
                r = test_host_normalize(parsed, &def, error);
        if (r >= 0)
                r = domain_list_add(driver->driver.domains, def, &domain, error);
        if (r < 0)
                return r;
        if (!facts->transient)
                domain_set_config(domain, def);
        if (facts->state != DOMAIN_SHUTOFF) {
                r = test_machine_start(domain, def, facts->state != DOMAIN_RUNNING, error);
                if (r < 0)
                        return r;
                domain_set_state(domain, (DomainState) facts->state, 0, DOMAIN_EVENT_NONE, 0);
        }
        if (facts->managed_save)
                test_domain_set_saved(domain, test_image_new(def, false));
        domain_publish(domain);
        *ret = domain;
        return 0;
}

/* Whether <active> says that it is the current one. */
static int is_current(const char *xml, bool *ret, Error *error)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = NULL;
        int r = xml_tree_parse(xml, strlen(xml), &xml_limits_default, "snapshot_definition", &tree, error);

        *ret = false;
        if (r < 0)
                return r;
        for (const xmlNode *child = xml_tree_root(tree)->children; child; child = child->next)
                if (is_named(child, "active"))
                        *ret = number_in(child) != 0;
        return 0;
}

static int add_snapshot(Domain *domain, const char *xml, Error *error)
{
        SnapshotDef *def = NULL;
        Snapshot *snapshot;
        bool current;
        int r = is_current(xml, &current, error);

        if (r >= 0)
                r = snapshot_def_parse(xml, strlen(xml), SNAPSHOT_DEF_PARSE_REDEFINE, &def, error);
        if (r < 0)
                return r;
        if (moment_find(domain, MOMENT_SNAPSHOT, def->name) ||
            (def->parent && !moment_find(domain, MOMENT_SNAPSHOT, def->parent))) {
                r = error_set(error, ERROR_XML_ERROR, "the snapshot '%s' is there already, or its parent is not",
                              def->name);
                snapshot_def_free(def);
                return r;
        }
        if (!def->domain)
                def->domain = domain_get_current(domain);
        snapshot = snapshot_add(domain, domain->object.driver->lists[OBJECT_DOMAIN_SNAPSHOT], def, def->parent);
        if (current)
                moment_set_current(domain, MOMENT_SNAPSHOT, &snapshot->moment);
        return 0;
}

static int add_checkpoint(Domain *domain, const char *xml, Error *error)
{
        CheckpointDef *def = NULL;
        int r = checkpoint_def_parse(xml, strlen(xml), true, &def, error);

        if (r < 0)
                return r;
        if (!def->domain)
                def->domain = domain_get_current(domain);
        (void) checkpoint_add(domain, domain->object.driver->lists[OBJECT_DOMAIN_CHECKPOINT], def, def->parent);
        return 0;
}

static int add_moments(const HostFile *file, Domain *domain, const xmlNode *root, Error *error)
{
        int r = 0;

        for (const xmlNode *child = root->children; r >= 0 && child; child = child->next) {
                bool is_snapshot = is_test_fact(child, "domainsnapshot");
                g_autofree char *xml = NULL;

                if (!is_snapshot && !is_test_fact(child, "domaincheckpoint"))
                        continue;
                r = read_element(file, child, &xml, error);
                if (r >= 0)
                        r = is_snapshot ? add_snapshot(domain, xml, error) : add_checkpoint(domain, xml, error);
        }
        return r;
}

static int read_domain(const HostFile *file, const xmlNode *node, const char *xml, Error *error)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = NULL;
        HostFile inner = { .driver = file->driver, .path = file->path };
        DomainFacts facts;
        Domain *domain;
        int r = xml_tree_parse(xml, strlen(xml), &xml_limits_default, "domain_definition", &tree, error);

        if (r >= 0)
                r = read_facts(xml_tree_root(tree), &facts, error);
        if (r >= 0)
                r = add_domain(file->driver, xml, &facts, &domain, error);
        if (r < 0)
                return r;
        inner.tree = tree;
        return add_moments(&inner, domain, xml_tree_root(tree), error);
}

/* The volumes stand in the element, also when the pool is in a file of its own. */
static int read_pool(const HostFile *file, const xmlNode *node, const char *xml, Error *error)
{
        StoragePool *pool = NULL;
        int r = test_pool_add(&file->driver->driver, xml, strlen(xml), &pool, error);

        for (const xmlNode *child = node->children; r >= 0 && child; child = child->next) {
                g_autofree char *volume = NULL;

                if (!is_named(child, "volume"))
                        continue;
                r = read_element(file, child, &volume, error);
                if (r >= 0)
                        r = test_vol_add(pool, volume, strlen(volume), error);
        }
        return r;
}

typedef int (*AddXml)(Driver *driver, const char *xml, size_t size, Error *error);

/* In the order in which they need each other. */
static const struct {
        const char *element;
        AddXml add;
        int (*read)(const HostFile *file, const xmlNode *node, const char *xml, Error *error);
} kinds[] = {
        { "network", .add = test_network_add },
        { "interface", .add = test_interface_add },
        { "pool", .read = read_pool },
        { "device", .add = test_node_device_add },
        { "secret", .add = test_secret_add },
        { "filter", .add = test_nwfilter_add },
        { "domain", .read = read_domain },
};

static int read_kind(const HostFile *file, const xmlNode *root, size_t i, Error *error)
{
        for (const xmlNode *node = root->children; node; node = node->next) {
                _cleanup_error_ Error cause = ERROR_INIT;
                g_autofree char *xml = NULL;
                int r;

                if (!is_named(node, kinds[i].element))
                        continue;
                r = read_element(file, node, &xml, &cause);
                if (r >= 0)
                        r = kinds[i].read ? kinds[i].read(file, node, xml, &cause) :
                                            kinds[i].add(&file->driver->driver, xml, strlen(xml), &cause);
                if (r < 0)
                        return fail_in(file, error, &cause);
        }
        return 0;
}

int test_host_file_load(TestDriver *driver, const char *path, Error *error)
{
        _cleanup_(host_file_clear) HostFile file = {};
        const xmlNode *root;
        int r = host_file_open(driver, path, &file, error);

        if (r < 0)
                return r;
        root = xml_tree_root(file.tree);
        if (!is_named(root, "node"))
                return error_set(error, ERROR_XML_ERROR, "%s: root element is not 'node'", path);
        for (const xmlNode *child = root->children; child; child = child->next) {
                if (is_named(child, "cpu"))
                        read_cpu(&driver->node, child);
                else if (is_named(child, "memory"))
                        driver->node.memory = number_in(child);
        }
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(kinds); i++)
                r = read_kind(&file, root, i, error);
        return r;
}
