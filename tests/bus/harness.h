/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * For tests of the daemon over a real system bus with a real polkitd, all of which tools/lib/private-host has
 * started. A failure of the harness itself fails the test; so nothing here returns an error.
 */

#include "service/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <systemd/sd-bus.h>

#include <cmocka.h>

/* The users of a private host. */
#define USER_ROOT "root"
#define USER_ONE "vtest1"
#define USER_TWO "vtest2"
#define USER_GROUP "vtest3" /* member of the group libvirt */

/* Longer than anything here takes, sanitizers and a busy machine included. */
#define DEADLINE_USEC (30 * USEC_PER_SEC)

/*
 * A new connection to the system bus with this user's credentials: the kernel attests to what a process is at the
 * moment when it connects. Free with client_close(), which closes at once.
 */
sd_bus *client_open(const char *user);
sd_bus *client_close(sd_bus *bus);
DEFINE_TRIVIAL_CLEANUP(sd_bus *, client_close)
#define _cleanup_client_ _cleanup_(client_closep)

static inline void message_unrefp(sd_bus_message **m)
{
        sd_bus_message_unref(*m);
}
#define _cleanup_message_ _cleanup_(message_unrefp)

/* Whom a call goes to. Borrowed strings; interface in full. */
typedef struct Target {
        const char *destination;
        const char *path;
        const char *interface;
} Target;

/* An object of ours on either face: interface as in "Domain". path NULL: that of the driver "Test". */
Target native(const char *interface, const char *path);
Target libvirt(const char *interface, const char *path);
/* The same object under another interface: "org.freedesktop.DBus.Properties" in full. */
Target on_interface(Target target, const char *interface);

extern const Target the_bus;       /* org.freedesktop.DBus */
extern const Target the_authority; /* polkit */

/* Calls and expects an answer, which the caller owns. types as for sd_bus_message_append(); NULL for no arguments. */
sd_bus_message *call(sd_bus *bus, Target target, const char *member, const char *types, ...);

/* Calls and expects this error. Returns its text (free with g_free()). */
char *call_error(sd_bus *bus, Target target, const char *error, const char *member, const char *types, ...);

/* Calls and expects that the daemon refuses, in the words of the target's face. */
void call_denied(sd_bus *bus, Target target, const char *member, const char *types, ...);

/* Calls; true when there was an answer, false for the error named, and any other fails the test. */
bool call_allowed(sd_bus *bus, Target target, const char *error, const char *member, const char *types, ...);

/* For calls that are answered with one value of a basic type. */
char *call_string(sd_bus *bus, Target target, const char *member, const char *types, ...);
uint32_t call_u32(sd_bus *bus, Target target, const char *member, const char *types, ...);

/* How many objects a list of this one names. */
unsigned n_listed(sd_bus *bus, Target target, const char *member, uint32_t flags);

/* One property of a basic type. */
char *property_string(sd_bus *bus, Target target, const char *name);
char *property_path(sd_bus *bus, Target target, const char *name);
bool property_bool(sd_bus *bus, Target target, const char *name);

/* What an answer says, which is freed. */
void assert_text(char *text, const char *expected);
void assert_part(char *text, const char *part);
void assert_lacks(char *text, const char *part);

/* "" when nobody owns the name. Free with g_free(). */
char *name_owner(sd_bus *bus, const char *name);
/* Until name is owned (or not). */
void name_wait(sd_bus *bus, const char *name, bool owned);

/*
 * Signals of who owns the name now that match the rest of the rule (",member='X'"), kept in order of arrival. Ends with
 * signals_free(), before its connection.
 */
typedef struct Signals Signals;
Signals *signals_new(sd_bus *bus, const char *sender, const char *match);
Signals *signals_free(Signals *signals);
DEFINE_TRIVIAL_CLEANUP(Signals *, signals_free)
#define _cleanup_signals_ _cleanup_(signals_freep)
/* The next signal with that member (NULL: any); those before it are dropped. Borrowed until the next call. */
sd_bus_message *signals_wait(Signals *signals, const char *member);
/*
 * Expects that none has come. Call it when one would have come: the connection is read until the bus has answered a
 * call that was made after everything before.
 */
void signals_expect_none(Signals *signals, const char *member);
unsigned signals_count(Signals *signals, const char *member);

/*
 * Puts a file of polkit rules in place of the one of that name ("10-test"), or removes it (text NULL), and waits until
 * polkitd has read it.
 */
void rules_set(const char *name, const char *text);

/* tools/lib/host-service: "start", "stop", "kill", "restart" a service: "dbus", "polkitd", "virtbusd". */
void service_do(const char *action, const char *service);
/* A signal to its process, as SIGSTOP. */
void service_signal(const char *service, int signal);
pid_t service_pid(const char *service);

/* Repeats until it is true, at most DEADLINE_USEC. */
bool wait_until(bool (*condition)(void *userdata), void *userdata);

/* A definition that the driver "Test" takes; and with it a domain of that name, whose path is returned. */
char *domain_xml(const char *name);
char *domain_define(sd_bus *bus, const char *name);
/* The native path of a domain of "Test", and the same on the libvirt face. */
char *domain_path(sd_bus *bus, const char *name);
char *libvirt_path(const char *native_path);
/* The words of its properties; by the native path. */
void domain_assert_state(sd_bus *bus, const char *path, const char *state, const char *reason);

/* The value of a secret, by its native path. */
void secret_set_value(sd_bus *bus, const char *path, const char *value);
void secret_assert_value(sd_bus *bus, const char *path, const char *expected);

/* A line for the shell that must succeed, now or within DEADLINE_USEC. */
void shell_expect(const char *line);
void shell_expect_soon(const char *line);
