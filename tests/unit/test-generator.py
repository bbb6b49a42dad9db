#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the contract generator makes of toys, compared with tests/golden/generator. REGENERATE=1 writes anew."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

GENERATOR, GOLDEN = sys.argv[1], Path(sys.argv[2])


class Generator(unittest.TestCase):
    maxDiff = None

    def run_generator(self, mode: str, *inputs: str, permissions: str = "permissions.ini") -> tuple[int, str, str]:
        """Exit code, messages, and what was written."""
        with tempfile.TemporaryDirectory() as directory:
            output = Path(directory) / "output"
            done = subprocess.run(
                [GENERATOR, mode, "--permissions", str(GOLDEN / permissions), "--output", str(output),
                 *(str(GOLDEN / i) for i in inputs)], capture_output=True, text=True, check=False, timeout=60)
            return done.returncode, done.stderr, output.read_text(encoding="utf-8") if output.exists() else ""

    def compare(self, text: str, name: str) -> None:
        if os.environ.get("REGENERATE") == "1":
            (GOLDEN / name).write_text(text, encoding="utf-8")
        self.assertEqual(text, (GOLDEN / name).read_text(encoding="utf-8"))

    def test_outputs(self) -> None:
        for mode, inputs, name in (
                ("header", ["toy.xml"], "toy.h"),
                ("source", ["toy.xml"], "toy.c"),
                ("docs", ["toy.xml"], "toy.md"),
                ("libvirt-xml", ["toy.xml"], "toy-libvirt.xml"),
                ("permission-header", [], "permission.h"),
                ("permission-source", [], "permission.c"),
                ("policy", [], "toy.policy")):
            with self.subTest(mode):
                code, messages, text = self.run_generator(mode, *inputs)
                self.assertEqual((code, messages), (0, ""))
                self.compare(text, name)

    def test_errors(self) -> None:
        for path in sorted(GOLDEN.glob("wrong-*.xml")):
            with self.subTest(path.name):
                code, messages, text = self.run_generator("source", path.name)
                self.assertEqual((code, text), (1, ""))
                self.compare(messages, path.with_suffix(".txt").name)

    def test_errors_of_all_files_at_once(self) -> None:
        code, messages, _ = self.run_generator("source", "wrong-interface.xml", "wrong-syntax.xml", "toy.xml")
        self.assertEqual(code, 1)
        self.assertEqual([line.split(":")[0] for line in messages.splitlines()],
                         ["wrong-interface.xml", "wrong-syntax.xml"])

    def test_duplicate_interface(self) -> None:
        code, messages, _ = self.run_generator("source", "toy.xml", "toy.xml")
        self.assertEqual((code, messages), (1, "toy.xml:13: duplicate interface Domain\n"))

    def test_wrong_permissions(self) -> None:
        code, messages, _ = self.run_generator("policy", permissions="wrong-permissions.ini")
        self.assertEqual((code, messages), (1, 'wrong-permissions.ini: domain.read: not "yes|no: sentence"\n'))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
