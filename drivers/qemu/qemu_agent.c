/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "drivers/qemu/qemu_live.h"
#include "service/base/log.h"

#define LOG_CATEGORY "qemu"

/* The port's name that the agent opens in the guest (qga/main.c of QEMU). */
#define AGENT_PORT "org.qemu.guest_agent.0"

static const DomainChardev *agent_channel(const DomainDef *def)
{
        if (def)
                DEF_FOREACH(channel, def->channels)
                        if (channel->type == DOMAIN_CHARDEV_UNIX &&
                            channel->target_type == DOMAIN_CHARDEV_TARGET_VIRTIO &&
                            streq_ptr(channel->target_name, AGENT_PORT) && channel->path)
                                return channel;
        return NULL;
}

const char *guest_agent_alias(const QemuGuest *guest)
{
        const DomainChardev *channel = agent_channel(guest->live);

        return channel ? channel->info.alias : NULL;
}

static int open_channel(void *userdata, Error *error)
{
        QemuGuest *guest = userdata;
        const DomainChardev *channel = agent_channel(guest->live);
        const Console *console = g_hash_table_lookup(guest->consoles, strempty(channel->info.alias));
        int fd = -EBADF, r;

        if (console && console_has_client(console))
                return error_set(error, ERROR_AGENT_UNRESPONSIVE, "somebody else has opened its channel");
        r = guest_open_socket(channel->path, &fd, error);
        return r < 0 ? r : fd;
}

int guest_agent_get(QemuGuest *guest, Agent **ret, Error *error)
{
        const DomainChardev *channel = agent_channel(guest->live);

        if (!channel)
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED, "QEMU guest agent is not configured");
        if (guest->domain->state != DOMAIN_RUNNING)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is not running");
        if (channel->target_connected != TRISTATE_YES)
                return error_set(error, ERROR_AGENT_UNRESPONSIVE, "QEMU guest agent is not connected");
        if (!guest->agent)
                guest->agent = agent_new(guest->driver->host->event, open_channel, guest);
        *ret = guest->agent;
        return 0;
}

void guest_channel_changed(QemuGuest *guest, const char *id, bool open)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(guest->live);
        const DomainAgentArgs args = { .state = open ? 1 : 2, .reason = 2 };
        _cleanup_error_ Error error = ERROR_INIT;
        bool found = false;

        DEF_FOREACH(channel, live->channels)
                if (streq_ptr(channel->info.alias, id)) {
                        channel->target_connected = tristate(open);
                        found = true;
                }
        if (found && domain_def_seal(live, NULL, &error) >= 0) {
                bool is_agent = streq_ptr(guest_agent_alias(guest), id);

                guest_set_live(guest, live);
                if (is_agent)
                        domain_emit(guest->domain, DOMAIN_SIGNAL_AGENT, &args);
        } else
                log_debug("channel '%s' of domain '%s': %s", id, guest->name,
                          found ? strempty(error.detail) : "there is none");
}

static void on_chardevs(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        _cleanup_error_ Error failure = ERROR_INIT;
        QemuGuest *guest = userdata;

        if (!result || !guest->live)
                return;
        if (qemu_live_update(guest->live, result, NULL, &live, &failure) < 0)
                log_debug("channels of domain '%s': %s", guest->name, strempty(failure.detail));
        else if (!domain_def_equal(live, guest->live))
                guest_set_live(guest, live);
}

void guest_query_channels(QemuGuest *guest)
{
        monitor_execute(guest, "query-chardev", NULL, on_chardevs, guest);
}
