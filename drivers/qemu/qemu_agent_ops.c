/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_request.h"

#include "drivers/model/cpuset.h"

#include <string.h>

/* What the guest is asked by its agent (docs/interop/qemu-ga-ref of QEMU), and how its answers read. */

#define ITEMS_MAX 1024u /* of any list in an answer; what is beyond is left out */
#define FREEZE_USEC (60 * USEC_PER_SEC)
#define TRIM_USEC (600 * USEC_PER_SEC)
#define VCPUS_MAX UINT16_MAX

static unsigned array_length(JsonArray *array)
{
        return array ? MIN(json_array_get_length(array), ITEMS_MAX) : 0;
}

static void copy_string(JsonObject *object, const char *member, const char *name, Params *ret)
{
        const char *s = "";

        (void) qmp_get_string(object, member, &s);
        params_add_string(ret, name, strempty(s));
}

static void copy_u64(JsonObject *object, const char *member, const char *name, Params *ret)
{
        uint64_t v;

        if (qmp_get_u64(object, member, &v) > 0)
                params_add_u64(ret, name, v);
}

static int result_hostname(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        JsonObject *object = qmp_node_object(result);
        const char *name;

        if (!object || qmp_get_string(object, "host-name", &name) <= 0)
                return qemu_bad_answer(error, "guest-get-host-name");
        if (isempty(name))
                return error_set(error, ERROR_NO_HOSTNAME, "the guest of domain '%s' has none", domain->name);
        job_set_result_text(job, g_strdup(name));
        return 0;
}

static int get_hostname(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        const char *leased = flags & DOMAIN_HOSTNAME_LEASE && domain->live ? qemu_network_hostname(domain) : NULL;

        if (leased) {
                job_set_result_text(job, g_strdup(leased));
                return 0;
        }
        if (flags & DOMAIN_HOSTNAME_LEASE)
                return error_set(error, ERROR_NO_HOSTNAME, "no lease of a network has one for domain '%s'",
                                 domain->name);
        return qemu_agent_request(domain, "guest-get-host-name", NULL, AGENT_TIMEOUT_DEFAULT, result_hostname, job,
                                  error);
}

static int result_time(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        Params *params;
        int64_t ns;

        if (!JSON_NODE_HOLDS_VALUE(result) || json_node_get_value_type(result) != G_TYPE_INT64)
                return qemu_bad_answer(error, "guest-get-time");
        ns = json_node_get_int(result);
        if (ns < 0)
                return error_set(error, ERROR_OPERATION_FAILED, "the clock of the guest is before 1970");
        params = qemu_result_params(job);
        params_add_u64(params, "seconds", (uint64_t) ns / NSEC_PER_SEC);
        params_add_u32(params, "nseconds", (uint32_t) ((uint64_t) ns % NSEC_PER_SEC));
        return 0;
}

static int get_time(Domain *domain, Job *job, Error *error)
{
        return qemu_agent_request(domain, "guest-get-time", NULL, AGENT_TIMEOUT_DEFAULT, result_time, job, error);
}

static int set_time(Domain *domain, uint64_t seconds, uint32_t nseconds, uint32_t flags, Job *job, Error *error)
{
        JsonObject *arguments = NULL;

        if (seconds > INT64_MAX / NSEC_PER_SEC - 1)
                return error_set(error, ERROR_OVERFLOW, "Time '%" PRIu64 "' is too big for guest agent", seconds);
        if (!(flags & DOMAIN_TIME_SYNC))
                arguments = qmp_object("U:time", seconds * NSEC_PER_SEC + nseconds, NULL);
        return qemu_agent_request(domain, "guest-set-time", arguments, AGENT_TIMEOUT_DEFAULT, NULL, job, error);
}

/* Which disk of ours the guest means, by its place; NULL: none. */
static const char *find_target(const DomainDef *live, JsonObject *disk)
{
        JsonObject *pci = NULL;
        uint64_t bus = 0, slot = 0, function = 0, place = 0, target = 0, unit = 0;

        (void) qmp_get_object(disk, "pci-controller", &pci);
        if (pci) {
                (void) qmp_get_u64(pci, "bus", &bus);
                (void) qmp_get_u64(pci, "slot", &slot);
                (void) qmp_get_u64(pci, "function", &function);
        }
        (void) qmp_get_u64(disk, "bus", &place);
        (void) qmp_get_u64(disk, "target", &target);
        (void) qmp_get_u64(disk, "unit", &unit);
        DEF_FOREACH(ours, live->disks) {
                const DomainAddress *address = ours->info.address;

                if (address && pci && address->type == DOMAIN_ADDRESS_PCI && address->pci.bus == bus &&
                    address->pci.slot == slot && address->pci.function == function)
                        return ours->target;
                if (address && address->type == DOMAIN_ADDRESS_DRIVE && address->drive.bus == place &&
                    address->drive.target == target && address->drive.unit == unit)
                        return ours->target;
        }
        return NULL;
}

static char **find_targets(const DomainDef *live, JsonObject *filesystem)
{
        g_autoptr(GPtrArray) targets = g_ptr_array_new();
        JsonArray *disks = NULL;

        (void) qmp_get_array(filesystem, "disk", &disks);
        for (unsigned i = 0; i < array_length(disks); i++) {
                JsonObject *disk = qmp_array_object(disks, i);
                const char *target = disk ? find_target(live, disk) : NULL;

                if (target)
                        g_ptr_array_add(targets, g_strdup(target));
        }
        g_ptr_array_add(targets, NULL);
        return (char **) g_ptr_array_steal(targets, NULL);
}

static int result_filesystems(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        JsonArray *array = qmp_node_array(result);
        GPtrArray *records;

        if (!array || !domain->live)
                return qemu_bad_answer(error, "guest-get-fsinfo");
        records = qemu_result_records(job);
        for (unsigned i = 0; i < array_length(array); i++) {
                JsonObject *filesystem = qmp_array_object(array, i);
                Params *record;

                if (!filesystem)
                        continue;
                record = records_add(records);
                copy_string(filesystem, "mountpoint", "mountpoint", record);
                copy_string(filesystem, "name", "name", record);
                copy_string(filesystem, "type", "fstype", record);
                params_take_strv(record, "disks", find_targets(domain->live, filesystem));
                copy_u64(filesystem, "total-bytes", "total-bytes", record);
                copy_u64(filesystem, "used-bytes", "used-bytes", record);
        }
        return 0;
}

static int get_filesystems(Domain *domain, Job *job, Error *error)
{
        return qemu_agent_request(domain, "guest-get-fsinfo", NULL, AGENT_TIMEOUT_DEFAULT, result_filesystems, job,
                                  error);
}

static int result_count(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        int64_t n;

        if (!JSON_NODE_HOLDS_VALUE(result) || json_node_get_value_type(result) != G_TYPE_INT64)
                return qemu_bad_answer(error, "guest-fsfreeze");
        n = json_node_get_int(result);
        params_add_u32(qemu_result_params(job), "count", (uint32_t) CLAMP(n, 0, UINT32_MAX));
        return 0;
}

static JsonArray *strv_array(const char *const *strv)
{
        JsonArray *array = json_array_new();

        for (; *strv; strv++)
                json_array_add_string_element(array, *strv);
        return array;
}

static int freeze(Domain *domain, const char *const *mountpoints, Job *job, Error *error)
{
        if (!mountpoints[0])
                return qemu_agent_request(domain, "guest-fsfreeze-freeze", NULL, FREEZE_USEC, result_count, job,
                                          error);
        return qemu_agent_request(domain, "guest-fsfreeze-freeze-list",
                                  qmp_object("a:mountpoints", strv_array(mountpoints), NULL), FREEZE_USEC,
                                  result_count, job, error);
}

static int thaw(Domain *domain, const char *const *mountpoints, Job *job, Error *error)
{
        if (mountpoints[0])
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED, "specifying mountpoints is not supported");
        return qemu_agent_request(domain, "guest-fsfreeze-thaw", NULL, FREEZE_USEC, result_count, job, error);
}

static int trim(Domain *domain, const char *mountpoint, uint64_t minimum, Job *job, Error *error)
{
        if (mountpoint)
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED,
                                 "Specifying mount point is not supported for now");
        return qemu_agent_request(domain, "guest-fstrim", qmp_object("U:minimum", MIN(minimum, INT64_MAX), NULL),
                                  TRIM_USEC, NULL, job, error);
}

static int set_password(Domain *domain, const char *user, const char *password, uint32_t flags, Job *job,
                        Error *error)
{
        g_autofree char *encoded = g_base64_encode((const guchar *) password, strlen(password));

        return qemu_agent_request(domain, "guest-set-user-password",
                                  qmp_object("s:username", user, "s:password", encoded, "b:crypted",
                                             (flags & DOMAIN_PASSWORD_ENCRYPTED) != 0, NULL),
                                  AGENT_TIMEOUT_DEFAULT, NULL, job, error);
}

static int result_ssh_keys(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        g_autoptr(GPtrArray) keys = g_ptr_array_new();
        JsonObject *object = qmp_node_object(result);
        JsonArray *array = NULL;

        if (!object || qmp_get_array(object, "keys", &array) <= 0)
                return qemu_bad_answer(error, "guest-ssh-get-authorized-keys");
        for (unsigned i = 0; i < array_length(array); i++) {
                JsonNode *node = json_array_get_element(array, i);

                if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
                        g_ptr_array_add(keys, g_strdup(json_node_get_string(node)));
        }
        g_ptr_array_add(keys, NULL);
        params_take_strv(qemu_result_params(job), "keys", (char **) g_ptr_array_steal(keys, NULL));
        return 0;
}

static int get_ssh_keys(Domain *domain, const char *user, Job *job, Error *error)
{
        return qemu_agent_request(domain, "guest-ssh-get-authorized-keys", qmp_object("s:username", user, NULL),
                                  AGENT_TIMEOUT_DEFAULT, result_ssh_keys, job, error);
}

static int set_ssh_keys(Domain *domain, const char *user, const char *const *keys, uint32_t flags, Job *job,
                        Error *error)
{
        JsonObject *arguments = qmp_object("s:username", user, "a:keys", strv_array(keys), NULL);

        if (flags & DOMAIN_SSH_KEYS_REMOVE)
                return qemu_agent_request(domain, "guest-ssh-remove-authorized-keys", arguments,
                                          AGENT_TIMEOUT_DEFAULT, NULL, job, error);
        json_object_set_boolean_member(arguments, "reset", (flags & DOMAIN_SSH_KEYS_APPEND) == 0);
        return qemu_agent_request(domain, "guest-ssh-add-authorized-keys", arguments, AGENT_TIMEOUT_DEFAULT, NULL,
                                  job, error);
}

static int result_vcpus(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        static const char *const names[] = { "vcpus", "online", "offlinable" };
        JsonArray *array = qmp_node_array(result);
        g_autofree uint8_t *maps = NULL;
        Params *params;

        if (!array)
                return qemu_bad_answer(error, "guest-get-vcpus");
        maps = g_new0(uint8_t, ELEMENTSOF(names) * VCPUS_MAX);
        for (unsigned i = 0; i < array_length(array); i++) {
                JsonObject *vcpu = qmp_array_object(array, i);
                bool online = false, offlinable = false;
                uint64_t id;

                if (!vcpu || qmp_get_u64(vcpu, "logical-id", &id) <= 0 || id >= VCPUS_MAX)
                        continue;
                (void) qmp_get_bool(vcpu, "online", &online);
                (void) qmp_get_bool(vcpu, "can-offline", &offlinable);
                maps[id] = true;
                maps[VCPUS_MAX + id] = online;
                maps[2 * VCPUS_MAX + id] = offlinable;
        }
        params = qemu_result_params(job);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *set = cpuset_from_map(maps + i * VCPUS_MAX, VCPUS_MAX);

                params_add_string(params, names[i], strempty(set));
        }
        return 0;
}

static int get_vcpus(Domain *domain, Job *job, Error *error)
{
        return qemu_agent_request(domain, "guest-get-vcpus", NULL, AGENT_TIMEOUT_DEFAULT, result_vcpus, job, error);
}

static int set_vcpus(Domain *domain, const char *cpuset, bool online, Job *job, Error *error)
{
        g_autofree uint8_t *map = g_new0(uint8_t, VCPUS_MAX);
        JsonArray *vcpus;

        if (cpuset_to_map(cpuset, map, VCPUS_MAX) < 0)
                return error_set(error, ERROR_INVALID_ARG, "'%s' is no set of processors", cpuset);
        vcpus = json_array_new();
        for (unsigned i = 0; i < VCPUS_MAX; i++)
                if (map[i])
                        json_array_add_object_element(vcpus, qmp_object("u:logical-id", i, "b:online", online,
                                                                        NULL));
        return qemu_agent_request(domain, "guest-set-vcpus", qmp_object("a:vcpus", vcpus, NULL),
                                  AGENT_TIMEOUT_DEFAULT, NULL, job, error);
}

static Params *add_interface(JsonObject *interface, GPtrArray *records)
{
        Params *record = records_add(records);

        copy_string(interface, "name", "name", record);
        copy_string(interface, "hardware-address", "hwaddr", record);
        return record;
}

static void add_address(JsonObject *interface, JsonObject *address, GPtrArray *records)
{
        Params *record = add_interface(interface, records);
        const char *type = NULL;
        uint64_t prefix = 0;

        (void) qmp_get_string(address, "ip-address-type", &type);
        (void) qmp_get_u64(address, "prefix", &prefix);
        params_add_i32(record, "type", streq_ptr(type, "ipv6") ? 1 : 0);
        copy_string(address, "ip-address", "addr", record);
        params_add_u32(record, "prefix", (uint32_t) MIN(prefix, 128));
}

static int result_addresses(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        JsonArray *array = qmp_node_array(result), *addresses;
        GPtrArray *records;

        if (!array)
                return qemu_bad_answer(error, "guest-network-get-interfaces");
        records = qemu_result_records(job);
        for (unsigned i = 0; i < array_length(array); i++) {
                JsonObject *interface = qmp_array_object(array, i);

                if (!interface)
                        continue;
                addresses = NULL;
                (void) qmp_get_array(interface, "ip-addresses", &addresses);
                if (array_length(addresses) == 0)
                        (void) add_interface(interface, records);
                for (unsigned k = 0; k < array_length(addresses); k++) {
                        JsonObject *address = qmp_array_object(addresses, k);

                        if (address)
                                add_address(interface, address, records);
                }
        }
        return 0;
}

static int get_addresses(Domain *domain, DomainAddressSource source, Job *job, Error *error)
{
        if (source == DOMAIN_ADDRESSES_LEASE) {
                if (!domain->live)
                        return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
                qemu_network_addresses(domain, qemu_result_records(job));
                return 0;
        }
        if (source != DOMAIN_ADDRESSES_AGENT)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "addresses can be asked of the guest's agent, or of the leases of networks");
        return qemu_agent_request(domain, "guest-network-get-interfaces", NULL, AGENT_TIMEOUT_DEFAULT,
                                  result_addresses, job, error);
}

static int wakeup(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_request(domain, "system_wakeup", NULL, NULL, job, error);
}

/* It is of the machine, and needs no agent that is there. */
static int set_agent_timeout(Domain *domain, int32_t timeout, Job *job, Error *error)
{
        QemuGuest *guest = domain_guest(domain);

        guest->status.has_agent_timeout = timeout != GUEST_TIMEOUT_DEFAULT;
        guest->status.agent_timeout = timeout;
        guest_update_status(guest);
        return 0;
}

const GuestOps qemu_guest_ops = {
        .get_hostname = get_hostname,
        .get_time = get_time,
        .set_time = set_time,
        .get_filesystems = get_filesystems,
        .freeze = freeze,
        .thaw = thaw,
        .trim = trim,
        .set_password = set_password,
        .get_ssh_keys = get_ssh_keys,
        .set_ssh_keys = set_ssh_keys,
        .get_vcpus = get_vcpus,
        .set_vcpus = set_vcpus,
        .get_addresses = get_addresses,
        .agent_command = qemu_agent_command,
        .set_agent_timeout = set_agent_timeout,
        .wakeup = wakeup,
};
