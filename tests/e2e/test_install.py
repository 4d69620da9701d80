#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed under a prefix of its own is used from another folder: programs, Python
package, models by name, and the libraries in other CMake projects."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

BUILD = Path(os.environ['UDEEPSC_BUILD_DIR'])
PYTHON = '/usr/bin/python3'

CONSUMER = {
    'CMakeLists.txt': '''
cmake_minimum_required(VERSION 3.16)
project(consumer LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(udeepsc-core 0.2 REQUIRED)
find_package(udeepsc-phy 0.2 REQUIRED)
find_package(Gnuradio 3.10 REQUIRED COMPONENTS runtime pmt)
find_package(gnuradio-udeepsc 0.2 REQUIRED)
add_executable(use_core use_core.cc)
target_link_libraries(use_core udeepsc::udeepsc_core udeepsc::udeepsc_phy)
add_executable(use_blocks use_blocks.cc)
target_link_libraries(use_blocks udeepsc::gnuradio-udeepsc)
''',
    'use_core.cc': '''
#include <udeepsc_core/transceiver.h>
#include <udeepsc_phy/constellation.h>
#include <iostream>
int main()
{
    const auto model = udeepsc_core::Transceiver::load("lite");
    std::cout << model->info().name << " "
              << static_cast<int>(udeepsc_phy::modulation_from_string(model->info().modulation))
              << std::endl;
}
''',
    'use_blocks.cc': '''
#include <gnuradio/top_block.h>
#include <gnuradio/udeepsc/digital_modulator.h>
#include <iostream>
int main()
{
    std::cout << gr::udeepsc::digital_modulator::make()->name() << std::endl;
}
''',
}

FLOWGRAPH = '''
from gnuradio import gr, udeepsc
import sys
top = gr.top_block()
source = udeepsc.text_source(['a fine film .'], '', 'text_classification')
sink = udeepsc.task_sink()
chain = [source, udeepsc.semantic_encoder('lite'), udeepsc.feature_selector('lite', 12.0),
         udeepsc.vq_indexer('lite'), udeepsc.digital_modulator(),
         udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 12.0),
         udeepsc.vq_lookup('lite'), udeepsc.unified_decoder('lite'), sink]
for sender, receiver in zip(chain, chain[1:]):
    top.msg_connect((sender, 'out'), (receiver, 'in'))
top.start()
sink.wait_for(1, 60)
top.stop()
top.wait()
print(sink.results()[0].class_name, udeepsc.find_model('lite'))
'''


LINKERS = ('__bss_start', '_edata', '_end', '_init', '_fini')  # in every library


def environment(**more):
    """Without anything of the build tree."""
    kept = {k: v for k, v in os.environ.items()
            if k not in ('PYTHONPATH', 'GRC_BLOCKS_PATH', 'LD_LIBRARY_PATH', 'UDEEPSC_MODELS')}
    return {**kept, **more}


class Installed(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix='udeepsc-install-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        # Elsewhere than the build tree knows, and not where it was first put.
        first, cls.prefix = cls.folder / 'first', cls.folder / 'a prefix'
        cls.run_here('cmake', '--install', BUILD, '--prefix', first)
        first.rename(cls.prefix)
        cls.python = next(cls.prefix.glob('lib/python3*/*-packages'))

    @classmethod
    def run_here(cls, *command, status=0, **more):
        done = subprocess.run(list(map(str, command)), cwd=cls.folder, env=environment(**more),
                              capture_output=True, text=True, timeout=300)
        if done.returncode != status:
            raise AssertionError(f'{command}: {done.returncode}\n{done.stdout}{done.stderr}')
        return done.stdout + done.stderr

    def test_command_line(self):
        self.assertIn('lite', self.run_here(self.prefix / 'bin' / 'udeepsc', 'info', 'lite'))
        self.assertRegex(self.run_here(self.prefix / 'bin' / 'udeepsc', '--version'), r'\d+\.\d+')

    def test_programs(self):
        for name in ('demo', 'sim', 'tx', 'rx', 'node', 'chat', 'channel'):
            with self.subTest(name):
                self.assertIn('usage', self.run_here(self.prefix / 'bin' / f'udeepsc-{name}', '--help'))
        said = self.run_here(self.prefix / 'bin' / 'udeepsc-sim', '--text', 'a fine film',
                             '--snr', '12', '--out', self.folder / 'sim')
        self.assertIn('1 of 1 payloads arrived', said)
        figures = json.loads((self.folder / 'sim' / 'figures.json').read_text())
        self.assertEqual(figures['words right'], 1.0)

    def test_every_program_has_its_manual_page_and_completion(self):
        names = [path.name for path in (self.prefix / 'bin').iterdir()]
        self.assertGreaterEqual(len(names), 7)
        for name in names:
            with self.subTest(name):
                self.assertTrue((self.prefix / 'share' / 'man' / 'man1' / f'{name}.1').is_file())
                self.assertTrue((self.prefix / 'share' / 'bash-completion' / 'completions'
                                 / name).is_file())

    def test_an_example_runs(self):
        example = next(self.prefix.rglob('picture_and_sentence.grc'))
        self.assertIn('--snr-db', self.run_here(self.prefix / 'bin' / 'udeepsc-run', example, '--help'))

    def test_another_version_is_installed_with_gnuradio(self):
        """Beside GNU Radio's own modules, which come first, and among its block descriptions."""
        other = Path(self.enterContext(tempfile.TemporaryDirectory(prefix='udeepsc-other-')))
        (other / 'gnuradio' / 'udeepsc').mkdir(parents=True)
        real = Path(self.run_here(PYTHON, '-c', 'import gnuradio; print(gnuradio.__path__[0])').strip())
        (other / 'gnuradio' / '__init__.py').write_text(
            f'from pkgutil import extend_path\n'
            f'__path__ = extend_path([*__path__, {str(real)!r}], __name__)\n')
        (other / 'gnuradio' / 'udeepsc' / '__init__.py').write_text('raise ImportError("the other")\n')
        blocks = other / 'blocks'
        blocks.mkdir()
        (blocks / 'udeepsc_semantic_encoder.block.yml').write_text(
            'id: udeepsc_semantic_encoder\nlabel: Other\ntemplates:\n'
            '    imports: import the_other\n    make: the_other.block()\nfile_format: 1\n')
        known = self.run_here(PYTHON, '-c', 'from gnuradio import gr; '
                              'print(gr.prefs().get_string("grc", "global_blocks_path", ""))').strip()
        beside = {'PYTHONPATH': str(other), 'GR_CONF_GRC_GLOBAL_BLOCKS_PATH': f'{known}:{blocks}'}
        self.assertIn('the other', self.run_here(PYTHON, '-c', 'from gnuradio import udeepsc',
                                                 status=1, **beside))
        example = next(self.prefix.rglob('picture_and_sentence.grc'))
        said = self.run_here(self.prefix / 'bin' / 'udeepsc-run', example, '--help', **beside)
        self.assertIn('--snr-db', said)
        self.assertNotIn('overwritten', said)
        self.run_here(self.prefix / 'bin' / 'udeepsc-sim', '--text', 'a fine film', '--out',
                      self.folder / 'beside', **beside)

    def test_python_package(self):
        script = self.folder / 'flow.py'
        script.write_text(FLOWGRAPH)
        said = self.run_here(PYTHON, '-B', script, PYTHONPATH=str(self.python))
        self.assertIn('positive', said)
        self.assertIn(str(self.prefix), said)

    def test_consumer_in_cpp(self):
        source = self.folder / 'consumer'
        source.mkdir()
        for name, text in CONSUMER.items():
            (source / name).write_text(text)
        self.run_here('cmake', '-G', 'Ninja', '-S', source, '-B', source / 'build',
                      f'-DCMAKE_PREFIX_PATH={self.prefix}')
        self.run_here('cmake', '--build', source / 'build', '-j2')
        self.assertIn('lite', self.run_here(source / 'build' / 'use_core'))
        self.assertIn('digital_modulator', self.run_here(source / 'build' / 'use_blocks'))

    def test_libraries_show_their_own_names_alone(self):
        """Nothing of the inside, nothing of a library that they are built with."""
        for name, namespace in (('udeepsc_core', 'udeepsc_core::'), ('udeepsc_phy', 'udeepsc_phy::'),
                                ('gnuradio-udeepsc', 'gr::udeepsc::')):
            with self.subTest(name):
                library = next(self.prefix.rglob(f'lib{name}.so'))
                said = self.run_here('nm', '-DC', '--defined-only', library)
                # Weak ones are templates and inline functions, which many libraries hold.
                names = [line.split(' ', 2)[2] for line in said.splitlines()
                         if line.split(' ', 2)[1] in 'TDBR']
                names = [name for name in names if name not in LINKERS]
                self.assertTrue(names)
                self.assertEqual([n for n in names if namespace not in n], [])
                self.assertEqual([n for n in names if '::detail::' in n or '_impl::' in n], [])

    def test_pkg_config(self):
        said = self.run_here('pkg-config', '--cflags', '--libs', 'udeepsc-core',
                             PKG_CONFIG_PATH=str(next(self.prefix.rglob('pkgconfig'))))
        self.assertIn('-ludeepsc_core', said)

    def test_uninstall_leaves_nothing(self):
        other = self.folder / 'other'
        manifest = self.folder / 'manifest.txt'
        before = (BUILD / 'install_manifest.txt').read_text()
        self.run_here('cmake', '--install', BUILD, '--prefix', other)
        shutil.copy(BUILD / 'install_manifest.txt', manifest)
        (BUILD / 'install_manifest.txt').write_text(before)
        self.run_here('cmake', f'-DMANIFEST={manifest}', '-P',
                      Path(os.environ['UDEEPSC_SOURCE_DIR']) / 'cmake' / 'uninstall.cmake')
        self.assertEqual([p for p in other.rglob('*') if p.is_file() or 'udeepsc' in p.name], [])


if __name__ == '__main__':
    unittest.main()
