/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/cgroup_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* How a value stands in its file. */
typedef enum Form {
        FORM_NUMBER,
        FORM_LIMIT,         /* bytes; "max", or -1 and a number near 2^63 */
        FORM_BANDWIDTH,     /* "QUOTA PERIOD" or, in version 1, one of them */
        FORM_WEIGHT,        /* "N" or "default N" */
        FORM_DEVICE,        /* "MAJOR:MINOR N" */
        FORM_DEVICE_KEY,    /* "MAJOR:MINOR KEY=N" */
} Form;

typedef struct Place {
        const char *files[2]; /* the first that is there; NULL: none */
        Form form;
        const char *key;
        int64_t min, max; /* of what may be written */
} Place;

typedef struct Row {
        CgroupController controller;
        int64_t unit;
        const char *what;
        Place v1, v2;
} Row;

#define ANY 0, INT64_MAX
#define THROTTLE(what_, file, key_)                                                                                  \
        { CGROUP_IO, 1, what_, { { "blkio.throttle." file }, FORM_DEVICE, NULL, ANY },                               \
          { { "io.max" }, FORM_DEVICE_KEY, key_, ANY } }

static const Row rows[_CGROUP_VALUE_MAX] = {
        [CGROUP_CPU_SHARES] = { CGROUP_CPU, 1, "shares of processor time",
                                { { "cpu.shares" }, FORM_NUMBER, NULL, 2, 262144 },
                                { { "cpu.weight" }, FORM_NUMBER, NULL, 1, 10000 } },
        [CGROUP_CPU_PERIOD] = { CGROUP_CPU, 1, "period of processor time",
                                { { "cpu.cfs_period_us" }, FORM_NUMBER, NULL, 1000, 1000000 },
                                { { "cpu.max" }, FORM_BANDWIDTH, NULL, 1000, 1000000 } },
        [CGROUP_CPU_QUOTA] = { CGROUP_CPU, 1, "quota of processor time",
                               { { "cpu.cfs_quota_us" }, FORM_NUMBER, NULL, 1000, INT64_MAX },
                               { { "cpu.max" }, FORM_BANDWIDTH, NULL, 1000, INT64_MAX } },
        [CGROUP_MEMORY_HARD] = { CGROUP_MEMORY, 1024, "limit of memory",
                                 { { "memory.limit_in_bytes" }, FORM_LIMIT, NULL, ANY },
                                 { { "memory.max" }, FORM_LIMIT, NULL, ANY } },
        [CGROUP_MEMORY_SOFT] = { CGROUP_MEMORY, 1024, "soft limit of memory",
                                 { { "memory.soft_limit_in_bytes" }, FORM_LIMIT, NULL, ANY },
                                 { { "memory.high" }, FORM_LIMIT, NULL, ANY } },
        [CGROUP_MEMORY_SWAP] = { CGROUP_MEMORY, 1024, "limit of memory and swap",
                                 { { "memory.memsw.limit_in_bytes" }, FORM_LIMIT, NULL, ANY },
                                 { { "memory.swap.max" }, FORM_LIMIT, NULL, ANY } },
        [CGROUP_IO_WEIGHT] = { CGROUP_IO, 1, "weight of disks",
                               { { "blkio.bfq.weight", "blkio.weight" }, FORM_NUMBER, NULL, 10, 1000 },
                               { { "io.weight", "io.bfq.weight" }, FORM_WEIGHT, NULL, 1, 10000 } },
        [CGROUP_IO_DEVICE_WEIGHT] = { CGROUP_IO, 1, "weight of single disks",
                                      { { "blkio.bfq.weight_device", "blkio.weight_device" },
                                        FORM_DEVICE, NULL, 10, 1000 },
                                      { { "io.weight", "io.bfq.weight" }, FORM_DEVICE, NULL, 1, 10000 } },
        [CGROUP_IO_READ_IOPS] = THROTTLE("limit of read operations", "read_iops_device", "riops"),
        [CGROUP_IO_WRITE_IOPS] = THROTTLE("limit of write operations", "write_iops_device", "wiops"),
        [CGROUP_IO_READ_BYTES] = THROTTLE("limit of bytes read", "read_bps_device", "rbps"),
        [CGROUP_IO_WRITE_BYTES] = THROTTLE("limit of bytes written", "write_bps_device", "wbps"),
};

CgroupController cgroup_value_controller(CgroupValue value)
{
        return rows[value].controller;
}

/* Where the value is in this group; NULL: nowhere. */
static const char *find_file(const Cgroup *group, CgroupValue value, int *ret_fd, const Place **ret_place)
{
        const Row *row = rows + value;
        bool v2 = false;
        int fd = cgroup_dir(group, row->controller, &v2);
        const Place *place = v2 ? &row->v2 : &row->v1;

        if (fd < 0)
                return NULL;
        *ret_fd = fd;
        *ret_place = place;
        for (size_t i = 0; i < ELEMENTSOF(place->files) && place->files[i]; i++)
                if (faccessat(fd, place->files[i], F_OK, 0) == 0)
                        return place->files[i];
        return NULL;
}

static int missing(CgroupValue value, Error *error)
{
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "the host has no cgroups with a %s",
                         rows[value].what);
}

static int write_value(int fd, const char *file, CgroupValue value, const char *text, Error *error)
{
        int r = cgroup_write_file(fd, file, text);

        return r < 0 ? error_set_errno(error, r, "cannot set the %s to '%s' (%s)", rows[value].what, text, file) : 0;
}

static int check_range(const Place *place, CgroupValue value, int64_t number, Error *error)
{
        if (number >= place->min && number <= place->max)
                return 0;
        return error_set(error, ERROR_INVALID_ARG,
                         "the %s is from %" PRId64 " to %" PRId64 " on this host, not %" PRId64, rows[value].what,
                         place->min, place->max, number);
}

/* Free with g_free(). */
static char *limit_text(const Cgroup *group, int64_t kib)
{
        bool v2 = cgroup_is_v2(group, CGROUP_MEMORY);

        if (kib >= INT64_MAX / 1024)
                return g_strdup(v2 ? "max" : "-1");
        return g_strdup_printf("%" PRId64, kib * 1024);
}

static char *device_text(const Place *place, int64_t number, dev_t device)
{
        const char *nothing = place->key ? "max" : streq(place->files[0], "io.weight") ? "default" : "0";
        g_autofree char *text = number > 0 ? g_strdup_printf("%" PRId64, number) : g_strdup(nothing);

        return g_strdup_printf("%u:%u %s%s%s", major(device), minor(device), strempty(place->key),
                               place->key ? "=" : "", text);
}

int cgroup_set(const Cgroup *group, CgroupValue value, int64_t number, dev_t device, Error *error)
{
        const Place *place = NULL;
        int fd = -EBADF, r = 0;
        const char *file = find_file(group, value, &fd, &place);
        g_autofree char *text = NULL;

        if (!file)
                return missing(value, error);
        switch (place->form) {
        case FORM_NUMBER:
        case FORM_WEIGHT:
                r = check_range(place, value, number, error);
                text = g_strdup_printf("%" PRId64, number);
                break;
        case FORM_LIMIT:
                text = limit_text(group, number);
                break;
        case FORM_DEVICE:
        case FORM_DEVICE_KEY:
                r = number > 0 ? check_range(place, value, number, error) : 0;
                text = device_text(place, number, device);
                break;
        case FORM_BANDWIDTH:
                g_assert_not_reached();
        }
        return r < 0 ? r : write_value(fd, file, value, text, error);
}

static bool is_unlimited(int64_t quota)
{
        return quota <= 0 || quota == CGROUP_UNLIMITED;
}

/* A period alone may not fit the quota that is there, nor a quota the period. */
static int set_bandwidth_v1(int fd, int64_t period, int64_t quota, Error *error)
{
        g_autofree char *period_text = g_strdup_printf("%" PRId64, period);
        g_autofree char *quota_text = g_strdup_printf("%" PRId64, is_unlimited(quota) ? -1 : quota);
        int r = write_value(fd, "cpu.cfs_quota_us", CGROUP_CPU_QUOTA, "-1", error);

        if (r >= 0)
                r = write_value(fd, "cpu.cfs_period_us", CGROUP_CPU_PERIOD, period_text, error);
        if (r >= 0 && !is_unlimited(quota))
                r = write_value(fd, "cpu.cfs_quota_us", CGROUP_CPU_QUOTA, quota_text, error);
        return r;
}

int cgroup_set_bandwidth(const Cgroup *group, int64_t period, int64_t quota, Error *error)
{
        const Place *place = NULL;
        int fd = -EBADF, r;
        const char *file = find_file(group, CGROUP_CPU_PERIOD, &fd, &place);
        g_autofree char *text = NULL;

        if (!file)
                return missing(CGROUP_CPU_QUOTA, error);
        r = check_range(place, CGROUP_CPU_PERIOD, period, error);
        if (r >= 0 && !is_unlimited(quota))
                r = check_range(&rows[CGROUP_CPU_QUOTA].v1, CGROUP_CPU_QUOTA, quota, error);
        if (r < 0)
                return r;
        if (place->form != FORM_BANDWIDTH)
                return set_bandwidth_v1(fd, period, quota, error);
        text = is_unlimited(quota) ? g_strdup_printf("max %" PRId64, period)
                                   : g_strdup_printf("%" PRId64 " %" PRId64, quota, period);
        return write_value(fd, file, CGROUP_CPU_QUOTA, text, error);
}

/* Version 2 limits swap apart from memory. */
static int set_memory_v2(const Cgroup *group, int fd, int64_t hard, int64_t swap, Error *error)
{
        g_autofree char *hard_text = limit_text(group, hard);
        g_autofree char *swap_text = limit_text(group, swap == CGROUP_UNLIMITED ? swap : swap - hard);
        int r = write_value(fd, "memory.max", CGROUP_MEMORY_HARD, hard_text, error);

        if (r < 0)
                return r;
        if (faccessat(fd, "memory.swap.max", F_OK, 0) < 0)
                return swap == CGROUP_UNLIMITED ? 0 : missing(CGROUP_MEMORY_SWAP, error);
        return write_value(fd, "memory.swap.max", CGROUP_MEMORY_SWAP, swap_text, error);
}

int cgroup_set_memory(const Cgroup *group, int64_t hard, int64_t swap, Error *error)
{
        g_autofree char *hard_text = limit_text(group, hard), *swap_text = limit_text(group, swap);
        const char *const swap_file = rows[CGROUP_MEMORY_SWAP].v1.files[0];
        bool v2 = false, counted;
        int fd = cgroup_dir(group, CGROUP_MEMORY, &v2), r = 0;

        if (fd < 0)
                return missing(CGROUP_MEMORY_HARD, error);
        if (v2)
                return set_memory_v2(group, fd, hard, swap, error);
        counted = faccessat(fd, swap_file, F_OK, 0) == 0;
        if (!counted && swap != CGROUP_UNLIMITED)
                return missing(CGROUP_MEMORY_SWAP, error);
        /* at no time may the limit with swap be the lower one */
        if (counted)
                r = write_value(fd, swap_file, CGROUP_MEMORY_SWAP, "-1", error);
        if (r >= 0)
                r = write_value(fd, "memory.limit_in_bytes", CGROUP_MEMORY_HARD, hard_text, error);
        if (r >= 0 && swap != CGROUP_UNLIMITED)
                r = write_value(fd, swap_file, CGROUP_MEMORY_SWAP, swap_text, error);
        return r;
}

int cgroup_set_nodes(const Cgroup *group, const char *nodes, Error *error)
{
        bool v2 = false;
        int fd = cgroup_dir(group, CGROUP_CPUSET, &v2), r;

        if (fd < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "the host has no cgroups for memory nodes");
        if (!v2)
                (void) cgroup_write_file(fd, "cpuset.memory_migrate", "1");
        r = cgroup_write_file(fd, "cpuset.mems", nodes);
        return r < 0 ? error_set_errno(error, r, "cannot take memory from the nodes '%s'", nodes) : 0;
}

int cgroup_get_nodes(const Cgroup *group, char **ret)
{
        bool v2 = false;
        int fd = cgroup_dir(group, CGROUP_CPUSET, &v2);

        return fd < 0 ? -ENOENT : cgroup_read_file(fd, v2 ? "cpuset.mems.effective" : "cpuset.mems", ret);
}

static int64_t to_number(const char *word, int64_t unit)
{
        int64_t number;

        if (!word || parse_i64(word, &number) < 0 || number < 0 || number / unit >= INT64_MAX / 1024 / 4)
                return CGROUP_UNLIMITED;
        return number / unit;
}

int cgroup_get(const Cgroup *group, CgroupValue value, int64_t *ret)
{
        const Place *place = NULL;
        int fd = -EBADF, r;
        const char *file = find_file(group, value, &fd, &place);
        g_autofree char *text = NULL;
        g_auto(GStrv) words = NULL;
        size_t which = 0;

        if (!file || place->form == FORM_DEVICE || place->form == FORM_DEVICE_KEY)
                return -ENOENT;
        r = cgroup_read_file(fd, file, &text);
        if (r < 0)
                return r;
        words = g_strsplit_set(text, " \n", -1);
        if (place->form == FORM_WEIGHT)
                which = streq_ptr(words[0], "default");
        else if (place->form == FORM_BANDWIDTH)
                which = value == CGROUP_CPU_PERIOD;
        if (g_strv_length(words) <= which)
                return -EIO;
        *ret = to_number(words[which], rows[value].unit);
        /* the definition counts swap with the memory */
        if (value == CGROUP_MEMORY_SWAP && cgroup_is_v2(group, CGROUP_MEMORY) && *ret != CGROUP_UNLIMITED) {
                int64_t hard;

                r = cgroup_get(group, CGROUP_MEMORY_HARD, &hard);
                *ret = r < 0 || hard == CGROUP_UNLIMITED ? CGROUP_UNLIMITED : *ret + hard;
        }
        return 0;
}

/* The number behind the key in lines "KEY N". */
static uint64_t keyed_number(const char *text, const char *key)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        size_t n = strlen(key);
        uint64_t number = 0;

        for (char **line = lines; *line; line++)
                if (strncmp(*line, key, n) == 0 && (*line)[n] == ' ')
                        (void) parse_u64(*line + n + 1, &number);
        return number;
}

static int read_number(int fd, const char *file, uint64_t *ret)
{
        g_autofree char *text = NULL;
        int r = cgroup_read_file(fd, file, &text);

        return r < 0 ? r : parse_u64(text, ret);
}

int cgroup_get_cpu_time(const Cgroup *group, CgroupCpuTime *ret)
{
        g_autofree char *text = NULL;
        bool v2 = false;
        int fd = cgroup_dir(group, CGROUP_CPUACCT, &v2), r;
        uint64_t tick = NSEC_PER_SEC / (uint64_t) sysconf(_SC_CLK_TCK);

        if (fd < 0)
                return -ENOENT;
        r = cgroup_read_file(fd, v2 ? "cpu.stat" : "cpuacct.stat", &text);
        if (r < 0)
                return r;
        if (v2) {
                ret->total = keyed_number(text, "usage_usec") * NSEC_PER_USEC;
                ret->user = keyed_number(text, "user_usec") * NSEC_PER_USEC;
                ret->system = keyed_number(text, "system_usec") * NSEC_PER_USEC;
                return 0;
        }
        ret->user = keyed_number(text, "user") * tick;
        ret->system = keyed_number(text, "system") * tick;
        return read_number(fd, "cpuacct.usage", &ret->total);
}

int cgroup_get_cpu_time_of(const Cgroup *group, uint32_t cpu, uint64_t *ret)
{
        g_autofree char *text = NULL;
        g_auto(GStrv) words = NULL;
        bool v2 = false;
        int fd = cgroup_dir(group, CGROUP_CPUACCT, &v2), r;

        if (fd < 0 || v2)
                return -ENOENT;
        r = cgroup_read_file(fd, "cpuacct.usage_percpu", &text);
        if (r < 0)
                return r;
        words = g_strsplit(text, " ", -1);
        if (cpu >= g_strv_length(words))
                return -ENOENT;
        return parse_u64(words[cpu], ret);
}

int cgroup_get_memory_used(const Cgroup *group, uint64_t *ret)
{
        bool v2 = false;
        int fd = cgroup_dir(group, CGROUP_MEMORY, &v2);
        int r = fd < 0 ? -ENOENT : read_number(fd, v2 ? "memory.current" : "memory.usage_in_bytes", ret);

        if (r >= 0)
                *ret /= 1024;
        return r;
}
