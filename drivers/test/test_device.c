/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_guest.h"

#include "drivers/model/domain_find.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"

#include <fcntl.h>
#include <sys/socket.h>

#define CAPACITY (UINT64_C(8) << 30)

/* Keys and interrupts: nobody is there to notice. */

static int send_key(Domain *domain, DomainKeycodeSet set, uint32_t holdtime, const uint32_t *keycodes, size_t n,
                    Job *job, Error *error)
{
        for (size_t i = 0; i < n; i++)
                if (keycodes[i] > UINT16_MAX)
                        return error_set(error, ERROR_INVALID_ARG, "invalid keycode: 0x%x", keycodes[i]);
        return test_answer(domain, job, error);
}

static int inject_nmi(Domain *domain, Job *job, Error *error)
{
        return test_answer(domain, job, error);
}

/* A display says its version, as VNC does, and from then on sends back what it gets. */
static int open_graphics(Domain *domain, uint32_t index, int fd, uint32_t flags, Job *job, Error *error)
{
        static const char greeting[] = "RFB 003.008\n";
        g_autofree char *alias = g_strdup_printf("graphics%" PRIu32, index);
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

        if (copy < 0)
                return error_set_errno(error, errno, "cannot copy a file descriptor");
        if (domain->live->graphics.items[index]->type == DOMAIN_GRAPHICS_VNC)
                (void) send(copy, greeting, sizeof(greeting) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        return test_machine_add_display(domain, alias, copy, error);
}

/* The memory of all guests, and what is on their disks: the alphabet, over and over. */
static GBytes *alphabet(uint64_t offset, size_t size)
{
        char *bytes = g_malloc(size);

        for (size_t i = 0; i < size; i++)
                bytes[i] = (char) ('a' + (offset + i) % 26);
        return g_bytes_new_take(bytes, size);
}

static void free_bytes(gpointer bytes)
{
        g_bytes_unref(bytes);
}

static int peek_memory(Domain *domain, uint64_t offset, size_t size, uint32_t flags, Job *job, Error *error)
{
        job_set_result_object(job, alphabet(offset, size), free_bytes);
        return test_answer(domain, job, error);
}

uint64_t test_disk_capacity(const Domain *domain, const char *target)
{
        const TestMachine *machine = test_machine(domain);
        const uint64_t *size = machine ? g_hash_table_lookup(machine->guest->sizes, target) : NULL;

        return size ? *size : CAPACITY;
}

static int peek_block(Domain *domain, const char *name, uint64_t offset, size_t size, Job *job, Error *error)
{
        uint64_t capacity = test_disk_capacity(domain, domain_find_disk(domain->live, name)->target);

        if (offset > capacity || size > capacity - offset)
                return error_set(error, ERROR_INVALID_ARG, "the disk '%s' ends at %" PRIu64, name, capacity);
        job_set_result_object(job, alphabet(offset, size), free_bytes);
        return test_answer(domain, job, error);
}

static void free_params(gpointer params)
{
        params_free(params);
}

static int get_block_info(Domain *domain, const char *name, Job *job, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_get_current(domain);
        uint64_t capacity = test_disk_capacity(domain, domain_find_disk(def, name)->target);
        Params *info = params_new();

        params_add_u64(info, "capacity", capacity);
        params_add_u64(info, "allocation", MIN(capacity, TEST_DISK_ALLOCATION));
        params_add_u64(info, "physical", MIN(capacity, TEST_DISK_ALLOCATION));
        job_set_result_object(job, info, free_params);
        return test_answer(domain, job, error);
}

static int resize_block(Domain *domain, const char *name, uint64_t size, Job *job, Error *error)
{
        const DomainDisk *disk = domain_find_disk(domain->live, name);
        GHashTable *sizes = test_machine(domain)->guest->sizes;

        if (disk->readonly)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "the disk '%s' is read-only", name);
        if (size == 0)
                g_hash_table_remove(sizes, disk->target);
        else
                g_hash_table_insert(sizes, g_strdup(disk->target), g_memdup2(&size, sizeof(size)));
        return test_answer(domain, job, error);
}

static void free_records(gpointer records)
{
        g_ptr_array_unref(records);
}

/* Its disks never fail. */
static int get_disk_errors(Domain *domain, Job *job, Error *error)
{
        job_set_result_object(job, records_new(), free_records);
        return test_answer(domain, job, error);
}

static void get_security_labels(Domain *domain, GPtrArray *records)
{
        Params *record = records_add(records);
        g_autofree char *label = g_strdup_printf("test:%" PRIu32, domain->id);

        params_add_string(record, "label", label);
        params_add_bool(record, "enforcing", true);
}

static int measure_dirty_rate(Domain *domain, uint32_t seconds, uint32_t flags, Job *job, Error *error)
{
        test_machine(domain)->guest->dirty_seconds = seconds;
        return test_answer(domain, job, error);
}

/* There are no certificates to read again. */
static int reload_graphics(Domain *domain, uint32_t type, Job *job, Error *error)
{
        if (domain->live->graphics.n == 0)
                return error_set(error, ERROR_OPERATION_INVALID, "the domain has no display");
        return test_answer(domain, job, error);
}

/* Nobody reads from them. */
static int associate_fds(Domain *domain, const char *name, const int *fds, size_t n, uint32_t flags, Job *job,
                         Error *error)
{
        return test_answer(domain, job, error);
}

static int need_sev(const Domain *domain, Error *error)
{
        const DomainLaunchSecurity *security = domain->live ? domain->live->launch_security : NULL;

        if (!security || security->type != DOMAIN_LAUNCH_SEV)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "launch security is not of type 'sev'");
        return 0;
}

static int get_launch_security(Domain *domain, Job *job, Error *error)
{
        Params *info;
        int r = need_sev(domain, error);

        if (r < 0)
                return r;
        info = params_new();
        params_add_string(info, "sev-measurement", "dGVzdA==");
        params_add_u32(info, "sev-api-major", 1);
        params_add_u32(info, "sev-api-minor", 51);
        params_add_u32(info, "sev-build-id", 3);
        params_add_u32(info, "sev-policy", (uint32_t) domain->live->launch_security->policy);
        job_set_result_object(job, info, free_params);
        return test_answer(domain, job, error);
}

static int set_launch_security(Domain *domain, const Params *params, Job *job, Error *error)
{
        int r = need_sev(domain, error);

        if (r >= 0 && domain->state != DOMAIN_PAUSED)
                r = error_set(error, ERROR_OPERATION_INVALID,
                              "domain is not paused: its launch secret cannot be set any more");
        return r < 0 ? r : test_answer(domain, job, error);
}

const MachineOps test_machine_ops = {
        .send_key = send_key,
        .inject_nmi = inject_nmi,
        .open_graphics = open_graphics,
        .peek_memory = peek_memory,
        .peek_block = peek_block,
        .get_block_info = get_block_info,
        .resize_block = resize_block,
        .get_disk_errors = get_disk_errors,
        .get_security_labels = get_security_labels,
        .get_launch_security = get_launch_security,
        .set_launch_security = set_launch_security,
        .measure_dirty_rate = measure_dirty_rate,
        .reload_graphics = reload_graphics,
        .associate_fds = associate_fds,
};
