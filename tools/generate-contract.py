#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns the contract (interfaces/org.virtbus1.*.xml, polkit/permissions.ini) into C, policy and documents.

One run makes one output. When something is wrong with the contract, nothing is written.
"""

import argparse
import re
from pathlib import Path
from typing import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from contract import (ARGUMENTS, DEPRECATED, EMITS_CHANGED, EMITTED, FLAGS, LIBVIRT, NATIVE, Interface,
                      Member, Permission, Required, read_contract, read_permissions, snake)

Lines = Iterator[str]
Permissions = dict[str, Permission]

LICENSE = "SPDX-License-Identifier: LGPL-2.1-or-later"
DOCTYPE = ('<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
           ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n')

# Of no use to a client: left out of what Introspect() says.
INTERNAL = (NATIVE + "Changed", NATIVE + "Libvirt", NATIVE + "Details")


# Introspection


def interface_xml(interface: Interface, libvirt: bool) -> Lines:
    """The <interface> element as lines, as one of the faces has it, without prose."""
    yield f'<interface name="{LIBVIRT if libvirt else NATIVE}{interface.name}">'
    if libvirt:
        yield f'  <annotation name="{EMITS_CHANGED}" value="false"/>'
    for member in interface.members:
        if libvirt and not member.on_libvirt:
            continue
        if libvirt:
            notes = [(DEPRECATED, "true")] if DEPRECATED in member.annotations else []
            notes += [(EMITS_CHANGED, "const")] if member.note("Libvirt") == "const" else []
        else:
            notes = [(n, v) for n, v in member.annotations.items() if n not in INTERNAL]
        attributes = f' type="{member.type}" access="{member.access}"' if member.kind == "property" else ""
        inside = [f'    <annotation name="{n}" value={quoteattr(v)}/>' for n, v in notes]
        for arg in member.args:
            direction = f' direction="{"in" if arg.is_input else "out"}"' if member.kind == "method" else ""
            inside.append(f'    <arg name="{arg.name}" type="{arg.type}"{direction}/>')
        head = f'  <{member.kind} name="{member.name}"{attributes}'
        yield from [head + ">", *inside, f"  </{member.kind}>"] if inside else [head + "/>"]
    yield "</interface>"


def write_libvirt_xml(interface: Interface) -> Lines:
    yield DOCTYPE + f"<!-- {LICENSE} -->\n<node>"
    for line in interface_xml(interface, libvirt=True):
        yield "  " + line
    yield "</node>"


# C


def args_type(interface: Interface, member: Member) -> str:
    kind = f"Property{member.name}Set" if member.kind == "setter" else member.name
    return f"{interface.name}{kind}Args"


def handler_name(interface: Interface, member: Member) -> str:
    prefix = interface.noun.prefix
    return {"method": f"{prefix}_{member.c_name}", "property": f"{prefix}_property_{member.c_name}",
            "setter": f"{prefix}_property_{member.c_name}_set",
            "signal": f"{prefix}_emit_{member.c_name}"}[member.kind]


def callables(interface: Interface) -> list[Member]:
    """Methods, and the setters of properties as methods."""
    properties = interface.of_kind("property")
    return interface.of_kind("method") + [p.setter for p in properties if p.access == "readwrite"]


def emitter_prototype(interface: Interface, member: Member) -> str:
    args = "".join(f", {EMITTED[a.type]}{a.c_name}" for a in member.args)
    return f"void {handler_name(interface, member)}(Manager *manager, const Object *source{args})"


def prototype(interface: Interface, member: Member) -> str:
    name, c_type, noun = handler_name(interface, member), interface.noun.c_type, snake(interface.name)
    if member.kind == "property":
        return f"int {name}(sd_bus_message *reply, {c_type} *{noun}, Error *error)"
    args = f"const {args_type(interface, member)} *args, " if member.args and member.inputs else ""
    return f"int {name}(Call *call, {c_type} *{noun}, {args}Error *error)"


def wrap(text: str, width: int = 109) -> str:
    """A prototype that is longer than a line continues behind a comma, below its opening bracket."""
    indent = " " * (text.index("(") + 1)
    lines = [""]
    for part in re.findall(r"[^,]+(?:, |$)", text):
        if len((lines[-1] + part).rstrip()) > width and lines[-1].strip():
            lines.append(indent)
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def write_header(interface: Interface) -> Lines:
    yield f"/* {LICENSE} */\n/* Generated from {Path(interface.path).name}. */\n#pragma once\n"
    yield f'#include "{interface.noun.header}"\n#include "service/contract.h"\n'
    yield "typedef struct Manager Manager;\n"
    for member in callables(interface):
        if member.inputs:
            yield f"typedef struct {args_type(interface, member)} {{"
            yield from (f"        {ARGUMENTS[a.type][1]}{a.c_name};" for a in member.inputs)
            yield f"}} {args_type(interface, member)};\n"
    for member in callables(interface) + interface.of_kind("property"):
        yield wrap(prototype(interface, member) + ";")
    yield ""
    for member in interface.of_kind("signal"):
        yield wrap(emitter_prototype(interface, member) + ";")


def c_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def write_permission_rows(interface: Interface, member: Member, known: Permissions) -> Lines:
    yield f"static const PermissionRow {handler_name(interface, member)}_permissions[] = {{"
    for p in member.permissions:
        if p.flag:
            condition = "PERMISSION_IF_CONFIG" if p.flag == "AFFECT_CONFIG" else "PERMISSION_IF_FLAG"
            where = f"{condition}, {FLAGS[p.flag]:#x}, offsetof({args_type(interface, member)}, flags)"
        else:
            where = "PERMISSION_ALWAYS, 0, 0"
        yield f"        {{ {known[p.permission].c_name}, {where} }},"
    yield "};"


def member_flags(member: Member) -> str:
    flags = [("Details", "body", "MEMBER_BODY_DETAILS"), ("LongRunning", "true", "MEMBER_LONG_RUNNING"),
             ("Needs", "active", "MEMBER_NEEDS_ACTIVE"), ("Needs", "inactive", "MEMBER_NEEDS_INACTIVE")]
    found = [flag for note, value, flag in flags if member.note(note) == value]
    found += ["MEMBER_DEPRECATED"] if DEPRECATED in member.annotations else []
    found += ["MEMBER_CONST"] if member.annotations.get(EMITS_CHANGED) == "const" else []
    return " | ".join(found) or "0"


def faces(on_libvirt: bool) -> str:
    return "FACE_BOTH" if on_libvirt else "FACE_NATIVE"


def write_thunk(interface: Interface, member: Member) -> Lines:
    name, c_type = handler_name(interface, member), interface.noun.c_type
    if member.kind == "property":
        head = f"static int {name}_thunk(sd_bus_message *reply, Object *object, Error *error)"
        call = f"{name}(reply, ({c_type} *) object, error)"
    else:
        head = f"static int {name}_thunk(Call *call, Object *object, const void *args, Error *error)"
        call = f"{name}(call, ({c_type} *) object, {'args, ' if member.inputs else ''}error)"
    yield f"{wrap(head)}\n{{\n        return {call};\n}}"


def method_row(interface: Interface, member: Member, indent: str) -> Lines:
    """The initialiser of a MethodInfo, without its braces."""
    name, args = handler_name(interface, member), args_type(interface, member)
    yield f'{indent}.name = "{member.name}",'
    yield f'{indent}.in = "{"".join(a.type for a in member.inputs)}",'
    yield f'{indent}.out = "{"".join(a.type for a in member.outputs)}",'
    yield f"{indent}.faces = {faces(member.on_libvirt)},"
    yield f"{indent}.flags = {member_flags(member)},"
    if member.inputs:
        yield f"{indent}.args = {name}_args,"
        yield f"{indent}.n_args = ELEMENTSOF({name}_args),"
        yield f"{indent}.args_size = sizeof({args}),"
    yield f"{indent}.permissions = {name}_permissions,"
    yield f"{indent}.n_permissions = ELEMENTSOF({name}_permissions),"
    yield f"{indent}.handler = {name}_thunk,"


def write_tables(interface: Interface, known: Permissions) -> Lines:
    prefix = interface.noun.prefix
    for member in callables(interface) + interface.of_kind("property"):
        name = handler_name(interface, member)
        yield from write_thunk(interface, member)
        if member.inputs:
            yield f"static const ArgInfo {name}_args[] = {{"
            for arg in member.inputs:
                yield (f'        {{ "{arg.name}", {ARGUMENTS[arg.type][0]}, '
                       f"offsetof({args_type(interface, member)}, {arg.c_name}) }},")
            yield "};"
        yield from write_permission_rows(interface, member, known)
        if member.kind == "setter":
            yield f"static const MethodInfo {name}_row = {{"
            yield from method_row(interface, member, "        ")
            yield "};"
        yield ""
    yield f"static const MethodInfo {prefix}_methods[] = {{"
    for member in interface.of_kind("method"):
        yield "        {"
        yield from method_row(interface, member, "                ")
        yield "        },"
    yield f"}};\n\nstatic const PropertyInfo {prefix}_properties[] = {{"
    for member in interface.of_kind("property"):
        name = handler_name(interface, member)
        yield "        {"
        yield f'                .name = "{member.name}",'
        yield f'                .type = "{member.type}",'
        yield f"                .faces = {faces(member.on_libvirt)},"
        yield f"                .flags = {member_flags(member)},"
        yield f"                .changed = {' | '.join(member.note('Changed').split()) or '0'},"
        yield f"                .read = {name}_permissions,"
        yield f"                .n_read = ELEMENTSOF({name}_permissions),"
        yield f"                .get = {name}_thunk,"
        if member.access == "readwrite":
            yield f"                .set = &{name}_set_row,"
        yield "        },"
    yield "};\n"
    yield from write_signals(interface, known)


def write_signals(interface: Interface, known: Permissions) -> Lines:
    prefix, signals = interface.noun.prefix, interface.of_kind("signal")
    for member in signals:
        yield from write_permission_rows(interface, member, known)
    if signals:
        yield f"\nstatic const SignalInfo {prefix}_signals[] = {{"
    for member in signals:
        name = handler_name(interface, member)
        signature = "".join(a.type for a in member.args)
        yield f'        {{ "{interface.name}", "{member.name}", "{signature}", {faces(member.on_libvirt)},'
        yield f"          {name}_permissions, ELEMENTSOF({name}_permissions) }},"
    if signals:
        yield "};\n"
    for i, member in enumerate(signals):
        args = "".join(f", {a.c_name}" for a in member.args)
        yield wrap(emitter_prototype(interface, member))
        yield f"{{\n        signal_emit(manager, {prefix}_signals + {i}, source{args});\n}}\n"


def write_info(interface: Interface) -> Lines:
    prefix = interface.noun.prefix
    yield f"static const InterfaceInfo {prefix}_interface = {{"
    yield f'        .name = "{interface.name}",\n        .type = {interface.noun.object_type},'
    yield f"        .faces = {faces(interface.on_libvirt)},"
    for kind, name in (("method", "methods"), ("property", "properties"), ("signal", "signals")):
        if interface.of_kind(kind):
            yield f"        .{name} = {prefix}_{name},\n        .n_{name} = ELEMENTSOF({prefix}_{name}),"
    for name, libvirt in (("native", False), ("libvirt", True)):
        if libvirt and not interface.on_libvirt:
            continue
        lines = [f"                {c_string(line + chr(10))}" for line in interface_xml(interface, libvirt)]
        yield f"        .{name}_xml =\n" + "\n".join(lines) + ","
    yield "};\n"


def write_source(interfaces: list[Interface], known: Permissions) -> Lines:
    yield f"/* {LICENSE} */\n/* Generated from interfaces/{NATIVE}*.xml. */\n"
    yield from (f'#include "interfaces/{snake(i.name)}-contract.h"' for i in interfaces)
    yield '#include "service/signals.h"\n'
    for interface in interfaces:
        yield from write_tables(interface, known)
        yield from write_info(interface)
    yield "const InterfaceInfo *const contract_interfaces[] = {"
    yield from (f"        &{i.noun.prefix}_interface," for i in interfaces)
    yield "};\nconst size_t contract_n_interfaces = ELEMENTSOF(contract_interfaces);\n"
    yield "const InterfaceInfo *const contract_of_type[_OBJECT_TYPE_MAX] = {"
    yield from (f"        [{i.noun.object_type}] = &{i.noun.prefix}_interface," for i in interfaces)
    yield "};"


def write_permission_header(known: Permissions) -> Lines:
    yield f"/* {LICENSE} */\n/* Generated from permissions.ini. */\n#pragma once\n\n#include <stdbool.h>\n"
    yield "typedef enum Permission {\n        PERMISSION_NONE = 0,"
    yield from (f"        {p.c_name}," for p in known.values())
    yield "        _PERMISSION_MAX,\n} Permission;\n"
    yield "/* \"org.libvirt.api.domain.start\"; \"domain.start\". NULL for PERMISSION_NONE. */"
    yield "const char *permission_action_id(Permission permission);"
    yield "const char *permission_name(Permission permission);"
    yield "/* Of the kind that everybody has by default: getattr, read, search-*. */"
    yield "bool permission_is_read(Permission permission);"


def write_permission_source(known: Permissions) -> Lines:
    yield f"/* {LICENSE} */\n/* Generated from permissions.ini. */\n"
    yield '#include "polkit/permission.h"\n\n#include <glib.h>\n\n#define ACTION_PREFIX "org.libvirt.api."\n'
    yield "static const struct {\n        const char *action_id;\n        bool read;"
    yield "} permissions[_PERMISSION_MAX] = {"
    yield from (f'        [{p.c_name}] = {{ ACTION_PREFIX "{p.name}", {"true" if p.is_read else "false"} }},'
                for p in known.values())
    yield "};\n"
    check = "        g_assert((unsigned) permission < _PERMISSION_MAX);"
    yield f"const char *permission_action_id(Permission permission)\n{{\n{check}"
    yield "        return permissions[permission].action_id;\n}\n"
    yield "const char *permission_name(Permission permission)\n{"
    yield "        const char *id = permission_action_id(permission);\n"
    yield "        return id ? id + sizeof(ACTION_PREFIX) - 1 : NULL;\n}\n"
    yield f"bool permission_is_read(Permission permission)\n{{\n{check}"
    yield "        return permissions[permission].read;\n}"


# Policy and reference


def write_policy(known: Permissions) -> Lines:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ('<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD polkit Policy Configuration 1.0//EN"\n'
           ' "http://www.freedesktop.org/software/polkit/policyconfig-1.dtd">')
    yield f"<!-- {LICENSE} -->\n<policyconfig>\n  <vendor>virtbus</vendor>"
    for p in known.values():
        answer = "yes" if p.default else "no"
        yield f'  <action id="org.libvirt.api.{p.name}">'
        yield f"    <description>{escape(p.sentence[0].upper() + p.sentence[1:])}</description>"
        yield f"    <message>Authentication is required to {escape(p.sentence)}.</message>"
        yield "    <defaults>"
        yield from (f"      <allow_{who}>{answer}</allow_{who}>" for who in ("any", "inactive", "active"))
        yield "    </defaults>\n  </action>"
    yield "</policyconfig>"


def doc_facts(member: Member) -> Lines:
    def needs(required: list[Required]) -> str:
        return ", ".join(f"`{r.permission}`{f' with the flag {r.flag}' if r.flag else ''}" for r in required)

    if member.kind == "property":
        changes = {"const": "never changes", "false": "changes are not announced"}.get(
            member.annotations.get(EMITS_CHANGED, ""), "changes are announced")
        yield f"* {'read and write' if member.access == 'readwrite' else 'read-only'}, {changes}"
        yield f"* permission to read: {needs(member.permissions)}"
        if member.set_permissions:
            yield f"* permission to write: {needs(member.set_permissions)}"
    else:
        yield f"* permission: {needs(member.permissions)}"
    yield f"* faces: {'`org.virtbus1`, `org.libvirt`' if member.on_libvirt else '`org.virtbus1`'}"
    if member.note("Needs"):
        yield f"* needs an {member.note('Needs')} object"
    if member.note("LongRunning"):
        yield "* may take long: runs as a job"
    if DEPRECATED in member.annotations:
        yield "* deprecated"
    if member.errors:
        yield f"* errors: {member.errors}"


def doc_headline(member: Member) -> str:
    if member.kind == "property":
        return f"{member.type} {member.name}"
    inputs = ", ".join(f"{a.type} {a.name}" for a in member.inputs)
    outputs = ", ".join(f"{a.type} {a.name}" for a in member.outputs)
    if member.kind == "signal":
        return f"{member.name}({outputs})"
    return f"{member.name}({inputs})" + (f" → ({outputs})" if outputs else "")


def write_docs(interface: Interface) -> Lines:
    yield f"# {NATIVE}{interface.name}\n"
    yield from (paragraph + "\n" for paragraph in interface.doc)
    for kind, title in (("method", "Methods"), ("property", "Properties"), ("signal", "Signals")):
        if interface.of_kind(kind):
            yield f"## {title}\n"
        for member in interface.of_kind(kind):
            yield f"### {member.name}\n"
            yield f"`{doc_headline(member)}`\n"
            yield from (paragraph + "\n" for paragraph in member.doc)
            if member.args:
                yield "| argument | type | meaning |\n|---|---|---|"
                yield from (f"| {a.name} | `{a.type}` | {a.doc} |" for a in member.args)
                yield ""
            yield from doc_facts(member)
            yield ""


def main() -> None:
    per_interface: dict[str, Callable[[Interface], Lines]] = {
        "header": write_header, "docs": write_docs, "libvirt-xml": write_libvirt_xml}
    per_table: dict[str, Callable[[Permissions], Lines]] = {
        "permission-header": write_permission_header, "permission-source": write_permission_source,
        "policy": write_policy}
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("mode", choices=[*per_interface, "source", *per_table])
    parser.add_argument("--permissions", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("xml", nargs="*")
    args = parser.parse_intermixed_args()
    known = read_permissions(args.permissions)
    if args.mode in per_table:
        lines = per_table[args.mode](known)
    elif args.mode == "source":
        lines = write_source(read_contract(args.xml, known), known)
    else:
        lines = per_interface[args.mode](read_contract(args.xml, known)[0])
    Path(args.output).write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
