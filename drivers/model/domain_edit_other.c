/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"
#include "drivers/model/domain_metadata.h"

#include <string.h>

/* Performance events, what happens on which end, and what people write about a domain. */

static int set_perf(DomainDef *def, const Param *param, Error *error)
{
        DomainPerfEvent *event = NULL;

        if (!g_strv_contains(domain_perf_events, param->name))
                return error_set(error, ERROR_INVALID_ARG, "parameter '%s' not supported", param->name);
        if (param->type != PARAM_BOOLEAN)
                return error_set(error, ERROR_INVALID_ARG,
                                 "invalid type '%c' for parameter '%s', expected 'b'", (char) param->type,
                                 param->name);
        DEF_FOREACH(known, def->perf_events)
                if (streq(known->name, param->name))
                        event = known;
        if (!event) {
                event = domain_def_new(def, DomainPerfEvent);
                event->name = domain_def_strdup(def, param->name);
                domain_def_append(def, &def->perf_events, event);
        }
        event->enabled = tristate(param->b);
        return 0;
}

int edit_perf(DomainEditing *editing, Error *error)
{
        const Params *params = &editing->edit->params;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < params->n; i++)
                r = set_perf(editing->def, params->items + i, error);
        return r;
}

int edit_lifecycle(DomainEditing *editing, Error *error)
{
        int action = domain_lifecycle_from_string(editing->edit->text);
        DomainDef *def = editing->def;
        DomainLifecycle *const ends[] = { &def->on_poweroff, &def->on_reboot, &def->on_crash };

        if (editing->edit->number >= ELEMENTSOF(ends))
                return error_set(error, ERROR_INVALID_ARG, "Lifecycle event type '%" PRIu64 "' is not known",
                                 editing->edit->number);
        if (action < 0)
                return error_set(error, ERROR_INVALID_ARG, "unknown lifecycle action '%s'",
                                 editing->edit->text);
        if (action >= DOMAIN_LIFECYCLE_COREDUMP_DESTROY && ends[editing->edit->number] != &def->on_crash)
                return error_set(error, ERROR_INVALID_ARG,
                                 "Action '%s' is supported only for the crash lifecycle event",
                                 editing->edit->text);
        *ends[editing->edit->number] = (DomainLifecycle) action;
        return 0;
}

int edit_metadata(DomainEditing *editing, Error *error)
{
        const DomainEdit *edit = editing->edit;
        DomainDef *def = editing->def;
        g_autofree char *metadata = NULL;
        int r;

        switch ((DomainMetadataType) edit->number) {
        case DOMAIN_METADATA_DESCRIPTION:
                def->description = domain_def_strdup(def, edit->text);
                return 0;
        case DOMAIN_METADATA_TITLE:
                if (edit->text && strchr(edit->text, '\n'))
                        return error_set(error, ERROR_INVALID_ARG, "metadata title can't contain newlines");
                def->title = domain_def_strdup(def, edit->text);
                return 0;
        case DOMAIN_METADATA_ELEMENT:
                r = metadata_set(def->metadata, edit->key, edit->name, edit->text, &metadata, error);
                if (r >= 0)
                        def->metadata = domain_def_strdup(def, metadata);
                return r;
        }
        return error_set(error, ERROR_INVALID_ARG, "unknown metadata type '%" PRIu64 "'", edit->number);
}
