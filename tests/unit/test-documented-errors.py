#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every error that the contract's prose names is one that the daemon knows."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1])

# A name of an error, or of a member: capital letters inside, which an ordinary word does not have, and small ones,
# which an abbreviation does not have.
NAME = re.compile(r"\b[A-Z](?=\w*[a-z])\w*[A-Z]\w*\b")


def known_errors() -> set[str]:
    table = (ROOT / "service" / "base" / "error.c").read_text(encoding="utf-8")
    return set(re.findall(r'\{ ERROR_\w+, ERROR_\w+, E\w+, "(\w+)"', table))


class DocumentedErrors(unittest.TestCase):
    def test_names(self) -> None:
        errors, named = known_errors(), set()
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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
