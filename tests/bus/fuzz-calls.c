/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Random calls of everything that introspection shows of the test driver, on both faces, with arguments of the right
 * types and often of the right meaning. The daemon must stay the same process and answer every call, with a value or
 * with an error that has a name of ours or of D-Bus; the sanitizers see the rest.
 *
 *      fuzz-calls COUNT [SEED]
 *
 * On a private host with a virtbusd, as root, whom nothing is refused. Prints how often each answer came and how the
 * daemon's memory grew.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"

#define IN_FLIGHT 64u
/* Calls between two looks at what objects there are. */
#define LOOK_EVERY 1000u
#define CALL_TIMEOUT_USEC (120 * USEC_PER_SEC)

/* An object on a face. */
typedef struct Place {
        const char *service; /* bus name */
        char *path;
        GPtrArray *members; /* Member; of all interfaces of the object */
} Place;

typedef struct Fuzz {
        sd_bus *bus;
        GRand *rand;
        GPtrArray *places;
        GHashTable *answers; /* name of an error, or "": how often */
        GHashTable *kinds;   /* interface: how often it was called */
        unsigned n_pools;    /* that were made for volumes */
        uint64_t sent;
        uint64_t answered;
        bool failed;
} Fuzz;

typedef struct Sent {
        Fuzz *fuzz;
        char *what;
} Sent;

static void place_free(void *p)
{
        Place *place = p;

        g_free(place->path);
        g_ptr_array_unref(place->members);
        g_free(place);
}

static uint32_t below(Fuzz *f, uint32_t n)
{
        return (uint32_t) g_rand_int_range(f->rand, 0, (gint32) n);
}

/* Looks */

static bool is_ours(const char *interface)
{
        return g_str_has_prefix(interface, "org.virtbus1.") || g_str_has_prefix(interface, "org.libvirt.") ||
                streq(interface, "org.freedesktop.DBus.Properties") ||
                streq(interface, "org.freedesktop.DBus.ObjectManager");
}

static GPtrArray *members_of_ours(const char *xml)
{
        GPtrArray *members = contract_parse(xml);

        for (guint i = members->len; i > 0; i--) {
                const Member *member = members->pdata[i - 1];

                if (!is_ours(member->interface) || member->kind == MEMBER_SIGNAL)
                        g_ptr_array_remove_index_fast(members, i - 1);
        }
        return members;
}

static void look(Fuzz *f, const char *service, const char *path)
{
        const Target target = { service, path, "org.freedesktop.DBus.Introspectable" };
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        g_auto(GStrv) children = NULL;
        GPtrArray *members;
        const char *xml;

        /* what was there a moment ago may have gone */
        assert_true(sd_bus_message_new_method_call(f->bus, &m, target.destination, target.path, target.interface,
                                                   "Introspect") >= 0);
        if (sd_bus_call(f->bus, m, CALL_TIMEOUT_USEC, NULL, &reply) < 0)
                return;
        assert_true(sd_bus_message_read(reply, "s", &xml) >= 0);
        members = members_of_ours(xml);
        if (members->len > 0) {
                Place *place = g_new0(Place, 1);

                *place = (Place) { service, g_strdup(path), members };
                g_ptr_array_add(f->places, place);
        } else
                g_ptr_array_unref(members);
        children = contract_children(xml);
        for (char **child = children; *child; child++) {
                g_autofree char *below_path = g_strdup_printf("%s/%s", path, *child);

                look(f, service, below_path);
        }
}

static void look_around(Fuzz *f)
{
        g_ptr_array_set_size(f->places, 0);
        look(f, "org.virtbus1", "/org/virtbus1/Test");
        look(f, "org.libvirt", "/org/libvirt/Test");
        assert_true(f->places->len > 0);
}

/* Arguments */

static const char *const names[] = {
        "test", "a", "b", "web", "default", "default-pool", "eth1", "vol.img", "vda", "hda", "s1",
};

static const char *const uuids[] = {
        "6695eb01-f6a4-8304-79aa-97f2502e193f", "11111111-2222-4333-8444-555555555551",
        "11111111-2222-4333-8444-555555555552", "11111111-2222-4333-8444-555555555553",
};

/* %s is a name, then a UUID. */
static const char *const definitions[] = {
        "<domain type='test'><name>%s</name><uuid>%s</uuid><memory>8192</memory><vcpu>2</vcpu><os><type>hvm</type></os>"
        "</domain>",
        "<network><name>%s</name><uuid>%s</uuid><bridge name='vb1'/><ip address='10.0.9.1' netmask='255.255.255.0'/>"
        "</network>", "<pool type='dir'><name>%s</name><uuid>%s</uuid><target><path>/pool</path></target></pool>",
        "<volume><name>%s</name><key>%s</key><capacity>65536</capacity></volume>",
        "<domainsnapshot><name>%s</name><description>%s</description></domainsnapshot>",
        "<domaincheckpoint><name>%s</name><description>%s</description></domaincheckpoint>",
        "<filter name='%s'><uuid>%s</uuid></filter>",
        "<secret ephemeral='yes'><description>%s</description><uuid>%s</uuid></secret>",
        "<interface type='ethernet' name='%s'><mac address='aa:bb:cc:dd:ee:01'/><!-- %s --></interface>",
        "<disk type='file' device='disk'><source file='/x/%s'/><target dev='vdb'/><serial>%s</serial></disk>",
        "<interface type='network'><source network='%s'/><alias name='%s'/></interface>",
        "<domain><%s><%s",
};

static const char *const words[] = {
        "", "/", "x", "0", "-1", "running", "paused", "live", "file", "dxml", "flags", "limit", "after", "state",
        "fields",
        "Name", "State", "Active", "UUID", "Autostart", "cpu_shares", "weight", "hard_limit", "total_bytes_sec",
        "org.virtbus1.Domain", "org.virtbus1.Connect", "org.libvirt.Domain", "http://example.org/a", "prefix", "<a/>",
        "tcp://localhost/system", "test:///default", "vepa", "0-3,^1", "52:54:00:00:00:01", "\xc3\xa4\xe2\x82\xac",
};

static char *definition(unsigned kind, unsigned name, unsigned uuid)
{
        return g_strdup_printf(definitions[kind], names[name], uuids[uuid]);
}

static char *random_string(Fuzz *f)
{
        switch (below(f, 16)) {
        case 0 ... 4:
                return g_strdup(names[below(f, ELEMENTSOF(names))]);
        case 5 ... 6:
                return g_strdup(uuids[below(f, ELEMENTSOF(uuids))]);
        case 7 ... 9:
                return definition(below(f, ELEMENTSOF(definitions)), below(f, ELEMENTSOF(names)),
                                  below(f, ELEMENTSOF(uuids)));
        case 10:
                return g_strdup_printf("%s/saved-%u", g_getenv("VIRTBUS_TEST_DIR"), below(f, 4));
        case 11:
                return below(f, 64) == 0 ? g_strnfill(100000, 'x') : g_strnfill(below(f, 300), 'n');
        default:
                return g_strdup(words[below(f, ELEMENTSOF(words))]);
        }
}

static char *random_path(Fuzz *f)
{
        const Place *place = f->places->pdata[below(f, f->places->len)];

        return g_strdup(below(f, 8) == 0 ? "/" : place->path);
}

/* Mostly small, or one bit: most numbers are flags, counts and states. */
static uint64_t random_number(Fuzz *f)
{
        switch (below(f, 8)) {
        case 0:
                return UINT64_MAX;
        case 1:
                return UINT64_C(1) << below(f, 64);
        case 2:
                return (uint64_t) g_rand_int(f->rand) << 32 | g_rand_int(f->rand);
        default:
                return below(f, 8) == 0 ? below(f, 100000) : below(f, 9);
        }
}

static void append_random(Fuzz *f, sd_bus_message *m, const char *signature);

static void append_random_basic(Fuzz *f, sd_bus_message *m, char type)
{
        g_autofree char *s = type == 'o' ? random_path(f) : type == 's' ? random_string(f) : NULL;
        uint64_t number = random_number(f);
        double real = (double) number / 3;
        int boolean = (int) (number & 1), fd;

        switch (type) {
        case 's':
        case 'o':
                assert_true(sd_bus_message_append_basic(m, type, s) >= 0);
                break;
        case 'b':
                assert_true(sd_bus_message_append_basic(m, type, &boolean) >= 0);
                break;
        case 'd':
                assert_true(sd_bus_message_append_basic(m, type, &real) >= 0);
                break;
        case 'h':
                fd = open("/dev/null", O_RDWR | O_CLOEXEC);
                assert_true(fd >= 0);
                assert_true(sd_bus_message_append_basic(m, type, &fd) >= 0);
                (void) close(fd);
                break;
        default: /* whole numbers of any width: this machine stores the low bytes first */
                assert_true(sd_bus_message_append_basic(m, type, &number) >= 0);
        }
}

/* The length of the first complete type. */
static size_t type_length(const char *s)
{
        int depth = 0;
        size_t n = 0;

        while (s[n] == 'a')
                n++;
        do {
                if (s[n] == '(' || s[n] == '{')
                        depth++;
                else if (s[n] == ')' || s[n] == '}')
                        depth--;
                n++;
        } while (depth > 0);
        return n;
}

static void append_random_container(Fuzz *f, sd_bus_message *m, char type, const char *contents, uint32_t times)
{
        assert_true(sd_bus_message_open_container(m, type, contents) >= 0);
        while (times-- > 0)
                append_random(f, m, contents);
        assert_true(sd_bus_message_close_container(m) >= 0);
}

static void append_random(Fuzz *f, sd_bus_message *m, const char *signature)
{
        static const char *const variants[] = { "s", "u", "i", "t", "b", "as", "x", "d", "ay", "a{sv}" };

        while (*signature) {
                size_t n = type_length(signature);
                g_autofree char *inner = n > 1 ? g_strndup(signature + 1, n - (*signature == 'a' ? 1 : 2)) : NULL;

                if (*signature == 'v')
                        append_random_container(f, m, 'v', variants[below(f, ELEMENTSOF(variants) - 1)], 1);
                else if (*signature == 'a')
                        append_random_container(f, m, 'a', inner, below(f, 4));
                else if (*signature == '(' || *signature == '{')
                        append_random_container(f, m, *signature == '(' ? 'r' : 'e', inner, 1);
                else
                        append_random_basic(f, m, *signature);
                signature += n;
        }
}

/* Calls */

static bool is_known_error(const char *name)
{
        return g_str_has_prefix(name, "org.virtbus1.Error.") || streq(name, "org.libvirt.Error") ||
                (g_str_has_prefix(name, "org.freedesktop.DBus.Error.") && !strstr(name, "NoReply") &&
                 !strstr(name, "Disconnected") && !strstr(name, "ServiceUnknown"));
}

static void count(GHashTable *table, const char *name)
{
        uint64_t *n = g_hash_table_lookup(table, name);

        if (!n) {
                n = g_new0(uint64_t, 1);
                g_hash_table_insert(table, g_strdup(name), n);
        }
        (*n)++;
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        g_autofree Sent *sent = userdata;
        g_autofree char *what = sent->what;
        const sd_bus_error *error = sd_bus_message_get_error(m);
        Fuzz *f = sent->fuzz;
        const char *name = error ? error->name : "";

        f->answered++;
        count(f->answers, name);
        if (error && !is_known_error(name)) {
                fprintf(stderr, "%s: %s: %s\n", what, name, error->message);
                f->failed = true;
        }
        return 0;
}

static void send_call(Fuzz *f, sd_bus_message *m, char *what)
{
        Sent *sent = g_new(Sent, 1);

        *sent = (Sent) { f, what };
        assert_true(sd_bus_call_async(f->bus, NULL, m, on_answer, sent, CALL_TIMEOUT_USEC) >= 0);
        f->sent++;
}

static void call_method(Fuzz *f, const Place *place, const Member *member)
{
        _cleanup_message_ sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_method_call(f->bus, &m, place->service, place->path, member->interface,
                                                   member->name) >= 0);
        append_random(f, m, member->in);
        send_call(f, m, g_strdup_printf("%s %s.%s", place->path, member->interface, member->name));
}

static void use_property(Fuzz *f, const Place *place, const Member *member)
{
        bool set = below(f, 3) == 0;
        _cleanup_message_ sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_method_call(f->bus, &m, place->service, place->path,
                                                   "org.freedesktop.DBus.Properties", set ? "Set" : "Get") >= 0);
        assert_true(sd_bus_message_append(m, "ss", member->interface, member->name) >= 0);
        if (set)
                append_random_container(f, m, 'v', member->in, 1);
        send_call(f, m, g_strdup_printf("%s %s.%s", place->path, member->interface, member->name));
}

static void call_something(Fuzz *f)
{
        const Place *place = f->places->pdata[below(f, f->places->len)];
        const Member *member = place->members->pdata[below(f, place->members->len)];

        count(f->kinds, member->interface);
        if (member->kind == MEMBER_PROPERTY)
                use_property(f, place, member);
        else
                call_method(f, place, member);
}

static void send_xml(Fuzz *f, const char *path, const char *interface, const char *member, const char *xml,
                     const char *more, uint32_t number)
{
        g_autofree char *full_path = g_strconcat("/org/virtbus1/Test", path, NULL);
        g_autofree char *full_interface = g_strconcat("org.virtbus1.", interface, NULL);
        _cleanup_message_ sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_method_call(f->bus, &m, "org.virtbus1", full_path, full_interface, member) >= 0);
        assert_true(sd_bus_message_append(m, "s", xml) >= 0);
        if (more)
                assert_true(sd_bus_message_append(m, more, number) >= 0);
        send_call(f, m, g_strdup(member));
}

static void send_definition(Fuzz *f, const char *member, unsigned kind, unsigned name, const char *more,
                            uint32_t number)
{
        g_autofree char *xml = definition(kind, name, name % ELEMENTSOF(uuids));

        send_xml(f, "", "Connect", member, xml, more, number);
}

/* What is within objects that restock() has made. */
static void restock_inner(Fuzz *f)
{
        static const char port[] =
                "<networkport><uuid>71111111-2222-3333-4444-555555555555</uuid><owner><name>vm</name>"
                "<uuid>11111111-2222-4333-8444-555555555551</uuid></owner><mac address='52:54:00:00:00:01'/>"
                "</networkport>";
        static const char binding[] =
                "<filterbinding><owner><name>vm</name><uuid>11111111-2222-4333-8444-555555555551</uuid></owner>"
                "<portdev name='vnet9'/><mac address='52:54:00:00:00:09'/><filterref filter='test'/></filterbinding>";
        static const char disk_domain[] =
                "<domain type='test'><name>disks</name><uuid>11111111-2222-4333-8444-555555555559</uuid>"
                "<memory>8192</memory>"
                "<os><type>hvm</type></os><devices><disk type='file' device='disk'><driver type='qcow2'/><source "
                "file='/x'/>"
                "<target dev='vda' bus='virtio'/></disk></devices></domain>";
        static const char disks[] = "/domain/_11111111_2222_4333_8444_555555555559";
        static const char network[] = "/network/_11111111_2222_4333_8444_555555555551";

        send_xml(f, "", "Connect", "DomainCreateXML", disk_domain, "u", 0);
        send_xml(f, disks, "Domain", "SnapshotCreateXML", "<domainsnapshot><name>s1</name></domainsnapshot>", "u", 0);
        send_xml(f, disks, "Domain", "CheckpointCreateXML", "<domaincheckpoint><name>c1</name></domaincheckpoint>",
                 "u", 0);
        send_xml(f, network, "Network", "PortCreateXML", port, "u", 0);
        send_xml(f, "", "Connect", "NWFilterBindingCreateXML", binding, "u", 0);
}

/* A pool of its own each time, that runs: others may be there, but stopped, and have no volumes then. */
static void restock_volume(Fuzz *f)
{
        unsigned n = f->n_pools++;
        g_autofree char *path = g_strdup_printf("/storagepool/_81111111_2222_4333_8444_5555555%05u", n);
        g_autofree char *pool = g_strdup_printf("<pool type='dir'><name>stock%u</name>"
                                                "<uuid>81111111-2222-4333-8444-5555555%05u</uuid>"
                                                "<target><path>/stock/%u</path></target></pool>", n, n, n);

        send_xml(f, "", "Connect", "StoragePoolCreateXML", pool, "u", 0);
        send_xml(f, path, "StoragePool", "StorageVolCreateXML",
                 "<volume><name>v</name><capacity>4096</capacity></volume>", "u", 0);
}

/* Random calls remove more than they make: something of each kind is made again, as far as its name is free. */
static void restock(Fuzz *f)
{
        for (unsigned i = 0; i < ELEMENTSOF(uuids); i++) {
                send_definition(f, i % 2 == 0 ? "DomainDefineXMLFlags" : "DomainCreateXML", 0, i, "u", 0);
                send_definition(f, "NetworkCreateXML", 1, i, NULL, 0);
                send_definition(f, "StoragePoolCreateXML", 2, i, "u", 0);
                send_definition(f, "NWFilterDefineXML", 6, i, NULL, 0);
                send_definition(f, "SecretDefineXML", 7, i, "u", 0);
                send_definition(f, "InterfaceDefineXML", 8, i, "u", 0);
        }
        restock_inner(f);
        restock_volume(f);
}

static void wait_until_in_flight(Fuzz *f, uint64_t n)
{
        while (f->sent - f->answered > n && !f->failed) {
                int r = sd_bus_process(f->bus, NULL);

                if (r == 0)
                        r = sd_bus_wait(f->bus, UINT64_MAX);
                if (r < 0) {
                        fprintf(stderr, "the bus: %s\n", g_strerror(-r));
                        f->failed = true;
                }
        }
}

/* Report */

static uint64_t memory_kib(pid_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/status", (int) pid), *text = NULL;
        const char *line;

        if (!g_file_get_contents(path, &text, NULL, NULL) || !(line = strstr(text, "RssAnon:")))
                return 0;
        return g_ascii_strtoull(line + strlen("RssAnon:"), NULL, 10);
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void print_counts(GHashTable *table)
{
        guint n;
        g_autofree const char **keys = (const char **) g_hash_table_get_keys_as_array(table, &n);

        qsort(keys, n, sizeof(*keys), compare_names);
        for (guint i = 0; i < n; i++)
                printf("%10" PRIu64 "  %s\n", *(uint64_t *) g_hash_table_lookup(table, keys[i]),
                       *keys[i] ? keys[i] : "a value");
}

/* Objects of each kind were there to be called; only jobs are over before one looks. */
static void check_kinds(Fuzz *f)
{
        static const char *const native_kinds[] = {
                "Connect",    "Domain",     "DomainSnapshot", "DomainCheckpoint", "Network",         "NetworkPort",
                "StoragePool",
                "StorageVol", "Interface",  "NodeDevice",     "NWFilter",         "NWFilterBinding", "Secret",
        };

        for (size_t i = 0; i < ELEMENTSOF(native_kinds); i++) {
                g_autofree char *interface = g_strconcat("org.virtbus1.", native_kinds[i], NULL);

                if (g_hash_table_contains(f->kinds, interface))
                        continue;
                fprintf(stderr, "no %s was called\n", native_kinds[i]);
                f->failed = true;
        }
}

static void fuzz(Fuzz *f, uint64_t count, pid_t pid)
{
        uint64_t next_line = 0, next_look = 0;

        while (f->sent < count && !f->failed) {
                if (f->sent >= next_look) {
                        next_look = f->sent + LOOK_EVERY;
                        restock(f);
                        wait_until_in_flight(f, 0);
                        look_around(f);
                        if (f->sent >= next_line) {
                                printf("%10" PRIu64 " calls, %u objects, RssAnon %" PRIu64 " KiB\n", f->sent,
                                       f->places->len, memory_kib(pid));
                                next_line = f->sent + count / 20;
                        }
                }
                call_something(f);
                wait_until_in_flight(f, IN_FLIGHT - 1);
        }
        wait_until_in_flight(f, 0);
}

int main(int argc, char **argv)
{
        uint64_t count = argc > 1 ? g_ascii_strtoull(argv[1], NULL, 10) : 0;
        uint32_t seed = argc > 2 ? (uint32_t) g_ascii_strtoull(argv[2], NULL, 10) : g_random_int();
        pid_t pid = service_pid("virtbusd");
        Fuzz f = {};

        if (count == 0) {
                fprintf(stderr, "usage: fuzz-calls COUNT [SEED]\n");
                return 2;
        }
        setvbuf(stdout, NULL, _IOLBF, 0);
        printf("seed %" PRIu32 "\n", seed);
        f = (Fuzz) {
                .bus = client_open(USER_ROOT),
                .rand = g_rand_new_with_seed(seed),
                .places = g_ptr_array_new_with_free_func(place_free),
                .answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                .kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        };
        name_wait(f.bus, "org.libvirt", true);
        fuzz(&f, count, pid);
        print_counts(f.kinds);
        print_counts(f.answers);
        check_kinds(&f);
        if (service_pid("virtbusd") != pid) {
                fprintf(stderr, "the daemon is another process than in the beginning\n");
                f.failed = true;
        }
        client_close(f.bus);
        g_rand_free(f.rand);
        g_ptr_array_unref(f.places);
        g_hash_table_unref(f.answers);
        g_hash_table_unref(f.kinds);
        return f.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
