/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Machines with processes beside QEMU, and what the guest has of them: a TPM, shared directories, networks. None of the
 * processes, sockets and files is left behind, whoever of them dies first. This program run again, "test-companions DIR
 * UID", is a daemon that starts a machine and is killed.
 */

#include "tests/guest/edit.h"
#include "tests/guest/traces.h"

#include "drivers/model/secret.h"
#include "drivers/qemu/qemu_files_video.h"

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

extern char **environ;

#define UUID "9d1e0c1c-6c5d-4f0e-9a43-0a4b2f1c7a10"
#define SECRET_UUID "5f0c9d3e-12ab-4c53-8f71-2b0a4c6f9e01"
#define TPM(model, backend) "<tpm model='" model "'>" backend "</tpm>"
#define TPM_2 TPM("tpm-crb", "<backend type='emulator' version='2.0'/>")
/*
 * TPM2_ReadPublic of the endorsement key, which was made with the TPM (TCG EK Credential Profile, handle 0x81010001).
 */
#define READ_EK                                                                                     \
        "exec 3<>/dev/tpm0; printf "                                                                \
        "'\\200\\001\\000\\000\\000\\016\\000\\000\\001\\163\\201\\001\\000\\001' >&3; "            \
        "echo EK $(dd bs=4096 count=1 <&3 2>/dev/null | md5sum | cut -c1-32) e''nd; exec 3>&-\n"

static void need_program(const char *path)
{
        if (access(path, X_OK) < 0) {
                print_message("skipped: there is no %s\n", path);
                skip();
        }
}

static void need_tpm(void)
{
        need_program("/usr/bin/swtpm");
        need_program("/usr/bin/swtpm_setup");
}

static char *tpm_path(const World *world, const char *rest)
{
        return g_build_filename(world->paths.state, "qemu/swtpm", rest, NULL);
}

static bool tpm_exists(const World *world, const char *rest)
{
        g_autofree char *path = tpm_path(world, rest);

        return access(path, F_OK) == 0;
}

/* How many states of TPMs of the machine have been begun. */
static unsigned unfinished_tpms(const World *world)
{
        g_autofree char *path = tpm_path(world, UUID);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;
        unsigned n = 0;

        while (dir && (name = g_dir_read_name(dir)))
                n += strstr(name, ".new") != NULL;
        return n;
}

/* What the guest says between the word and "end". */
static char *ask(Line *line, const char *command, const char *word)
{
        g_autofree char *from = g_strconcat("\n", word, " ", NULL);
        const char *begin;

        g_string_truncate(line->text, 0);
        line_send(line, command);
        line_expect(line, from);
        line_expect(line, " end\r");
        begin = strstr(line->text->str, from) + strlen(from);
        return g_strndup(begin, (gsize) (strstr(begin, " end\r") - begin));
}

static void destroy(World *world, Domain *domain)
{
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        world_wait(world, !domain_guest(domain));
        assert_int_equal(world_processes(world), 0);
        world_wait(world, world_run_entries(world) == 0);
}

static void undefine(World *world, Domain *domain, uint32_t flags)
{
        if (world_do_flags(world, domain, qemu_undefine, flags) < 0)
                fail_msg("cannot undefine: %s", world->text);
}

/* A machine without a system, with a UUID that is known. */
static char *machine(const char *devices)
{
        return world_machine("web", devices, "<uuid>" UUID "</uuid>");
}

static void start(World *world, Domain *domain)
{
        if (world_start(world, domain, 0) < 0)
                fail_msg("cannot start: %s", world->text);
}

/* How many processes have the text in their command lines. */
static unsigned processes_with(const char *text)
{
        g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
        const char *name;
        unsigned n = 0;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename("/proc", name, "cmdline", NULL), *line = NULL;
                gsize size = 0;

                if (g_ascii_isdigit(*name) && g_file_get_contents(path, &line, &size, NULL))
                        n += memmem(line, size, text, strlen(text)) != NULL;
        }
        return n;
}

/* Pid of the companion that serves the device, as the driver has written it down; of the first one with NULL. */
static pid_t pid_of(const World *world, const char *alias)
{
        g_autofree char *path = g_build_filename(world->paths.run, "qemu", UUID, "companions", NULL), *text = NULL;
        g_auto(GStrv) lines = NULL;

        (void) g_file_get_contents(path, &text, NULL, NULL);
        lines = g_strsplit(strempty(text), "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 4);

                if (g_strv_length(words) == 4 && (!alias || streq(words[1], alias)))
                        return (pid_t) strtol(words[2], NULL, 10);
        }
        return 0;
}

static pid_t companion_pid(const World *world)
{
        return pid_of(world, NULL);
}

/* -- TPM ------------------------------------------------------------------------------------------------------ */

static void test_tpm(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", "", TPM_2, "<uuid>" UUID "</uuid>"), *key = NULL, *again = NULL;
        g_autofree char *facts = NULL;
        Domain *domain;
        Line line;

        need_tpm();
        domain = linux_boot(world, xml, &line);
        facts = ask(&line,
                    "echo FACTS $(cat /sys/class/tpm/tpm0/tpm_version_major) "
                    "$(cut -c1-8 /sys/class/tpm/tpm0/pcr-sha256/23) e''nd\n",
                    "FACTS");
        assert_string_equal(facts, "2 00000000");
        key = ask(&line, READ_EK, "EK");
        line_close(&line);
        destroy(world, domain);
        assert_true(tpm_exists(world, UUID "/tpm2/tpm2-00.permall"));

        domain = linux_boot(world, xml, &line);
        again = ask(&line, READ_EK, "EK");
        assert_string_equal(key, again);
        line_close(&line);
        destroy(world, domain);
        undefine(world, domain, 0);
        world_wait(world, !tpm_exists(world, UUID));
}

static void test_tpm_flags(void **state)
{
        static const struct {
                const char *attributes;
                uint32_t flags;
                bool stays;
        } cases[] = {
                { "", DOMAIN_UNDEFINE_KEEP_TPM, true },
                { "persistent_state='yes'", 0, true },
                { "persistent_state='yes'", DOMAIN_UNDEFINE_TPM, false },
        };
        World *world = *state;

        need_tpm();
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *tpm = g_strdup_printf(
                        "<tpm model='tpm-tis'><backend type='emulator' version='1.2' %s/></tpm>", cases[i].attributes);
                g_autofree char *xml = machine(tpm);
                Domain *domain = world_define(world, xml);

                start(world, domain);
                destroy(world, domain);
                assert_true(world_do_flags(world, domain, qemu_undefine,
                                           DOMAIN_UNDEFINE_TPM | DOMAIN_UNDEFINE_KEEP_TPM) < 0);
                assert_int_equal(world->code, ERROR_INVALID_ARG);
                undefine(world, domain, cases[i].flags);
                world_wait(world, tpm_exists(world, UUID "/tpm1.2") == cases[i].stays);
        }
}

static void set_secret(World *world, const char *value)
{
        ObjectList *list = world->driver->lists[OBJECT_SECRET];
        Secret *secret = object_list_find(list, SECRET_UUID);
        GBytes *bytes = secret_value_new(value, strlen(value));

        if (!secret) {
                SecretDef *def = NULL;
                const char *xml = "<secret><uuid>" SECRET_UUID
                        "</uuid><usage type='vtpm'><name>x</name></usage></secret>";

                assert_int_equal(secret_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
                assert_int_equal(secret_list_add(list, def, &secret, NULL), 0);
                object_publish(&secret->object);
                secret_def_unref(def);
        }
        secret_put_value(secret, bytes);
        g_bytes_unref(bytes);
}

static void test_tpm_encryption(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine(TPM("tpm-crb", "<backend type='emulator' version='2.0'>"
                                                      "<encryption secret='" SECRET_UUID "'/>"
                                                      "<active_pcr_banks><sha384/></active_pcr_banks></backend>"));
        Domain *domain;

        need_tpm();
        domain = world_define(world, xml);
        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "/domain/devices/tpm[1]/backend/encryption/@secret"));
        set_secret(world, "first words");
        start(world, domain);
        destroy(world, domain);
        start(world, domain);
        destroy(world, domain);
        set_secret(world, "other words");
        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world_processes(world), 0);
        world_wait(world, world_run_entries(world) == 0);
}

/* -- shared directories --------------------------------------------------------------------------------------- */

static void test_virtiofs(void **state)
{
        World *world = *state;
        g_autofree char *dir = g_build_filename(world->dir, "served", NULL), *xml = NULL, *fs = NULL, *said = NULL;
        g_autofree char *question = g_build_filename(dir, "question", NULL),
                *answer = g_build_filename(dir, "answer", NULL);
        g_autofree char *content = NULL;
        struct stat st;
        Domain *domain;
        Line line;

        need_program("/usr/lib/qemu/virtiofsd");
        assert_int_equal(g_mkdir(dir, 0755), 0);
        assert_true(g_file_set_contents(question, "from the host", -1, NULL));
        fs = g_strdup_printf("<filesystem type='mount'><driver type='virtiofs'/>"
                             "<binary xattr='on'><thread_pool size='4'/><lock posix='on'/></binary>"
                             "<source dir='%s'/><target dir='served'/></filesystem>",
                             dir);
        xml = linux_machine("web", "", fs,
                            "<uuid>" UUID "</uuid><memoryBacking><access mode='shared'/></memoryBacking>");
        domain = linux_boot(world, xml, &line);
        said = ask(&line,
                   "mount -t virtiofs served /tmp; echo SAID $(cat /tmp/question) e''nd; "
                   "echo from the guest >/tmp/answer; chown 1234:1235 /tmp/answer; sync\n",
                   "SAID");
        assert_string_equal(said, "from the host");
        world_wait(world, stat(answer, &st) >= 0 && st.st_uid == 1234 && st.st_gid == 1235);
        assert_true(g_file_get_contents(answer, &content, NULL, NULL));
        assert_string_equal(content, "from the guest\n");
        line_close(&line);
        destroy(world, domain);
        assert_int_equal(processes_with(dir), 0);
}

/* The kernel for clouds has no 9p, the one for everything has: machines boot that from then on. */
static bool use_generic_guest(void)
{
        g_autofree char *dir = g_strconcat(getenv("VIRTBUS_TEST_GUEST"), "-amd64", NULL);
        g_autofree char *command = g_strdup_printf("'%s' '%s' amd64 >&2", getenv("VIRTBUS_MAKE_GUEST"), dir);

        return system(command) == 0 && setenv("VIRTBUS_TEST_GUEST", dir, 1) == 0;
}

/* A user of the host shares his directory: what the guest's users make there is his, with a note of theirs. */
static void test_9p(void **state)
{
        World *world = *state;
        g_autofree char *dir = NULL, *question = NULL, *answer = NULL, *xml = NULL, *fs = NULL, *said = NULL;
        char usual_guest[4096];
        char owner[16] = "";
        struct stat st;
        Domain *domain;
        Line line;

        g_strlcpy(usual_guest, getenv("VIRTBUS_TEST_GUEST"), sizeof(usual_guest));
        if (!use_generic_guest()) {
                print_message("skipped: no guest with 9p can be made here\n");
                skip();
        }
        dir = g_build_filename(world->dir, "shared", NULL);
        question = g_build_filename(dir, "question", NULL);
        answer = g_build_filename(dir, "answer", NULL);
        assert_int_equal(g_mkdir(dir, 0700), 0);
        assert_true(g_file_set_contents(question, "from the host", -1, NULL));
        assert_true(chown(dir, 4321, 4322) == 0 && chown(question, 4321, 4322) == 0);
        fs = g_strdup_printf("<filesystem type='mount' accessmode='mapped'><source dir='%s'/><target dir='shared'/>"
                             "</filesystem>",
                             dir);
        xml = linux_machine("web", "", fs, "<uuid>" UUID "</uuid>");
        domain = linux_boot(world, xml, &line);
        said = ask(&line,
                   "mount -t 9p -o trans=virtio,version=9p2000.L shared /tmp; "
                   "echo from the guest >/tmp/answer; chown 1234:1235 /tmp/answer; sync; "
                   "echo SAID $(cat /tmp/question) $(stat -c %u:%g /tmp/answer) e''nd\n",
                   "SAID");
        assert_string_equal(said, "from the host 1234:1235");
        assert_int_equal(stat(answer, &st), 0);
        assert_true(st.st_uid == 4321 && st.st_gid == 4322);
        assert_int_equal(getxattr(answer, "user.virtfs.uid", owner, sizeof(owner)), sizeof(uint32_t));
        assert_memory_equal(owner, &(uint32_t) { 1234 }, sizeof(uint32_t));
        line_close(&line);
        assert_int_equal(setenv("VIRTBUS_TEST_GUEST", usual_guest, 1), 0);
        destroy(world, domain);
}

/* -- networks ------------------------------------------------------------------------------------------------- */

static bool has_network;

/* A network of the test's own, which the daemon's threads begin in. passt takes what the default route goes out by. */
static int network_setup(void **state)
{
        has_network = unshare(CLONE_NEWNET) >= 0 &&
                      system("ip link set lo up && ip link add veth7 type veth peer name veth8 && "
                             "ip addr add 192.0.2.2/24 dev veth7 && ip link set veth7 up && ip link set veth8 up && "
                             "ip route add default via 192.0.2.1") == 0;
        return world_setup(state);
}

static void need_network(void)
{
        if (!has_network) {
                print_message("skipped: there can be no network namespace with a pair of interfaces\n");
                skip();
        }
}

/*
 * What the guest sends back to who connects to a port of the host that is forwarded. The client speaks first: the passt
 * of Debian 12 does not finish the handshake otherwise.
 */
static char *ask_port(World *world, uint16_t port, const char *text_sent)
{
        const struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        g_autoptr(GString) text = g_string_new(NULL);
        uint64_t until = now_usec() + WORLD_PATIENCE_USEC;

        while (text->len == 0 && now_usec() < until) {
                _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                const struct timeval patience = { .tv_sec = 10 };
                char buffer[256];
                ssize_t n;

                assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
                if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) >= 0 &&
                    write_all(fd, text_sent, strlen(text_sent)) >= 0 && shutdown(fd, SHUT_WR) >= 0)
                        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                                g_string_append_len(text, buffer, n);
                (void) world_run(world, 100 * USEC_PER_MSEC);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* One more of passt's comes while the machine runs, loses its program, and goes. */
static void plug_network(World *world, Domain *domain, Line *line)
{
        static const char xml[] = "<interface type='user'><mac address='52:54:00:00:00:0c'/>"
                                  "<portForward proto='tcp' address='127.0.0.1'><range start='2223' to='23'/>"
                                  "</portForward><model type='virtio'/><backend type='passt'/></interface>";
        g_autofree char *before = traces_of(world, domain), *said = NULL;

        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, xml, DOMAIN_AFFECT_LIVE);
        linux_expect(line, "grep -q 52:54:00:00:00:0c /sys/class/net/eth2/address");
        line_send(line, "nc -ll -p 23 -e cat & ifconfig eth0 down; ifconfig eth1 down; ifconfig eth2 up; "
                        "udhcpc -q -i eth2 -s /dhcp\n");
        line_expect(line, "network eth2: 192.0.2.2");
        said = ask_port(world, 2223, "here as well\n");
        assert_string_equal(said, "here as well\n");
        assert_int_equal(kill(pid_of(world, "net2"), SIGKILL), 0);
        world_expect(world, "web:unserved net2;");
        edit_expect(world, domain, DOMAIN_EDIT_DETACH_DEVICE, xml, DOMAIN_AFFECT_LIVE);
        world_expect(world, "web:unserved none;");
        traces_expect(world, domain, before, xml);
}

/* Two cards, each with the MAC of its definition and an address: of QEMU's own user network, and of passt's. */
static void test_networks(void **state)
{
        World *world = *state;
        g_autofree char *xml = NULL, *said = NULL;
        Domain *domain;
        Line line;

        need_program("/usr/bin/passt");
        need_network();
        xml = linux_machine(
                        "web", "",
                        "<interface type='user'><mac address='52:54:00:00:00:0a'/><model type='virtio'/></interface>"
                        "<interface type='user'><mac address='52:54:00:00:00:0b'/>"
                        "<portForward proto='tcp' address='127.0.0.1'><range start='2222' to='22'/></portForward>"
                        "<model type='virtio'/><backend type='passt'/></interface>" EDIT_PORTS,
                        "<uuid>" UUID "</uuid>");
        domain = linux_boot(world, xml, &line);
        assert_int_equal(kill(companion_pid(world), 0), 0);
        line_send(&line, "nc -ll -p 22 -e cat &\n");
        line_expect(&line, "network eth0: 10.0.2.15");
        line_expect(&line, "network eth1: 192.0.2.2");
        said = ask(&line, "echo MACS $(cat /sys/class/net/eth0/address /sys/class/net/eth1/address) e''nd\n", "MACS");
        assert_string_equal(said, "52:54:00:00:00:0a 52:54:00:00:00:0b");
        g_free(said);
        said = ask_port(world, 2222, "there and back\n");
        assert_string_equal(said, "there and back\n");
        plug_network(world, domain, &line);
        line_close(&line);
        destroy(world, domain);
}

/* What passt says of its failure is what the caller reads. */
static void test_port_in_use(void **state)
{
        const struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_port = htons(2222), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        World *world = *state;
        g_autofree char *xml = NULL;
        _cleanup_close_ int fd = -EBADF;
        Domain *domain;

        need_program("/usr/bin/passt");
        need_network();
        xml = machine("<interface type='user'>"
                      "<portForward proto='tcp' address='127.0.0.1'><range start='2222'/></portForward>"
                      "<backend type='passt'/></interface>");
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 1), 0);
        domain = world_define(world, xml);
        assert_true(world_start(world, domain, 0) < 0);
        if (!strstr(world->text, "/domain/devices/interface[1]/backend") || !strstr(world->text, "bind"))
                fail_msg("%s", world->text);
        world_wait(world, !domain_guest(domain) && world_run_entries(world) == 0);
        assert_int_equal(world_processes(world), 0);
}

static bool said_twice(const char *path)
{
        g_autofree char *content = NULL;

        return g_file_get_contents(path, &content, NULL, NULL) && streq(content, "vnet0\nvnet0\n");
}

/* Limits, and the scripts of an interface: with its name, as it comes and as it goes. */
static void test_scripts(void **state)
{
        World *world = *state;
        g_autofree char *log = NULL, *script = NULL, *text = NULL, *interface = NULL, *xml = NULL;
        g_autofree char *qdisc = NULL;
        Domain *domain;

        need_network();
        log = g_build_filename(world->dir, "said", NULL);
        script = g_build_filename(world->dir, "script", NULL);
        text = g_strdup_printf("#!/bin/sh\necho $1 >>%s\n", log);
        assert_true(g_file_set_contents(script, text, -1, NULL) && chmod(script, 0700) == 0);
        interface = g_strdup_printf(
                        "<interface type='ethernet'><script path='%s'/><downscript path='%s'/>"
                        "<bandwidth><inbound average='1000' peak='5000' burst='512'/></bandwidth></interface>",
                        script, script);
        xml = machine(interface);
        domain = world_define(world, xml);
        start(world, domain);
        assert_true(g_spawn_command_line_sync("tc class show dev vnet0", &qdisc, NULL, NULL, NULL));
        assert_non_null(strstr(qdisc, "htb 1:1 root prio 0 rate 8Mbit ceil 40Mbit"));
        destroy(world, domain);
        world_wait(world, said_twice(log));
}

/* -- what goes wrong ------------------------------------------------------------------------------------------ */

static void test_failed_starts(void **state)
{
        static const struct {
                const char *setting, *value, *text;
        } cases[] = {
                { "swtpm", "/nonexistent/swtpm",
                  "/domain/devices/tpm[1]/backend: this needs the program '/nonexistent/swtpm'" },
                { "swtpm", "/bin/false", "web-swtpm exited with status 1" },
                { "swtpm-setup", "/nonexistent/setup", "'swtpm-setup' in section [qemu]" },
                { "swtpm-setup", "/bin/false", "/domain/devices/tpm[1]/backend" },
        };
        World *world = *state;
        g_autofree char *xml = machine(TPM_2);

        need_tpm();
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Domain *domain;

                world_close(world);
                world_set(world, "swtpm", "/usr/bin/swtpm");
                world_set(world, "swtpm-setup", "/usr/bin/swtpm_setup");
                world_set(world, cases[i].setting, cases[i].value);
                world_open(world);
                domain = world_define(world, xml);
                assert_true(world_start(world, domain, 0) < 0);
                if (!strstr(world->text, cases[i].text))
                        fail_msg("'%s' is not in: %s", cases[i].text, world->text);
                world_wait(world, !domain_guest(domain) && world_run_entries(world) == 0);
                assert_int_equal(world_processes(world), 0);
                world_wait(world, unfinished_tpms(world) == 0);
                undefine(world, domain, 0);
        }
}

static void cancel(Job *job)
{
        assert_int_equal(job_cancel(job, NULL), 0);
}

/* A start that is given up at each stage leaves nothing. */
static void test_cancelled_starts(void **state)
{
        static const char *const stages[] = { "companions", "command", "log", "spawn", "handshake" };
        World *world = *state;
        g_autofree char *xml = machine(TPM_2);

        need_tpm();
        for (size_t i = 0; i < ELEMENTSOF(stages); i++) {
                Domain *domain = world_define(world, xml);

                world->stage = stages[i];
                world->at_stage = cancel;
                assert_true(world_start(world, domain, 0) < 0);
                world_wait(world, !domain_guest(domain) && world_run_entries(world) == 0);
                assert_int_equal(world_processes(world), 0);
                world_wait(world, unfinished_tpms(world) == 0);
        }
}

static void test_deaths(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine(TPM_2);
        Domain *domain;
        pid_t pid;

        need_tpm();
        domain = world_define(world, xml);
        start(world, domain);
        assert_int_equal(world_processes(world), 2);
        assert_int_equal(kill(companion_pid(world), SIGKILL), 0);
        world_expect(world, "web:unserved tpm0;");
        assert_int_equal(companion_pid(world), 0);
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        assert_int_equal(world_processes(world), 1);
        world_close(world);
        world_open(world);
        domain = world_find(world, "web");
        assert_non_null(domain->unserved);
        assert_string_equal(domain->unserved[0], "tpm0");
        world_forget(world);
        destroy(world, domain);
        world_expect(world, "web:unserved none;");

        /* nobody is there to see it */
        start(world, domain);
        assert_null(domain->unserved);
        pid = companion_pid(world);
        world_close(world);
        assert_int_equal(kill(pid, SIGKILL), 0);
        world_open(world);
        domain = world_find(world, "web");
        assert_non_null(domain->unserved);
        assert_string_equal(domain->unserved[0], "tpm0");
        destroy(world, domain);
        assert_null(domain->unserved);

        start(world, domain);
        assert_int_equal(kill(world_pid(domain), SIGKILL), 0);
        world_expect(world, "web:event stopped failed");
        world_wait(world, !domain_guest(domain) && world_run_entries(world) == 0);
        assert_int_equal(world_processes(world), 0);
}

/* The first life: it is killed when the machine runs. */
static int live(char **argv)
{
        World *world = world_new_at(argv[1], (uid_t) strtoul(argv[2], NULL, 10));
        g_autofree char *xml = machine(TPM_2);

        world_open(world);
        start(world, world_define(world, xml));
        (void) raise(SIGKILL);
        return EXIT_FAILURE;
}

static void test_killed_daemon(void **state)
{
        World *world = *state;
        g_autofree char *uid = g_strdup_printf("%u", world->uid_first);
        char *argv[] = { (char *) "test-companions", world->dir, uid, NULL };
        Domain *domain;
        pid_t pid, swtpm;
        int status;

        need_tpm();
        world_close(world);
        assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        swtpm = companion_pid(world);
        assert_true(swtpm > 0);

        world_open(world);
        domain = world_find(world, "web");
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        assert_int_equal(world_processes(world), 2);
        assert_int_equal(companion_pid(world), swtpm);
        destroy(world, domain);
}

/* -- displays ------------------------------------------------------------------------------------------------- */

/* What QEMU says of itself on the bus of its own, as far as it has one; free with g_free(). */
static char *ask_bus(const char *address)
{
        const char *const argv[] = { "gdbus", "introspect", "--address", address, "--dest", "org.qemu", "--object-path",
                                     "/org/qemu/Display1/VM", "--only-properties", NULL };
        char *out = NULL;
        g_autofree char *err = NULL;

        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, NULL, NULL));
        if (!*out)
                fail_msg("%s", err);
        return out;
}

/* A display that names no bus has one of its own, also when the daemon has come again; nobody else gets there. */
static void test_bus(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine("<graphics type='dbus'/>"), *said = NULL, *again = NULL, *path = NULL;
        Domain *domain = world_define(world, xml);
        const DomainGraphics *graphics;
        struct stat st;

        need_program("/usr/bin/dbus-daemon");
        need_program("/usr/bin/gdbus");
        start(world, domain);
        assert_int_equal(world_processes(world), 2);
        graphics = domain->live->graphics.items[0];
        said = ask_bus(graphics->address);
        assert_non_null(strstr(said, UUID));
        path = g_path_get_dirname(graphics->address + strlen("unix:path="));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        assert_int_equal(st.st_uid, world_guest(domain)->status.uid);

        world_close(world);
        world_open(world);
        domain = world_find(world, "web");
        again = ask_bus(domain->live->graphics.items[0]->address);
        assert_string_equal(said, again);
        destroy(world, domain);
        world_wait(world, world_processes(world) == 0);
}

#define SHARED_MEMORY "<memoryBacking><access mode='shared'/></memoryBacking>"

/* false: this host cannot do it, for the reason that was printed. */
static bool run_gpu(World *world)
{
        g_autofree char *program = vhost_user_find_program("", "gpu");
        g_autofree char *xml = world_machine("web", "<video><driver name='vhostuser'/><model type='virtio'/></video>",
                                             "<uuid>" UUID "</uuid>" SHARED_MEMORY);
        g_autofree char *kvm = g_strconcat("<domain type='kvm'>", strchr(xml, '>') + 1, NULL);
        Domain *domain = world_define(world, xml);

        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "/domain/devices/video[1]/driver/@name: QEMU does it with KVM alone"));
        domain = world_define(world, kvm);
        if (world_start(world, domain, 0) < 0) {
                print_message("skipped: %s\n", world->text);
                assert_true(strstr(world->text, "KVM") || (!program && strstr(world->text, "no descriptor of")));
                return false;
        }
        assert_int_equal(world_processes(world), 2);
        assert_int_equal(processes_with(program), 1);
        world_run(world, USEC_PER_SEC);
        assert_int_equal(domain->state, DOMAIN_RUNNING);
        destroy(world, domain);
        world_wait(world, world_processes(world) == 0);
        return true;
}

static void test_gpu(void **state)
{
        if (!run_gpu(*state))
                skip();
}

/* A directory as a camera has it. */
static void test_mtp(void **state)
{
        World *world = *state;
        g_autofree char *dir = g_build_filename(world->dir, "camera", NULL), *fs = NULL, *xml = NULL, *said = NULL;
        Domain *domain;
        Line line;

        if (!use_generic_guest()) {
                print_message("skipped: no guest with USB can be made here\n");
                skip();
        }
        assert_int_equal(g_mkdir(dir, 0755), 0);
        fs = g_strdup_printf("<filesystem type='mount'><driver type='mtp'/><source dir='%s'/><target dir='camera'/>"
                             "<readonly/></filesystem>", dir);
        xml = linux_machine("web", "", fs, "<uuid>" UUID "</uuid>");
        domain = linux_boot(world, xml, &line);
        said = ask(&line, "sleep 1; echo SAID $(cat /sys/bus/usb/devices/*/product) e''nd\n", "SAID");
        if (!strstr(said, "QEMU filesharing"))
                fail_msg("%s", said);
        line_close(&line);
        destroy(world, domain);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_failed_starts, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_cancelled_starts, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_deaths, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_killed_daemon, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_tpm_flags, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_tpm_encryption, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_bus, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_gpu, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_9p, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_mtp, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_port_in_use, network_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_scripts, network_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_networks, network_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_virtiofs, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_tpm, world_setup, world_teardown),
        };

        if (argc == 3)
                return live(argv);
        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
