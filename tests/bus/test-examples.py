#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The clients of docs/examples against the real daemon: what they print follows what others do to the domains.

    test-examples.py PROGRAM    (below the build directory)
"""

import os
import selectors
import subprocess
import sys
import time
import unittest

DEADLINE = 30
CONNECT = '/org/virtbus1/Test'
DOMAIN = CONNECT + '/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f'

DEFINITION = '''<domain type='test'><name>example</name><uuid>11111111-2222-4333-8444-555555555555</uuid>
<memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>'''


def call(path: str, interface: str, member: str, *args: str) -> None:
    subprocess.run(['busctl', '--system', 'call', 'org.virtbus1', path, interface, member, *args], check=True,
                   stdout=subprocess.DEVNULL)


class Client:
    """The example as a user runs it; its output line by line."""

    def __init__(self, *words: str, user: str = 'root') -> None:
        self.process = subprocess.Popen(
            ['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '--', PROGRAM, 'Test', *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.rest = {self.process.stdout: b'', self.process.stderr: b''}
        self.selector = selectors.DefaultSelector()
        for stream in self.rest:
            self.selector.register(stream, selectors.EVENT_READ)

    def expect(self, line: str) -> None:
        """Waits until the example has printed a line that contains this."""
        end = time.monotonic() + DEADLINE
        while not any(line.encode() in text for text in self.rest.values()):
            left = end - time.monotonic()
            ready = self.selector.select(left) if left > 0 and self.selector.get_map() else []
            if not ready:
                raise AssertionError(f'no "{line}" in {list(self.rest.values())}')
            for key, _ in ready:
                data = key.fileobj.read(4096)
                if not data:
                    self.selector.unregister(key.fileobj)
                self.rest[key.fileobj] += data
        for stream in self.rest:
            self.rest[stream] = b''

    def end(self) -> int:
        self.process.terminate()
        self.process.communicate()
        return self.process.returncode


class TestExample(unittest.TestCase):
    def test_cached_state_follows(self) -> None:
        client = Client()
        self.addCleanup(client.end)
        client.expect('test\trunning')
        call(DOMAIN, 'org.virtbus1.Domain', 'Suspend')
        client.expect('test\tpaused')
        call(DOMAIN, 'org.virtbus1.Domain', 'Resume')
        client.expect('test\trunning')

    def test_domains_come_and_go(self) -> None:
        client = Client()
        self.addCleanup(client.end)
        client.expect('test\trunning')
        call(CONNECT, 'org.virtbus1.Connect', 'DomainDefineXML', 's', DEFINITION)
        client.expect('example\tshutoff')
        call(CONNECT + '/domain/_11111111_2222_4333_8444_555555555555', 'org.virtbus1.Domain', 'Undefine', 'u', '0')
        client.expect('example\tgone')
        self.assertEqual(client.end(), 0)

    def test_a_method(self) -> None:
        client = Client('test')
        self.addCleanup(client.end)
        client.expect('test\tpaused')
        call(DOMAIN, 'org.virtbus1.Domain', 'Resume')
        client.expect('test\trunning')

    def test_a_refusal(self) -> None:
        client = Client('test', user='vtest1')
        self.addCleanup(client.end)
        client.expect('cannot suspend')


if __name__ == '__main__':
    PROGRAM = os.path.join(os.environ['VIRTBUS_BUILD_DIR'], sys.argv[1])
    unittest.main(argv=sys.argv[:1])
