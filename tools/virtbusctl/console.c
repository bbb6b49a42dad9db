/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/console.h"

#include "tools/virtbusctl/command.h"
#include "tools/virtbusctl/relay.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <termios.h>

#define DEFAULT_ESCAPE "^]"

/* virDomainConsoleFlags */
static const OptionBit console_flags[] = { { "force", 1 << 0 }, { "safe", 1 << 1 }, {} };

int console_check(const Ctl *ctl, Failure *failure)
{
        int r;

        if (!ctl->host)
                return 0;
        r = failure_set(failure, EXIT_STATUS_USAGE, 
                        "a console cannot be had over --host: ssh does not carry its file descriptor");
        failure_hint(failure, "Run it there: ssh -t %s virtbusctl console DOMAIN", ctl->host);
        return r;
}

static int console_open(Ctl *ctl, const char *path, const char *device, uint32_t flags, int *ret,
                        Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int fd, r;

        r = ctl_call(ctl, path, "Domain", "OpenConsole", CALL_CHANGES, &reply, failure, "su",
                     strempty(device), flags);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "h", &fd);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "cannot keep the console: %s",
                                   g_strerror(errno));
        *ret = fd;
        return 0;
}

static int make_raw(struct termios *before)
{
        struct termios raw;

        if (tcgetattr(STDIN_FILENO, before) < 0)
                return -errno;
        raw = *before;
        cfmakeraw(&raw);
        return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0 ? -errno : 0;
}

static int console_relay(const Ctl *ctl, int console, const char *escape, Failure *failure)
{
        Relay relay = { .in = STDIN_FILENO, .out = STDOUT_FILENO, .console = console, .escape = -1 };
        bool terminal = isatty(STDIN_FILENO);
        _cleanup_close_ int signals = -EBADF;
        struct termios before;
        sigset_t mask, old;
        int r = 0;

        if (terminal) {
                relay.escape = relay_parse_escape(escape);
                relay.drop = true;
                if (!ctl->quiet)
                        fprintf(stderr, "Connected to the console. %s leaves it.\n", escape);
        }
        (void) fflush(stdout);
        (void) sigemptyset(&mask);
        (void) sigaddset(&mask, SIGTERM);
        (void) sigaddset(&mask, SIGHUP);
        (void) sigaddset(&mask, SIGINT);
        (void) sigprocmask(SIG_BLOCK, &mask, &old);
        signals = signalfd(-1, &mask, SFD_CLOEXEC);
        if (terminal)
                r = make_raw(&before);
        if (r >= 0) {
                r = relay_run(&relay, signals);
                if (terminal) {
                        (void) tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
                        (void) fputs("\n", stderr);
                }
        }
        (void) sigprocmask(SIG_SETMASK, &old, NULL);
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "the console broke off: %s", g_strerror(-r));
        if (r == RELAY_CLOSED && terminal && !ctl->quiet)
                (void) fputs("The console is closed: the domain stopped, or somebody took it.\n", stderr);
        return 0;
}

int console_of_started(Ctl *ctl, const char *path, bool resume, Failure *failure)
{
        _cleanup_close_ int console = -EBADF;
        _cleanup_failure_ Failure other = {};
        int r, q = 0;

        r = console_open(ctl, path, NULL, 0, &console, failure);
        /* Who asked for a running domain gets one, with or without a console. */
        if (resume)
                q = ctl_call(ctl, path, "Domain", "Resume", CALL_CHANGES, NULL, r < 0 ? &other : failure,
                             NULL);
        if (r < 0 && q < 0)
                failure_print(&other);
        return r < 0 ? r : q < 0 ? q : console_relay(ctl, console, DEFAULT_ESCAPE, failure);
}

static int console_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *escape = arguments_value(arguments, "escape") ?: DEFAULT_ESCAPE;
        _cleanup_close_ int console = -EBADF;
        g_autofree char *path = NULL;
        int r;

        if (relay_parse_escape(escape) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no key: ^] or one character",
                                   escape);
        r = console_check(ctl, failure);
        if (r >= 0)
                r = ctl_find_domain(ctl, arguments_word(arguments, 0), &path, failure);
        if (r >= 0)
                r = console_open(ctl, path, arguments_value(arguments, "device"),
                                 arguments_bits(arguments, console_flags), &console, failure);
        return r < 0 ? r : console_relay(ctl, console, escape, failure);
}

static const Option console_options[] = {
        { "device", 0, "ALIAS", "Which one: serial0, console1, … (default: the first)" },
        { "force", 0, NULL, "Take it from whoever has it" },
        { "safe", 0, NULL, "Only if nobody else can interfere" },
        { "escape", 'e', "KEY", "The key that leaves (default: ^])" },
        {},
};

const Command console_commands[] = {
        { "console", "DOMAIN", "Attach this terminal to the console of a running domain",
          "The key ^] (control and the closing bracket) leaves it. When standard input is no\n"
          "terminal, its bytes go to the guest as they are, and the command ends with the\n"
          "guest's console.\n", console_options, 1, 1, "domain.open-device", console_run },
        {},
};
