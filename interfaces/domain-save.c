/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Saving a domain, dumping it, taking a picture of it. */

#include "interfaces/domain-contract.h"

#include <string.h>

#include "interfaces/definition.h"
#include "interfaces/support.h"
#include "service/call.h"

#define SAVE_FLAGS                                                                                          \
        (DOMAIN_SAVE_BYPASS_CACHE | DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED | DOMAIN_SAVE_RESET_NVRAM)

static const DomainSaveOps *ops(const Domain *domain)
{
        return &domain->object.driver->info->save;
}

/* What a call wants that has to wait for its definition to be normalised. */
typedef struct Wanted {
        Domain *domain;
        char *file; /* NULL: the managed save */
        uint32_t flags;
        DomainDef *def; /* normalised */
} Wanted;

static void wanted_free(void *p)
{
        Wanted *wanted = p;

        domain_unref(wanted->domain);
        domain_def_unref(wanted->def);
        g_free(wanted->file);
        g_free(wanted);
}

static int check_flags(uint32_t flags, uint32_t known, Error *error)
{
        int r = flags_check(flags, known, error);

        if (r < 0)
                return r;
        return flags_check_exclusive(flags, DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED, "running and paused",
                                     error);
}

static int run_save(Call *call, Domain *domain, const char *file, DomainDef *def, uint32_t flags,
                    Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = call_job_begin(call, file ? "save" : "managed-save", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->save(domain, file, def, flags, job, error), NULL, error);
}

static int save_normalized(Call *call, Job *normalized, Error *error)
{
        const Wanted *wanted = call_data(call);
        DomainDef *def = job_result_object(normalized);
        int r = domain_check_active(wanted->domain, error);

        if (r >= 0)
                r = definition_check_same(wanted->domain->live, def, error);
        if (r < 0)
                return r;
        return run_save(call, wanted->domain, wanted->file, def, wanted->flags, error);
}

/* Has the caller's definition normalised, and remembers what is wanted of it. */
static int normalize(Call *call, Domain *domain, const char *file, const char *xml, uint32_t flags,
                     CallJobReply then, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Wanted *wanted;
        int r;

        r = domain_def_parse(xml, strlen(xml), 0, NULL, &def, error);
        if (r >= 0)
                r = definition_resolve_uuid(domain->object.driver, &def, error);
        if (r < 0)
                return r;
        wanted = g_new(Wanted, 1);
        *wanted = (Wanted) { .domain = domain_ref(domain), .file = g_strdup(file), .flags = flags };
        call_set_data(call, wanted, wanted_free);
        return definition_normalize(call, domain->object.driver, g_steal_pointer(&def), then, error);
}

static int save(Call *call, Domain *domain, const char *file, const char *xml, uint32_t flags,
                const char *function, Error *error)
{
        int r = check_flags(flags, SAVE_FLAGS, error);

        if (r < 0)
                return r;
        if (!ops(domain)->save)
                return error_unsupported(error, function);
        if (!isempty(xml))
                return normalize(call, domain, file, xml, flags, save_normalized, error);
        return run_save(call, domain, file, NULL, flags, error);
}

int domain_save(Call *call, Domain *domain, const DomainSaveArgs *args, Error *error)
{
        return save(call, domain, args->to, args->xml, args->flags, "virDomainSaveFlags", error);
}

int domain_save_params(Call *call, Domain *domain, const DomainSaveParamsArgs *args, Error *error)
{
        static const char *const known[] = { "dxml", "file", NULL };
        const char *file = NULL, *xml = NULL;
        int r;

        if ((r = params_check_names(&args->params, known, error)) < 0 ||
            (r = params_get_string(&args->params, "file", &file, error)) < 0 ||
            (r = params_get_string(&args->params, "dxml", &xml, error)) < 0 ||
            (r = domain_check_active(domain, error)) < 0)
                return r;
        return save(call, domain, file, xml, args->flags, "virDomainSaveParams", error);
}

int domain_managed_save(Call *call, Domain *domain, const DomainManagedSaveArgs *args, Error *error)
{
        return save(call, domain, NULL, NULL, args->flags, "virDomainManagedSave", error);
}

int domain_has_managed_save_image(Call *call, Domain *domain, const DomainHasManagedSaveImageArgs *args,
                                  Error *error)
{
        int r = flags_check(args->flags, 0, error);

        return r < 0 ? r : call_reply(call, "b", domain->managed_save);
}

static int check_managed(const Domain *domain, Error *error)
{
        if (!domain->managed_save)
                return error_set(error, ERROR_OPERATION_INVALID, "domain does not have managed save image");
        return 0;
}

int domain_managed_save_remove(Call *call, Domain *domain, const DomainManagedSaveRemoveArgs *args,
                               Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(domain)->managed_remove)
                return error_unsupported(error, "virDomainManagedSaveRemove");
        r = check_managed(domain, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "managed-save-remove", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->managed_remove(domain, job, error), NULL, error);
}

/* Goes on with then(), whose job has the definition in the managed save. */
static int read_managed(Call *call, Domain *domain, CallJobReply then, const char *function, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(domain)->managed_read)
                return error_unsupported(error, function);
        r = check_managed(domain, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "managed-save-read", &domain->object, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->managed_read(domain, job, error), then, error);
}

static int reply_managed(Call *call, Job *job, Error *error)
{
        DomainDefFormatFlags flags = GPOINTER_TO_UINT(call_data(call));
        g_autofree char *xml = domain_def_format(job_result_object(job), DOMAIN_DEF_FORMAT_INACTIVE | flags);

        return call_reply(call, "s", xml);
}

int domain_managed_save_get_xml_desc(Call *call, Domain *domain, const DomainManagedSaveGetXMLDescArgs *args,
                                     Error *error)
{
        int r = flags_check(args->flags, DOMAIN_DEF_FORMAT_SECURE, error);

        if (r < 0)
                return r;
        call_set_data(call, GUINT_TO_POINTER(args->flags), NULL);
        return read_managed(call, domain, reply_managed, "virDomainManagedSaveGetXMLDesc", error);
}

static int managed_was_read(Call *call, Job *read, Error *error)
{
        const Wanted *wanted = call_data(call);
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = definition_check_same(job_result_object(read), wanted->def, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "managed-save-define", &wanted->domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = ops(wanted->domain)->managed_write(wanted->domain, wanted->def, wanted->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

static int managed_normalized(Call *call, Job *normalized, Error *error)
{
        Wanted *wanted = call_data(call);

        wanted->def = domain_def_ref(job_result_object(normalized));
        return read_managed(call, wanted->domain, managed_was_read, "virDomainManagedSaveDefineXML", error);
}

int domain_managed_save_define_xml(Call *call, Domain *domain, const DomainManagedSaveDefineXMLArgs *args,
                                   Error *error)
{
        int r = check_flags(args->flags, DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED, error);

        if (r < 0)
                return r;
        if (!ops(domain)->managed_write)
                return error_unsupported(error, "virDomainManagedSaveDefineXML");
        r = check_managed(domain, error);
        if (r < 0)
                return r;
        return normalize(call, domain, NULL, args->xml, args->flags, managed_normalized, error);
}

int domain_core_dump(Call *call, Domain *domain, const DomainCoreDumpArgs *args, Error *error)
{
        const uint32_t known = DOMAIN_DUMP_CRASH | DOMAIN_DUMP_LIVE | DOMAIN_DUMP_BYPASS_CACHE |
                               DOMAIN_DUMP_RESET | DOMAIN_DUMP_MEMORY_ONLY;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = flags_check(args->flags, known, error);
        if (r >= 0)
                r = flags_check_exclusive(args->flags, DOMAIN_DUMP_CRASH | DOMAIN_DUMP_LIVE, "crash and live", error);
        if (r >= 0)
                r = flags_check_exclusive(args->flags, DOMAIN_DUMP_CRASH | DOMAIN_DUMP_RESET, "crash and reset",
                                          error);
        if (r < 0)
                return r;
        if (args->dumpformat >= _DOMAIN_DUMP_MAX)
                return error_set(error, ERROR_INVALID_ARG, "dumpformat '%" PRIu32 "' is not supported",
                                 args->dumpformat);
        if (!ops(domain)->core_dump)
                return error_unsupported(error, "virDomainCoreDumpWithFormat");
        r = call_job_begin(call, "core-dump", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = ops(domain)->core_dump(domain, args->to, (DomainDumpFormat) args->dumpformat, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

static int reply_screenshot(Call *call, Job *job, Error *error)
{
        return call_reply(call, "sh", job_result_text(job), job_result_fd(job));
}

int domain_screenshot(Call *call, Domain *domain, const DomainScreenshotArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(domain)->screenshot)
                return error_unsupported(error, "virDomainScreenshot");
        r = call_job_begin(call, "screenshot", &domain->object, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->screenshot(domain, args->screen, job, error),
                            reply_screenshot, error);
}
