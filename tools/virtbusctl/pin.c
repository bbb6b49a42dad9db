/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/word_call.h"

#include <string.h>

/* On which processors of the host the threads of a machine run, and which virtual processors there are. */

typedef struct Pin {
        const char *setter;
        bool numbered; /* a number before the list says which one */
} Pin;

enum { CPUS_MAX = 4096 };

/* "0-3,7,^2": one byte for each processor; *ret_n is behind the last one that is in. */
static int read_cpus(const char *list, bool cpus[static CPUS_MAX], size_t *ret_n, Failure *failure)
{
        g_auto(GStrv) parts = g_strsplit(list, ",", -1);
        size_t n = 0;

        for (char **part = parts; *part; part++) {
                bool in = (*part)[0] != '^';
                char *from = *part + !in, *to = strchr(from, '-');
                uint32_t first, last;

                if (to)
                        *to++ = '\0';
                if (parse_u32(from, &first) < 0 || parse_u32(to ?: from, &last) < 0 || first > last || last >= CPUS_MAX)
                        return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no list of processors such as 0-3,7",
                                           list);
                for (uint32_t i = first; i <= last; i++)
                        cpus[i] = in;
        }
        for (size_t i = 0; i < CPUS_MAX; i++)
                if (cpus[i])
                        n = i + 1;
        if (n == 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "no processor is left in '%s'", list);
        *ret_n = n;
        return 0;
}

static int append_cpus(sd_bus_message *m, const bool *cpus, size_t n)
{
        int r = sd_bus_message_open_container(m, 'a', "b");

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(m, "b", (int) cpus[i]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_pin(sd_bus_message *m, const Pin *pin, uint32_t number, const bool *cpus, size_t n, uint32_t flags)
{
        int r = pin->numbered ? sd_bus_message_append(m, "u", number) : 0;

        if (r >= 0)
                r = append_cpus(m, cpus, n);
        return r < 0 ? r : sd_bus_message_append(m, "u", flags);
}

static int pin_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const char *list = arguments_word(arguments, arguments_count(arguments) - 1),
                *word = arguments_word(arguments, 1);
        const Pin *pin = ctl->command->data;
        bool cpus[CPUS_MAX] = {};
        g_autofree char *path = NULL;
        uint32_t number = 0;
        size_t n = 0;
        int r;

        if (pin->numbered && parse_u32(word, &number) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number", word);
        r = read_cpus(list, cpus, &n, failure);
        if (r >= 0)
                r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);
        if (r >= 0)
                r = ctl_new_call(ctl, path, "Domain", pin->setter, &m, failure);
        if (r < 0)
                return r;
        r = append_pin(m, pin, number, cpus, n, arguments_bits(arguments, impact_flags));
        r = r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) :
                    ctl_send(ctl, m, CALL_CHANGES, NULL, failure);
        if (r >= 0)
                ctl_say(ctl, "Pinned\n");
        return r;
}

static int setvcpu_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        bool enable = arguments_has(arguments, "enable"), vcpus[CPUS_MAX] = {};
        g_autofree char *path = NULL;
        size_t n = 0;
        int r;

        if (enable == arguments_has(arguments, "disable"))
                return failure_set(failure, EXIT_STATUS_USAGE, "say one of --enable and --disable");
        r = read_cpus(arguments_word(arguments, 1), vcpus, &n, failure);
        if (r >= 0)
                r = noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), &path, failure);
        if (r >= 0)
                r = ctl_new_call(ctl, path, "Domain", "SetVcpu", &m, failure);
        if (r < 0)
                return r;
        r = append_cpus(m, vcpus, n);
        if (r >= 0)
                r = sd_bus_message_append(m, "iu", (int) enable, arguments_bits(arguments, impact_flags));
        r = r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) :
                    ctl_send(ctl, m, CALL_CHANGES, NULL, failure);
        if (r >= 0)
                ctl_say(ctl, "Domain '%s' has its processors set\n", arguments_word(arguments, 0));
        return r;
}

static const Option setvcpu_options[] = {
        { "enable", 0, NULL, "They are there" },
        { "disable", 0, NULL, "They are not" },
        IMPACT_OPTIONS,
        {},
};

#define ON_DOMAIN(name_, summary_, ...)                                                                        \
        .name = (name_), .words = "DOMAIN", .summary = (summary_), .min_words = 1, .max_words = 1,              \
        .run = word_call_run, .noun = &noun_domain, .data = &(const WordCall) { __VA_ARGS__ }
#define CPUS_DETAILS "CPUS is a list such as 0-3,7,^2.\n"

const Command pin_commands[] = {
        { ON_DOMAIN("vcpuinfo", "Show the virtual processors one by one", "GetVcpuInfo", "u", "f",
                    .titles = (const char *const[]) { "VCPU", "State", "Time", "CPU", "May run on", NULL }) },
        { ON_DOMAIN("iothreadinfo", "List the I/O threads", "GetIOThreadInfo", "u", "f",
                    .titles = (const char *const[]) { "Id", "May run on", NULL }) },
        { .name = "setvcpu", .words = "DOMAIN VCPUS", .summary = "Plug single virtual processors in or out",
          .details = "VCPUS is a list such as 1-3,7.\n", .options = setvcpu_options, .min_words = 2, .max_words = 2,
          .action = "domain.write", .run = setvcpu_run },
        { .name = "vcpupin", .words = "DOMAIN VCPU CPUS", .summary = "Say where a virtual processor runs",
          .details = CPUS_DETAILS, .options = impact_options, .min_words = 3, .max_words = 3, .action = "domain.write",
          .run = pin_run, .data = &(const Pin) { "PinVcpu", true } },
        { .name = "emulatorpin", .words = "DOMAIN CPUS", .summary = "Say where the other threads of the emulator run",
          .details = CPUS_DETAILS, .options = impact_options, .min_words = 2, .max_words = 2, .action = "domain.write",
          .run = pin_run, .data = &(const Pin) { "PinEmulator", false } },
        { .name = "iothreadpin", .words = "DOMAIN ID CPUS", .summary = "Say where an I/O thread runs",
          .details = CPUS_DETAILS, .options = impact_options, .min_words = 3, .max_words = 3, .action = "domain.write",
          .run = pin_run, .data = &(const Pin) { "PinIOThread", true } },
        {},
};
