/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers that grow with the number of domains. */

#include "tools/bench/bench.h"

static sd_bus_message *list(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        return peer_message(peer, bus, peer->root, "Connect", "ListDomains", "u", 0);
}

static sd_bus_message *stats(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        return peer_message(peer, bus, peer->root, "Connect", "GetAllDomainStats", "uu", 0, 0);
}

static sd_bus_message *page(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        return peer_message(peer, bus, peer->root, "Connect", "ListDomainsDetailed", "a{sv}", 1, "limit",
                            "u", 500);
}

static sd_bus_message *managed_objects(const Peer *peer, sd_bus *bus, size_t i, void *userdata)
{
        sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(bus, &m, peer->name, peer->root,
                                               "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");

        g_assert(r >= 0);
        return m;
}

typedef struct ListKind {
        const char *name;
        LoadMessage message;
        size_t repeat;  /* calls per round and 1,000 domains */
        bool has_budget;
        bool only_ours; /* the others do not have it */
        size_t at_most; /* domains */
} ListKind;

static const ListKind kinds[] = {
        { "ListDomains", list, 10, true, false, SIZE_MAX },
        { "GetAllDomainStats", stats, 2, true, false, SIZE_MAX },
        { "GetManagedObjects", managed_objects, 1, false, false, 1000 },
        { "ListDomainsDetailed, a page of 500 with all properties", page, 2, false, true, SIZE_MAX },
};

typedef struct Lists {
        Bench *bench;
        const Peer *peers[4]; /* ends with NULL */
        size_t n_domains;
} Lists;

static int measure(const Lists *lists, const ListKind *kind, Error *error)
{
        Bench *bench = lists->bench;
        g_autofree char *name = g_strdup_printf("%s, %zu domains", kind->name, lists->n_domains);
        size_t rounds = bench_n(bench, 41, 3), n = MAX(kind->repeat * 1000 / MAX(lists->n_domains, 1), 1);
        Row *cpu = report_row(bench->report, "Answers that grow: CPU of the service per call", name, "µs");
        GString *bytes = g_string_new("bytes of the answer:");
        int r = 0;

        for (size_t round = 0; r >= 0 && round <= rounds; round++)
                for (size_t i = 0; r >= 0 && lists->peers[i]; i++) {
                        const Peer *peer = lists->peers[i];
                        Load load = {
                                .peer = peer,
                                .bus = bench->root_bus,
                                .n = bench->quick ? 1 : n,
                                .in_flight = 1,
                                .message = kind->message,
                        };
                        LoadResult result = {};

                        if ((kind->only_ours || kind->message == managed_objects) &&
                            streq(peer->prefix, "org.libvirt"))
                                continue;
                        if (kind->only_ours && !streq(peer->label, "virtbusd"))
                                continue;
                        r = load_run(&load, &result, error);
                        if (r >= 0 && round > 0)
                                row_add(cpu, peer->label, result.cpu_usec);
                        if (round == 0)
                                g_string_append_printf(bytes, " %s %zu", peer->label, result.reply_bytes);
                }
        /* The budget is for a thousand: beyond, the memory of real objects counts, which the floor has not. */
        if (kind->has_budget && lists->n_domains <= 1000)
                row_budget(cpu, BUDGET_RATIO_MAX, "virtbusd", "floor", 1.3);
        row_note(cpu, bytes->str);
        g_string_free(bytes, TRUE);
        bench_print(bench);
        return r;
}

/* Defines until there are n in each service, and lets the floor pretend to have as many. */
static int grow(Lists *lists, const Peer *virtbusd, const Peer *floor, const Peer *libvirt, size_t n,
                Error *error)
{
        LoadResult result;
        int r;

        /* Each driver of tests begins with one. */
        if (n <= lists->n_domains)
                return 0;
        r = bench_define_many(lists->bench, virtbusd, "test", (unsigned) lists->n_domains,
                              n - lists->n_domains, &result, error);
        if (r >= 0 && libvirt)
                r = bench_define_many(lists->bench, libvirt, "test", (unsigned) lists->n_domains,
                                      n - lists->n_domains, &result, error);
        if (r >= 0)
                r = bench_setup_floor(lists->bench, floor, virtbusd, error);
        lists->n_domains = n;
        return r;
}

int bench_lists(Bench *bench, Error *error)
{
        const size_t sizes[] = { bench_n(bench, 1000, 20), bench_n(bench, 10000, 40) };
        _cleanup_peer_ Peer virtbusd = {}, floor = {}, libvirt = {};
        Lists lists = { .bench = bench, .peers = { &floor, &virtbusd }, .n_domains = 1 };
        int r;

        r = bench_start_virtbusd(bench, "Test", NULL, &virtbusd, error);
        if (r >= 0)
                r = bench_start_floor(bench, &floor, error);
        if (r >= 0)
                r = bench_start_libvirt_dbus(bench, &libvirt, error);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(sizes); i++) {
                /* At 10,000 libvirt-dbus needs many seconds for one answer. */
                bool with_libvirt = libvirt.pid && i == 0;

                lists.peers[2] = with_libvirt ? &libvirt : NULL;
                r = grow(&lists, &virtbusd, &floor, lists.peers[2], sizes[i], error);
                for (size_t k = 0; r >= 0 && k < ELEMENTSOF(kinds); k++)
                        if (sizes[i] <= kinds[k].at_most)
                                r = measure(&lists, kinds + k, error);
        }
        return r;
}
