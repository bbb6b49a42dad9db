/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/volume.h"

#include "tools/virtbusctl/text.h"
#include "tools/virtbusctl/transfer.h"
#include "tools/virtbusctl/word_call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* virStorageVolResizeFlags */
static const OptionBit resize_flags[] = { { "allocate", 1 << 0 }, { "shrink", 1 << 2 }, {} };
#define RESIZE_DELTA (1u << 1)

const Option volume_clone_options[] = {
        { "prealloc-metadata", 0, NULL, "Allocate the metadata of a qcow2 image" },
        { "reflink", 0, NULL, "Share the data where the file system can" },
        {},
};

const Option volume_resize_options[] = {
        { "allocate", 0, NULL, "Allocate what is added" },
        { "shrink", 0, NULL, "It may become smaller, which loses data" },
        {},
};

const Option volume_place_options[] = {
        { "offset", 0, "SIZE", "Where in the volume to begin (default: 0)" },
        { "length", 0, "SIZE", "How much (default: up to the end)" },
        {},
};

int volume_resize_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        uint32_t flags = arguments_bits(arguments, resize_flags);
        const char *size = arguments_word(arguments, 2);
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL;
        uint64_t bytes;
        int r;

        if (size[0] == '+') {
                flags |= RESIZE_DELTA;
                size++;
        }
        r = word_size(size, 0, &bytes, failure);
        if (r >= 0)
                r = target_resolve_one(ctl, arguments, &target, &path, failure);
        if (r >= 0)
                r = ctl_call(ctl, path, "StorageVol", "Resize", CALL_CHANGES, NULL, failure, "tu", bytes, flags);
        if (r >= 0)
                ctl_say(ctl, "Volume '%s' resized\n", arguments_word(arguments, 1));
        return r;
}

/* The definition of a clone: all but the name comes from the volume. */
int volume_clone_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree char *path = NULL, *name = NULL, *xml = NULL;
        g_autoptr(JsonObject) volume = NULL;
        _cleanup_target_ Target target = {};
        int r = target_resolve_one(ctl, arguments, &target, &path, failure);

        if (r >= 0)
                r = ctl_get_all(ctl, path, "StorageVol", &volume, failure);
        if (r < 0)
                return r;
        name = g_markup_escape_text(arguments_word(arguments, 2), -1);
        xml = g_strdup_printf("<volume><name>%s</name><capacity unit='bytes'>%" PRIi64 "</capacity>"
                              "<target><format type='%s'/></target></volume>",
                              name, json_int(volume, "capacity"), json_string(volume, "format"));
        r = ctl_call(ctl, target.container, "StoragePool", "StorageVolCreateXMLFrom", CALL_CHANGES, &reply, failure,
                     "ssu", xml, json_string(volume, "key"), arguments_bits(arguments, ctl->command->data));
        if (r >= 0)
                ctl_say(ctl, "Volume '%s' cloned to '%s'\n", arguments_word(arguments, 1),
                        arguments_word(arguments, 2));
        return r;
}

static int wipe_one(Ctl *ctl, const char *word, const char *path, void *userdata, Failure *failure)
{
        return ctl_call(ctl, path, "StorageVol", "Wipe", CALL_CHANGES, NULL, failure, "uu", 0, 0);
}

int volume_wipe_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_target_ Target target = {};
        int r = target_resolve(ctl, arguments, &target, failure);

        return r < 0 ? r : noun_for_each(ctl, ctl->command->noun, target.container, arguments, target.first, "wiped",
                                         wipe_one, NULL, failure);
}

static int read_place(const Arguments *arguments, uint64_t *offset, uint64_t *length, Failure *failure)
{
        int r = 0;

        *offset = *length = 0;
        if (arguments_has(arguments, "offset"))
                r = word_size(arguments_value(arguments, "offset"), 0, offset, failure);
        if (r >= 0 && arguments_has(arguments, "length"))
                r = word_size(arguments_value(arguments, "length"), 0, length, failure);
        return r;
}

/* Upload or Download: the descriptor, which is the caller's. */
static int open_volume(Ctl *ctl, const Arguments *arguments, const char *member, uint64_t *ret_length, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL;
        uint64_t offset;
        int fd, r = read_place(arguments, &offset, ret_length, failure);

        if (r >= 0)
                r = target_resolve_one(ctl, arguments, &target, &path, failure);
        if (r >= 0)
                r = ctl_call(ctl, path, "StorageVol", member, CALL_CHANGES, &reply, failure, "ttu", offset,
                             *ret_length, 0);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "h", &fd);
        if (r >= 0)
                r = fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return r < 0 ? ctl_bad_reply(ctl, failure, r) : fd;
}

static int finish(Ctl *ctl, const char *volume, const char *done, uint64_t bytes)
{
        g_autofree char *size = text_size_kib(bytes / 1024);

        ctl_say(ctl, "Volume '%s' %s: %s\n", volume, done, size);
        return 0;
}

int volume_upload_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *volume = arguments_word(arguments, 1), *file = arguments_word(arguments, 2);
        _cleanup_close_ int from = streq(file, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) :
                                                      open(file, O_RDONLY | O_CLOEXEC);
        _cleanup_close_ int to = -EBADF;
        uint64_t bytes, length;
        struct stat st;
        int r;

        if (from < 0 || fstat(from, &st) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "cannot read '%s': %s", file, g_strerror(errno));
        to = open_volume(ctl, arguments, "Upload", &length, failure);
        if (to < 0)
                return to;
        r = transfer_run(from, to, S_ISREG(st.st_mode) ? (uint64_t) st.st_size : 0, volume, ctl->progress, &bytes,
                         failure);
        return r < 0 ? r : finish(ctl, volume, "uploaded", bytes);
}

int volume_download_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *volume = arguments_word(arguments, 1), *file = arguments_word(arguments, 2);
        _cleanup_close_ int from = -EBADF, to = -EBADF;
        uint64_t bytes, length;
        int r;

        from = open_volume(ctl, arguments, "Download", &length, failure);
        if (from < 0)
                return from;
        to = streq(file, "-") ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) :
                                open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (to < 0)
                return failure_set(failure, EXIT_STATUS_USAGE, "cannot write '%s': %s", file, g_strerror(errno));
        r = transfer_run(from, to, length, volume, ctl->progress, &bytes, failure);
        if (r < 0 || streq(file, "-"))
                return r;
        return finish(ctl, volume, "downloaded", bytes);
}
