/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Secrets of a driver: looked up, listed and defined. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/lookup.h"
#include "interfaces/support.h"

/* virConnectListAllSecretsFlags */
enum {
        LIST_EPHEMERAL = 1 << 0,
        LIST_NO_EPHEMERAL = 1 << 1,
        LIST_PRIVATE = 1 << 2,
        LIST_NO_PRIVATE = 1 << 3,
};

static const uint32_t list_groups[] = {
        LIST_EPHEMERAL | LIST_NO_EPHEMERAL,
        LIST_PRIVATE | LIST_NO_PRIVATE,
};

/* virSecretDefineFlags */
enum {
        SECRET_DEFINE_VALIDATE = 1 << 0,
};

static uint32_t secret_facts(const Object *object)
{
        const SecretDef *def = ((const Secret *) object)->def;

        return (def->ephemeral == TRISTATE_YES ? LIST_EPHEMERAL : LIST_NO_EPHEMERAL) |
               (def->private == TRISTATE_YES ? LIST_PRIVATE : LIST_NO_PRIVATE);
}

static const ListInfo secrets_info = {
        .type = OBJECT_SECRET,
        .function = "virConnectListAllSecrets",
        .groups = list_groups,
        .n_groups = ELEMENTSOF(list_groups),
        .facts = secret_facts,
};

int connect_list_secrets(Call *call, Driver *connect, const ConnectListSecretsArgs *args, Error *error)
{
        return list_reply_paths(call, &secrets_info, args->flags, NULL, error);
}

int connect_list_secrets_detailed(Call *call, Driver *connect, const ConnectListSecretsDetailedArgs *args,
                                  Error *error)
{
        return list_reply_details(call, &secrets_info, &args->options, NULL, error);
}

int connect_secret_lookup_by_uuid(Call *call, Driver *connect, const ConnectSecretLookupByUUIDArgs *args,
                                  Error *error)
{
        return lookup_by_uuid(call, OBJECT_SECRET, args->uuid, error);
}

int connect_secret_lookup_by_usage(Call *call, Driver *connect, const ConnectSecretLookupByUsageArgs *args,
                                   Error *error)
{
        const ObjectList *list = connect->lists[OBJECT_SECRET];
        const Secret *secret;

        if (!list)
                return error_unsupported(error, "virSecretLookupByUsage");
        secret = secret_list_find_usage(list, (SecretUsage) args->usage_type, args->usage_id);
        if (!secret)
                return error_set(error, ERROR_NO_SECRET, "no secret with matching usage '%s'", args->usage_id);
        return call_reply_object(call, &secret->object);
}

static int reply_secret(Call *call, Job *job, Error *error)
{
        return call_reply_object(call, job_object(job));
}

/* A definition without UUID means the secret of its usage, or a new one. */
static SecretDef *resolve_uuid(const Driver *driver, SecretDef *def)
{
        const Secret *same_usage;
        char uuid[37];

        if (def->uuid)
                return secret_def_ref(def);
        same_usage = secret_list_find_usage(driver->lists[OBJECT_SECRET], def->usage, def->usage_id);
        if (same_usage)
                return secret_def_with_uuid(def, same_usage->uuid);
        uuid_new(uuid);
        return secret_def_with_uuid(def, uuid);
}

static int begin(Call *call, const Driver *driver, const SecretDef *def, Secret **ret, Job **ret_job, Error *error)
{
        ObjectList *list = driver->lists[OBJECT_SECRET];
        Secret *secret = object_list_find_any(list, def->uuid);
        bool is_new = !secret;
        int r;

        if (is_new)
                r = secret_list_add(list, def, &secret, error);
        else
                r = secret_list_check(list, def, secret, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "define", &secret->object, 0, ret_job, error);
        if (r <= 0 && is_new)
                object_remove(&secret->object);
        *ret = secret;
        return r;
}

int connect_secret_define_xml(Call *call, Driver *connect, const ConnectSecretDefineXMLArgs *args, Error *error)
{
        _cleanup_(secret_def_unrefp) SecretDef *parsed = NULL, *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        Details details = {};
        Secret *secret = NULL;
        int r = flags_check(args->flags, SECRET_DEFINE_VALIDATE, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, secret.define))
                return error_unsupported(error, "virSecretDefineXML");
        r = secret_def_parse(args->xml, strlen(args->xml),
                             args->flags & SECRET_DEFINE_VALIDATE ? DEFINITION_PARSE_VALIDATE : 0, NULL, &parsed,
                             error);
        if (r < 0)
                return r;
        details_of_driver(&details, connect);
        secret_def_describe(parsed, &details);
        if ((r = call_require(call, PERMISSION_SECRET_WRITE, &details, error)) <= 0 ||
            (r = call_require(call, PERMISSION_SECRET_SAVE, &details, error)) <= 0)
                return r;
        def = resolve_uuid(connect, parsed);
        r = begin(call, connect, def, &secret, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->secret.define(secret, def, job, error);
        return call_job_end(call, job, r, reply_secret, error);
}
