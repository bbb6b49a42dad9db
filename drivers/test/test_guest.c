/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_guest.h"

#include "drivers/model/domain_vcpu.h"
#include "drivers/test/test_domain.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"
#include "drivers/test/test_plug.h"

#include <signal.h>

/* What libvirt's test driver says the clock of any guest shows. */
#define CLOCK_SECONDS 627319920u
#define VCPUS_MAX UINT16_MAX

static void free_lines(gpointer lines)
{
        g_ptr_array_unref(lines);
}

TestGuest *test_guest_new(void)
{
        TestGuest *guest = g_new(TestGuest, 1);

        *guest = (TestGuest) {
                .seconds = CLOCK_SECONDS,
                .frozen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_lines),
                .offline = g_hash_table_new(NULL, NULL),
                .sizes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        };
        return guest;
}

TestGuest *test_guest_free(TestGuest *guest)
{
        if (!guest)
                return NULL;
        g_hash_table_unref(guest->frozen);
        g_hash_table_unref(guest->keys);
        g_hash_table_unref(guest->offline);
        g_hash_table_unref(guest->sizes);
        g_free(guest);
        return NULL;
}

static TestGuest *guest_of(const Domain *domain)
{
        return test_machine(domain)->guest;
}

static void free_params(gpointer params)
{
        params_free(params);
}

static void free_records(gpointer records)
{
        g_ptr_array_unref(records);
}

static Params *result_params(Job *job)
{
        Params *params = params_new();

        job_set_result_object(job, params, free_params);
        return params;
}

static GPtrArray *result_records(Job *job)
{
        GPtrArray *records = records_new();

        job_set_result_object(job, records, free_records);
        return records;
}

static int get_hostname(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        const char *leased = flags & DOMAIN_HOSTNAME_LEASE ? test_plugs_hostname(domain) : NULL;

        if ((flags & DOMAIN_HOSTNAME_LEASE) && !leased)
                return error_set(error, ERROR_NO_HOSTNAME, "no lease of a network has one for domain '%s'",
                                 domain->name);
        job_set_result_text(job, leased ? g_strdup(leased) : g_strdup_printf("%shost", domain->name));
        return test_answer(domain, job, error);
}

static int get_time(Domain *domain, Job *job, Error *error)
{
        Params *params = result_params(job);

        params_add_u64(params, "seconds", guest_of(domain)->seconds);
        params_add_u32(params, "nseconds", guest_of(domain)->nseconds);
        return test_answer(domain, job, error);
}

static int set_time(Domain *domain, uint64_t seconds, uint32_t nseconds, uint32_t flags, Job *job, Error *error)
{
        TestGuest *guest = guest_of(domain);
        uint64_t now = (uint64_t) g_get_real_time() / USEC_PER_SEC;
        int64_t offset;

        guest->seconds = flags & DOMAIN_TIME_SYNC ? now : seconds;
        guest->nseconds = nseconds;
        /* a guest writes its time into its clock */
        offset = (int64_t) (guest->seconds - now);
        domain_emit(domain, DOMAIN_SIGNAL_RTC, &offset);
        return test_answer(domain, job, error);
}

static void add_filesystem(GPtrArray *records, const char *mountpoint, const char *target, unsigned partition)
{
        Params *record = records_add(records);
        g_autofree char *name = g_strdup_printf("%s%u", target, partition);
        const char *disks[] = { target, NULL };

        params_add_string(record, "mountpoint", mountpoint);
        params_add_string(record, "name", name);
        params_add_string(record, "fstype", "ext4");
        params_take_strv(record, "disks", g_strdupv((char **) disks));
        params_add_u64(record, "total-bytes", UINT64_C(4) << 30);
        params_add_u64(record, "used-bytes", UINT64_C(1) << 30);
}

/* The first disk has the system, the others are mounted beneath /mnt. */
static void add_filesystems(const Domain *domain, GPtrArray *records)
{
        bool first = true;

        DEF_FOREACH(disk, domain->live->disks) {
                g_autofree char *mountpoint = g_strdup_printf("/mnt/%s", disk->target);

                if (disk->device != DOMAIN_DISK_DEVICE_DISK)
                        continue;
                add_filesystem(records, first ? "/" : mountpoint, disk->target, 1);
                if (first)
                        add_filesystem(records, "/boot", disk->target, 2);
                first = false;
        }
}

static int get_filesystems(Domain *domain, Job *job, Error *error)
{
        add_filesystems(domain, result_records(job));
        return test_answer(domain, job, error);
}

static const char *mountpoint_of(const Params *record)
{
        return params_find(record, "mountpoint")->s;
}

static bool is_mounted(const GPtrArray *filesystems, const char *mountpoint)
{
        for (guint i = 0; i < filesystems->len; i++)
                if (streq(mountpoint_of(filesystems->pdata[i]), mountpoint))
                        return true;
        return false;
}

static int check_mountpoints(const GPtrArray *filesystems, const char *const *mountpoints, Error *error)
{
        for (; mountpoints && *mountpoints; mountpoints++)
                if (!is_mounted(filesystems, *mountpoints))
                        return error_set(error, ERROR_OPERATION_FAILED, "nothing is mounted at '%s'",
                                         *mountpoints);
        return 0;
}

/* Returns how many have changed. */
static uint32_t set_frozen(TestGuest *guest, const char *mountpoint, bool frozen)
{
        return frozen ? g_hash_table_add(guest->frozen, g_strdup(mountpoint)) :
                        g_hash_table_remove(guest->frozen, mountpoint);
}

static int freeze_or_thaw(Domain *domain, const char *const *mountpoints, bool frozen, Job *job, Error *error)
{
        g_autoptr(GPtrArray) filesystems = records_new();
        TestGuest *guest = guest_of(domain);
        uint32_t count = 0;
        int r;

        add_filesystems(domain, filesystems);
        r = check_mountpoints(filesystems, mountpoints, error);
        if (r < 0)
                return r;
        if (mountpoints && *mountpoints)
                for (; *mountpoints; mountpoints++)
                        count += set_frozen(guest, *mountpoints, frozen);
        else
                for (guint i = 0; i < filesystems->len; i++)
                        count += set_frozen(guest, mountpoint_of(filesystems->pdata[i]), frozen);
        params_add_u32(result_params(job), "count", count);
        return test_answer(domain, job, error);
}

static int freeze(Domain *domain, const char *const *mountpoints, Job *job, Error *error)
{
        return freeze_or_thaw(domain, mountpoints, true, job, error);
}

static int thaw(Domain *domain, const char *const *mountpoints, Job *job, Error *error)
{
        return freeze_or_thaw(domain, mountpoints, false, job, error);
}

static int trim(Domain *domain, const char *mountpoint, uint64_t minimum, Job *job, Error *error)
{
        const char *const mountpoints[] = { mountpoint, NULL };
        g_autoptr(GPtrArray) filesystems = records_new();

        add_filesystems(domain, filesystems);
        return check_mountpoints(filesystems, mountpoints, error);
}

/* Nobody ever logs in. */
static int set_password(Domain *domain, const char *user, const char *password, uint32_t flags, Job *job,
                        Error *error)
{
        return test_answer(domain, job, error);
}

static GPtrArray *keys_of(TestGuest *guest, const char *user)
{
        GPtrArray *lines = g_hash_table_lookup(guest->keys, user);

        if (!lines) {
                lines = g_ptr_array_new_with_free_func(g_free);
                g_hash_table_insert(guest->keys, g_strdup(user), lines);
        }
        return lines;
}

static int get_ssh_keys(Domain *domain, const char *user, Job *job, Error *error)
{
        GPtrArray *lines = keys_of(guest_of(domain), user);
        char **keys = g_new0(char *, lines->len + 1);

        for (guint i = 0; i < lines->len; i++)
                keys[i] = g_strdup(lines->pdata[i]);
        params_take_strv(result_params(job), "keys", keys);
        return test_answer(domain, job, error);
}

static int set_ssh_keys(Domain *domain, const char *user, const char *const *keys, uint32_t flags, Job *job,
                        Error *error)
{
        GPtrArray *lines = keys_of(guest_of(domain), user);

        if ((flags & (DOMAIN_SSH_KEYS_APPEND | DOMAIN_SSH_KEYS_REMOVE)) == 0)
                g_ptr_array_set_size(lines, 0);
        for (; *keys; keys++) {
                guint at;
                bool known = g_ptr_array_find_with_equal_func(lines, *keys, g_str_equal, &at);

                if (known && (flags & DOMAIN_SSH_KEYS_REMOVE))
                        g_ptr_array_remove_index(lines, at);
                else if (!known && !(flags & DOMAIN_SSH_KEYS_REMOVE))
                        g_ptr_array_add(lines, g_strdup(*keys));
        }
        return test_answer(domain, job, error);
}

static char *vcpu_set(const Domain *domain, bool online_only, uint32_t first)
{
        uint32_t n = domain_vcpus_max(domain->live);
        g_autofree uint8_t *map = g_new0(uint8_t, n);

        for (uint32_t i = first; i < n; i++)
                map[i] = domain_vcpu_is_enabled(domain->live, i) &&
                         !(online_only &&
                           g_hash_table_contains(guest_of(domain)->offline, GUINT_TO_POINTER(i)));
        return cpuset_from_map(map, n);
}

static int get_vcpus(Domain *domain, Job *job, Error *error)
{
        g_autofree char *all = vcpu_set(domain, false, 0), *online = vcpu_set(domain, true, 0),
                        *offlinable = vcpu_set(domain, false, 1);
        Params *params = result_params(job);

        params_add_string(params, "vcpus", strempty(all));
        params_add_string(params, "online", strempty(online));
        params_add_string(params, "offlinable", strempty(offlinable));
        return test_answer(domain, job, error);
}

static int set_vcpus(Domain *domain, const char *cpuset, bool online, Job *job, Error *error)
{
        GHashTable *offline = guest_of(domain)->offline;
        g_autofree uint8_t *map = g_new0(uint8_t, VCPUS_MAX);

        if (cpuset_to_map(cpuset, map, VCPUS_MAX) < 0)
                return error_set(error, ERROR_INVALID_ARG, "'%s' is no set of processors", cpuset);
        for (uint32_t i = 0; i < VCPUS_MAX; i++)
                if (map[i] && (i >= domain_vcpus_max(domain->live) || !domain_vcpu_is_enabled(domain->live, i)))
                        return error_set(error, ERROR_INVALID_ARG,
                                         "guest is missing vCPUs '%s'", cpuset);
        if (map[0] && !online)
                return error_set(error, ERROR_INVALID_ARG, "can't offline vCPU '0'");
        for (uint32_t i = 0; i < VCPUS_MAX; i++)
                if (map[i] && online)
                        g_hash_table_remove(offline, GUINT_TO_POINTER(i));
                else if (map[i])
                        g_hash_table_add(offline, GUINT_TO_POINTER(i));
        return test_answer(domain, job, error);
}

/* The first ones that there are stay online. */
static int set_vcpu_count(Domain *domain, uint32_t n, Job *job, Error *error)
{
        GHashTable *offline = guest_of(domain)->offline;
        uint32_t online = 0;

        if (n > domain_vcpus_current(domain->live))
                return error_set(error, ERROR_INVALID_ARG,
                                 "requested vcpu count is greater than the count of enabled vcpus in the "
                                 "domain: %" PRIu32 " > %" PRIu32, n, domain_vcpus_current(domain->live));
        g_hash_table_remove_all(offline);
        for (uint32_t i = 0; i < domain_vcpus_max(domain->live); i++)
                if (domain_vcpu_is_enabled(domain->live, i) && ++online > n)
                        g_hash_table_add(offline, GUINT_TO_POINTER(i));
        return test_answer(domain, job, error);
}

/* An address for each interface, in the order of the definition. */
static void add_addresses(const Domain *domain, GPtrArray *records)
{
        unsigned i = 0;

        DEF_FOREACH(interface, domain->live->interfaces) {
                Params *record = records_add(records);
                g_autofree char *address = g_strdup_printf("192.168.122.%u", 2 + i++ % 253);

                params_add_string(record, "name", interface->target ?: strempty(interface->info.alias));
                params_add_string(record, "hwaddr", strempty(interface->mac));
                params_add_i32(record, "type", 0);
                params_add_string(record, "addr", address);
                params_add_u32(record, "prefix", 24);
        }
}

static int get_addresses(Domain *domain, DomainAddressSource source, Job *job, Error *error)
{
        add_addresses(domain, result_records(job));
        return test_answer(domain, job, error);
}

static void add_info_filesystems(const Domain *domain, Params *ret)
{
        g_autoptr(GPtrArray) records = records_new();

        add_filesystems(domain, records);
        params_add_u32(ret, "fs.count", records->len);
        for (guint i = 0; i < records->len; i++) {
                const Params *record = records->pdata[i];

                params_add_string(ret, params_name(ret, "fs.%u.mountpoint", i), mountpoint_of(record));
                params_add_string(ret, params_name(ret, "fs.%u.name", i), params_find(record, "name")->s);
                params_add_string(ret, params_name(ret, "fs.%u.fstype", i), "ext4");
                params_add_u64(ret, params_name(ret, "fs.%u.total-bytes", i), UINT64_C(4) << 30);
                params_add_u64(ret, params_name(ret, "fs.%u.used-bytes", i), UINT64_C(1) << 30);
        }
}

static void add_info_interfaces(const Domain *domain, Params *ret)
{
        g_autoptr(GPtrArray) records = records_new();

        add_addresses(domain, records);
        params_add_u32(ret, "if.count", records->len);
        for (guint i = 0; i < records->len; i++) {
                const Params *record = records->pdata[i];

                params_add_string(ret, params_name(ret, "if.%u.name", i), params_find(record, "name")->s);
                params_add_string(ret, params_name(ret, "if.%u.hwaddr", i), params_find(record, "hwaddr")->s);
                params_add_u32(ret, params_name(ret, "if.%u.addr.count", i), 1);
                params_add_string(ret, params_name(ret, "if.%u.addr.0.type", i), "ipv4");
                params_add_string(ret, params_name(ret, "if.%u.addr.0.addr", i), params_find(record, "addr")->s);
                params_add_u32(ret, params_name(ret, "if.%u.addr.0.prefix", i), 24);
        }
}

static int get_info(Domain *domain, uint32_t types, Job *job, Error *error)
{
        Params *ret = result_params(job);

        if (types & GUEST_INFO_USERS) {
                params_add_u32(ret, "user.count", 1);
                params_add_string(ret, "user.0.name", "test");
                params_add_u64(ret, "user.0.login-time", UINT64_C(1000) * CLOCK_SECONDS);
        }
        if (types & GUEST_INFO_OS) {
                params_add_string(ret, "os.id", "test");
                params_add_string(ret, "os.name", "Test OS");
                params_add_string(ret, "os.version", "1.0");
                params_add_string(ret, "os.machine", strempty(domain->live->os.arch));
        }
        if (types & GUEST_INFO_TIMEZONE) {
                params_add_string(ret, "timezone.name", "UTC");
                params_add_i32(ret, "timezone.offset", 0);
        }
        if (types & GUEST_INFO_HOSTNAME)
                params_add_string(ret, "hostname", params_name(ret, "%shost", domain->name));
        if (types & GUEST_INFO_FILESYSTEM)
                add_info_filesystems(domain, ret);
        if (types & GUEST_INFO_DISKS)
                params_add_u32(ret, "disk.count", 0);
        if (types & GUEST_INFO_INTERFACES)
                add_info_interfaces(domain, ret);
        if (types & GUEST_INFO_LOAD) {
                params_add_double(ret, "load.1m", 0.5);
                params_add_double(ret, "load.5m", 0.5);
                params_add_double(ret, "load.15m", 0.5);
        }
        return test_answer(domain, job, error);
}

/* It always answers in time. */
static int set_agent_timeout(Domain *domain, int32_t timeout, Job *job, Error *error)
{
        return test_answer(domain, job, error);
}

static int suspend(Domain *domain, uint32_t target, Job *job, Error *error)
{
        if (domain->state != DOMAIN_RUNNING)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
        if (target == 1) {
                domain_emit(domain, DOMAIN_SIGNAL_PM_SUSPEND_DISK, NULL);
                test_domain_stop(domain, DOMAIN_SHUTOFF_SHUTDOWN, DOMAIN_EVENT_STOPPED_SHUTDOWN);
                return test_answer(domain, job, error);
        }
        test_machine_pause(test_machine(domain));
        domain_set_state(domain, DOMAIN_PMSUSPENDED, 0, DOMAIN_EVENT_PMSUSPENDED,
                         DOMAIN_EVENT_PMSUSPENDED_MEMORY);
        domain_emit(domain, DOMAIN_SIGNAL_PM_SUSPEND, NULL);
        return test_answer(domain, job, error);
}

static int wakeup(Domain *domain, Job *job, Error *error)
{
        test_machine_run(test_machine(domain));
        domain_set_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_WAKEUP, DOMAIN_EVENT_STARTED,
                         DOMAIN_EVENT_STARTED_WAKEUP);
        domain_emit(domain, DOMAIN_SIGNAL_PM_WAKEUP, NULL);
        return test_answer(domain, job, error);
}

/* The guest has one process, which ends with the machine. */
static int send_signal(Domain *domain, int64_t pid, uint32_t number, Job *job, Error *error)
{
        if (pid != 1)
                return error_set(error, ERROR_INVALID_ARG, "only sending a signal to pid 1 is supported");
        if (number == SIGTERM || number == SIGKILL || number == SIGINT || number == SIGQUIT)
                test_domain_stop(domain, DOMAIN_SHUTOFF_SHUTDOWN, DOMAIN_EVENT_STOPPED_SHUTDOWN);
        return test_answer(domain, job, error);
}

const GuestOps test_guest_ops = {
        .get_hostname = get_hostname,
        .get_time = get_time,
        .set_time = set_time,
        .get_info = get_info,
        .get_filesystems = get_filesystems,
        .freeze = freeze,
        .thaw = thaw,
        .trim = trim,
        .set_password = set_password,
        .get_ssh_keys = get_ssh_keys,
        .set_ssh_keys = set_ssh_keys,
        .get_vcpus = get_vcpus,
        .set_vcpus = set_vcpus,
        .set_vcpu_count = set_vcpu_count,
        .get_addresses = get_addresses,
        .agent_command = test_agent_command,
        .set_agent_timeout = set_agent_timeout,
        .suspend = suspend,
        .wakeup = wakeup,
        .send_signal = send_signal,
};
