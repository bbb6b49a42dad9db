/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Builds QEMU's command line for every NAME.in.xml of a directory that is for x86, with files of our own in place of
 * those that it names, and has QEMU make the machine (without running it). Says how many were refused by the driver,
 * how many by QEMU, and why. For people, not a test: usage: corpus-qemu [-v] [-n] DIRECTORY [NAME] (-n: do not run
 * QEMU; -v: print each command line)
 */

#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_cpu_features.h"
#include "drivers/qemu/qemu_firmware.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_placement.h"
#include "drivers/qemu/qemu_smbios.h"
#include "tests/corpus-disks.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define OVMF_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"
#define EMULATOR "/usr/bin/qemu-system-x86_64"
#define PATIENCE_MSEC 20000

typedef struct Tool {
        bool verbose, dry;
        sd_event *event;
        Launcher *launcher;
        WorkerPool *workers;
        QemuCapsCache *cache;
        QemuCaps *caps;
        bool probed;
        char *dir; /* of the stand-ins */
        char *run_dir;
        CorpusDisks *disks;
        QemuPrograms *programs;
        Firmwares firmwares;
        unsigned n_files;
        unsigned n, n_foreign, n_unreadable, n_refused, n_failed, n_accepted;
} Tool;

/* -- stand-ins ----------------------------------------------------------------------------------------------- */

static const char *new_path(Tool *tool, DomainDef *def)
{
        return domain_def_printf(def, "%s/f%u", tool->dir, tool->n_files++);
}

static void run(const char *const *argv)
{
        (void) g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                            NULL, NULL, NULL, NULL);
}

static const char *new_file(Tool *tool, DomainDef *def, const char *from)
{
        const char *path = new_path(tool, def);
        g_autofree char *data = NULL;
        gsize size = 0;

        if (!from || !g_file_get_contents(from, &data, &size, NULL))
                data = g_strdup("");
        (void) g_file_set_contents(path, data, (gssize) size, NULL);
        return path;
}

static void make_kernel(const char *path)
{
        g_autofree char *data = g_malloc0(64 * 1024);

        data[0x1f1] = 4;
        memcpy(data + 0x202, "HdrS\x0c\x02", 6);
        data[0x211] = 1;
        memcpy(data + 0x22c, "\xff\xff\xff\x7f", 4);
        (void) g_file_set_contents(path, data, 64 * 1024, NULL);
}

static void stand_in_os(Tool *tool, DomainDef *def)
{
        DomainOs *os = &def->os;

        if (os->kernel) {
                os->kernel = new_path(tool, def);
                make_kernel(os->kernel);
        }
        if (os->initrd)
                os->initrd = new_file(tool, def, NULL);
        if (os->dtb)
                os->dtb = new_file(tool, def, NULL);
        DEF_FOREACH(table, os->acpi_tables) {
                table->path = new_path(tool, def);
                (void) g_file_set_contents(table->path, "SLIC\x24\0\0\0________________________________", 36, NULL);
        }
        if (os->loader)
                os->loader = new_file(tool, def, os->loader_type == DOMAIN_LOADER_PFLASH
                                                         ? "/usr/share/OVMF/OVMF_CODE_4M.fd"
                                                         : "/usr/share/seabios/bios-256k.bin");
        if (os->nvram)
                os->nvram = new_file(tool, def, OVMF_VARS);
        if (os->nvram_source && os->nvram_source->file)
                os->nvram_source->file = new_file(tool, def, OVMF_VARS);
}

static void stand_in_chardev(Tool *tool, DomainDef *def, DomainChardev *chardev)
{
        switch ((int) chardev->type) {
        case DOMAIN_CHARDEV_FILE:
                chardev->path = new_file(tool, def, NULL);
                break;
        case DOMAIN_CHARDEV_DEV:
                chardev->path = "/dev/ptmx";
                break;
        case DOMAIN_CHARDEV_PIPE:
                chardev->path = new_path(tool, def);
                (void) mkfifo(chardev->path, 0600);
                break;
        case DOMAIN_CHARDEV_UNIX:
                if (chardev->path)
                        chardev->path = chardev->mode == DOMAIN_SOCKET_CONNECT
                                                ? domain_def_printf(def, "%s/listener", tool->dir)
                                                : new_path(tool, def);
                break;
        case DOMAIN_CHARDEV_TCP:
                chardev->mode = DOMAIN_SOCKET_BIND;
                chardev->reconnect = NULL;
                chardev->host = "127.0.0.1";
                chardev->service = "0";
                break;
        }
        if (chardev->log_file)
                chardev->log_file = new_file(tool, def, NULL);
}

static void stand_in_chardevs(Tool *tool, DomainDef *def)
{
        DEF_FOREACH(serial, def->serials)
                stand_in_chardev(tool, def, serial);
        DEF_FOREACH(parallel, def->parallels)
                stand_in_chardev(tool, def, parallel);
        DEF_FOREACH(console, def->consoles)
                stand_in_chardev(tool, def, console);
        DEF_FOREACH(channel, def->channels)
                stand_in_chardev(tool, def, channel);
}

static void stand_in_graphics(Tool *tool, DomainDef *def)
{
        DEF_FOREACH(graphics, def->graphics) {
                if (graphics->socket)
                        graphics->socket = new_path(tool, def);
                DEF_FOREACH(listen_, graphics->listens) {
                        if (listen_->socket)
                                listen_->socket = graphics->socket ?: new_path(tool, def);
                        if (listen_->address || listen_->type == DOMAIN_LISTEN_NETWORK)
                                listen_->address = graphics->listen = "127.0.0.1";
                }
                if (graphics->listen)
                        graphics->listen = "127.0.0.1";
                def_drop(graphics, port);
                def_drop(graphics, tls_port);
                graphics->autoport = TRISTATE_YES;
                if (graphics->type != DOMAIN_GRAPHICS_SPICE)
                        continue;
                def_put(graphics, port, 15900 + (int32_t) (tool->n_files % 1000));
                graphics->autoport = TRISTATE_NO;
                graphics->default_mode = NULL;
                if (graphics->spice)
                        graphics->spice->channels.n = 0;
        }
}

/* The machine of a release that this QEMU has forgotten, or of a host's own. */
static const char *known_machine(Tool *tool, const char *name)
{
        if (!name || qemu_caps_machine(tool->caps, name))
                return name;
        return strstr(name, "q35") ? "q35" : "pc";
}

/* Each has a state of its own, as the states of those that were there before are there. */
static void stand_in_tpms(Tool *tool, DomainDef *def)
{
        DEF_FOREACH(tpm, def->tpms) {
                tpm->backend = DOMAIN_TPM_EMULATOR;
                tpm->source_type = "dir";
                tpm->source_path = new_path(tool, def);
                tpm->profile_name = tpm->profile_source = NULL;
        }
}

/* QEMU's own server has no maps of users. */
static void stand_in_filesystems(Tool *tool, DomainDef *def)
{
        DEF_FOREACH(fs, def->filesystems) {
                fs->idmap = NULL;
                if (fs->virtiofs)
                        fs->virtiofs->path = NULL;
                if (fs->source)
                        fs->source = domain_def_strdup(def, tool->dir);
                if (fs->socket)
                        fs->socket = domain_def_printf(def, "%s/listener", tool->dir);
        }
}

/* A name of ours would be in the way of the host's. */
static void stand_in_interfaces(Tool *tool, DomainDef *def)
{
        DEF_FOREACH(interface, def->interfaces) {
                if (interface->rare && interface->rare->socket)
                        interface->rare->socket = streq_ptr(interface->rare->socket_mode, "server")
                                                          ? new_path(tool, def)
                                                          : domain_def_printf(def, "%s/listener", tool->dir);
                if (interface->rare && interface->rare->backend_log)
                        interface->rare->backend_log = new_path(tool, def);
                if (interface->type == DOMAIN_INTERFACE_VDPA)
                        interface->dev = "/dev/null";
                if (interface->type == DOMAIN_INTERFACE_USER)
                        interface->dev = NULL;
                if (interface->type == DOMAIN_INTERFACE_UDP && interface->rare)
                        interface->rare->source_address = interface->rare->local_address = "127.0.0.1";
                if (interface->type == DOMAIN_INTERFACE_BRIDGE || interface->type == DOMAIN_INTERFACE_NETWORK ||
                    interface->type == DOMAIN_INTERFACE_DIRECT) {
                        interface->type = DOMAIN_INTERFACE_ETHERNET;
                        interface->bridge = interface->network = interface->dev = interface->mode = NULL;
                        interface->portgroup = NULL;
                        if (interface->rare) {
                                interface->rare->vlan = NULL;
                                interface->rare->virtual_port = NULL;
                        }
                }
                interface->target = interface->script = NULL;
                interface->target_managed = TRISTATE_ABSENT;
        }
}

/* As if the host had that much, and all the nodes; huge pages are left out, as there may be none. */
static void stand_in_memory(DomainDef *def)
{
        if (def->memory_backing) {
                def->memory_backing->hugepages = false;
                def->memory_backing->pages.n = 0;
                def->memory_backing->allocation = NULL;
        }
        if (def->numa_tune) {
                if (def->numa_tune->nodeset)
                        def->numa_tune->nodeset = "0";
                DEF_FOREACH(node, def->numa_tune->nodes)
                        node->nodeset = "0";
        }
        DEF_FOREACH(memory, def->memories) {
                memory->pagesize = 0;
                if (memory->nodemask)
                        memory->nodemask = "0";
        }
}

static void stand_in(Tool *tool, DomainDef *def, bool servers)
{
        def->type = DOMAIN_VIRT_QEMU;
        def->emulator = EMULATOR;
        def->os.machine = known_machine(tool, def->os.machine);
        if (def->cpu && def->cpu->mode == DOMAIN_CPU_HOST_PASSTHROUGH)
                def->cpu->mode = DOMAIN_CPU_MAXIMUM;
        corpus_disks_stand_in(tool->disks, def, servers);
        stand_in_os(tool, def);
        stand_in_chardevs(tool, def);
        stand_in_graphics(tool, def);
        stand_in_interfaces(tool, def);
        stand_in_tpms(tool, def);
        stand_in_filesystems(tool, def);
        stand_in_memory(def);
        /* words for QEMU that are none */
        def->qemu_args.n = 0;
        DEF_FOREACH(rng, def->rngs) {
                if (rng->path)
                        rng->path = "/dev/urandom";
                if (rng->egd)
                        stand_in_chardev(tool, def, rng->egd);
        }
        DEF_FOREACH(redirdev, def->redirdevs)
                stand_in_chardev(tool, def, &redirdev->chardev);
        DEF_FOREACH(audio, def->audios)
                if (audio->path)
                        audio->path = new_path(tool, def);
        DEF_FOREACH(input, def->inputs)
                if (input->source_evdev)
                        input->source_evdev = "/dev/null";
}

/* -- QEMU ---------------------------------------------------------------------------------------------------- */

static void exec_child(char **argv, const char *cwd, const ProcessFd *given, size_t n, int err_fd)
{
        g_autofree int *fds = g_new(int, n + 1);

        for (size_t i = 0; i < n; i++) {
                if (given[i].listen)
                        (void) listen(given[i].fd, 8);
                fds[i] = fcntl(given[i].fd, F_DUPFD, 500);
        }
        (void) dup2(err_fd, STDERR_FILENO);
        (void) close_range(3, 499, 0);
        for (size_t i = 0; i < n; i++)
                (void) dup2(fds[i], given[i].target);
        (void) close_range(500, ~0u, 0);
        if (chdir(cwd) >= 0)
                execv(argv[0], argv);
        _exit(127);
}

static pid_t run_program(const QemuProgram *program)
{
        pid_t pid = fork();

        if (pid == 0) {
                int null_fd = open("/dev/null", O_RDWR);

                (void) dup2(null_fd, STDOUT_FILENO);
                exec_child((char **) program->argv->pdata, program->cwd ?: "/",
                           (const ProcessFd *) (void *) program->fds->data, program->fds->len, null_fd);
        }
        return pid;
}

static void run_errands(QemuFiles *files)
{
        for (guint i = 0; i < files->errands->len; i++) {
                QemuErrand *errand = files->errands->pdata[i];
                int status;

                (void) waitpid(run_program(errand->program), &status, 0);
                if (errand->final && rename(errand->made, errand->final) >= 0)
                        g_clear_pointer(&errand->made, g_free);
        }
}

static void begin_companions(const QemuFiles *files, GArray *pids)
{
        for (guint i = 0; i < files->companions->len; i++) {
                const QemuCompanionPlan *plan = files->companions->pdata[i];
                pid_t pid = run_program(plan->program);

                g_array_append_val(pids, pid);
        }
}

static void end_companions(const GArray *pids)
{
        for (guint i = 0; i < pids->len; i++) {
                pid_t pid = g_array_index(pids, pid_t, i);

                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, NULL, 0);
        }
}

/* QEMU waits for an answer of what nothing of ours can stand in for. */
static bool needs_others(const DomainDef *def)
{
        DEF_FOREACH(interface, def->interfaces)
                if (interface->type == DOMAIN_INTERFACE_VHOSTUSER || interface->type == DOMAIN_INTERFACE_VDPA)
                        return true;
        DEF_FOREACH(fs, def->filesystems)
                if (fs->socket)
                        return true;
        DEF_FOREACH(input, def->inputs)
                if (input->source_evdev)
                        return true;
        /* a card, or a database of certificates */
        DEF_FOREACH(smartcard, def->smartcards)
                if (smartcard->mode != DOMAIN_SMARTCARD_PASSTHROUGH)
                        return true;
        return false;
}

static bool read_until(int fd, GString *text, const char *what)
{
        while (!strstr(text->str, what)) {
                struct pollfd p = { .fd = fd, .events = POLLIN };
                char data[4096];
                ssize_t n;

                if (poll(&p, 1, PATIENCE_MSEC) <= 0 || (n = read(fd, data, sizeof(data))) <= 0)
                        return false;
                g_string_append_len(text, data, n);
        }
        return true;
}

static bool say(int fd, GString *heard, const char *line)
{
        g_string_truncate(heard, 0);
        return write_all(fd, line, strlen(line)) >= 0 && read_until(fd, heard, "\r\n");
}

/* Completes the machine as the driver does. Returns NULL or what went wrong. */
static char *talk(const QemuCommand *command, const char *monitor)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_autoptr(GString) heard = g_string_new(NULL);

        g_strlcpy(address.sun_path, monitor, sizeof(address.sun_path));
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || !read_until(fd, heard, "QMP") ||
            !read_until(fd, heard, "\r\n") || !say(fd, heard, "{\"execute\":\"qmp_capabilities\"}"))
                return g_strdup("");
        for (size_t i = 0; i < command->n_setup; i++) {
                const QemuSetup *setup = &command->setup[i];
                g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
                g_autofree char *line = NULL, *arguments = NULL;

                if (setup->arguments)
                        json_node_set_object(node, setup->arguments);
                arguments = setup->arguments ? json_to_string(node, FALSE) : g_strdup("{}");
                line = g_strdup_printf("{\"execute\":\"%s\",\"arguments\":%s}", setup->command, arguments);
                if (!say(fd, heard, line))
                        return g_strdup("");
                if (strstr(heard->str, "\"error\""))
                        return g_strdup_printf("%s: %s", setup->command, heard->str);
        }
        (void) say(fd, heard, "{\"execute\":\"quit\"}");
        return NULL;
}

static bool run_qemu(const QemuCommand *command, const char *monitor, char **ret_why)
{
        FILE *err = tmpfile();
        char text[1024] = "";
        char *why;
        int status = 0;
        pid_t pid;

        for (size_t i = 0; i < command->n_fds; i++)
                if (command->fds[i].listen)
                        (void) listen(command->fds[i].fd, 8);
        pid = fork();
        if (pid == 0)
                exec_child(command->argv, "/", command->fds, command->n_fds, fileno(err));
        why = talk(command, monitor);
        if (why && *why)
                (void) kill(pid, SIGKILL);
        for (unsigned i = 0; waitpid(pid, &status, WNOHANG) == 0; i++) {
                g_usleep(10000);
                if (i == 500)
                        (void) kill(pid, SIGKILL);
        }
        rewind(err);
        while (fgets(text, sizeof(text), err) && strstr(text, "warning"))
                text[0] = '\0';
        (void) fclose(err);
        if (!why)
                return true;
        *ret_why = *why ? why : g_strdup_printf("%s (status %d)", g_strchomp(text), status);
        if (!*why)
                g_free(why);
        return false;
}

/* -- one definition ------------------------------------------------------------------------------------------ */

static bool is_for_us(const DomainDef *def)
{
        const char *arch = def->os.arch;

        return (def->type == DOMAIN_VIRT_QEMU || def->type == DOMAIN_VIRT_KVM) && streq_ptr(def->os.type, "hvm") &&
               (!arch || streq(arch, "x86_64") || streq(arch, "i686"));
}

/* The store that was chosen with the firmware; a start makes it of its template. */
static void make_store(const Tool *tool, const DomainDef *def)
{
        const char *path = def->os.nvram;
        g_autofree char *data = NULL;
        gsize size;

        if (path && g_str_has_prefix(path, tool->dir) && access(path, F_OK) < 0 &&
            g_file_get_contents(def->os.nvram_template ?: OVMF_VARS, &data, &size, NULL))
                (void) g_file_set_contents(path, data, (gssize) size, NULL);
}

static int prepare(Tool *tool, const DomainDef *def, bool servers, DomainDef **ret, Error *error)
{
        const DomainDefHost host = { .arch = "x86_64", .firmwares = &tool->firmwares, .nvram_dir = tool->dir };
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def), *normal = NULL;
        int r;

        stand_in(tool, copy, servers);
        r = domain_def_seal(copy, NULL, error);
        if (r >= 0)
                r = domain_def_normalize(copy, &host, &normal, error);
        if (r >= 0)
                make_store(tool, normal);
        if (r >= 0)
                r = qemu_live_prepare(normal, 1, tool->run_dir, ret, error);
        if (r >= 0)
                r = qemu_placement_choose("/", ret, error);
        if (r >= 0)
                r = qemu_smbios_choose("/", ret, error);
        if (r >= 0)
                r = qemu_cpu_spell(tool->caps, ret, error);
        return r;
}

/* Returns 1 when QEMU takes it, 0 when it does not, negative when the driver refuses. */
static int try_definition(Tool *tool, const DomainDef *def, char **ret_why, Error *error)
{
        QemuFilesConfig config = { .run_dir = tool->run_dir, .tls_dir = corpus_disks_tls_dir(tool->disks),
                                   .programs = tool->programs };
        g_autoptr(GBytes) tpm_secret = g_bytes_new_static("secret", 6);
        g_autoptr(GPtrArray) secrets = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;
        _cleanup_(qemu_command_freep) QemuCommand *command = NULL;
        _cleanup_close_ int monitor_fd = -EBADF;
        g_autofree char *monitor = g_build_filename(tool->run_dir, "monitor", NULL), *line = NULL;
        g_autoptr(GArray) companions = g_array_new(false, false, sizeof(pid_t));
        QemuCommandOptions options = {};
        int r = prepare(tool, def, false, &live, error);

        if (r >= 0)
                r = qemu_command_check(live, tool->caps, NULL, error);
        if (r < 0 || tool->dry)
                return r < 0 ? r : 1;
        live = domain_def_unref(live);
        r = prepare(tool, def, true, &live, error);
        if (r < 0)
                return r;
        config.secrets = secrets = corpus_disks_secrets(live);
        config.tpm_secret = tpm_secret;
        r = qemu_files_open_now(live, &config, &files, error);
        (void) unlink(monitor);
        if (r >= 0)
                r = qemu_open_listen(monitor, "monitor", &monitor_fd, error);
        options.monitor_fd = monitor_fd;
        if (r >= 0)
                r = qemu_command_build(live, tool->caps, files, &options, &command, error);
        if (r < 0)
                return r;
        line = qemu_command_to_string(command);
        if (tool->verbose)
                printf("%s\n", line);
        if (needs_others(live))
                return 1;
        run_errands(files);
        begin_companions(files, companions);
        r = run_qemu(command, monitor, ret_why);
        end_companions(companions);
        qemu_files_clear_away(live, true);
        return r;
}

static void try_file(Tool *tool, const char *directory, const char *name)
{
        g_autofree char *path = g_build_filename(directory, name, NULL), *text = NULL, *why = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        gsize size;
        int r;

        tool->n++;
        if (!g_file_get_contents(path, &text, &size, NULL) ||
            domain_def_parse(text, size, 0, NULL, &def, &error) < 0) {
                tool->n_unreadable++;
                return;
        }
        if (!is_for_us(def)) {
                tool->n_foreign++;
                return;
        }
        r = try_definition(tool, def, &why, &error);
        if (r < 0) {
                g_autofree char *message = error_message(&error);

                tool->n_refused++;
                printf("REFUSED %s: %s\n", name, message);
        } else if (r == 0) {
                tool->n_failed++;
                printf("FAILED %s: %s\n", name, why);
        } else
                tool->n_accepted++;
        fflush(stdout);
}

static void on_probed(void *userdata, QemuCaps *caps, Error *error)
{
        Tool *tool = userdata;

        tool->probed = true;
        tool->caps = caps ? qemu_caps_ref(caps) : NULL;
}

static const char *no_setting(const void *userdata, const char *key)
{
        return NULL;
}

static bool tool_open(Tool *tool)
{
        const QemuCapsConfig config = {};
        g_autofree char *listener = NULL;
        int fd;

        tool->dir = g_dir_make_tmp("corpus-XXXXXX", NULL);
        tool->run_dir = g_build_filename(tool->dir, "run", NULL);
        listener = g_build_filename(tool->dir, "listener", NULL);
        tool->disks = corpus_disks_new(tool->dir);
        qemu_firmwares_read(NULL, &tool->firmwares);
        tool->programs = qemu_programs_new(tool->dir, tool->dir, no_setting, NULL);
        if (g_mkdir(tool->run_dir, 0700) < 0 || sd_event_new(&tool->event) < 0 ||
            worker_pool_new(tool->event, 2, &tool->workers) < 0 ||
            launcher_new(tool->event, getenv("VIRTBUS_EXEC"), &tool->launcher, NULL) < 0 ||
            qemu_caps_cache_new(tool->event, tool->launcher, tool->workers, &config, &tool->cache, NULL) < 0 ||
            qemu_open_listen(listener, "test", &fd, NULL) < 0)
                return false;
        (void) listen(fd, 64);
        (void) qemu_caps_get(tool->cache, EMULATOR, on_probed, tool);
        while (!tool->probed)
                (void) sd_event_run(tool->event, UINT64_MAX);
        return tool->caps;
}

static void tool_close(Tool *tool)
{
        const char *const argv[] = { "rm", "-rf", tool->dir, NULL };

        corpus_disks_free(tool->disks);
        run(argv);
        qemu_caps_unref(tool->caps);
        qemu_caps_cache_free(tool->cache);
        launcher_free(tool->launcher);
        worker_pool_free(tool->workers);
        sd_event_unref(tool->event);
        qemu_programs_unref(tool->programs);
        firmwares_clear(&tool->firmwares);
        g_free(tool->run_dir);
        g_free(tool->dir);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

int main(int argc, char **argv)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GDir) dir = NULL;
        Tool tool = {};
        const char *name;
        int i = 1;

        for (; i < argc && argv[i][0] == '-'; i++) {
                tool.verbose |= streq(argv[i], "-v");
                tool.dry |= streq(argv[i], "-n");
        }
        dir = i < argc ? g_dir_open(argv[i], 0, NULL) : NULL;
        if (!dir || !tool_open(&tool)) {
                fprintf(stderr, "usage: corpus-qemu [-v] [-n] DIRECTORY [NAME]\n");
                return 2;
        }
        while ((name = g_dir_read_name(dir)))
                if (g_str_has_suffix(name, ".in.xml") && (!argv[i + 1] || strstr(name, argv[i + 1])))
                        g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare_names);
        for (guint k = 0; k < names->len; k++)
                try_file(&tool, argv[i], names->pdata[k]);
        printf("%u definitions: %u unreadable, %u not for this machine, %u refused, %u failed in QEMU, %u accepted\n",
               tool.n, tool.n_unreadable, tool.n_foreign, tool.n_refused, tool.n_failed, tool.n_accepted);
        tool_close(&tool);
        return 0;
}
