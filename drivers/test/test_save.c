/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saved states. The managed ones are kept in memory like everything here; others are real files. */

#include "drivers/test/test_domain.h"

#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"

#define SAVE_FLAGS                                                                                          \
        (DOMAIN_SAVE_BYPASS_CACHE | DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED | DOMAIN_SAVE_RESET_NVRAM)


/* Whether a machine will run: as the flags say, else as it did. */
static bool wants_pause(uint32_t flags, bool was_paused)
{
        if (flags & DOMAIN_SAVE_RUNNING)
                return false;
        return was_paused || (flags & DOMAIN_SAVE_PAUSED);
}

static TestImage *image_of_domain(const TestOperation *op)
{
        return test_image_new(op->def ?: op->domain->live,
                              wants_pause(op->flags, op->domain->state == DOMAIN_PAUSED));
}

static int check_active(TestOperation *op, Error *error)
{
        return domain_check_active(op->domain, error);
}

static int managed_save_check(TestOperation *op, Error *error)
{
        if (!op->domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "cannot do managed save for transient domain");
        return domain_check_active(op->domain, error);
}

static int managed_save_apply(TestOperation *op, Error *error)
{
        test_domain_set_saved(op->domain, image_of_domain(op));
        test_domain_stop(op->domain, DOMAIN_SHUTOFF_SAVED, DOMAIN_EVENT_STOPPED_SAVED);
        return 0;
}

static int save_apply(TestOperation *op, Error *error)
{
        test_domain_stop(op->domain, DOMAIN_SHUTOFF_SAVED, DOMAIN_EVENT_STOPPED_SAVED);
        return 0;
}

int test_domain_save(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo managed = {
                .known_flags = SAVE_FLAGS,
                .check = managed_save_check,
                .apply = managed_save_apply,
                .lasting = true,
        };
        static const TestOperationInfo to_file = {
                .known_flags = SAVE_FLAGS,
                .check = check_active,
                .apply = save_apply,
                .lasting = true,
                .work = test_file_write,
        };
        TestOperation op = { .info = file ? &to_file : &managed, .domain = domain, .def = def, .flags = flags };
        _cleanup_(test_image_freep) TestImage *image = NULL;
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        if (file) {
                image = image_of_domain(&op);
                op.file = test_file_new(file, test_image_format(image));
        }
        return test_operation_run(&op, job, error);
}

static int restore_check(TestOperation *op, Error *error)
{
        return domain_check_inactive(op->domain, error);
}

static int restore_apply(TestOperation *op, Error *error)
{
        _cleanup_(test_image_freep) TestImage *image = NULL;
        bool paused;
        int r;

        if (error_is_set(&op->file->error)) {
                error_copy(error, &op->file->error);
                return -error_info(error->code)->error;
        }
        r = test_image_parse(op->file->text, &image, error);
        if (r < 0)
                return r;
        paused = op->flags & DOMAIN_SAVE_PAUSED || wants_pause(op->flags, image->paused);
        r = test_machine_start(op->domain, op->def, paused, error);
        if (r < 0)
                return r;
        test_domain_started(op->domain, paused, DOMAIN_RUNNING_RESTORED, DOMAIN_EVENT_STARTED_RESTORED);
        return 0;
}

int test_domain_restore(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job,
                        Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = SAVE_FLAGS,
                .check = restore_check,
                .apply = restore_apply,
                .lasting = true,
                .work = test_file_read,
        };
        TestOperation op = {
                .info = &info,
                .domain = domain,
                .def = def,
                .flags = flags,
                .file = test_file_new(file, NULL),
        };

        return test_operation_run(&op, job, error);
}

static void domain_image_release(void *image)
{
        domain_image_free(image);
}

/* Hands over what was read, or why it could not be. */
static int image_read_apply(TestOperation *op, Error *error)
{
        _cleanup_(test_image_freep) TestImage *image = NULL;
        DomainImage *result = g_new0(DomainImage, 1);

        if (error_is_set(&op->file->error))
                error_copy(&result->error, &op->file->error);
        else if (test_image_parse(op->file->text, &image, &result->error) >= 0)
                *result = (DomainImage) { .def = domain_def_ref(image->def), .paused = image->paused };
        job_set_result_object(op->job, result, domain_image_release);
        return 0;
}

int test_image_op_read(Driver *driver, const char *file, Job *job, Error *error)
{
        static const TestOperationInfo info = { .apply = image_read_apply, .work = test_file_read };
        TestOperation op = { .info = &info, .driver = driver, .file = test_file_new(file, NULL) };

        return test_operation_run(&op, job, error);
}

/* The caller has seen what is in the image: it is written as a whole. */
int test_image_op_write(Driver *driver, const char *file, DomainDef *def, uint32_t flags, Job *job,
                        Error *error)
{
        static const TestOperationInfo info = { .known_flags = SAVE_FLAGS, .work = test_file_write };
        TestImage image = { .def = def, .paused = flags & DOMAIN_SAVE_PAUSED };
        TestOperation op = {
                .info = &info,
                .driver = driver,
                .flags = flags,
                .file = test_file_new(file, test_image_format(&image)),
        };

        return test_operation_run(&op, job, error);
}

static int check_saved(TestOperation *op, Error *error)
{
        if (!op->domain->managed_save)
                return error_set(error, ERROR_OPERATION_INVALID, "domain does not have managed save image");
        return 0;
}

static void def_release(void *def)
{
        domain_def_unref(def);
}

static int managed_read_apply(TestOperation *op, Error *error)
{
        job_set_result_object(op->job, domain_def_ref(test_domain_saved(op->domain)->def), def_release);
        return 0;
}

int test_domain_managed_read(Domain *domain, Job *job, Error *error)
{
        static const TestOperationInfo info = { .check = check_saved, .apply = managed_read_apply };
        TestOperation op = { .info = &info, .domain = domain };

        return test_operation_run(&op, job, error);
}

static int managed_write_apply(TestOperation *op, Error *error)
{
        const TestImage *saved = test_domain_saved(op->domain);

        test_domain_set_saved(op->domain,
                              test_image_new(op->def ?: saved->def, wants_pause(op->flags, saved->paused)));
        return 0;
}

int test_domain_managed_write(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = SAVE_FLAGS,
                .check = check_saved,
                .apply = managed_write_apply,
        };
        TestOperation op = { .info = &info, .domain = domain, .def = def, .flags = flags };

        return test_operation_run(&op, job, error);
}

static int managed_remove_apply(TestOperation *op, Error *error)
{
        test_domain_set_saved(op->domain, NULL);
        return 0;
}

int test_domain_managed_remove(Domain *domain, Job *job, Error *error)
{
        static const TestOperationInfo info = { .check = check_saved, .apply = managed_remove_apply };
        TestOperation op = { .info = &info, .domain = domain };

        return test_operation_run(&op, job, error);
}

static int core_dump_apply(TestOperation *op, Error *error)
{
        if (op->flags & DOMAIN_DUMP_CRASH)
                test_domain_stop(op->domain, DOMAIN_SHUTOFF_CRASHED, DOMAIN_EVENT_STOPPED_CRASHED);
        return 0;
}

int test_domain_core_dump(Domain *domain, const char *file, DomainDumpFormat format, uint32_t flags, Job *job,
                          Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = DOMAIN_DUMP_CRASH | DOMAIN_DUMP_LIVE | DOMAIN_DUMP_BYPASS_CACHE |
                               DOMAIN_DUMP_RESET | DOMAIN_DUMP_MEMORY_ONLY,
                .check = check_active,
                .apply = core_dump_apply,
                .lasting = true,
                .work = test_file_write,
        };
        TestOperation op = { .info = &info, .domain = domain, .flags = flags };
        _cleanup_(test_image_freep) TestImage *image = NULL;
        int r = domain_check_active(domain, error);

        if (r >= 0 && format != DOMAIN_DUMP_RAW)
                r = error_set(error, ERROR_OPERATION_UNSUPPORTED,
                              "kdump-compressed format is not supported here");
        if (r < 0)
                return r;
        image = image_of_domain(&(TestOperation) { .domain = domain });
        op.file = test_file_new(file, test_image_format_core(image));
        return test_operation_run(&op, job, error);
}
