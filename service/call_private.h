/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of a call, shared by the files of service/ that carry it along. */

#include "service/bus.h"
#include "service/call.h"
#include "service/gate.h"
#include "service/peer.h"
#include "service/tree.h"

struct Call {
        unsigned n_ref;
        Bus *bus;
        sd_bus_message *message;
        Peer *peer;
        JobOwner owner;
        Node node;
        Error missing; /* why node has no object */
        Parked *parked; /* what an earlier pass through the gate has learnt; owned */
        void *data; /* the handler's */
        GDestroyNotify destroy_data;
        const char *cancelled; /* see call_job_cancelled(); interned */
        size_t reply_size;
        bool replied;
        bool looks_up;    /* answers with the path of an object, which is asked about when it is found */
        bool getattr_due; /* that question */
        SightWait wait;   /* of a reply that is built in slices */
};

/* The filter of each connection: returns 1 when the message was ours. */
int call_dispatch(Bus *bus, sd_bus_message *m);

/*
 * First of all the caller must be allowed to know of such objects; then a missing one is told. Returns 1: go on. 0:
 * parked.
 */
int call_check_visible(Call *call, Error *error);

/* The gate, then the body, then the handler. */
int call_invoke(Call *call, const MethodInfo *method, Error *error);

/* Sends an error with a name of the D-Bus specification. */
int call_fail_dbus(Call *call, const char *name, const char *format, ...) _printf_(3, 4);

/* org.freedesktop.DBus.Properties, in properties.c; Introspectable, in introspect.c; ObjectManager, in objects.c. */
int properties_call(Call *call, const char *member, Error *error);
int introspect_call(Call *call, Error *error);
int object_manager_call(Call *call, Error *error);
/* What is called on LOG_CONTROL_PATH. */
#define LOG_CONTROL_PATH "/org/freedesktop/LogControl1"
int log_control_call(Call *call);

/*
 * Appends {name, value} entries of the object's properties on the face; visible() may leave some out. names as in
 * call_append_properties(). Boxed as the face boxes.
 */
typedef bool (*PropertyFilter)(const PropertyInfo *property, void *userdata);
int properties_append(sd_bus_message *m, const Face *face, Object *object, PropertyFilter visible, void *userdata,
                      Error *error);

/* Value of a property as a variant. */
int property_append_value(sd_bus_message *m, const PropertyInfo *property, Object *object, bool double_box,
                          Error *error);

/* Unpacks the body, or the value of a property, into the argument struct. args_clear() accepts a partly filled one. */
int args_unpack(sd_bus_message *m, const MethodInfo *method, void *args, Error *error);
void args_clear(const MethodInfo *method, void *args);

/* Appends the values as "a{sv}". */
int params_append(sd_bus_message *m, const Params *params, bool double_box);
