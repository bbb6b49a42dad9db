/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_index.h"

#include "service/base/store.h"

#include <string.h>
#include <time.h>
#include <zlib.h>

#define INDEX_FILE "definitions.index"
#define INDEX_MAX (1024u * 1024 * 1024)
#define MAGIC UINT64_C(0x3258444e49425600) /* changes with the layout below */
/* A file that was changed a moment ago may be changed again without its time showing it. */
#define SETTLED_NSEC NSEC_PER_SEC

typedef struct Header {
        uint64_t magic;
        uint64_t program[4]; /* device, inode, size and time of our executable */
        uint64_t n_entries;
        uint64_t size; /* of what follows */
        uint64_t crc;  /* of what follows */
} Header;

/* Followed by the strings, each with its NUL, and by the packed definition; the next one is aligned to 8. */
typedef struct Entry {
        uint64_t inode, file_size, mtime, ctime; /* times in ns */
        uint64_t memory, current_memory;
        uint64_t set; /* of the definition */
        uint32_t vcpus, vcpus_current;
        uint32_t type;
        uint32_t n_strings; /* bytes */
        uint32_t n_packed;
        uint32_t size; /* of all, alignment included */
} Entry;

enum {
        TEXT_FILE,
        TEXT_NAME,
        TEXT_UUID,
        TEXT_TITLE,
        TEXT_DESCRIPTION,
        TEXT_OS_TYPE,
        TEXT_ARCH,
        TEXT_MACHINE,
        N_TEXTS,
};

struct QemuIndex {
        char *data;
        GHashTable *entries; /* file name -> Entry, both in data */
};

struct QemuIndexWriter {
        GByteArray *data;
        uint64_t n_entries;
        uint64_t now;
};

static uint64_t nsec(const struct timespec *t)
{
        return (uint64_t) t->tv_sec * NSEC_PER_SEC + (uint64_t) t->tv_nsec;
}

static void identify_program(uint64_t ret[4])
{
        struct stat st = {};

        (void) stat("/proc/self/exe", &st);
        ret[0] = st.st_dev;
        ret[1] = st.st_ino;
        ret[2] = (uint64_t) st.st_size;
        ret[3] = nsec(&st.st_mtim);
}

/* The strings of an entry; false when they are not what they should be. */
static bool get_texts(const Entry *entry, const char *ret[N_TEXTS])
{
        const char *p = (const char *) (entry + 1), *end = p + entry->n_strings;

        for (unsigned i = 0; i < N_TEXTS; i++) {
                const char *nul = memchr(p, '\0', (size_t) (end - p));

                if (!nul)
                        return false;
                ret[i] = p;
                p = nul + 1;
        }
        return p == end;
}

static bool read_entries(QemuIndex *index, const Header *header, char *p)
{
        char *end = p + header->size;
        const char *texts[N_TEXTS];

        for (uint64_t i = 0; i < header->n_entries; i++) {
                Entry *entry = (Entry *) (void *) p;

                if ((size_t) (end - p) < sizeof(Entry) || entry->size > (size_t) (end - p) ||
                    entry->size % sizeof(uint64_t) != 0 ||
                    (uint64_t) sizeof(Entry) + entry->n_strings + entry->n_packed > entry->size ||
                    !get_texts(entry, texts))
                        return false;
                g_hash_table_insert(index->entries, (char *) texts[TEXT_FILE], entry);
                p += entry->size;
        }
        return p == end;
}

QemuIndex *qemu_index_open(const char *cache_dir)
{
        g_autofree char *path = cache_dir ? g_build_filename(cache_dir, INDEX_FILE, NULL) : NULL;
        QemuIndex *index = g_new0(QemuIndex, 1);
        uint64_t program[4];
        size_t size;
        Header *header;

        index->entries = g_hash_table_new(g_str_hash, g_str_equal);
        if (!path || read_file_at(AT_FDCWD, path, INDEX_MAX, &index->data, &size) < 0)
                return index;
        header = (Header *) (void *) index->data;
        identify_program(program);
        if (size < sizeof(Header) || header->magic != MAGIC || header->size != size - sizeof(Header) ||
            memcmp(header->program, program, sizeof(program)) != 0 ||
            header->crc != crc32_z(0, (const uint8_t *) (header + 1), header->size) ||
            !read_entries(index, header, (char *) (header + 1)))
                g_hash_table_remove_all(index->entries);
        return index;
}

QemuIndex *qemu_index_free(QemuIndex *index)
{
        if (!index)
                return NULL;
        g_hash_table_unref(index->entries);
        g_free(index->data);
        g_free(index);
        return NULL;
}

static const char *given(const char *text)
{
        return *text ? text : NULL;
}

static void fill_outline(const Entry *entry, DomainDef *ret)
{
        const char *texts[N_TEXTS];

        (void) get_texts(entry, texts);
        *ret = (DomainDef) {
                .set = entry->set,
                .name = texts[TEXT_NAME],
                .uuid = texts[TEXT_UUID],
                .title = given(texts[TEXT_TITLE]),
                .description = given(texts[TEXT_DESCRIPTION]),
                .type = (DomainVirtType) entry->type,
                .os = { .type = given(texts[TEXT_OS_TYPE]),
                        .arch = given(texts[TEXT_ARCH]),
                        .machine = given(texts[TEXT_MACHINE]) },
                .memory = entry->memory,
                .current_memory = entry->current_memory,
                .vcpus = entry->vcpus,
                .vcpus_current = entry->vcpus_current,
        };
}

bool qemu_index_find(const QemuIndex *index, const char *file, const struct stat *st, DomainDef *ret_outline,
                     DomainPacked **ret_packed)
{
        const Entry *entry = g_hash_table_lookup(index->entries, file);
        g_autofree DomainPacked *packed = NULL;

        if (!entry || !S_ISREG(st->st_mode) || entry->inode != st->st_ino ||
            entry->file_size != (uint64_t) st->st_size || entry->mtime != nsec(&st->st_mtim) ||
            entry->ctime != nsec(&st->st_ctim))
                return false;
        if (ret_packed) {
                packed = g_memdup2((const char *) (entry + 1) + entry->n_strings, entry->n_packed);
                if (definition_packed_size(packed) != entry->n_packed)
                        return false;
                *ret_packed = g_steal_pointer(&packed);
        }
        if (ret_outline)
                fill_outline(entry, ret_outline);
        return true;
}

QemuIndexWriter *qemu_index_writer_new(void)
{
        QemuIndexWriter *writer = g_new0(QemuIndexWriter, 1);
        struct timespec now;

        (void) clock_gettime(CLOCK_REALTIME, &now);
        writer->now = nsec(&now);
        writer->data = g_byte_array_new();
        g_byte_array_set_size(writer->data, sizeof(Header));
        return writer;
}

QemuIndexWriter *qemu_index_writer_free(QemuIndexWriter *writer)
{
        if (!writer)
                return NULL;
        g_byte_array_unref(writer->data);
        g_free(writer);
        return NULL;
}

void qemu_index_writer_add(QemuIndexWriter *writer, const char *file, const struct stat *st,
                           const DomainDef *def, const DomainPacked *packed)
{
        const char *const texts[N_TEXTS] = {
                [TEXT_FILE] = file,
                [TEXT_NAME] = def->name,
                [TEXT_UUID] = def->uuid,
                [TEXT_TITLE] = def->title,
                [TEXT_DESCRIPTION] = def->description,
                [TEXT_OS_TYPE] = def->os.type,
                [TEXT_ARCH] = def->os.arch,
                [TEXT_MACHINE] = def->os.machine,
        };
        Entry entry = {
                .inode = st->st_ino,
                .file_size = (uint64_t) st->st_size,
                .mtime = nsec(&st->st_mtim),
                .ctime = nsec(&st->st_ctim),
                .memory = def->memory,
                .current_memory = def->current_memory,
                .set = def->set,
                .vcpus = def->vcpus,
                .vcpus_current = def->vcpus_current,
                .type = def->type,
                .n_packed = (uint32_t) definition_packed_size(packed),
        };
        static const uint8_t padding[sizeof(uint64_t)];
        size_t size;

        if (MAX(entry.mtime, entry.ctime) + SETTLED_NSEC > writer->now)
                return;
        for (unsigned i = 0; i < N_TEXTS; i++)
                entry.n_strings += (uint32_t) strlen(strempty(texts[i])) + 1;
        size = sizeof(entry) + entry.n_strings + entry.n_packed;
        entry.size = (uint32_t) ((size + sizeof(padding) - 1) / sizeof(padding) * sizeof(padding));
        g_byte_array_append(writer->data, (const uint8_t *) &entry, sizeof(entry));
        for (unsigned i = 0; i < N_TEXTS; i++)
                g_byte_array_append(writer->data, (const uint8_t *) strempty(texts[i]),
                                    (guint) strlen(strempty(texts[i])) + 1);
        g_byte_array_append(writer->data, (const uint8_t *) packed, entry.n_packed);
        g_byte_array_append(writer->data, padding, (guint) (entry.size - size));
        writer->n_entries++;
}

int qemu_index_writer_save(QemuIndexWriter *writer, const char *cache_dir, Error *error)
{
        _cleanup_close_ int dir_fd = -EBADF;
        Header header = {
                .magic = MAGIC,
                .n_entries = writer->n_entries,
                .size = writer->data->len - sizeof(Header),
        };
        int r = store_open_dir(cache_dir, 0700, &dir_fd, error);

        if (r < 0)
                return r;
        identify_program(header.program);
        header.crc = crc32_z(0, writer->data->data + sizeof(header), header.size);
        memcpy(writer->data->data, &header, sizeof(header));
        return store_write(dir_fd, INDEX_FILE, writer->data->data, writer->data->len, 0, error);
}
