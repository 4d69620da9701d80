# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws demo_out/report.png: a column for what was sent, and one for every SNR."""

import difflib
import re
import warnings

import matplotlib.pyplot as plt
import numpy as np

import tasks
from console import snr_text
from page import FAINT, INK, Page
from summary import readable

GREY = '#66717d'
ACCENT, GOOD, BAD = '#0b6e8f', '#1a7f4b', '#c0322b'
PANEL = '#f4f6f8'
MARK_COLOURS = {'': INK, '\u2713': GOOD, '\u2717': BAD}

# Inches
MARGIN, GAP = 0.55, 0.16
MOST_PICTURES, MOST_THUMBNAILS, MOST_QUESTIONS, MOST_SENTENCES, MOST_SOUNDS = 4, 2, 4, 3, 3


class Report:

    def __init__(self, info, channel, snrs, done):
        self.info, self.channel, self.snrs = info, channel, snrs
        self.rows = {(o.task, o.snr_db): (s, o) for s, o in done}
        self.tasks = list(dict.fromkeys(o.task for _, o in done))
        columns = len(snrs) + 1
        self.column = 2.45 if columns > 4 else 2.8 if columns > 3 else 3.3
        self.right = MARGIN + columns * self.column + (columns - 1) * GAP
        self.blocks = []  # (height, draw(page, y))

    def at(self, column):
        return MARGIN + column * (self.column + GAP)

    def row(self, task, snr_db):
        return self.rows.get((task, snr_db), (None, None))

    def task(self, takes, gives):
        """The first of this kind, or None."""
        return tasks.first(self.tasks, takes, gives)

    def add(self, height, draw):
        self.blocks.append((height, draw))

    # What stands on the page

    def title(self):
        info = self.info
        fade = {'awgn': 'white Gaussian noise', 'rayleigh': 'block Rayleigh fading',
                'rician': 'block Rician fading'}.get(self.channel, self.channel)

        def draw(page, y):
            page.text(MARGIN, y + 0.42, 'Meaning instead of bits', 25, weight='bold')
            page.text(MARGIN, y + 0.74,
                      f'U-DeepSC in GNU Radio: one network of {info.parameters / 1e6:.1f} M '
                      f'parameters sends pictures, sentences, sounds and questions over {fade}', 11.5, GREY)
        self.add(1.05, draw)

    def heads(self):
        def draw(page, y):
            page.text(self.at(0), y + 0.2, 'sent', 13, weight='bold')
            for i, snr_db in enumerate(self.snrs):
                page.text(self.at(i + 1), y + 0.2, snr_text(snr_db), 13, ACCENT, weight='bold')
            page.text(self.right, y + 0.2, r'$E_s/N_0$', 11, GREY, ha='right',
                      parse_math=True)
            page.line(y + 0.32, MARGIN, self.right, INK, 1.2)
        self.add(0.45, draw)

    def section(self, name, remark):
        def draw(page, y):
            end = page.text(MARGIN, y + 0.3, name, 12, weight='bold')
            page.text(end + 0.14, y + 0.3, remark, 10, GREY)
        self.add(0.44, draw)

    def space(self, height):
        self.add(height, lambda page, y: None)

    # Pictures

    def pictures(self, files, conventional):
        task = self.task('image', 'picture')
        if task is None:
            return
        tile = self.info.size_of('image')
        symbols = self.row(task, self.snrs[0])[0]['unit'].split()[0]
        share = float(symbols) / (3 * tile * tile)
        self.section('Pictures', f'{symbols} symbols for each tile of {tile}\u00d7{tile} pixels: '
                     f'1/{1 / share:.3g} of a symbol for each of its values; PSNR below')
        for k, path in enumerate(list(files)[:MOST_PICTURES]):
            self.picture_row(task, path, files[path])
            if k == 0 and conventional:
                self.conventional_row(conventional)

    def picture_size(self, pixels):
        """(width, height) on the page."""
        shape = pixels.shape[0] / pixels.shape[1]
        width = self.column if shape <= 1.25 else self.column * 1.25 / shape
        return width, width * shape

    def conventional_row(self, received):
        width, height = self.picture_size(received[0].pixels)

        def draw(page, y):
            page.text(self.at(0), y + 0.25, 'JPEG, LDPC, QPSK 1/2', 11, weight='bold')
            page.wrapped(self.at(0), y + 0.48, 'as many symbols at a fixed rate: no better above '
                         'its threshold, nothing below', self.column, 10, GREY)
            for i, one in enumerate(received):
                page.picture(one.pixels, self.at(i + 1), y, width, height)
                page.text(self.at(i + 1), y + height + 0.19, f'{one.psnr_db:.1f} dB', 10,
                          BAD if one.damaged else GREY)
        self.add(height + 0.3, draw)

    def picture_row(self, task, path, pixels):
        width, height = self.picture_size(pixels)

        def draw(page, y):
            page.picture(pixels, self.at(0), y, width, height)
            for i, snr_db in enumerate(self.snrs):
                summary, outcome = self.row(task, snr_db)
                if outcome is None or path not in outcome.pictures:
                    continue
                page.picture(outcome.pictures[path], self.at(i + 1), y, width, height)
                page.text(self.at(i + 1), y + height + 0.19,
                          f"{summary['pictures'][path]:.1f} dB", 10, GREY)
        self.add(height + 0.3, draw)

    # Constellation

    def constellation(self):
        task = self.task('image', 'picture') or self.task('text', 'sentence') or self.tasks[0]
        self.section('On the air', 'symbols before and after the channel; noise moves a symbol '
                     'to its neighbour, and training made neighbours mean similar things'
                     if self.info.mapping == 'symbol' else 'symbols before and after the channel')
        height = 0.8 * self.column

        def draw(page, y):
            _, outcome = self.row(task, self.snrs[-1])
            self.scatter(page, self.at(0), y, height, outcome.sent, INK, 6, 0.6)
            for i, snr_db in enumerate(self.snrs):
                _, outcome = self.row(task, snr_db)
                self.scatter(page, self.at(i + 1), y, height, outcome.received, ACCENT, 2, 0.35)
        self.add(height + 0.12, draw)

    def scatter(self, page, x, y, height, symbols, colour, size, alpha):
        axes = page.axes(x, y, self.column, height)
        axes.set_facecolor(PANEL)
        axes.axhline(0, color=FAINT, linewidth=0.8)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        axes.scatter(symbols.real, symbols.imag, s=size, color=colour, alpha=alpha,
                     linewidths=0, rasterized=True)
        reach = 1.9
        axes.set_xlim(-reach * self.column / height, reach * self.column / height)
        axes.set_ylim(-reach, reach)

    # What is in the picture

    def thumbnails(self, pictures):
        task = self.task('image', 'label')
        if task is None:
            return
        self.section('What is it?', 'the patches that the feature selection module chose to '
                     'send; the other patches stay at home')
        shown = pictures[:MOST_THUMBNAILS]
        edge = min((self.column - 0.25) / 2, 1.15)

        def draw(page, y):
            for k, picture in enumerate(shown):
                x = k * (edge + 0.14)
                page.picture(picture.pixels, self.at(0) + x, y, edge, edge, smooth=False)
                page.text(self.at(0) + x, y + edge + 0.19, picture.label, 10, GREY)
                for i, snr_db in enumerate(self.snrs):
                    summary, outcome = self.row(task, snr_db)
                    if outcome is None or outcome.results[k] is None:
                        continue
                    self.answer(page, self.at(i + 1) + x, y, edge, picture,
                                outcome.results[k], summary['answers'][k])
        self.add(edge + 0.5, draw)

    def answer(self, page, x, y, edge, picture, result, answer):
        pixels = keep_patches(picture.pixels, result.kept, result.candidates)
        page.picture(pixels, x, y, edge, edge, smooth=False)
        colour = MARK_COLOURS[answer['mark']]
        end = page.text(x, y + edge + 0.19, answer['answer'], 10, colour, weight='bold')
        page.text(end + 0.06, y + edge + 0.19, f"{answer['probability']:.0%}", 9, GREY)
        page.text(x, y + edge + 0.36, f'{result.symbols} symbols', 8.5, GREY)

    # Questions

    def questions(self, questions):
        task = self.task('image + text', 'label')
        if task is None:
            return
        self.section('Ask', 'picture and question go as a few symbols each; the answer is all that '
                     'comes out')
        edge = 0.62
        for k, question in list(enumerate(questions))[:MOST_QUESTIONS]:
            self.question_row(task, k, question, edge)

    def question_row(self, task, k, question, edge):
        def draw(page, y):
            page.picture(question.picture.pixels, self.at(0), y, edge, edge, smooth=False)
            page.wrapped(self.at(0) + edge + 0.12, y + 0.22, question.words,
                         self.column - edge - 0.12)
            self.row_of_answers(page, y, task, k)
        self.add(edge + 0.12, draw)

    def row_of_answers(self, page, y, task, k):
        for i, snr_db in enumerate(self.snrs):
            summary, outcome = self.row(task, snr_db)
            if outcome is None or outcome.results[k] is None:
                continue
            answer = summary['answers'][k]
            end = page.text(self.at(i + 1), y + 0.22, answer['answer'], 11.5,
                            MARK_COLOURS[answer['mark']], weight='bold')
            page.text(end + 0.08, y + 0.22, f"{answer['probability']:.0%}", 9.5, GREY)
            page.text(self.at(i + 1), y + 0.42, f"{answer['symbols']} symbols", 8.5, GREY)

    # Sounds

    def sounds(self, sounds):
        task = self.task('speech', 'label')
        if task is None:
            return
        self.section('What was said?', 'the sound goes as a few symbols')
        for k, sound in enumerate(sounds[:MOST_SOUNDS]):
            self.sound_row(task, k, sound)

    def sound_row(self, task, k, sound):
        def draw(page, y):
            axes = page.axes(self.at(0), y, self.column * 0.6, 0.42)
            axes.plot(sound.samples[:, 0], color=INK, linewidth=0.5)
            page.text(self.at(0) + self.column * 0.6 + 0.12, y + 0.25, sound.name, 11)
            self.row_of_answers(page, y, task, k)
        self.add(0.54, draw)

    # Sentences

    def sentences(self, sentences):
        task = self.task('text', 'sentence')
        if task is None and self.task('text', 'label') is None:
            return
        summary, _ = self.row(task, self.snrs[0])
        remark = 'words that came out different are red; right: what the model feels, from ' \
            'a few symbols of their own'
        if summary:
            remark = f"{summary['unit']}; " + remark
        self.section('Sentences', remark.replace(' a word', ' symbols a word'))
        for k, sentence in enumerate(sentences[:MOST_SENTENCES]):
            self.sentence(k, sentence)

    def sentence(self, k, sentence):
        sent = readable(sentence.text)

        def draw(page, y):
            page.text(MARGIN, y + 0.2, 'sent', 10, GREY)
            page.text(MARGIN + 0.75, y + 0.2, shorten_to(page, sent, self.right - 3.2), 11.5,
                      weight='bold')
            if sentence.label:
                page.text(self.right, y + 0.2, sentence.label, 10, GREY, ha='right')
            for i, snr_db in enumerate(self.snrs):
                self.received_line(page, y + 0.2 + 0.245 * (i + 1), k, snr_db, sent)
            page.line(y + 0.36 + 0.245 * len(self.snrs), MARGIN, self.right)
        self.add(0.42 + 0.245 * len(self.snrs), draw)

    def received_line(self, page, y, k, snr_db, sent):
        page.text(MARGIN, y, snr_text(snr_db), 10, ACCENT)
        _, outcome = self.row(self.task('text', 'sentence'), snr_db)
        if outcome is not None and outcome.results[k] is not None:
            x = MARGIN + 0.75
            for text, same in compared(sent, readable(outcome.results[k].sentence)):
                x = page.text(x, y, text, 11, INK if same else BAD) + 0.055
                if x > self.right - 2.4:
                    page.text(x, y, '\u2026', 11, GREY)
                    break
        summary, _ = self.row(self.task('text', 'label'), snr_db)
        if summary is not None and summary['answers'][k]['answer']:
            answer = summary['answers'][k]
            colour = MARK_COLOURS[answer['mark']]
            page.text(self.right - 0.48, y, answer['answer'], 10, colour, ha='right',
                      weight='bold')
            page.text(self.right, y, f"{answer['probability']:.0%}", 9.5, GREY, ha='right')

    # The sheet

    def foot(self):
        def draw(page, y):
            page.text(MARGIN, y + 0.2, f'{self.info.id}  \u00b7  {self.info.modulation.upper()}, '
                      f'{self.info.codewords} codewords', 8.5, GREY)
        self.add(0.3, draw)

    def save(self, path):
        height = sum(h for h, _ in self.blocks) + 0.4
        page = Page(self.right + MARGIN, height)
        y = 0.15
        for block_height, draw in self.blocks:
            draw(page, y)
            y += block_height
        page.figure.savefig(path, dpi=120)
        plt.close(page.figure)


def keep_patches(pixels, kept, candidates):
    """The picture with all patches pale that were not sent."""
    grid = int(candidates**0.5)  # the last candidate may be the task's own vector
    edge = pixels.shape[0] // grid
    grey = pixels.mean(axis=2, keepdims=True)
    pale = np.repeat(232 + (grey - 128) * 0.12, 3, axis=2)
    for position in kept:
        if position < grid * grid:
            row, column = (position // grid) * edge, (position % grid) * edge
            pale[row:row + edge, column:column + edge] = \
                pixels[row:row + edge, column:column + edge]
    return np.clip(pale, 0, 255).astype(np.uint8)


def compared(sent, received):
    """[(words, whether they were sent so)] of the received text."""
    a = [plain(word) for word in sent.split()]
    words = received.split()
    b = [plain(word) for word in words]
    parts = []
    for kind, _, _, start, end in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if end > start:
            parts.append((' '.join(words[start:end]), kind == 'equal'))
    return parts


def plain(word):
    return re.sub(r'[^\w]+$', '', word.lower()) or word


def shorten_to(page, text, width):
    """Text cut to fit `width` inches at the size of a sentence."""
    fits = int(width / 0.088)
    return text if len(text) <= fits else text[:fits - 1] + '\u2026'


def draw_report(path, info, channel, snrs, done, files, given, conventional):
    """Writes the report. `files`: file -> pixels as sent; `conventional`: what JPEG and LDPC made of
    the first of them at each of `snrs`, or nothing."""
    plt.rcParams['font.family'] = 'DejaVu Sans'
    warnings.filterwarnings('ignore', 'Glyph .* missing')  # a box stands for it
    report = Report(info, channel, snrs, done)
    report.title()
    report.heads()
    report.pictures(files, conventional)
    report.space(0.1)
    report.constellation()
    report.space(0.1)
    report.thumbnails(given.thumbnails)
    report.questions(given.questions)
    report.sounds(given.sounds)
    report.space(0.1)
    report.sentences(given.sentences)
    report.foot()
    report.save(path)
