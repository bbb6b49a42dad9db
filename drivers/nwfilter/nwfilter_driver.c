/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nwfilter/nwfilter_driver.h"

#include "drivers/nwfilter/nwfilter_private.h"
#include "service/base/log.h"

#define LOG_CATEGORY "nwfilter"

static void nwfilter_install(DriverInfo *info)
{
        info->nwfilter = (NWFilterOps) {
                .define = nwfilter_part_define,
                .undefine = nwfilter_part_undefine,
                .bind = nwfilter_part_bind,
                .rebind = nwfilter_part_rebind,
                .unbind = nwfilter_part_unbind,
        };
}

static int wrong_name(Error *error)
{
        return error_set(error, ERROR_XML_ERROR, "the name in it is not that of the file");
}

static int take_filter(const NamedText *stored, void *userdata, Error *error)
{
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *parsed = NULL, *def = NULL;
        ObjectList *list = userdata;
        NWFilter *filter;
        int r = nwfilter_def_parse(stored->text, stored->size, DEFINITION_PARSE_STORED, NULL, &parsed, error);

        if (r >= 0 && !streq(parsed->name, stored->name))
                r = wrong_name(error);
        if (r >= 0)
                r = nwfilter_def_normalize(parsed, &def, error);
        if (r >= 0)
                r = nwfilter_list_add(list, def, &filter, error);
        if (r < 0)
                return r;
        object_publish(&filter->object);
        return 0;
}

/* The kernel has its rules; whoever takes all tables away, as other firewalls do when they start, gets them back. */
static int take_binding(const NamedText *stored, void *userdata, Error *error)
{
        _cleanup_(nwfilter_binding_def_unrefp) NwfilterBindingDef *def = NULL;
        NwfilterPart *part = userdata;
        _cleanup_(nwfilter_apply_freep) NwfilterApply *apply = NULL;
        _cleanup_error_ Error failure = ERROR_INIT;
        NWFilterBinding *binding;
        int r = nwfilter_binding_def_parse(stored->text, stored->size, DEFINITION_PARSE_STORED, NULL, &def, error);

        if (r >= 0 && !streq(def->port_dev, stored->name))
                r = wrong_name(error);
        if (r >= 0)
                r = nwfilter_binding_list_add(part->driver->lists[OBJECT_NWFILTER_BINDING], def, &binding, error);
        if (r < 0)
                return r;
        object_publish(&binding->object);
        apply = nwfilter_apply_new(part);
        if (nwfilter_apply_add(apply, NULL, def, &failure) < 0) {
                g_autofree char *text = error_message(&failure);

                log_error("the filter of '%s' stays as the kernel has it: %s", def->port_dev, text);
                return 0;
        }
        nwfilter_apply_run_alone(g_steal_pointer(&apply));
        return 0;
}

static Part *nwfilter_part_close(Part *part)
{
        NwfilterPart *own = (NwfilterPart *) part;

        if (!own)
                return NULL;
        named_store_free(own->store);
        g_free(own);
        return NULL;
}

static void close_part(NwfilterPart **part)
{
        if (*part)
                nwfilter_part_close(&(*part)->part);
}

static const char *predefined_dir(const DriverHost *host)
{
        const char *dir = host->setting ? host->setting(host->userdata, nwfilter_part_info.name, "predefined") : NULL;

        return dir ?: PREDEFINED_DIR;
}

static int nwfilter_part_open(Driver *driver, Part **ret, Error *error)
{
        _cleanup_(close_part) NwfilterPart *part = g_new0(NwfilterPart, 1);
        const DriverHost *host = driver->host;
        g_autofree char *config = g_build_filename(host->paths->config, "nwfilter", NULL);
        g_autofree char *run = g_build_filename(host->paths->run, "nwfilter-binding", NULL);
        int r;

        part->part.info = &nwfilter_part_info;
        part->driver = driver;
        r = host->session ? 0 : nwfilter_predefine(host->paths->config, predefined_dir(host), error);
        if (r >= 0)
                r = named_store_open(config, run, "network filter", &part->store, error);
        if (r >= 0)
                r = named_store_load(part->store, take_filter, driver->lists[OBJECT_NWFILTER], error);
        if (r >= 0)
                r = named_store_load_running(part->store, take_binding, part, error);
        if (r < 0)
                return r;
        log_info("%zu network filters loaded", object_list_size(driver->lists[OBJECT_NWFILTER]));
        *ret = &part->part;
        part = NULL;
        return 0;
}

const PartInfo nwfilter_part_info = {
        .name = "nwfilter",
        .kinds = DRIVER_KIND(OBJECT_NWFILTER) | DRIVER_KIND(OBJECT_NWFILTER_BINDING),
        .install = nwfilter_install,
        .open = nwfilter_part_open,
        .close = nwfilter_part_close,
};
