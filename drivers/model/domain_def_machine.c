/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <os>, <clock> */

static const DefRow os_type_rows[] = {
        ATTR(DomainOs, "arch", arch),
        ATTR(DomainOs, "machine", machine),
        TEXT(DomainOs, type, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(os_type_type, DomainOs, os_type_rows);

static const DefRow loader_rows[] = {
        ATTR(DomainOs, "readonly", loader_readonly, YES_NO),
        ATTR(DomainOs, "secure", loader_secure, YES_NO),
        ATTR(DomainOs, "type", loader_type, WORDS(domain_loader)),
        ATTR(DomainOs, "stateless", loader_stateless, YES_NO),
        ATTR(DomainOs, "format", loader_format),
        TEXT(DomainOs, loader),
};
static DEF_TYPE(loader_type, DomainOs, loader_rows);

static const DefRow nvram_source_rows[] = {
        ATTR(DomainStorage, "type", type, WORDS(domain_disk_type)),
        GROUP("source", domain_storage_type),
};
static DEF_TYPE(nvram_source_type, DomainStorage, nvram_source_rows);

static const DefRow nvram_rows[] = {
        ATTR(DomainOs, "template", nvram_template),
        ATTR(DomainOs, "templateFormat", nvram_template_format),
        PART_OF(DomainOs, nvram_source, nvram_source_type),
        ATTR(DomainOs, "format", nvram_format),
        TEXT(DomainOs, nvram),
};
static DEF_TYPE(nvram_type, DomainOs, nvram_rows);

static const DefRow boot_rows[] = {
        ATTR(DomainBoot, "dev", device, WORDS(domain_boot), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(boot_type, DomainBoot, boot_rows);

static const DefRow bootmenu_rows[] = {
        ATTR(DomainOs, "enable", bootmenu, YES_NO),
        ATTR(DomainOs, "timeout", bootmenu_timeout, RANGE(0, 65535)),
};
static DEF_TYPE(bootmenu_type, DomainOs, bootmenu_rows);

static const DefRow bios_rows[] = {
        ATTR(DomainOs, "useserial", bios_useserial, YES_NO),
        ATTR(DomainOs, "rebootTimeout", reboot_timeout, RANGE(-1, 65535)),
};
static DEF_TYPE(bios_type, DomainOs, bios_rows);

static const DefRow smbios_rows[] = {
        ATTR(DomainOs, "mode", smbios, WORDS(domain_smbios), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(smbios_type, DomainOs, smbios_rows);

static const DefRow initarg_rows[] = {
        TEXT(DomainInitArg, value),
};
static DEF_TYPE_PLAIN(initarg_type, DomainInitArg, initarg_rows);

static const DefRow initenv_rows[] = {
        ATTR(DomainInitEnv, "name", name, FLAGS(DEF_REQUIRED)),
        TEXT(DomainInitEnv, value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(initenv_type, DomainInitEnv, initenv_rows);

static const DefRow init_rows[] = {
        ELEMENT(DomainInit, "init", init),
        LIST(DomainInit, "initarg", args, initarg_type),
        LIST(DomainInit, "initenv", env, initenv_type),
        ELEMENT(DomainInit, "initdir", dir),
        ELEMENT(DomainInit, "inituser", user),
        ELEMENT(DomainInit, "initgroup", group),
};
static DEF_TYPE_PLAIN(init_type, DomainInit, init_rows);

static const DefRow firmware_feature_rows[] = {
        ATTR(DomainFirmwareFeature, "enabled", enabled, YES_NO, FLAGS(DEF_REQUIRED)),
        ATTR(DomainFirmwareFeature, "name", name, ONE_OF("enrolled-keys", "secure-boot"),
             FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(firmware_feature_type, DomainFirmwareFeature, firmware_feature_rows);

static const DefRow firmware_rows[] = {
        LIST(DomainOs, "feature", firmware_features, firmware_feature_type),
};
static DEF_TYPE(firmware_type, DomainOs, firmware_rows);

static const DefRow varstore_rows[] = {
        ATTR(DomainOs, "template", varstore_template),
        ATTR(DomainOs, "path", varstore),
};
static DEF_TYPE(varstore_type, DomainOs, varstore_rows);

static const DefRow acpi_table_rows[] = {
        ATTR(DomainAcpiTable, "type", type, ONE_OF("raw", "rawset", "slic", "msdm"), FLAGS(DEF_REQUIRED)),
        TEXT(DomainAcpiTable, path, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_absolute_path)),
};
static DEF_TYPE_PLAIN(acpi_table_type, DomainAcpiTable, acpi_table_rows);

static const DefRow acpi_rows[] = {
        LIST(DomainOs, "table", acpi_tables, acpi_table_type),
};
static DEF_TYPE(acpi_type, DomainOs, acpi_rows);

static const DefRow os_rows[] = {
        ATTR(DomainOs, "firmware", firmware, WORDS(domain_firmware)),
        GROUP("type", os_type_type, FLAGS(DEF_REQUIRED)),
        PART_OF(DomainOs, init, init_type),
        GROUP("firmware", firmware_type),
        GROUP("loader", loader_type),
        GROUP("nvram", nvram_type),
        GROUP("varstore", varstore_type),
        ELEMENT(DomainOs, "kernel", kernel),
        ELEMENT(DomainOs, "initrd", initrd),
        ELEMENT(DomainOs, "cmdline", cmdline, FLAGS(DEF_MULTILINE)),
        ELEMENT(DomainOs, "dtb", dtb),
        ELEMENT(DomainOs, "shim", shim),
        ELEMENT(DomainOs, "root", root),
        GROUP("acpi", acpi_type),
        LIST(DomainOs, "boot", boot, boot_type),
        GROUP("bootmenu", bootmenu_type),
        GROUP("bios", bios_type),
        GROUP("smbios", smbios_type),
};

static void os_finish(void *p, Arena *arena, bool live)
{
        DomainOs *os = p;

        /* only containers have a first process that can be chosen, and only a menu that is shown waits */
        if (!streq_ptr(os->type, "exe"))
                os->init = NULL;
        if (os->bootmenu != TRISTATE_YES)
                def_drop(os, bootmenu_timeout);
}

DEF_TYPE(domain_os_type, DomainOs, os_rows, .finish = os_finish);

/* <clock> */

static const DefRow catchup_rows[] = {
        ATTR(DomainTimer, "threshold", catchup_threshold),
        ATTR(DomainTimer, "slew", catchup_slew),
        ATTR(DomainTimer, "limit", catchup_limit),
};
static DEF_TYPE(catchup_type, DomainTimer, catchup_rows);

static const DefRow timer_rows[] = {
        ATTR(DomainTimer, "name", name, WORDS(domain_timer), FLAGS(DEF_REQUIRED)),
        ATTR(DomainTimer, "present", present, YES_NO),
        ATTR(DomainTimer, "tickpolicy", tickpolicy, WORDS(domain_tick)),
        ATTR(DomainTimer, "track", track, WORDS(domain_timer_track)),
        ATTR(DomainTimer, "frequency", frequency),
        ATTR(DomainTimer, "mode", mode, ONE_OF("auto", "native", "emulate", "paravirt", "smpsafe")),
        GROUP("catchup", catchup_type),
};
static DEF_TYPE(timer_type, DomainTimer, timer_rows, .rules = domain_timer_rules);

#define OFFSET(t) WHEN(DomainClock, offset, IS(DOMAIN_CLOCK_##t))
static const DefRow clock_rows[] = {
        ATTR(DomainClock, "offset", offset, WORDS(domain_clock)),
        ATTR(DomainClock, "adjustment", adjustment,
             WHEN(DomainClock, offset,
                  IS(DOMAIN_CLOCK_VARIABLE) | IS(DOMAIN_CLOCK_UTC) | IS(DOMAIN_CLOCK_LOCALTIME))),
        ATTR(DomainClock, "basis", basis, OFFSET(VARIABLE), ONE_OF("utc", "localtime")),
        ATTR(DomainClock, "timezone", timezone, OFFSET(TIMEZONE), FLAGS(DEF_REQUIRED)),
        ATTR(DomainClock, "start", start, OFFSET(ABSOLUTE), FLAGS(DEF_REQUIRED)),
        LIST(DomainClock, "timer", timers, timer_type),
};

static void clock_begin(void *p)
{
        DomainClock *clock = p;

        if (clock->offset == 0)
                clock->offset = DOMAIN_CLOCK_UTC;
}

/* A clock that is so many seconds away from another one is "variable"; what is no number is none. */
static void clock_finish(void *p, Arena *arena, bool live)
{
        DomainClock *clock = p;
        const char *text = clock->adjustment;
        int64_t seconds = 0;
        int r = text ? parse_i64(*text == '+' ? text + 1 : text, &seconds) : 0;

        if (clock->offset == DOMAIN_CLOCK_UTC || clock->offset == DOMAIN_CLOCK_LOCALTIME) {
                if (!text || r < 0)
                        return;
                clock->basis = clock->offset == DOMAIN_CLOCK_UTC ? "utc" : "localtime";
                clock->offset = DOMAIN_CLOCK_VARIABLE;
        } else if (clock->offset != DOMAIN_CLOCK_VARIABLE)
                return;
        clock->adjustment = arena_printf(arena, "%" PRId64, r < 0 ? 0 : seconds);
        if (!clock->basis)
                clock->basis = "utc";
}

DEF_TYPE(domain_clock_type, DomainClock, clock_rows, .begin = clock_begin, .finish = clock_finish,
         .rules = domain_clock_rules);
