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

const Option on_off_options[] = {
        { "disable", 0, NULL, "Not: the same as \"off\"" },
        {},
};

/* Takes the last word, where it is no object's; an only word always is one. Negative: there is none. */
static int take_on_off(const Arguments *arguments)
{
        guint n = arguments->words->len;
        int enable = n > 1 ? parse_boolean(arguments_word(arguments, n - 1)) : -EINVAL;

        if (enable >= 0)
                g_ptr_array_set_size(arguments->words, (int) n - 1);
        return enable;
}

int noun_on_off_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const NounCall *call = ctl->command->data;
        const Noun *noun = ctl->command->noun;
        bool disable = arguments_has(arguments, "disable");
        int said = take_on_off(arguments);
        OnOff set = {
                .property = call->member,
                .interface = noun->interface,
                .enable = said < 0 ? !disable : said,
        };

        if (said > 0 && disable)
                return failure_set(failure, EXIT_STATUS_USAGE, "'on' and '--disable' exclude each other");
        return noun_for_each(ctl, noun, NULL, arguments, 0,
                             set.enable ? "starts with the host" : "does not start with the host", set_one, &set,
                             failure);
}
