/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include <stdlib.h>
#include <string.h>

/* <domain> */

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

static const DefRow fibrechannel_rows[] = {
        ATTR(DomainDef, "appid", appid, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(fibrechannel_type, DomainDef, fibrechannel_rows);

static const DefRow resource_rows[] = {
        ELEMENT(DomainDef, "partition", partition, SYNTAX(def_syntax_absolute_path), FLAGS(DEF_HOST)),
        GROUP("fibrechannel", fibrechannel_type, FLAGS(DEF_HOST)),
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
        LIST(DomainDef, "lease", leases, domain_lease_type, FLAGS(DEF_HOST)),
        LIST(DomainDef, "filesystem", filesystems, domain_fs_type),
        LIST(DomainDef, "interface", interfaces, domain_interface_type),
        LIST(DomainDef, "smartcard", smartcards, domain_smartcard_type),
        LIST(DomainDef, "serial", serials, domain_serial_type),
        LIST(DomainDef, "parallel", parallels, domain_parallel_type),
        LIST(DomainDef, "console", consoles, domain_console_type),
        LIST(DomainDef, "channel", channels, domain_channel_type),
        LIST(DomainDef, "input", inputs, domain_input_type),
        LIST(DomainDef, "tpm", tpms, domain_tpm_type),
        LIST(DomainDef, "graphics", graphics, domain_graphics_type),
        LIST(DomainDef, "sound", sounds, domain_sound_type),
        LIST(DomainDef, "audio", audios, domain_audio_type, FLAGS(DEF_HOST)),
        LIST(DomainDef, "video", videos, domain_video_type),
        LIST(DomainDef, "hostdev", hostdevs, domain_hostdev_type),
        LIST(DomainDef, "redirdev", redirdevs, domain_redirdev_type),
        CHILD(DomainDef, "redirfilter", redirfilter, domain_redirfilter_type, FLAGS(DEF_HOST | DEF_SINGLE)),
        LIST(DomainDef, "hub", hubs, domain_hub_type),
        LIST(DomainDef, "watchdog", watchdogs, domain_watchdog_type),
        CHILD(DomainDef, "memballoon", memballoon, domain_memballoon_type, FLAGS(DEF_SINGLE)),
        LIST(DomainDef, "rng", rngs, domain_rng_type),
        CHILD(DomainDef, "nvram", nvram, domain_nvram_type, FLAGS(DEF_SINGLE)),
        LIST(DomainDef, "panic", panics, domain_panic_type),
        LIST(DomainDef, "shmem", shmems, domain_shmem_type),
        LIST(DomainDef, "memory", memories, domain_memory_type),
        LIST(DomainDef, "crypto", cryptos, domain_crypto_type),
        LIST(DomainDef, "iommu", iommus, domain_iommu_type),
        CHILD(DomainDef, "vsock", vsock, domain_vsock_type, FLAGS(DEF_SINGLE)),
        CHILD(DomainDef, "pstore", pstore, domain_pstore_type, FLAGS(DEF_SINGLE)),
};
DEF_TYPE(domain_devices_type, DomainDef, devices_rows);

static const DefRow keywrap_rows[] = {
        LIST(DomainDef, "cipher", keywrap, domain_keywrap_type),
};

static int compare_ciphers(const void *a, const void *b)
{
        return strcmp(strempty((*(const DomainKeywrapCipher *const *) a)->name),
                      strempty((*(const DomainKeywrapCipher *const *) b)->name));
}

static void keywrap_finish(void *p, Arena *arena, bool live)
{
        DomainDef *def = p;

        if (def->keywrap.n > 1)
                qsort(def->keywrap.items, def->keywrap.n, sizeof(void *), compare_ciphers);
}

static DEF_TYPE(keywrap_type, DomainDef, keywrap_rows, .finish = keywrap_finish, .rules = domain_keywrap_rules);

/* Those of a domain begin with root; those of a directory may be of anybody. */
static const DefRow own_idmap_rows[] = { EMBED_SELF(domain_idmap_type) };
static DEF_TYPE_PLAIN(own_idmap_type, DomainIdMap, own_idmap_rows, .rules = domain_idmap_rules);

static const DefRow root_rows[] = {
        ATTR(DomainDef, "type", type, WORDS(domain_virt), FLAGS(DEF_REQUIRED)),
        ATTR(DomainDef, "id", id, FLAGS(DEF_LIVE | DEF_HOST)),
        ELEMENT(DomainDef, "name", name, FLAGS(DEF_REQUIRED | DEF_HOST)),
        ELEMENT(DomainDef, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        ELEMENT(DomainDef, "hwuuid", hwuuid, SYNTAX(def_syntax_uuid)),
        GROUP("genid", genid_type),
        ELEMENT(DomainDef, "title", title, FLAGS(DEF_HOST)),
        ELEMENT(DomainDef, "description", description, FLAGS(DEF_HOST | DEF_MULTILINE)),
        SLICE(DomainDef, "metadata", metadata, FLAGS(DEF_HOST | DEF_MULTILINE)),
        GROUP("maxMemory", max_memory_type),
        GROUP("memory", memory_type),
        ELEMENT(DomainDef, "currentMemory", current_memory, KIB, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "blkiotune", blkio_tune, domain_blkio_tune_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        CHILD(DomainDef, "memtune", mem_tune, domain_mem_tune_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        CHILD(DomainDef, "memoryBacking", memory_backing, domain_memory_backing_type,
              FLAGS(DEF_HOST | DEF_BRIEF)),
        GROUP("vcpu", vcpu_type),
        GROUP("vcpus", domain_vcpus_type),
        ELEMENT(DomainDef, "iothreads", iothreads, RANGE(0, UINT16_MAX), FLAGS(DEF_HOST)),
        GROUP("iothreadids", domain_iothreadids_type, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "defaultiothread", default_iothread, domain_default_iothread_type,
              FLAGS(DEF_HOST | DEF_BRIEF)),
        GROUP("throttlegroups", domain_throttlegroups_type, FLAGS(DEF_HOST)),
        CHILD(DomainDef, "cputune", cpu_tune, domain_cpu_tune_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        CHILD(DomainDef, "numatune", numa_tune, domain_numa_tune_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        GROUP("resource", resource_type, FLAGS(DEF_HOST)),
        LIST(DomainDef, "sysinfo", sysinfo, domain_sysinfo_type),
        ELEMENT(DomainDef, "bootloader", bootloader),
        ELEMENT(DomainDef, "bootloader_args", bootloader_args),
        GROUP_IN(DomainDef, "os", os, domain_os_type, FLAGS(DEF_REQUIRED)),
        CHILD(DomainDef, "idmap", idmap, own_idmap_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        GROUP_IN(DomainDef, "features", features, domain_features_type),
        CHILD(DomainDef, "cpu", cpu, domain_cpu_type),
        CHILD(DomainDef, "clock", clock, domain_clock_type),
        ELEMENT(DomainDef, "on_poweroff", on_poweroff, WORDS(domain_lifecycle), FLAGS(DEF_HOST)),
        ELEMENT(DomainDef, "on_reboot", on_reboot, WORDS(domain_lifecycle), FLAGS(DEF_HOST)),
        ELEMENT(DomainDef, "on_crash", on_crash, WORDS(domain_lifecycle), FLAGS(DEF_HOST)),
        ELEMENT(DomainDef, "on_lockfailure", on_lockfailure, WORDS(domain_lock_failure), FLAGS(DEF_HOST)),
        GROUP("pm", pm_type),
        GROUP("perf", domain_perf_type, FLAGS(DEF_HOST)),
        GROUP("devices", domain_devices_type, FLAGS(DEF_ALWAYS)),
        LIST(DomainDef, "seclabel", seclabels, domain_seclabel_type, FLAGS(DEF_HOST)),
        GROUP("keywrap", keywrap_type),
        CHILD(DomainDef, "launchSecurity", launch_security, domain_launch_type),
        EMBED_SELF(domain_qemu_type),
        FOREIGN(FLAGS(DEF_INERT)),
};

static void root_finish(void *p, Arena *arena, bool live)
{
        DomainDef *def = p;

        if (def->iothreads == 0)
                def_drop(def, iothreads);
}

DEF_TYPE(domain_def_type, DomainDef, root_rows, .finish = root_finish, .rules = domain_rules);
