/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a guest does and tells by its agent: clock, file systems, users, addresses. */

#include "drivers/model/cpuset.h"
#include "interfaces/domain-contract.h"
#include "interfaces/domain-cpus.h"
#include "interfaces/domain-operation.h"
#include "interfaces/support.h"

int domain_get_hostname(Call *call, Domain *domain, const DomainGetHostnameArgs *args, Error *error)
{
        static const Operation op = { "get-hostname", "virDomainGetHostname",
                                      DOMAIN_HOSTNAME_LEASE | DOMAIN_HOSTNAME_AGENT, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = flags_check_exclusive(args->flags, DOMAIN_HOSTNAME_LEASE | DOMAIN_HOSTNAME_AGENT,
                                  "lease and agent", error);
        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->get_hostname, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->get_hostname(domain, args->flags, job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}

static int reply_time(Call *call, Job *job, Error *error)
{
        const Params *time = job_result_object(job);

        return call_reply(call, "(tu)", record_u64(time, "seconds"), record_u32(time, "nseconds"));
}

int domain_get_time(Call *call, Domain *domain, const DomainGetTimeArgs *args, Error *error)
{
        static const Operation op = { "get-time", "virDomainGetTime", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, guest_ops(domain)->get_time, args->flags, &job, error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, guest_ops(domain)->get_time(domain, job, error), reply_time, error);
}

int domain_set_time(Call *call, Domain *domain, const DomainSetTimeArgs *args, Error *error)
{
        static const Operation op = { "set-time", "virDomainSetTime", DOMAIN_TIME_SYNC, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (args->nseconds >= NSEC_PER_SEC)
                return error_set(error, ERROR_INVALID_ARG, "nseconds must be less than %u",
                                 (unsigned) NSEC_PER_SEC);
        if ((args->flags & DOMAIN_TIME_SYNC) && (args->seconds > 0 || args->nseconds > 0))
                return error_set(error, ERROR_INVALID_ARG, "the time must be 0 when it is to be synchronized");
        r = begin_operation(call, domain, &op, guest_ops(domain)->set_time, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->set_time(domain, args->seconds, args->nseconds, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int domain_get_guest_info(Call *call, Domain *domain, const DomainGetGuestInfoArgs *args, Error *error)
{
        static const Operation op = { "get-guest-info", "virDomainGetGuestInfo", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (args->types & ~(uint32_t) GUEST_INFO_ALL)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "unsupported guest information types '0x%x'",
                                 args->types & ~(uint32_t) GUEST_INFO_ALL);
        r = begin_operation(call, domain, &op, guest_ops(domain)->get_info, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->get_info(domain, args->types ?: GUEST_INFO_ALL, job, error);
        return call_job_end(call, job, r, reply_result_params, error);
}

static int append_filesystem(sd_bus_message *m, const Params *record)
{
        static const char *const none[] = { NULL };
        const Param *disks = params_find(record, "disks");
        int r = sd_bus_message_open_container(m, 'r', "sssas");

        if (r >= 0)
                r = sd_bus_message_append(m, "sss", record_string(record, "mountpoint"),
                                          record_string(record, "name"), record_string(record, "fstype"));
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **) (disks ? disks->strv : none));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int reply_filesystems(Call *call, Job *job, Error *error)
{
        return reply_record_structs(call, job_result_object(job), "(sssas)", append_filesystem, error);
}

static int get_filesystems(Call *call, Domain *domain, uint32_t flags, CallJobReply reply, Error *error)
{
        static const Operation op = { "get-filesystems", "virDomainGetFSInfo", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, guest_ops(domain)->get_filesystems, flags, &job, error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, guest_ops(domain)->get_filesystems(domain, job, error), reply, error);
}

int domain_get_fs_info(Call *call, Domain *domain, const DomainGetFSInfoArgs *args, Error *error)
{
        return get_filesystems(call, domain, args->flags, reply_filesystems, error);
}

int domain_list_filesystems(Call *call, Domain *domain, const DomainListFilesystemsArgs *args, Error *error)
{
        return get_filesystems(call, domain, args->flags, reply_result_records, error);
}

int domain_fs_freeze(Call *call, Domain *domain, const DomainFSFreezeArgs *args, Error *error)
{
        static const Operation op = { "freeze-fs", "virDomainFSFreeze", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, guest_ops(domain)->freeze, args->flags, &job, error);

        if (r <= 0)
                return r;
        r = guest_ops(domain)->freeze(domain, args->mountpoints, job, error);
        return call_job_end(call, job, r, reply_result_count, error);
}

int domain_fs_thaw(Call *call, Domain *domain, const DomainFSThawArgs *args, Error *error)
{
        static const Operation op = { "thaw-fs", "virDomainFSThaw", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, guest_ops(domain)->thaw, args->flags, &job, error);

        if (r <= 0)
                return r;
        r = guest_ops(domain)->thaw(domain, args->mountpoints, job, error);
        return call_job_end(call, job, r, reply_result_count, error);
}

int domain_fs_trim(Call *call, Domain *domain, const DomainFSTrimArgs *args, Error *error)
{
        static const Operation op = { "trim-fs", "virDomainFSTrim", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, guest_ops(domain)->trim, args->flags, &job, error);

        if (r <= 0)
                return r;
        r = guest_ops(domain)->trim(domain, null_if_empty(args->mountpoint), args->minimum, job, error);
        return call_job_end(call, job, r, NULL, error);
}

static int check_user(const char *user, Error *error)
{
        return isempty(user) ? error_set(error, ERROR_INVALID_ARG, "the name of the user must not be empty") : 0;
}

int domain_set_user_password(Call *call, Domain *domain, const DomainSetUserPasswordArgs *args, Error *error)
{
        static const Operation op = { "set-password", "virDomainSetUserPassword", DOMAIN_PASSWORD_ENCRYPTED,
                                      0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = check_user(args->user, error);

        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->set_password, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->set_password(domain, args->user, args->password, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

static int reply_keys(Call *call, Job *job, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const Param *keys = params_find(job_result_object(job), "keys");
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_append_strv(reply, (char **) keys->strv);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int domain_authorized_ssh_keys_get(Call *call, Domain *domain, const DomainAuthorizedSSHKeysGetArgs *args,
                                   Error *error)
{
        static const Operation op = { "get-ssh-keys", "virDomainAuthorizedSSHKeysGet", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = check_user(args->user, error);

        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->get_ssh_keys, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->get_ssh_keys(domain, args->user, job, error);
        return call_job_end(call, job, r, reply_keys, error);
}

int domain_authorized_ssh_keys_set(Call *call, Domain *domain, const DomainAuthorizedSSHKeysSetArgs *args,
                                   Error *error)
{
        static const uint32_t how = DOMAIN_SSH_KEYS_APPEND | DOMAIN_SSH_KEYS_REMOVE;
        static const Operation op = { "set-ssh-keys", "virDomainAuthorizedSSHKeysSet", how, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = check_user(args->user, error);

        if (r >= 0)
                r = flags_check_exclusive(args->flags, how, "append and remove", error);
        if (r >= 0 && (args->flags & how) && !args->keys[0])
                r = error_set(error, ERROR_INVALID_ARG, "there are no keys to add or to remove");
        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->set_ssh_keys, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->set_ssh_keys(domain, args->user, args->keys, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int domain_get_guest_vcpus(Call *call, Domain *domain, const DomainGetGuestVcpusArgs *args, Error *error)
{
        static const Operation op = { "get-guest-vcpus", "virDomainGetGuestVcpus", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, guest_ops(domain)->get_vcpus, args->flags, &job, error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, guest_ops(domain)->get_vcpus(domain, job, error), reply_result_params,
                            error);
}

int domain_set_guest_vcpus(Call *call, Domain *domain, const DomainSetGuestVcpusArgs *args, Error *error)
{
        static const Operation op = { "set-guest-vcpus", "virDomainSetGuestVcpus", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        g_autofree char *cpuset = NULL;
        int r = cpuset_from_bools(&args->vcpumap, "vcpumap", &cpuset, error);

        if (r < 0)
                return r;
        if (args->state != 0 && args->state != 1)
                return error_set(error, ERROR_INVALID_ARG, "state is 0 or 1, not %" PRId32, args->state);
        r = begin_operation(call, domain, &op, guest_ops(domain)->set_vcpus, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->set_vcpus(domain, cpuset, args->state != 0, job, error);
        return call_job_end(call, job, r, NULL, error);
}

/* One interface: as many records as stand together under its name. */
static int append_interface(sd_bus_message *m, const GPtrArray *records, guint *i)
{
        const Params *first = records->pdata[*i];
        const char *name = record_string(first, "name");
        int r = sd_bus_message_open_container(m, 'r', "ssa(isu)");

        if (r >= 0)
                r = sd_bus_message_append(m, "ss", name, record_string(first, "hwaddr"));
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "(isu)");
        for (; r >= 0 && *i < records->len; (*i)++) {
                const Params *record = records->pdata[*i];

                if (!streq(record_string(record, "name"), name))
                        break;
                if (params_find(record, "addr"))
                        r = sd_bus_message_append(m, "(isu)", record_i32(record, "type"),
                                                  record_string(record, "addr"),
                                                  record_u32(record, "prefix"));
        }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int reply_addresses(Call *call, Job *job, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const GPtrArray *records = job_result_object(job);
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(ssa(isu))");
        for (guint i = 0; r >= 0 && i < records->len;)
                r = append_interface(reply, records, &i);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int domain_interface_addresses(Call *call, Domain *domain, const DomainInterfaceAddressesArgs *args,
                               Error *error)
{
        static const Operation op = { "get-addresses", "virDomainInterfaceAddresses", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        Details details = {};
        int r = 1;

        if (args->source == DOMAIN_ADDRESSES_AGENT) {
                details_of_object(&details, &domain->object);
                r = call_require(call, PERMISSION_DOMAIN_WRITE, &details, error);
        }
        if (r > 0 && args->source >= _DOMAIN_ADDRESSES_MAX)
                r = error_set(error, ERROR_ARGUMENT_UNSUPPORTED, "Unknown IP address data source %" PRIu32,
                              args->source);
        if (r > 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->get_addresses, args->flags, &job,
                                    error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->get_addresses(domain, (DomainAddressSource) args->source, job, error);
        return call_job_end(call, job, r, reply_addresses, error);
}

static int check_timeout(int32_t timeout, Error *error)
{
        if (timeout < -2)
                return error_set(error, ERROR_INVALID_ARG,
                                 "guest agent timeout '%" PRId32 "' is less than the minimum '-2'", timeout);
        return 0;
}

int domain_qemu_agent_command(Call *call, Domain *domain, const DomainQemuAgentCommandArgs *args,
                              Error *error)
{
        static const Operation op = { "agent-command", "virDomainQemuAgentCommand", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = check_timeout(args->timeout, error);

        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->agent_command, args->flags, &job,
                                    error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->agent_command(domain, args->cmd, args->timeout, job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}

int domain_agent_set_response_timeout(Call *call, Domain *domain,
                                      const DomainAgentSetResponseTimeoutArgs *args, Error *error)
{
        static const Operation op = { "set-agent-timeout", "virDomainAgentSetResponseTimeout", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = check_timeout(args->timeout, error);

        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->set_agent_timeout, args->flags, &job,
                                    error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->set_agent_timeout(domain, args->timeout, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int domain_pm_suspend_for_duration(Call *call, Domain *domain, const DomainPMSuspendForDurationArgs *args,
                                   Error *error)
{
        static const Operation op = { "pm-suspend", "virDomainPMSuspendForDuration", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (args->target > 2)
                return error_set(error, ERROR_INVALID_ARG, "Unknown suspend target: %" PRIu32, args->target);
        if (args->duration > 0)
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED,
                                 "Duration not supported. Use 0 for now");
        r = begin_operation(call, domain, &op, guest_ops(domain)->suspend, args->flags, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, guest_ops(domain)->suspend(domain, args->target, job, error), NULL,
                            error);
}

int domain_pm_wakeup(Call *call, Domain *domain, const DomainPMWakeupArgs *args, Error *error)
{
        static const Operation op = { "pm-wakeup", "virDomainPMWakeup", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, guest_ops(domain)->wakeup, args->flags, &job, error);

        if (r <= 0)
                return r;
        if (domain->state != DOMAIN_PMSUSPENDED)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "Unable to wake up domain: it is not suspended by the guest");
        return call_job_end(call, job, guest_ops(domain)->wakeup(domain, job, error), NULL, error);
}

int domain_send_process_signal(Call *call, Domain *domain, const DomainSendProcessSignalArgs *args,
                               Error *error)
{
        static const Operation op = { "send-signal", "virDomainSendProcessSignal", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (args->sig_num > 64)
                return error_set(error, ERROR_INVALID_ARG, "signum value %" PRIu32 " is out of range",
                                 args->sig_num);
        r = begin_operation(call, domain, &op, guest_ops(domain)->send_signal, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = guest_ops(domain)->send_signal(domain, args->pid_value, args->sig_num, job, error);
        return call_job_end(call, job, r, NULL, error);
}
