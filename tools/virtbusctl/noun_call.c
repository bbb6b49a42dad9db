/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/noun.h"

typedef struct MemberCall {
        const NounCall *call;
        const char *interface;
        uint32_t flags;
} MemberCall;

static int call_one(Ctl *ctl, const char *word, const char *path, void *userdata, Failure *failure)
{
        const MemberCall *m = userdata;

        return ctl_call(ctl, path, m->interface, m->call->member, CALL_CHANGES, NULL, failure,
                        m->call->flags ? "u" : NULL, m->flags);
}

int noun_call_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const Noun *noun = ctl->command->noun;
        MemberCall m = { .call = ctl->command->data, .interface = noun->interface };
        _cleanup_target_ Target target = {};
        int r = target_resolve(ctl, arguments, &target, failure);

        if (r < 0)
                return r;
        if (m.call->flags)
                m.flags = arguments_bits(arguments, m.call->flags);
        return noun_for_each(ctl, noun, target.container, arguments, target.first, m.call->done, call_one, &m, failure);
}

typedef struct OnOff {
        const char *property;
        const char *interface;
        int enable;
} OnOff;

static int set_one(Ctl *ctl, const char *word, const char *path, void *userdata, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const OnOff *set = userdata;
        g_autofree char *interface = g_strdup_printf("%s.%s", SERVICE_NAME, set->interface);
        int r = ctl_connect(ctl, failure);

        if (r < 0)
                return r;
        r = sd_bus_message_new_method_call(ctl->bus, &m, SERVICE_NAME, path, "org.freedesktop.DBus.Properties", "Set");
        if (r >= 0)
                r = sd_bus_message_append(m, "ssv", interface, set->property, "b", set->enable);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r));
        return ctl_send(ctl, m, CALL_CHANGES, NULL, failure);
}

int noun_on_off_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const NounCall *call = ctl->command->data;
        const Noun *noun = ctl->command->noun;
        guint last = arguments->words->len - 1;
        OnOff set = {
                .property = call->member,
                .interface = noun->interface,
                .enable = parse_boolean(arguments_word(arguments, last)),
        };

        if (set.enable < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is neither 'on' nor 'off'",
                                   arguments_word(arguments, last));
        g_ptr_array_set_size(arguments->words, (int) last);
        return noun_for_each(ctl, noun, NULL, arguments, 0,
                             set.enable ? "starts with the host" : "does not start with the host", set_one, &set,
                             failure);
}
