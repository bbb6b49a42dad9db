/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_threads.h"

#include "drivers/qemu/qmp.h"

#include <dirent.h>
#include <string.h>

/* "iothread7" */
static bool iothread_number(JsonObject *object, uint32_t *ret)
{
        const char *id = NULL;

        return qmp_get_string(object, "id", &id) > 0 && g_str_has_prefix(id, "iothread") &&
               parse_u32(id + strlen("iothread"), ret) >= 0;
}

static bool vcpu_number(JsonObject *object, uint32_t *ret)
{
        uint64_t index;

        if (qmp_get_u64(object, "cpu-index", &index) <= 0 || index > UINT32_MAX)
                return false;
        *ret = (uint32_t) index;
        return true;
}

static bool is_thread_of(pid_t pid, uint64_t tid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/task/%" PRIu64, (int) pid, tid);

        return tid > 0 && tid <= INT32_MAX && access(path, F_OK) == 0;
}

static void add_threads(GArray *threads, pid_t pid, bool vcpu, JsonNode *node)
{
        JsonArray *array = node ? qmp_node_array(node) : NULL;

        for (guint i = 0; array && i < json_array_get_length(array); i++) {
                JsonObject *object = qmp_array_object(array, i);
                QemuThread thread = { .vcpu = vcpu };
                uint64_t tid = 0;

                if (!object || qmp_get_u64(object, "thread-id", &tid) <= 0 || !is_thread_of(pid, tid) ||
                    !(vcpu ? vcpu_number : iothread_number)(object, &thread.id))
                        continue;
                thread.tid = (pid_t) tid;
                g_array_append_val(threads, thread);
        }
}

GArray *qemu_threads_read(pid_t pid, JsonNode *cpus, JsonNode *iothreads)
{
        GArray *threads = g_array_new(FALSE, FALSE, sizeof(QemuThread));

        add_threads(threads, pid, true, cpus);
        add_threads(threads, pid, false, iothreads);
        return threads;
}

GArray *qemu_threads_list(pid_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/task", (int) pid);
        DIR *dir = opendir(path);
        struct dirent *entry;
        GArray *tids;

        if (!dir)
                return NULL;
        tids = g_array_new(FALSE, FALSE, sizeof(pid_t));
        while ((entry = readdir(dir))) {
                uint32_t tid;

                if (parse_u32(entry->d_name, &tid) >= 0)
                        g_array_append_val(tids, tid);
        }
        (void) closedir(dir);
        return tids;
}
