/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_save_image.h"

#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_store.h"

#include <byteswap.h>
#include <string.h>

#define MAGIC "LibvirtQemudSave"
#define MAGIC_PARTIAL "LibvirtQemudPart"
#define MAGIC_SIZE 16u
#define VERSION 2u
/* Files may be read and written around the cache: what follows begins at a block. */
#define ALIGNMENT 4096u
/* For a definition that becomes longer. */
#define ROOM 8192u

typedef struct Head {
        char magic[MAGIC_SIZE];
        uint32_t version;
        uint32_t data_size; /* of what is between the head and the state */
        uint32_t was_running;
        uint32_t format;
        uint32_t cookie_offset; /* from the end of the head; 0: no cookie */
        uint32_t unused[14];
} Head;

G_STATIC_ASSERT(sizeof(Head) == 92);

static const char *const qemu_save_format_table[_QEMU_SAVE_FORMAT_MAX] = {
        [QEMU_SAVE_RAW] = "raw",     [QEMU_SAVE_GZIP] = "gzip", [QEMU_SAVE_BZIP2] = "bzip2",
        [QEMU_SAVE_XZ] = "xz",       [QEMU_SAVE_LZOP] = "lzop", [QEMU_SAVE_ZSTD] = "zstd",
};
DEFINE_STRING_TABLE(qemu_save_format, QemuSaveFormat);

static void forget_text(char *text)
{
        if (text)
                explicit_bzero(text, strlen(text));
        g_free(text);
}

QemuSaveImage *qemu_save_image_free(QemuSaveImage *image)
{
        if (!image)
                return NULL;
        forget_text(image->xml);
        g_free(image->cookie);
        g_free(image);
        return NULL;
}

static size_t used_size(const QemuSaveImage *image)
{
        return sizeof(Head) + strlen(image->xml) + 1 + (image->cookie ? strlen(image->cookie) + 1 : 0);
}

static char *definition_text(const DomainDef *def)
{
        _cleanup_(domain_def_unrefp) DomainDef *plain = NULL;

        if (qemu_live_forget_chains(def, &plain, NULL) < 0)
                g_assert_not_reached();
        return domain_def_format(plain, DOMAIN_DEF_FORMAT_SECURE | DOMAIN_DEF_FORMAT_INACTIVE);
}

QemuSaveImage *qemu_save_image_new(const DomainDef *def, bool paused, QemuSaveFormat format)
{
        QemuSaveImage *image = g_new(QemuSaveImage, 1);

        *image = (QemuSaveImage) { .xml = definition_text(def), .paused = paused, .format = format };
        image->size = (used_size(image) + ROOM + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return image;
}

int qemu_save_image_change(QemuSaveImage *image, const DomainDef *def, const char *path, Error *error)
{
        char *former = image->xml;

        image->xml = definition_text(def);
        if (used_size(image) <= image->size) {
                forget_text(former);
                return 0;
        }
        forget_text(image->xml);
        image->xml = former;
        return error_set(error, ERROR_OPERATION_FAILED, "the new definition is too large to fit in '%s'", path);
}

static void swap_head(Head *head)
{
        uint32_t *const numbers[] = { &head->version, &head->data_size, &head->was_running, &head->format,
                                      &head->cookie_offset };

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                *numbers[i] = bswap_32(*numbers[i]);
}

static int check_head(Head *head, const char *path, Error *error)
{
        if (memcmp(head->magic, MAGIC_PARTIAL, MAGIC_SIZE) == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "the saved state in '%s' is not complete", path);
        if (memcmp(head->magic, MAGIC, MAGIC_SIZE) != 0)
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is no saved state of a machine", path);
        if (head->version > VERSION)
                swap_head(head);
        if (head->version > VERSION || head->version == 0)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the saved state in '%s' is of version %" PRIu32 ", %u is the last one known",
                                 path, head->version, VERSION);
        if (head->format >= _QEMU_SAVE_FORMAT_MAX)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the saved state in '%s' is packed in a way that is not known, number %" PRIu32,
                                 path, head->format);
        if (head->data_size == 0 || head->data_size > QEMU_DEFINITION_MAX ||
            head->cookie_offset >= head->data_size)
                return error_set(error, ERROR_OPERATION_FAILED, "the head of the saved state in '%s' is damaged",
                                 path);
        return 0;
}

/* The texts are within size bytes, each with its end. */
static int take_texts(QemuSaveImage *image, const Head *head, const char *texts, const char *path, Error *error)
{
        size_t xml_room = head->cookie_offset ?: head->data_size;
        size_t cookie_room = head->cookie_offset ? head->data_size - head->cookie_offset : 0;
        size_t xml_size = strnlen(texts, xml_room), cookie_size = strnlen(texts + head->cookie_offset, cookie_room);

        if (xml_size == xml_room || (head->cookie_offset && cookie_size == cookie_room))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the definition of the saved state in '%s' has no end", path);
        image->xml = g_strndup(texts, xml_size);
        if (head->cookie_offset)
                image->cookie = g_strndup(texts + head->cookie_offset, cookie_size);
        return 0;
}

int qemu_save_image_decode(const void *data, size_t size, const char *path, QemuSaveImage **ret, Error *error)
{
        _cleanup_(qemu_save_image_freep) QemuSaveImage *image = g_new0(QemuSaveImage, 1);
        Head head = {};
        int r;

        memcpy(&head, data, MIN(size, sizeof(head)));
        r = check_head(&head, path, error);
        if (r < 0)
                return r;
        if (size < sizeof(head) || size - sizeof(head) < head.data_size)
                return error_set(error, ERROR_OPERATION_FAILED, "the saved state in '%s' ends within its head", path);
        image->paused = head.was_running == 0;
        image->format = (QemuSaveFormat) head.format;
        image->size = sizeof(head) + head.data_size;
        r = take_texts(image, &head, (const char *) data + sizeof(head), path, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&image);
        return 0;
}

/* Returns how much there was. */
static ssize_t read_from(int fd, void *data, size_t size, off_t offset)
{
        size_t done = 0;

        while (done < size) {
                ssize_t n = pread(fd, (char *) data + done, size - done, offset + (off_t) done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                done += (size_t) n;
        }
        return (ssize_t) done;
}

int qemu_save_image_read(int fd, const char *path, QemuSaveImage **ret, Error *error)
{
        g_autofree char *data = NULL;
        Head head = {};
        ssize_t n = read_from(fd, &head, sizeof(head), 0);
        size_t size;
        int r;

        if (n >= 0) {
                Head native = head;

                r = check_head(&native, path, error);
                if (r < 0)
                        return r;
                size = sizeof(head) + native.data_size;
                data = g_malloc0(size);
                n = read_from(fd, data, size, 0);
        }
        if (n < 0)
                return error_set_errno(error, (int) n, "cannot read '%s'", path);
        r = qemu_save_image_decode(data, (size_t) n, path, ret, error);
        explicit_bzero(data, size);
        return r;
}

int qemu_save_image_parse(const QemuSaveImage *image, const char *path, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        int r = domain_def_parse(image->xml, strlen(image->xml), DOMAIN_DEF_PARSE_STORED, NULL, &def, error);

        if (r < 0)
                return r;
        if (!def->uuid || !def->name)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the definition of the saved state in '%s' has no name or no UUID", path);
        *ret = g_steal_pointer(&def);
        return 0;
}

int qemu_save_image_write(const QemuSaveImage *image, int fd, bool complete, const char *path, Error *error)
{
        g_autofree char *data = g_malloc0(image->size);
        size_t xml_size = strlen(image->xml) + 1;
        Head head = {
                .version = VERSION,
                .data_size = (uint32_t) (image->size - sizeof(head)),
                .was_running = !image->paused,
                .format = image->format,
                .cookie_offset = image->cookie ? (uint32_t) xml_size : 0,
        };
        int r = 0;

        memcpy(head.magic, complete ? MAGIC : MAGIC_PARTIAL, MAGIC_SIZE);
        memcpy(data, &head, sizeof(head));
        memcpy(data + sizeof(head), image->xml, xml_size);
        if (image->cookie)
                memcpy(data + sizeof(head) + xml_size, image->cookie, strlen(image->cookie));
        for (size_t done = 0; r >= 0 && done < image->size;) {
                ssize_t n = pwrite(fd, data + done, image->size - done, (off_t) done);

                if (n >= 0)
                        done += (size_t) n;
                else if (errno != EINTR)
                        r = error_set_errno(error, errno, "cannot write '%s'", path);
        }
        explicit_bzero(data, image->size);
        return r;
}

bool qemu_save_image_is_one(int fd)
{
        char magic[MAGIC_SIZE];

        return read_from(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
               (memcmp(magic, MAGIC, MAGIC_SIZE) == 0 || memcmp(magic, MAGIC_PARTIAL, MAGIC_SIZE) == 0);
}
