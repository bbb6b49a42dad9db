/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_nwfilter.h"

#include "drivers/model/domain_network.h"
#include "drivers/qemu/qemu_guest.h"
#include "drivers/qemu/qemu_place.h"
#include "service/base/log.h"

#define LOG_CATEGORY "qemu"

struct QemuNwfilter {
        QemuDriver *driver;
        DomainDef *live;
        char *alias;   /* NULL: all */
        uint32_t next; /* the interface */
        bool cancelled;
        QemuNwfilterDone done; /* NULL: nobody is told */
        void *userdata;
};

static void release(gpointer binding)
{
        object_unref(binding);
}

static int new_job(QemuDriver *driver, const char *kind, NWFilterBinding *binding, Job **ret, Error *error)
{
        int r = job_new(driver->host->jobs, kind, &binding->object.slot, NULL, ret, error);

        if (r >= 0)
                job_set_object(*ret, object_ref(binding), release);
        return r;
}

static NWFilterBinding *find_binding(const QemuDriver *driver, const DomainDef *live, const DomainInterface *nic)
{
        const ObjectList *list = driver->driver.lists[OBJECT_NWFILTER_BINDING];
        NWFilterBinding *binding = list && nic->target ? object_list_find(list, nic->target) : NULL;

        return binding && streq(binding->def->owner_uuid, live->uuid) ? binding : NULL;
}

static void drop(QemuDriver *driver, NWFilterBinding *binding)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        int r = new_job(driver, "delete", binding, &job, &error);

        if (r >= 0)
                r = driver->driver.info->nwfilter.unbind(binding, job, &error);
        if (r < 0) {
                g_autofree char *text = error_message(&error);

                log_warning("the filter of '%s' stays: %s", binding->def->port_dev, text);
        }
}

static bool is_wanted(const DomainInterface *nic, const char *alias)
{
        return nic->target && (!alias || streq_ptr(alias, nic->info.alias));
}

static bool has_filter(const DomainInterface *nic)
{
        return nic->rare && nic->rare->filter;
}

static bool is_bridged(const char *name)
{
        g_autofree char *path = g_strdup_printf("/sys/class/net/%s/brport", name);

        return access(path, F_OK) == 0;
}

static int check(const QemuNwfilter *filters, const DomainInterface *nic, Error *error)
{
        g_autofree char *place = qemu_place(filters->live, nic, "filterref");

        if (!filters->driver->driver.info->nwfilter.bind)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: there is no driver of network filters", place);
        if (!is_bridged(nic->target))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: '%s' is no port of a bridge, where packets are filtered", place, nic->target);
        return 0;
}

/* Returns 1 when the job goes on. */
static int bind_one(QemuNwfilter *filters, const DomainInterface *nic, Job **ret_job, Error *error)
{
        _cleanup_(nwfilter_binding_def_unrefp) NwfilterBindingDef *def = NULL;
        QemuDriver *driver = filters->driver;
        const NWFilterOps *ops = &driver->driver.info->nwfilter;
        NWFilterBinding *binding = find_binding(driver, filters->live, nic);
        bool is_new = !binding;
        int r = check(filters, nic, error);

        if (r >= 0)
                r = domain_network_binding(filters->live->name, filters->live->uuid, nic, &def, error);
        if (r >= 0 && binding && nwfilter_binding_def_equal(binding->def, def))
                return 0;
        if (r >= 0 && is_new)
                r = nwfilter_binding_list_add(driver->driver.lists[OBJECT_NWFILTER_BINDING], def, &binding, error);
        if (r >= 0)
                r = new_job(driver, "bind", binding, ret_job, error);
        if (r < 0) {
                if (is_new && binding)
                        object_remove((Object *) binding);
                return r;
        }
        return is_new ? ops->bind(binding, *ret_job, error) : ops->rebind(binding, def, *ret_job, error);
}

static void filters_free(QemuNwfilter *filters)
{
        domain_def_unref(filters->live);
        g_free(filters->alias);
        g_free(filters);
}

static bool has_target(const DomainDef *def, const char *target)
{
        DEF_FOREACH(nic, def->interfaces)
                if (streq_ptr(nic->target, target))
                        return true;
        return false;
}

static bool is_stale(const QemuDriver *driver, const NWFilterBinding *binding)
{
        const Domain *domain = domain_list_find_any_uuid(driver->driver.domains, binding->def->owner_uuid);

        /* of others we know nothing */
        return domain && (!domain->live || !has_target(domain->live, binding->def->port_dev));
}

static void finish(QemuNwfilter *filters, Error *error)
{
        QemuNwfilterDone done = filters->done;
        void *userdata = filters->userdata;

        if (!done && error_is_set(error)) {
                g_autofree char *text = error_message(error);

                log_error("a card of domain '%s' is not filtered: %s", filters->live->name, text);
        }
        filters_free(filters);
        if (done)
                done(userdata, error);
}

static void drop_one(QemuNwfilter *filters)
{
        const DomainInterface *nic = filters->live->interfaces.items[filters->next - 1];
        NWFilterBinding *binding = find_binding(filters->driver, filters->live, nic);

        if (binding && is_stale(filters->driver, binding))
                drop(filters->driver, binding);
}

static int go_on(QemuNwfilter *filters, Error *error);

static void on_bound(Job *job, Error *error, void *userdata)
{
        QemuNwfilter *filters = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;
        int r = error ? -EIO : 0;

        if (error)
                error_copy(&failure, error);
        else if (!filters->cancelled)
                r = go_on(filters, &failure);
        /* whoever gave it up could not take away what was being made */
        if (filters->cancelled)
                drop_one(filters);
        if (r <= 0 || filters->cancelled)
                finish(filters, &failure);
}

/* Returns 0 when all is as it should be, 1 when something is waited for. */
static int go_on(QemuNwfilter *filters, Error *error)
{
        while (filters->next < filters->live->interfaces.n) {
                const DomainInterface *nic = filters->live->interfaces.items[filters->next++];
                NWFilterBinding *binding = find_binding(filters->driver, filters->live, nic);
                _cleanup_(job_unrefp) Job *job = NULL;
                int r = 0;

                if (!is_wanted(nic, filters->alias))
                        continue;
                if (has_filter(nic))
                        r = bind_one(filters, nic, &job, error);
                else if (binding)
                        drop(filters->driver, binding);
                if (r > 0)
                        job_on_completed(job, on_bound, filters);
                if (r != 0)
                        return r;
        }
        return 0;
}

int qemu_nwfilter_follow(QemuDriver *driver, const DomainDef *live, const char *alias, QemuNwfilterDone done,
                         void *userdata, QemuNwfilter **ret, Error *error)
{
        QemuNwfilter *filters = g_new0(QemuNwfilter, 1);
        int r;

        filters->driver = driver;
        filters->live = domain_def_ref(live);
        filters->alias = g_strdup(alias);
        filters->done = done;
        filters->userdata = userdata;
        r = go_on(filters, error);
        if (r <= 0)
                filters_free(filters);
        else if (ret)
                *ret = filters;
        return r;
}

QemuNwfilter *qemu_nwfilter_cancel(QemuNwfilter *filters)
{
        /* the job that goes on ends as it would */
        if (filters) {
                filters->done = NULL;
                filters->cancelled = true;
        }
        return NULL;
}

void qemu_nwfilter_unbind(QemuDriver *driver, const DomainDef *live, const char *alias)
{
        DEF_FOREACH(nic, live->interfaces) {
                NWFilterBinding *binding = is_wanted(nic, alias) ? find_binding(driver, live, nic) : NULL;

                if (binding)
                        drop(driver, binding);
        }
}

static void follow_alone(QemuDriver *driver, const DomainDef *live)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (qemu_nwfilter_follow(driver, live, NULL, NULL, NULL, NULL, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_error("a card of domain '%s' is not filtered: %s", live->name, text);
        }
}

void qemu_nwfilter_return(QemuDriver *driver, const DomainDef *from, const DomainDef *to, const char *alias)
{
        DEF_FOREACH(nic, from->interfaces)
                if (is_wanted(nic, alias) && !has_target(to, nic->target))
                        qemu_nwfilter_unbind(driver, from, nic->info.alias);
        if (!alias)
                follow_alone(driver, to);
}

/* Bindings that no running machine of ours has go. */
static void drop_stale(QemuDriver *driver)
{
        const ObjectList *list = driver->driver.lists[OBJECT_NWFILTER_BINDING];

        for (size_t i = list ? object_list_size(list) : 0; i-- > 0;) {
                NWFilterBinding *binding = object_list_get(list, i);

                if (is_stale(driver, binding))
                        drop(driver, binding);
        }
}

void qemu_nwfilter_sweep(QemuDriver *driver)
{
        drop_stale(driver);
        for (size_t i = 0; i < domain_list_size(driver->driver.domains); i++) {
                const Domain *domain = domain_list_get(driver->driver.domains, i);

                if (domain->live)
                        follow_alone(driver, domain->live);
        }
}
