/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/nouns.h"

#include "tools/virtbusctl/document.h"
#include "tools/virtbusctl/storage_as.h"
#include "tools/virtbusctl/volume.h"

#define POOL_WORDS "NAME TYPE [HOST [PATH [DEVICE [SOURCE [TARGET [FORMAT]]]]]]"
#define POOL_WORDS_DETAILS "Words behind TYPE are what the options say by name, or - for none.\n"

/* virStoragePoolCreateFlags, virStoragePoolBuildFlags, virStoragePoolDeleteFlags */
static const OptionBit pool_start_flags[] = { POOL_START_BITS, {} };
static const OptionBit pool_build_flags[] = { { "overwrite", 1 << 3 }, { "no-overwrite", 1 << 2 }, {} };
static const OptionBit zeroed_flag[] = { { "zeroed", 1 << 0 }, {} };

static const Option pool_start_options[] = { POOL_START_OPTIONS, {} };

static const Option pool_build_options[] = {
        { "overwrite", 0, NULL, "Also over what is there" },
        { "no-overwrite", 0, NULL, "Unless something is there" },
        {},
};

static const Option zeroed_options[] = {
        { "zeroed", 0, NULL, "Overwrite the data with zeros" },
        {},
};

static const Finder pool_finders[] = {
        { "StoragePoolLookupByUUID", FIND_BY_UUID },
        { "StoragePoolLookupByName", FIND_BY_TEXT },
        {},
};

static const NounColumn pool_columns[] = {
        { "Name", "Name" },
        { "State", "State" },
        { "Autostart", "Autostart" },
        { "Type", "Type" },
        { "Capacity", "Capacity", true, noun_format_bytes },
        { "Allocation", "Allocation", true, noun_format_bytes },
        { "Available", "Available", true, noun_format_bytes },
        {},
};

static const Command pool_commands[] = {
        NOUN_LIST(noun_pool, NULL, noun_list_state_options),
        NOUN_INFO(noun_pool, "POOL…", 1),
        NOUN_WATCH(noun_pool, "[POOL…]", 0),
        NOUN_DUMPXML(noun_pool, "POOL", 1, inactive_options, inactive_flag),
        { .name = "define", .words = "FILE", .summary = "Define a pool, or change its definition, from XML",
          .details = FROM_FILE "The pool is not started.\n", .options = validate_options, .min_words = 1,
          .max_words = 1,
          .action = "storage-pool.save", .run = noun_define_run, .noun = &noun_pool,
          .data = &(const NounCall) { "StoragePoolDefineXML", "defined from", validate_flag } },
        { .name = "define-as", .words = POOL_WORDS, .summary = "Define a pool as words and options say",
          .details = POOL_WORDS_DETAILS, .options = pool_define_as_options, .min_words = 2, .max_words = 8,
          .action = "storage-pool.save", .run = noun_compose_run, .noun = &noun_pool, .data = &pool_define_as },
        { .name = "create", .words = "FILE", .summary = "Start a pool from XML without keeping its definition",
          .details = FROM_FILE, .options = pool_start_options, .min_words = 1, .max_words = 1,
          .action = "storage-pool.start", .run = noun_define_run, .noun = &noun_pool,
          .data = &(const NounCall) { "StoragePoolCreateXML", "created from", pool_start_flags } },
        { .name = "create-as", .words = POOL_WORDS,
          .summary = "Start a pool as words and options say, but do not keep it",
          .details = POOL_WORDS_DETAILS, .options = pool_create_as_options, .min_words = 2, .max_words = 8,
          .action = "storage-pool.start", .run = noun_compose_run, .noun = &noun_pool, .data = &pool_create_as },
        { .name = "edit", .words = "POOL", .summary = "Change the definition in an editor", .min_words = 1,
          .max_words = 1, .action = "storage-pool.save", .run = noun_edit_run, .noun = &noun_pool,
          .data = &(const NounEdit) { { "StoragePoolDefineXML", NULL, validate_flag }, 1 << 0, 1 << 0 } },
        { .name = "build", .words = "POOL…", .summary = "Make what pools stand on: a directory, a file system, a table",
          .options = pool_build_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS,
          .action = "storage-pool.format", .run = noun_call_run, .noun = &noun_pool,
          .data = &(const NounCall) { "Build", "built", pool_build_flags } },
        { .name = "start", .words = "POOL…", .summary = "Start inactive pools", .options = pool_start_options,
          .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS, .action = "storage-pool.start", .run = noun_call_run,
          .noun = &noun_pool, .data = &(const NounCall) { "Create", "started", pool_start_flags } },
        { .name = "stop", .words = "POOL…", .summary = "Stop pools; their data stays", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "storage-pool.stop", .run = noun_call_run, .noun = &noun_pool,
          .data = &(const NounCall) { "Destroy", "stopped", NULL } },
        { .name = "refresh", .words = "POOL…", .summary = "Look anew at what is in pools", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "storage-pool.refresh", .run = noun_call_run, .noun = &noun_pool,
          .data = &(const NounCall) { "Refresh", "refreshed", no_flags } },
        { .name = "autostart", .words = "POOL… [on|off]", .summary = "Start pools with the host, or not",
          .options = on_off_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS, .action = "storage-pool.write",
          .run = noun_on_off_run,
          .noun = &noun_pool, .data = &(const NounCall) { "Autostart", NULL, NULL } },
        { .name = "delete", .words = "POOL…", .summary = "Delete what inactive pools stand on, with all data",
          .options = zeroed_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS,
          .action = "storage-pool.format", .run = noun_call_run, .noun = &noun_pool,
          .data = &(const NounCall) { "Delete", "deleted", zeroed_flag } },
        { .name = "undefine", .words = "POOL…", .summary = "Forget the definition of pools", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "storage-pool.delete", .run = noun_call_run, .noun = &noun_pool,
          .data = &(const NounCall) { "Undefine", "undefined", NULL } },
        {},
};

const Noun noun_pool = {
        .word = "pool",
        .plural = "pools",
        .title = "Pool",
        .interface = "StoragePool",
        .lister = "ListStoragePoolsDetailed",
        .has_state = true,
        .finders = pool_finders,
        .columns = pool_columns,
        .commands = pool_commands,
};

/* virStorageVolCreateFlags, virStorageVolDeleteFlags, virStorageVolResizeFlags */
static const OptionBit volume_create_flags[] = { { "prealloc-metadata", 1 << 0 }, {} };
static const OptionBit volume_clone_flags[] = { { "prealloc-metadata", 1 << 0 }, { "reflink", 1 << 1 }, {} };
static const OptionBit volume_delete_flags[] = { { "zeroed", 1 << 0 }, { "with-snapshots", 1 << 1 }, {} };

static const Option volume_create_options[] = {
        { "prealloc-metadata", 0, NULL, "Allocate the metadata of a qcow2 image" },
        {},
};

static const Option volume_delete_options[] = {
        { "zeroed", 0, NULL, "Overwrite the data with zeros" },
        { "with-snapshots", 0, NULL, "Its snapshots too" },
        {},
};

static const Finder volume_finders[] = {
        { "StorageVolLookupByName", FIND_BY_TEXT },
        { "StorageVolLookupByKey", FIND_BY_TEXT, true },
        { "StorageVolLookupByPath", FIND_BY_TEXT, true },
        {},
};

static const NounColumn volume_columns[] = {
        { "Name", "Name" },
        { "Type", "Type" },
        { "Format", "Format" },
        { "Capacity", "Capacity", true, noun_format_bytes },
        { "Allocation", "Allocation", true, noun_format_bytes },
        { "Path", "Path" },
        {},
};

static const Command volume_commands[] = {
        NOUN_LIST(noun_volume, "POOL", noun_list_options),
        NOUN_INFO(noun_volume, "POOL VOLUME…", 2),
        NOUN_WATCH(noun_volume, "POOL [VOLUME…]", 1),
        NOUN_DUMPXML(noun_volume, "POOL VOLUME", 2, NULL, NULL),
        { .name = "create", .words = "POOL FILE", .summary = "Create a volume from XML", .details = FROM_FILE,
          .options = volume_create_options, .min_words = 2, .max_words = 2, .action = "storage-vol.create",
          .run = noun_define_run, .noun = &noun_volume,
          .data = &(const NounCall) { "StorageVolCreateXML", "created from", volume_create_flags } },
        { .name = "create-as", .words = "POOL NAME CAPACITY", .summary = "Create a volume as words and options say",
          .details = "CAPACITY is in bytes, or with K, M, G or T.\n", .options = volume_create_as_options,
          .min_words = 3, .max_words = 3, .action = "storage-vol.create", .run = noun_compose_run,
          .noun = &noun_volume, .data = &volume_create_as },
        { .name = "clone", .words = "POOL VOLUME NAME", .summary = "Create a volume with the data of another",
          .options = volume_clone_options, .min_words = 3, .max_words = 3, .action = "storage-vol.create",
          .run = volume_clone_run, .noun = &noun_volume, .data = volume_clone_flags },
        { .name = "resize", .words = "POOL VOLUME SIZE", .summary = "Change the capacity of a volume",
          .details = "SIZE is in bytes, or with K, M, G or T; +SIZE adds to it.\n", .options = volume_resize_options,
          .min_words = 3, .max_words = 3, .action = "storage-vol.resize", .run = volume_resize_run,
          .noun = &noun_volume },
        { .name = "wipe", .words = "POOL VOLUME…", .summary = "Overwrite the data of volumes with zeros",
          .min_words = 2,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "storage-vol.format", .run = volume_wipe_run,
          .noun = &noun_volume },
        { .name = "upload", .words = "POOL VOLUME FILE", .summary = "Put the contents of a file into a volume",
          .details = FROM_FILE, .options = volume_place_options, .min_words = 3, .max_words = 3,
          .action = "storage-vol.data-write", .run = volume_upload_run, .noun = &noun_volume },
        { .name = "download", .words = "POOL VOLUME FILE", .summary = "Put the data of a volume into a file",
          .details = "FILE may be - for standard output.\n", .options = volume_place_options, .min_words = 3,
          .max_words = 3, .action = "storage-vol.data-read", .run = volume_download_run, .noun = &noun_volume },
        { .name = "delete", .words = "POOL VOLUME…", .summary = "Delete volumes and their data",
          .options = volume_delete_options, .min_words = 2, .max_words = ANY_NUMBER_OF_WORDS,
          .action = "storage-vol.delete", .run = noun_call_run, .noun = &noun_volume,
          .data = &(const NounCall) { "Delete", "deleted", volume_delete_flags } },
        {},
};

const Noun noun_volume = {
        .word = "volume",
        .plural = "volumes",
        .title = "Volume",
        .interface = "StorageVol",
        .within = &noun_pool,
        .lister = "ListStorageVolumesDetailed",
        .finders = volume_finders,
        .columns = volume_columns,
        .commands = volume_commands,
};
