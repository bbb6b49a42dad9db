/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_server_files.h"

#include "drivers/network/network_dnsmasq.h"
#include "service/base/store.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_MAX (1024 * 1024)
#define COMPLAINT_MAX 512
#define CONFIG_MAX ((size_t) 4 * 1024 * 1024)

static void files_clear(void *data)
{
        NetworkServerFiles *files = data;

        network_def_unref(files->def);
        g_free(files->directory);
        g_free(files->log_dir);
        g_free(files->program);
        g_free(files->user);
        safe_close(files->log_fd);
}

NetworkServerFiles *network_server_files_new(void)
{
        NetworkServerFiles *files = g_atomic_rc_box_new0(NetworkServerFiles);

        files->log_fd = -EBADF;
        return files;
}

NetworkServerFiles *network_server_files_ref(NetworkServerFiles *files)
{
        return g_atomic_rc_box_acquire(files);
}

void network_server_files_unref(void *files)
{
        if (files)
                g_atomic_rc_box_release_full(files, files_clear);
}

static bool find_one(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
        struct passwd entry, *found = NULL;
        char buffer[4096];

        if (getpwnam_r(name, &entry, buffer, sizeof(buffer), &found) != 0 || !found || found->pw_uid == 0)
                return false;
        *ret_uid = found->pw_uid;
        *ret_gid = found->pw_gid;
        return true;
}

static int find_user(NetworkServerFiles *files, Error *error)
{
        if (files->user ? find_one(files->user, &files->uid, &files->gid) :
                          find_one("dnsmasq", &files->uid, &files->gid) || find_one("nobody", &files->uid, &files->gid))
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "there is no user '%s' for the server of DHCP and DNS (dnsmasq-user of section network)",
                         files->user ?: "dnsmasq");
}

static int check_program(const NetworkServerFiles *files, Error *error)
{
        if (access(files->program, X_OK) == 0)
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "/network/ip: DHCP and DNS take dnsmasq, which is not at '%s': install dnsmasq-base, or set "
                         "dnsmasq in section network of the configuration",
                         files->program);
}

/* It writes its leases and its pid there itself. */
static int open_directory(const NetworkServerFiles *files, int *ret_fd, Error *error)
{
        _cleanup_close_ int fd = -EBADF;

        if (mkdir(files->directory, 0700) < 0 && errno != EEXIST)
                return error_set_errno(error, errno, "cannot make '%s'", files->directory);
        fd = open(files->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 || fchown(fd, files->uid, files->gid) < 0)
                return error_set_errno(error, errno, "cannot give '%s' to the user of dnsmasq", files->directory);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int write_one(const NetworkServerFiles *files, int dir_fd, const char *name, const char *text, Error *error)
{
        int r = store_write(dir_fd, name, text, strlen(text), 0, error);

        if (r >= 0 && fchownat(dir_fd, name, files->uid, files->gid, AT_SYMLINK_NOFOLLOW) < 0)
                r = error_set_errno(error, errno, "cannot give '%s' to the user of dnsmasq", name);
        return r;
}

static int write_all_files(NetworkServerFiles *files, const NetworkDnsmasq *dnsmasq, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        g_autofree char *old = NULL;
        int r = open_directory(files, &fd, error);

        if (r < 0)
                return r;
        (void) store_read(fd, NETWORK_DNSMASQ_CONFIG, CONFIG_MAX, &old, NULL, NULL);
        files->config_changed = !streq_ptr(old, dnsmasq->config);
        r = write_one(files, fd, NETWORK_DNSMASQ_CONFIG, dnsmasq->config, error);
        if (r >= 0)
                r = write_one(files, fd, NETWORK_DNSMASQ_HOSTS, dnsmasq->hosts, error);
        if (r >= 0)
                r = write_one(files, fd, NETWORK_DNSMASQ_ADDRESSES, dnsmasq->addresses, error);
        return r;
}

static int open_log(NetworkServerFiles *files, Error *error)
{
        g_autofree char *name = g_strconcat(files->def->name, ".log", NULL);
        g_autofree char *path = g_build_filename(files->log_dir, name, NULL);
        struct stat st;

        (void) mkdir_parents(files->log_dir, 0700);
        files->log_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (files->log_fd < 0 || fstat(files->log_fd, &st) < 0)
                return error_set_errno(error, errno, "cannot open '%s'", path);
        if (st.st_size > LOG_MAX && ftruncate(files->log_fd, 0) == 0)
                st.st_size = 0;
        files->log_offset = (uint64_t) st.st_size;
        return 0;
}

int network_server_files_write(void *data, Error *error)
{
        NetworkServerFiles *files = data;
        NetworkDnsmasq dnsmasq = {};
        int r = check_program(files, error);

        if (r >= 0)
                r = find_user(files, error);
        if (r >= 0)
                r = network_dnsmasq_write(files->def, files->directory, &dnsmasq, error);
        if (r >= 0)
                r = write_all_files(files, &dnsmasq, error);
        network_dnsmasq_clear(&dnsmasq);
        return r < 0 ? r : open_log(files, error);
}

char *network_server_files_complaint(const NetworkServerFiles *files)
{
        char buffer[COMPLAINT_MAX + 1];
        ssize_t n = pread(files->log_fd, buffer, COMPLAINT_MAX, (off_t) files->log_offset);

        buffer[MAX(n, 0)] = '\0';
        return g_strdelimit(g_strstrip(g_strdup(buffer)), "\n", ' ');
}
