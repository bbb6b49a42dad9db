/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_private.h"

#include "drivers/model/backup_def.h"
#include "drivers/model/domain_job.h"
#include "drivers/model/moment.h"
#include "service/base/log.h"

#include <string.h>

#define LOG_CATEGORY "domain"

static void describe(const Object *object, Details *details)
{
        details_add(details, "domain_name", object->name);
        details_add(details, "domain_uuid", object->key);
}

void domain_describe_def(const DomainDef *def, Details *details)
{
        details_add(details, "domain_name", strempty(def->name));
        details_add(details, "domain_uuid", strempty(def->uuid));
}

static void domain_free(Object *object);

static const ObjectClass domain_class = {
        .type = OBJECT_DOMAIN,
        .free = domain_free,
        .describe = describe,
        .changed_job = DOMAIN_CHANGED_JOB,
};

Domain *domain_new(const char *name, const char *uuid)
{
        Domain *domain = g_new(Domain, 1);

        *domain = (Domain) {
                .object = { .class = &domain_class, .type = OBJECT_DOMAIN, .n_ref = 1 },
                .name = g_strdup(name),
                .state = DOMAIN_SHUTOFF,
                .reason = DOMAIN_SHUTOFF_UNKNOWN,
                .responsive = true,
        };
        g_assert(strlen(uuid) == sizeof(domain->uuid) - 1);
        memcpy(domain->uuid, uuid, sizeof(domain->uuid));
        domain->object.key = domain->uuid;
        domain->object.name = domain->name;
        return domain;
}

/* Words that thousands of domains share are kept once, and only as long as one of them lives. */
static const char *word_new(const char *s)
{
        return s ? g_ref_string_new_intern(s) : NULL;
}

static void word_free(const char *s)
{
        if (s)
                g_ref_string_release((char *) s);
}

static void summary_clear(DomainSummary *summary)
{
        g_free(summary->title);
        g_free(summary->description);
        word_free(summary->virt_type);
        word_free(summary->os_type);
        word_free(summary->arch);
        word_free(summary->machine);
        *summary = (DomainSummary) {};
}

static void summary_init(DomainSummary *summary, const DomainDef *def)
{
        uint64_t memory = def_get(def, memory, 0);
        uint32_t vcpus = def_get(def, vcpus, 1);

        *summary = (DomainSummary) {
                .title = g_strdup(def->title),
                .description = g_strdup(def->description),
                .virt_type = word_new(domain_virt_to_string(def->type)),
                .os_type = word_new(def->os.type),
                .arch = word_new(def->os.arch),
                .machine = word_new(def->os.machine),
                .memory_max = memory,
                .memory = def_get(def, current_memory, memory),
                .vcpus_max = vcpus,
                .vcpus = def_get(def, vcpus_current, vcpus),
        };
}

/* Returns the bits of what is different. Words are interned, so that their addresses tell. */
static uint64_t summary_compare(const DomainSummary *a, const DomainSummary *b)
{
        uint64_t mask = 0;

        if (!streq_ptr(a->title, b->title) || !streq_ptr(a->description, b->description) ||
            a->virt_type != b->virt_type || a->os_type != b->os_type || a->arch != b->arch ||
            a->machine != b->machine || a->memory_max != b->memory_max || a->vcpus_max != b->vcpus_max ||
            a->vcpus != b->vcpus)
                mask |= DOMAIN_CHANGED_CONFIG;
        if (a->memory != b->memory)
                mask |= DOMAIN_CHANGED_MEMORY;
        return mask;
}

/* What the definition says, but for the balloon of a running machine. Returns the bits of what changed. */
static uint64_t domain_summarize(Domain *domain, const DomainDef *def, bool keep_memory)
{
        DomainSummary summary;
        uint64_t mask;

        summary_init(&summary, def);
        if (keep_memory)
                summary.memory = domain->summary.memory;
        mask = summary_compare(&domain->summary, &summary);
        summary_clear(&domain->summary);
        domain->summary = summary;
        return mask;
}

static void domain_free(Object *object)
{
        Domain *domain = (Domain *) object;

        g_assert(!domain->background.job && !domain->block_jobs);
        moment_forget_all(domain);
        domain_forget_last_job(domain);
        backup_def_free(domain->backup);
        if (domain->private && domain->private_free)
                domain->private_free(domain->private);
        summary_clear(&domain->summary);
        domain_def_unref(domain->live);
        g_strfreev(domain->unserved);
        g_free(domain->config);
        g_free(domain->name);
        g_free(domain);
}

Domain *domain_ref(Domain *domain)
{
        return object_ref(domain);
}

Domain *domain_unref(Domain *domain)
{
        return object_unref(domain);
}

void domain_changed(Domain *domain, uint64_t mask)
{
        object_changed(&domain->object, mask);
}

void domain_emit(Domain *domain, DomainSignal signal, const void *args)
{
        object_emit(&domain->object, signal, args);
}

void domain_emit_event(Domain *domain, DomainEvent event, int detail)
{
        DomainEventArgs args = { .event = event, .detail = detail };

        if (event == DOMAIN_EVENT_NONE)
                return;
        log_domain(LOG_DEBUG, domain->name, domain->uuid, "%s (%s)", domain_event_to_string(event),
                   domain_event_detail_to_string(event, detail));
        domain_emit(domain, DOMAIN_SIGNAL_EVENT, &args);
}

/* What comes with the state: an inactive domain has no number, no machine, and nothing to wait for. */
static uint64_t domain_enter_state(Domain *domain)
{
        uint64_t mask = 0;

        if (domain->state != DOMAIN_SHUTOFF) {
                g_assert(domain->id != 0);
                if (domain->started_usec == 0)
                        domain->started_usec = (uint64_t) g_get_real_time();
                return 0;
        }
        domain_list_index_id(domain, 0);
        domain->started_usec = 0;
        if (domain->updated)
                mask |= DOMAIN_CHANGED_CONFIG;
        domain->updated = false;
        if (!domain->responsive)
                mask |= DOMAIN_CHANGED_RESPONSIVE;
        domain->responsive = true;
        if (domain->unserved)
                mask |= DOMAIN_CHANGED_UNSERVED;
        g_clear_pointer(&domain->unserved, g_strfreev);
        return mask;
}

void domain_set_state(Domain *domain, DomainState state, int reason, DomainEvent event, int detail)
{
        DomainState old = domain->state;
        int old_reason = domain->reason;
        uint32_t old_id = domain->id;
        uint64_t mask;

        domain->state = state;
        domain->reason = reason;
        mask = domain_enter_state(domain);
        if (state != old || reason != old_reason || domain->id != old_id) {
                log_domain(LOG_DEBUG, domain->name, domain->uuid, "%s (%s) -> %s (%s)",
                           domain_state_to_string(old), domain_reason_to_string(old, old_reason),
                           domain_state_to_string(state), domain_reason_to_string(state, reason));
                mask |= DOMAIN_CHANGED_STATE;
        }
        domain_changed(domain, mask);
        /* a transient domain keeps the only definition it has until it is removed */
        if (state == DOMAIN_SHUTOFF && domain->config)
                domain_set_live(domain, NULL);
        domain_emit_event(domain, event, detail);
}

void domain_set_config(Domain *domain, const DomainDef *def)
{
        domain_take_config(domain, def, def ? domain_def_pack(def) : NULL);
}

void domain_take_config(Domain *domain, const DomainDef *def, DomainPacked *packed)
{
        bool was_persistent = domain->persistent;
        uint64_t mask = def || was_persistent ? DOMAIN_CHANGED_CONFIG : 0;

        g_free(domain->config);
        domain->config = packed;
        domain->persistent = def != NULL;
        if (domain->persistent != was_persistent)
                mask |= DOMAIN_CHANGED_PERSISTENT;
        if (!def && (domain->autostart || domain->autostart_once)) {
                domain->autostart = domain->autostart_once = false;
                mask |= DOMAIN_CHANGED_AUTOSTART;
        }
        if (def && !domain->live)
                mask |= domain_summarize(domain, def, false);
        domain_changed(domain, mask);
}

void domain_repack_config(Domain *domain, DomainPacked *packed)
{
        g_free(domain->config);
        domain->config = packed;
}

DomainDef *domain_get_config(const Domain *domain)
{
        return domain->config ? domain_def_unpack(domain->config) : NULL;
}

char *domain_get_config_xml(const Domain *domain)
{
        return domain->config ? domain_packed_format(domain->config) : NULL;
}

void domain_set_live(Domain *domain, const DomainDef *def)
{
        _cleanup_(domain_def_unrefp) DomainDef *old = g_steal_pointer(&domain->live);
        _cleanup_(domain_def_unrefp) DomainDef *config = NULL;
        uint64_t mask = 0;

        if (!def && !old)
                return;
        if (def) {
                domain->live = domain_def_ref(def);
                mask = domain_summarize(domain, def, old != NULL);
        } else if ((config = domain_get_config(domain)))
                mask = domain_summarize(domain, config, false);
        domain_changed(domain, mask | DOMAIN_CHANGED_LIVE);
}

DomainDef *domain_get_current(const Domain *domain)
{
        return domain->live ? domain_def_ref(domain->live) : domain_get_config(domain);
}

void domain_set_autostart(Domain *domain, bool autostart)
{
        if (domain->autostart == autostart)
                return;
        domain->autostart = autostart;
        domain_changed(domain, DOMAIN_CHANGED_AUTOSTART);
}

void domain_set_autostart_once(Domain *domain, bool autostart)
{
        if (domain->autostart_once == autostart)
                return;
        domain->autostart_once = autostart;
        domain_changed(domain, DOMAIN_CHANGED_AUTOSTART);
}

void domain_set_responsive(Domain *domain, bool responsive)
{
        if (domain->responsive == responsive)
                return;
        domain->responsive = responsive;
        domain_changed(domain, DOMAIN_CHANGED_RESPONSIVE);
}

void domain_set_unserved(Domain *domain, const char *const *aliases)
{
        static const char *const none[] = { NULL };

        if (g_strv_equal((const char *const *) domain->unserved ?: none, aliases))
                return;
        g_strfreev(domain->unserved);
        domain->unserved = *aliases ? g_strdupv((char **) aliases) : NULL;
        domain_changed(domain, DOMAIN_CHANGED_UNSERVED);
}

void domain_set_balloon(Domain *domain, uint64_t kib)
{
        if (domain->summary.memory == kib)
                return;
        domain->summary.memory = kib;
        domain_changed(domain, DOMAIN_CHANGED_MEMORY);
}

void domain_set_managed_save(Domain *domain, bool managed_save)
{
        if (domain->managed_save == managed_save)
                return;
        domain->managed_save = managed_save;
        domain_changed(domain, DOMAIN_CHANGED_MANAGED_SAVE);
}

int domain_check_active(const Domain *domain, Error *error)
{
        if (!domain_is_active(domain))
                return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
        return 0;
}

int domain_check_inactive(const Domain *domain, Error *error)
{
        if (domain_is_active(domain))
                return error_set(error, ERROR_OPERATION_INVALID, "domain is already running");
        return 0;
}
