/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "call"

#include "service/last_error.h"

#include <string.h>

#include "service/base/log.h"
#include "service/call_private.h"
#include "service/manager.h"

#define TEXT_MAX 4096u

/* virErrorDomain, in virterror.h */
enum {
        FROM_NETWORK = 19,
        FROM_STORAGE = 18,
        FROM_DOMAIN = 20,
        FROM_NODEDEV = 22,
        FROM_INTERFACE = 26,
        FROM_SECRET = 30,
        FROM_CPU = 31,
        FROM_NWFILTER = 33,
        FROM_DOMAIN_SNAPSHOT = 35,
        FROM_ACCESS = 55,
        FROM_DOMAIN_CHECKPOINT = 69,
};

/* Errors that come from one part whatever was called. */
static const struct {
        ErrorCode code;
        int32_t domain;
} code_domains[] = {
        { ERROR_NO_NETWORK, FROM_NETWORK },
        { ERROR_NO_NETWORK_PORT, FROM_NETWORK },
        { ERROR_NO_STORAGE_POOL, FROM_STORAGE },
        { ERROR_NO_STORAGE_VOL, FROM_STORAGE },
        { ERROR_NO_NODE_DEVICE, FROM_NODEDEV },
        { ERROR_NO_INTERFACE, FROM_INTERFACE },
        { ERROR_MULTIPLE_INTERFACES, FROM_INTERFACE },
        { ERROR_NO_SECRET, FROM_SECRET },
        { ERROR_INVALID_SECRET, FROM_SECRET },
        { ERROR_NO_NWFILTER, FROM_NWFILTER },
        { ERROR_NO_NWFILTER_BINDING, FROM_NWFILTER },
        { ERROR_NO_DOMAIN_SNAPSHOT, FROM_DOMAIN_SNAPSHOT },
        { ERROR_NO_DOMAIN_CHECKPOINT, FROM_DOMAIN_CHECKPOINT },
        { ERROR_ACCESS_DENIED, FROM_ACCESS },
        { ERROR_CPU_INCOMPATIBLE, FROM_CPU },
        { ERROR_XML_ERROR, FROM_DOMAIN },
        { ERROR_XML_DETAIL, FROM_DOMAIN },
};

/* Of the other errors: the part that has such objects; 0: the driver itself. */
static const int32_t kind_domains[_OBJECT_TYPE_MAX] = {
        [OBJECT_NETWORK] = FROM_NETWORK,
        [OBJECT_NETWORK_PORT] = FROM_NETWORK,
        [OBJECT_STORAGE_POOL] = FROM_STORAGE,
        [OBJECT_STORAGE_VOL] = FROM_STORAGE,
        [OBJECT_INTERFACE] = FROM_INTERFACE,
        [OBJECT_NODE_DEVICE] = FROM_NODEDEV,
        [OBJECT_NWFILTER] = FROM_NWFILTER,
        [OBJECT_NWFILTER_BINDING] = FROM_NWFILTER,
        [OBJECT_SECRET] = FROM_SECRET,
};

static int32_t error_domain(const Call *call, ErrorCode code)
{
        int32_t domain = call->node.object ? kind_domains[call->node.object->type] : 0;

        for (size_t i = 0; i < ELEMENTSOF(code_domains); i++)
                if (code_domains[i].code == code)
                        domain = code_domains[i].domain;
        if (domain == 0 && call->node.driver)
                domain = call->node.driver->info->error_domain;
        return domain;
}

LastError *last_error_free(LastError *last)
{
        if (!last)
                return NULL;
        g_free(last->message);
        g_free(last->sentence);
        g_free(last->detail);
        g_free(last);
        return NULL;
}

/* A caller may put megabytes into an error, and then it is kept for long. */
static char *bounded(const char *text)
{
        size_t n = strlen(text);

        if (n <= TEXT_MAX)
                return g_strdup(text);
        for (n = TEXT_MAX; ((unsigned char) text[n] & 0xC0) == 0x80;)
                n--; /* not within a character */
        return g_strndup(text, n);
}

static LastError *last_error_new(const Call *call, const Error *error)
{
        const ErrorInfo *info = error_info(error->code);
        LastError *last = g_new0(LastError, 1);
        g_autofree char *message = error_message(error);

        last->code = (int32_t) info->libvirt_code;
        last->domain = error_domain(call, error->code);
        last->message = bounded(message);
        if (!info->sentence)
                last->sentence = g_strdup("%s");
        else if (error->detail)
                last->sentence = g_strconcat(info->sentence, ": %s", NULL);
        else
                last->sentence = g_strdup(info->sentence);
        last->detail = bounded(strempty(error->detail));
        return last;
}

static void log_error_of(const Call *call, const LastError *last)
{
        g_autofree char *code = g_strdup_printf("VIRT_ERROR_CODE=%" PRId32, last->code);
        g_autofree char *domain = g_strdup_printf("VIRT_ERROR_DOMAIN=%" PRId32, last->domain);

        log_at(LOG_DEBUG, ((const char *const[]) { code, domain, NULL }), "%s of %s fails: %s",
               sd_bus_message_get_member(call->message), call->peer->name, last->message);
}

void last_error_set(Call *call, const Error *error)
{
        Manager *manager = call->bus->manager;
        Peer *peer = call->peer;
        const Driver *driver = call->node.driver;

        last_error_free(peer->last_error);
        peer->last_error = last_error_new(call, error);
        log_error_of(call, peer->last_error);
        if (!peer->hears_errors || !driver || call->bus != &manager->native)
                return;
        manager->only_to = peer->name;
        manager->emitters->error_reported(manager, &driver->object, peer->last_error);
        manager->only_to = NULL;
}

const LastError *last_error_get(const Call *call)
{
        return call->peer->last_error;
}

void last_error_subscribe(Call *call)
{
        call->peer->hears_errors = true;
}
