#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtbusctl's manual page names each of its commands and options, and its command line keeps its promises."""

import functools
import os
import re
import subprocess
import sys
import unittest

PROGRAM, MANUAL = sys.argv[1:3]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8', **environment})


@functools.cache
def lines(*words: str) -> list[str]:
    result = run(*words)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


class Manual(unittest.TestCase):
    def setUp(self):
        with open(MANUAL, encoding='utf-8') as file:
            # Without the fonts and with plain hyphens.
            self.text = re.sub(r'\\f[A-Z]|"', '', file.read().replace('\\-', '-'))

    def section(self, command: str) -> str:
        """From the command's name to that of the next one."""
        names = '|'.join(lines('commands'))
        parts = re.split(rf'^\.TP\n\.(?:B|BR|BI) ((?:{names})\b.*)$', self.text.split('.SH OPTIONS')[0], flags=re.M)
        for head, body in zip(parts[1::2], parts[2::2]):
            if re.search(rf'\b(?<!-){command}\b(?!-)', head):
                return head + body
        self.fail(f'the manual does not describe the command {command}')

    def test_commands(self):
        commands = lines('commands')
        self.assertIn('start', commands)
        for command in commands:
            section = self.section(command)
            # options, or the commands of a kind of objects
            for word in lines('commands', command):
                self.assertRegex(section, rf'{word.rstrip("=")}\b', f'of {command}')

    def test_global_options(self):
        options = self.text.split('.SH OPTIONS')[1]
        for option in lines('commands', '--', '--'):
            self.assertIn(option.rstrip('='), options)

    def test_help(self):
        overview = run('help').stdout
        for command in lines('commands'):
            self.assertRegex(overview, rf'(?m)^  {command} ')
            by_word, by_option = run('help', command), run(command, '--help')
            self.assertEqual(by_word.returncode, 0)
            self.assertIn(f'virtbusctl {command}', by_word.stdout)
            self.assertEqual(by_word.stdout, by_option.stdout)


class CommandLine(unittest.TestCase):
    def test_usage_errors(self):
        for words in (['frobnicate'], [], ['start'], ['list', 'extra'], ['list', '--no-such'], ['rename', 'a'],
                      ['--user', '--system', 'list'], ['-d', 'no/driver', 'list'], ['--timeout=0', 'list'],
                      ['list', '--state=upside-down'], ['stats', '--group=weather'], ['autostart', 'web', 'on', '--disable'],
                      ['shutdown', '--mode=politely', 'web'], ['console', '--escape=long', 'web'],
                      ['-H', 'nowhere.invalid', 'console', 'web'], ['job-cancel', 'x'], ['events', '--count=none'],
                      ['define', '/nonexistent/web.xml'], ['network', 'frobnicate'], ['volume', 'resize', 'p', 'v', 'big'],
                      ['secret', 'set-value']):
            with self.subTest(words=words):
                result = run(*words)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertTrue(result.stderr.startswith('virtbusctl: '), result.stderr)
                self.assertEqual(result.stdout, '')

    def test_no_bus(self):
        for words in (['list'], ['info', 'web'], ['start', 'web'], ['events'], ['jobs'], ['stats']):
            with self.subTest(words=words):
                result = run(*words, DBUS_SYSTEM_BUS_ADDRESS='unix:path=/nonexistent/socket')
                self.assertEqual(result.returncode, 5, result.stderr)
                self.assertIn('cannot connect to the system bus', result.stderr)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
