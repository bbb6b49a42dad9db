#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmark runs to its end, and its results can be read. What they are is nobody's business here."""

import json
import math
import subprocess
import sys
import tempfile
import unittest

RUN, BUILD = sys.argv[1:3]
SKIPPED = 77

# group -> services that must be in at least one of its rows
GROUPS = {
    'Cached reads': {'virtbusd', 'floor'},
    'Answers that grow': {'virtbusd', 'floor'},
    'Reads of an ordinary user': {'kind', 'object'},
    'Changes without a hypervisor': {'virtbusd'},
}
WITH_QEMU = {
    'Start-up': {'virtbusd'},
    'Memory (RssAnon)': {'virtbusd'},
    'Starting a QEMU guest (no disks, firmware only)': {'virtbusd', 'by hand'},
    'A machine that hangs (SIGSTOP)': {'before', 'meanwhile'},
}


class Bench(unittest.TestCase):
    def test_quick_run(self):
        with tempfile.TemporaryDirectory() as directory:
            results = f'{directory}/results.json'
            result = subprocess.run([RUN, '--quick', '--build', BUILD, '--json', results], timeout=600,
                                    capture_output=True, text=True)
            if result.returncode == SKIPPED:
                print(result.stderr)
                sys.exit(SKIPPED)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            with open(results, encoding='utf-8') as file:
                report = json.load(file)
        self.assertIs(report['quick'], True)
        groups = dict(GROUPS) if 'skipped, there is no qemu' in result.stdout else GROUPS | WITH_QEMU
        for group, services in groups.items():
            rows = [row for row in report['rows'] if row['group'].startswith(group)]
            self.assertTrue(rows, f'nothing about {group}')
            self.assertLessEqual(services, set().union(*(row['services'] for row in rows)), group)
        for row in report['rows']:
            with self.subTest(row=row['name']):
                self.check_row(row, result.stdout)

    def check_row(self, row: dict, text: str):
        self.assertIn(row['name'], text)
        self.assertTrue(row['services'])
        for samples in row['services'].values():
            self.assertGreater(samples['n'], 0)
            self.assertTrue(math.isfinite(samples['median']))
            self.assertLessEqual(samples['min'], samples['median'])
            self.assertLessEqual(samples['median'], samples['max'])
        if budget := row.get('budget'):
            within = budget['median'] >= budget['limit'] if budget['kind'] == 'at least' else \
                budget['median'] <= budget['limit']
            self.assertEqual(budget['verdict'], 'within' if within else 'over')
            self.assertIn(budget['service'], row['services'])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
