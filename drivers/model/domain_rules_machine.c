/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"
#include "drivers/model/firmware.h"

/* <os>, <clock> */

static void check_loader(const DomainOs *os, DefChecker *checker)
{
        bool configured = os->loader_type != 0 || os->loader_readonly != 0 || os->loader_secure != 0 ||
                os->loader_stateless != 0 || os->loader_format || os->nvram || os->nvram_template;

        if (os->firmware == 0 && !os->loader && configured)
                checker_fail(checker, ERROR_XML_DETAIL, "os/loader",
                             "no loader path specified and firmware auto selection disabled");
        if (os->loader_stateless != TRISTATE_NO)
                return;
        if (os->firmware == 0 && os->loader_type != DOMAIN_LOADER_PFLASH)
                checker_fail(checker, ERROR_XML_DETAIL, "os/loader/@stateless",
                             "Only pflash loader type permits NVRAM");
        else if (os->firmware == DOMAIN_FIRMWARE_BIOS)
                checker_fail(checker, ERROR_XML_DETAIL, "os/loader/@stateless", "Only EFI firmware permits NVRAM");
}

static void check_format(const char *format, const char *what, const char *where, DefChecker *checker)
{
        if (format && !streq(format, "raw") && !streq(format, "qcow2"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, where, "Unsupported %s format '%s'", what, format);
}

void domain_check_firmware(const void *p, DefChecker *checker)
{
        const DomainOs *os = &((const DomainDef *) p)->os;

        if (os->firmware == DOMAIN_FIRMWARE_BIOS && (os->nvram || os->nvram_template))
                checker_fail(checker, ERROR_XML_DETAIL, "os/nvram",
                             "firmware type 'bios' does not support nvram");
        if (os->loader_stateless == TRISTATE_YES && os->nvram_template)
                checker_fail(checker, ERROR_XML_DETAIL, "os/nvram/@template",
                             "NVRAM template is not permitted when loader is stateless");
        if (os->loader_stateless == TRISTATE_YES && (os->nvram || os->nvram_source))
                checker_fail(checker, ERROR_XML_DETAIL, "os/nvram",
                             "NVRAM is not permitted when loader is stateless");
        if (os->firmware != 0 && domain_wanted_feature(os, "enrolled-keys") == TRISTATE_YES &&
            domain_wanted_feature(os, "secure-boot") == TRISTATE_NO)
                checker_fail(checker, ERROR_XML_DETAIL, "os/firmware/feature",
                             "firmware feature 'enrolled-keys' cannot be enabled when firmware feature 'secure-boot' "
                             "is "
                             "disabled");
        check_loader(os, checker);
        check_format(os->loader_format, "loader", "os/loader/@format", checker);
        check_format(os->nvram_format, "nvram", "os/nvram/@format", checker);
        check_format(os->nvram_template_format, "nvram template", "os/nvram/@templateFormat", checker);
}

/* Which settings a clock has that the guest sees. */
static void check_timer(const void *p, DefChecker *checker)
{
        const DomainTimer *timer = p;
        const char *name = domain_timer_to_string(timer->name);
        bool catchup = timer->catchup_threshold != 0 || timer->catchup_limit != 0 || timer->catchup_slew != 0;

        if (timer->tickpolicy != 0 &&
            (timer->name == DOMAIN_TIMER_KVMCLOCK || timer->name == DOMAIN_TIMER_HYPERVCLOCK))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@tickpolicy",
                             "timer %s doesn't support setting of timer tickpolicy", name);
        if (timer->tickpolicy != DOMAIN_TICK_CATCHUP && catchup)
                checker_fail(checker, ERROR_XML_ERROR, "catchup",
                             "setting of timer catchup policies is only supported with tickpolicy='catchup'");
        if (timer->name != DOMAIN_TIMER_TSC && timer->frequency != 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@frequency",
                             "timer %s doesn't support setting of timer frequency", name);
        if (timer->name != DOMAIN_TIMER_TSC && timer->mode)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@mode",
                             "timer %s doesn't support setting of timer mode", name);
        if (timer->name != DOMAIN_TIMER_PLATFORM && timer->name != DOMAIN_TIMER_RTC && timer->track != 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@track",
                             "timer %s doesn't support setting of timer track", name);
}

const DefRule domain_timer_rules[] = {
        { "a timer has the settings that suit it", check_timer },
        {},
};

static void check_clock(const void *p, DefChecker *checker)
{
        const DomainClock *clock = p;

        if (clock->adjustment && clock->offset != DOMAIN_CLOCK_VARIABLE && !streq(clock->adjustment, "reset"))
                checker_fail(checker, ERROR_XML_ERROR, "@adjustment", "unknown clock adjustment '%s'",
                             clock->adjustment);
}

const DefRule domain_clock_rules[] = {
        { "a clock is set to a time or goes by another", check_clock },
        {},
};
