#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bus starts the daemon with the activation files that are installed, for whom its policy lets call. On a private host."""

import os
import pwd
import shlex
import signal
import subprocess
import sys
import time
import unittest

FILES = sys.argv[1:]  # system-NAME.service, as the build makes them
SERVICE = os.environ['VIRTBUS_HOST_SERVICE']
HOST_DIR = os.environ['VIRTBUS_HOST_DIR']
TEST_DIR = os.environ['VIRTBUS_TEST_DIR']
SERVICE_DIR = '/usr/share/dbus-1/system-services'
DEADLINE = 60


def busctl(*words: str, user: str = 'root') -> subprocess.CompletedProcess:
    as_user = ['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '--'] if user != 'root' else []
    return subprocess.run([*as_user, 'busctl', '--system', f'--timeout={DEADLINE}', *words], capture_output=True,
                          text=True, timeout=2 * DEADLINE)


def call_bus(member: str, *arguments: str) -> subprocess.CompletedProcess:
    return busctl('call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus', member, *arguments)


def list_domains(name: str, user: str) -> subprocess.CompletedProcess:
    path = '/' + name.replace('.', '/') + '/Test'
    return busctl('call', name, path, f'{name}.Connect', 'ListDomains', 'u', '0', user=user)


def owner(name: str) -> int:
    """The process that owns the name; 0: none."""
    answer = call_bus('GetConnectionUnixProcessID', 's', name)
    return int(answer.stdout.split()[1]) if answer.returncode == 0 else 0


def command() -> list[str]:
    with open(os.path.join(HOST_DIR, 'virtbusd.command'), encoding='utf-8') as file:
        return shlex.split(file.read())


def install():
    """The files as they are, but for the place of the program, which is not installed."""
    program = os.path.join(TEST_DIR, 'virtbusd')
    with open(program, 'w', encoding='utf-8') as out:
        out.write(f'#!/bin/sh\n[ "$1" = --system ] || exit 1\nexec {shlex.join(command())} "$@" 2>>{TEST_DIR}/activated.log\n')
    os.chmod(program, 0o755)
    for path in FILES:
        with open(path, encoding='utf-8') as file:
            lines = file.read().splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith('Exec='))
        assert lines[at].split('/')[-1] == 'virtbusd --system', lines[at]
        lines[at] = f'Exec={program} --system'
        name = os.path.basename(path).removeprefix('system-')
        with open(os.path.join(SERVICE_DIR, name), 'w', encoding='utf-8') as out:
            out.write('\n'.join(lines) + '\n')


class Activation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([SERVICE, 'stop', 'virtbusd'], check=True)
        install()
        assert call_bus('ReloadConfig').returncode == 0

    def setUp(self):
        self.assertEqual(owner('org.virtbus1'), 0)

    def tearDown(self):
        if pid := owner('org.virtbus1'):
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + DEADLINE
        while owner('org.virtbus1') or pid and os.path.exists(f'/proc/{pid}'):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def check_started(self, name: str, user: str):
        answer = list_domains(name, user)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn('/Test/domain/_', answer.stdout)
        pid = owner(name)
        self.assertEqual(os.stat(f'/proc/{pid}').st_uid, 0)
        self.assertEqual(os.path.basename(os.readlink(f'/proc/{pid}/exe')), os.path.basename(command()[0]))
        return pid

    def test_native(self):
        pid = self.check_started('org.virtbus1', 'vtest1')
        # and no other for the next
        self.assertEqual(self.check_started('org.virtbus1', 'vtest2'), pid)

    def test_libvirt_face(self):
        pid = self.check_started('org.libvirt', 'vtest3')
        self.assertEqual(owner('org.virtbus1'), pid)

    def test_who_may_not_call_starts_nothing(self):
        self.assertTrue(pwd.getpwnam('vtest1'))
        answer = list_domains('org.libvirt', 'vtest1')
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn('denied', answer.stderr.lower())
        self.assertEqual(owner('org.virtbus1'), 0)

    def test_again_after_a_crash(self):
        pid = self.check_started('org.virtbus1', 'vtest1')
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + DEADLINE
        while owner('org.virtbus1') == pid:
            self.assertLess(time.monotonic(), end)
        self.assertNotEqual(self.check_started('org.virtbus1', 'vtest1'), pid)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
