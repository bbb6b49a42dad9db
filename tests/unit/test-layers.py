#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom: the rooms of CONTRIBUTING.md, read off the #include lines."""

import re
import sys
import unittest
from pathlib import Path
from typing import Iterator, Optional

ROOT = Path(sys.argv[1])

MODEL = ("drivers/model", "service/base")
DRIVER = ("drivers/.", *MODEL)

# room -> what it may include beside itself: rooms and single files. The first that fits a file is its room.
ROOMS: dict[str, tuple[str, ...]] = {
    "service/main.c": ("service", "interfaces", "polkit", "drivers"),
    "service/base": (),
    "service/exec": ("service/base",),
    "service": ("polkit", *DRIVER),
    "interfaces": ("service", "polkit/permission.h", *DRIVER),
    "polkit": ("service/base",),
    "drivers/.": MODEL,
    "drivers/model": ("service/base",),
    "drivers/host": DRIVER,
    "drivers/*": ("drivers/host", *DRIVER),
    "tools/virtbusctl": ("service/base", "service/build.h"),
    "tools/bench": ("service/base",),
}

# system header -> the rooms that may include it
SYSTEM = {
    "systemd/sd-bus.h": ("service", "interfaces", "tools/virtbusctl", "tools/bench"),
    "polkit/polkit.h": ("polkit",),
    "libxml/": ("drivers/model", "drivers/*", "tools/virtbusctl"),
}


def within(path: str, room: str) -> bool:
    """Whether the path is the file, or beneath the folder. The last part of the room may be "*": any folder; or
    ".": files right in the folder."""
    if room.endswith("/."):
        return "/" not in path.removeprefix(room[:-1]) and path.startswith(room[:-1])
    if room.endswith("/*"):
        return re.match(re.escape(room[:-1]) + "[^/]+/", path) is not None
    return path == room or path.startswith(room + "/")


def room_of(path: str) -> Optional[str]:
    return next((room for room in ROOMS if within(path, room)), None)


def same_room(path: str, included: str, room: str) -> bool:
    """Drivers share a row in the table, but not a room."""
    if room.endswith("/*"):
        return path.split("/")[:2] == included.split("/")[:2]
    return room_of(included) == room


def wrong_include(path: str, included: str, system: bool) -> Optional[str]:
    room = room_of(path)
    if room is None:
        return "is in no room of CONTRIBUTING.md"
    if system:
        for header, rooms in SYSTEM.items():
            if included.startswith(header) and room not in rooms:
                return f"must not include <{included}>"
        return None
    if "/" not in included:
        return f'"{included}" is not the path from the root'
    if same_room(path, included, room) or any(within(included, allowed) for allowed in ROOMS[room]):
        return None
    return f'must not include "{included}"'


def sources() -> Iterator[Path]:
    for folder in ("service", "interfaces", "polkit", "drivers", "tools"):
        yield from sorted((ROOT / folder).rglob("*.[ch]"))


def includes(path: Path) -> Iterator[tuple[int, str, bool]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            yield number, match[1] or match[2], match[1] is None


def first_include(path: Path) -> str:
    return next((included for _, included, system in includes(path) if not system), "")


class Layers(unittest.TestCase):
    def test_includes(self) -> None:
        n = 0
        for path in sources():
            name = str(path.relative_to(ROOT))
            for number, included, system in includes(path):
                n += 1
                with self.subTest(f"{name}:{number}"):
                    self.assertIsNone(wrong_include(name, included, system))
        self.assertGreater(n, 100)

    def test_own_header_first(self) -> None:
        """Or a private header that begins with it: either way it is compiled with nothing before it."""
        for path in sources():
            header = path.with_suffix(".h")
            if path.suffix == ".c" and header.exists():
                with self.subTest(str(path.relative_to(ROOT))):
                    own = str(header.relative_to(ROOT))
                    first = first_include(path)
                    self.assertIn(own, (first, first_include(ROOT / first)))

    def test_pragma_once(self) -> None:
        for path in sources():
            if path.suffix == ".h":
                with self.subTest(str(path.relative_to(ROOT))):
                    self.assertIn("\n#pragma once\n", path.read_text(encoding="utf-8"))

    def test_that_wrong_ones_are_found(self) -> None:
        for path, included, system in (
                ("drivers/qemu/a.c", "drivers/test/b.h", False),
                ("drivers/qemu/a.c", "service/call.h", False),
                ("drivers/qemu/a.c", "systemd/sd-bus.h", True),
                ("drivers/model/a.c", "drivers/driver.h", False),
                ("drivers/model/a.c", "drivers/qemu/b.h", False),
                ("service/a.c", "drivers/qemu/b.h", False),
                ("service/a.c", "interfaces/emit.h", False),
                ("service/base/a.c", "service/call.h", False),
                ("service/base/a.c", "systemd/sd-bus.h", True),
                ("interfaces/a.c", "drivers/test/b.h", False),
                ("interfaces/a.c", "polkit/authority.h", False),
                ("polkit/a.c", "service/manager.h", False),
                ("tools/virtbusctl/a.c", "service/call.h", False),
                ("interfaces/a.c", "support.h", False),
                ("elsewhere/a.c", "service/base/error.h", False)):
            with self.subTest(f"{path} {included}"):
                self.assertIsNotNone(wrong_include(path, included, system))
        for path, included, system in (
                ("drivers/qemu/a.c", "drivers/qemu/b.h", False),
                ("drivers/qemu/a.c", "drivers/driver.h", False),
                ("drivers/qemu/a.c", "systemd/sd-event.h", True),
                ("service/main.c", "drivers/qemu/b.h", False),
                ("service/a.c", "drivers/driver.h", False),
                ("interfaces/a.c", "systemd/sd-bus.h", True)):
            with self.subTest(f"{path} {included}"):
                self.assertIsNone(wrong_include(path, included, system))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
