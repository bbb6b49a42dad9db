/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_nvram.h"

#include "drivers/host/image.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Fixture {
        char *dir;
        sd_event *event;
        WorkerPool *workers;
        Launcher *launcher;
        bool is_done;
        ErrorCode code; /* of the last making, with its text */
        char *text;
} Fixture;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);
        g_autofree char *template = NULL;

        f->dir = g_dir_make_tmp("test-nvram-XXXXXX", NULL);
        template = g_build_filename(f->dir, "template", NULL);
        assert_true(g_file_set_contents(template, "variables", -1, NULL));
        assert_int_equal(sd_event_new(&f->event), 0);
        assert_int_equal(worker_pool_new(f->event, 2, &f->workers), 0);
        assert_int_equal(launcher_new(f->event, getenv("VIRTBUS_EXEC"), &f->launcher, NULL), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        const char *const argv[] = { "rm", "-rf", f->dir, NULL };

        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
        launcher_free(f->launcher);
        worker_pool_free(f->workers);
        sd_event_unref(f->event);
        g_free(f->text);
        g_free(f->dir);
        g_free(f);
        return 0;
}

static void on_done(void *userdata, Error *error)
{
        Fixture *f = userdata;

        f->is_done = true;
        f->code = error_is_set(error) ? error->code : 0;
        g_free(f->text);
        f->text = error_is_set(error) ? error_message(error) : g_strdup("");
}

/* "@DIR@" is the test's directory. */
static DomainDef *parse(const Fixture *f, const char *nvram)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>vm</name><memory>65536</memory><os><type arch='x86_64' "
                "machine='q35'>hvm</type>"
                "<loader readonly='yes' type='pflash'>/code</loader>%s</os>"
                "<features><acpi/></features></domain>", nvram);
        g_auto(GStrv) parts = g_strsplit(xml, "@DIR@", 0);
        g_autofree char *text = g_strjoinv(f->dir, parts);
        DomainDef *def = NULL;

        assert_int_equal(domain_def_parse(text, strlen(text), 0, NULL, &def, NULL), 0);
        return def;
}

static void make(Fixture *f, const char *nvram, bool reset)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(f, nvram);

        f->is_done = false;
        (void) qemu_nvram_make(f->launcher, f->workers, def, 0, 0, reset, on_done, f);
        while (!f->is_done)
                assert_true(sd_event_run(f->event, 30 * USEC_PER_SEC) > 0);
}

static char *store_text(const Fixture *f, const char *name)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL);
        char *text = NULL;

        return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

#define STORE "<nvram template='@DIR@/template'>@DIR@/nvram/vm.fd</nvram>"

/* It is made once, with its directory, and made anew only when that is asked for. */
static void test_made(void **state)
{
        Fixture *f = *state;
        g_autofree char *path = g_build_filename(f->dir, "nvram", "vm.fd", NULL);
        g_autofree char *first = NULL, *kept = NULL, *reset = NULL, *sourced = NULL;
        struct stat st;

        make(f, STORE, false);
        assert_string_equal(f->text, "");
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        first = store_text(f, "nvram/vm.fd");
        assert_string_equal(first, "variables");

        assert_true(g_file_set_contents(path, "written by the guest", -1, NULL));
        make(f, STORE, false);
        kept = store_text(f, "nvram/vm.fd");
        assert_string_equal(kept, "written by the guest");
        make(f, STORE, true);
        reset = store_text(f, "nvram/vm.fd");
        assert_string_equal(reset, "variables");

        make(f, "<nvram type='file' template='@DIR@/template'><source file='@DIR@/other'/></nvram>", false);
        sourced = store_text(f, "other");
        assert_string_equal(sourced, "variables");
}

static void test_refused(void **state)
{
        Fixture *f = *state;

        make(f, "<nvram>@DIR@/vm.fd</nvram>", false);
        assert_int_equal(f->code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(f->text, "/vm.fd' does not exist, and no template"));
        make(f, "<nvram>@DIR@/template</nvram>", false);
        assert_string_equal(f->text, "");
        make(f, "<nvram>@DIR@/template</nvram>", true);
        assert_non_null(strstr(f->text, "is to be reset, and no template"));
        make(f, "<nvram template='@DIR@/gone'>@DIR@/vm.fd</nvram>", false);
        assert_int_equal(f->code, ERROR_SYSTEM_ERROR);
        assert_non_null(strstr(f->text, "/gone' of /domain/os/nvram/@template"));
        make(f, "<nvram type='block'><source dev='@DIR@/template'/></nvram>", true);
        assert_non_null(strstr(f->text, "is a block device, which is not reset"));
}

/* qemu-img makes a store of another format than its template. */
static void test_converted(void **state)
{
        Fixture *f = *state;
        g_autofree char *path = g_build_filename(f->dir, "vm.qcow2", NULL), *back = NULL, *template = NULL;
        _cleanup_(image_info_clear) ImageInfo info = {};
        _cleanup_close_ int fd = -EBADF;

        if (access("/usr/bin/qemu-img", X_OK) < 0) {
                print_message("there is no /usr/bin/qemu-img\n");
                skip();
        }
        template = g_strnfill(64 * 1024, 'v');
        {
                g_autofree char *name = g_build_filename(f->dir, "template", NULL);

                assert_true(g_file_set_contents(name, template, -1, NULL));
        }
        make(f, "<nvram template='@DIR@/template' templateFormat='raw' format='qcow2'>@DIR@/vm.qcow2</nvram>", false);
        assert_string_equal(f->text, "");
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(image_read_qcow2(fd, &info, NULL), 0);
        assert_int_equal(info.size, 64 * 1024);
        make(f, "<nvram template='@DIR@/vm.qcow2' templateFormat='qcow2' format='raw'>@DIR@/vm.raw</nvram>", false);
        assert_string_equal(f->text, "");
        back = store_text(f, "vm.raw");
        assert_string_equal(back, template);

        make(f, "<nvram template='@DIR@/template' templateFormat='qcow2' format='raw'>@DIR@/bad</nvram>", false);
        assert_int_equal(f->code, ERROR_OPERATION_FAILED);
        assert_null(store_text(f, "bad"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_made, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(test_converted, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
