#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The libvirt face beside the interface files of the package libvirt-dbus: what we have must be the same there."""

import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

EMITS_CHANGED = "org.freedesktop.DBus.Property.EmitsChangedSignal"
THEIRS = Path("/usr/share/dbus-1/interfaces")
OURS = [Path(p) for p in sys.argv[1:]]

Member = tuple[str, ...]


def read_members(path: Path) -> dict[tuple[str, str], Member]:
    """(kind, name) -> everything that a client can notice of the member."""
    interface = ElementTree.parse(path).getroot().find("interface")
    assert interface is not None

    def annotation(element: ElementTree.Element, default: str) -> str:
        found = [a.get("value", "") for a in element.findall("annotation") if a.get("name") == EMITS_CHANGED]
        return found[0] if found else default

    members = {}
    for element in interface:
        if element.tag == "annotation":
            continue
        facts = [element.get("type", ""), element.get("access", "")]
        if element.tag == "property":
            facts.append(annotation(element, annotation(interface, "true")))
        for arg in element.findall("arg"):
            facts.append(f'{arg.get("direction", "out")} {arg.get("type")} {arg.get("name")}')
        members[element.tag, element.get("name", "")] = tuple(facts)
    return members


# In libvirt-dbus, but not in its last release.
LATER = {
    ("org.libvirt.Domain", "method", "SetBlockThreshold"),
    ("org.libvirt.Domain", "signal", "BlockThreshold"),
}


class LibvirtInterfaces(unittest.TestCase):
    def test_every_member(self) -> None:
        for path in OURS:
            ours, theirs = read_members(path), read_members(THEIRS / path.name)
            self.assertGreater(len(ours), 3)
            for member, facts in ours.items():
                if member not in theirs and (path.stem, *member) in LATER:
                    continue
                with self.subTest(f"{path.stem} {member}"):
                    self.assertEqual(facts, theirs.get(member))

    def test_missing(self) -> None:
        """What they have and we do not is told, by name; ours must not grow fewer than the interfaces that we have."""
        ours = {path.stem: read_members(path) for path in OURS}
        for path in sorted(THEIRS.glob("org.libvirt.*.xml")):
            theirs = read_members(path)
            missing = sorted(name for kind, name in theirs.keys() - ours.get(path.stem, {}).keys())
            if missing:
                print(f"{path.stem}: {len(missing)} of {len(theirs)} members are missing: {', '.join(missing)}")
        self.assertLessEqual({path.name for path in OURS}, {path.name for path in THEIRS.glob("*.xml")})


if __name__ == "__main__":
    missing = [p.name for p in OURS if not (THEIRS / p.name).exists()]
    if missing:
        print(f"skipped: the package libvirt-dbus is not installed, {THEIRS} has no {', '.join(missing)}")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
