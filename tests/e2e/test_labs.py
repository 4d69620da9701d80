#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/labs: every flowgraph and every measurement runs, and every self-check tells right
answers from wrong ones."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
LABS = sorted((path.parent for path in (ROOT / 'examples' / 'labs').glob('*/README.md')),
              key=lambda lab: int(lab.name.split('_')[0]))
PYTHON = '/usr/bin/python3'  # as in the handouts
LONGEST_S = 900  # for what takes seconds: only a hang reaches it
TROUBLE = re.compile(r'Traceback|Error|WARN|warning')
SLOW = re.compile(r'^.*no Es/N0 heard for.*$', re.M)  # a computer with much else to do

# A short form of each lab's measurements, and what they print.
MEASUREMENTS = {
    '1_constellation_and_llrs': [
        (['errors', '--snr', '15', '--symbols', '8000'], r'16qam 15 dB: symbol errors 0\.\d+'),
        (['llrs', '--symbols', '8000'], r'2\.0 to 2\.5 +0\.0\d+'),
        (['compare', '{lab}/my_llr.template.py'], r'exact: [1-9]')],
    '2_detection_and_false_alarms': [
        (['threshold'], r'standard +256 +0\.\d+'),
        (['noise', '--rate', '1e-3', '--samples', '2e5'], r'false alarms a sample 0\.00[01]\d+'),
        (['bursts', '--snr', '-6', '--bursts', '20'], r'detected 1 '),
        (['offset', '--snr', '0', '--bursts', '5'], r'off by 0\.03 .* detected 0 '),
        (['gain'], r'gain 20 dB: rho 0\.\d+')],
    '3_carrier_and_clock': [
        (['phase', '--offset', '1e-4'], r'3072 to +3328 +11\d\.\d deg'),
        (['mystery'], r'deg'),
        (['estimate', '--snr', '0', '--bursts', '5'], r'carrier, detector: +\d\S+ cycles a symbol rms'),
        (['followed', '--snr', '6', '--bursts', '3'], r'symbol errors 0\.0[3-6]')],
    '4_single_carrier_or_ofdm': [
        (['overhead'], r'ofdm +2912 .* 3040 .* 4064'),
        (['peaks', '--profile', 'standard'], r'3\.[5-9]\d dB over the mean'),
        (['carriers'], r'weakest -10\.\d+'),
        (['errors', '--snr', '14', '--bursts', '3'], r'ofdm +three_tap, 14 dB: symbol errors 0\.0')],
    '5_soft_and_hard_lookup': [
        (['pictures', '--snr', '0', '--tiles', '4'], r'0 dB: PSNR hard \d\d\.'),
        (['features', '--snr', '0', '--tiles', '4'], r'hard 1\.\d+, soft 0\.\d+'),
        (['believed', '--tiles', '4'], r'believing in 12 dB: PSNR \d\d\.'),
        (['point'], r'soft: +0\.\d+ +0\.\d+')],
    '6_closed_loop': [
        (['vectors'], r'12 dB: \d vectors'),
        (['loop', '--frames', '3'], r'frame +5: channel +0\.0 dB, \d vectors sent'),
        (['wrong', '--times', '1'], r'n = 206 each'),
        (['bursts'], r'512 payload symbols: 2144')],
    '7_codebook_and_constellation': [
        (['usage', '--tiles', '4'], r'entropy of an index [67]\.\d+ bits'),
        (['neighbours'], r'as trained: .* neighbouring points 0\.\d+'),
        (['plot', '--out', '{folder}/plot.png'], r'plot\.png'),
        (['pictures', '--snr', '12', '--tiles', '4', '--share', '0', '1'], r'100 % .* PSNR \d\d\.')],
    '8_cliff_and_grace': [
        (['threshold', '--snr', '0', '2', '--payloads', '200'],
         r'0\.00 dB: lost 0\.9.*\n.*2\.00 dB: lost 0 \('),
        (['curve', '--snr', '3', '--shrink', '4'],
         r'lite 2\d\.\d+ .*qpsk-1/2 2\d\..*16qam-1/2 11\.'),
        (['belief', '--believed', '6'], r'believing in 6 dB: PSNR lite \d\d\..* adaptive 11\.'),
        (['fading', '--margin', '0', '--times', '1'], r'margin +0 dB: lost 0\.[3-7]\d* .*n = 108'),
        (['whole', '--snr', '6'], r'lite \d\d\.\d+ dB, JPEG 29\.\d+ dB; whole: JPEG 32\.')],
    '9_layers': [
        (['prefixes', '--snr', '10'], r'layers 1 to 4, 1024 symbols: PSNR 3\d\.\d+ .* certainty 0\.'),
        (['cut', '--lost', '0', '60'],
         r'first layer first, 60 % lost: whole layers \[1, 2\]: PSNR 2\d\.(.*\n)+last layer first, '
         r'60 % lost: whole layers \[\]: nothing'),
        (['gap'], r'without layer 2: 1 used, PSNR 1\d\.'),
        (['cost', '--snr', '10'], r'layers \d\d\.\d+ .*lite - layers')],
    '10_memory': [
        (['room', '--kept', '0', '10', '--stories', '40'],
         r'for  0 sentences: right 0\.[0-4].*\n.*for 10 sentences: right (0\.[89]|1)'),
        (['lost', '--share', '0.5', '--stories', '40'], r'0\.50 lost: right 0\.[3-7]'),
        (['noise', '--snr', '0', '--stories', '40'], r' 0 dB: right (0\.[89]|1)'),
        (['fewer', '--elements', '16', '--stories', '40'], r'16 of 32 elements, 12 dB: right (0\.[89]|1)'),
        (['order', '--stories', '40'], r'list: right (0\.[89]|1).*\nages reversed: right 0\.[1-6]')],
}

# A flowgraph without a window prints this sooner or later.
LINES = {
    'constellation.grc': r'16qam: 20000 symbols',
    'detection.grc': r'sent 50, found \d+',
    'carrier_and_clock.grc': r'followed qpsk: 25600 symbols',
    'waveforms.grc': r'qpsk: 25600 symbols',
    'lookup.grc': r'256 tiles; PSNR of the last 256: hard \d',
    'loop.grc': r'\d vectors sent; last heard 1\d',
    'codebook.grc': r'256 tiles; PSNR of the last 256: \d',
    'prefixes.grc': r'mean_score \. 3\d\.\d+\) \(count \. 256\)',
    'cliff.grc': r'256 tiles; PSNR of the last 256: lite \d\d\..*JPEG and LDPC 33\.',
}


def fences(path, kind):
    return re.findall(rf'^```{kind}\n(.*?)^```$', path.read_text(), re.M | re.S)


class Labs(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='udeepsc-labs-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_program(self, program, *arguments, status=0):
        done = subprocess.run([PYTHON, '-B', program, *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=LONGEST_S)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def write(self, answers):
        path = self.folder / 'answers.json'
        path.write_text(answers if isinstance(answers, str) else json.dumps(answers))
        return path

    def solution(self, lab):
        return json.loads(fences(lab / 'solution.md', 'json')[0])

    def test_all_are_here(self):
        self.assertEqual([lab.name for lab in LABS], list(MEASUREMENTS))

    def test_measurements(self):
        for lab in LABS:
            for arguments, expected in MEASUREMENTS[lab.name]:
                with self.subTest(lab=lab.name, what=arguments[0]):
                    said = self.run_program(lab / 'measure.py', *[
                        one.format(lab=lab, folder=self.folder) for one in arguments])
                    self.assertRegex(said, expected)

    def test_solutions_are_right(self):
        for lab in LABS:
            with self.subTest(lab.name):
                answers = self.solution(lab)
                said = self.run_program(lab / 'check.py', self.write(answers))
                self.assertIn(f'{len(answers)} of {len(answers)} right', said)

    def test_template_and_handout_name_every_question(self):
        for lab in LABS:
            with self.subTest(lab.name):
                names = set(self.solution(lab))
                template = json.loads((lab / 'answers.template.json').read_text())
                self.assertEqual(set(template), names)
                self.assertEqual(set(template.values()), {None})
                handout = (lab / 'README.md').read_text()
                self.assertEqual([n for n in names if f'`{n}`' not in handout], [])
                said = self.run_program(lab / 'check.py', lab / 'answers.template.json', status=1)
                self.assertEqual(said.count('not answered yet'), len(names))

    def test_wrong_answers_are_told(self):
        """Every number off by half and by one, every word another one: a hint each, not the truth."""
        for lab in LABS:
            with self.subTest(lab.name):
                answers = self.solution(lab)
                wrong = {name: 'something else' if isinstance(value, str) else 1.5 * value + 1
                         for name, value in answers.items()}
                said = self.run_program(lab / 'check.py', self.write(wrong), status=1)
                self.assertIn(f'0 of {len(answers)} right', said)
                self.assertEqual(len(re.findall(r'^\w+ +wrong: .', said, re.M)), len(answers))

    def test_one_wrong_answer_is_found_among_right_ones(self):
        answers = self.solution(LABS[0])
        answers['distance_64qam'] = 0.5
        said = self.run_program(LABS[0] / 'check.py', self.write(answers), status=1)
        self.assertRegex(said, r'distance_64qam +wrong: .*eight levels')
        self.assertEqual(said.count(' wrong: '), 1)
        self.assertNotIn('0.308', said)

    def test_files_that_cannot_be_used(self):
        program = LABS[0] / 'check.py'
        for text, expected in (('{"a": ', 'line 1'), ('[1, 2]', 'expected {'), ('', 'line 1'),
                               ('{"no_such_question": 1}', 'no_such_question')):
            said = self.run_program(program, self.write(text), status=2)
            self.assertIn(expected, said)
            self.assertNotIn('Traceback', said)
        (self.folder / 'binary.json').write_bytes(b'\xff\xfe\x00')
        self.assertIn('is no text', self.run_program(program, 'binary.json', status=2))
        self.assertIn('answers.template.json', self.run_program(program, 'nowhere.json', status=2))
        for bad in ('true', '"three"', 'NaN', '[1]', '{}'):
            said = self.run_program(program, self.write(f'{{"distance_16qam": {bad}}}'), status=1)
            self.assertIn('expected a number', said)

    def test_an_llr_of_a_student(self):
        """The solution's function is the library's; the template's is not."""
        mine = self.folder / 'mine.py'
        mine.write_text(fences(LABS[0] / 'solution.md', 'python')[0])
        said = self.run_program(LABS[0] / 'measure.py', 'compare', mine)
        differences = [float(x) for x in re.findall(r', exact: (\S+)', said)]
        self.assertEqual(len(differences), 3)
        self.assertLess(max(differences), 1e-3)

    def test_flowgraphs(self):
        for lab in LABS:
            for path in sorted(lab.glob('*.grc')):
                if not path.name.endswith('_gui.grc'):
                    with self.subTest(path.name):
                        self.assertRegex(self.said_by(path), LINES[path.name])

    def said_by(self, path):
        """Until the line that is waited for has come, then Enter."""
        process = subprocess.Popen(
            [PYTHON, '-B', ROOT / 'apps' / 'flowgraph.py', path], cwd=self.folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = ''
        try:
            for line in process.stdout:
                said += line
                if re.search(LINES[path.name], said):
                    break
            rest, _ = process.communicate('\n', timeout=LONGEST_S)
        finally:
            process.kill()
        self.assertEqual(process.returncode, 0, said + rest)
        self.assertNotRegex(SLOW.sub('', said + rest), TROUBLE)
        return said

    def test_a_copy_elsewhere_works(self):
        """As a student has it who works with an installation."""
        copy = Path(shutil.copytree(ROOT / 'examples' / 'labs', self.folder / 'labs'))
        (copy / LABS[0].name / 'answers.json').write_text(json.dumps(self.solution(LABS[0])))
        said = self.run_program(copy / LABS[0].name / 'check.py')
        self.assertIn('12 of 12 right', said)


if __name__ == '__main__':
    sys.exit(unittest.main())
