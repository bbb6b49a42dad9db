/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/bench.h"

#include <stdio.h>
#include <string.h>

#define FLOOR_NAME "org.virtbus.bench.Floor"
#define LIBVIRT_DBUS "/usr/sbin/libvirt-dbus"

void bench_print(Bench *bench)
{
        g_autofree char *text = report_text(bench->report);

        (void) fputs(text, stdout);
        (void) fflush(stdout);
}

char *bench_new_root(Bench *bench)
{
        return g_strdup_printf("%s/root-%u", bench->dir, bench->n_roots++);
}

/* The first domain of ListDomains, if there is one. */
static int find_first_domain(sd_bus *bus, Peer *peer, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *path;
        int r;

        r = bus_call(bus, peer_message(peer, bus, peer->root, "Connect", "ListDomains", "u", 0), &reply,
                     error);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, 'a', "o");
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r > 0)
                peer->domain = g_strdup(path);
        return r < 0 ? error_set_errno(error, r, "cannot read what ListDomains answers") : 0;
}

/* Without the second face: its name is the other service's that is measured. */
static int write_config(const Bench *bench, const char *file, Error *error)
{
        g_autofree char *text = g_strdup_printf("[daemon]\nlibvirt-face=no\nauthorize-reads=%s\n",
                                                bench->authorize_reads ?: "kind");

        return g_file_set_contents(file, text, -1, NULL)
                ? 0
                : error_set(error, ERROR_SYSTEM_ERROR, "cannot write %s", file);
}

int bench_start_virtbusd(Bench *bench, const char *driver, const char *root, Peer *ret, Error *error)
{
        g_autofree char *program = g_build_filename(bench->build, "service", "virtbusd", NULL);
        g_autofree char *libexec = g_strdup_printf("--libexec-dir=%s/service/exec", bench->build);
        g_autofree char *own = root ? NULL : bench_new_root(bench),
                        *at = g_strdup_printf("--root=%s", root ?: own);
        g_autofree char *only = driver ? g_strdup_printf("--driver=%s", driver) : NULL, *etc = NULL;
        g_autofree char *file = g_build_filename(bench->dir, "virtbusd.conf", NULL),
                        *config = g_strdup_printf("--config=%s", file);
        const char *argv[] = { program,         at,   config, libexec, "--log-target=stderr",
                               "--log=warning", only, NULL };
        int r;

        etc = g_build_filename(root ?: own, "etc", NULL);
        r = mkdir_parents(etc, 0755);
        if (r < 0)
                return error_set_errno(error, r, "cannot make %s", etc);
        r = write_config(bench, file, error);
        if (r < 0)
                return r;
        *ret = (Peer) {
                .label = "virtbusd",
                .name = "org.virtbus1",
                .prefix = "org.virtbus1",
                .root = g_strdup_printf("/org/virtbus1/%s", driver ?: "Test"),
                .log = g_strdup_printf("%s/virtbusd.log", bench->dir),
        };
        r = peer_start(ret, bench->root_bus, argv, error);
        return r < 0 ? r : find_first_domain(bench->root_bus, ret, error);
}

int bench_start_floor(Bench *bench, Peer *ret, Error *error)
{
        g_autofree char *program =
                        g_build_filename(bench->build, "tools", "bench", "virtbus-bench-floor", NULL);
        const char *argv[] = { program, FLOOR_NAME, NULL };

        *ret = (Peer) {
                .label = "floor",
                .name = FLOOR_NAME,
                .prefix = "org.virtbus1",
                .root = g_strdup("/org/virtbus1/Test"),
                .log = g_strdup_printf("%s/floor.log", bench->dir),
        };
        return peer_start(ret, bench->root_bus, argv, error);
}

/* Copies names and paths of the domains from a ListDomainsDetailed page by page. */
static int read_page(sd_bus_message *reply, GPtrArray *names, GPtrArray *paths, char **next)
{
        const char *path, *cursor, *key, *name;
        int r = sd_bus_message_enter_container(reply, 'a', "(oa{sv})");

        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "oa{sv}")) > 0) {
                r = sd_bus_message_read(reply, "oa{sv}", &path, 1, &key, "s", &name);
                if (r < 0)
                        return r;
                g_ptr_array_add(names, g_strdup(name));
                g_ptr_array_add(paths, g_strdup(path));
                r = sd_bus_message_exit_container(reply);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &cursor);
        if (r < 0)
                return r;
        g_free(*next);
        *next = g_strdup(cursor);
        return 0;
}

static int read_domains(Bench *bench, const Peer *peer, GPtrArray *names, GPtrArray *paths, Error *error)
{
        g_autofree char *next = g_strdup("");
        int r;

        do {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

                r = bus_call(bench->root_bus,
                             peer_message(peer, bench->root_bus, peer->root, "Connect",
                                          "ListDomainsDetailed", "a{sv}", 3, "limit", "u", 2000, "after",
                                          "s", next, "fields", "as", 1, "Name"),
                             &reply, error);
                if (r < 0)
                        return r;
                r = read_page(reply, names, paths, &next);
                if (r < 0)
                        return error_set_errno(error, r, "cannot read what ListDomainsDetailed answers");
        } while (*next);
        g_ptr_array_add(names, NULL);
        g_ptr_array_add(paths, NULL);
        return 0;
}

int bench_setup_floor(Bench *bench, const Peer *floor, const Peer *like, Error *error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *properties = NULL, *stats = NULL, *m = NULL;
        const char *sample;
        g_autofree char *interface = peer_interface(like, "Domain");
        sd_bus *bus = bench->root_bus;
        int r;

        r = read_domains(bench, like, names, paths, error);
        if (r < 0)
                return r;
        /* The last one: like most where there are many. */
        sample = paths->pdata[paths->len - 2];
        r = bus_call(bus, peer_message(like, bus, sample, NULL, "GetAll", "s", interface), &properties,
                     error);
        if (r >= 0)
                r = bus_call(bus, peer_message(like, bus, sample, "Domain", "GetStats", "uu", 0, 0), &stats,
                             error);
        if (r < 0)
                return r;
        m = peer_message(floor, bus, floor->root, "Floor", "Setup", NULL);
        r = sd_bus_message_append_strv(m, (char **) names->pdata);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **) paths->pdata);
        if (r >= 0)
                r = sd_bus_message_copy(m, properties, true);
        if (r >= 0)
                r = sd_bus_message_copy(m, stats, true);
        return r < 0 ? error_set_errno(error, r, "cannot tell the floor what to answer") :
                       bus_call(bus, g_steal_pointer(&m), NULL, error);
}

int bench_start_libvirt_dbus(Bench *bench, Peer *ret, Error *error)
{
        const char *argv[] = { LIBVIRT_DBUS, "--system", NULL };
        int r;

        *ret = (Peer) {};
        if (access(LIBVIRT_DBUS, X_OK) < 0)
                return 0;
        *ret = (Peer) {
                .label = "libvirt-dbus",
                .name = "org.libvirt",
                .prefix = "org.libvirt",
                .root = g_strdup("/org/libvirt/Test"),
                .log = g_strdup_printf("%s/libvirt-dbus.log", bench->dir),
        };
        r = peer_start(ret, bench->root_bus, argv, error);
        if (r >= 0)
                r = find_first_domain(bench->root_bus, ret, error);
        return r < 0 ? r : 1;
}

int bench_define(sd_bus *bus, const Peer *peer, const char *xml, char **ret_path, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *path;
        int r;

        r = bus_call(bus, peer_message(peer, bus, peer->root, "Connect", "DomainDefineXML", "s", xml),
                     &reply, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return error_set_errno(error, r, "cannot read what DomainDefineXML answers");
        *ret_path = g_strdup(path);
        return 0;
}

typedef struct Definitions {
        const char *type;
        unsigned first;
} Definitions;

static sd_bus_message *define_message(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        const Definitions *definitions = userdata;
        g_autofree char *xml = bench_definition(definitions->type, definitions->first + (unsigned) i);

        return peer_message(peer, bus, peer->root, "Connect", "DomainDefineXML", "s", xml);
}

int bench_define_many(Bench *bench, const Peer *peer, const char *type, unsigned first, size_t n,
                      LoadResult *ret, Error *error)
{
        Definitions definitions = { type, first };
        Load load = {
                .peer = peer,
                .bus = bench->root_bus,
                .n = n,
                .in_flight = 8,
                .message = define_message,
                .userdata = &definitions,
        };

        return load_run(&load, ret, error);
}
