/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_settle.h"
#include "drivers/qemu/qemu_store.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define DEFINITION                                                                                          \
        "<domain type='qemu'>\n  <name>%s</name>\n  <uuid>%s</uuid>\n"                                      \
        "  <memory unit='KiB'>65536</memory>\n  <vcpu>1</vcpu>\n"                                           \
        "  <os><type arch='x86_64' machine='pc'>hvm</type></os>\n</domain>\n"

typedef struct World {
        sd_event *event;
        WorkerPool *pool;
        char *config;
        char *cache; /* NULL: no index */
        unsigned n_outlines;
        QemuStore *store;
        bool done;
        int result;
        ErrorCode code;
        GString *seen;     /* "name uuid-end autostart;" of what was loaded, in order */
        GHashTable *taken; /* UUIDs */
        DomainList *domains;
        unsigned n_kept;
        QemuStoreSummary summary;
} World;

static char *uuid_of(unsigned i)
{
        return g_strdup_printf("6d1f1c0e-8f1a-4f0e-9d63-%012x", i);
}

static char *text_of(const char *name, unsigned i)
{
        g_autofree char *uuid = uuid_of(i);

        return g_strdup_printf(DEFINITION, name, uuid);
}

static char *path_of(const World *world, const char *file)
{
        return g_build_filename(world->config, "qemu", file, NULL);
}

static int setup(void **state)
{
        World *world = g_new0(World, 1);

        assert_true(sd_event_new(&world->event) >= 0);
        assert_int_equal(worker_pool_new(world->event, 2, &world->pool), 0);
        world->config = g_dir_make_tmp("virtbus-store-XXXXXX", NULL);
        assert_non_null(world->config);
        assert_int_equal(qemu_store_open(world->config, &world->store, NULL), 0);
        world->seen = g_string_new(NULL);
        world->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        *state = world;
        return 0;
}

static int teardown(void **state)
{
        World *world = *state;
        g_autofree char *command = g_strdup_printf("rm -rf '%s'", world->config);

        worker_pool_free(world->pool);
        qemu_store_free(world->store);
        assert_int_equal(system(command), 0);
        g_free(world->config);
        g_free(world->cache);
        g_string_free(world->seen, true);
        g_hash_table_unref(world->taken);
        sd_event_unref(world->event);
        g_free(world);
        return 0;
}

static void on_done(void *userdata, int r, Error *error)
{
        World *world = userdata;

        world->done = true;
        world->result = r;
        world->code = error->code;
}

static int wait_done(World *world)
{
        uint64_t until = now_usec() + 10 * USEC_PER_SEC;

        while (!world->done) {
                assert_true(now_usec() < until);
                assert_true(sd_event_run(world->event, 100 * USEC_PER_MSEC) >= 0);
        }
        world->done = false;
        return world->result;
}

static int do_write(World *world, const char *name, char *text)
{
        (void) qemu_store_write(world->store, world->pool, name, text, on_done, world);
        return wait_done(world);
}

static int visit(QemuStored *stored, void *userdata, Error *error)
{
        World *world = userdata;
        _cleanup_(domain_def_unrefp) DomainDef *again = domain_def_unpack(stored->packed);
        Domain *domain;

        if (!g_hash_table_add(world->taken, g_strdup(stored->def->uuid)))
                return error_set(error, ERROR_DOM_EXIST, "uuid %s", stored->def->uuid);
        if (stored->def->arena)
                assert_true(domain_def_equal(again, stored->def));
        else
                world->n_outlines++;
        assert_string_equal(again->name, stored->def->name);
        assert_string_equal(again->uuid, stored->def->uuid);
        assert_int_equal(again->memory, stored->def->memory);
        assert_int_equal(def_get(again, vcpus, 0), def_get(stored->def, vcpus, 0));
        assert_int_equal(again->type, stored->def->type);
        assert_string_equal(again->os.arch, stored->def->os.arch);
        assert_true(streq_ptr(again->title, stored->def->title));
        g_string_append_printf(world->seen, "%s %s%s;", stored->def->name, stored->def->uuid + 32,
                               stored->autostart ? " auto" : stored->autostart_once ? " once" : "");
        assert_int_equal(domain_list_add(world->domains, stored->def, &domain, NULL), 0);
        if (definition_is_kept(stored->packed))
                world->n_kept++;
        domain_take_config(domain, stored->def, g_steal_pointer(&stored->packed));
        return 0;
}

static void on_settled(void *userdata)
{
        ((World *) userdata)->done = true;
}

/* What was kept as it stood is packed afterwards, and means the same. */
static void settle(World *world)
{
        g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(g_free);

        for (size_t i = 0; i < domain_list_size(world->domains); i++)
                g_ptr_array_add(before, domain_get_config_xml(domain_list_get(world->domains, i)));
        if (world->summary.settle) {
                qemu_settle_start(world->summary.settle, world->pool, world->domains, on_settled, world);
                (void) wait_done(world);
                qemu_settle_free(world->summary.settle);
        }
        for (size_t i = 0; i < domain_list_size(world->domains); i++) {
                const Domain *domain = domain_list_get(world->domains, i);
                g_autofree char *after = domain_get_config_xml(domain);

                assert_false(definition_is_kept(domain->config));
                assert_string_equal(after, before->pdata[i]);
        }
}

static const char *load(World *world)
{
        g_string_truncate(world->seen, 0);
        world->n_outlines = 0;
        world->n_kept = 0;
        g_hash_table_remove_all(world->taken);
        world->domains = domain_list_new(NULL, NULL, NULL);
        assert_int_equal(qemu_store_load(world->store, world->cache, visit, world, &world->summary, NULL),
                         0);
        settle(world);
        world->domains = domain_list_free(world->domains);
        return world->seen->str;
}

static void put_file(const World *world, const char *file, const char *text)
{
        g_autofree char *path = path_of(world, file);

        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static bool exists(const World *world, const char *file)
{
        g_autofree char *path = path_of(world, file);
        struct stat st;

        return lstat(path, &st) == 0;
}

static void test_write_and_load(void **state)
{
        World *world = *state;
        g_autofree char *path = path_of(world, "web.xml");
        struct stat st;

        assert_string_equal(load(world), "");
        assert_int_equal(do_write(world, "web", text_of("web", 2)), 0);
        assert_int_equal(do_write(world, "db", text_of("db", 1)), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_string_equal(load(world), "db 0001;web 0002;");
        assert_int_equal(do_write(world, "web", text_of("web", 3)), 0);
        assert_string_equal(load(world), "db 0001;web 0003;");
}

static void test_autostart_and_remove(void **state)
{
        World *world = *state;

        assert_int_equal(do_write(world, "web", text_of("web", 1)), 0);
        (void) qemu_store_set_autostart(world->store, world->pool, "web", QEMU_AUTOSTART_ALWAYS, true, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_string_equal(load(world), "web 0001 auto;");
        (void) qemu_store_set_autostart(world->store, world->pool, "web", QEMU_AUTOSTART_ALWAYS, false, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_string_equal(load(world), "web 0001;");
        (void) qemu_store_set_autostart(world->store, world->pool, "web", QEMU_AUTOSTART_ALWAYS, true, on_done, world);
        assert_int_equal(wait_done(world), 0);
        (void) qemu_store_remove(world->store, world->pool, "web", NULL, false, NULL, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_string_equal(load(world), "");
        assert_false(exists(world, "autostart/web.xml"));
}

/* What is to start with the host the next time alone has a link of its own, which goes where the definition goes. */
static void test_autostart_once(void **state)
{
        World *world = *state;

        assert_int_equal(do_write(world, "web", text_of("web", 1)), 0);
        (void) qemu_store_set_autostart(world->store, world->pool, "web", QEMU_AUTOSTART_ONCE, true, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_string_equal(load(world), "web 0001 once;");
        (void) qemu_store_rename(world->store, world->pool, "web", "new", text_of("new", 1), 1u << QEMU_AUTOSTART_ONCE,
                                 on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_string_equal(load(world), "new 0001 once;");
        assert_false(exists(world, "autostart/web.xml.once"));
        (void) qemu_store_set_autostart(world->store, world->pool, "new", QEMU_AUTOSTART_ONCE, false, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_string_equal(load(world), "new 0001;");
        (void) qemu_store_set_autostart(world->store, world->pool, "new", QEMU_AUTOSTART_ONCE, true, on_done, world);
        assert_int_equal(wait_done(world), 0);
        (void) qemu_store_remove(world->store, world->pool, "new", NULL, false, NULL, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_false(exists(world, "autostart/new.xml.once"));
}

static void test_nvram_and_tpm(void **state)
{
        World *world = *state;
        g_autofree char *nvram = path_of(world, "web.fd");

        g_autofree char *tpm = path_of(world, "tpm"), *states = path_of(world, "tpm/tpm2");

        put_file(world, "web.fd", "variables");
        assert_int_equal(g_mkdir_with_parents(states, 0700), 0);
        assert_int_equal(do_write(world, "web", text_of("web", 1)), 0);
        (void) qemu_store_remove(world->store, world->pool, "web", nvram, false, NULL, on_done, world);
        assert_true(wait_done(world) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
        assert_true(exists(world, "web.xml"));
        (void) qemu_store_remove(world->store, world->pool, "web", nvram, true, tpm, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_false(exists(world, "web.fd") || exists(world, "tpm"));
}

static void test_rename(void **state)
{
        World *world = *state;

        assert_int_equal(do_write(world, "old", text_of("old", 1)), 0);
        assert_int_equal(do_write(world, "other", text_of("other", 2)), 0);
        (void) qemu_store_set_autostart(world->store, world->pool, "old", QEMU_AUTOSTART_ALWAYS, true, on_done, world);
        assert_int_equal(wait_done(world), 0);
        (void) qemu_store_rename(world->store, world->pool, "old", "new", text_of("new", 1), true, on_done,
                                 world);
        assert_int_equal(wait_done(world), 0);
        assert_string_equal(load(world), "new 0001 auto;other 0002;");
        assert_false(exists(world, "autostart/old.xml"));
        /* nobody's file is overwritten, and nothing has changed then */
        (void) qemu_store_rename(world->store, world->pool, "new", "other", text_of("other", 1), true,
                                 on_done, world);
        assert_true(wait_done(world) < 0);
        assert_string_equal(load(world), "new 0001 auto;other 0002;");
        assert_false(exists(world, "autostart/other.xml"));
}

/* What a crash leaves at each moment of a rename with autostart. */
static void test_half_renamed(void **state)
{
        World *world = *state;
        g_autofree char *text = text_of("old", 1), *link = path_of(world, "autostart/new.xml");
        g_autofree char *rewritten = path_of(world, "new.xml"), *content = NULL;

        put_file(world, "old.xml", text);
        (void) qemu_store_set_autostart(world->store, world->pool, "old", QEMU_AUTOSTART_ALWAYS, true, on_done, world);
        assert_int_equal(wait_done(world), 0);
        assert_int_equal(symlink("../new.xml", link), 0);
        assert_string_equal(load(world), "old 0001 auto;");
        assert_false(exists(world, "autostart/new.xml"));

        assert_int_equal(symlink("../new.xml", link), 0);
        {
                g_autofree char *from = path_of(world, "old.xml");

                assert_int_equal(rename(from, rewritten), 0);
        }
        assert_string_equal(load(world), "new 0001 auto;");
        assert_int_equal(world->summary.n_quarantined, 0);
        assert_false(exists(world, "autostart/old.xml"));
        /* put right, so that it is not met again */
        assert_true(g_file_get_contents(rewritten, &content, NULL, NULL));
        assert_non_null(strstr(content, "<name>new</name>"));
}

static void test_bad_files(void **state)
{
        World *world = *state;
        g_autofree char *good = text_of("good", 1), *same = text_of("copy", 1), *empty_name = text_of("", 7);
        g_autofree char *dir = path_of(world, "dir.xml");

        put_file(world, "good.xml", good);
        put_file(world, "0copy.xml", good); /* a copy by hand: the original wins, though it comes later */
        put_file(world, "copy.xml", same);
        put_file(world, "broken.xml", "<domain type='qemu'><name>broken");
        put_file(world, "empty.xml", "");
        put_file(world, "network.xml", "<network><name>x</name></network>");
        put_file(world, "nouuid.xml",
                 "<domain type='qemu'><name>nouuid</name><memory>1</memory>"
                 "<os><type>hvm</type></os></domain>");
        put_file(world, "noname.xml", empty_name);
        put_file(world, "README", "not ours");
        assert_int_equal(g_mkdir(dir, 0700), 0);

        /* "copy" has its own name and the same UUID: the first in order wins */
        assert_string_equal(load(world), "copy 0001;noname 0007;");
        assert_true(exists(world, "broken.xml.broken"));
        assert_true(exists(world, "empty.xml.broken"));
        assert_true(exists(world, "network.xml.broken"));
        assert_true(exists(world, "nouuid.xml.broken"));
        assert_true(exists(world, "good.xml.broken"));
        assert_true(exists(world, "0copy.xml.broken"));
        assert_true(exists(world, "dir.xml"));
        assert_true(exists(world, "README"));
        assert_int_equal(world->summary.n_loaded, 2);
        assert_int_equal(world->summary.n_unreadable, 1);
        /* a second start finds nothing to do */
        assert_string_equal(load(world), "copy 0001;noname 0007;");
        assert_int_equal(world->summary.n_quarantined, 0);
}

/* One that was accepted once is not lost by rules that have come since. */
static void test_new_rules(void **state)
{
        World *world = *state;
        g_autofree char *text = g_strdup(
                "<domain type='qemu'><name>two</name><uuid>00000000-0000-4000-8000-000000000003</uuid>"
                "<memory>65536</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os><devices>"
                "<disk type='file'><source file='/a'/><target dev='vda'/></disk>"
                "<disk type='file'><source file='/b'/><target dev='vda'/></disk></devices></domain>");

        put_file(world, "two.xml", text);
        (void) load(world);
        assert_int_equal(world->summary.n_loaded, 1);
        assert_int_equal(world->summary.n_quarantined, 0);
}

static void test_copy_by_hand(void **state)
{
        World *world = *state;
        g_autofree char *good = text_of("web", 1);

        put_file(world, "0backup.xml", good);
        put_file(world, "web.xml", good);
        assert_string_equal(load(world), "web 0001;");
        assert_true(exists(world, "0backup.xml.broken"));
}

static void put_many(const World *world, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                g_autofree char *name = g_strdup_printf("vm%05u", i),
                                *file = g_strconcat(name, ".xml", NULL);
                g_autofree char *path = path_of(world, file), *text = text_of(name, i);
                FILE *f = fopen(path, "we");

                assert_non_null(f);
                assert_true(fputs(text, f) >= 0);
                assert_int_equal(fclose(f), 0);
        }
}

/* Says when each of them was written, seconds from now. */
static void touch_many(const World *world, unsigned n, time_t when)
{
        const struct timespec times[2] = { { .tv_sec = time(NULL) + when }, { .tv_sec = time(NULL) + when } };

        for (unsigned i = 0; i < n; i++) {
                g_autofree char *file = g_strdup_printf("vm%05u.xml", i), *path = path_of(world, file);

                assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        }
}

static void test_index(void **state)
{
        World *world = *state;
        enum { N = 100 };
        g_autofree char *path = NULL, *content = NULL, *renamed = path_of(world, "zz.xml");
        g_autofree char *file = path_of(world, "vm00007.xml"), *gone = path_of(world, "vm00008.xml");
        g_autofree char *other = text_of("vm00007", 999), *old = path_of(world, "vm00009.xml"),
                        *first = NULL;
        size_t size;

        world->cache = g_build_filename(world->config, "cache", NULL);
        path = g_build_filename(world->cache, "definitions.index", NULL);
        put_many(world, N);
        /* what was changed a moment ago is left out, on the slowest machine, too */
        touch_many(world, N, 3600);
        (void) load(world);
        (void) load(world);
        assert_int_equal(world->n_outlines, 0);
        assert_int_equal(world->n_kept, N);
        touch_many(world, N, 0);
        g_usleep(1100 * USEC_PER_MSEC);
        first = g_strdup(load(world));
        assert_int_equal(world->n_outlines, 0);
        assert_string_equal(load(world), first);
        assert_int_equal(world->n_outlines, N);
        assert_int_equal(world->n_kept, 0);

        /* files that were changed, went or came are seen */
        assert_true(g_file_set_contents(file, other, -1, NULL));
        assert_int_equal(unlink(gone), 0);
        assert_int_equal(rename(old, renamed), 0);
        (void) load(world);
        assert_int_equal(world->n_outlines, N - 3);
        assert_int_equal(world->summary.n_loaded, N - 1);
        assert_true(g_hash_table_contains(world->taken, "6d1f1c0e-8f1a-4f0e-9d63-0000000003e7"));
        assert_non_null(strstr(world->seen->str, "zz 0009;"));

        /* damage anywhere in it is noticed */
        assert_true(g_file_get_contents(path, &content, &size, NULL));
        for (size_t at = 0; at < size; at += size / 37) {
                content[at] ^= 0x10;
                assert_true(g_file_set_contents(path, content, (gssize) size, NULL));
                (void) load(world);
                assert_int_equal(world->n_outlines, 0);
                assert_int_equal(world->summary.n_loaded, N - 1);
                content[at] ^= 0x10;
        }
        assert_true(g_file_set_contents(path, content, (gssize) size / 2, NULL));
        (void) load(world);
        assert_int_equal(world->n_outlines, 0);
}

static void test_many(void **state)
{
        World *world = *state;
        enum { N = 3000 };
        uint64_t begin;

        put_many(world, N);
        begin = now_usec();
        (void) load(world);
        print_message("%d definitions in %u ms\n", N, (unsigned) ((now_usec() - begin) / USEC_PER_MSEC));
        assert_int_equal(world->summary.n_loaded, N);
        assert_int_equal(g_hash_table_size(world->taken), N);
        assert_true(g_str_has_prefix(world->seen->str, "vm00000 0000;vm00001 0001;"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_write_and_load, setup, teardown),
                cmocka_unit_test_setup_teardown(test_autostart_and_remove, setup, teardown),
                cmocka_unit_test_setup_teardown(test_autostart_once, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nvram_and_tpm, setup, teardown),
                cmocka_unit_test_setup_teardown(test_rename, setup, teardown),
                cmocka_unit_test_setup_teardown(test_half_renamed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bad_files, setup, teardown),
                cmocka_unit_test_setup_teardown(test_new_rules, setup, teardown),
                cmocka_unit_test_setup_teardown(test_copy_by_hand, setup, teardown),
                cmocka_unit_test_setup_teardown(test_index, setup, teardown),
                cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
