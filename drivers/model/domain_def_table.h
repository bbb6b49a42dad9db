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
extern const DefType domain_disk_type;
extern const DefType domain_controller_type;
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

/* Rules over several fields. */
extern const DefRule domain_rules[];
extern const DefRule domain_controller_rules[];
extern const DefRule domain_disk_rules[];
extern const DefRule domain_interface_rules[];
extern const DefRule domain_chardev_rules[];
extern const DefRule domain_graphics_rules[];
