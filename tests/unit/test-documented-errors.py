#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every error that the contract's prose names is one that the daemon knows, and every one that it uses is provoked.

    test-documented-errors.py ROOT [--list]

--list prints where each one is provoked.
"""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1])

# A name of an error, or of a member: capital letters inside, which an ordinary word does not have, and small ones,
# which an abbreviation does not have.
NAME = re.compile(r"\b[A-Z](?=\w*[a-z])\w*[A-Z]\w*\b")

TABLE = "tests/bus/test-every-error.c"

# What takes more than one call on the test driver, and the test that has it.
ELSEWHERE = {
    "AccessDenied": "tests/bus/test-authorization.c",
    "AgentUnresponsive": "tests/bus/test-session.c",
    "AuthUnavailable": "tests/bus/test-names.c",
    "BlockCopyActive": "tests/bus/test-blocks.c",
    "CPUIncompatible": "tests/bus/test-node.c",
    "LimitsExceeded": "tests/bus/test-limits.c",
    "OperationAborted": "tests/bus/test-jobs.c",
    "OperationTimeout": "tests/bus/test-busy.c",
    "ResourceBusy": "tests/bus/test-faults.c",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def known_errors() -> dict[str, str]:
    """Code -> native name."""
    return dict(re.findall(r'\{ (ERROR_\w+), ERROR_\w+, E\w+, "(\w+)"', read("service/base/error.c")))


def used_codes() -> set[str]:
    """What somebody besides the table of errors says."""
    used = set()
    for room in ("drivers", "interfaces", "polkit", "service"):
        for path in (ROOT / room).rglob("*.c"):
            if path.name != "error.c":
                used |= set(re.findall(r"\bERROR_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    return used


def provoked() -> dict[str, str]:
    """Native name -> the test that provokes it."""
    found = {name: TABLE for name in re.findall(r'^        \{ "(\w+)", "', read(TABLE), re.MULTILINE)}
    for code, name in known_errors().items():
        test = ELSEWHERE.get(name)
        if test and re.search(rf'\b{code}\b|"{name}"|Error\.{name}\b', read(test)):
            found[name] = test
    return found


class DocumentedErrors(unittest.TestCase):
    def test_names(self) -> None:
        errors, named = set(known_errors().values()), set()
        self.assertGreater(len(errors), 20)
        for path in sorted((ROOT / "interfaces").glob("*.xml")):
            text = path.read_text(encoding="utf-8")
            members = set(re.findall(r'<(?:method|property|signal) name="(\w+)"', text))
            for paragraph in re.findall(r"\n\s*Errors:(.*?)(?:\n\s*\n|-->)", text, re.DOTALL):
                for name in NAME.findall(paragraph):
                    with self.subTest(f"{path.name}: {name}"):
                        self.assertIn(name, errors | members)
                    named.add(name)
        self.assertGreater(len(named & errors), 8)

    def test_provoked(self) -> None:
        where, used = provoked(), used_codes()
        for code, name in known_errors().items():
            if code in used:
                with self.subTest(name):
                    self.assertIn(name, where, f"no test provokes it: a row of {TABLE} would")
        self.assertGreater(len(where), 40)

    def test_elsewhere(self) -> None:
        """What one call provokes stands in the table."""
        for name in re.findall(r'^        \{ "(\w+)", "', read(TABLE), re.MULTILINE):
            self.assertNotIn(name, ELSEWHERE)


if __name__ == "__main__":
    if "--list" in sys.argv:
        for error, test in sorted(provoked().items()):
            print(f"{error:24}{test}")
    else:
        unittest.main(argv=sys.argv[:1])
