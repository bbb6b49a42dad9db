# SPDX-License-Identifier: LGPL-2.1-or-later
"""The contract (interfaces/org.virtbus1.*.xml, polkit/permissions.ini), read and checked.

What is wrong with it is reported as "file:line: message", all of it at once.
"""

import configparser
import re
import sys
import xml.parsers.expat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Optional

NATIVE = "org.virtbus1."
LIBVIRT = "org.libvirt."
EMITS_CHANGED = "org.freedesktop.DBus.Property.EmitsChangedSignal"
DEPRECATED = "org.freedesktop.DBus.Deprecated"


@dataclass(frozen=True)
class Noun:
    """What the C code calls an interface: type, prefix of functions, header, object type."""
    c_type: str
    prefix: str
    header: str
    object_type: str


NOUNS = {
    "Connect": Noun("Driver", "connect", "drivers/driver.h", "OBJECT_CONNECT"),
    "Domain": Noun("Domain", "domain", "drivers/model/domain.h", "OBJECT_DOMAIN"),
    "DomainCheckpoint": Noun("Checkpoint", "checkpoint", "drivers/model/checkpoint.h", "OBJECT_DOMAIN_CHECKPOINT"),
    "DomainSnapshot": Noun("Snapshot", "snapshot", "drivers/model/snapshot.h", "OBJECT_DOMAIN_SNAPSHOT"),
    "Interface": Noun("Interface", "interface", "drivers/model/interface.h", "OBJECT_INTERFACE"),
    "Job": Noun("JobObject", "job_object", "service/job_object.h", "OBJECT_JOB"),
    "NWFilter": Noun("NWFilter", "nwfilter", "drivers/model/nwfilter.h", "OBJECT_NWFILTER"),
    "NWFilterBinding": Noun("NWFilterBinding", "nwfilter_binding", "drivers/model/nwfilter_binding.h",
                            "OBJECT_NWFILTER_BINDING"),
    "Network": Noun("Network", "network", "drivers/model/network.h", "OBJECT_NETWORK"),
    "NetworkPort": Noun("NetworkPort", "network_port", "drivers/model/network_port.h", "OBJECT_NETWORK_PORT"),
    "NodeDevice": Noun("NodeDevice", "node_device", "drivers/model/node_device.h", "OBJECT_NODE_DEVICE"),
    "Secret": Noun("Secret", "secret", "drivers/model/secret.h", "OBJECT_SECRET"),
    "StoragePool": Noun("StoragePool", "storage_pool", "drivers/model/storage_pool.h", "OBJECT_STORAGE_POOL"),
    "StorageVol": Noun("StorageVol", "storage_vol", "drivers/model/storage_vol.h", "OBJECT_STORAGE_VOL"),
}

# Signature of an argument -> (ArgType, C declaration up to the name). A signal can have fewer of them.
ARGUMENTS = {
    "b": ("ARG_BOOL", "bool "),
    "i": ("ARG_INT32", "int32_t "),
    "u": ("ARG_UINT32", "uint32_t "),
    "x": ("ARG_INT64", "int64_t "),
    "t": ("ARG_UINT64", "uint64_t "),
    "d": ("ARG_DOUBLE", "double "),
    "s": ("ARG_STRING", "const char *"),
    "o": ("ARG_PATH", "const char *"),
    "h": ("ARG_FD", "int "),
    "as": ("ARG_STRV", "const char *const *"),
    "a{sv}": ("ARG_PARAMS", "Params "),
    "ay": ("ARG_BYTES", "ArgArray "),
    "au": ("ARG_UINTS", "ArgArray "),
    "ab": ("ARG_BOOLS", "ArgArray "),
    "ah": ("ARG_FDS", "ArgArray "),
    "a{ut}": ("ARG_PAIRS", "ArgArray "),
}
EMITTED = {**{t: ARGUMENTS[t][1] for t in "biuxtds"}, "o": "const Object *", "a{sv}": "const Params *",
           "(iss)": "const DomainGraphicsAddress *", "a(ss)": "const char *const *"}

# The bits of an argument "flags" that a permission can depend on (permission@NAME), with the values of
# VIR_DOMAIN_<NAME> in libvirt-domain.h.
FLAGS = {
    "AFFECT_CONFIG": 1 << 1,
    "CHECKPOINT_CREATE_QUIESCE": 1 << 1,
    "REBOOT_GUEST_AGENT": 1 << 1,
    "SHUTDOWN_GUEST_AGENT": 1 << 1,
    "SNAPSHOT_CREATE_QUIESCE": 1 << 6,
    "VCPU_GUEST": 1 << 3,
    "XML_MIGRATABLE": 1 << 3,
    "XML_SECURE": 1 << 0,
}

# Annotation -> the values it may have; None: checked where it is used.
ANNOTATIONS: dict[str, Optional[tuple[str, ...]]] = {
    NATIVE + "Permission": None,
    NATIVE + "Changed": None,
    NATIVE + "Libvirt": ("true", "const"),
    NATIVE + "Details": ("body",),
    NATIVE + "Needs": ("active", "inactive"),
    NATIVE + "LongRunning": ("true",),
    DEPRECATED: ("true",),
    EMITS_CHANGED: ("const", "false"),
}

ATTRIBUTES = {
    "interface": {"name"},
    "method": {"name"},
    "signal": {"name"},
    "property": {"name", "type", "access"},
    "arg": {"name", "type", "direction"},
    "annotation": {"name", "value"},
}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    line: int
    comment: str
    children: list["Element"] = field(default_factory=list)

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")


@dataclass
class Arg:
    name: str
    type: str
    is_input: bool
    doc: str

    @property
    def c_name(self) -> str:
        return snake(self.name)


@dataclass(frozen=True)
class Required:
    """One permission that a member asks for, and the flag that it depends on."""
    permission: str
    flag: str

    def __str__(self) -> str:
        return f"{self.permission}@{self.flag}" if self.flag else self.permission


@dataclass
class Member:
    kind: str
    name: str
    annotations: dict[str, str]
    doc: list[str]
    errors: str
    args: list[Arg]
    permissions: list[Required]
    set_permissions: list[Required]
    type: str = ""
    access: str = ""

    def note(self, name: str) -> str:
        return self.annotations.get(NATIVE + name, "")

    @property
    def on_libvirt(self) -> bool:
        return bool(self.note("Libvirt"))

    @property
    def inputs(self) -> list[Arg]:
        return [a for a in self.args if a.is_input]

    @property
    def outputs(self) -> list[Arg]:
        return [a for a in self.args if not a.is_input]

    @property
    def c_name(self) -> str:
        return snake(self.name)

    @property
    def setter(self) -> "Member":
        """The writable property as a method with one argument."""
        return Member("setter", self.name, self.annotations, self.doc, self.errors,
                      [Arg("value", self.type, True, "")], self.set_permissions, [])


@dataclass
class Interface:
    name: str
    path: str
    element: Element
    doc: list[str]
    members: list[Member]

    @property
    def noun(self) -> Noun:
        return NOUNS[self.name]

    def of_kind(self, kind: str) -> list[Member]:
        return sorted((m for m in self.members if m.kind == kind), key=lambda m: m.name)

    @property
    def on_libvirt(self) -> bool:
        return any(m.on_libvirt for m in self.members)


class Problems:
    """What is wrong with the contract, in the order of files and lines."""

    def __init__(self) -> None:
        self.found: list[tuple[str, int, str]] = []

    def add(self, path: str, line: int, message: str) -> None:
        self.found.append((Path(path).name, line, message))

    def exit_if_any(self) -> None:
        if self.found:
            sys.exit("\n".join(f"{path}:{line}: {message}" for path, line, message in sorted(self.found)))


def snake(name: str) -> str:
    """An abbreviation is one word, in the plural too: xmlCPUs is xml_cpus."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s(?:[A-Z]|$))[a-z])", "_", name).lower()


def signature_is_valid(text: str, single: bool = False) -> bool:
    """A D-Bus signature, or with single exactly one complete type."""

    def complete(i: int) -> int:
        if i < len(text) and text[i] in "ybnqiuxtdsogvh":
            return i + 1
        if text[i:i + 2] == "a{":
            if i + 2 >= len(text) or text[i + 2] not in "ybnqiuxtdsogh":
                return -1
            end = complete(i + 3)
            return end + 1 if end > 0 and text[end:end + 1] == "}" else -1
        if text[i:i + 1] == "a":
            return complete(i + 1)
        if text[i:i + 1] == "(":
            end = complete(i + 1)
            while end > 0 and text[end:end + 1] != ")":
                end = complete(end)
            return end + 1 if end > 0 else -1
        return -1

    i, n = 0, 0
    while 0 <= i < len(text):
        i, n = complete(i), n + 1
    return i >= 0 and (n == 1 or not single)


# Reading


@dataclass(frozen=True)
class Permission:
    name: str  # "domain.read-secure"
    default: bool
    sentence: str

    @property
    def c_name(self) -> str:
        return "PERMISSION_" + re.sub(r"[.-]", "_", self.name).upper()

    @property
    def is_read(self) -> bool:
        verb = self.name.split(".")[1]
        return verb in ("getattr", "read") or verb.startswith("search-")


def read_permissions(path: str) -> dict[str, Permission]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    found = {}
    try:
        parser.read_string(Path(path).read_text(encoding="utf-8"), Path(path).name)
    except configparser.Error as e:
        sys.exit(str(e))
    for section in parser.sections():
        for key, value in parser.items(section):
            match = re.fullmatch(r"(yes|no): (\S.*)", value)
            if not match:
                sys.exit(f"{Path(path).name}: {section}.{key}: not \"yes|no: sentence\"")
            found[f"{section}.{key}"] = Permission(f"{section}.{key}", match[1] == "yes", match[2])
    return found


def parse_xml(path: str, problems: Problems) -> Optional[Element]:
    """The tree with line numbers, each element with the comment right before it."""
    root = Element("", {}, 0, "")
    stack, comment = [root], ""
    parser = xml.parsers.expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal comment
        stack.append(Element(tag, attributes, parser.CurrentLineNumber, comment))
        stack[-2].children.append(stack[-1])
        comment = ""

    def end(_tag: str) -> None:
        nonlocal comment
        stack.pop()
        comment = ""

    def remember(text: str) -> None:
        nonlocal comment
        comment = text

    parser.StartElementHandler, parser.EndElementHandler, parser.CommentHandler = start, end, remember
    try:
        parser.Parse(Path(path).read_bytes(), True)
    except xml.parsers.expat.ExpatError as e:
        problems.add(path, e.lineno, xml.parsers.expat.errors.messages[e.code])
        return None
    return root.children[0]


def split_comment(text: str, name: str) -> Optional[tuple[dict[str, str], list[str], str]]:
    """Takes "Name: @arg: text … prose … Errors: …" apart: the arguments, the paragraphs, the errors."""
    lines = "\n".join(line.strip() for line in text.strip().split("\n"))
    paragraphs = [p.strip() for p in re.split(r"\n\n+", lines)]
    head, _, first = paragraphs[0].partition(":")
    if head != name:
        return None
    args: dict[str, str] = {}
    prose, errors = [], ""
    for i, paragraph in enumerate([first.strip()] + paragraphs[1:]):
        if i == 0 and paragraph.startswith("@"):
            for match in re.finditer(r"^@(\w+):(.*?)(?=^@\w+:|\Z)", paragraph, re.MULTILINE | re.DOTALL):
                args[match[1]] = " ".join(match[2].split())
        elif paragraph.startswith("Errors:"):
            errors = " ".join(paragraph[len("Errors:"):].split())
        elif paragraph:
            prose.append(paragraph)
    return args, prose, errors


class Reader:
    """Reads and checks one interface file."""

    def __init__(self, path: str, permissions: dict[str, Permission], problems: Problems) -> None:
        self.path, self.permissions, self.problems = path, permissions, problems

    def bad(self, element: Element, message: str) -> None:
        self.problems.add(self.path, element.line, message)

    def read(self) -> Optional[Interface]:
        node = parse_xml(self.path, self.problems)
        if not node:
            return None
        if node.tag != "node" or len(node.children) != 1 or node.children[0].tag != "interface":
            self.bad(node, "not a <node> with one <interface>")
            return None
        element = node.children[0]
        full = element.get("name")
        name = full[len(NATIVE):] if full.startswith(NATIVE) else ""
        if name not in NOUNS:
            self.bad(element, f"unknown interface \"{full}\"")
            return None
        _, doc, _ = self.document(element, full, [])
        members, seen = [], set()
        for child in element.children:
            if child.tag not in ("method", "property", "signal"):
                self.bad(child, f"unexpected <{child.tag}>")
                continue
            if (child.tag, child.get("name")) in seen:
                self.bad(child, f"duplicate {child.tag} {child.get('name')}")
            seen.add((child.tag, child.get("name")))
            members.append(self.member(child))
        return Interface(name, self.path, element, doc, members)

    def attributes(self, element: Element, label: str) -> None:
        wanted = ATTRIBUTES[element.tag] - ({"direction"} if label.startswith("signal") else set())
        for name in sorted(wanted ^ set(element.attributes)):
            self.bad(element, f"{label}: {'missing' if name in wanted else 'unknown'} attribute {name} "
                              f"of <{element.tag}>")

    def document(self, element: Element, name: str,
                 args: list[str]) -> tuple[dict[str, str], list[str], str]:
        found = split_comment(element.comment, name) if element.comment else None
        if not found or not found[1]:
            self.bad(element, f"{name}: undocumented")
            return {}, [], ""
        for arg in args:
            if not found[0].get(arg):
                self.bad(element, f"{name}: argument {arg} is undocumented")
        for arg in found[0]:
            if arg not in args:
                self.bad(element, f"{name}: no argument {arg} to document")
        return found

    def member(self, element: Element) -> Member:
        kind, name = element.tag, element.get("name")
        label = f"{kind} {name}"
        self.attributes(element, label)
        arg_elements = [c for c in element.children if c.tag == "arg"]
        docs, prose, errors = self.document(element, name, [a.get("name") for a in arg_elements])
        args = [self.arg(a, label, docs) for a in arg_elements]
        if len({a.c_name for a in args}) < len(args):
            self.bad(element, f"{label}: duplicate arguments")
        member = Member(kind, name, self.annotations(element, label), prose, errors, args, [], [],
                        element.get("type"), element.get("access"))
        self.require(element, member, label)
        if kind == "property":
            self.property(element, member, label)
        elif (member.note("Changed") or EMITS_CHANGED in member.annotations
              or member.note("Libvirt") == "const"):
            self.bad(element, f"{label}: only properties announce changes")
        return member

    def arg(self, element: Element, label: str, docs: dict[str, str]) -> Arg:
        name, signature = element.get("name"), element.get("type")
        self.attributes(element, label)
        is_input = element.get("direction") == "in"
        known = EMITTED if label.startswith("signal") else ARGUMENTS if is_input else None
        if not (signature in known if known is not None else signature_is_valid(signature, single=True)):
            self.bad(element, f"{label}: unsupported signature \"{signature}\" of argument {name}")
        return Arg(name, signature, is_input, docs.get(name, ""))

    def annotations(self, element: Element, label: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for child in element.children:
            if child.tag == "arg":
                continue
            if child.tag != "annotation":
                self.bad(child, f"{label}: unexpected <{child.tag}>")
                continue
            name, value = child.get("name"), child.get("value")
            self.attributes(child, label)
            if name not in ANNOTATIONS:
                self.bad(child, f"{label}: unknown annotation {name}")
            elif name in found:
                self.bad(child, f"{label}: duplicate annotation {name}")
            elif ANNOTATIONS[name] is not None and value not in ANNOTATIONS[name]:
                self.bad(child, f"{label}: annotation {name} cannot be \"{value}\"")
            found[name] = value
        return found

    def require(self, element: Element, member: Member, label: str) -> None:
        for text in member.note("Permission").split():
            permission, *suffixes = text.split("@")
            access = [s for s in suffixes if s in ("read", "write")]
            flags = [s for s in suffixes if s not in ("read", "write")]
            required = Required(permission, "".join(flags[:1]))
            if permission not in self.permissions:
                self.bad(element, f"{label}: unknown permission {permission}")
            elif len(flags) > 1 or len(access) > 1 or (access and member.kind != "property"):
                self.bad(element, f"{label}: cannot read permission {text}")
            elif flags and required.flag not in FLAGS:
                self.bad(element, f"{label}: unknown flag {required.flag}")
            elif flags and not any(a.name == "flags" and a.type == "u" for a in member.inputs):
                self.bad(element, f"{label}: {text} needs an argument \"flags\" of type u")
            if access != ["write"]:
                member.permissions.append(required)
            if access == ["write"] or (member.access == "readwrite" and not access):
                member.set_permissions.append(required)
        if not member.permissions or (member.access == "readwrite" and not member.set_permissions):
            self.bad(element, f"{label}: no permission")
        if member.access != "readwrite" and member.set_permissions:
            self.bad(element, f"{label}: is not writable, but has a permission to write")

    def property(self, element: Element, member: Member, label: str) -> None:
        if member.access not in ("read", "readwrite"):
            self.bad(element, f"{label}: access is read or readwrite, not \"{member.access}\"")
        if not signature_is_valid(member.type, single=True) or (member.access == "readwrite"
                                                                and member.type not in ARGUMENTS):
            self.bad(element, f"{label}: unsupported signature \"{member.type}\"")
        if EMITS_CHANGED not in member.annotations and not member.note("Changed"):
            self.bad(element, f"{label}: announces its changes, but not with a bit")
        if EMITS_CHANGED in member.annotations and member.note("Changed"):
            self.bad(element, f"{label}: has a bit, but does not announce its changes")
        for bit in member.note("Changed").split():
            if not re.fullmatch(r"[A-Z_]+_CHANGED_[A-Z_]+", bit):
                self.bad(element, f"{label}: {bit} is not the name of a bit")


def read_contract(paths: Iterable[str], permissions: dict[str, Permission]) -> list[Interface]:
    problems = Problems()
    interfaces: list[Interface] = []
    for path in paths:
        interface = Reader(path, permissions, problems).read()
        if interface and any(i.name == interface.name for i in interfaces):
            problems.add(path, interface.element.line, f"duplicate interface {interface.name}")
        if interface:
            interfaces.append(interface)
    problems.exit_if_any()
    return sorted(interfaces, key=lambda i: i.name)
