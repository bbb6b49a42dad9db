/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_event.h"

static const DomainGraphics *find_display(const DomainDef *live, const char *alias)
{
        for (uint32_t i = 0; i < live->graphics.n; i++) {
                g_autofree char *name = g_strdup_printf("graphics%" PRIu32, i);

                if (streq(name, alias))
                        return live->graphics.items[i];
        }
        return NULL;
}

/* Clients come with a descriptor, so both ends are sockets of this host without a name. */
void test_tell_graphics(Domain *domain, const char *alias, DomainGraphicsPhase phase)
{
        static const DomainGraphicsAddress local_socket = { 2, "", "" };
        const DomainGraphics *display = find_display(domain->live, alias);
        DomainGraphicsArgs args = { .phase = phase, .local = local_socket, .remote = local_socket };

        args.auth_scheme = display && display->type == DOMAIN_GRAPHICS_SPICE ? "spice" : "none";
        domain_emit(domain, DOMAIN_SIGNAL_GRAPHICS, &args);
}

void test_tell_monitor(Domain *domain, const char *event, const char *details)
{
        uint64_t now = (uint64_t) g_get_real_time();
        DomainMonitorArgs args = {
                .event = event,
                .seconds = (int64_t) (now / USEC_PER_SEC),
                .microseconds = (uint32_t) (now % USEC_PER_SEC),
                .details = details,
        };

        domain_emit(domain, DOMAIN_SIGNAL_MONITOR, &args);
}
