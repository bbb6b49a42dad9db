/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/word_call.h"

/* The disks of a domain: their jobs, backups, sizes. */

#define ON_DISK(name_, words_, n_, summary_, action_, ...)                                                     \
        .name = (name_), .words = (words_), .summary = (summary_), .min_words = (n_), .max_words = (n_),        \
        .action = (action_), .run = word_call_run, .noun = &noun_domain, .data = &(const WordCall) { __VA_ARGS__ }

/* virDomainBlockCommitFlags, virDomainBlockCopyFlags, virDomainBlockJobAbortFlags, virDomainBlockResizeFlags */
static const OptionBit commit_flags[] = { { "shallow", 1 << 0 }, { "delete", 1 << 1 }, { "active", 1 << 2 }, {} };
static const OptionBit copy_flags[] = {
        { "shallow", 1 << 0 }, { "reuse-external", 1 << 1 }, { "transient-job", 1 << 2 },
        { "synchronous-writes", 1 << 3 }, {},
};
static const OptionBit abort_flags[] = { { "async", 1 << 0 }, { "pivot", 1 << 1 }, {} };
static const OptionBit backup_flags[] = { { "reuse-external", 1 << 0 }, {} };
#define RESIZE_BYTES (1u << 0)

static const char *const bandwidth_value[] = { "bandwidth", NULL };
static const char *const commit_values[] = { "base", "top", "bandwidth", NULL };
static const char *const backup_values[] = { "checkpoint", NULL };

#define BANDWIDTH_OPTION { "bandwidth", 0, "MIB/S", "As fast as that at most" }

static const Option pull_options[] = { BANDWIDTH_OPTION, {} };
static const Option commit_options[] = {
        { "base", 0, "PATH", "The image that takes the changes (default: the last one)" },
        { "top", 0, "PATH", "The image that is given up (default: the active one)" },
        { "shallow", 0, NULL, "Only one layer" },
        { "delete", 0, NULL, "Images that are not needed any more are deleted" },
        { "active", 0, NULL, "The active image too, until blockjob-abort --pivot" },
        BANDWIDTH_OPTION,
        {},
};
static const Option copy_options[] = {
        { "shallow", 0, NULL, "The active image only" },
        { "reuse-external", 0, NULL, "Into a file that is there already" },
        { "transient-job", 0, NULL, "The job need not outlive the machine" },
        { "synchronous-writes", 0, NULL, "Writes go to both at once" },
        {},
};
static const Option abort_options[] = {
        { "pivot", 0, NULL, "The disk goes on with the copy" },
        { "async", 0, NULL, "Do not wait for the end" },
        {},
};
static const Option backup_options[] = {
        { "checkpoint", 0, "FILE", "Make the checkpoint in this XML file at the same time" },
        { "reuse-external", 0, NULL, "Into files that are there already" },
        {},
};

const Command disk_commands[] = {
        { ON_DISK("domblkinfo", "DOMAIN DISK", 2, "Show the size of a disk, in bytes", NULL, "GetBlockInfo", "su", "wf",
                  .titles = (const char *const[]) { "Capacity", "Allocation", "Physical", NULL }) },
        { ON_DISK("domblkerror", "DOMAIN", 1, "List the disks with errors: 1 unspecified, 2 no space", NULL,
                  "GetDiskErrors", "u", "f", .titles = (const char *const[]) { "Disk", "Error", NULL }) },
        { ON_DISK("domblkstat", "DOMAIN DISK", 2, "Show what a disk has done so far", NULL, "BlockStats", "su", "wf") },
        { ON_DISK("blockresize", "DOMAIN DISK SIZE", 3, "Change the size of a disk of a running machine",
                  "domain.block-write", "BlockResize", "stu", "wbf", .base = RESIZE_BYTES,
                  .done = "has its disk resized"),
          .details = "SIZE is in bytes, or has a unit: 512M, 20G.\n" },
        { ON_DISK("blockjob", "DOMAIN DISK", 2, "Show the job of a disk", NULL, "GetBlockJobInfo", "su", "wf",
                  .titles = (const char *const[]) { "Type", "Bandwidth", "Done", "Total", NULL }) },
        { ON_DISK("blockjob-abort", "DOMAIN DISK", 2, "End the job of a disk", "domain.block-write", "BlockJobAbort",
                  "su", "wf", .flags = abort_flags, .done = "has the job of its disk ended"),
          .options = abort_options },
        { ON_DISK("blockjob-speed", "DOMAIN DISK MIB/S", 3, "Limit how fast the job of a disk goes",
                  "domain.block-write", "BlockJobSetSpeed", "stu", "wwf", .done = "has the limit") },
        { ON_DISK("blockpull", "DOMAIN DISK", 2, "Fill the active image from its backing images",
                  "domain.block-write", "BlockPull", "stu", "wxf", .values = bandwidth_value,
                  .done = "pulls: virtbusctl jobs tells how far"),
          .options = pull_options },
        { ON_DISK("blockcommit", "DOMAIN DISK", 2, "Write changes down into a backing image", "domain.block-write",
                  "BlockCommit", "ssstu", "wxxxf", .flags = commit_flags, .values = commit_values,
                  .done = "commits: virtbusctl jobs tells how far"),
          .options = commit_options },
        { ON_DISK("blockcopy", "DOMAIN DISK FILE", 3, "Copy a disk to where an XML file says, and mirror it",
                  "domain.block-write", "BlockCopy", "ssa{sv}u", "wd{f", .flags = copy_flags,
                  .done = "copies: virtbusctl jobs tells how far"),
          .details = "FILE has a <disk> element; it may be - for standard input.\n", .options = copy_options },
        { ON_DISK("backup-begin", "DOMAIN FILE", 2, "Begin a backup as an XML file says", "domain.checkpoint",
                  "BackupBegin", "ssu", "dXf", .flags = backup_flags, .values = backup_values,
                  .done = "is being backed up: virtbusctl jobs tells how far"),
          .details = "FILE has a <domainbackup> element; it may be - for standard input.\n",
          .options = backup_options },
        { ON_DISK("backup-dumpxml", "DOMAIN", 1, "Print what the backup that goes on is", "domain.read",
                  "BackupGetXMLDesc", "u", "f", .key = "xml") },
        { ON_DISK("domblkthreshold", "DOMAIN DISK SIZE", 3, "Have it announced when a disk has grown to a size",
                  "domain.write", "SetBlockThreshold", "stu", "wbf", .done = "has the threshold"),
          .details = "SIZE is in bytes, or has a unit: 512M, 20G.\n" },
        {},
};
