/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps_file.h"

#include "service/base/store.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define LOG_CATEGORY "qemu"
#include "service/base/log.h"

/* Changes with the file form or with what a probe asks. */
#define FORMAT_VERSION 6
#define FILE_MAX (4 * 1024 * 1024)
#define KVM_PATH "/dev/kvm"

bool qemu_kvm_available(const char *path, char **ret_reason)
{
        const char *device = path ?: KVM_PATH;
        _cleanup_close_ int fd = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

        if (fd >= 0)
                return true;
        if (!ret_reason)
                return false;
        if (errno == ENOENT)
                *ret_reason =
                        g_strdup_printf("'%s' is missing: the host's kernel or firmware has no KVM", device);
        else if (errno == EACCES || errno == EPERM)
                *ret_reason = g_strdup_printf("no permission to open '%s'", device);
        else
                *ret_reason =
                        g_strdup_printf("the kernel refuses to open '%s': %s", device, g_strerror(errno));
        return false;
}

char *qemu_caps_file_name(const char *path)
{
        g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);

        hash[16] = '\0';
        return g_strdup_printf("%s.json", hash);
}

void qemu_caps_load_free(void *data)
{
        QemuCapsLoad *task = data;

        g_free(task->path);
        g_free(task->kvm_path);
        g_strfreev(task->modules);
        g_free(task->user_key);
        g_free(task->known_key);
        g_free(task->key);
        safe_close(task->dir_fd);
        qemu_caps_unref(task->caps);
        g_free(task);
}

/* First line the key, then the capabilities. */
static QemuCaps *load_file(const QemuCapsLoad *task)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *name = qemu_caps_file_name(task->path), *text = NULL;
        QemuCaps *caps = NULL;
        size_t size, n = strlen(task->key);

        if (task->dir_fd < 0 || store_read(task->dir_fd, name, FILE_MAX, &text, &size, &error) < 0)
                return NULL;
        if (size <= n || memcmp(text, task->key, n) != 0 || text[n] != '\n')
                return NULL;
        error_clear(&error);
        if (qemu_caps_parse(text + n + 1, size - n - 1, &caps, &error) < 0) {
                log_debug("'%s' is probed again: %s", task->path, error.detail);
                return NULL;
        }
        return caps;
}

/* When one of the directories was changed last, in nanoseconds; 0: there is none. */
static int64_t last_change(char **patterns)
{
        int64_t last = 0;

        for (char **p = patterns; *p; p++) {
                glob_t found = {};
                struct stat st;

                if (glob(*p, 0, NULL, &found) == 0)
                        for (size_t i = 0; i < found.gl_pathc; i++)
                                if (stat(found.gl_pathv[i], &st) >= 0)
                                        last = MAX(last, st.st_ctim.tv_sec * INT64_C(1000000000) +
                                                                 st.st_ctim.tv_nsec);
                globfree(&found);
        }
        return last;
}

int qemu_caps_load_run(void *data, Error *error)
{
        QemuCapsLoad *task = data;
        struct utsname host = {};
        struct stat st;

        if (stat(task->path, &st) < 0)
                return error_set_errno(error, errno, "cannot find emulator '%s'", task->path);
        if (!S_ISREG(st.st_mode) || access(task->path, X_OK) < 0)
                return error_set(error, ERROR_INVALID_ARG, "'%s' is no executable file", task->path);
        (void) uname(&host);
        task->key = g_strdup_printf("%d %s %jd %jd.%09ld %jd.%09ld modules=%jd %s kvm=%d %s", FORMAT_VERSION,
                                    task->path, (intmax_t) st.st_size, (intmax_t) st.st_mtim.tv_sec,
                                    st.st_mtim.tv_nsec, (intmax_t) st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
                                    (intmax_t) last_change(task->modules), task->user_key,
                                    qemu_kvm_available(task->kvm_path, NULL), host.release);
        g_strdelimit(task->key, "\n", ' ');
        if (!streq_ptr(task->key, task->known_key))
                task->caps = load_file(task);
        return 0;
}

void qemu_caps_save_free(void *data)
{
        QemuCapsSave *task = data;

        safe_close(task->dir_fd);
        g_free(task->name);
        g_free(task->text);
        g_free(task);
}

int qemu_caps_save_run(void *data, Error *error)
{
        QemuCapsSave *task = data;

        return store_write(task->dir_fd, task->name, task->text, strlen(task->text), 0, error);
}

void qemu_caps_list_free(void *data)
{
        QemuCapsList *task = data;

        g_strfreev(task->patterns);
        g_ptr_array_unref(task->paths);
        g_free(task);
}

int qemu_caps_list_run(void *data, Error *error)
{
        QemuCapsList *task = data;

        for (char **p = task->patterns; *p; p++) {
                glob_t found = {};

                if (glob(*p, 0, NULL, &found) == 0)
                        for (size_t i = 0; i < found.gl_pathc; i++)
                                if (!g_ptr_array_find_with_equal_func(task->paths, found.gl_pathv[i],
                                                                      g_str_equal, NULL))
                                        g_ptr_array_add(task->paths, g_strdup(found.gl_pathv[i]));
                globfree(&found);
        }
        return 0;
}
