/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/guest/fault.h"

#include "drivers/qemu/qmp.h"

uint64_t __real_qmp_execute(Qmp *qmp, const char *command, JsonObject *arguments, uint64_t timeout_usec, QmpReply reply,
                            void *userdata);
uint64_t __real_qmp_execute_fd(Qmp *qmp, const char *command, JsonObject *arguments, int fd, uint64_t timeout_usec,
                               QmpReply reply, void *userdata);
uint64_t __wrap_qmp_execute(Qmp *qmp, const char *command, JsonObject *arguments, uint64_t timeout_usec, QmpReply reply,
                            void *userdata);
uint64_t __wrap_qmp_execute_fd(Qmp *qmp, const char *command, JsonObject *arguments, int fd, uint64_t timeout_usec,
                               QmpReply reply, void *userdata);

static struct {
        bool armed, questions;
        unsigned left;
        char name[64];
} fault;

void fault_arm(unsigned at, bool questions)
{
        fault.armed = true;
        fault.questions = questions;
        fault.left = at;
}

bool fault_disarm(void)
{
        bool armed = fault.armed;

        fault.armed = false;
        return !armed;
}

const char *fault_name(void)
{
        return fault.name;
}

static bool is_due(const char *command, QmpReply reply)
{
        /* which is never refused: the number is one that QEMU has */
        if (streq(command, "remove-fd"))
                return false;
        if (!fault.armed || !reply || (!fault.questions && g_str_has_prefix(command, "query-")) || fault.left-- > 0)
                return false;
        fault.armed = false;
        (void) g_strlcpy(fault.name, command, sizeof(fault.name));
        return true;
}

uint64_t __wrap_qmp_execute(Qmp *qmp, const char *command, JsonObject *arguments, uint64_t timeout_usec, QmpReply reply,
                            void *userdata)
{
        return __real_qmp_execute(qmp, is_due(command, reply) ? "virtbus-fault" : command, arguments, timeout_usec,
                                  reply, userdata);
}

/* An unknown command would leave the descriptor where the next one finds it. */
uint64_t __wrap_qmp_execute_fd(Qmp *qmp, const char *command, JsonObject *arguments, int fd, uint64_t timeout_usec,
                               QmpReply reply, void *userdata)
{
        if (is_due(command, reply)) {
                json_object_unref(arguments);
                arguments = streq(command, "getfd") ? qmp_object("s:fdname", "1 is no name", NULL)
                                                    : qmp_object("i:fdset-id", -1, NULL);
        }
        return __real_qmp_execute_fd(qmp, command, arguments, fd, timeout_usec, reply, userdata);
}
