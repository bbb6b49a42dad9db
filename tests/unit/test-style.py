#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What CONTRIBUTING.md says of the looks of C files: lines of 120 columns, files of 1,500 lines, nothing put off."""

import re
import subprocess
import sys
import unicodedata
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1])
COLUMNS_MAX = 120
LINES_MAX = 1500
# In words of their own: a pattern like "XXXXXX" of mkstemp() is none.
PUT_OFF = re.compile(r"\b(TODO|FIXME|XXX)\b")
# Made by a program, and kept as it was made.
MADE = ("tests/golden/",)


def files() -> list[Path]:
    """C files of the tree: those that git knows, or all in a tree without git."""
    found = subprocess.run(["git", "-C", str(ROOT), "ls-files", "*.c", "*.h", "*.cpp"], capture_output=True, text=True,
                           check=False)
    names = found.stdout.split("\n") if found.returncode == 0 else []
    paths = [ROOT / name for name in names if name] or [p for p in ROOT.rglob("*.[ch]") if "build" not in p.parts]
    return [p for p in paths if p.is_file() and not str(p.relative_to(ROOT)).startswith(MADE)]


def width(line: str) -> int:
    if line.isascii():
        return len(line)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Style(unittest.TestCase):
    def test_files(self) -> None:
        paths = files()
        self.assertGreater(len(paths), 300)
        for path in paths:
            name, lines = path.relative_to(ROOT), path.read_text(encoding="utf-8").split("\n")
            with self.subTest(str(name)):
                self.assertLessEqual(len(lines), LINES_MAX, "a file of that length is more than one noun")
            wrong = [f"{name}:{number}: {line.strip()}" for number, line in enumerate(lines, 1)
                     if width(line) > COLUMNS_MAX or PUT_OFF.search(line)]
            with self.subTest(f"lines of {name}"):
                self.assertFalse(wrong, f"more than {COLUMNS_MAX} columns, or put off")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
