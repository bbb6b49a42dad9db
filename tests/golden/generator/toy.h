/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from toy.xml. */
#pragma once

#include "drivers/model/domain.h"
#include "service/contract.h"

typedef struct Manager Manager;

typedef struct DomainEverythingArgs {
        bool a_bool;
        int32_t an_int;
        uint32_t a_uint;
        int64_t a_long;
        uint64_t a_ulong;
        double a_double;
        const char *a_string;
        const char *a_path;
        int a_fd;
        const char *const *strings;
        Params options;
        ArgArray bytes;
        ArgArray numbers;
        ArgArray bools;
        ArgArray fds;
} DomainEverythingArgs;

typedef struct DomainSetVCPUsOfArgs {
        const char *xml_desc;
        uint32_t flags;
} DomainSetVCPUsOfArgs;

typedef struct DomainPropertyAutostartSetArgs {
        bool value;
} DomainPropertyAutostartSetArgs;

typedef struct DomainPropertyTitleSetArgs {
        const char *value;
} DomainPropertyTitleSetArgs;

int domain_everything(Call *call, Domain *domain, const DomainEverythingArgs *args, Error *error);
int domain_plain(Call *call, Domain *domain, Error *error);
int domain_set_vcpus_of(Call *call, Domain *domain, const DomainSetVCPUsOfArgs *args, Error *error);
int domain_property_autostart_set(Call *call, Domain *domain, const DomainPropertyAutostartSetArgs *args,
                                  Error *error);
int domain_property_title_set(Call *call, Domain *domain, const DomainPropertyTitleSetArgs *args,
                              Error *error);
int domain_property_autostart(sd_bus_message *reply, Domain *domain, Error *error);
int domain_property_graphics(sd_bus_message *reply, Domain *domain, Error *error);
int domain_property_title(sd_bus_message *reply, Domain *domain, Error *error);
int domain_property_uuid(sd_bus_message *reply, Domain *domain, Error *error);

void domain_emit_io_error(Manager *manager, const Object *source, const Object *domain, const char *src_path,
                          int32_t action, const Params *params, const DomainGraphicsAddress *address,
                          const char *const *pairs);
void domain_emit_reboot(Manager *manager, const Object *source);
