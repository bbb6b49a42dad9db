/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/resctrl_schema.h"

#include "service/base/util.h"

#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* A page is what the kernel hands out at once. */
#define FILE_MAX 65536
/* Everybody who makes groups takes the lock for a moment. */
#define LOCK_USEC (10 * USEC_PER_SEC)
#define LOCK_STEP_USEC (20 * USEC_PER_MSEC)
#define BANDWIDTH "MB"
#define CPUS "/sys/devices/system/cpu"

struct Resctrl {
        char *root;
        int fd; /* where it is mounted */
};

Resctrl *resctrl_free(Resctrl *resctrl)
{
        if (!resctrl)
                return NULL;
        safe_close(resctrl->fd);
        g_free(resctrl->root);
        g_free(resctrl);
        return NULL;
}

/* Fields of a line of mountinfo (proc(5)): the fifth is the directory, the type follows " - ". Free with g_free(). */
static char *find_mount(const char *root)
{
        g_autofree char *path = g_strconcat(root, "/proc/self/mountinfo", NULL), *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (read_file_at(AT_FDCWD, path, 16u * 1024 * 1024, &text, NULL) < 0)
                return NULL;
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 6);

                if (strstr(*line, " - resctrl ") && g_strv_length(words) == 6)
                        return g_strcompress(words[4]);
        }
        return NULL;
}

int resctrl_open(const char *root, Resctrl **ret, Error *error)
{
        g_autofree char *mount = find_mount(root);
        int fd = mount ? open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;

        if (!mount)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "the host does not divide caches and memory: its processor cannot, or resctrl is not "
                                 "mounted ('mount -t resctrl resctrl /sys/fs/resctrl')");
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", mount);
        *ret = g_new0(Resctrl, 1);
        (*ret)->root = g_strdup(root);
        (*ret)->fd = fd;
        return 0;
}

/* -- files ---------------------------------------------------------------------------------------------------- */

/* Free with g_free(); NULL: it is not there. */
static char *read_text(const Resctrl *resctrl, const char *directory, const char *file)
{
        g_autofree char *path = *directory ? g_build_filename(directory, file, NULL) : g_strdup(file);
        char *text = NULL;

        return read_file_at(resctrl->fd, path, FILE_MAX, &text, NULL) < 0 ? NULL : g_strstrip(text);
}

static bool read_number(const Resctrl *resctrl, const char *resource, const char *file, unsigned base, uint64_t *ret)
{
        g_autofree char *directory = g_build_filename("info", resource, NULL);
        g_autofree char *text = read_text(resctrl, directory, file);
        guint64 value;

        if (!text || !g_ascii_string_to_unsigned(text, base, 0, UINT64_MAX, &value, NULL))
                return false;
        *ret = value;
        return true;
}

static int write_text(const Resctrl *resctrl, const char *directory, const char *file, const char *text)
{
        g_autofree char *path = g_build_filename(directory, file, NULL);
        _cleanup_close_ int fd = openat(resctrl->fd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

        return n < 0 ? -errno : n == (ssize_t) strlen(text) ? 0 : -EIO;
}

/* The exclusive lock is a writer's, as the kernel's documentation has it. It goes with the descriptor. */
static int lock(const Resctrl *resctrl, int *ret_fd, Error *error)
{
        _cleanup_close_ int fd = openat(resctrl->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        for (uint64_t waited = 0; fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_USEC) {
                if (fd < 0 || errno != EWOULDBLOCK || waited > LOCK_USEC)
                        return error_set_errno(error, errno, "cannot have resctrl for ourselves");
                g_usleep(LOCK_STEP_USEC);
        }
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/* -- what there is -------------------------------------------------------------------------------------------- */

static ResctrlSchema *read_schema(const Resctrl *resctrl, const char *group)
{
        g_autofree char *text = read_text(resctrl, group, "schemata");

        return text ? resctrl_schema_parse(text) : NULL;
}

/* All that the host has, in the shape of the schema of those that are in no group. */
static ResctrlSchema *whole_schema(const Resctrl *resctrl, const ResctrlSchema *others)
{
        g_autofree char *text = resctrl_schema_to_text(others);
        ResctrlSchema *whole = resctrl_schema_parse(text);

        for (guint i = 0; i < whole->len; i++) {
                const ResctrlLine *line = whole->pdata[i];
                uint64_t value = 0;

                if (line->percent)
                        value = 100;
                else
                        (void) read_number(resctrl, line->resource, "cbm_mask", 16, &value);
                for (guint k = 0; k < line->domains->len; k++)
                        g_array_index(line->domains, ResctrlDomain, k).value = value;
        }
        return whole;
}

static bool is_group(const char *name)
{
        return *name != '.' && !streq(name, "info") && !streq(name, "mon_groups") && !streq(name, "mon_data");
}

/* Caches are free when nobody has them, those included that are in no group; bandwidth of theirs is not counted. */
static ResctrlSchema *free_schema(const Resctrl *resctrl, const ResctrlSchema *others)
{
        ResctrlSchema *rest = whole_schema(resctrl, others);
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", resctrl->fd);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        resctrl_schema_subtract_caches(rest, others);
        while (dir && (name = g_dir_read_name(dir))) {
                g_autoptr(GPtrArray) schema = is_group(name) ? read_schema(resctrl, name) : NULL;

                if (!schema)
                        continue;
                resctrl_schema_subtract_caches(rest, schema);
                resctrl_schema_subtract_percents(rest, schema);
        }
        return rest;
}

/* How large the cache of that level and number is; 0: there is none. */
static uint64_t cache_kib(const Resctrl *resctrl, uint32_t level, uint32_t id)
{
        g_autofree char *cpus = g_strconcat(resctrl->root, CPUS, NULL);
        g_autoptr(GDir) dir = g_dir_open(cpus, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir)))
                for (unsigned i = 0; g_str_has_prefix(name, "cpu") && i < 16; i++) {
                        static const char *const files[] = { "level", "id", "size" };
                        uint32_t values[ELEMENTSOF(files)];
                        size_t n = 0;

                        for (; n < ELEMENTSOF(files); n++) {
                                g_autofree char *path =
                                        g_strdup_printf("%s/%s/cache/index%u/%s", cpus, name, i, files[n]);
                                g_autofree char *text = NULL;

                                if (read_file_at(AT_FDCWD, path, 64, &text, NULL) < 0)
                                        break;
                                text[strcspn(text, "K\n")] = '\0';
                                if (parse_u32(text, values + n) < 0)
                                        break;
                        }
                        if (n == ELEMENTSOF(files) && values[0] == level && values[1] == id)
                                return values[2];
                }
        return 0;
}

/* -- what is wished ------------------------------------------------------------------------------------------- */

static int place_cache(const Resctrl *resctrl, const ResctrlCache *cache, const ResctrlSchema *rest,
                       ResctrlSchema *schema, Error *error)
{
        static const char *const suffixes[_RESCTRL_SCOPE_MAX] = { "", "CODE", "DATA" };
        g_autofree char *resource = g_strdup_printf("L%" PRIu32 "%s", cache->level, suffixes[cache->scope]);
        ResctrlDomain *domain = resctrl_schema_find(schema, resource, cache->id);
        const ResctrlDomain *available = resctrl_schema_find(rest, resource, cache->id);
        uint64_t whole = 0, least = 1, size = cache_kib(resctrl, cache->level, cache->id), step, bits;

        if (!domain || !available || size == 0 || !read_number(resctrl, resource, "cbm_mask", 16, &whole) || whole == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host has no cache %" PRIu32 " of level %" PRIu32 " that is divided for %s",
                                 cache->place, cache->id, cache->level,
                                 cache->scope == RESCTRL_BOTH ? "code and data together"
                                 : cache->scope == RESCTRL_CODE ? "code apart" : "data apart");
        (void) read_number(resctrl, resource, "min_cbm_bits", 10, &least);
        step = size / (uint64_t) __builtin_popcountll(whole);
        if (step == 0 || cache->kib % step != 0 || cache->kib < step * least)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host divides this cache in steps of %" PRIu64 " KiB, %" PRIu64
                                 " KiB at least, not %" PRIu64, cache->place, step, step * least, cache->kib);
        bits = resctrl_find_bits(available->value, (unsigned) MIN(cache->kib / step, 65u));
        if (bits == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: %" PRIu64 " KiB of this cache are not free: other groups have it, or those that "
                                 "are in no group (the file 'schemata' of resctrl), which an administrator can change",
                                 cache->place, cache->kib);
        domain->value = bits;
        return 0;
}

static int place_bandwidth(const Resctrl *resctrl, const ResctrlBandwidth *bandwidth, const ResctrlSchema *rest,
                           ResctrlSchema *schema, Error *error)
{
        ResctrlDomain *domain = resctrl_schema_find(schema, BANDWIDTH, bandwidth->node);
        const ResctrlDomain *available = resctrl_schema_find(rest, BANDWIDTH, bandwidth->node);
        uint64_t step = 1, least = 1;

        if (!domain || !available)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host does not divide the bandwidth of the memory %" PRIu32, bandwidth->place,
                                 bandwidth->node);
        (void) read_number(resctrl, BANDWIDTH, "bandwidth_gran", 10, &step);
        (void) read_number(resctrl, BANDWIDTH, "min_bandwidth", 10, &least);
        if (step == 0 || bandwidth->percent % step != 0 || bandwidth->percent < least || bandwidth->percent > 100)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host divides bandwidth in steps of %" PRIu64 "%%, %" PRIu64
                                 "%% at least, not %" PRIu32, bandwidth->place, step, least, bandwidth->percent);
        if (bandwidth->percent > available->value)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: other groups have left %" PRIu64 "%% of the bandwidth, not %" PRIu32,
                                 bandwidth->place, available->value, bandwidth->percent);
        domain->value = bandwidth->percent;
        return 0;
}

/* A bandwidth that nobody wishes is not limited. */
static void drop_bandwidth(ResctrlSchema *schema)
{
        for (guint i = schema->len; i-- > 0;)
                if (((const ResctrlLine *) schema->pdata[i])->percent)
                        g_ptr_array_remove_index(schema, i);
}

static int plan(const Resctrl *resctrl, const ResctrlWish *wish, char **ret, Error *error)
{
        g_autoptr(GPtrArray) schema = read_schema(resctrl, ""), rest = NULL;
        int r = 0;

        if (!schema)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "the host counts the use of caches, but divides none");
        rest = free_schema(resctrl, schema);
        for (size_t i = 0; r >= 0 && i < wish->n_caches; i++)
                r = place_cache(resctrl, wish->caches + i, rest, schema, error);
        for (size_t i = 0; r >= 0 && i < wish->n_bandwidths; i++)
                r = place_bandwidth(resctrl, wish->bandwidths + i, rest, schema, error);
        if (r < 0)
                return r;
        if (wish->n_bandwidths == 0)
                drop_bandwidth(schema);
        *ret = resctrl_schema_to_text(schema);
        return 0;
}

/* -- groups --------------------------------------------------------------------------------------------------- */

static int make_directory(const Resctrl *resctrl, const char *path, Error *error)
{
        if (mkdirat(resctrl->fd, path, 0755) >= 0)
                return 0;
        if (errno == ENOSPC)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "the host's processor tells no more groups of threads apart than there are");
        return error_set_errno(error, errno, "cannot make the group '%s' of resctrl", path);
}

int resctrl_create(const Resctrl *resctrl, const char *name, const ResctrlWish *wish, Error *error)
{
        _cleanup_close_ _unused_ int locked = -EBADF;
        g_autofree char *text = NULL, *why = NULL;
        int r = lock(resctrl, &locked, error);

        if (r >= 0)
                r = plan(resctrl, wish, &text, error);
        if (r >= 0)
                r = make_directory(resctrl, name, error);
        if (r < 0)
                return r;
        r = write_text(resctrl, name, "schemata", text);
        if (r >= 0)
                return 0;
        why = read_text(resctrl, "info", "last_cmd_status");
        (void) unlinkat(resctrl->fd, name, AT_REMOVEDIR);
        return error_set(error, ERROR_OPERATION_FAILED, "the kernel does not take '%s' for a group of resctrl: %s",
                         g_strchomp(text), why ?: g_strerror(-r));
}

char *resctrl_monitor_path(const char *group, const char *name)
{
        return *group ? g_build_filename(group, "mon_groups", name, NULL) : g_build_filename("mon_groups", name, NULL);
}

int resctrl_create_monitor(const Resctrl *resctrl, const char *group, const char *name, Error *error)
{
        g_autofree char *path = resctrl_monitor_path(group, name);

        if (faccessat(resctrl->fd, "info/L3_MON", F_OK, 0) < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "the host does not count the use of its caches");
        return make_directory(resctrl, path, error);
}

int resctrl_add_thread(const Resctrl *resctrl, const char *path, pid_t tid, Error *error)
{
        g_autofree char *text = g_strdup_printf("%d", (int) tid);
        int r = write_text(resctrl, path, "tasks", text);

        if (r == -ESRCH)
                return 1;
        return r < 0 ? error_set_errno(error, r, "cannot put a thread into the group '%s' of resctrl", path) : 0;
}

int resctrl_remove(const Resctrl *resctrl, const char *path, Error *error)
{
        if (unlinkat(resctrl->fd, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
                return error_set_errno(error, errno, "cannot remove the group '%s' of resctrl", path);
        return 0;
}

/* -- what is used --------------------------------------------------------------------------------------------- */

static int compare_uses(gconstpointer a, gconstpointer b)
{
        const ResctrlUse *x = a, *y = b;

        return x->id < y->id ? -1 : x->id > y->id;
}

static bool read_use(const Resctrl *resctrl, const char *directory, const char *file, uint64_t *ret)
{
        g_autofree char *text = read_text(resctrl, directory, file);

        return text && parse_u64(text, ret) >= 0;
}

GArray *resctrl_read(const Resctrl *resctrl, const char *path)
{
        g_autofree char *data = g_build_filename(path, "mon_data", NULL);
        g_autofree char *full = g_strdup_printf("/proc/self/fd/%d/%s", resctrl->fd, data);
        g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
        const char *name;
        GArray *uses;

        if (!dir)
                return NULL;
        uses = g_array_new(false, true, sizeof(ResctrlUse));
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *directory = g_build_filename(data, name, NULL);
                ResctrlUse use = {};

                if (!g_str_has_prefix(name, "mon_L3_") || sscanf(name + strlen("mon_L3_"), "%" SCNu32, &use.id) != 1)
                        continue;
                use.has_cache = read_use(resctrl, directory, "llc_occupancy", &use.cache);
                use.has_memory = read_use(resctrl, directory, "mbm_total_bytes", &use.memory_total) &&
                                 read_use(resctrl, directory, "mbm_local_bytes", &use.memory_local);
                g_array_append_val(uses, use);
        }
        g_array_sort(uses, compare_uses);
        return uses;
}
