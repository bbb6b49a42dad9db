/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The tables of the domain format, each next to nothing but its rows. The order of rows is libvirt's order
 * of output.
 */

#include "drivers/model/def_table.h"
#include "drivers/model/domain_def.h"

extern const DefType domain_def_type;

extern const DefType domain_os_type;
extern const DefType domain_features_type;
extern const DefType domain_cpu_type;
extern const DefType domain_clock_type;

extern const DefType domain_blkio_tune_type;
extern const DefType domain_mem_tune_type;
extern const DefType domain_vcpus_type;
extern const DefType domain_iothreadids_type;
extern const DefType domain_default_iothread_type;
extern const DefType domain_throttlegroups_type;
extern const DefType domain_io_tune_type;
extern const DefType domain_cpu_tune_type;
extern const DefType domain_numa_tune_type;
extern const DefType domain_perf_type;
extern const DefType domain_bandwidth_type;

extern const DefType domain_devices_type; /* <devices>, whose fields are those of DomainDef */
extern const DefType domain_device_type; /* rows that every device has, for EMBED */
extern const DefType domain_virtio_type; /* attributes of <driver>, for EMBED */

/* What <source> says of where the bytes are, in a disk and wherever else a file or a device is meant. */
extern const DefType domain_storage_type;
extern const DefType domain_source_type; /* of a disk */
extern const DefType domain_storage_host_type;
extern const DefType domain_backing_type;
extern const DefType domain_auth_type;
extern const DefType domain_encryption_type;
extern const DefType domain_source_label_type;
extern const DefType domain_reconnect_type;
extern const DefType domain_iothread_mapping_type;
extern const DefType domain_disk_type;
extern const DefType domain_controller_type;
extern const DefType domain_ip_type;
extern const DefType domain_route_type;
extern const DefType domain_chardev_source_type; /* type and <source> of a character device, for EMBED */
extern const DefType domain_interface_type;
extern const DefType domain_serial_type;
extern const DefType domain_parallel_type;
extern const DefType domain_console_type;
extern const DefType domain_channel_type;
extern const DefType domain_input_type;
extern const DefType domain_graphics_type;
extern const DefType domain_sound_type;
extern const DefType domain_audio_type;
extern const DefType domain_video_type;
extern const DefType domain_hub_type;
extern const DefType domain_watchdog_type;
extern const DefType domain_memballoon_type;
extern const DefType domain_rng_type;
extern const DefType domain_panic_type;
extern const DefType domain_hostdev_type;
extern const DefType domain_redirdev_type;
extern const DefType domain_redirfilter_type;
extern const DefType domain_lease_type;
extern const DefType domain_smartcard_type;
extern const DefType domain_fs_type;
extern const DefType domain_shmem_type;
extern const DefType domain_tpm_type;
extern const DefType domain_memory_type;
extern const DefType domain_iommu_type;
extern const DefType domain_vsock_type;
extern const DefType domain_crypto_type;
extern const DefType domain_nvram_type;
extern const DefType domain_pstore_type;

extern const DefType domain_memory_backing_type;
extern const DefType domain_idmap_type;
extern const DefType domain_sysinfo_type;
extern const DefType domain_seclabel_type;
extern const DefType domain_keywrap_type;
extern const DefType domain_launch_type;
extern const DefType domain_qemu_type;

extern const DefSyntax domain_usb_port_syntax;

/* <metadata_cache>, of which 0 bytes are QEMU's default. */
#define METADATA_CACHE_TYPE(struct_)                                                                \
        static const DefRow max_size_rows[] = {                                                     \
                ELEMENT(struct_, "max_size", metadata_cache, BYTES),                                \
        };                                                                                          \
        static void metadata_cache_finish(void *p, Arena *arena, bool live)                         \
        {                                                                                           \
                struct_ *owner = p;                                                                 \
                                                                                                    \
                if (owner->metadata_cache == 0)                                                     \
                        def_drop(owner, metadata_cache);                                            \
        }                                                                                           \
        static DEF_TYPE(metadata_cache_type, struct_, max_size_rows, .finish = metadata_cache_finish)

/* Rules over several fields. */
extern const DefRule domain_rules[];
extern const DefRule domain_clock_rules[];
extern const DefRule domain_timer_rules[];
/* Some of domain_rules[]. */
void domain_check_firmware(const void *p, DefChecker *checker);
void domain_check_qemu(const void *p, DefChecker *checker);
void domain_check_threads(const void *p, DefChecker *checker);
void domain_check_vcpus(const void *p, DefChecker *checker);
extern const DefRule domain_controller_rules[];
extern const DefRule domain_disk_rules[];
extern const DefRule domain_storage_rules[];
extern const DefRule domain_auth_rules[];
extern const DefRule domain_encryption_rules[];
extern const DefRule domain_reservations_rules[];
extern const DefRule domain_cookie_rules[];
extern const DefRule domain_iotune_rules[];
extern const DefRule domain_interface_rules[];
extern const DefRule domain_bandwidth_rules[];
extern const DefRule domain_chardev_rules[];
extern const DefRule domain_graphics_rules[];
extern const DefRule domain_input_rules[];
extern const DefRule domain_serial_rules[];
extern const DefRule domain_parallel_rules[];
extern const DefRule domain_console_rules[];
extern const DefRule domain_channel_rules[];
extern const DefRule domain_redirdev_rules[];
extern const DefRule domain_video_rules[];
extern const DefRule domain_sound_rules[];
extern const DefRule domain_watchdog_rules[];
extern const DefRule domain_memballoon_rules[];
extern const DefRule domain_panic_rules[];
extern const DefRule domain_nvram_rules[];
extern const DefRule domain_pstore_rules[];
extern const DefRule domain_rng_rules[];
extern const DefRule domain_hostdev_rules[];
extern const DefRule domain_smartcard_rules[];
extern const DefRule domain_fs_rules[];
extern const DefRule domain_shmem_rules[];
extern const DefRule domain_tpm_rules[];
extern const DefRule domain_memory_device_rules[];
extern const DefRule domain_iommu_rules[];
extern const DefRule domain_blkiotune_rules[];
extern const DefRule domain_memory_backing_rules[];
extern const DefRule domain_sched_rules[];
extern const DefRule domain_cputune_rules[];
extern const DefRule domain_numatune_rules[];
extern const DefRule domain_perf_rules[];
extern const DefRule domain_keywrap_rules[];
extern const DefRule domain_idmap_rules[];
extern const DefRule domain_numa_rules[];
extern const DefRule domain_cpu_rules[];
extern const DefRule domain_hyperv_rules[];
extern const DefRule domain_kvm_rules[];
extern const DefRule domain_sysinfo_rules[];
extern const DefRule domain_seclabel_rules[];
extern const DefRule domain_launch_rules[];
extern const DefRule domain_qemu_property_rules[];
