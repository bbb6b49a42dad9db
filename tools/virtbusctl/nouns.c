/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/nouns.h"

#include "tools/virtbusctl/moment_as.h"

const Noun *const nouns[] = {
        &noun_network, &noun_port,   &noun_interface, &noun_filter, &noun_binding,    &noun_pool,
        &noun_volume,  &noun_secret, &noun_device,    &noun_snapshot, &noun_checkpoint, NULL,
};

const Option validate_options[] = {
        { "validate", 0, NULL, "Refuse what the format does not know" },
        {},
};

const Option inactive_options[] = {
        { "inactive", 0, NULL, "The definition for the next start, not the running one" },
        {},
};

const OptionBit validate_flag[] = { { "validate", 1 << 0 }, {} };
const OptionBit inactive_flag[] = { { "inactive", 1 << 0 }, {} };

static const Finder domain_finders[] = {
        { "DomainLookupByUUID", FIND_BY_UUID },
        { "DomainLookupByID", FIND_BY_NUMBER },
        { "DomainLookupByName", FIND_BY_TEXT },
        {},
};

static const NounColumn domain_columns[] = { { "Name", "Name" }, {} };

static const Command no_commands[] = { {} };

const Noun noun_domain = {
        .word = "domain",
        .plural = "domains",
        .title = "Domain",
        .interface = "Domain",
        .lister = "ListDomainsDetailed",
        .has_state = true,
        .finders = domain_finders,
        .columns = domain_columns,
        .commands = no_commands,
};

/* Snapshots and checkpoints of a domain. */

static const OptionBit snapshot_create_flags[] = { SNAPSHOT_CREATE_BITS, {} };

static const OptionBit snapshot_delete_flags[] = {
        { "children", 1 << 0 }, { "metadata", 1 << 1 }, { "children-only", 1 << 2 }, {},
};

static const OptionBit snapshot_revert_flags[] = {
        { "running", 1 << 0 }, { "paused", 1 << 1 }, { "force", 1 << 2 }, { "reset-nvram", 1 << 3 }, {},
};

static const OptionBit checkpoint_create_flags[] = { CHECKPOINT_CREATE_BITS, {} };

static const Option snapshot_create_options[] = { SNAPSHOT_CREATE_OPTIONS, {} };

static const Option snapshot_delete_options[] = {
        { "children", 0, NULL, "With all that descend from it" },
        { "children-only", 0, NULL, "Only what descends from it" },
        { "metadata", 0, NULL, "Forget it, but leave its data" },
        {},
};

static const Option snapshot_revert_options[] = {
        { "running", 0, NULL, "The domain runs afterwards" },
        { "paused", 0, NULL, "The domain is paused afterwards" },
        { "force", 0, NULL, "Also where the guest will notice" },
        { "reset-nvram", 0, NULL, "With fresh firmware variables" },
        {},
};

static const Option checkpoint_create_options[] = { CHECKPOINT_CREATE_OPTIONS, {} };

static const Finder snapshot_finders[] = { { "SnapshotLookupByName", FIND_BY_TEXT_FLAGS }, {} };
static const Finder checkpoint_finders[] = { { "CheckpointLookupByName", FIND_BY_TEXT_FLAGS }, {} };

static const NounColumn moment_columns[] = {
        { "Name", "Name" },
        { "Created", "CreationTime", .format = noun_format_time },
        { "Parent", "ParentName" },
        { "Current", "Current" },
        {},
};

static const NounColumn snapshot_columns[] = {
        { "Name", "Name" },
        { "Created", "CreationTime", .format = noun_format_time },
        { "State", "State" },
        { "Parent", "ParentName" },
        { "Current", "Current" },
        {},
};

/* virDomainSnapshotXMLFlags, virDomainSnapshotCreateFlags and their like of checkpoints: a redefinition */
static const NounEdit snapshot_edit = {
        { "SnapshotCreateXML", NULL, no_flags }, .xml_flags = 1 << 0, .validate = 1 << 9, .flags = 1 << 0,
        .current = 1 << 1,
};
static const NounEdit checkpoint_edit = {
        { "CheckpointCreateXML", NULL, no_flags }, .xml_flags = 1 << 0, .flags = 1 << 0,
};

static const Command snapshot_commands[] = {
        NOUN_LIST(noun_snapshot, "DOMAIN", noun_list_options),
        NOUN_INFO(noun_snapshot, "DOMAIN SNAPSHOT…", 2),
        NOUN_DUMPXML(noun_snapshot, "DOMAIN SNAPSHOT", 2, NULL, NULL),
        NOUN_WATCH(noun_snapshot, "DOMAIN [SNAPSHOT…]", 1),
        { .name = "create", .words = "DOMAIN FILE", .summary = "Make a snapshot as an XML file says",
          .details = "FILE may be - for standard input; <domainsnapshot/> leaves all to the service.\n",
          .options = snapshot_create_options, .min_words = 2, .max_words = 2, .action = "domain.snapshot",
          .run = noun_define_run, .noun = &noun_snapshot,
          .data = &(const NounCall) { "SnapshotCreateXML", "made from", snapshot_create_flags } },
        { .name = "create-as", .words = "DOMAIN [NAME [DESCRIPTION]]",
          .summary = "Make a snapshot as words and options say",
          .details = "Keys of --diskspec are snapshot (internal, external, manual, no), stype, driver, file and dev.\n",
          .options = snapshot_create_as_options, .min_words = 1, .max_words = 3, .action = "domain.snapshot",
          .run = noun_compose_run, .noun = &noun_snapshot, .data = &snapshot_create_as },
        { .name = "edit", .words = "DOMAIN SNAPSHOT", .summary = "Change what is known of it in an editor",
          .details = "Its data stay as they are. Under another name it is kept twice.\n", .min_words = 2,
          .max_words = 2, .action = "domain.snapshot", .run = noun_edit_run, .noun = &noun_snapshot,
          .data = &snapshot_edit },
        { .name = "revert", .words = "DOMAIN SNAPSHOT", .summary = "Take the domain back to it",
          .options = snapshot_revert_options, .min_words = 2, .max_words = 2, .action = "domain.snapshot",
          .run = noun_call_run, .noun = &noun_snapshot,
          .data = &(const NounCall) { "Revert", "is what the domain is again", snapshot_revert_flags } },
        { .name = "delete", .words = "DOMAIN SNAPSHOT…", .summary = "Delete snapshots",
          .options = snapshot_delete_options, .min_words = 2, .max_words = ANY_NUMBER_OF_WORDS,
          .action = "domain.snapshot", .run = noun_call_run, .noun = &noun_snapshot,
          .data = &(const NounCall) { "Delete", "deleted", snapshot_delete_flags } },
        {},
};

static const Command checkpoint_commands[] = {
        NOUN_LIST(noun_checkpoint, "DOMAIN", noun_list_options),
        NOUN_INFO(noun_checkpoint, "DOMAIN CHECKPOINT…", 2),
        NOUN_DUMPXML(noun_checkpoint, "DOMAIN CHECKPOINT", 2, NULL, NULL),
        NOUN_WATCH(noun_checkpoint, "DOMAIN [CHECKPOINT…]", 1),
        { .name = "create", .words = "DOMAIN FILE", .summary = "Make a checkpoint as an XML file says",
          .details = "FILE may be - for standard input; <domaincheckpoint/> leaves all to the service.\n",
          .options = checkpoint_create_options, .min_words = 2, .max_words = 2, .action = "domain.checkpoint",
          .run = noun_define_run, .noun = &noun_checkpoint,
          .data = &(const NounCall) { "CheckpointCreateXML", "made from", checkpoint_create_flags } },
        { .name = "create-as", .words = "DOMAIN [NAME [DESCRIPTION]]",
          .summary = "Make a checkpoint as words and options say",
          .details = "Keys of --diskspec are checkpoint (bitmap, no) and bitmap.\n",
          .options = checkpoint_create_as_options, .min_words = 1, .max_words = 3, .action = "domain.checkpoint",
          .run = noun_compose_run, .noun = &noun_checkpoint, .data = &checkpoint_create_as },
        { .name = "edit", .words = "DOMAIN CHECKPOINT", .summary = "Change what is known of it in an editor",
          .details = "Its data stay as they are. Under another name it is kept twice.\n", .min_words = 2,
          .max_words = 2, .action = "domain.checkpoint", .run = noun_edit_run, .noun = &noun_checkpoint,
          .data = &checkpoint_edit },
        { .name = "delete", .words = "DOMAIN CHECKPOINT…", .summary = "Delete checkpoints",
          .options = snapshot_delete_options, .min_words = 2, .max_words = ANY_NUMBER_OF_WORDS,
          .action = "domain.checkpoint", .run = noun_call_run, .noun = &noun_checkpoint,
          .data = &(const NounCall) { "Delete", "deleted", snapshot_delete_flags } },
        {},
};

const Noun noun_snapshot = {
        .word = "snapshot",
        .plural = "snapshots",
        .title = "Snapshot",
        .interface = "DomainSnapshot",
        .within = &noun_domain,
        .lister = "ListDomainSnapshotsDetailed",
        .finders = snapshot_finders,
        .columns = snapshot_columns,
        .commands = snapshot_commands,
};

const Noun noun_checkpoint = {
        .word = "checkpoint",
        .plural = "checkpoints",
        .title = "Checkpoint",
        .interface = "DomainCheckpoint",
        .within = &noun_domain,
        .lister = "ListDomainCheckpointsDetailed",
        .finders = checkpoint_finders,
        .columns = moment_columns,
        .commands = checkpoint_commands,
};
