/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Persistent definitions: <config>/qemu/NAME.xml and links to them in autostart/. The file name is the truth
 * for the name, so that a rename is one rename(2): a file whose content still has the old name is put right
 * when it is read. Changes are made so that whoever starts after a crash at any moment finds the state
 * before or the state after.
 */

#include "drivers/model/domain_def.h"
#include "service/base/worker.h"

/* A definition file larger than this is nobody's: what can be parsed, that is (XML_STORED_MAX). */
#define QEMU_DEFINITION_MAX (32u * 1024 * 1024)

typedef struct QemuStore QemuStore;

/* Creates the directories with mode 0700. Workers do not need the store itself to live on. */
int qemu_store_open(const char *config_dir, QemuStore **ret, Error *error);
QemuStore *qemu_store_free(QemuStore *store);
DEFINE_TRIVIAL_CLEANUP(QemuStore *, qemu_store_free)

/*
 * One definition as loaded. def and packed are borrowed for the call, the callee may take packed: set it to
 * NULL then. def may be an outline: name, UUID and what DomainSummary is made of, and nothing else.
 */
typedef struct QemuStored {
        const DomainDef *def;
        DomainPacked *packed;
        bool autostart;
        bool autostart_once;
} QemuStored;

/*
 * Returns 0, or -EEXIST (with the error) when the UUID or name is taken: the file is set aside then. Called
 * on the calling thread, in the order of names, those whose content has another name last.
 */
typedef int (*QemuStoreVisitor)(QemuStored *stored, void *userdata, Error *error);

typedef struct QemuStoreSummary {
        unsigned n_loaded;
        unsigned n_quarantined;
        unsigned n_unreadable; /* left where they are */
        struct QemuSettle *settle; /* what is left to do once the bus is served, see qemu_settle.h; NULL: nothing */
} QemuStoreSummary;

/*
 * Reads and decodes all definitions on several threads, but for those that an index in cache_dir (NULL: none)
 * has from the last time. Bad ones are logged and set aside, never an error. Blocks.
 */
int qemu_store_load(QemuStore *store, const char *cache_dir, QemuStoreVisitor visitor, void *userdata,
                    QemuStoreSummary *ret, Error *error);

/* Links in autostart/: NAME.xml, and NAME.xml.once, which the next start of the host takes away. */
typedef enum QemuAutostartKind {
        QEMU_AUTOSTART_ALWAYS,
        QEMU_AUTOSTART_ONCE,
        _QEMU_AUTOSTART_MAX,
} QemuAutostartKind;

/* Each runs on a worker; durable when done is called. text is the definition's XML and taken. */
WorkerTask *qemu_store_write(QemuStore *store, WorkerPool *pool, const char *name, char *text,
                             WorkerDone done, void *userdata);
/* The same of a domain's persistent definition, under its name. */
WorkerTask *qemu_store_write_def(QemuStore *store, WorkerPool *pool, const DomainDef *def, WorkerDone done,
                                 void *userdata);
/*
 * Removes the links in autostart too. nvram is the path of the firmware's variable store (NULL: of no
 * interest): it is removed, or, where that was not asked for, its existence refused with
 * ERROR_OPERATION_INVALID. tpm_dir, or NULL, goes with all that is in it.
 */
WorkerTask *qemu_store_remove(QemuStore *store, WorkerPool *pool, const char *name, const char *nvram,
                              bool remove_nvram, const char *tpm_dir, WorkerDone done, void *userdata);
/*
 * text is the definition with the new name; autostart is a mask of 1 << QemuAutostartKind. ERROR_DOM_EXIST when there
 * is a file of that name.
 */
WorkerTask *qemu_store_rename(QemuStore *store, WorkerPool *pool, const char *from, const char *to,
                              char *text, unsigned autostart, WorkerDone done, void *userdata);
WorkerTask *qemu_store_set_autostart(QemuStore *store, WorkerPool *pool, const char *name, QemuAutostartKind kind,
                                     bool autostart, WorkerDone done, void *userdata);
