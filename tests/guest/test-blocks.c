/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs of disks with chains of real images. No system runs in the machines: they are on, and have nothing to boot from.
 * What is in the images is compared with what was in them before.
 */

#include "tests/guest/edit.h"
#include "tests/guest/traces.h"

#include "drivers/model/domain_find.h"
#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_layer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define PULL DOMAIN_BLOCK_JOB_PULL
#define COPY DOMAIN_BLOCK_JOB_COPY
#define COMMIT DOMAIN_BLOCK_JOB_COMMIT
#define ACTIVE DOMAIN_BLOCK_JOB_ACTIVE_COMMIT

/* Runs it in the world's directory. */
static void shell(const World *world, const char *command)
{
        g_autofree char *line = g_strdup_printf("cd '%s' && %s", world->dir, command);

        if (system(line) != 0)
                fail_msg("'%s' has failed", command);
}

/* Three images, each with data that the others do not have, and their sum beside them. */
static const char make_chain[] =
        "qemu-img create -q -f raw low 8M && qemu-io -f raw -c 'write -q -P 1 0 4M' low && "
        "qemu-img create -q -f qcow2 -b low -F raw mid && qemu-io -c 'write -q -P 2 1M 2M' mid && "
        "qemu-img create -q -f qcow2 -b mid -F qcow2 top && qemu-io -c 'write -q -P 3 2M 3M' top && "
        "qemu-img convert -O raw top sum";

static Domain *start(World *world, const char *chain)
{
        g_autofree char *disk = g_strdup_printf("<disk type='file'><driver name='qemu' type='qcow2'/>"
                                                "<source file='%s/top'/>%s<target dev='vda' bus='virtio'/></disk>",
                                                world->dir, chain);
        g_autofree char *xml = world_machine("web", disk, NULL);
        Domain *domain;

        shell(world, make_chain);
        domain = world_define(world, xml);
        if (world_start(world, domain, 0) < 0)
                fail_msg("%s", world->text);
        return domain;
}

static void release(void *domain)
{
        domain_unref(domain);
}

typedef int (*Decision)(Domain *domain, DomainBlockJob *block, Job *job, Error *error);

/* Begins the job, or returns what it was refused with. */
static char *try_begin(World *world, Domain *domain, const DomainBlockRequest *request)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = NULL;

        assert_int_equal(job_new(world->jobs, "block", NULL, NULL, &job, NULL), 0);
        job_set_object(job, domain_ref(domain), release);
        if (qemu_block_start(domain, request, job, &error) < 0)
                return error_message(&error);
        while (job_state(job) == JOB_RUNNING && !streq(job_stage(job), "copy") && !streq(job_stage(job), "ready"))
                (void) world_run(world, USEC_PER_SEC);
        return job_state(job) == JOB_FAILED ? error_message(job_error(job)) : NULL;
}

static void begin(World *world, Domain *domain, const DomainBlockRequest *request)
{
        g_autofree char *why = NULL;

        world_forget(world);
        why = try_begin(world, domain, request);
        if (why)
                fail_msg("%s", why);
}

static void expect_refusal(World *world, Domain *domain, const DomainBlockRequest *request, const char *words)
{
        g_autofree char *why = try_begin(world, domain, request);

        if (!why || !strstr(why, words))
                fail_msg("not '%s': %s", words, why ?: "it has begun");
}

static void expect_signal(World *world, DomainBlockJobType type, DomainBlockJobStatus status)
{
        g_autofree char *text = g_strdup_printf("web:block-job vda %d %d;", (int) type, (int) status);

        world_expect(world, text);
}

static void decide(World *world, Domain *domain, Decision decision)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(job_unrefp) Job *job = NULL;

        assert_int_equal(job_new(world->jobs, "decide", NULL, NULL, &job, NULL), 0);
        if (decision(domain, domain->block_jobs, job, &error) < 0) {
                g_autofree char *why = error_message(&error);

                fail_msg("%s", why);
        }
        world_wait(world, job_state(job) != JOB_RUNNING);
        assert_int_equal(job_state(job), JOB_SUCCEEDED);
        assert_null(domain->block_jobs);
}

/* The names of the images from the top, as in "top mid". */
static char *chain_of(const DomainDef *def)
{
        const DomainDisk *disk = domain_find_disk(def, "vda");
        GString *names = g_string_new(NULL);
        QemuLayerDef layer;

        for (size_t i = 0; qemu_layer_def(disk, i, &layer); i++) {
                g_autofree char *name = g_path_get_basename(layer.source->file);

                g_string_append_printf(names, "%s%s", i ? " " : "", name);
        }
        return g_string_free(names, FALSE);
}

static void expect_chain(const Domain *domain, const char *live, const char *config)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_get_config(domain);
        g_autofree char *a = chain_of(domain->live), *b = chain_of(def);

        assert_string_equal(a, live);
        assert_string_equal(b, config);
}

/* The image knows the one below by its own name. */
static void expect_backing(World *world, const char *image, const char *backing)
{
        g_autofree char *info =
                        g_strdup_printf("qemu-img info -U --output=json %s | grep -q '\"backing-filename\": \"%s%s\"'",
                                        image, backing[0] == '/' ? world->dir : "", backing);

        shell(world, info);
}

/* What the guest saw is what is there, of a machine that does not run. */
static void expect_content(World *world, const char *image, const char *format)
{
        g_autofree char *compare = g_strdup_printf("qemu-img compare -q -f %s %s -F raw sum", format, image);

        shell(world, compare);
}

static bool has_nodes(World *world, const Domain *domain, unsigned n)
{
        g_autofree char *nodes = traces_ask(world, domain, "query-named-block-nodes", qmp_object("b:flat", true, NULL));
        g_autofree char *sets = traces_ask(world, domain, "query-fdsets", NULL);
        unsigned found = 0, lent = 0;

        for (const char *p = nodes; (p = strstr(p, "\"node-name\":\"virtio-disk0")); p++)
                found++;
        for (const char *p = sets; (p = strstr(p, "\"fdset-id\"")); p++)
                lent++;
        return found == 2 * n && lent == n;
}

/* Nothing is left in QEMU of images that are not the machine's any more. */
static void expect_nodes(World *world, const Domain *domain, unsigned n)
{
        world_wait(world, has_nodes(world, domain, n));
}

static void stop(World *world, Domain *domain)
{
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
}

static void test_pull(void **state)
{
        World *world = *state;
        Domain *domain = start(world, "");
        g_autofree char *low = g_build_filename(world->dir, "low", NULL);

        expect_chain(domain, "top mid low", "top");
        expect_nodes(world, domain, 3);
        expect_refusal(world, domain, &(DomainBlockRequest) { .type = PULL, .disk = "vda", .base = "/none" },
                       "could not find image '/none'");
        begin(world, domain, &(DomainBlockRequest) { .type = PULL, .disk = "vda", .base = low });
        expect_signal(world, PULL, DOMAIN_BLOCK_JOB_COMPLETED);
        expect_chain(domain, "top low", "top");
        expect_nodes(world, domain, 2);
        expect_backing(world, "top", "/low");
        /* the number is the layer's: the first below it was another one */
        expect_refusal(world, domain, &(DomainBlockRequest) { .type = PULL, .disk = "vda", .base = "vda[1]" },
                       "vda[1]");
        begin(world, domain, &(DomainBlockRequest) { .type = PULL, .disk = "vda" });
        expect_signal(world, PULL, DOMAIN_BLOCK_JOB_COMPLETED);
        expect_chain(domain, "top", "top");
        expect_nodes(world, domain, 1);
        stop(world, domain);
        shell(world, "rm mid low");
        expect_content(world, "top", "qcow2");
        assert_int_equal(world_start(world, domain, 0), 0);
}

static void test_pull_relative(void **state)
{
        World *world = *state;
        Domain *domain = start(world, "");

        begin(world, domain,
              &(DomainBlockRequest) {
                      .type = PULL, .disk = "vda", .base = "vda[2]", .relative = true, .bandwidth = 1 << 30 });
        expect_signal(world, PULL, DOMAIN_BLOCK_JOB_COMPLETED);
        expect_backing(world, "top", "low");
        stop(world, domain);
        expect_content(world, "top", "qcow2");
}

static void test_commit(void **state)
{
        World *world = *state;
        g_autofree char *named = g_strdup_printf(
                "<backingStore type='file'><format type='qcow2'/><source file='%s/mid'/></backingStore>", world->dir);
        Domain *domain = start(world, named);
        g_autofree char *mid = g_build_filename(world->dir, "mid", NULL), *xml = NULL;

        expect_chain(domain, "top mid low", "top mid");
        expect_refusal(world, domain, &(DomainBlockRequest) { .type = COMMIT, .disk = "vda", .top = "vda[2]" },
                       "has no backing file");
        expect_refusal(world, domain, &(DomainBlockRequest) { .type = COMMIT, .disk = "vda", .top = mid, .base = mid },
                       "is not below top");
        begin(world, domain, &(DomainBlockRequest) { .type = COMMIT, .disk = "vda", .top = mid, .delete_top = true });
        expect_signal(world, COMMIT, DOMAIN_BLOCK_JOB_COMPLETED);
        expect_chain(domain, "top low", "top low");
        expect_nodes(world, domain, 2);
        expect_backing(world, "top", "/low");
        world_wait(world, access(mid, F_OK) < 0);

        begin(world, domain, &(DomainBlockRequest) { .type = ACTIVE, .disk = "vda" });
        expect_signal(world, ACTIVE, DOMAIN_BLOCK_JOB_READY);
        xml = domain_def_format(domain->live, 0);
        assert_non_null(strstr(xml, "<mirror type='file' job='active-commit' ready='yes'><format type='raw'/>"));
        /* one that is not wanted */
        decide(world, domain, qemu_block_abort);
        expect_signal(world, ACTIVE, DOMAIN_BLOCK_JOB_CANCELED);
        expect_chain(domain, "top low", "top low");
        begin(world, domain, &(DomainBlockRequest) { .type = ACTIVE, .disk = "vda" });
        expect_signal(world, ACTIVE, DOMAIN_BLOCK_JOB_READY);
        decide(world, domain, qemu_block_pivot);
        expect_signal(world, ACTIVE, DOMAIN_BLOCK_JOB_COMPLETED);
        expect_chain(domain, "low", "low");
        expect_nodes(world, domain, 1);
        stop(world, domain);
        expect_content(world, "low", "raw");
        assert_int_equal(world_start(world, domain, 0), 0);
}

static BlockDest *dest(const World *world, const char *name, const char *format)
{
        g_autofree char *path = g_build_filename(world->dir, name, NULL);

        return block_dest_new(DOMAIN_DISK_FILE, path, format);
}

static void copy(World *world, Domain *domain, BlockDest *to, bool shallow, bool reuse)
{
        const DomainBlockRequest request = {
                .type = COPY, .disk = "vda", .dest = to, .shallow = shallow, .reuse = reuse, .synchronous = reuse,
                .granularity = 65536, .buffer_size = 1 << 20,
        };

        begin(world, domain, &request);
        expect_signal(world, COPY, DOMAIN_BLOCK_JOB_READY);
}

static void test_copy(void **state)
{
        World *world = *state;
        Domain *domain = start(world, "");
        _cleanup_(block_dest_freep) BlockDest *next = dest(world, "next", "qcow2"), *flat = dest(world, "flat", NULL);
        _cleanup_(block_dest_freep) BlockDest *plain = dest(world, "plain", "raw"),
                                              *made = dest(world, "made", "qcow2");
        g_autofree char *xml = NULL;

        copy(world, domain, next, true, false);
        xml = domain_def_format(domain->live, 0);
        assert_non_null(strstr(xml, "job='copy' ready='yes'><format type='qcow2'/><source file="));
        expect_refusal(world, domain, &(DomainBlockRequest) { .type = PULL, .disk = "vda" }, "in an active block job");
        decide(world, domain, qemu_block_pivot);
        expect_signal(world, COPY, DOMAIN_BLOCK_JOB_COMPLETED);
        assert_int_equal(domain->live->disks.items[0]->source.index, 3);
        expect_nodes(world, domain, 3);
        expect_backing(world, "next", "/mid");
        /* what is there is not written over */
        expect_refusal(world, domain, &(DomainBlockRequest) { .type = COPY, .disk = "vda", .dest = next },
                       "already exists");

        copy(world, domain, flat, false, false);
        decide(world, domain, qemu_block_abort);
        expect_signal(world, COPY, DOMAIN_BLOCK_JOB_CANCELED);
        expect_nodes(world, domain, 3);
        copy(world, domain, plain, false, false);
        decide(world, domain, qemu_block_pivot);
        expect_nodes(world, domain, 1);

        shell(world, "qemu-img create -q -f qcow2 made 8M");
        copy(world, domain, made, false, true);
        decide(world, domain, qemu_block_pivot);
        expect_nodes(world, domain, 1);
        stop(world, domain);
        expect_content(world, "flat", "qcow2");
        expect_content(world, "plain", "raw");
        expect_content(world, "made", "qcow2");
}

/* The daemon dies while QEMU works, and the next one goes on with it. */
static void former_life(const World *world, void (*live)(World *world))
{
        int ends[2], status;
        char byte;
        pid_t pid;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                World *own = world_new_at(world->dir, world->uid_first);

                world_open(own);
                live(own);
                if (write(ends[1], "x", 1) == 1)
                        for (;;)
                                (void) world_run(own, USEC_PER_SEC);
                _exit(EXIT_FAILURE);
        }
        close(ends[1]);
        assert_int_equal(read(ends[0], &byte, 1), 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        close(ends[0]);
}

static void live_copy(World *world)
{
        Domain *domain = start(world, "");
        _cleanup_(block_dest_freep) BlockDest *to = dest(world, "next", "qcow2");

        begin(world, domain,
              &(DomainBlockRequest) { .type = COPY, .disk = "vda", .dest = to, .shallow = true, .bandwidth = 1 << 20 });
}

static void live_commit(World *world)
{
        Domain *domain = start(world, "");

        begin(world, domain,
              &(DomainBlockRequest) { .type = COMMIT, .disk = "vda", .top = "vda[1]", .bandwidth = 1 << 20 });
}

static Domain *next_life(World *world, DomainBlockJobType type)
{
        Domain *domain;

        world_open(world);
        domain = world_find(world, "web");
        assert_non_null(domain);
        assert_non_null(domain->block_jobs);
        assert_int_equal(domain->block_jobs->type, type);
        return domain;
}

static void test_killed_copy(void **state)
{
        World *world = *state;
        Domain *domain;

        former_life(world, live_copy);
        domain = next_life(world, COPY);
        expect_signal(world, COPY, DOMAIN_BLOCK_JOB_READY);
        decide(world, domain, qemu_block_pivot);
        expect_chain(domain, "next mid low", "next");
        expect_nodes(world, domain, 3);
        stop(world, domain);
        expect_backing(world, "next", "/mid");
        expect_content(world, "next", "qcow2");
}

static void test_killed_commit(void **state)
{
        World *world = *state;
        Domain *domain;

        former_life(world, live_commit);
        domain = next_life(world, COMMIT);
        expect_signal(world, COMMIT, DOMAIN_BLOCK_JOB_COMPLETED);
        expect_chain(domain, "top low", "top");
        expect_nodes(world, domain, 2);
        stop(world, domain);
        expect_backing(world, "top", "/low");
        expect_content(world, "top", "qcow2");
}

static int setup_closed(void **state)
{
        *state = world_new();
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_pull, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_pull_relative, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_commit, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_copy, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_killed_copy, setup_closed, world_teardown),
                cmocka_unit_test_setup_teardown(test_killed_commit, setup_closed, world_teardown),
        };

        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
