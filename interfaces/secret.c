/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/secret-contract.h"

#include "interfaces/support.h"
#include "service/call.h"

int secret_property_uuid(sd_bus_message *reply, Secret *secret, Error *error)
{
        return sd_bus_message_append(reply, "s", secret->uuid);
}

int secret_property_usage_id(sd_bus_message *reply, Secret *secret, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(secret->def->usage_id));
}

int secret_property_usage_type(sd_bus_message *reply, Secret *secret, Error *error)
{
        return sd_bus_message_append(reply, "i", (int32_t) secret->def->usage);
}

int secret_property_description(sd_bus_message *reply, Secret *secret, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(secret->def->description));
}

int secret_property_ephemeral(sd_bus_message *reply, Secret *secret, Error *error)
{
        return sd_bus_message_append(reply, "b", secret->def->ephemeral == TRISTATE_YES);
}

int secret_property_private(sd_bus_message *reply, Secret *secret, Error *error)
{
        return sd_bus_message_append(reply, "b", secret->def->private == TRISTATE_YES);
}

int secret_property_has_value(sd_bus_message *reply, Secret *secret, Error *error)
{
        return sd_bus_message_append(reply, "b", secret->value != NULL);
}

int secret_get_xml_desc(Call *call, Secret *secret, const SecretGetXMLDescArgs *args, Error *error)
{
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        xml = secret_def_format(secret->def, 0);
        return call_reply(call, "s", xml);
}

int secret_get_value(Call *call, Secret *secret, const SecretGetValueArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const void *data;
        size_t size;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (secret->def->private == TRISTATE_YES)
                return error_set(error, ERROR_INVALID_SECRET, "secret is private");
        if (!secret->value)
                return error_set(error, ERROR_NO_SECRET, "secret '%s' does not have a value", secret->uuid);
        data = g_bytes_get_data(secret->value, &size);
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_sensitive(reply);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', data, size);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int secret_set_value(Call *call, Secret *secret, const SecretSetValueArgs *args, Error *error)
{
        const SecretOps *ops = &secret->object.driver->info->secret;
        _cleanup_(job_unrefp) Job *job = NULL;
        g_autoptr(GBytes) value = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops->set_value)
                return error_unsupported(error, "virSecretSetValue");
        if (args->value.n > SECRET_VALUE_MAX)
                return error_set(error, ERROR_INVALID_ARG, "a value of %zu bytes is longer than %u", args->value.n,
                                 SECRET_VALUE_MAX);
        r = call_job_begin(call, "set-value", &secret->object, 0, &job, error);
        if (r <= 0)
                return r;
        value = secret_value_new(args->value.items, args->value.n);
        r = ops->set_value(secret, value, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int secret_undefine(Call *call, Secret *secret, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        const SecretOps *ops = &secret->object.driver->info->secret;
        int r;

        if (!ops->undefine)
                return error_unsupported(error, "virSecretUndefine");
        r = call_job_begin(call, "undefine", &secret->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = ops->undefine(secret, job, error);
        return call_job_end(call, job, r, NULL, error);
}
