/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_guest.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define PORT_MIN 5900
#define PORT_MAX 65535

static bool is_used(const QemuDriver *driver, uint32_t port)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, driver->guests);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const QemuGuest *guest = value;

                if (guest->live)
                        DEF_FOREACH(graphics, guest->live->graphics)
                                if (def_get(graphics, port, 0) == (int32_t) port ||
                                    def_get(graphics, tls_port, 0) == (int32_t) port)
                                        return true;
        }
        return false;
}

/* Whether a server could listen there now; addresses are numbers, so nothing is looked up. */
static bool is_free(const char *listen, uint32_t port)
{
        const struct addrinfo hints = {
                .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                .ai_socktype = SOCK_STREAM,
        };
        g_autofree char *service = g_strdup_printf("%" PRIu32, port);
        struct addrinfo *info = NULL;
        _cleanup_close_ int fd = -EBADF;
        int one = 1;
        bool free_;

        if (getaddrinfo(listen, service, &hints, &info) != 0)
                return true; /* QEMU will say what is wrong with it */
        fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        free_ = fd >= 0 && bind(fd, info->ai_addr, info->ai_addrlen) == 0;
        freeaddrinfo(info);
        return free_;
}

static int choose(const QemuDriver *driver, const DomainGraphics *graphics, int32_t *ret, Error *error)
{
        uint32_t min = driver->settings.vnc_port_min ?: PORT_MIN, max = driver->settings.vnc_port_max ?: PORT_MAX;
        const char *listen = graphics->listen ?: driver->settings.vnc_listen ?: QEMU_LISTEN_DEFAULT;

        for (uint32_t port = min; port <= max; port++)
                if ((int32_t) port != def_get(graphics, port, 0) && !is_used(driver, port) && is_free(listen, port)) {
                        *ret = (int32_t) port;
                        return 0;
                }
        return error_set(error, ERROR_OPERATION_FAILED, "no port from %" PRIu32 " to %" PRIu32 " is free", min, max);
}

static bool listens(const DomainGraphics *graphics)
{
        const DomainListen *listen = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;

        return graphics->type == DOMAIN_GRAPHICS_SPICE && (!listen || listen->type == DOMAIN_LISTEN_ADDRESS);
}

static bool wants_port(const DomainGraphics *graphics)
{
        return listens(graphics) && def_get(graphics, port, 0) <= 0;
}

static bool has_secure_channel(const DomainGraphics *graphics)
{
        if (graphics->spice)
                DEF_FOREACH(channel, graphics->spice->channels)
                        if (streq_ptr(channel->mode, "secure"))
                                return true;
        return false;
}

/* Where the host has certificates every display that may be encrypted is, unless its ports are the definition's. */
static bool wants_tls_port(const QemuDriver *driver, const DomainGraphics *graphics)
{
        int32_t port = def_get(graphics, tls_port, 0);

        if (!driver->settings.tls.spice || !listens(graphics) || port > 0)
                return false;
        return port == -1 || (graphics->autoport == TRISTATE_YES &&
                              (!streq_ptr(graphics->default_mode, "insecure") || has_secure_channel(graphics)));
}

static int choose_ports(const QemuDriver *driver, DomainGraphics *graphics, Error *error)
{
        int32_t port = 0;
        int r = 0;

        if (wants_port(graphics)) {
                r = choose(driver, graphics, &port, error);
                if (r >= 0)
                        def_put(graphics, port, port);
        }
        if (r >= 0 && wants_tls_port(driver, graphics)) {
                r = choose(driver, graphics, &port, error);
                if (r >= 0)
                        def_put(graphics, tls_port, port);
        }
        return r;
}

int qemu_ports_choose(QemuDriver *driver, DomainDef **def, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = NULL;
        int r;

        for (uint32_t i = 0; i < (*def)->graphics.n; i++) {
                const DomainGraphics *graphics = (*def)->graphics.items[i];

                if (!wants_port(graphics) && !wants_tls_port(driver, graphics))
                        continue;
                if (!copy)
                        copy = domain_def_copy(*def);
                r = choose_ports(driver, copy->graphics.items[i], error);
                if (r < 0)
                        return r;
        }
        if (!copy)
                return 0;
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = g_steal_pointer(&copy);
        return 0;
}
