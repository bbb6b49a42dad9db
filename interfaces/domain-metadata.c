/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What people and programs note of a domain. */

#include "drivers/model/domain_metadata.h"
#include "interfaces/domain-contract.h"
#include "interfaces/domain-edit.h"

/* "" stands for what is not given, as everywhere on the bus. */
static char *null_if_empty(const char *s)
{
        return isempty(s) ? NULL : g_strdup(s);
}

static int check_type(int32_t type, Error *error)
{
        if (type < DOMAIN_METADATA_DESCRIPTION || type > DOMAIN_METADATA_ELEMENT)
                return error_set(error, ERROR_INVALID_ARG, "unknown metadata type '%" PRId32 "'", type);
        return 0;
}

static char *read_metadata(const DomainDef *def, DomainMetadataType type, const char *uri)
{
        switch (type) {
        case DOMAIN_METADATA_DESCRIPTION:
                return g_strdup(def->description);
        case DOMAIN_METADATA_TITLE:
                return g_strdup(def->title);
        case DOMAIN_METADATA_ELEMENT:
                return metadata_get(def->metadata, uri);
        }
        return NULL;
}

int domain_get_metadata(Call *call, Domain *domain, const DomainGetMetadataArgs *args, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        g_autofree char *text = NULL;
        int r = check_type(args->type, error);

        if (r >= 0 && args->type == DOMAIN_METADATA_ELEMENT && isempty(args->uri))
                r = error_set(error, ERROR_INVALID_ARG, "uri in virDomainGetMetadata must not be NULL");
        if (r >= 0)
                r = get_definition(domain, args->flags, AFFECT_FLAGS, &def, error);
        if (r < 0)
                return r;
        text = read_metadata(def, (DomainMetadataType) args->type, args->uri);
        if (!text)
                return error_set(error, ERROR_NO_DOMAIN_METADATA,
                                 "Requested metadata element is not present");
        return call_reply(call, "s", text);
}

int domain_set_metadata(Call *call, Domain *domain, const DomainSetMetadataArgs *args, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_METADATA, args->flags);
        int r = check_type(args->type, error);

        if (r < 0)
                return r;
        edit->number = (uint64_t) args->type;
        edit->name = null_if_empty(args->uri);
        edit->key = null_if_empty(args->key);
        edit->text = null_if_empty(args->metadata);
        return run_edit(call, domain, edit, AFFECT_FLAGS, error);
}
