/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/keys.h"
#include "tools/virtbusctl/transfer.h"
#include "tools/virtbusctl/word_call.h"

#include <fcntl.h>
#include <string.h>

/* What is asked of the guest itself, by its agent, its keyboard, its screen. */

#define OF_GUEST(name_, words_, min_, max_, summary_, action_, ...)                                            \
        .name = (name_), .words = (words_), .summary = (summary_), .min_words = (min_), .max_words = (max_),    \
        .action = (action_), .run = word_call_run, .noun = &noun_domain, .data = &(const WordCall) { __VA_ARGS__ }

static int on_domain(Ctl *ctl, const Arguments *arguments, char **ret_path, Failure *failure)
{
        return noun_resolve(ctl, &noun_domain, NULL, arguments_word(arguments, 0), ret_path, failure);
}

static int send_key_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        enum { KEYS_MAX = 16 };
        uint32_t keys[KEYS_MAX], holdtime = 0;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const char *value = arguments_value(arguments, "holdtime");
        size_t n = arguments_count(arguments) - 1;
        g_autofree char *path = NULL;
        int r;

        if (value && parse_u32(value, &holdtime) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number of milliseconds", value);
        if (n > KEYS_MAX)
                return failure_set(failure, EXIT_STATUS_USAGE, "no more than %d keys at the same time", KEYS_MAX);
        for (size_t i = 0; i < n; i++)
                if (key_from_name(arguments_word(arguments, i + 1), keys + i) < 0)
                        return failure_set(failure, EXIT_STATUS_USAGE,
                                           "'%s' is no key: a number, or a name of Linux such as KEY_ENTER",
                                           arguments_word(arguments, i + 1));
        r = on_domain(ctl, arguments, &path, failure);
        if (r >= 0)
                r = ctl_new_call(ctl, path, "Domain", "SendKey", &m, failure);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "uu", KEYS_OF_LINUX, holdtime);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'u', keys, n * sizeof(uint32_t));
        if (r >= 0)
                r = sd_bus_message_append(m, "u", 0);
        r = r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) :
                    ctl_send(ctl, m, CALL_CHANGES, NULL, failure);
        if (r >= 0)
                ctl_say(ctl, "Domain '%s' has the keys\n", arguments_word(arguments, 0));
        return r;
}

static int take_picture(Ctl *ctl, const char *path, uint32_t screen, sd_bus_message **ret, int *ret_fd,
                        const char **ret_mime, Failure *failure)
{
        int fd, r = ctl_call(ctl, path, "Domain", "Screenshot", CALL_CHANGES, ret, failure, "uu", screen, 0);

        if (r < 0)
                return r;
        r = sd_bus_message_read(*ret, "sh", ret_mime, &fd);
        if (r >= 0)
                r = fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        *ret_fd = fd;
        return 0;
}

static int screenshot_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *file = arguments_word(arguments, 1), *value = arguments_value(arguments, "screen"), *mime;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_close_ int from = -EBADF, to = -EBADF;
        g_autofree char *path = NULL;
        uint32_t screen = 0;
        uint64_t bytes;
        int r;

        if (value && parse_u32(value, &screen) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number of a screen", value);
        r = on_domain(ctl, arguments, &path, failure);
        if (r >= 0)
                r = take_picture(ctl, path, screen, &reply, &from, &mime, failure);
        if (r < 0)
                return r;
        to = streq(file, "-") ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) :
                                open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (to < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "cannot write '%s': %s", file, g_strerror(errno));
        r = transfer_run(from, to, 0, file, false, &bytes, failure);
        if (r >= 0 && !streq(file, "-"))
                ctl_say(ctl, "Domain '%s' is on %s, %s\n", arguments_word(arguments, 0), file, mime);
        return r;
}

static int read_time(Ctl *ctl, const char *path, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *text = NULL;
        uint64_t seconds;
        uint32_t nseconds;
        int r = ctl_call(ctl, path, "Domain", "GetTime", CALL_CHANGES, &reply, failure, "u", 0);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "(tu)", &seconds, &nseconds);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        text = g_strdup_printf("%" PRIu64 ".%09" PRIu32 "\n", seconds, nseconds);
        return ctl_print_document(ctl, "time", text);
}

/* virDomainSetTimeFlags */
#define TIME_SYNC (1u << 0)

static int time_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *value = arguments_value(arguments, "set");
        bool sync = arguments_has(arguments, "sync"), now = arguments_has(arguments, "now");
        uint64_t seconds = now ? (uint64_t) (g_get_real_time() / G_USEC_PER_SEC) : 0;
        g_autofree char *path = NULL;
        int r;

        if ((value != NULL) + sync + now > 1)
                return failure_set(failure, EXIT_STATUS_USAGE, "only one of --set, --now and --sync");
        if (value && parse_u64(value, &seconds) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no number of seconds since 1970", value);
        r = on_domain(ctl, arguments, &path, failure);
        if (r < 0)
                return r;
        if (!value && !sync && !now)
                return read_time(ctl, path, failure);
        r = ctl_call(ctl, path, "Domain", "SetTime", CALL_CHANGES, NULL, failure, "tuu", seconds, 0,
                     sync ? TIME_SYNC : 0);
        if (r >= 0)
                ctl_say(ctl, "Domain '%s' has its clock set\n", arguments_word(arguments, 0));
        return r;
}

/* virNodeSuspendTarget, virDomainLifecycle, virDomainLifecycleAction */
static const char *const suspend_targets[] = { "mem", "disk", "hybrid", NULL };
static const char *const lifecycles[] = { "poweroff", "reboot", "crash", NULL };
static const char *const actions[] = {
        "destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart", NULL,
};

/* virDomainAuthorizedSSHKeysSetFlags, virDomainQemuMonitorCommandFlags */
enum { KEYS_APPEND = 1 << 0, KEYS_REMOVE = 1 << 1 };
static const OptionBit keys_flags[] = { { "reset", KEYS_APPEND }, { "remove", KEYS_APPEND | KEYS_REMOVE }, {} };
static const OptionBit hmp_flag[] = { { "hmp", 1 << 0 }, {} };

static const Option keys_options[] = {
        { "reset", 0, NULL, "They take the place of those that are there" },
        { "remove", 0, NULL, "They are taken away, not added" },
        {},
};
static const Option hmp_options[] = { { "hmp", 0, NULL, "The command is not JSON, but one for persons" }, {} };
static const Option wait_options[] = {
        { "wait", 0, "SECONDS", "How long for an answer; -2: for ever, 0: not at all (default: as the driver has it)" },
        {},
};

static const OptionBit encrypted_flag[] = { { "encrypted", 1 << 0 }, {} };

static const Option key_options[] = { { "holdtime", 0, "MS", "How long they are held" }, {} };
static const Option screenshot_options[] = { { "screen", 0, "N", "Which screen, from 0" }, {} };
static const Option time_options[] = {
        { "set", 0, "SECONDS", "Set it to so many seconds since 1970" },
        { "now", 0, NULL, "Set it to the time of this machine" },
        { "sync", 0, NULL, "Set it from the clock of the guest's machine" },
        {},
};
static const Option password_options[] = {
        { "encrypted", 0, NULL, "It is encrypted already, as the guest stores it" }, {},
};

const Command guest_commands[] = {
        { .name = "send-key", .words = "DOMAIN KEY…", .summary = "Press keys at the same time", .options = key_options,
          .details = "A KEY is a number or a name of Linux: KEY_LEFTCTRL, KEY_A, KEY_ENTER.\n", .min_words = 2,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "domain.send-input", .run = send_key_run },
        { .name = "screenshot", .words = "DOMAIN FILE", .summary = "Take a picture of what the guest shows",
          .details = "FILE may be - for standard output.\n", .options = screenshot_options, .min_words = 2,
          .max_words = 2,
          .action = "domain.screenshot", .run = screenshot_run },
        { OF_GUEST("inject-nmi", "DOMAIN", 1, 1, "Send a non-maskable interrupt", "domain.inject-nmi", "InjectNMI", "u",
                   "f", .done = "has the interrupt") },
        { OF_GUEST("send-process-signal", "DOMAIN PID SIGNAL", 3, 3, "Send a signal, by its number, to a process",
                   "domain.send-signal", "SendProcessSignal", "xuu", "wwf", .done = "has the signal") },
        { OF_GUEST("domhostname", "DOMAIN", 1, 1, "Print the host name of the guest", NULL, "GetHostname", "u", "f",
                   .key = "hostname") },
        { .name = "domtime", .words = "DOMAIN", .summary = "Print or set the clock of the guest",
          .options = time_options,
          .min_words = 1, .max_words = 1, .action = "domain.set-time", .run = time_run },
        { OF_GUEST("guestinfo", "DOMAIN", 1, 1, "Show what the guest's agent tells of its system", NULL, "GetGuestInfo",
                   "uu", "0f") },
        { OF_GUEST("domfsinfo", "DOMAIN", 1, 1, "List the file systems that the guest has mounted", NULL,
                   "GetFSInfo", "u",
                   "f", .titles = (const char *const[]) { "Mountpoint", "Name", "Type", "Disks", NULL }) },
        { OF_GUEST("domfsfreeze", "DOMAIN [MOUNTPOINT…]", 1, ANY_NUMBER_OF_WORDS,
                   "Freeze file systems; prints how many", "domain.fs-freeze", "FSFreeze", "asu", "rf") },
        { OF_GUEST("domfsthaw", "DOMAIN [MOUNTPOINT…]", 1, ANY_NUMBER_OF_WORDS, "Thaw file systems; prints how many",
                   "domain.fs-freeze", "FSThaw", "asu", "rf") },
        { OF_GUEST("domfstrim", "DOMAIN [MOUNTPOINT]", 1, 2, "Give back what file systems do not use", "domain.fs-trim",
                   "FSTrim", "stu", "?0f", .done = "has given back what it does not use") },
        { OF_GUEST("set-user-password", "DOMAIN USER", 2, 2,
                   "Set the password of a user of the guest, from standard input",
                   "domain.set-password", "SetUserPassword", "ssu", "wSf", .flags = encrypted_flag,
                   .done = "has the password"),
          .options = password_options },
        { OF_GUEST("dompmsuspend", "DOMAIN mem|disk|hybrid", 2, 2, "Have the guest suspend itself", "domain.pm-control",
                   "PMSuspendForDuration", "utu", "c0f", .choices = (const char *const *const[]) { suspend_targets },
                   .done = "is asked to suspend itself") },
        { OF_GUEST("dompmwakeup", "DOMAIN", 1, 1, "Wake a guest that has suspended itself", "domain.pm-control",
                   "PMWakeup", "u", "f", .done = "is woken") },
        { OF_GUEST("get-user-sshkeys", "DOMAIN USER", 2, 2, "List the SSH keys that let in a user of the guest",
                   "domain.write", "AuthorizedSSHKeysGet", "su", "wf") },
        { OF_GUEST("set-user-sshkeys", "DOMAIN USER [FILE]", 2, 3, "Add SSH keys that let in a user of the guest",
                   "domain.write", "AuthorizedSSHKeysSet", "sasu", "wLf", .flags = keys_flags, .base = KEYS_APPEND,
                   .done = "has the keys changed"),
          .details = "FILE has a key on each line, as authorized_keys; it may be - for standard input.\n",
          .options = keys_options },
        { OF_GUEST("guestvcpus", "DOMAIN", 1, 1, "Show the processors as the guest has them", NULL,
                   "GetGuestVcpus", "u", "f") },
        { OF_GUEST("qemu-agent-command", "DOMAIN COMMAND", 2, 2, "Say something to the guest's agent, in JSON",
                   "domain.write", "QemuAgentCommand", "siu", "wyf",
                   .values = (const char *const[]) { "wait", NULL }, .key = "answer"),
          .options = wait_options },
        { OF_GUEST("qemu-monitor-command", "DOMAIN COMMAND", 2, 2, "Say something to QEMU, in JSON",
                   "domain.write", "QemuMonitorCommand", "su", "wf", .flags = hmp_flag, .key = "answer"),
          .options = hmp_options },
        { OF_GUEST("guest-agent-timeout", "DOMAIN SECONDS", 2, 2, "Set how long the guest's agent may take to answer",
                   "domain.write", "AgentSetResponseTimeout", "iu", "wf", .done = "has the time set"),
          .details = "-2: for ever, -1: as the driver has it, 0: not at all. What is negative stands behind --.\n" },
        { OF_GUEST("set-lifecycle-action", "DOMAIN EVENT ACTION", 3, 3, "Say what is done when the guest ends",
                   "domain.write", "SetLifecycleAction", "uuu", "ccf", .flags = impact_flags,
                   .choices = (const char *const *const[]) { lifecycles, actions }, .done = "has the action set"),
          .details = "EVENT is poweroff, reboot or crash; ACTION is destroy, restart, rename-restart, preserve, "
                     "coredump-destroy or coredump-restart.\n",
          .options = impact_options },
        {},
};
