/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* The first release whose PC can be without the timer, see put_x86_options(). */
#define PIT_OFF_VERSION 7000000

/* "2026-01-31T12:00:00" of a time in UTC. */
static int put_date(Build *b, GString *s, int64_t when, Error *error)
{
        g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(when);
        g_autofree char *text = date ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%S") : NULL;

        if (!text)
                return qemu_refuse(b->def, NULL, "clock", error, "the time is out of range");
        g_string_append_printf(s, "base=%s", text);
        return 0;
}

static int64_t now(const Build *b)
{
        return b->options->now != 0 ? b->options->now : g_get_real_time() / (int64_t) USEC_PER_SEC;
}

/* Seconds that the clocks on the host's walls are ahead of UTC. */
static int64_t local_offset(int64_t when)
{
        g_autoptr(GDateTime) local = g_date_time_new_from_unix_local(when);

        return local ? g_date_time_get_utc_offset(local) / G_TIME_SPAN_SECOND : 0;
}

/* An offset in seconds from the host's time; "reset" stands for none. */
static int put_variable(Build *b, GString *s, const DomainClock *clock, Error *error)
{
        int64_t offset = 0;

        if (clock->adjustment && !streq(clock->adjustment, "reset") &&
            parse_i64(clock->adjustment, &offset) < 0)
                return qemu_refuse(b->def, NULL, "clock/@adjustment", error, "'%s' is no number of seconds",
                                   clock->adjustment);
        if (streq_ptr(clock->basis, "localtime"))
                offset += local_offset(now(b));
        if (offset == 0) {
                g_string_append(s, "base=utc");
                return 0;
        }
        if (offset > INT32_MAX || offset < INT32_MIN)
                return qemu_refuse(b->def, NULL, "clock/@adjustment", error, "the time is out of range");
        return put_date(b, s, now(b) + offset, error);
}

static int put_base(Build *b, GString *s, const DomainClock *clock, Error *error)
{
        switch (clock->offset) {
        case DOMAIN_CLOCK_LOCALTIME:
                g_string_append(s, "base=localtime");
                return 0;
        case DOMAIN_CLOCK_VARIABLE:
                return put_variable(b, s, clock, error);
        case DOMAIN_CLOCK_ABSOLUTE:
                return put_date(b, s, clock->start, error);
        case DOMAIN_CLOCK_TIMEZONE:
                if (isempty(clock->timezone))
                        return qemu_refuse(b->def, NULL, "clock/@timezone", error, "it is missing");
                build_env(b, "TZ", clock->timezone);
                g_string_append(s, "base=localtime");
                return 0;
        case DOMAIN_CLOCK_UTC:
        case _DOMAIN_CLOCK_MAX:
                break;
        }
        g_string_append(s, "base=utc");
        return 0;
}

static int refuse_timer(Build *b, const DomainTimer *timer, const char *what, Error *error)
{
        return qemu_refuse(b->def, NULL, "clock/timer", error, "%s of the timer '%s' is not supported", what,
                           strempty(domain_timer_to_string(timer->name)));
}

static int put_rtc_timer(Build *b, GString *s, const DomainTimer *timer, Error *error)
{
        if (timer->track == DOMAIN_TIMER_TRACK_GUEST)
                g_string_append(s, ",clock=vm");
        else if (timer->track == DOMAIN_TIMER_TRACK_WALL)
                g_string_append(s, ",clock=host");
        else if (timer->track == DOMAIN_TIMER_TRACK_REALTIME)
                g_string_append(s, ",clock=rt");
        if (timer->tickpolicy == DOMAIN_TICK_CATCHUP)
                g_string_append(s, ",driftfix=slew");
        else if (timer->tickpolicy != 0 && timer->tickpolicy != DOMAIN_TICK_DELAY)
                return refuse_timer(b, timer, "this tickpolicy", error);
        return 0;
}

static int put_pit_timer(Build *b, const DomainTimer *timer, Error *error)
{
        const char *policy = NULL;

        switch (timer->tickpolicy) {
        case DOMAIN_TICK_DELAY:
                policy = "delay";
                break;
        case DOMAIN_TICK_DISCARD:
                policy = "discard";
                break;
        case DOMAIN_TICK_CATCHUP:
                return 0; /* what QEMU's own timer does; KVM's cannot do else */
        case DOMAIN_TICK_MERGE:
                return refuse_timer(b, timer, "this tickpolicy", error);
        case _DOMAIN_TICK_MAX:
                break;
        }
        /* The timer has this choice in the kernel only; the emulated one has always delayed. */
        if (policy && b->def->type == DOMAIN_VIRT_KVM)
                build_argf(b, "-global", "kvm-pit.lost_tick_policy=%s", policy);
        return 0;
}

/*
 * What <catchup> says of the pace has never had a counterpart in QEMU; like libvirt's, our guests catch up at QEMU's.
 * hpet, kvmclock, hypervclock and tsc are options of machine and processor.
 */
static int put_timer(Build *b, GString *s, const DomainTimer *timer, Error *error)
{
        if (timer->present == TRISTATE_NO && timer->name == DOMAIN_TIMER_RTC)
                return refuse_timer(b, timer, "the absence", error);
        /* without it nothing of it can be set */
        if (timer->present == TRISTATE_NO && timer->name == DOMAIN_TIMER_PIT)
                return build_check_version(b, NULL, "clock/timer", PIT_OFF_VERSION, error);
        switch (timer->name) {
        case DOMAIN_TIMER_RTC:
                return put_rtc_timer(b, s, timer, error);
        case DOMAIN_TIMER_PIT:
                return put_pit_timer(b, timer, error);
        case DOMAIN_TIMER_HPET:
        case DOMAIN_TIMER_TSC:
        case DOMAIN_TIMER_KVMCLOCK:
        case DOMAIN_TIMER_HYPERVCLOCK:
                return 0;
        case DOMAIN_TIMER_PLATFORM:
        case DOMAIN_TIMER_ARMVTIMER:
        case _DOMAIN_TIMER_MAX:
                break;
        }
        return refuse_timer(b, timer, "the setting", error);
}

static int put_clock(Build *b, GString *s, Error *error)
{
        const DomainClock *clock = b->def->clock;
        int r;

        if (!clock) {
                g_string_append(s, "base=utc");
                return 0;
        }
        r = put_base(b, s, clock, error);
        if (r < 0)
                return r;
        DEF_FOREACH(timer, clock->timers) {
                r = put_timer(b, s, timer, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

int build_clock(Build *b, Error *error)
{
        GString *s = g_string_new(NULL);
        int r;

        r = put_clock(b, s, error);
        if (r < 0) {
                g_string_free(s, true);
                return r;
        }
        build_arg(b, "-rtc", g_string_free(s, false));
        return 0;
}
