/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Object paths to objects and back: /<prefix>/<Driver>[/<kind>/<element>]. */

#include "service/kind.h"
#include "service/manager.h"

/* The longest path we make: two prefixes, a kind and the longest element. */
#define TREE_PATH_MAX (KIND_ELEMENT_MAX + 128)

typedef enum NodeType {
        NODE_NONE,       /* not a path of ours */
        NODE_ANCESTOR,   /* "/", "/org", the prefix itself */
        NODE_DRIVER,     /* a connection */
        NODE_COLLECTION, /* the parent of all objects of a kind */
        NODE_OBJECT,
} NodeType;

typedef struct Node {
        NodeType type;
        Driver *driver;  /* from NODE_DRIVER on */
        ObjectType kind; /* from NODE_DRIVER on */
        Object *object;  /* NULL for an object that is not there: the error says so. Borrowed. */
} Node;

/*
 * Finds what the path names. A path that could name an object but does not yields NODE_OBJECT with object NULL, the
 * error set: clients of libvirt-dbus expect "Domain not found", not an unknown object.
 */
void tree_find(const Manager *manager, const Face *face, const char *path, Node *ret, Error *error);

/* Writes the path of the object as the face has it. */
void tree_path(const Face *face, const Object *object, char buffer[static TREE_PATH_MAX]);
/*
 * The same for many objects of one kind: the part that they share is written by tree_path_begin(), which returns where
 * tree_path_end() goes on; that returns where the path ends.
 */
char *tree_path_begin(const Face *face, const Driver *driver, ObjectType type, char buffer[static TREE_PATH_MAX]);
char *tree_path_end(const Face *face, const Object *object, char *end);

/* Calls visit with each child element of the node, without the path before it. */
typedef void (*TreeVisitor)(const char *element, void *userdata);
void tree_children(const Manager *manager, const Face *face, const char *path, const Node *node, TreeVisitor visit,
                   void *userdata);
