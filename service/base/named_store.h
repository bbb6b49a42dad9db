/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Definitions of one kind by name: DIR/NAME.xml, durable, links to them in DIR/autostart/ for those that start with the
 * host, and RUN/NAME.xml for what is running, which ends with the boot. What does not fit is set aside, and never keeps
 * the daemon from starting.
 */

#include "service/base/store.h"
#include "service/base/worker.h"

/* A definition file larger than this is nobody's. */
#define NAMED_DEFINITION_MAX ((size_t) 1024 * 1024)

typedef struct NamedStore NamedStore;

/* Creates the directories with mode 0700. what, constant, is the word for one in the log: "storage pool". */
int named_store_open(const char *dir, const char *run_dir, const char *what, NamedStore **ret, Error *error);
/* Workers do not need it to live on. */
NamedStore *named_store_free(NamedStore *store);
DEFINE_TRIVIAL_CLEANUP(NamedStore *, named_store_free)

typedef struct NamedText {
        const char *name; /* the file's, without ".xml" */
        const char *text;
        size_t size;
        bool autostart; /* of a definition */
} NamedText;

/* Negative, with the error, when it cannot be used. */
typedef int (*NamedStoreVisitor)(const NamedText *stored, void *userdata, Error *error);

/* In the order of names. What the visitor refuses is logged and set aside as "NAME.xml.broken". Block. */
int named_store_load(NamedStore *store, NamedStoreVisitor visitor, void *userdata, Error *error);
int named_store_load_running(NamedStore *store, NamedStoreVisitor visitor, void *userdata, Error *error);

/* Each runs on a worker; durable when done is called. text is copied. */
WorkerTask *named_store_write(NamedStore *store, WorkerPool *pool, const char *name, const char *text, WorkerDone done,
                              void *userdata);
/* With its link. */
WorkerTask *named_store_remove(NamedStore *store, WorkerPool *pool, const char *name, WorkerDone done, void *userdata);
WorkerTask *named_store_set_autostart(NamedStore *store, WorkerPool *pool, const char *name, bool autostart,
                                      WorkerDone done, void *userdata);

/* What runs, in memory that the next boot empties: at once. */
int named_store_put_running(NamedStore *store, const char *name, const char *text, Error *error);
void named_store_drop_running(NamedStore *store, const char *name);

/* Whether the host's start has been dealt with: a mark beside what runs. */
bool named_store_is_booted(const NamedStore *store);
void named_store_set_booted(NamedStore *store);
