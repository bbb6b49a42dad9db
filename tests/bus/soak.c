/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Starts and stops machines of different kinds, all at once and again and again, and counts what there is afterwards:
 * processes, the daemon's descriptors, files in its directories, cgroups, blocks that it has allocated, its memory.
 * After two rounds all of it must be what it was.
 *
 *     soak VIRTBUSD LIBEXEC-DIR STARTS [HEAP-COUNT.SO]
 *
 * Runs within tools/lib/private-host; keeps the daemon's files in $VIRTBUS_TEST_DIR. Machines are real QEMUs without
 * anything to boot. A kind that this host lacks something for is named and left out.
 */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include "service/base/util.h"
#include "tests/bus/heap-count.h"

#define CONNECT "/org/virtbus1/QEMU"
#define DEPTH_MAX 16u
#define WARM_UP_ROUNDS 2u
#define REPORT_EVERY 100u
#define PATIENCE_USEC (60 * USEC_PER_SEC)
/* How the heap may be torn after a thousand machines, KiB; what is in use stays. Not with sanitizers. */
#define MEMORY_SLACK 256u
/* How many blocks may be under way at the moment of counting: a message of the bus is five. */
#define BLOCKS_SLACK 8

/* What a machine has beside a serial console; "@" is the directory of images. */
static const struct Kind {
        const char *name;
        const char *more;    /* in <domain> */
        const char *devices;
} kinds[] = {
        { "virtio", "<iothreads>2</iothreads>",
          "<disk type='file' device='disk'><driver name='qemu' type='raw' iothread='1'/><source file='@/a.img'/>"
          "<target dev='vda' bus='virtio'/></disk><interface type='user'><model type='virtio'/></interface>"
          "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>" },
        { "scsi", "",
          "<controller type='scsi' index='0' model='virtio-scsi'/>"
          "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='@/b.qcow2'/>"
          "<target dev='sda' bus='scsi'/></disk>"
          "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target dev='sdb' bus='scsi'/></disk>" },
        { "sata", "",
          "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='@/c.img'/>"
          "<target dev='sda' bus='sata'/></disk><watchdog model='i6300esb' action='none'/>" },
        { "usb", "",
          "<controller type='usb' model='qemu-xhci'/>"
          "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='@/d.img'/>"
          "<target dev='sda' bus='usb'/></disk><input type='tablet' bus='usb'/>" },
        { "net", "",
          "<interface type='user'><model type='e1000e'/></interface><interface type='user'><model type='rtl8139'/>"
          "</interface><interface type='user'><model type='virtio'/></interface>" },
        { "display", "",
          "<graphics type='vnc'><listen type='socket'/></graphics><video><model type='vga'/></video>"
          "<sound model='ich9'/>" },
        { "channels", "",
          "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
          "<channel type='unix'><target type='virtio' name='other'/></channel>"
          "<console type='pty'><target type='virtio'/></console>" },
        { "numa", "<vcpu>2</vcpu><cpu mode='custom'><model>qemu64</model><numa><cell id='0' cpus='0' memory='32'"
                  " unit='MiB'/><cell id='1' cpus='1' memory='32' unit='MiB'/></numa></cpu>",
          "" },
        { "memory", "<maxMemory slots='4' unit='MiB'>1024</maxMemory><cpu mode='custom'><model>qemu64</model><numa>"
                    "<cell id='0' cpus='0' memory='64' unit='MiB'/></numa></cpu>",
          "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>" },
        { "tpm", "", "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>" },
        { "9p", "",
          "<filesystem type='mount' accessmode='mapped'><source dir='@/shared'/><target dir='a'/></filesystem>" },
        { "virtiofs", "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>",
          "<filesystem type='mount'><driver type='virtiofs'/><source dir='@/shared'/><target dir='a'/></filesystem>" },
        { "limits", "<vcpu cpuset='0'>2</vcpu><iothreads>1</iothreads><cputune><shares>512</shares>"
                    "<quota>50000</quota><emulator_quota>80000</emulator_quota></cputune>"
                    "<memtune><hard_limit unit='MiB'>900</hard_limit></memtune>",
          "" },
};
#define N_KINDS ELEMENTSOF(kinds)

typedef struct Census {
        unsigned processes, descriptors, files, cgroups;
        uint64_t memory; /* KiB */
        int64_t blocks, bytes; /* of the heap, in use; 0: not counted */
} Census;

typedef struct Machine {
        struct Soak *soak;
        const struct Kind *kind;
        char *path; /* of its object; NULL: left out */
        sd_bus_slot *slot;
} Machine;

typedef struct Soak {
        char *root;
        char *images;
        pid_t pid;
        sd_bus *bus;
        const HeapCount *heap; /* NULL: not counted */
        Machine machines[N_KINDS];
        unsigned starts, failures;
        bool warm; /* refusals are not forgiven any more */
} Soak;

static void _printf_(2, 3) fail(Soak *soak, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        fprintf(stderr, "soak: after %u starts: ", soak->starts);
        vfprintf(stderr, format, ap);
        fputc('\n', stderr);
        va_end(ap);
        soak->failures++;
}

/* ---- counting */

static unsigned count_entries(const char *path, bool directories_only, unsigned depth)
{
        DIR *dir = opendir(path);
        struct dirent *entry;
        unsigned n = 0;

        while (dir && (entry = readdir(dir))) {
                g_autofree char *below = NULL;

                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;
                n += !directories_only || entry->d_type == DT_DIR;
                if (entry->d_type != DT_DIR || depth == 0)
                        continue;
                below = g_build_filename(path, entry->d_name, NULL);
                n += count_entries(below, directories_only, depth - 1);
        }
        if (dir)
                (void) closedir(dir);
        return n;
}

static unsigned count_processes(void)
{
        DIR *dir = opendir("/proc");
        struct dirent *entry;
        unsigned n = 0;

        while (dir && (entry = readdir(dir)))
                n += g_ascii_isdigit(entry->d_name[0]);
        if (dir)
                (void) closedir(dir);
        return n;
}

static uint64_t read_memory(pid_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/status", (int) pid), *text = NULL;
        const char *at;

        if (read_file_at(AT_FDCWD, path, 65536, &text, NULL) < 0 || !(at = strstr(text, "RssAnon:")))
                return 0;
        return g_ascii_strtoull(at + strlen("RssAnon:"), NULL, 10);
}

static Census count(const Soak *soak)
{
        g_autofree char *fds = g_strdup_printf("/proc/%d/fd", (int) soak->pid);

        return (Census) {
                .processes = count_processes(),
                .descriptors = count_entries(fds, false, 0),
                .files = count_entries(soak->root, false, DEPTH_MAX),
                .cgroups = count_entries("/sys/fs/cgroup", true, DEPTH_MAX),
                .memory = read_memory(soak->pid),
                .blocks = soak->heap ? atomic_load(&soak->heap->blocks) : 0,
                .bytes = soak->heap ? atomic_load(&soak->heap->bytes) : 0,
        };
}

static bool is_same(const Census *a, const Census *b)
{
        return a->processes == b->processes && a->descriptors == b->descriptors && a->files == b->files &&
               a->cgroups == b->cgroups && llabs((long long) (a->blocks - b->blocks)) <= BLOCKS_SLACK;
}

static void print_census(const char *when, const Census *census)
{
        printf("soak: %s: %u processes, %u descriptors, %u files, %u cgroups, %" PRIu64 " KiB", when,
               census->processes, census->descriptors, census->files, census->cgroups, census->memory);
        if (census->blocks != 0)
                printf(", %" PRId64 " bytes in %" PRId64 " blocks allocated", census->bytes, census->blocks);
        putchar('\n');
}

/* What ends in the background has a while for it. */
static Census settle(const Soak *soak, const Census *wanted)
{
        Census census = count(soak);

        for (unsigned try = 0; try < 250 && wanted && !is_same(&census, wanted); try++) {
                g_usleep(20 * 1000);
                census = count(soak);
        }
        return census;
}

/* ---- machines */

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ignored)
{
        Machine *machine = userdata;
        Soak *soak = machine->soak;
        const sd_bus_error *error = sd_bus_message_get_error(m);

        machine->slot = sd_bus_slot_unref(machine->slot);
        if (!error)
                return 0;
        if (!soak->warm && streq(error->name, "org.virtbus1.Error.ConfigUnsupported")) {
                printf("soak: skipped: machines of kind '%s': %s\n", machine->kind->name, error->message);
                g_clear_pointer(&machine->path, g_free);
                return 0;
        }
        fail(soak, "%s: %s", machine->kind->name, error->message);
        return 0;
}

static char *machine_xml(const Soak *soak, const struct Kind *kind)
{
        g_auto(GStrv) parts = g_strsplit(kind->devices, "@", -1);
        g_autofree char *devices = g_strjoinv(soak->images, parts);

        return g_strdup_printf("<domain type='qemu'><name>soak-%s</name><memory unit='MiB'>64</memory>%s"
                               "<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
                               "<devices><serial type='pty'/>%s</devices></domain>",
                               kind->name, kind->more, devices);
}

static void define(Machine *machine)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        g_autofree char *xml = machine_xml(machine->soak, machine->kind);
        const char *path;

        if (sd_bus_call_method(machine->soak->bus, "org.virtbus1", CONNECT, "org.virtbus1.Connect", "DomainDefineXML",
                               &error, &reply, "s", xml) < 0 ||
            sd_bus_message_read(reply, "o", &path) < 0)
                fail(machine->soak, "%s cannot be defined: %s", machine->kind->name, strempty(error.message));
        else
                machine->path = g_strdup(path);
        sd_bus_error_free(&error);
        sd_bus_message_unref(reply);
}

static bool any_pending(const Soak *soak)
{
        for (size_t i = 0; i < N_KINDS; i++)
                if (soak->machines[i].slot)
                        return true;
        return false;
}

/* Calls all machines at once, and waits for all answers. */
static void call_all(Soak *soak, const char *member)
{
        uint64_t end = now_usec() + PATIENCE_USEC;

        for (size_t i = 0; i < N_KINDS; i++) {
                Machine *machine = soak->machines + i;

                if (machine->path)
                        (void) sd_bus_call_method_async(soak->bus, &machine->slot, "org.virtbus1", machine->path,
                                                        "org.virtbus1.Domain", member, on_reply, machine, "u", 0);
        }
        while (any_pending(soak) && now_usec() < end)
                if (sd_bus_process(soak->bus, NULL) == 0)
                        (void) sd_bus_wait(soak->bus, USEC_PER_SEC);
        if (any_pending(soak))
                fail(soak, "%s has not been answered in %u s", member, (unsigned) (PATIENCE_USEC / USEC_PER_SEC));
}

static void one_round(Soak *soak)
{
        call_all(soak, "Create");
        for (size_t i = 0; i < N_KINDS; i++)
                soak->starts += soak->machines[i].path != NULL;
        call_all(soak, "Destroy");
}

/* ---- the whole */

static void make_images(const Soak *soak)
{
        static const char *const names[] = { "a.img", "c.img", "d.img" };
        g_autofree char *qcow2 = g_build_filename(soak->images, "b.qcow2", NULL);
        g_autofree char *shared = g_build_filename(soak->images, "shared", NULL);
        const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", qcow2, "8M", NULL };

        (void) mkdir_parents(soak->images, 0700);
        /* users of machines are strangers there */
        (void) mkdir(shared, 0777);
        (void) chmod(shared, 0777);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *path = g_build_filename(soak->images, names[i], NULL);
                _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

                (void) !ftruncate(fd, 8 * 1024 * 1024);
        }
        (void) g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* Lets the daemon's heap be counted by a library that is loaded before its own. */
static bool count_heap(Soak *soak, const char *library, const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        void *heap = MAP_FAILED;

        if (fd >= 0 && ftruncate(fd, sizeof(HeapCount)) == 0)
                heap = mmap(NULL, sizeof(HeapCount), PROT_READ, MAP_SHARED, fd, 0);
        if (heap == MAP_FAILED)
                return false;
        soak->heap = heap;
        return setenv("LD_PRELOAD", library, 1) == 0 && setenv("HEAP_COUNT", path, 1) == 0 &&
               setenv("HEAP_COUNT_PROGRAM", "virtbusd", 1) == 0;
}

static bool daemon_start(Soak *soak, const char *daemon, const char *libexec_dir)
{
        g_autofree char *root = g_strdup_printf("--root=%s", soak->root);
        g_autofree char *libexec = g_strdup_printf("--libexec-dir=%s", libexec_dir);
        uint64_t end = now_usec() + PATIENCE_USEC;

        soak->pid = fork();
        if (soak->pid == 0) {
                execl(daemon, daemon, "--system", "--driver=QEMU", root, libexec, "--log=err", NULL);
                _exit(127);
        }
        while (now_usec() < end) {
                if (sd_bus_get_name_creds(soak->bus, "org.virtbus1", 0, NULL) >= 0)
                        return true;
                g_usleep(10 * 1000);
        }
        fail(soak, "the daemon does not come up");
        return false;
}

static void run(Soak *soak, unsigned wanted)
{
        Census before, after;

        for (size_t i = 0; i < N_KINDS; i++) {
                soak->machines[i] = (Machine) { .soak = soak, .kind = kinds + i };
                define(soak->machines + i);
        }
        for (unsigned i = 0; i < WARM_UP_ROUNDS; i++)
                one_round(soak);
        soak->warm = true;
        g_usleep(USEC_PER_SEC);
        before = settle(soak, NULL);
        print_census("before", &before);
        soak->starts = 0;
        while (soak->starts < wanted && soak->failures == 0) {
                one_round(soak);
                after = settle(soak, &before);
                if (!is_same(&before, &after)) {
                        print_census("differs", &after);
                        fail(soak, "something is left");
                }
                if (soak->starts % REPORT_EVERY == 0)
                        print_census("so far", &after);
        }
        after = settle(soak, &before);
        print_census("after", &after);
#ifndef __SANITIZE_ADDRESS__
        if (after.memory > before.memory + MEMORY_SLACK)
                fail(soak, "the daemon's memory has grown by %" PRIu64 " KiB", after.memory - before.memory);
#endif
}

int main(int argc, char **argv)
{
        const char *scratch = g_getenv("VIRTBUS_TEST_DIR");
        unsigned wanted = argc > 3 ? (unsigned) atoi(argv[3]) : 0;
        Soak soak = {};
        int status = 0;

        if (wanted == 0 || !scratch) {
                fprintf(stderr, "usage: soak VIRTBUSD LIBEXEC-DIR STARTS [HEAP-COUNT.SO], within private-host\n");
                return 2;
        }
        if (access("/usr/bin/qemu-system-x86_64", X_OK) < 0) {
                printf("skipped: there is no /usr/bin/qemu-system-x86_64\n");
                return 77;
        }
        soak.root = g_build_filename(scratch, "soak", NULL);
        soak.images = g_build_filename(scratch, "images", NULL);
        make_images(&soak);
        if (sd_bus_open_system(&soak.bus) < 0) {
                fprintf(stderr, "there is no bus\n");
                return 1;
        }
        if (argc > 4) {
                g_autofree char *path = g_build_filename(scratch, "heap", NULL);

                if (!count_heap(&soak, argv[4], path)) {
                        fprintf(stderr, "cannot count the heap with %s\n", argv[4]);
                        return 1;
                }
        }
        if (daemon_start(&soak, argv[1], argv[2]))
                run(&soak, wanted);
        (void) kill(soak.pid, SIGTERM);
        (void) waitpid(soak.pid, &status, 0);
        if (status != 0)
                fail(&soak, "the daemon ended with status %d", status);
        printf("soak: %u starts and stops; %u failures\n", soak.starts, soak.failures);
        sd_bus_flush_close_unref(soak.bus);
        for (size_t i = 0; i < N_KINDS; i++)
                g_free(soak.machines[i].path);
        g_free(soak.root);
        g_free(soak.images);
        return soak.failures != 0;
}
