/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is done to a machine that runs: keys, interrupts, its displays, its memory, its disks. */

#include "drivers/model/domain_find.h"
#include "interfaces/domain-contract.h"
#include "interfaces/domain-operation.h"
#include "interfaces/support.h"

#include <fcntl.h>
#include <sys/socket.h>

/* virDomainBlockResizeFlags */
enum {
        BLOCK_RESIZE_BYTES = 1 << 0,
        BLOCK_RESIZE_CAPACITY = 1 << 1,
};

/* That go with a command of the monitor. */
#define MONITOR_FDS_MAX 32u

int domain_send_key(Call *call, Domain *domain, const DomainSendKeyArgs *args, Error *error)
{
        static const Operation op = { "send-key", "virDomainSendKey", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (args->codeset >= _DOMAIN_KEYCODES_MAX)
                return error_set(error, ERROR_INVALID_ARG, "codeset %" PRIu32 " is not known", args->codeset);
        if (args->keycodes.n == 0 || args->keycodes.n > DOMAIN_KEYS_MAX)
                return error_set(error, ERROR_INVALID_ARG, "nkeycodes in virDomainSendKey must be 1 to %u",
                                 DOMAIN_KEYS_MAX);
        r = begin_operation(call, domain, &op, machine_ops(domain)->send_key, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = machine_ops(domain)->send_key(domain, (DomainKeycodeSet) args->codeset, args->holdtime,
                                          args->keycodes.items, args->keycodes.n, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int domain_inject_nmi(Call *call, Domain *domain, const DomainInjectNMIArgs *args, Error *error)
{
        static const Operation op = { "inject-nmi", "virDomainInjectNMI", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, machine_ops(domain)->inject_nmi, args->flags, &job, error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, machine_ops(domain)->inject_nmi(domain, job, error), NULL, error);
}

static int open_graphics(Call *call, Domain *domain, uint32_t index, int fd, uint32_t flags, CallJobReply reply,
                         int *client, Error *error)
{
        static const Operation op = { "open-graphics", "virDomainOpenGraphics", DOMAIN_GRAPHICS_SKIPAUTH, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, machine_ops(domain)->open_graphics, flags, &job, error);

        if (r <= 0)
                return r;
        if (index >= domain->live->graphics.n)
                return error_set(error, ERROR_INTERNAL, "No graphics backend with index %" PRIu32, index);
        r = machine_ops(domain)->open_graphics(domain, index, fd, flags, job, error);
        if (client && r >= 0)
                job_set_result_fd(job, TAKE_FD(*client));
        return call_job_end(call, job, r, reply, error);
}

static int check_stream(int fd, Error *error)
{
        int type;
        socklen_t size = sizeof(type);

        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM)
                return error_set(error, ERROR_INVALID_ARG, "the file descriptor is no stream socket");
        return 0;
}

int domain_open_graphics(Call *call, Domain *domain, const DomainOpenGraphicsArgs *args, Error *error)
{
        int r = check_stream(args->fd, error);

        return r < 0 ? r : open_graphics(call, domain, args->idx, args->fd, args->flags, NULL, NULL, error);
}

int domain_open_graphics_fd(Call *call, Domain *domain, const DomainOpenGraphicsFDArgs *args, Error *error)
{
        _cleanup_close_ int client = -1, display = -1;
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                return error_set_errno(error, errno, "cannot make a socket pair");
        client = fds[0];
        display = fds[1];
        return open_graphics(call, domain, args->idx, display, args->flags, call_job_reply_fd, &client, error);
}

static int check_peek(uint64_t size, Error *error)
{
        if (size > DOMAIN_PEEK_MAX)
                return error_set(error, ERROR_INVALID_ARG, "size must be at most %u", DOMAIN_PEEK_MAX);
        return 0;
}

int domain_memory_peek(Call *call, Domain *domain, const DomainMemoryPeekArgs *args, Error *error)
{
        static const uint32_t kinds = DOMAIN_MEMORY_VIRTUAL | DOMAIN_MEMORY_PHYSICAL;
        static const Operation op = { "peek-memory", "virDomainMemoryPeek", kinds, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = check_peek(args->size, error);

        if (r >= 0 && (args->flags & kinds) != DOMAIN_MEMORY_VIRTUAL &&
            (args->flags & kinds) != DOMAIN_MEMORY_PHYSICAL)
                r = error_set(error, ERROR_INVALID_ARG, "flags parameter must be VIR_MEMORY_VIRTUAL or "
                                                        "VIR_MEMORY_PHYSICAL");
        if (r >= 0)
                r = begin_operation(call, domain, &op, machine_ops(domain)->peek_memory, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = machine_ops(domain)->peek_memory(domain, args->offset, (size_t) args->size, args->flags, job, error);
        return call_job_end(call, job, r, reply_result_bytes, error);
}

static int check_disk(const Domain *domain, const char *disk, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_get_current(domain);

        if (!domain_find_disk(def, disk))
                return error_set(error, ERROR_INVALID_ARG, "invalid path %s not assigned to domain", disk);
        return 0;
}

int domain_block_peek(Call *call, Domain *domain, const DomainBlockPeekArgs *args, Error *error)
{
        static const Operation op = { "peek-disk", "virDomainBlockPeek", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = check_peek(args->size, error);

        if (r >= 0)
                r = begin_operation(call, domain, &op, machine_ops(domain)->peek_block, args->flags, &job, error);
        if (r > 0 && check_disk(domain, args->disk, error) < 0)
                return -EINVAL;
        if (r <= 0)
                return r;
        r = machine_ops(domain)->peek_block(domain, args->disk, args->offset, (size_t) args->size, job, error);
        return call_job_end(call, job, r, reply_result_bytes, error);
}

static int resize_bytes(const DomainBlockResizeArgs *args, uint64_t *ret, Error *error)
{
        if (args->flags & BLOCK_RESIZE_CAPACITY) {
                if (args->size > 0)
                        return error_set(error, ERROR_INVALID_ARG,
                                         "size must be 0 to take the capacity of the device");
                *ret = 0;
                return 0;
        }
        if (args->flags & BLOCK_RESIZE_BYTES)
                *ret = args->size;
        else if (__builtin_mul_overflow(args->size, UINT64_C(1024), ret))
                return error_set(error, ERROR_OVERFLOW, "size must be less than %" PRIu64, UINT64_MAX / 1024);
        if (*ret == 0)
                return error_set(error, ERROR_INVALID_ARG, "the size of a disk must not be 0");
        return 0;
}

int domain_block_resize(Call *call, Domain *domain, const DomainBlockResizeArgs *args, Error *error)
{
        static const Operation op = { "resize-disk", "virDomainBlockResize",
                                      BLOCK_RESIZE_BYTES | BLOCK_RESIZE_CAPACITY, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        uint64_t bytes = 0;
        int r;

        r = begin_operation(call, domain, &op, machine_ops(domain)->resize_block, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = resize_bytes(args, &bytes, error);
        if (r >= 0)
                r = check_disk(domain, args->disk, error);
        if (r < 0)
                return r;
        r = machine_ops(domain)->resize_block(domain, args->disk, bytes, job, error);
        return call_job_end(call, job, r, NULL, error);
}

static int append_disk_error(sd_bus_message *m, const Params *record)
{
        return sd_bus_message_append(m, "(si)", record_string(record, "disk"), record_i32(record, "error"));
}

static int reply_disk_errors(Call *call, Job *job, Error *error)
{
        return reply_record_structs(call, job_result_object(job), "(si)", append_disk_error, error);
}

int domain_get_disk_errors(Call *call, Domain *domain, const DomainGetDiskErrorsArgs *args, Error *error)
{
        static const Operation op = { "get-disk-errors", "virDomainGetDiskErrors", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, machine_ops(domain)->get_disk_errors, args->flags, &job, error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, machine_ops(domain)->get_disk_errors(domain, job, error),
                            reply_disk_errors, error);
}

static int reply_block_info(Call *call, Job *job, Error *error)
{
        const Params *info = job_result_object(job);

        return call_reply(call, "(ttt)", record_u64(info, "capacity"), record_u64(info, "allocation"),
                          record_u64(info, "physical"));
}

int domain_get_block_info(Call *call, Domain *domain, const DomainGetBlockInfoArgs *args, Error *error)
{
        static const Operation op = { "get-block-info", "virDomainGetBlockInfo", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, machine_ops(domain)->get_block_info, args->flags, &job, error);

        if (r > 0 && check_disk(domain, args->disk, error) < 0)
                return -EINVAL;
        if (r <= 0)
                return r;
        return call_job_end(call, job, machine_ops(domain)->get_block_info(domain, args->disk, job, error),
                            reply_block_info, error);
}

static int append_label(sd_bus_message *m, const Params *record)
{
        const Param *enforcing = params_find(record, "enforcing");

        return sd_bus_message_append(m, "(sb)", record_string(record, "label"), enforcing && enforcing->b);
}

int domain_get_security_label_list(Call *call, Domain *domain, Error *error)
{
        g_autoptr(GPtrArray) labels = records_new();

        if (!machine_ops(domain)->get_security_labels)
                return error_unsupported(error, "virDomainGetSecurityLabelList");
        if (domain_is_active(domain))
                machine_ops(domain)->get_security_labels(domain, labels);
        return reply_record_structs(call, labels, "(sb)", append_label, error);
}

int domain_get_launch_security_info(Call *call, Domain *domain, const DomainGetLaunchSecurityInfoArgs *args,
                                    Error *error)
{
        static const Operation op = { "get-launch-security", "virDomainGetLaunchSecurityInfo", 0,
                                      CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, machine_ops(domain)->get_launch_security, args->flags, &job,
                                error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, machine_ops(domain)->get_launch_security(domain, job, error),
                            reply_result_params, error);
}

int domain_set_launch_security_state(Call *call, Domain *domain, const DomainSetLaunchSecurityStateArgs *args,
                                     Error *error)
{
        static const Operation op = { "set-launch-security", "virDomainSetLaunchSecurityState", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, machine_ops(domain)->set_launch_security, args->flags, &job,
                                error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, machine_ops(domain)->set_launch_security(domain, &args->params, job, error),
                            NULL, error);
}

int domain_start_dirty_rate_calc(Call *call, Domain *domain, const DomainStartDirtyRateCalcArgs *args,
                                 Error *error)
{
        static const Operation op = { "measure-dirty-rate", "virDomainStartDirtyRateCalc", 3, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (args->seconds < 1 || args->seconds > 60)
                return error_set(error, ERROR_INVALID_ARG,
                                 "seconds=%" PRId32 " is invalid, please choose value within [1, 60].",
                                 args->seconds);
        r = flags_check_exclusive(args->flags, 3, "of ways to measure", error);
        if (r >= 0)
                r = begin_operation(call, domain, &op, machine_ops(domain)->measure_dirty_rate, args->flags, &job,
                                    error);
        if (r <= 0)
                return r;
        r = machine_ops(domain)->measure_dirty_rate(domain, (uint32_t) args->seconds, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int domain_graphics_reload(Call *call, Domain *domain, const DomainGraphicsReloadArgs *args, Error *error)
{
        static const Operation op = { "reload-graphics", "virDomainGraphicsReload", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (args->type > 1)
                return error_set(error, ERROR_INVALID_ARG, "unknown type of display %" PRIu32, args->type);
        r = begin_operation(call, domain, &op, machine_ops(domain)->reload_graphics, args->flags, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, machine_ops(domain)->reload_graphics(domain, args->type, job, error), NULL,
                            error);
}

static int monitor_command(Call *call, Domain *domain, const char *command, ArgArray fds, uint32_t flags,
                           CallJobReply reply, Error *error)
{
        static const Operation op = { "monitor-command", "virDomainQemuMonitorCommand", 1, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (fds.n > MONITOR_FDS_MAX)
                return error_set(error, ERROR_INVALID_ARG, "%zu files go with the command, and no more than %u can",
                                 fds.n, MONITOR_FDS_MAX);
        r = begin_operation(call, domain, &op, machine_ops(domain)->monitor_command, flags, &job, error);
        if (r <= 0)
                return r;
        r = machine_ops(domain)->monitor_command(domain, command, flags & 1, fds.items, fds.n, job, error);
        return call_job_end(call, job, r, reply, error);
}

int domain_qemu_monitor_command(Call *call, Domain *domain, const DomainQemuMonitorCommandArgs *args,
                                Error *error)
{
        return monitor_command(call, domain, args->cmd, (ArgArray) {}, args->flags, call_job_reply_text, error);
}

static int reply_text_and_files(Call *call, Job *job, Error *error)
{
        return call_reply(call, "sah", job_result_text(job), 0);
}

int domain_qemu_monitor_command_with_files(Call *call, Domain *domain,
                                           const DomainQemuMonitorCommandWithFilesArgs *args, Error *error)
{
        return monitor_command(call, domain, args->cmd, args->infiles, args->flags, reply_text_and_files, error);
}

int domain_fd_associate(Call *call, Domain *domain, const DomainFDAssociateArgs *args, Error *error)
{
        static const Operation op = { "associate-fds", "virDomainFDAssociate", 7, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (isempty(args->name) || args->fds.n == 0)
                return error_set(error, ERROR_INVALID_ARG, "a group of files needs a name and files");
        r = begin_operation(call, domain, &op, machine_ops(domain)->associate_fds, args->flags, &job, error);
        if (r <= 0)
                return r;
        r = machine_ops(domain)->associate_fds(domain, args->name, args->fds.items, args->fds.n, args->flags, job,
                                               error);
        return call_job_end(call, job, r, NULL, error);
}

int domain_create_with_files(Call *call, Domain *domain, const DomainCreateWithFilesArgs *args, Error *error)
{
        static const Operation op = { "start", "virDomainCreateWithFiles",
                                      DOMAIN_START_PAUSED | DOMAIN_START_AUTODESTROY |
                                              DOMAIN_START_BYPASS_CACHE | DOMAIN_START_FORCE_BOOT |
                                              DOMAIN_START_RESET_NVRAM, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = begin_operation(call, domain, &op, machine_ops(domain)->start_with_files, args->flags, &job,
                                error);

        if (r <= 0)
                return r;
        r = machine_ops(domain)->start_with_files(domain, args->files.items, args->files.n, args->flags, job,
                                                  error);
        return call_job_end(call, job, r, NULL, error);
}
