/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/follow.h"

int follow_count(const Arguments *arguments, uint64_t *ret, Failure *failure)
{
        const char *count = arguments_value(arguments, "count");

        if (count && (parse_u64(count, ret) < 0 || *ret == 0))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number of events", count);
        return 0;
}

int follow_match(Ctl *ctl, const char *match, sd_bus_message_handler_t handler, void *userdata, Failure *failure)
{
        int r = ctl_connect(ctl, failure);

        if (r < 0)
                return r;
        r = sd_bus_add_match(ctl->bus, NULL, match, handler, userdata);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "the bus does not let us listen: %s", g_strerror(-r));
        return 0;
}

int follow(Ctl *ctl, const bool *done, void (*settle)(void *userdata), void *userdata, Failure *failure)
{
        while (!*done) {
                int r = sd_bus_process(ctl->bus, NULL);

                if (settle)
                        settle(userdata);
                if (r == 0 && !*done)
                        r = sd_bus_wait(ctl->bus, UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return failure_set(failure, EXIT_STATUS_UNREACHABLE, "the bus went away: %s", g_strerror(-r));
        }
        return 0;
}
