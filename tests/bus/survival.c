/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Kills the daemon with SIGKILL at random moments while definitions are made, guests started, stopped and
 * undefined, and after each restart compares what is there with what was acknowledged: no definition lost or
 * come back, no guest lost or left without a domain, no file that cannot be read.
 *
 *     survival VIRTBUSD LIBEXEC-DIR KILLS [SEED]
 *
 * Runs within tools/lib/private-host; keeps the daemon's files in $VIRTBUS_TEST_DIR. Guests are real QEMUs
 * without anything to boot.
 */

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include "service/base/util.h"

#define N_DOMAINS 6
#define FAILURES_MAX 10
#define CONNECT "/org/virtbus1/QEMU"

typedef enum Operation {
        OP_NONE,
        OP_DEFINE,
        OP_START,
        OP_DESTROY,
        OP_UNDEFINE,
        _OP_MAX,
} Operation;

typedef struct Guest {
        struct World *world;
        unsigned number;
        bool defined;
        bool running;
        Operation pending; /* after a kill: may have happened or not */
        sd_bus_slot *slot;
} Guest;

typedef struct World {
        const char *daemon;
        const char *libexec;
        char *root;
        pid_t pid;
        sd_bus *bus;
        GRand *random;
        Guest guests[N_DOMAINS];
        unsigned acknowledged[_OP_MAX];
        unsigned kills;
        unsigned failures;
        uint64_t slowest_name;
        uint64_t slowest_adoption;
} World;

static void fail(World *world, const char *format, ...) _printf_(2, 3);
static void fail(World *world, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        fprintf(stderr, "survival: after kill %u: ", world->kills);
        vfprintf(stderr, format, ap);
        fputc('\n', stderr);
        va_end(ap);
        world->failures++;
}

static void guest_uuid(const Guest *guest, char ret[static 37])
{
        (void) g_snprintf(ret, 37, "5a7e0000-0000-4000-8000-%012u", guest->number);
}

static char *guest_path(const Guest *guest)
{
        char uuid[37];

        guest_uuid(guest, uuid);
        g_strdelimit(uuid, "-", '_');
        return g_strdup_printf(CONNECT "/domain/_%s", uuid);
}

static char *guest_xml(const Guest *guest)
{
        char uuid[37];

        guest_uuid(guest, uuid);
        return g_strdup_printf("<domain type='qemu'><name>survivor-%u</name><uuid>%s</uuid>"
                               "<description>%u</description>"
                               "<memory unit='MiB'>16</memory><vcpu>1</vcpu>"
                               "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
                               "<devices><serial type='null'/><memballoon model='none'/></devices></domain>",
                               guest->number, uuid, g_rand_int(guest->world->random));
}

static void daemon_start(World *world)
{
        g_autofree char *root = g_strdup_printf("--root=%s", world->root);
        g_autofree char *libexec = g_strdup_printf("--libexec-dir=%s", world->libexec);

        world->pid = fork();
        if (world->pid == 0) {
                execl(world->daemon, world->daemon, "--system", "--driver=QEMU", root, libexec, "--log=err", NULL);
                _exit(127);
        }
}

/* Waits until the name has an owner. */
static bool daemon_wait(World *world)
{
        uint64_t start = now_usec();

        while (now_usec() < start + 20 * USEC_PER_SEC) {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
                int has = 0;

                if (sd_bus_call_method(world->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "NameHasOwner", NULL, &reply, "s",
                                       "org.virtbus1") >= 0 &&
                    sd_bus_message_read(reply, "b", &has) >= 0 && has) {
                        world->slowest_name = MAX(world->slowest_name, now_usec() - start);
                        return true;
                }
                if (waitpid(world->pid, NULL, WNOHANG) == world->pid) {
                        fail(world, "the daemon ended by itself");
                        return false;
                }
                g_usleep(2000);
        }
        fail(world, "the daemon does not own its name after 20 s");
        return false;
}

static void acknowledge(Guest *guest, Operation op)
{
        guest->world->acknowledged[op]++;
        switch (op) {
        case OP_DEFINE:
                guest->defined = true;
                break;
        case OP_START:
                guest->running = true;
                break;
        case OP_DESTROY:
                guest->running = false;
                break;
        case OP_UNDEFINE:
                guest->defined = false;
                break;
        case OP_NONE:
        case _OP_MAX:
                break;
        }
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Guest *guest = userdata;
        const sd_bus_error *e = sd_bus_message_get_error(m);

        guest->slot = sd_bus_slot_unref(guest->slot);
        if (e && (streq(e->name, SD_BUS_ERROR_NO_REPLY) || streq(e->name, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                  streq(e->name, SD_BUS_ERROR_NAME_HAS_NO_OWNER)))
                return 0; /* the kill was faster: pending stays */
        if (e)
                fail(guest->world, "guest %u, operation %d: %s: %s", guest->number, guest->pending, e->name,
                     e->message);
        else
                acknowledge(guest, guest->pending);
        guest->pending = OP_NONE;
        return 0;
}

static int call_domain(Guest *guest, const char *member, uint32_t flags)
{
        g_autofree char *path = guest_path(guest);

        return sd_bus_call_method_async(guest->world->bus, &guest->slot, "org.virtbus1", path, "org.virtbus1.Domain",
                                        member, on_reply, guest, "u", flags);
}

static Operation choose(const Guest *guest)
{
        gint32 dice = g_rand_int_range(guest->world->random, 0, 100);

        if (!guest->defined)
                return OP_DEFINE;
        if (guest->running)
                return dice < 80 ? OP_DESTROY : OP_DEFINE;
        if (dice < 60)
                return OP_START;
        return dice < 80 ? OP_UNDEFINE : OP_DEFINE;
}

static void begin(Guest *guest)
{
        g_autofree char *xml = NULL;
        int r = 0;

        guest->pending = choose(guest);
        switch (guest->pending) {
        case OP_DEFINE:
                xml = guest_xml(guest);
                r = sd_bus_call_method_async(guest->world->bus, &guest->slot, "org.virtbus1", CONNECT,
                                             "org.virtbus1.Connect", "DomainDefineXML", on_reply, guest, "s", xml);
                break;
        case OP_START:
                r = call_domain(guest, "Create", (uint32_t) g_rand_int_range(guest->world->random, 0, 2));
                break;
        case OP_DESTROY:
                r = call_domain(guest, "Destroy", 0);
                break;
        case OP_UNDEFINE:
                r = call_domain(guest, "Undefine", 0);
                break;
        case OP_NONE:
        case _OP_MAX:
                break;
        }
        if (r < 0)
                fail(guest->world, "cannot call: %s", g_strerror(-r));
}

static void process(World *world)
{
        int r;

        do
                r = sd_bus_process(world->bus, NULL);
        while (r > 0);
}

/* Keeps every guest busy until the time is over. */
static void work(World *world, uint64_t usec)
{
        uint64_t end = now_usec() + usec;

        while (now_usec() < end && world->failures < FAILURES_MAX) {
                for (unsigned i = 0; i < N_DOMAINS; i++)
                        if (!world->guests[i].slot && world->guests[i].pending == OP_NONE)
                                begin(&world->guests[i]);
                process(world);
                (void) sd_bus_wait(world->bus, MIN(end - MIN(end, now_usec()), 5 * USEC_PER_MSEC));
        }
}

static void drain(World *world)
{
        uint64_t end = now_usec() + 5 * USEC_PER_SEC;
        bool open = true;

        while (open && now_usec() < end) {
                process(world);
                open = false;
                for (unsigned i = 0; i < N_DOMAINS; i++)
                        open |= world->guests[i].slot != NULL;
                if (open)
                        (void) sd_bus_wait(world->bus, 20 * USEC_PER_MSEC);
        }
        if (open)
                fail(world, "a call is open five seconds after the daemon's end");
}

typedef enum Sight {
        SIGHT_ABSENT,
        SIGHT_INACTIVE,
        SIGHT_ACTIVE,
        SIGHT_SILENT, /* active, but its monitor does not answer (yet) */
} Sight;

static Sight look(Guest *guest)
{
        g_autofree char *path = guest_path(guest);
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int active = 0, responsive = 0;
        int r = sd_bus_get_property_trivial(guest->world->bus, "org.virtbus1", path, "org.virtbus1.Domain", "Active",
                                            &error, 'b', &active);

        if (r < 0) {
                if (!sd_bus_error_has_name(&error, "org.virtbus1.Error.NoDomain"))
                        fail(guest->world, "guest %u: %s", guest->number, error.message);
                sd_bus_error_free(&error);
                return SIGHT_ABSENT;
        }
        if (!active)
                return SIGHT_INACTIVE;
        (void) sd_bus_get_property_trivial(guest->world->bus, "org.virtbus1", path, "org.virtbus1.Domain", "Responsive",
                                           NULL, 'b', &responsive);
        return responsive ? SIGHT_ACTIVE : SIGHT_SILENT;
}

/* A stop that was under way is gone on with: its guest is seen for a moment, or stays when it had not begun. */
static Sight look_settled(Guest *guest, Operation pending)
{
        Sight seen = look(guest);

        for (unsigned try = 0; try < 200 && pending == OP_DESTROY && seen >= SIGHT_ACTIVE; try++) {
                g_usleep(5000);
                seen = look(guest);
        }
        return seen;
}

static void check_guest(Guest *guest)
{
        Operation pending = guest->pending;
        Sight seen = look_settled(guest, pending);
        bool defined = seen != SIGHT_ABSENT, running = seen >= SIGHT_ACTIVE;

        guest->pending = OP_NONE;
        if (defined != guest->defined && pending != OP_DEFINE && pending != OP_UNDEFINE)
                fail(guest->world, "guest %u is %s but was acknowledged as %s", guest->number,
                     defined ? "defined" : "not defined", guest->defined ? "defined" : "undefined");
        if (running != guest->running && pending != OP_START && pending != OP_DESTROY)
                fail(guest->world, "guest %u is %s but was acknowledged as %s", guest->number,
                     running ? "running" : "not running", guest->running ? "started" : "stopped");
        guest->defined = defined;
        guest->running = running;
}

/* Half-made guests are undone and running ones adopted: all must be settled soon. */
static void wait_settled(World *world)
{
        uint64_t start = now_usec();
        bool settled = false;

        while (!settled) {
                settled = true;
                for (unsigned i = 0; i < N_DOMAINS; i++)
                        settled &= look(&world->guests[i]) != SIGHT_SILENT;
                if (now_usec() > start + 10 * USEC_PER_SEC) {
                        fail(world, "a running guest does not answer ten seconds after the restart");
                        break;
                }
                if (!settled)
                        g_usleep(5000);
        }
        world->slowest_adoption = MAX(world->slowest_adoption, now_usec() - start);
}

static unsigned count_qemus(void)
{
        static const char mark[] = "guest=survivor-";
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        unsigned n = 0;

        while (proc && (entry = readdir(proc))) {
                g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", entry->d_name);
                g_autofree char *line = NULL;
                size_t size;

                if (g_ascii_isdigit(entry->d_name[0]) && read_file_at(AT_FDCWD, path, 1 << 20, &line, &size) >= 0)
                        n += memmem(line, size, mark, strlen(mark)) != NULL;
        }
        if (proc)
                closedir(proc);
        return n;
}

/* A QEMU that is being killed may be seen for a moment more. */
static void check_qemus(World *world)
{
        unsigned wanted = 0, n = 0;

        for (unsigned i = 0; i < N_DOMAINS; i++)
                wanted += world->guests[i].running;
        for (unsigned try = 0; try < 400; try++) {
                n = count_qemus();
                if (n == wanted)
                        return;
                g_usleep(10000);
        }
        fail(world, "%u QEMUs for %u running guests", n, wanted);
}

/* Groups of machines, in all hierarchies. */
static unsigned count_cgroups(const char *path, unsigned depth)
{
        DIR *dir = opendir(path);
        struct dirent *entry;
        unsigned n = 0;

        while (dir && (entry = readdir(dir))) {
                g_autofree char *below = g_build_filename(path, entry->d_name, NULL);

                if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
                        continue;
                n += strstr(entry->d_name, ".virtbus") != NULL;
                if (depth > 0)
                        n += count_cgroups(below, depth - 1);
        }
        if (dir)
                closedir(dir);
        return n;
}

/* They are removed in the background. */
static void check_cgroups(World *world)
{
        unsigned n = 0;

        for (unsigned try = 0; try < 400; try++) {
                n = count_cgroups("/sys/fs/cgroup", 4);
                if (n == 0)
                        return;
                g_usleep(10000);
        }
        fail(world, "%u cgroups are left", n);
}

static void check_files(World *world)
{
        g_autofree char *path = g_build_filename(world->root, "etc", "qemu", NULL);
        DIR *dir = opendir(path);
        struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (strstr(entry->d_name, ".broken"))
                        fail(world, "%s could not be read", entry->d_name);
        if (dir)
                closedir(dir);
}

static bool one_kill(World *world)
{
        work(world, (uint64_t) g_rand_int_range(world->random, 0, 800000));
        (void) kill(world->pid, SIGKILL);
        (void) waitpid(world->pid, NULL, 0);
        world->kills++;
        drain(world);
        daemon_start(world);
        if (!daemon_wait(world))
                return false;
        wait_settled(world);
        for (unsigned i = 0; i < N_DOMAINS; i++)
                check_guest(&world->guests[i]);
        check_qemus(world);
        check_files(world);
        return true;
}

static void clean_up(World *world)
{
        for (unsigned i = 0; i < N_DOMAINS; i++) {
                g_autofree char *path = guest_path(&world->guests[i]);

                if (world->guests[i].running)
                        (void) sd_bus_call_method(world->bus, "org.virtbus1", path, "org.virtbus1.Domain", "Destroy",
                                                  NULL, NULL, "u", 0);
                world->guests[i].running = false;
        }
        check_qemus(world);
        check_cgroups(world);
        (void) kill(world->pid, SIGTERM);
        (void) waitpid(world->pid, NULL, 0);
}

static void report(const World *world, unsigned seed)
{
        printf("survival: %u kills (seed %u), %u defines, %u starts, %u stops, %u undefines acknowledged; "
               "slowest name %" PRIu64 " ms, slowest adoption %" PRIu64 " ms; %u failures\n",
               world->kills, seed, world->acknowledged[OP_DEFINE], world->acknowledged[OP_START],
               world->acknowledged[OP_DESTROY], world->acknowledged[OP_UNDEFINE],
               world->slowest_name / USEC_PER_MSEC, world->slowest_adoption / USEC_PER_MSEC, world->failures);
}

int main(int argc, char **argv)
{
        const char *scratch = g_getenv("VIRTBUS_TEST_DIR");
        unsigned wanted = argc > 3 ? (unsigned) atoi(argv[3]) : 0;
        guint32 seed = argc > 4 ? (guint32) atoi(argv[4]) : g_random_int();
        World world = {};
        int r;

        if (wanted == 0 || !scratch) {
                fprintf(stderr, "usage: survival VIRTBUSD LIBEXEC-DIR KILLS [SEED], within private-host\n");
                return 2;
        }
        world.daemon = argv[1];
        world.libexec = argv[2];
        world.root = g_build_filename(scratch, "survival", NULL);
        world.random = g_rand_new_with_seed(seed);
        for (unsigned i = 0; i < N_DOMAINS; i++)
                world.guests[i] = (Guest) { .world = &world, .number = i };
        r = sd_bus_open_system(&world.bus);
        if (r < 0) {
                fprintf(stderr, "no bus: %s\n", g_strerror(-r));
                return 1;
        }
        daemon_start(&world);
        if (daemon_wait(&world)) {
                while (world.kills < wanted && world.failures < FAILURES_MAX)
                        if (!one_kill(&world))
                                break;
                clean_up(&world);
        }
        report(&world, seed);
        sd_bus_flush_close_unref(world.bus);
        g_rand_free(world.random);
        g_free(world.root);
        return world.failures || world.kills < wanted;
}
