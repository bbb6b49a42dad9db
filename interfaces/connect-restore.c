/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files of saved domains. Which domain one is of stands in it: so it is read first, then polkit is asked about that
 * domain. Why a file could not be read is told only to who may restore domains at all.
 */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/definition.h"
#include "interfaces/support.h"
#include "service/call.h"

typedef struct Image Image;

struct Image {
        char *file;
        uint32_t flags;
        Permission permissions[2];
        DomainDef *given; /* the caller's, or NULL */
        DomainDef *own;   /* in the file */
        bool paused;
        /* What is to be done when the caller may: def is the caller's, normalised, else the file's. */
        int (*then)(Call *call, const Image *image, DomainDef *def, Error *error);
};

static void image_free(void *p)
{
        Image *image = p;

        domain_def_unref(image->given);
        domain_def_unref(image->own);
        g_free(image->file);
        g_free(image);
}

static int check_given(Call *call, Job *normalized, Error *error)
{
        const Image *image = call_data(call);
        DomainDef *def = job_result_object(normalized);
        int r = definition_check_same(image->own, def, error);

        return r < 0 ? r : image->then(call, image, def, error);
}

/* Without a file there is no domain to ask about: the driver stands for it. */
static int fail_for(Call *call, Permission permission, const Error *why, Error *error)
{
        Details details = {};
        int r;

        details_of_driver(&details, call_driver(call));
        r = call_require(call, permission, &details, error);
        if (r <= 0)
                return r;
        error_copy(error, why);
        return -error_info(why->code)->error;
}

static int image_was_read(Call *call, Job *job, Error *error)
{
        const DomainImage *found = job_result_object(job);
        Image *image = call_data(call);
        int r;

        if (!found->def)
                return fail_for(call, image->permissions[0], &found->error, error);
        r = definition_require(call, image->permissions[0], image->permissions[1], found->def, error);
        if (r <= 0)
                return r;
        image->own = domain_def_ref(found->def);
        image->paused = found->paused;
        if (!image->given)
                return image->then(call, image, image->own, error);
        return definition_normalize(call, call_driver(call), g_steal_pointer(&image->given), check_given, error);
}

/*
 * Reads the file and goes on as the template says, whose strings and definition are the caller's (xml may be NULL or
 * "").
 */
static int open_image(Call *call, Driver *driver, const Image *template, const char *xml, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *given = NULL;
        Image *image;
        int r = 0;

        if (!isempty(xml))
                r = domain_def_parse(xml, strlen(xml), 0, NULL, &given, error);
        if (r >= 0 && given)
                r = definition_resolve_uuid(driver, &given, error);
        if (r < 0)
                return r;
        image = g_new(Image, 1);
        *image = *template;
        image->file = g_strdup(template->file);
        image->given = g_steal_pointer(&given);
        call_set_data(call, image, image_free);
        r = call_job_begin(call, "read-image", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, driver->info->save.image_read(driver, image->file, job, error),
                            image_was_read, error);
}

static int run_restore(Call *call, const Image *image, DomainDef *def, Error *error)
{
        Driver *driver = call_driver(call);
        _cleanup_(job_unrefp) Job *job = NULL;
        Domain *domain = domain_list_find_any_uuid(driver->domains, def->uuid);
        int r;

        if (domain && streq(domain->name, def->name))
                r = call_job_begin(call, "restore", &domain->object, 0, &job, error);
        else
                r = definition_begin_new(call, "restore", def, &domain, &job, error);
        if (r <= 0)
                return r;
        r = driver->info->save.restore(domain, image->file, def, image->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

static int check_run_flags(uint32_t flags, uint32_t known, Error *error)
{
        int r = flags_check(flags, known, error);

        if (r < 0)
                return r;
        return flags_check_exclusive(flags, DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED, "running and paused",
                                     error);
}

static int restore(Call *call, Driver *driver, const char *file, const char *xml, uint32_t flags,
                   const char *function, Error *error)
{
        const Image image = {
                .file = (char *) file,
                .flags = flags,
                .permissions = { PERMISSION_DOMAIN_START, PERMISSION_DOMAIN_WRITE },
                .then = run_restore,
        };
        int r = check_run_flags(flags,
                                DOMAIN_SAVE_BYPASS_CACHE | DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED |
                                        DOMAIN_SAVE_RESET_NVRAM, error);

        if (r < 0)
                return r;
        if (!driver_supports(driver, save.restore))
                return error_unsupported(error, function);
        return open_image(call, driver, &image, xml, error);
}

int connect_domain_restore(Call *call, Driver *connect, const ConnectDomainRestoreArgs *args, Error *error)
{
        return restore(call, connect, args->from, args->xml, args->flags, "virDomainRestoreFlags", error);
}

int connect_domain_restore_params(Call *call, Driver *connect, const ConnectDomainRestoreParamsArgs *args,
                                  Error *error)
{
        static const char *const known[] = { "dxml", "file", NULL };
        const char *file = NULL, *xml = NULL;
        int r;

        if ((r = params_check_names(&args->params, known, error)) < 0 ||
            (r = params_get_string(&args->params, "file", &file, error)) < 0 ||
            (r = params_get_string(&args->params, "dxml", &xml, error)) < 0)
                return r;
        if (!file) {
                const Error missing = { .code = ERROR_INVALID_ARG, .detail = (char *) "parameter 'file' is missing" };

                return fail_for(call, PERMISSION_DOMAIN_START, &missing, error);
        }
        return restore(call, connect, file, xml, args->flags, "virDomainRestoreParams", error);
}

static int reply_image_xml(Call *call, const Image *image, DomainDef *def, Error *error)
{
        g_autofree char *xml = domain_def_format(def, DOMAIN_DEF_FORMAT_INACTIVE | image->flags);

        return call_reply(call, "s", xml);
}

int connect_domain_save_image_get_xml_desc(Call *call, Driver *connect,
                                           const ConnectDomainSaveImageGetXMLDescArgs *args, Error *error)
{
        bool secure = args->flags & DOMAIN_DEF_FORMAT_SECURE;
        const Image image = {
                .file = (char *) args->file,
                .flags = args->flags,
                .permissions = { PERMISSION_DOMAIN_WRITE,
                                 secure ? PERMISSION_DOMAIN_READ_SECURE : PERMISSION_DOMAIN_WRITE },
                .then = reply_image_xml,
        };
        int r = flags_check(args->flags, DOMAIN_DEF_FORMAT_SECURE, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, save.image_read))
                return error_unsupported(error, "virDomainSaveImageGetXMLDesc");
        return open_image(call, connect, &image, NULL, error);
}

static int run_write(Call *call, const Image *image, DomainDef *def, Error *error)
{
        Driver *driver = call_driver(call);
        _cleanup_(job_unrefp) Job *job = NULL;
        uint32_t flags = image->flags ?: image->paused ? DOMAIN_SAVE_PAUSED : DOMAIN_SAVE_RUNNING;
        int r;

        r = call_job_begin(call, "write-image", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, driver->info->save.image_write(driver, image->file, def, flags, job, error),
                            NULL, error);
}

int connect_domain_save_image_define_xml(Call *call, Driver *connect,
                                         const ConnectDomainSaveImageDefineXMLArgs *args, Error *error)
{
        const Image image = {
                .file = (char *) args->file,
                .flags = args->flags,
                .permissions = { PERMISSION_DOMAIN_WRITE, PERMISSION_DOMAIN_HIBERNATE },
                .then = run_write,
        };
        int r = check_run_flags(args->flags, DOMAIN_SAVE_RUNNING | DOMAIN_SAVE_PAUSED, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, save.image_write))
                return error_unsupported(error, "virDomainSaveImageDefineXML");
        return open_image(call, connect, &image, args->xml, error);
}
