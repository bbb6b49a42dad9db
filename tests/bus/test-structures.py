#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Structures as a client in C++ with Qt has them: docs/examples/show-domain.cpp against the real daemon.

    test-structures.py PROGRAM    (below the build directory)
"""

import os
import subprocess
import sys
import unittest

PROGRAM = os.path.join(os.environ['VIRTBUS_BUILD_DIR'], sys.argv[1])
UUID = '11111111-2222-4333-8444-555555555555'
DOMAIN = '/org/virtbus1/Test/domain/_' + UUID.replace('-', '_')
DEFINITION = f'''<domain type='test'><name>web</name><uuid>{UUID}</uuid><memory unit='MiB'>64</memory><vcpu>2</vcpu>
<iothreads>1</iothreads><os><type>hvm</type></os><devices>
<disk type='file' device='disk'><source file='/x'/><target dev='vda' bus='virtio'/></disk>
<interface type='network'><mac address='aa:bb:cc:dd:ee:ff'/><source network='default'/></interface>
<console type='pty'/><graphics type='vnc' port='5905' listen='127.0.0.1'/></devices></domain>'''

# What each member gives, as a pattern.
EXPECTED = {
    'GetState': r'\(1 \d+\)',
    'GetInfo': r'\(1 65536 65536 2 \d+\)',
    'GetTime': r'\(\d+ \d+\)',
    'GetControlInfo': r'\(0 0 0\)',
    'GetJobInfo': r'\(0( 0){11}\)',
    'GetJobStats': r'\(0 \{.*\}\)',
    'GetBlockInfo': r'\(\d+ \d+ \d+\)',
    'GetBlockJobInfo': r'\(0 0 0 0\)',
    'GetDiskErrors': r'\[\]',
    'GetFSInfo': r'\[\(/ vda1 \S+ \[vda\]\).*\]',
    'GetIOThreadInfo': r'\[\(1 \[yes .*\]\)\]',
    'GetVcpuInfo': r'\[\(0 1 \d+ -?\d+ \[yes .*\]\) \(1 .*\)\]',
    'GetSecurityLabelList': r'\[\(\S+ yes\)\]',
    'InterfaceAddresses': r'\[\(\S+ aa:bb:cc:dd:ee:ff \[\(0 192\.168\.122\.\d+ 24\)\]\)\]',
    'InterfaceStats': r'\((\d+ ){7}\d+\)',
    'SchedulerType': r'\(posix \d+\)',
    'Consoles': r'\[.*\]',
    'Graphics': r'\[\(vnc 127.0.0.1 5905\)\]',
    'NodeGetInfo': r'\(i686 \d+ 16 \d+ 2 2 2 2\)',
    'NodeGetSecurityModel': r'\(testSecurity \)',
    'GetAllDomainStats': r'\[.*\(web \{state\.reason state\.state\}\).*\]',
    'ListDomainsDetailed': rf'\[.*\({DOMAIN} \{{.*Name.*\}}\).*\]',
    'GetDHCPLeases': r'\[(\(\S+ \d+ 0 [0-9a-f:]+  192\.168\.122\.\d+ 24 \S* \S*\) ?)+\]',
    'StoragePool.GetInfo': r'\(2 107374182400 0 107374182400\)',
}


class Structures(unittest.TestCase):
    def test_each(self) -> None:
        subprocess.run(['busctl', '--system', 'call', 'org.virtbus1', '/org/virtbus1/Test', 'org.virtbus1.Connect',
                        'DomainCreateXML', 'su', DEFINITION, '0'], check=True, stdout=subprocess.DEVNULL)
        result = subprocess.run([PROGRAM, 'Test', 'web'], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = dict(line.split('\t', 1) for line in result.stdout.splitlines())
        self.assertEqual(sorted(lines), sorted(EXPECTED))
        for name, pattern in EXPECTED.items():
            with self.subTest(name):
                self.assertRegex(lines[name], f'^{pattern}$')

    def test_no_such_domain(self) -> None:
        result = subprocess.run([PROGRAM, 'Test', 'none'], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn('Domain not found', result.stderr)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
