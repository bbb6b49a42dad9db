/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/kind.h"

#include "drivers/driver.h"

#include <string.h>

#define UUID_LENGTH 36u

static bool is_hyphen(size_t i)
{
        return i == 8 || i == 13 || i == 18 || i == 23;
}

/* "6695eb01-f6a4-…" as "_6695eb01_f6a4_…" */
static char *write_uuid(const char *uuid, char *p)
{
        /* where the hyphens are is known: lists of thousands are made here */
        *p++ = '_';
        memcpy(p, uuid, UUID_LENGTH + 1);
        p[8] = p[13] = p[18] = p[23] = '_';
        p[UUID_LENGTH] = '\0';
        return p + UUID_LENGTH;
}

/* The UUID that the element begins with. */
static int read_uuid(const char *element, char *ret)
{
        if (element[0] != '_')
                return -EINVAL;
        for (size_t i = 0; i < UUID_LENGTH; i++) {
                char c = element[i + 1];

                if (is_hyphen(i) ? c != '_' : !g_ascii_isxdigit(c))
                        return -EINVAL;
                ret[i] = is_hyphen(i) ? '-' : g_ascii_tolower(c);
        }
        ret[UUID_LENGTH] = '\0';
        return 0;
}

static int read_last_uuid(const char *element, char *ret)
{
        int r = read_uuid(element, ret);

        return r < 0 || element[UUID_LENGTH + 1] ? -EINVAL : 0;
}

/* Every byte but letters and digits of ASCII as "_xx". */
static char *write_escaped(const char *s, char *p)
{
        static const char digits[] = "0123456789abcdef";

        g_assert(strlen(s) < KIND_KEY_MAX);
        for (; *s; s++) {
                unsigned char c = (unsigned char) *s;

                if (g_ascii_isalnum(c)) {
                        *p++ = (char) c;
                        continue;
                }
                *p++ = '_';
                *p++ = digits[c >> 4];
                *p++ = digits[c & 0xf];
        }
        *p = '\0';
        return p;
}

/* ret has size bytes. */
static int read_escaped(const char *s, char *ret, size_t size)
{
        const char *begin = ret, *end = ret + size;

        while (*s) {
                if (ret + 1 >= end)
                        return -EINVAL;
                if (*s != '_') {
                        *ret++ = *s++;
                        continue;
                }
                if (!g_ascii_isxdigit(s[1]) || !g_ascii_isxdigit(s[2]))
                        return -EINVAL;
                *ret++ = (char) (g_ascii_xdigit_value(s[1]) << 4 | g_ascii_xdigit_value(s[2]));
                s += 3;
        }
        *ret = '\0';
        /* it goes into the sentence of an error */
        return g_utf8_validate(begin, ret - begin, NULL) ? 0 : -EINVAL;
}

static char *uuid_write(const char *key, char buffer[static KIND_ELEMENT_MAX])
{
        return write_uuid(key, buffer);
}

static int uuid_read(const char *element, char ret[static KIND_KEY_MAX])
{
        return read_last_uuid(element, ret);
}

static char *escaped_write(const char *key, char buffer[static KIND_ELEMENT_MAX])
{
        return write_escaped(key, buffer);
}

static int escaped_read(const char *element, char ret[static KIND_KEY_MAX])
{
        return read_escaped(element, ret, KIND_KEY_MAX);
}

/* "UUID/name" */
static char *uuid_escaped_write(const char *key, char buffer[static KIND_ELEMENT_MAX])
{
        char *p = write_uuid(key, buffer);

        *p++ = '_';
        return write_escaped(key + UUID_LENGTH + 1, p);
}

static int uuid_escaped_read(const char *element, char ret[static KIND_KEY_MAX])
{
        int r = read_uuid(element, ret);

        if (r < 0 || element[UUID_LENGTH + 1] != '_')
                return -EINVAL;
        ret[UUID_LENGTH] = '/';
        return read_escaped(element + UUID_LENGTH + 2, ret + UUID_LENGTH + 1, KIND_KEY_MAX - UUID_LENGTH - 1);
}

/* "UUID/UUID" */
static char *uuid_uuid_write(const char *key, char buffer[static KIND_ELEMENT_MAX])
{
        return write_uuid(key + UUID_LENGTH + 1, write_uuid(key, buffer));
}

static int uuid_uuid_read(const char *element, char ret[static KIND_KEY_MAX])
{
        int r = read_uuid(element, ret);

        if (r < 0)
                return r;
        ret[UUID_LENGTH] = '/';
        return read_last_uuid(element + UUID_LENGTH + 1, ret + UUID_LENGTH + 1);
}

static const KindForm form_uuid = { uuid_write, uuid_read, "Invalid UUID", true, 0 };
static const KindForm form_escaped = { escaped_write, escaped_read, "Invalid object path", false, 0 };
static const KindForm form_uuid_escaped = { uuid_escaped_write, uuid_escaped_read, "Invalid object path",
                                            false, UUID_LENGTH + 1 };
static const KindForm form_uuid_uuid = { uuid_uuid_write, uuid_uuid_read, "Invalid UUID", false, UUID_LENGTH + 1 };

const Kind kinds[_OBJECT_TYPE_MAX] = {
        [OBJECT_CONNECT] = {
                .getattr = PERMISSION_CONNECT_GETATTR,
                .read = PERMISSION_CONNECT_READ,
                .search = PERMISSION_CONNECT_GETATTR,
                .change = PERMISSION_CONNECT_WRITE,
        },
        [OBJECT_DOMAIN] = {
                .name = "domain",
                .form = &form_uuid,
                .getattr = PERMISSION_DOMAIN_GETATTR,
                .read = PERMISSION_DOMAIN_READ,
                .search = PERMISSION_CONNECT_SEARCH_DOMAINS,
                .change = PERMISSION_DOMAIN_WRITE,
                .missing = ERROR_NO_DOMAIN,
                .missing_text = "no domain with matching uuid '%s'",
                .missing_name_text = "no domain with matching name '%s'",
                .lookup = "virDomainLookupByUUID",
        },
        [OBJECT_JOB] = {
                .name = "job",
                .getattr = PERMISSION_CONNECT_GETATTR,
                .read = PERMISSION_CONNECT_GETATTR,
                .search = PERMISSION_CONNECT_GETATTR,
                .change = PERMISSION_CONNECT_WRITE,
        },
        [OBJECT_NETWORK] = {
                .name = "network",
                .form = &form_uuid,
                .getattr = PERMISSION_NETWORK_GETATTR,
                .read = PERMISSION_NETWORK_READ,
                .search = PERMISSION_CONNECT_SEARCH_NETWORKS,
                .change = PERMISSION_NETWORK_WRITE,
                .missing = ERROR_NO_NETWORK,
                .missing_text = "no network with matching uuid '%s'",
                .missing_name_text = "no network with matching name '%s'",
                .lookup = "virNetworkLookupByUUID",
        },
        [OBJECT_NETWORK_PORT] = {
                .name = "networkport",
                .form = &form_uuid_uuid,
                .within = OBJECT_NETWORK,
                .getattr = PERMISSION_NETWORK_PORT_GETATTR,
                .read = PERMISSION_NETWORK_PORT_READ,
                .search = PERMISSION_NETWORK_SEARCH_PORTS,
                .change = PERMISSION_NETWORK_PORT_WRITE,
                .missing = ERROR_NO_NETWORK_PORT,
                .missing_text = "no network port with UUID %s",
                .lookup = "virNetworkPortLookupByUUID",
        },
        [OBJECT_STORAGE_POOL] = {
                .name = "storagepool",
                .form = &form_uuid,
                .getattr = PERMISSION_STORAGE_POOL_GETATTR,
                .read = PERMISSION_STORAGE_POOL_READ,
                .search = PERMISSION_CONNECT_SEARCH_STORAGE_POOLS,
                .change = PERMISSION_STORAGE_POOL_WRITE,
                .missing = ERROR_NO_STORAGE_POOL,
                .missing_text = "no storage pool with matching uuid '%s'",
                .missing_name_text = "no storage pool with matching name '%s'",
                .lookup = "virStoragePoolLookupByUUID",
        },
        [OBJECT_STORAGE_VOL] = {
                .name = "storagevol",
                .form = &form_escaped,
                .getattr = PERMISSION_STORAGE_VOL_GETATTR,
                .read = PERMISSION_STORAGE_VOL_READ,
                .search = PERMISSION_STORAGE_POOL_SEARCH_STORAGE_VOLS,
                .change = PERMISSION_STORAGE_VOL_DELETE,
                .missing = ERROR_NO_STORAGE_VOL,
                .missing_text = "no storage vol with matching key '%s'",
                .lookup = "virStorageVolLookupByKey",
        },
        [OBJECT_INTERFACE] = {
                .name = "interface",
                .form = &form_escaped,
                .getattr = PERMISSION_INTERFACE_GETATTR,
                .read = PERMISSION_INTERFACE_READ,
                .search = PERMISSION_CONNECT_SEARCH_INTERFACES,
                .change = PERMISSION_INTERFACE_WRITE,
                .missing = ERROR_NO_INTERFACE,
                .missing_text = "couldn't find interface '%s'",
                .lookup = "virInterfaceLookupByMACString",
        },
        [OBJECT_NODE_DEVICE] = {
                .name = "nodedev",
                .form = &form_escaped,
                .getattr = PERMISSION_NODE_DEVICE_GETATTR,
                .read = PERMISSION_NODE_DEVICE_READ,
                .search = PERMISSION_CONNECT_SEARCH_NODE_DEVICES,
                .change = PERMISSION_NODE_DEVICE_WRITE,
                .missing = ERROR_NO_NODE_DEVICE,
                .missing_text = "no node device with matching name '%s'",
                .lookup = "virNodeDeviceLookupByName",
        },
        [OBJECT_NWFILTER] = {
                .name = "nwfilter",
                .form = &form_uuid,
                .getattr = PERMISSION_NWFILTER_GETATTR,
                .read = PERMISSION_NWFILTER_READ,
                .search = PERMISSION_CONNECT_SEARCH_NWFILTERS,
                .change = PERMISSION_NWFILTER_WRITE,
                .missing = ERROR_NO_NWFILTER,
                .missing_text = "no nwfilter with matching uuid '%s'",
                .missing_name_text = "no nwfilter with matching name '%s'",
                .lookup = "virNWFilterLookupByUUID",
        },
        [OBJECT_NWFILTER_BINDING] = {
                .name = "nwfilterbinding",
                .form = &form_escaped,
                .getattr = PERMISSION_NWFILTER_BINDING_GETATTR,
                .read = PERMISSION_NWFILTER_BINDING_READ,
                .search = PERMISSION_CONNECT_SEARCH_NWFILTER_BINDINGS,
                .change = PERMISSION_NWFILTER_BINDING_CREATE,
                .missing = ERROR_NO_NWFILTER_BINDING,
                .missing_text = "no nwfilter binding for port dev '%s'",
                .lookup = "virNWFilterBindingLookupByPortDev",
        },
        [OBJECT_SECRET] = {
                .name = "secret",
                .form = &form_uuid,
                .getattr = PERMISSION_SECRET_GETATTR,
                .read = PERMISSION_SECRET_READ,
                .search = PERMISSION_CONNECT_SEARCH_SECRETS,
                .change = PERMISSION_SECRET_WRITE,
                .missing = ERROR_NO_SECRET,
                .missing_text = "no secret with matching uuid '%s'",
                .lookup = "virSecretLookupByUUID",
        },
        [OBJECT_DOMAIN_SNAPSHOT] = {
                .name = "domainsnapshot",
                .form = &form_uuid_escaped,
                .within = OBJECT_DOMAIN,
                .getattr = PERMISSION_DOMAIN_GETATTR,
                .read = PERMISSION_DOMAIN_READ,
                .search = PERMISSION_DOMAIN_READ,
                .change = PERMISSION_DOMAIN_SNAPSHOT,
                .missing = ERROR_NO_DOMAIN_SNAPSHOT,
                .missing_text = "no domain snapshot with matching name '%s'",
                .lookup = "virDomainSnapshotLookupByName",
        },
        [OBJECT_DOMAIN_CHECKPOINT] = {
                .name = "domaincheckpoint",
                .form = &form_uuid_escaped,
                .within = OBJECT_DOMAIN,
                .getattr = PERMISSION_DOMAIN_GETATTR,
                .read = PERMISSION_DOMAIN_READ,
                .search = PERMISSION_DOMAIN_READ,
                .change = PERMISSION_DOMAIN_CHECKPOINT,
                .missing = ERROR_NO_DOMAIN_CHECKPOINT,
                .missing_text = "no domain checkpoint with matching name '%s'",
                .lookup = "virDomainCheckpointLookupByName",
        },
};

const InterfaceInfo *kind_interface(ObjectType type)
{
        return contract_of_type[type];
}

bool kind_is_on_face(ObjectType type, const Face *face)
{
        const InterfaceInfo *interface = kind_interface(type);

        return interface && (interface->faces & face->mask);
}

static Object *list_find(const ObjectList *list, const Face *face, const char *key)
{
        return face->libvirt_keys ? object_list_find_libvirt_key(list, key) : object_list_find(list, key);
}

static Object *missing(const Kind *kind, const char *shown, Error *error)
{
        (void) error_set(error, kind->missing, kind->missing_text, shown);
        return NULL;
}

Object *kind_find(ObjectType type, const Driver *driver, const Face *face, const char *element, Error *error)
{
        const Kind *kind = kinds + type;
        char key[KIND_KEY_MAX];
        Object *object;

        if (kind->form->read(element, key) < 0) {
                (void) error_set(error, ERROR_INVALID_OBJECT_PATH, "%s", kind->form->malformed);
                return NULL;
        }
        if (!driver->lists[type]) {
                (void) error_set(error, ERROR_NO_SUPPORT, "%s", kind->lookup);
                return NULL;
        }
        object = list_find(driver->lists[type], face, key);
        if (object)
                return object;
        if (kind->within != OBJECT_CONNECT) {
                key[UUID_LENGTH] = '\0';
                if (!object_list_find(driver->lists[kind->within], key))
                        return missing(kinds + kind->within, key, error);
        }
        return missing(kind, key + kind->form->shown, error);
}

char *kind_element(const Face *face, const Object *object, char buffer[static KIND_ELEMENT_MAX])
{
        const char *key = NULL;

        if (face->libvirt_keys && object->class->libvirt_key)
                key = object->class->libvirt_key(object);
        if (!key)
                key = object->key;
        return kinds[object->type].form->write(key, buffer);
}
