#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adds to an interface file what qdbusxml2cpp wants to know: the C++ type of each argument that is not a plain one.

    annotate-qt.py INPUT OUTPUT

Lists, maps and structures of any depth become QList, QMap and std::tuple; docs/examples/virtbus-qt.h teaches QtDBus the
last. Everything else in the file stays as it is.
"""

import re
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

ANNOTATION = "org.qtproject.QtDBus.QtTypeName"

BASIC = {
    "b": "bool", "y": "uchar", "n": "short", "q": "ushort", "i": "int", "u": "uint", "x": "qlonglong", "t": "qulonglong",
    "d": "double", "s": "QString", "o": "QDBusObjectPath", "g": "QDBusSignature", "h": "QDBusUnixFileDescriptor",
    "v": "QDBusVariant",
}
# QtDBus has types of its own for these.
SPECIAL = {"as": "QStringList", "ay": "QByteArray", "a{sv}": "QVariantMap"}


def read_type(signature: str) -> tuple[str, str]:
    """The C++ type of the first complete type, and the rest of the signature."""
    for known in (*SPECIAL, *BASIC):
        if signature.startswith(known):
            return {**SPECIAL, **BASIC}[known], signature[len(known):]
    if signature.startswith("a{"):
        key, rest = read_type(signature[2:])
        value, rest = read_type(rest)
        return f"QMap<{key},{value}>", rest.removeprefix("}")
    if signature.startswith("a"):
        item, rest = read_type(signature[1:])
        return f"QList<{item}>", rest
    if not signature.startswith("("):
        sys.exit(f"'{signature}' begins no type")
    items, rest = [], signature[1:]
    while not rest.startswith(")"):
        item, rest = read_type(rest)
        items.append(item)
    return f"std::tuple<{','.join(items)}>", rest[1:]


def annotation(indent: str, name: str, signature: str) -> list[str]:
    if signature in BASIC or signature in ("as", "ay"):
        return []
    return [f"{indent}<annotation name=\"{name}\" value={quoteattr(read_type(signature)[0])}/>"]


def annotate(lines: list[str]) -> list[str]:
    result: list[str] = []
    counts = {"In": 0, "Out": 0}
    for line in lines:
        element = re.match(r"(\s*)<(method|signal|property|arg)\s(.*)>", line)
        result.append(line)
        if not element:
            continue
        indent, kind, rest = element.groups()
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if kind in ("method", "signal"):
            counts = {"In": 0, "Out": 0}
        elif kind == "property":
            result += annotation(indent + "  ", ANNOTATION, attributes["type"])
        else:
            way = "In" if attributes.get("direction") == "in" else "Out"
            result += annotation(indent, f"{ANNOTATION}.{way}{counts[way]}", attributes["type"])
            counts[way] += 1
    return result


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text("\n".join(annotate(source.read_text(encoding="utf-8").split("\n"))), encoding="utf-8")
