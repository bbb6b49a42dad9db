/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from interfaces/org.virtbus1.*.xml. */

#include "interfaces/domain-contract.h"
#include "service/signals.h"

static int domain_everything_thunk(Call *call, Object *object, const void *args, Error *error)
{
        return domain_everything(call, (Domain *) object, args, error);
}
static const ArgInfo domain_everything_args[] = {
        { "aBool", ARG_BOOL, offsetof(DomainEverythingArgs, a_bool) },
        { "anInt", ARG_INT32, offsetof(DomainEverythingArgs, an_int) },
        { "aUint", ARG_UINT32, offsetof(DomainEverythingArgs, a_uint) },
        { "aLong", ARG_INT64, offsetof(DomainEverythingArgs, a_long) },
        { "aUlong", ARG_UINT64, offsetof(DomainEverythingArgs, a_ulong) },
        { "aDouble", ARG_DOUBLE, offsetof(DomainEverythingArgs, a_double) },
        { "aString", ARG_STRING, offsetof(DomainEverythingArgs, a_string) },
        { "aPath", ARG_PATH, offsetof(DomainEverythingArgs, a_path) },
        { "aFd", ARG_FD, offsetof(DomainEverythingArgs, a_fd) },
        { "strings", ARG_STRV, offsetof(DomainEverythingArgs, strings) },
        { "options", ARG_PARAMS, offsetof(DomainEverythingArgs, options) },
        { "bytes", ARG_BYTES, offsetof(DomainEverythingArgs, bytes) },
        { "numbers", ARG_UINTS, offsetof(DomainEverythingArgs, numbers) },
        { "bools", ARG_BOOLS, offsetof(DomainEverythingArgs, bools) },
        { "fds", ARG_FDS, offsetof(DomainEverythingArgs, fds) },
};
static const PermissionRow domain_everything_permissions[] = {
        { PERMISSION_DOMAIN_WRITE, PERMISSION_ALWAYS, 0, 0 },
};

static int domain_plain_thunk(Call *call, Object *object, const void *args, Error *error)
{
        return domain_plain(call, (Domain *) object, error);
}
static const PermissionRow domain_plain_permissions[] = {
        { PERMISSION_DOMAIN_WRITE, PERMISSION_ALWAYS, 0, 0 },
};

static int domain_set_vcpus_of_thunk(Call *call, Object *object, const void *args, Error *error)
{
        return domain_set_vcpus_of(call, (Domain *) object, args, error);
}
static const ArgInfo domain_set_vcpus_of_args[] = {
        { "xmlDesc", ARG_STRING, offsetof(DomainSetVCPUsOfArgs, xml_desc) },
        { "flags", ARG_UINT32, offsetof(DomainSetVCPUsOfArgs, flags) },
};
static const PermissionRow domain_set_vcpus_of_permissions[] = {
        { PERMISSION_DOMAIN_WRITE, PERMISSION_ALWAYS, 0, 0 },
        { PERMISSION_DOMAIN_SAVE, PERMISSION_IF_CONFIG, 0x2, offsetof(DomainSetVCPUsOfArgs, flags) },
        { PERMISSION_DOMAIN_READ_SECURE, PERMISSION_IF_FLAG, 0x1, offsetof(DomainSetVCPUsOfArgs, flags) },
};

static int domain_property_autostart_set_thunk(Call *call, Object *object, const void *args, Error *error)
{
        return domain_property_autostart_set(call, (Domain *) object, args, error);
}
static const ArgInfo domain_property_autostart_set_args[] = {
        { "value", ARG_BOOL, offsetof(DomainPropertyAutostartSetArgs, value) },
};
static const PermissionRow domain_property_autostart_set_permissions[] = {
        { PERMISSION_DOMAIN_WRITE, PERMISSION_ALWAYS, 0, 0 },
};
static const MethodInfo domain_property_autostart_set_row = {
        .name = "Autostart",
        .in = "b",
        .out = "",
        .faces = FACE_BOTH,
        .flags = 0,
        .args = domain_property_autostart_set_args,
        .n_args = ELEMENTSOF(domain_property_autostart_set_args),
        .args_size = sizeof(DomainPropertyAutostartSetArgs),
        .permissions = domain_property_autostart_set_permissions,
        .n_permissions = ELEMENTSOF(domain_property_autostart_set_permissions),
        .handler = domain_property_autostart_set_thunk,
};

static int domain_property_title_set_thunk(Call *call, Object *object, const void *args, Error *error)
{
        return domain_property_title_set(call, (Domain *) object, args, error);
}
static const ArgInfo domain_property_title_set_args[] = {
        { "value", ARG_STRING, offsetof(DomainPropertyTitleSetArgs, value) },
};
static const PermissionRow domain_property_title_set_permissions[] = {
        { PERMISSION_DOMAIN_WRITE, PERMISSION_ALWAYS, 0, 0 },
};
static const MethodInfo domain_property_title_set_row = {
        .name = "Title",
        .in = "s",
        .out = "",
        .faces = FACE_NATIVE,
        .flags = 0,
        .args = domain_property_title_set_args,
        .n_args = ELEMENTSOF(domain_property_title_set_args),
        .args_size = sizeof(DomainPropertyTitleSetArgs),
        .permissions = domain_property_title_set_permissions,
        .n_permissions = ELEMENTSOF(domain_property_title_set_permissions),
        .handler = domain_property_title_set_thunk,
};

static int domain_property_autostart_thunk(sd_bus_message *reply, Object *object, Error *error)
{
        return domain_property_autostart(reply, (Domain *) object, error);
}
static const PermissionRow domain_property_autostart_permissions[] = {
        { PERMISSION_DOMAIN_READ, PERMISSION_ALWAYS, 0, 0 },
};

static int domain_property_graphics_thunk(sd_bus_message *reply, Object *object, Error *error)
{
        return domain_property_graphics(reply, (Domain *) object, error);
}
static const PermissionRow domain_property_graphics_permissions[] = {
        { PERMISSION_DOMAIN_READ, PERMISSION_ALWAYS, 0, 0 },
};

static int domain_property_title_thunk(sd_bus_message *reply, Object *object, Error *error)
{
        return domain_property_title(reply, (Domain *) object, error);
}
static const PermissionRow domain_property_title_permissions[] = {
        { PERMISSION_DOMAIN_WRITE, PERMISSION_ALWAYS, 0, 0 },
};

static int domain_property_uuid_thunk(sd_bus_message *reply, Object *object, Error *error)
{
        return domain_property_uuid(reply, (Domain *) object, error);
}
static const PermissionRow domain_property_uuid_permissions[] = {
        { PERMISSION_DOMAIN_GETATTR, PERMISSION_ALWAYS, 0, 0 },
};

static const MethodInfo domain_methods[] = {
        {
                .name = "Everything",
                .in = "biuxtdsohasa{sv}ayauabah",
                .out = "",
                .faces = FACE_NATIVE,
                .flags = MEMBER_NEEDS_INACTIVE,
                .args = domain_everything_args,
                .n_args = ELEMENTSOF(domain_everything_args),
                .args_size = sizeof(DomainEverythingArgs),
                .permissions = domain_everything_permissions,
                .n_permissions = ELEMENTSOF(domain_everything_permissions),
                .handler = domain_everything_thunk,
        },
        {
                .name = "Plain",
                .in = "",
                .out = "",
                .faces = FACE_NATIVE,
                .flags = 0,
                .permissions = domain_plain_permissions,
                .n_permissions = ELEMENTSOF(domain_plain_permissions),
                .handler = domain_plain_thunk,
        },
        {
                .name = "SetVCPUsOf",
                .in = "su",
                .out = "(ii)h",
                .faces = FACE_BOTH,
                .flags = MEMBER_BODY_DETAILS | MEMBER_LONG_RUNNING | MEMBER_NEEDS_ACTIVE | MEMBER_DEPRECATED,
                .args = domain_set_vcpus_of_args,
                .n_args = ELEMENTSOF(domain_set_vcpus_of_args),
                .args_size = sizeof(DomainSetVCPUsOfArgs),
                .permissions = domain_set_vcpus_of_permissions,
                .n_permissions = ELEMENTSOF(domain_set_vcpus_of_permissions),
                .handler = domain_set_vcpus_of_thunk,
        },
};

static const PropertyInfo domain_properties[] = {
        {
                .name = "Autostart",
                .type = "b",
                .faces = FACE_BOTH,
                .flags = 0,
                .changed = DOMAIN_CHANGED_AUTOSTART | DOMAIN_CHANGED_CONFIG,
                .read = domain_property_autostart_permissions,
                .n_read = ELEMENTSOF(domain_property_autostart_permissions),
                .get = domain_property_autostart_thunk,
                .set = &domain_property_autostart_set_row,
        },
        {
                .name = "Graphics",
                .type = "a(ssu)",
                .faces = FACE_NATIVE,
                .flags = 0,
                .changed = DOMAIN_CHANGED_LIVE,
                .read = domain_property_graphics_permissions,
                .n_read = ELEMENTSOF(domain_property_graphics_permissions),
                .get = domain_property_graphics_thunk,
        },
        {
                .name = "Title",
                .type = "s",
                .faces = FACE_NATIVE,
                .flags = 0,
                .changed = 0,
                .read = domain_property_title_permissions,
                .n_read = ELEMENTSOF(domain_property_title_permissions),
                .get = domain_property_title_thunk,
                .set = &domain_property_title_set_row,
        },
        {
                .name = "UUID",
                .type = "s",
                .faces = FACE_BOTH,
                .flags = MEMBER_CONST,
                .changed = 0,
                .read = domain_property_uuid_permissions,
                .n_read = ELEMENTSOF(domain_property_uuid_permissions),
                .get = domain_property_uuid_thunk,
        },
};

static const PermissionRow domain_emit_io_error_permissions[] = {
        { PERMISSION_DOMAIN_READ, PERMISSION_ALWAYS, 0, 0 },
};
static const PermissionRow domain_emit_reboot_permissions[] = {
        { PERMISSION_DOMAIN_READ, PERMISSION_ALWAYS, 0, 0 },
};

static const SignalInfo domain_signals[] = {
        { "Domain", "IOError", "osia{sv}(iss)a(ss)", FACE_BOTH,
          domain_emit_io_error_permissions, ELEMENTSOF(domain_emit_io_error_permissions) },
        { "Domain", "Reboot", "", FACE_NATIVE,
          domain_emit_reboot_permissions, ELEMENTSOF(domain_emit_reboot_permissions) },
};

void domain_emit_io_error(Manager *manager, const Object *source, const Object *domain, const char *src_path,
                          int32_t action, const Params *params, const DomainGraphicsAddress *address,
                          const char *const *pairs)
{
        signal_emit(manager, domain_signals + 0, source, domain, src_path, action, params, address, pairs);
}

void domain_emit_reboot(Manager *manager, const Object *source)
{
        signal_emit(manager, domain_signals + 1, source);
}

static const InterfaceInfo domain_interface = {
        .name = "Domain",
        .type = OBJECT_DOMAIN,
        .faces = FACE_BOTH,
        .methods = domain_methods,
        .n_methods = ELEMENTSOF(domain_methods),
        .properties = domain_properties,
        .n_properties = ELEMENTSOF(domain_properties),
        .signals = domain_signals,
        .n_signals = ELEMENTSOF(domain_signals),
        .native_xml =
                "<interface name=\"org.virtbus1.Domain\">\n"
                "  <method name=\"Plain\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.write\"/>\n"
                "  </method>\n"
                "  <method name=\"SetVCPUsOf\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.write domain.save@AFFECT_CONFIG domain.read-secure@XML_SECURE\"/>\n"
                "    <annotation name=\"org.virtbus1.Needs\" value=\"active\"/>\n"
                "    <annotation name=\"org.virtbus1.LongRunning\" value=\"true\"/>\n"
                "    <annotation name=\"org.freedesktop.DBus.Deprecated\" value=\"true\"/>\n"
                "    <arg name=\"xmlDesc\" type=\"s\" direction=\"in\"/>\n"
                "    <arg name=\"flags\" type=\"u\" direction=\"in\"/>\n"
                "    <arg name=\"result\" type=\"(ii)\" direction=\"out\"/>\n"
                "    <arg name=\"fd\" type=\"h\" direction=\"out\"/>\n"
                "  </method>\n"
                "  <method name=\"Everything\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.write\"/>\n"
                "    <annotation name=\"org.virtbus1.Needs\" value=\"inactive\"/>\n"
                "    <arg name=\"aBool\" type=\"b\" direction=\"in\"/>\n"
                "    <arg name=\"anInt\" type=\"i\" direction=\"in\"/>\n"
                "    <arg name=\"aUint\" type=\"u\" direction=\"in\"/>\n"
                "    <arg name=\"aLong\" type=\"x\" direction=\"in\"/>\n"
                "    <arg name=\"aUlong\" type=\"t\" direction=\"in\"/>\n"
                "    <arg name=\"aDouble\" type=\"d\" direction=\"in\"/>\n"
                "    <arg name=\"aString\" type=\"s\" direction=\"in\"/>\n"
                "    <arg name=\"aPath\" type=\"o\" direction=\"in\"/>\n"
                "    <arg name=\"aFd\" type=\"h\" direction=\"in\"/>\n"
                "    <arg name=\"strings\" type=\"as\" direction=\"in\"/>\n"
                "    <arg name=\"options\" type=\"a{sv}\" direction=\"in\"/>\n"
                "    <arg name=\"bytes\" type=\"ay\" direction=\"in\"/>\n"
                "    <arg name=\"numbers\" type=\"au\" direction=\"in\"/>\n"
                "    <arg name=\"bools\" type=\"ab\" direction=\"in\"/>\n"
                "    <arg name=\"fds\" type=\"ah\" direction=\"in\"/>\n"
                "  </method>\n"
                "  <property name=\"Autostart\" type=\"b\" access=\"readwrite\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.read@read domain.write@write\"/>\n"
                "  </property>\n"
                "  <property name=\"Title\" type=\"s\" access=\"readwrite\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.write\"/>\n"
                "    <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"false\"/>\n"
                "  </property>\n"
                "  <property name=\"UUID\" type=\"s\" access=\"read\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.getattr\"/>\n"
                "    <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/>\n"
                "  </property>\n"
                "  <property name=\"Graphics\" type=\"a(ssu)\" access=\"read\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.read\"/>\n"
                "  </property>\n"
                "  <signal name=\"IOError\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.read\"/>\n"
                "    <arg name=\"domain\" type=\"o\"/>\n"
                "    <arg name=\"srcPath\" type=\"s\"/>\n"
                "    <arg name=\"action\" type=\"i\"/>\n"
                "    <arg name=\"params\" type=\"a{sv}\"/>\n"
                "    <arg name=\"address\" type=\"(iss)\"/>\n"
                "    <arg name=\"pairs\" type=\"a(ss)\"/>\n"
                "  </signal>\n"
                "  <signal name=\"Reboot\">\n"
                "    <annotation name=\"org.virtbus1.Permission\" value=\"domain.read\"/>\n"
                "  </signal>\n"
                "</interface>\n",
        .libvirt_xml =
                "<interface name=\"org.libvirt.Domain\">\n"
                "  <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"false\"/>\n"
                "  <method name=\"SetVCPUsOf\">\n"
                "    <annotation name=\"org.freedesktop.DBus.Deprecated\" value=\"true\"/>\n"
                "    <arg name=\"xmlDesc\" type=\"s\" direction=\"in\"/>\n"
                "    <arg name=\"flags\" type=\"u\" direction=\"in\"/>\n"
                "    <arg name=\"result\" type=\"(ii)\" direction=\"out\"/>\n"
                "    <arg name=\"fd\" type=\"h\" direction=\"out\"/>\n"
                "  </method>\n"
                "  <property name=\"Autostart\" type=\"b\" access=\"readwrite\"/>\n"
                "  <property name=\"UUID\" type=\"s\" access=\"read\">\n"
                "    <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/>\n"
                "  </property>\n"
                "  <signal name=\"IOError\">\n"
                "    <arg name=\"domain\" type=\"o\"/>\n"
                "    <arg name=\"srcPath\" type=\"s\"/>\n"
                "    <arg name=\"action\" type=\"i\"/>\n"
                "    <arg name=\"params\" type=\"a{sv}\"/>\n"
                "    <arg name=\"address\" type=\"(iss)\"/>\n"
                "    <arg name=\"pairs\" type=\"a(ss)\"/>\n"
                "  </signal>\n"
                "</interface>\n",
};

const InterfaceInfo *const contract_interfaces[] = {
        &domain_interface,
};
const size_t contract_n_interfaces = ELEMENTSOF(contract_interfaces);

const InterfaceInfo *const contract_of_type[_OBJECT_TYPE_MAX] = {
        [OBJECT_DOMAIN] = &domain_interface,
};
