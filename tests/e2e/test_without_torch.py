#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""-DENABLE_TORCH=OFF: the modem and its blocks alone, built, tested and installed."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
BLOCKS = ['block_fading_channel', 'burst_demodulator', 'burst_detector', 'burst_framer',
          'burst_source', 'csi_feedback', 'digital_modulator', 'radio_channel']


def run(*command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)
    if done.returncode:
        raise AssertionError(f'{command}: {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


class WithoutTorch(unittest.TestCase):

    def test_the_modem_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            build, prefix = Path(folder) / 'build', Path(folder) / 'prefix'
            run('cmake', '-G', 'Ninja', '-S', ROOT, '-B', build, '-DENABLE_TORCH=OFF')
            # Not the modem's own tests, which the whole build has too.
            run('cmake', '--build', build, '-j2', '--target', 'gnuradio-udeepsc',
                'udeepsc_python', 'udeepsc_python_package')
            run('ctest', '--output-on-failure', '-R', 'qa_raw_payloads', cwd=build)
            run('cmake', '--install', build, '--prefix', prefix)
            self.assertEqual(sorted(path.name[len('udeepsc_'):-len('.block.yml')]
                                    for path in prefix.rglob('*.block.yml')), BLOCKS)
            library = next(prefix.rglob('libgnuradio-udeepsc.so'))
            needed = run('readelf', '-d', library)
            self.assertIn('libudeepsc_phy', needed)
            self.assertNotIn('torch', needed)
            self.assertNotIn('udeepsc_core', needed)


if __name__ == '__main__':
    unittest.main()
