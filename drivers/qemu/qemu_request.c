/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_request.h"

#include <fcntl.h>

typedef struct Request {
        Job *job; /* not owned: it owns this */
        Domain *domain;
        char *command;
        JsonObject *arguments;
        char *fd_name; /* of the descriptor, which goes ahead; NULL: it goes with the command */
        int fd;
        uint64_t timeout_usec; /* of the agent */
        bool fixed_timeout;    /* whatever is said for the machine */
        QemuResult result;
        Qmp *qmp; /* set while the monitor's reply is awaited */
        uint64_t number;
        bool agent_asked;
} Request;

static void unwait(Request *request)
{
        QemuGuest *guest = domain_guest(request->domain);

        if (request->qmp)
                qmp_forget(request->qmp, request->number);
        request->qmp = qmp_unref(request->qmp);
        if (request->agent_asked && guest && guest->agent)
                agent_forget(guest->agent, request->number);
        request->agent_asked = false;
}

static void request_free(void *p)
{
        Request *request = p;

        unwait(request);
        if (request->arguments)
                json_object_unref(request->arguments);
        safe_close(request->fd);
        g_free(request->fd_name);
        g_free(request->command);
        domain_unref(request->domain);
        g_free(request);
}

static void finish(Request *request, JsonNode *result, Error *error)
{
        int r = error_is_set(error) ? -EIO : 0;

        if (r >= 0 && request->result)
                r = request->result(request->domain, result, request->job, error);
        job_step_done(request->job, r, error);
}

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Request *request = userdata;

        request->qmp = qmp_unref(request->qmp);
        finish(request, result, error);
}

static int step_monitor(Job *job, void *context, Error *error)
{
        Request *request = context;
        QemuGuest *guest = domain_guest(request->domain);
        int r = domain_check_active(request->domain, error);

        if (r >= 0)
                r = monitor_check(guest, error);
        if (r < 0)
                return r;
        request->qmp = qmp_ref(guest->qmp);
        /* QEMU executes in order: when the first one fails, so does the second */
        if (request->fd_name)
                (void) qmp_execute_fd(guest->qmp, "getfd", qmp_object("s:fdname", request->fd_name, NULL),
                                      TAKE_FD(request->fd), guest->driver->settings.monitor_timeout_usec, NULL,
                                      NULL);
        if (request->fd >= 0)
                request->number = qmp_execute_fd(guest->qmp, request->command, g_steal_pointer(&request->arguments),
                                                 TAKE_FD(request->fd), guest->driver->settings.monitor_timeout_usec,
                                                 on_reply, request);
        else
                request->number = monitor_execute(guest, request->command, g_steal_pointer(&request->arguments),
                                                  on_reply, request);
        return JOB_STEP_WAIT;
}

static void on_agent(JsonNode *result, Error *error, void *userdata)
{
        Request *request = userdata;

        request->agent_asked = false;
        finish(request, result, error);
}

static uint64_t agent_time(const Request *request, const QemuStatus *status)
{
        if (request->fixed_timeout || !status->has_agent_timeout)
                return request->timeout_usec;
        if (status->agent_timeout == GUEST_TIMEOUT_BLOCK)
                return AGENT_TIMEOUT_NONE;
        return (uint64_t) status->agent_timeout * USEC_PER_SEC;
}

static int step_agent(Job *job, void *context, Error *error)
{
        Request *request = context;
        Agent *agent;
        int r = domain_check_active(request->domain, error);

        if (r >= 0)
                r = guest_agent_get(domain_guest(request->domain), &agent, error);
        if (r < 0)
                return r;
        request->agent_asked = true;
        request->number = agent_execute(agent, request->command, g_steal_pointer(&request->arguments),
                                        agent_time(request, &domain_guest(request->domain)->status), on_agent,
                                        request);
        return JOB_STEP_WAIT;
}

static void cancel(Job *job, void *context)
{
        unwait(context);
}

static const JobStep monitor_steps[] = {
        { .name = "monitor", .start = step_monitor, .cancel = cancel },
        {},
};

static const JobStep agent_steps[] = {
        { .name = "agent", .start = step_agent, .cancel = cancel },
        {},
};

static Request *request_new(Domain *domain, const char *command, JsonObject *arguments, QemuResult result,
                            Job *job)
{
        Request *request = g_new(Request, 1);

        *request = (Request) {
                .job = job,
                .domain = domain_ref(domain),
                .command = g_strdup(command),
                .arguments = arguments,
                .fd = -EBADF,
                .result = result,
        };
        return request;
}

int qemu_monitor_request(Domain *domain, const char *command, JsonObject *arguments, QemuResult result, Job *job,
                         Error *error)
{
        return job_run(job, monitor_steps, request_new(domain, command, arguments, result, job), request_free,
                       error);
}

static int run_with_fd(Request *request, int fd, Error *error)
{
        request->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (request->fd < 0) {
                request_free(request);
                return error_set_errno(error, errno, "cannot copy a file descriptor");
        }
        return job_run(request->job, monitor_steps, request, request_free, error);
}

int qemu_monitor_request_fd(Domain *domain, const char *name, int fd, const char *command,
                            JsonObject *arguments, Job *job, Error *error)
{
        Request *request = request_new(domain, command, arguments, NULL, job);

        request->fd_name = g_strdup(name);
        return run_with_fd(request, fd, error);
}

int qemu_monitor_request_with_fd(Domain *domain, const char *command, JsonObject *arguments, int fd, QemuResult result,
                                 Job *job, Error *error)
{
        return run_with_fd(request_new(domain, command, arguments, result, job), fd, error);
}

static int run_agent(Request *request, uint64_t timeout_usec, bool fixed, Error *error)
{
        request->timeout_usec = timeout_usec;
        request->fixed_timeout = fixed;
        return job_run(request->job, agent_steps, request, request_free, error);
}

int qemu_agent_request(Domain *domain, const char *command, JsonObject *arguments, uint64_t usual_usec,
                       QemuResult result, Job *job, Error *error)
{
        return run_agent(request_new(domain, command, arguments, result, job), usual_usec, false, error);
}

int qemu_agent_request_within(Domain *domain, const char *command, JsonObject *arguments, uint64_t timeout_usec,
                              QemuResult result, Job *job, Error *error)
{
        return run_agent(request_new(domain, command, arguments, result, job), timeout_usec, true, error);
}

int qemu_bad_answer(Error *error, const char *command)
{
        return error_set(error, ERROR_OPERATION_FAILED, "the answer to '%s' does not have the form it should",
                         command);
}

static void free_params(gpointer params)
{
        params_free(params);
}

static void free_records(gpointer records)
{
        g_ptr_array_unref(records);
}

Params *qemu_result_params(Job *job)
{
        Params *params = params_new();

        job_set_result_object(job, params, free_params);
        return params;
}

GPtrArray *qemu_result_records(Job *job)
{
        GPtrArray *records = records_new();

        job_set_result_object(job, records, free_records);
        return records;
}
