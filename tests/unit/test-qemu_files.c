/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files.h"

#include "drivers/qemu/qemu_files_video.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>

#include <cmocka.h>

typedef struct Fixture {
        char *dir;
        char *run_dir;
} Fixture;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->dir = g_dir_make_tmp("test-files-XXXXXX", NULL);
        f->run_dir = g_build_filename(f->dir, "run", NULL);
        *state = f;
        return f->dir && g_mkdir(f->run_dir, 0700) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        const char *const argv[] = { "rm", "-rf", f->dir, NULL };

        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                                 NULL, NULL));
        g_free(f->run_dir);
        g_free(f->dir);
        g_free(f);
        return 0;
}

static void need_qemu_img(void)
{
        g_autofree char *path = g_find_program_in_path("qemu-img");

        if (!path) {
                print_message("qemu-img is not installed\n");
                skip();
        }
}

/* Runs a program in the directory of the fixture; the arguments are separated by blanks. */
static void run(Fixture *f, const char *line)
{
        g_autofree char *err = NULL;
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        int status = -1;

        assert_true(g_spawn_sync(f->dir, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                 NULL, NULL, &err, &status, NULL));
        if (status != 0)
                fail_msg("%s: %s", line, err);
}

static char *in_dir(Fixture *f, const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text, "@DIR@", -1);

        return g_strjoinv(f->dir, parts);
}

/* @DIR@ in the text is the directory. Devices that are looked at have aliases of their own. */
static DomainDef *parse(Fixture *f, const char *head, const char *devices)
{
        g_autofree char *text = g_strdup_printf(
                        "<domain type='qemu'><name>x</name><uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff</uuid>"
                        "<memory>65536</memory><vcpu>1</vcpu><os><type arch='x86_64' "
                        "machine='pc-q35-7.2'>hvm</type>%s"
                        "</os><features><acpi/></features><devices>%s</devices></domain>",
                        head, devices);
        g_autofree char *xml = in_dir(f, text);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), DOMAIN_DEF_PARSE_LIVE, NULL, &def, &error) < 0)
                fail_msg("%s", error.detail);
        return def;
}

static DomainDef *parse_disk(Fixture *f, const char *format, const char *file, const char *more)
{
        g_autofree char *disk = g_strdup_printf(
                "<disk type='file' device='disk'><driver name='qemu' type='%s'/><source file='@DIR@/%s'/>%s"
                "<target dev='vda' bus='virtio'/><alias name='ua-d'/></disk>",
                format, file, more);

        return parse(f, "", disk);
}

static QemuFilesConfig config_of(Fixture *f)
{
        return (QemuFilesConfig) { .uid = 65534, .gid = 65534, .run_dir = f->run_dir };
}

static QemuFiles *open_ok(const DomainDef *def, const QemuFilesConfig *config)
{
        _cleanup_error_ Error error = ERROR_INIT;
        QemuFiles *files = NULL;

        if (qemu_files_open_now(def, config, &files, &error) < 0)
                fail_msg("%s", error.detail);
        return files;
}

static void open_refused(const DomainDef *def, const QemuFilesConfig *config, ErrorCode code,
                         const char *text)
{
        _cleanup_error_ Error error = ERROR_INIT;
        QemuFiles *files = NULL;

        if (qemu_files_open_now(def, config, &files, &error) >= 0)
                fail_msg("accepted instead of '%s'", text);
        if (error.code != code || !strstr(error.detail, text))
                fail_msg("'%s' is not in '%s' (%d)", text, error.detail, (int) error.code);
}

static int access_mode(const QemuFiles *files, const char *id)
{
        const QemuFile *file = qemu_files_find(files, id);

        assert_non_null(file);
        assert_true(fcntl(file->fd, F_GETFD) & FD_CLOEXEC);
        return fcntl(file->fd, F_GETFL) & O_ACCMODE;
}

static void test_chain(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;
        const QemuChain *chain;

        need_qemu_img();
        run(f, "mkdir sub");
        run(f, "qemu-img create -f raw sub/base 4M");
        run(f, "qemu-img create -f qcow2 -b base -F raw sub/middle");
        run(f, "qemu-img create -f qcow2 -b sub/middle -F qcow2 top");
        def = parse_disk(f, "qcow2", "top", "");
        files = open_ok(def, &config);
        chain = qemu_files_chain(files, "ua-d");
        assert_non_null(chain);
        assert_int_equal(chain->n_layers, 3);
        assert_string_equal(chain->layers[0].file_node, "ua-d-file");
        assert_string_equal(chain->layers[0].format_node, "ua-d-format");
        assert_string_equal(chain->layers[2].file_node, "ua-d-b2-file");
        assert_string_equal(chain->layers[0].format, "qcow2");
        assert_string_equal(chain->layers[2].format, "raw");
        assert_int_equal(chain->layers[0].size, 4 << 20);
        assert_true(chain->layers[0].writable);
        assert_false(chain->layers[1].writable);
        assert_int_equal(access_mode(files, "ua-d-file"), O_RDWR);
        assert_int_equal(access_mode(files, "ua-d-b1-file"), O_RDONLY);
        assert_int_equal(access_mode(files, "ua-d-b2-file"), O_RDONLY);
}

static void test_definition_rules(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *ended = NULL, *named = NULL, *readonly = NULL, *raw = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *a = NULL, *b = NULL, *c = NULL;

        need_qemu_img();
        run(f, "qemu-img create -f raw base 4M");
        run(f, "qemu-img create -f qcow2 -u -b /nowhere/base -F raw top 4M");
        ended = parse_disk(f, "qcow2", "top", "<backingStore/>");
        a = open_ok(ended, &config);
        assert_int_equal(qemu_files_chain(a, "ua-d")->n_layers, 1);
        named = parse_disk(f, "qcow2", "top",
                           "<backingStore type='file'><format type='raw'/><source file='@DIR@/base'/>"
                           "</backingStore>");
        b = open_ok(named, &config);
        assert_int_equal(qemu_files_chain(b, "ua-d")->n_layers, 2);
        readonly = parse_disk(f, "raw", "base", "<readonly/>");
        c = open_ok(readonly, &config);
        assert_int_equal(access_mode(c, "ua-d-file"), O_RDONLY);
        raw = parse_disk(f, "raw", "base",
                         "<backingStore type='file'><format type='raw'/><source file='@DIR@/top'/>"
                         "</backingStore>");
        open_refused(raw, &config, ERROR_CONFIG_UNSUPPORTED, "the raw image");
}

/* The format is what the definition says: a guest may have written anything into a raw image. */
static void test_no_guessing(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *raw = NULL, *not_qcow2 = NULL, *qed = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;

        need_qemu_img();
        run(f, "qemu-img create -f qcow2 -u -b /etc/passwd -F raw evil 4M");
        run(f, "qemu-img create -f qed v 4M");
        raw = parse_disk(f, "raw", "evil", "");
        files = open_ok(raw, &config);
        assert_int_equal(qemu_files_chain(files, "ua-d")->n_layers, 1);
        assert_string_equal(qemu_files_chain(files, "ua-d")->layers[0].format, "raw");
        not_qcow2 = parse_disk(f, "qcow2", "v", "");
        open_refused(not_qcow2, &config, ERROR_CONFIG_UNSUPPORTED, "it is no qcow2 image");
        qed = parse_disk(f, "qed", "v", "");
        open_refused(qed, &config, ERROR_CONFIG_UNSUPPORTED, "which cannot be used");
}

/* Changes bytes of an image, at the place where the old ones are or else at the offset. */
static void patch(Fixture *f, const char *name, const char *old, size_t offset, const char *bytes, size_t n)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL), *data = NULL;
        char *at;
        gsize size;

        assert_true(g_file_get_contents(path, &data, &size, NULL));
        at = old ? memmem(data, size, old, n) : data + offset;
        assert_non_null(at);
        memcpy(at, bytes, n);
        assert_true(g_file_set_contents(path, data, (gssize) size, NULL));
}

static void test_refused_chains(void **state)
{
        static const struct {
                const char *command, *text;
        } cases[] = {
                { "qemu-img create -f qcow2 -u -b /etc/passwd -F raw t 4M", "name it in <backingStore>" },
                { "qemu-img create -f qcow2 -u -b ../x -F raw t 4M", "name it in <backingStore>" },
                { "qemu-img create -f qcow2 -u -b link -F raw t 4M", "leads out of" },
                { "qemu-img create -f qcow2 -u -b json:{} -F raw t 4M", "described in JSON" },
                { "qemu-img create -f qcow2 -u -b nbd://h/x -F raw t 4M", "names a protocol" },
                { "qemu-img create -f qcow2 -u -b run -F raw t 4M", "is a directory" },
                { "qemu-img create -f qcow2 -u -b base -F qed t 4M", "which cannot be used" },
                { "qemu-img create -f qcow2 -u -b u -F qcow2 t 4M", "is a backing file of itself" },
                { "qemu-img create -f qcow2 -o data_file=d t 4M", "keeps its data in another file" },
        };
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

        need_qemu_img();
        run(f, "ln -s /etc/passwd link");
        run(f, "qemu-img create -f raw base 4M");
        run(f, "qemu-img create -f qcow2 -u -b t -F qcow2 u 4M");
        def = parse_disk(f, "qcow2", "t", "");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                run(f, cases[i].command);
                open_refused(def, &config, ERROR_CONFIG_UNSUPPORTED, cases[i].text);
        }
        /* The extension that records the format becomes one that nobody knows, as before there was it. */
        run(f, "qemu-img create -f qcow2 -b base -F raw t");
        patch(f, "t", "\xe2\x79\x2a\xca", 0, "\x11\x22\x33\x44", 4);
        open_refused(def, &config, ERROR_CONFIG_UNSUPPORTED, "does not record the format");
        run(f, "qemu-img create -f qcow2 t 4M");
        patch(f, "t", NULL, 35, "\2", 1);
        open_refused(def, &config, ERROR_CONFIG_UNSUPPORTED, "it is encrypted");
        patch(f, "t", NULL, 35, "\0", 1);
        patch(f, "t", NULL, 79, "\2", 1);
        open_refused(def, &config, ERROR_CONFIG_UNSUPPORTED, "marked as corrupt");
}

static void test_image_dirs(void **state)
{
        Fixture *f = *state;
        g_autofree char *pool = in_dir(f, "@DIR@/pool"), *create = NULL;
        const char *const dirs[] = { "/nowhere", pool, NULL };
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;

        need_qemu_img();
        run(f, "mkdir pool vm");
        run(f, "qemu-img create -f raw pool/base 4M");
        create = in_dir(f, "qemu-img create -f qcow2 -b @DIR@/pool/base -F raw vm/t");
        run(f, create);
        def = parse_disk(f, "qcow2", "vm/t", "");
        open_refused(def, &config, ERROR_CONFIG_UNSUPPORTED, "name it in <backingStore>");
        config.image_dirs = dirs;
        files = open_ok(def, &config);
        assert_int_equal(qemu_files_chain(files, "ua-d")->n_layers, 2);
}

static void test_depth(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *deep = NULL, *deeper = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;

        need_qemu_img();
        run(f, "qemu-img create -f qcow2 i0 4M");
        for (int i = 1; i <= QEMU_CHAIN_MAX; i++) {
                g_autofree char *line =
                        g_strdup_printf("qemu-img create -f qcow2 -u -b i%d -F qcow2 i%d 4M", i - 1, i);

                run(f, line);
        }
        deep = parse_disk(f, "qcow2", "i15", "");
        files = open_ok(deep, &config);
        assert_int_equal(qemu_files_chain(files, "ua-d")->n_layers, QEMU_CHAIN_MAX);
        deeper = parse_disk(f, "qcow2", "i16", "");
        open_refused(deeper, &config, ERROR_CONFIG_UNSUPPORTED, "more than 16 layers");
}

static void test_missing(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *disk = parse_disk(f, "raw", "no/file", "");
        _cleanup_(domain_def_unrefp) DomainDef *cdrom = parse(
                f, "",
                "<disk type='file' device='cdrom'><source file='@DIR@/gone' startupPolicy='optional'/>"
                "<target dev='sda' bus='sata'/><alias name='ua-c'/></disk>");
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL;

        open_refused(disk, &config, ERROR_SYSTEM_ERROR, "there is no directory");
        open_refused(disk, &config, ERROR_SYSTEM_ERROR, "/domain/devices/disk[1]/source/@file");
        files = open_ok(cdrom, &config);
        assert_null(qemu_files_chain(files, "ua-c"));
        assert_int_equal(files->files->len, 0);
}

static void test_firmware(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *sourced = NULL;
        _cleanup_(qemu_files_freep) QemuFiles *files = NULL, *again = NULL;

        run(f, "truncate -s 4096 code");
        run(f, "truncate -s 4096 vars");
        def = parse(f, "<loader readonly='yes' type='pflash'>@DIR@/code</loader><nvram>@DIR@/vars</nvram>", "");
        files = open_ok(def, &config);
        assert_int_equal(access_mode(files, "pflash0-file"), O_RDONLY);
        assert_int_equal(access_mode(files, "pflash1-file"), O_RDWR);
        sourced = parse(f, "<loader readonly='yes' type='pflash'>@DIR@/code</loader>"
                           "<nvram type='file'><source file='@DIR@/vars'/></nvram>", "");
        again = open_ok(sourced, &config);
        assert_int_equal(access_mode(again, "pflash1-file"), O_RDWR);
}

static void test_chardevs(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        g_autofree char *socket = in_dir(f, "@DIR@/s");
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(
                f, "",
                "<serial type='file'><source path='@DIR@/out'/><log file='@DIR@/log'/>"
                "<target port='0'/><alias name='ua-s'/></serial>"
                "<channel type='unix'><source mode='bind' path='@DIR@/s'/><target type='virtio' name='a'/>"
                "<alias name='ua-c'/></channel>");
        _cleanup_(qemu_files_freep) QemuFiles *files = open_ok(def, &config);

        assert_int_equal(access_mode(files, "charua-s"), O_WRONLY);
        assert_int_equal(access_mode(files, "charua-s-log"), O_WRONLY);
        assert_int_equal(qemu_files_find(files, "charua-c")->kind, QEMU_FILE_FD);
        assert_int_equal(access(socket, F_OK), 0);
        qemu_files_clear_away(def, true);
        assert_int_equal(access(socket, F_OK), -1);
}

static unsigned count_fds(void)
{
        g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
        unsigned n = 0;

        while (g_dir_read_name(dir))
                n++;
        return n;
}

typedef struct Opened {
        bool done;
        QemuFiles *files;
        ErrorCode code;
} Opened;

static void on_opened(void *userdata, QemuFiles *files, Error *error)
{
        Opened *opened = userdata;

        opened->done = true;
        opened->files = files;
        opened->code = error->code;
}

static void test_worker(void **state)
{
        Fixture *f = *state;
        QemuFilesConfig config = config_of(f);
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        WorkerPool *pool = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *missing = parse_disk(f, "raw", "none", "");
        Opened good = {}, bad = {}, never = {};
        unsigned before;

        run(f, "truncate -s 1M image");
        def = parse_disk(f, "raw", "image", "");
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(worker_pool_new(event, 2, &pool), 0);
        before = count_fds();
        qemu_files_open(pool, def, &config, on_opened, &good);
        qemu_files_open(pool, missing, &config, on_opened, &bad);
        worker_cancel(qemu_files_open(pool, def, &config, on_opened, &never));
        while (!good.done || !bad.done)
                assert_true(sd_event_run(event, 10 * USEC_PER_SEC) > 0);
        assert_non_null(good.files);
        assert_int_equal(good.code, ERROR_OK);
        assert_null(bad.files);
        assert_int_equal(bad.code, ERROR_SYSTEM_ERROR);
        assert_int_equal(good.files->files->len, 1);
        qemu_files_free(good.files);
        /* A cancelled task closes what it opens, whenever that is. */
        for (int i = 0; i < 1000 && count_fds() != before; i++)
                g_usleep(10000);
        assert_int_equal(count_fds(), before);
        assert_false(never.done);
        worker_pool_free(pool);
}

static void put_descriptor(const Fixture *f, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL), *dir = g_path_get_dirname(path);

        assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
        assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The first of the right type whose program is there; the administrator's hides the packaged one of its name. */
static void test_descriptors(void **state)
{
        static const char *const descriptors[][2] = {
                { "usr/share/qemu/vhost-user/10-broken.json", "{\"type\": \"gpu\", " },
                { "usr/share/qemu/vhost-user/20-other.json", "{\"type\": \"fs\", \"binary\": \"/bin/there\"}" },
                { "usr/share/qemu/vhost-user/30-gone.json", "{\"type\": \"gpu\", \"binary\": \"/bin/gone\"}" },
                { "usr/share/qemu/vhost-user/40-near.json", "{\"type\": \"gpu\", \"binary\": \"there\"}" },
                { "usr/share/qemu/vhost-user/50-gpu.json", "{\"type\": \"gpu\", \"binary\": \"/bin/there\"}" },
                { "usr/share/qemu/vhost-user/60-gpu.txt", "{\"type\": \"gpu\", \"binary\": \"/bin/there\"}" },
        };
        Fixture *f = *state;
        g_autofree char *there = g_build_filename(f->dir, "bin/there", NULL);
        g_autofree char *ours = g_build_filename(f->dir, "bin/ours", NULL), *found = NULL, *hidden = NULL;

        assert_null(vhost_user_find_program(f->dir, "gpu"));
        for (size_t i = 0; i < ELEMENTSOF(descriptors); i++)
                put_descriptor(f, descriptors[i][0], descriptors[i][1]);
        put_descriptor(f, "bin/there", "");
        put_descriptor(f, "bin/ours", "");
        assert_null(vhost_user_find_program(f->dir, "gpu"));
        assert_int_equal(chmod(there, 0755) + chmod(ours, 0755), 0);
        found = vhost_user_find_program(f->dir, "gpu");
        assert_string_equal(found, "/bin/there");
        put_descriptor(f, "etc/qemu/vhost-user/50-gpu.json", "{\"type\": \"gpu\", \"binary\": \"/bin/ours\"}");
        hidden = vhost_user_find_program(f->dir, "gpu");
        assert_string_equal(hidden, "/bin/ours");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_descriptors, setup, teardown),
                cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
                cmocka_unit_test_setup_teardown(test_definition_rules, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_guessing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refused_chains, setup, teardown),
                cmocka_unit_test_setup_teardown(test_image_dirs, setup, teardown),
                cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
                cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_firmware, setup, teardown),
                cmocka_unit_test_setup_teardown(test_chardevs, setup, teardown),
                cmocka_unit_test_setup_teardown(test_worker, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
