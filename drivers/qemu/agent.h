/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A client of the guest agent (docs/interop/qemu-ga of QEMU) on the event loop. The guest is not trusted: what
 * it sends is bounded and checked before it is parsed. Commands wait in a queue and go out one at a time, each
 * behind a guest-sync-delimited with a number of its own, so that no late answer is taken for another one and
 * an agent that is not there is noticed before a command is sent. The connection is made for the first command and
 * stays; after a missed deadline it is made anew.
 */

#include "service/base/error.h"

#include <json-glib/json-glib.h>
#include <systemd/sd-event.h>

#define AGENT_TIMEOUT_DEFAULT (5 * USEC_PER_SEC)
#define AGENT_TIMEOUT_NONE ((uint64_t) INT32_MAX * USEC_PER_SEC)

typedef struct Agent Agent;

/*
 * The answer, exactly once for each command that is not forgotten, never from within agent_execute(). result (the value
 * of "return") is borrowed for the call and NULL exactly when error is set:
 *   ERROR_AGENT_UNRESPONSIVE    the deadline passed or the connection was lost
 *   ERROR_OPERATION_UNSUPPORTED the agent does not know the command
 *   ERROR_OPERATION_FAILED      it refused; the text is the agent's
 *   ERROR_OPERATION_ABORTED     agent_free()
 */
typedef void (*AgentReply)(JsonNode *result, Error *error, void *userdata);

/* Makes a connected, non-blocking stream socket. Returns it, or a negative errno with the error set. */
typedef int (*AgentOpen)(void *userdata, Error *error);

Agent *agent_new(sd_event *event, AgentOpen open, void *userdata);
/* Fails what is pending. Accepts NULL, returns NULL. Not from within a reply. */
Agent *agent_free(Agent *agent);

/*
 * arguments, which may be NULL, is taken. timeout_usec counts from now, the time in the queue included. Returns the
 * number of the command for agent_forget().
 */
uint64_t agent_execute(Agent *agent, const char *command, JsonObject *arguments, uint64_t timeout_usec,
                       AgentReply reply, void *userdata);

/* The reply of this command will not be called any more. */
void agent_forget(Agent *agent, uint64_t number);

/* Whether it holds its end of the channel. */
bool agent_is_connected(const Agent *agent);
