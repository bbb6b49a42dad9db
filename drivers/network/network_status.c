/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_status.h"

#include "service/base/log.h"
#include "service/base/store.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_CATEGORY "network"

#define LIVE_FILE "live.xml"
#define UNDO_FILE "undo.xml"
#define SERVER_FILE "server"
#define PORT_SUFFIX ".port"
#define FILE_MAX ((size_t) 1024 * 1024)

static int open_one(int run_fd, const char *uuid)
{
        return openat(run_fd, uuid, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static int write_file(int run_fd, const char *uuid, const char *name, const char *text, Error *error)
{
        _cleanup_close_ int fd = -EBADF;

        if (mkdirat(run_fd, uuid, 0700) < 0 && errno != EEXIST)
                return error_set_errno(error, errno, "cannot make the directory of network %s", uuid);
        fd = open_one(run_fd, uuid);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open the directory of network %s", uuid);
        return store_write(fd, name, text, strlen(text), 0, error);
}

static void keep_file(int run_fd, const char *uuid, const char *name, const char *text)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (write_file(run_fd, uuid, name, text, &error) < 0) {
                g_autofree char *why = error_message(&error);

                log_error("cannot keep the status of network %s: %s", uuid, why);
        }
}

static void drop_file(int run_fd, const char *uuid, const char *name)
{
        _cleanup_close_ int fd = open_one(run_fd, uuid);

        if (fd >= 0)
                (void) unlinkat(fd, name, 0);
}

int network_status_begin(int run_fd, const char *uuid, const NetworkDef *def, Error *error)
{
        g_autofree char *text = network_def_format(def, 0);
        int r = write_file(run_fd, uuid, UNDO_FILE, text, error);

        if (r >= 0)
                drop_file(run_fd, uuid, LIVE_FILE);
        return r;
}

void network_status_put(int run_fd, const char *uuid, const NetworkDef *def)
{
        g_autofree char *text = network_def_format(def, 0);

        keep_file(run_fd, uuid, LIVE_FILE, text);
        drop_file(run_fd, uuid, UNDO_FILE);
}

void network_status_put_server(int run_fd, const char *uuid, pid_t pid, uint64_t start_time)
{
        g_autofree char *text = g_strdup_printf("%d %" PRIu64 "\n", (int) pid, start_time);

        keep_file(run_fd, uuid, SERVER_FILE, text);
}

static char *port_file(const NetworkPort *port)
{
        return g_strconcat(port->uuid, PORT_SUFFIX, NULL);
}

void network_status_put_port(int run_fd, const NetworkPort *port)
{
        g_autofree char *name = port_file(port), *text = network_port_def_format(port->def, 0);

        keep_file(run_fd, port->network->uuid, name, text);
}

void network_status_drop_port(int run_fd, const NetworkPort *port)
{
        g_autofree char *name = port_file(port);

        drop_file(run_fd, port->network->uuid, name);
}

void network_status_remove(int run_fd, const char *uuid)
{
        _cleanup_close_ int fd = open_one(run_fd, uuid);
        g_auto(GStrv) names = NULL;

        if (fd < 0 || store_list(fd, "", &names, NULL) < 0)
                return;
        for (char **name = names; *name; name++)
                (void) unlinkat(fd, *name, 0);
        if (unlinkat(run_fd, uuid, AT_REMOVEDIR) < 0)
                log_warning("the status of network %s cannot be removed: %s", uuid, g_strerror(errno));
}

/* -- what a former life has left ------------------------------------------------------------------------------ */

static int read_definition(int fd, NetworkFound *found, Error *error)
{
        g_autofree char *text = NULL;
        size_t size;
        int r;

        found->runs = faccessat(fd, UNDO_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
        r = store_read(fd, found->runs ? LIVE_FILE : UNDO_FILE, FILE_MAX, &text, &size, error);
        if (r >= 0)
                r = network_def_parse(text, size, DEFINITION_PARSE_LIVE | DEFINITION_PARSE_STORED, NULL, &found->def,
                                      error);
        if (r >= 0 && !streq_ptr(found->def->uuid, found->uuid))
                r = error_set(error, ERROR_OPERATION_FAILED, "the status is that of another network");
        return r;
}

static void read_server(int fd, NetworkFound *found)
{
        g_autofree char *text = NULL;
        g_auto(GStrv) words = NULL;
        uint32_t pid;

        if (store_read(fd, SERVER_FILE, 64, &text, NULL, NULL) < 0)
                return;
        words = g_strsplit(g_strchomp(text), " ", 2);
        if (g_strv_length(words) == 2 && parse_u32(words[0], &pid) >= 0 &&
            parse_u64(words[1], &found->server_start) >= 0)
                found->server = (pid_t) pid;
}

static void release_port(gpointer def)
{
        network_port_def_unref(def);
}

static void read_ports(int fd, NetworkFound *found)
{
        g_auto(GStrv) names = NULL;

        if (store_list(fd, PORT_SUFFIX, &names, NULL) < 0)
                return;
        for (char **name = names; *name; name++) {
                _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *text = NULL;
                size_t size;

                if (store_read(fd, *name, FILE_MAX, &text, &size, &error) >= 0 &&
                    network_port_def_parse(text, size, DEFINITION_PARSE_LIVE | DEFINITION_PARSE_STORED, NULL, &def,
                                           &error) >= 0) {
                        g_ptr_array_add(found->ports, g_steal_pointer(&def));
                } else {
                        g_autofree char *why = error_message(&error);

                        log_error("a port of network %s cannot be read and is forgotten: %s", found->uuid, why);
                        (void) unlinkat(fd, *name, 0);
                }
        }
}

static void load_one(int run_fd, const char *uuid, NetworkStatusVisitor visitor, void *userdata)
{
        _cleanup_close_ int fd = open_one(run_fd, uuid);
        NetworkFound found = { .ports = g_ptr_array_new_with_free_func(release_port) };
        _cleanup_error_ Error error = ERROR_INIT;

        g_strlcpy(found.uuid, uuid, sizeof(found.uuid));
        if (fd >= 0 && read_definition(fd, &found, &error) >= 0) {
                read_server(fd, &found);
                read_ports(fd, &found);
                visitor(&found, userdata);
        } else {
                g_autofree char *why = error_message(&error);

                log_error("network %s, which may be running, cannot be taken over: %s", uuid, why);
                network_status_remove(run_fd, uuid);
        }
        g_ptr_array_unref(found.ports);
        network_def_unref(found.def);
}

void network_status_load(int run_fd, NetworkStatusVisitor visitor, void *userdata)
{
        g_auto(GStrv) names = NULL;

        if (store_list(run_fd, "", &names, NULL) < 0)
                return;
        for (char **name = names; *name; name++)
                if (g_uuid_string_is_valid(*name))
                        load_one(run_fd, *name, visitor, userdata);
}
