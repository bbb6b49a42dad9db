/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties of a domain, all of them from memory. */

#include "interfaces/domain-contract.h"

#include "service/call.h"
#include "service/job_object.h"

int domain_property_active(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "b", domain_is_active(domain));
}

int domain_property_arch(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(domain->summary.arch));
}

int domain_property_autostart(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "b", domain->autostart);
}

int domain_property_autostart_once(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "b", domain->autostart_once);
}

static int append_console(sd_bus_message *reply, const DomainChardev *device)
{
        if (device->type != DOMAIN_CHARDEV_PTY || !device->path)
                return 0;
        return sd_bus_message_append(reply, "(ss)", strempty(device->info.alias), device->path);
}

int domain_property_consoles(sd_bus_message *reply, Domain *domain, Error *error)
{
        const DomainDef *def = domain->live;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ss)");
        if (r < 0)
                return r;
        for (uint32_t i = 0; def && i < def->serials.n; i++) {
                r = append_console(reply, def->serials.items[i]);
                if (r < 0)
                        return r;
        }
        for (uint32_t i = 0; def && i < def->consoles.n; i++) {
                /* the first console is mostly the first serial device by another name */
                if (i == 0 && def->serials.n > 0 &&
                    streq_ptr(def->consoles.items[0]->path, def->serials.items[0]->path))
                        continue;
                r = append_console(reply, def->consoles.items[i]);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(reply);
}

int domain_property_description(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(domain->summary.description));
}

int domain_property_graphics(sd_bus_message *reply, Domain *domain, Error *error)
{
        const DomainDef *def = domain->live;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ssu)");
        if (r < 0)
                return r;
        for (uint32_t i = 0; def && i < def->graphics.n; i++) {
                const DomainGraphics *graphics = def->graphics.items[i];

                r = sd_bus_message_append(reply, "(ssu)", domain_graphics_to_string(graphics->type),
                                          strempty(graphics->listen ?: graphics->socket),
                                          (uint32_t) MAX(graphics->port, 0));
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(reply);
}

int domain_property_has_managed_save(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "b", domain->managed_save);
}

int domain_property_id(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "u", domain->id);
}

int domain_property_job(sd_bus_message *reply, Domain *domain, Error *error)
{
        const Job *job = domain->object.slot.job;

        return message_append_path(reply, job ? job_object_find(domain->object.driver, job) : NULL);
}

int domain_property_machine(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(domain->summary.machine));
}

int domain_property_max_memory(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "t", domain->summary.memory_max);
}

int domain_property_max_vcpus(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "u", domain->summary.vcpus_max);
}

int domain_property_memory(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "t", domain->summary.memory);
}

int domain_property_name(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", domain->name);
}

int domain_property_os_type(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(domain->summary.os_type));
}

int domain_property_persistent(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "b", domain->persistent);
}

int domain_property_responsive(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "b", domain->responsive);
}

int domain_property_scheduler_type(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "(si)", "posix", 0);
}

int domain_property_started(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "t", domain->started_usec);
}

int domain_property_state(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", domain_state_to_string(domain->state));
}

int domain_property_state_reason(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", domain_reason_to_string(domain->state, domain->reason));
}

int domain_property_title(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(domain->summary.title));
}

int domain_property_uuid(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", domain->uuid);
}

int domain_property_unserved_devices(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append_strv(reply, domain->unserved);
}

int domain_property_updated(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "b", domain->updated);
}

int domain_property_vcpus(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "u", domain->summary.vcpus);
}

int domain_property_virt_type(sd_bus_message *reply, Domain *domain, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(domain->summary.virt_type));
}
