/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <domain> */

static const DefNamespace qemu_ns = { "qemu", DOMAIN_QEMU_NAMESPACE };

static const DefRow genid_rows[] = {
        HERE(DomainDef, genid_given),
        TEXT(DomainDef, genid, SYNTAX(def_syntax_uuid)),
};
static DEF_TYPE(genid_type, DomainDef, genid_rows);

static const DefRow max_memory_rows[] = {
        ATTR(DomainDef, "slots", max_memory_slots),
        TEXT(DomainDef, max_memory, KIB),
};
static DEF_TYPE(max_memory_type, DomainDef, max_memory_rows);

static const DefRow memory_rows[] = {
        ATTR(DomainDef, "dumpCore", dump_core, ON_OFF, FLAGS(DEF_HOST)),
        TEXT(DomainDef, memory, KIB),
};
static DEF_TYPE(memory_type, DomainDef, memory_rows);

static const DefRow vcpu_rows[] = {
        ATTR(DomainDef, "placement", vcpu_placement, WORDS(domain_vcpu_placement), FLAGS(DEF_HOST)),
        ATTR(DomainDef, "cpuset", vcpu_cpuset, SYNTAX(def_syntax_cpuset), FLAGS(DEF_HOST)),
        ATTR(DomainDef, "current", vcpus_current, RANGE(1, UINT16_MAX)),
        TEXT(DomainDef, vcpus, RANGE(1, UINT16_MAX)),
};
static DEF_TYPE(vcpu_type, DomainDef, vcpu_rows);

static const DefRow resource_rows[] = {
        ELEMENT(DomainDef, "partition", partition, SYNTAX(def_syntax_absolute_path), FLAGS(DEF_HOST)),
        RAW("fibrechannel", FLAGS(DEF_HOST)),
};
static DEF_TYPE(resource_type, DomainDef, resource_rows);

static const DefRow suspend_to_mem_rows[] = {
        ATTR(DomainDef, "enabled", suspend_to_mem, YES_NO),
};
static DEF_TYPE(suspend_to_mem_type, DomainDef, suspend_to_mem_rows);

static const DefRow suspend_to_disk_rows[] = {
        ATTR(DomainDef, "enabled", suspend_to_disk, YES_NO),
};
static DEF_TYPE(suspend_to_disk_type, DomainDef, suspend_to_disk_rows);

static const DefRow pm_rows[] = {
        GROUP("suspend-to-mem", suspend_to_mem_type),
        GROUP("suspend-to-disk", suspend_to_disk_type),
};
static DEF_TYPE(pm_type, DomainDef, pm_rows);

static const DefRow devices_rows[] = {
        ELEMENT(DomainDef, "emulator", emulator, FLAGS(DEF_HOST)),
        LIST(DomainDef, "disk", disks, domain_disk_type),
        LIST(DomainDef, "controller", controllers, domain_controller_type),
        RAW("lease"),
        RAW("filesystem"),
        LIST(DomainDef, "interface", interfaces, domain_interface_type),
        RAW("smartcard"),
        LIST(DomainDef, "serial", serials, domain_serial_type),
        LIST(DomainDef, "parallel", parallels, domain_parallel_type),
        LIST(DomainDef, "console", consoles, domain_console_type),
        LIST(DomainDef, "channel", channels, domain_channel_type),
        LIST(DomainDef, "input", inputs, domain_input_type),
        RAW("tpm"),
        LIST(DomainDef, "graphics", graphics, domain_graphics_type),
        LIST(DomainDef, "sound", sounds, domain_sound_type),
        LIST(DomainDef, "audio", audios, domain_audio_type, FLAGS(DEF_HOST)),
        LIST(DomainDef, "video", videos, domain_video_type),
        RAW("hostdev"),
        RAW("redirdev"),
        RAW("redirfilter"),
        LIST(DomainDef, "hub", hubs, domain_hub_type),
        LIST(DomainDef, "watchdog", watchdogs, domain_watchdog_type),
        CHILD(DomainDef, "memballoon", memballoon, domain_memballoon_type),
        LIST(DomainDef, "rng", rngs, domain_rng_type),
        RAW("nvram"),
        LIST(DomainDef, "panic", panics, domain_panic_type),
        RAW("shmem"),
        RAW("memory"),
        RAW("crypto"),
        RAW("iommu"),
        RAW("vsock"),
        RAW("pstore"),
};
DEF_TYPE(domain_devices_type, DomainDef, devices_rows);

static const DefRow qemu_arg_rows[] = {
        ATTR(DomainQemuArg, "value", value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(qemu_arg_type, DomainQemuArg, qemu_arg_rows);

static const DefRow qemu_env_rows[] = {
        ATTR(DomainQemuEnv, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(DomainQemuEnv, "value", value),
};
static DEF_TYPE_PLAIN(qemu_env_type, DomainQemuEnv, qemu_env_rows);

static const DefRow qemu_commandline_rows[] = {
        LIST(DomainDef, "arg", qemu_args, qemu_arg_type, NS(qemu_ns)),
        LIST(DomainDef, "env", qemu_env, qemu_env_type, NS(qemu_ns)),
};
static DEF_TYPE(qemu_commandline_type, DomainDef, qemu_commandline_rows);

static const DefRow root_rows[] = {
        ATTR(DomainDef, "type", type, WORDS(domain_virt), FLAGS(DEF_REQUIRED)),
        ATTR(DomainDef, "id", id, FLAGS(DEF_LIVE | DEF_HOST)),
        ELEMENT(DomainDef, "name", name, FLAGS(DEF_REQUIRED | DEF_HOST)),
        ELEMENT(DomainDef, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        RAW("hwuuid"),
        GROUP("genid", genid_type),
        ELEMENT(DomainDef, "title", title, FLAGS(DEF_HOST)),
        ELEMENT(DomainDef, "description", description, FLAGS(DEF_HOST | DEF_MULTILINE)),
        SLICE(DomainDef, "metadata", metadata, FLAGS(DEF_HOST | DEF_MULTILINE)),
        GROUP("maxMemory", max_memory_type),
        GROUP("memory", memory_type),
        ELEMENT(DomainDef, "currentMemory", current_memory, KIB, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "blkiotune", blkio_tune, domain_blkio_tune_type, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "memtune", mem_tune, domain_mem_tune_type, FLAGS(DEF_HOST)),
        RAW("memoryBacking", FLAGS(DEF_HOST)),
        GROUP("vcpu", vcpu_type),
        GROUP("vcpus", domain_vcpus_type),
        ELEMENT(DomainDef, "iothreads", iothreads, RANGE(0, UINT16_MAX), FLAGS(DEF_HOST)),
        GROUP("iothreadids", domain_iothreadids_type, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "defaultiothread", default_iothread, domain_default_iothread_type, FLAGS(DEF_HOST)),
        GROUP("throttlegroups", domain_throttlegroups_type, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "cputune", cpu_tune, domain_cpu_tune_type, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "numatune", numa_tune, domain_numa_tune_type, FLAGS(DEF_HOST)),
        GROUP("resource", resource_type, FLAGS(DEF_HOST)),
        RAW("sysinfo"),
        RAW("bootloader"),
        RAW("bootloader_args"),
        GROUP_IN(DomainDef, "os", os, domain_os_type, FLAGS(DEF_REQUIRED)),
        RAW("idmap", FLAGS(DEF_HOST)),
        GROUP_IN(DomainDef, "features", features, domain_features_type),
        CHILD(DomainDef, "cpu", cpu, domain_cpu_type),
        CHILD(DomainDef, "clock", clock, domain_clock_type),
        ELEMENT(DomainDef, "on_poweroff", on_poweroff, WORDS(domain_lifecycle), FLAGS(DEF_HOST)),
        ELEMENT(DomainDef, "on_reboot", on_reboot, WORDS(domain_lifecycle), FLAGS(DEF_HOST)),
        ELEMENT(DomainDef, "on_crash", on_crash, WORDS(domain_lifecycle), FLAGS(DEF_HOST)),
        RAW("on_lockfailure", FLAGS(DEF_HOST)),
        GROUP("pm", pm_type),
        GROUP("perf", domain_perf_type, FLAGS(DEF_HOST)),
        GROUP("devices", domain_devices_type, FLAGS(DEF_ALWAYS)),
        RAW("seclabel", FLAGS(DEF_HOST)),
        RAW("keywrap"),
        RAW("launchSecurity"),
        GROUP("commandline", qemu_commandline_type, NS(qemu_ns)),
        RAW("capabilities", NS(qemu_ns)),
        RAW("deprecation", NS(qemu_ns)),
        RAW("override", NS(qemu_ns)),
        FOREIGN(FLAGS(DEF_INERT)),
};

DEF_TYPE(domain_def_type, DomainDef, root_rows, .rules = domain_rules);
