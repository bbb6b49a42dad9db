/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/nouns.h"

#include "tools/virtbusctl/document.h"
#include "tools/virtbusctl/word_call.h"

#include <stdio.h>
#include <string.h>

static const Option base64_options[] = {
        { "base64", 0, NULL, "The value is written in base64" },
        {},
};

/* Secrets. A value comes from standard input or a file, never from the command line, which others can read. */

static void wipe(char *data, size_t size)
{
        explicit_bzero(data, size);
        g_free(data);
}

/* One newline at the end is the person's, not the secret's. */
static int read_value(const Arguments *arguments, char **ret, size_t *ret_size, Failure *failure)
{
        g_autofree char *text = NULL;
        int r = document_read(arguments_word(arguments, 1) ?: "-", &text, failure);
        size_t size;

        if (r < 0)
                return r;
        size = strlen(text);
        if (size > 0 && text[size - 1] == '\n')
                text[--size] = '\0';
        if (arguments_has(arguments, "base64"))
                (void) g_base64_decode_inplace(text, &size);
        *ret = g_steal_pointer(&text);
        *ret_size = size;
        return 0;
}

static int set_value_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL;
        char *value = NULL;
        size_t size = 0;
        int r = target_resolve_one(ctl, arguments, &target, &path, failure);

        if (r >= 0)
                r = read_value(arguments, &value, &size, failure);
        if (r >= 0)
                r = ctl_new_call(ctl, path, "Secret", "SetValue", &m, failure);
        if (r < 0)
                goto finish;
        r = sd_bus_message_sensitive(m);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'y', value, size);
        if (r >= 0)
                r = sd_bus_message_append(m, "u", 0);
        r = r < 0 ? failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r)) :
                    ctl_send(ctl, m, CALL_CHANGES, NULL, failure);
        if (r >= 0)
                ctl_say(ctl, "Secret '%s' has its value\n", arguments_word(arguments, 0));
finish:
        wipe(value, size);
        return r;
}

static int get_value_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL, *base64 = NULL;
        const void *value;
        size_t size;
        int r = target_resolve_one(ctl, arguments, &target, &path, failure);

        if (r >= 0)
                r = ctl_call(ctl, path, "Secret", "GetValue", CALL_CHANGES, &reply, failure, "u", 0);
        if (r < 0)
                return r;
        r = sd_bus_message_read_array(reply, 'y', &value, &size);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        base64 = g_base64_encode(value, size);
        if (ctl->json || arguments_has(arguments, "base64"))
                r = ctl_print_document(ctl, "base64", base64);
        else
                (void) fwrite(value, 1, size, stdout);
        wipe(g_steal_pointer(&base64), strlen(base64));
        return r < 0 ? r : 0;
}

/* virSecretUsageType */
static char *format_usage(JsonNode *value)
{
        static const char *const words[] = { "none", "volume", "ceph", "iscsi", "tls", "vtpm" };
        int64_t usage = json_node_get_int(value);

        return usage >= 0 && usage < (int64_t) ELEMENTSOF(words) ? g_strdup(words[usage]) :
                                                                  g_strdup_printf("%" PRIi64, usage);
}

static const Finder secret_finders[] = { { "SecretLookupByUUID", FIND_BY_UUID }, {} };

static const NounColumn secret_columns[] = {
        { "UUID", "UUID" },         { "Usage", "UsageType", .format = format_usage }, { "Id", "UsageID" },
        { "Private", "Private" },   { "Ephemeral", "Ephemeral" },                     { "Value", "HasValue" },
        { "Description", "Description" }, {},
};

static const Command secret_commands[] = {
        NOUN_LIST(noun_secret, NULL, noun_list_options),
        NOUN_INFO(noun_secret, "SECRET…", 1),
        NOUN_WATCH(noun_secret, "[SECRET…]", 0),
        NOUN_DUMPXML(noun_secret, "SECRET", 1, NULL, NULL),
        { .name = "define", .words = "FILE", .summary = "Define a secret, or change it, from XML", .details = FROM_FILE,
          .options = validate_options, .min_words = 1, .max_words = 1, .action = "secret.save", .run = noun_define_run,
          .noun = &noun_secret, .data = &(const NounCall) { "SecretDefineXML", "defined from", validate_flag } },
        { .name = "edit", .words = "SECRET", .summary = "Change the definition in an editor", .min_words = 1,
          .max_words = 1, .action = "secret.save", .run = noun_edit_run, .noun = &noun_secret,
          .data = &(const NounEdit) { { "SecretDefineXML", NULL, validate_flag }, 0, 1 << 0 } },
        { .name = "set-value", .words = "SECRET [FILE]",
          .summary = "Give a secret its value, from standard input or a file",
          .options = base64_options, .min_words = 1, .max_words = 2, .action = "secret.write", .run = set_value_run,
          .noun = &noun_secret },
        { .name = "get-value", .words = "SECRET", .summary = "Print the value of a secret that is not private",
          .options = base64_options, .min_words = 1, .max_words = 1, .action = "secret.read-secure",
          .run = get_value_run, .noun = &noun_secret },
        { .name = "undefine", .words = "SECRET…", .summary = "Forget secrets and their values", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "secret.delete", .run = noun_call_run, .noun = &noun_secret,
          .data = &(const NounCall) { "Undefine", "undefined", NULL } },
        {},
};

const Noun noun_secret = {
        .word = "secret",
        .plural = "secrets",
        .title = "Secret",
        .interface = "Secret",
        .lister = "ListSecretsDetailed",
        .finders = secret_finders,
        .columns = secret_columns,
        .commands = secret_commands,
};

/* Devices of the host. */

static int detach_one(Ctl *ctl, const char *word, const char *path, void *userdata, Failure *failure)
{
        const Arguments *arguments = userdata;

        return ctl_call(ctl, path, "NodeDevice", "Detach", CALL_CHANGES, NULL, failure, "su",
                        strempty(arguments_value(arguments, "driver-name")), 0);
}

static int detach_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        return noun_for_each(ctl, ctl->command->noun, NULL, arguments, 0, "is free for guests", detach_one,
                             (void *) arguments, failure);
}

static const Option detach_options[] = {
        { "driver-name", 0, "DRIVER", "Which driver takes it (default: the host's choice, vfio-pci)" },
        {},
};

static const Finder device_finders[] = { { "NodeDeviceLookupByName", FIND_BY_TEXT }, {} };
static const NounColumn device_columns[] = { { "Name", "Name" }, { "Parent", "Parent" }, { "Active", "Active" }, {} };

static const Command device_commands[] = {
        NOUN_LIST(noun_device, NULL, noun_list_state_options),
        NOUN_INFO(noun_device, "DEVICE…", 1),
        NOUN_WATCH(noun_device, "[DEVICE…]", 0),
        NOUN_DUMPXML(noun_device, "DEVICE", 1, NULL, NULL),
        { .name = "define", .words = "FILE", .summary = "Define a device, as a mediated one, from XML",
          .details = FROM_FILE, .options = validate_options, .min_words = 1, .max_words = 1,
          .action = "node-device.save", .run = noun_define_run, .noun = &noun_device,
          .data = &(const NounCall) { "NodeDeviceDefineXML", "defined from", validate_flag } },
        { .name = "create", .words = "FILE", .summary = "Create a device, as a mediated one, from XML",
          .details = FROM_FILE, .options = validate_options, .min_words = 1, .max_words = 1,
          .action = "node-device.start", .run = noun_define_run, .noun = &noun_device,
          .data = &(const NounCall) { "NodeDeviceCreateXML", "created from", validate_flag } },
        { .name = "start", .words = "DEVICE…", .summary = "Create defined devices", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "node-device.start", .run = noun_call_run, .noun = &noun_device,
          .data = &(const NounCall) { "Create", "started", no_flags } },
        { .name = "stop", .words = "DEVICE…", .summary = "Destroy devices that were created", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "node-device.stop", .run = noun_call_run, .noun = &noun_device,
          .data = &(const NounCall) { "Destroy", "stopped", NULL } },
        { .name = "autostart", .words = "DEVICE… [on|off]", .summary = "Create defined devices with the host, or not",
          .options = on_off_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS, .action = "node-device.write",
          .run = noun_on_off_run,
          .noun = &noun_device, .data = &(const NounCall) { "Autostart", NULL, NULL } },
        { .name = "undefine", .words = "DEVICE…", .summary = "Forget the definition of devices", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "node-device.delete", .run = noun_call_run, .noun = &noun_device,
          .data = &(const NounCall) { "Undefine", "undefined", no_flags } },
        { .name = "caps", .words = "DEVICE", .summary = "List what a device can do", .min_words = 1, .max_words = 1,
          .run = word_call_run, .noun = &noun_device, .data = &(const WordCall) { "ListCaps", "", "" } },
        { .name = "update", .words = "DEVICE FILE", .summary = "Change a device, as a mediated one, from XML",
          .details = FROM_FILE, .min_words = 2, .max_words = 2, .action = "node-device.write", .run = word_call_run,
          .noun = &noun_device, .data = &(const WordCall) { "Update", "su", "df", .done = "updated" } },
        { .name = "detach", .words = "DEVICE…", .summary = "Take devices from the host, so that guests can have them",
          .options = detach_options, .min_words = 1, .max_words = ANY_NUMBER_OF_WORDS, .action = "node-device.detach",
          .run = detach_run, .noun = &noun_device },
        { .name = "reattach", .words = "DEVICE…", .summary = "Give devices back to the host", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "node-device.detach", .run = noun_call_run, .noun = &noun_device,
          .data = &(const NounCall) { "ReAttach", "is the host's again", NULL } },
        { .name = "reset", .words = "DEVICE…", .summary = "Reset devices", .min_words = 1,
          .max_words = ANY_NUMBER_OF_WORDS, .action = "node-device.detach", .run = noun_call_run, .noun = &noun_device,
          .data = &(const NounCall) { "Reset", "reset", NULL } },
        {},
};

const Noun noun_device = {
        .word = "device",
        .plural = "devices",
        .title = "Device",
        .interface = "NodeDevice",
        .lister = "ListNodeDevicesDetailed",
        .has_state = true,
        .finders = device_finders,
        .columns = device_columns,
        .commands = device_commands,
};
