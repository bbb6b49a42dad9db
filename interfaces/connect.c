/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/connect-contract.h"

#include <limits.h>

#include "interfaces/lookup.h"
#include "interfaces/support.h"
#include "service/build.h"
#include "service/base/log.h"
#include "service/call.h"
#include "service/last_error.h"

/* The interfaces, flags and numbers are those of this version of libvirt. */
#define LIBVIRT_VERSION (UINT64_C(11) * 1000000 + 3 * 1000)

int connect_property_alive(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "b", true);
}

int connect_property_driver(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "s", connect->info->name);
}

int connect_property_encrypted(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "b", false);
}

int connect_property_hostname(sd_bus_message *reply, Driver *connect, Error *error)
{
        char name[HOST_NAME_MAX + 1] = "";

        if (gethostname(name, sizeof(name) - 1) < 0)
                return error_set_errno(error, errno, "cannot get the name of the host");
        return sd_bus_message_append(reply, "s", name);
}

int connect_property_lib_version(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "t", LIBVIRT_VERSION);
}

int connect_property_log_filters(sd_bus_message *reply, Driver *connect, Error *error)
{
        g_autofree char *filters = log_get_filters();

        return sd_bus_message_append_basic(reply, 's', filters);
}

int connect_property_log_filters_set(Call *call, Driver *connect, const ConnectPropertyLogFiltersSetArgs *args,
                                     Error *error)
{
        if (log_set_filters(args->value) < 0)
                return error_set(error, ERROR_INVALID_ARG, "log thresholds '%s' are not like \"info qemu:debug\"",
                                 args->value);
        return call_reply(call, NULL);
}

int connect_get_last_error(Call *call, Driver *connect, Error *error)
{
        const LastError *last = last_error_get(call);

        if (!last)
                return call_reply(call, "(iisisssii)", 0, 0, "", 0, "", "", "", 0, 0);
        return call_reply(call, "(iisisssii)", last->code, last->domain, last->message, LAST_ERROR_LEVEL,
                          last->sentence, last->detail, "", -1, -1);
}

/* For the signals of objects that it has called is all. */
int connect_subscribe(Call *call, Driver *connect, Error *error)
{
        last_error_subscribe(call);
        return call_reply(call, NULL);
}

int connect_property_secure(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "b", true);
}

int connect_property_service_version(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "s", VERSION);
}

int connect_property_type(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "s", connect->info->type);
}

int connect_property_uri(sd_bus_message *reply, Driver *connect, Error *error)
{
        return sd_bus_message_append(reply, "s", driver_uri(connect));
}

int connect_property_version(sd_bus_message *reply, Driver *connect, Error *error)
{
        const ConnectOps *ops = &connect->info->connect;

        return sd_bus_message_append(reply, "t", ops->get_version ? ops->get_version(connect) : UINT64_C(0));
}

int connect_domain_lookup_by_id(Call *call, Driver *connect, const ConnectDomainLookupByIDArgs *args,
                                Error *error)
{
        Domain *domain = args->id > 0 ? domain_list_find_id(connect->domains, (uint32_t) args->id) : NULL;

        if (!domain)
                return error_set(error, ERROR_NO_DOMAIN, "no domain with matching id %d", args->id);
        return call_reply_object(call, &domain->object);
}

int connect_domain_lookup_by_name(Call *call, Driver *connect, const ConnectDomainLookupByNameArgs *args,
                                  Error *error)
{
        return lookup_by_name(call, OBJECT_DOMAIN, args->name, "virDomainLookupByName", error);
}

int connect_domain_lookup_by_uuid(Call *call, Driver *connect, const ConnectDomainLookupByUUIDArgs *args,
                                  Error *error)
{
        return lookup_by_uuid(call, OBJECT_DOMAIN, args->uuid, error);
}

int connect_get_capabilities(Call *call, Driver *connect, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!driver_supports(connect, connect.get_capabilities))
                return error_unsupported(error, "virConnectGetCapabilities");
        r = call_job_begin(call, "get-capabilities", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->connect.get_capabilities(connect, job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}

/* libvirt's wire has no null: "" stands for it. */
static const char *empty_to_null(const char *s)
{
        return *s ? s : NULL;
}

int connect_get_domain_capabilities(Call *call, Driver *connect,
                                    const ConnectGetDomainCapabilitiesArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = flags_check(args->flags, 0, error);
        if (r < 0)
                return r;
        if (!driver_supports(connect, connect.get_domain_capabilities))
                return error_unsupported(error, "virConnectGetDomainCapabilities");
        r = call_job_begin(call, "get-domain-capabilities", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->connect.get_domain_capabilities(
                connect, empty_to_null(args->emulatorbin), empty_to_null(args->arch),
                empty_to_null(args->machine), empty_to_null(args->virttype), job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}

int connect_get_max_vcpus(Call *call, Driver *connect, const ConnectGetMaxVcpusArgs *args, Error *error)
{
        int32_t vcpus;
        int r;

        if (!driver_supports(connect, connect.get_max_vcpus))
                return error_unsupported(error, "virConnectGetMaxVcpus");
        r = connect->info->connect.get_max_vcpus(connect, empty_to_null(args->type), &vcpus, error);
        if (r < 0)
                return r;
        return call_reply(call, "i", vcpus);
}
