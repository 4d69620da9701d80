# SPDX-License-Identifier: GPL-3.0-or-later
"""The widgets of qt_task_view."""

import html
import math
import time

import numpy as np
from PyQt5 import QtCore, QtGui, QtWidgets

from .task_view_state import compared

PERIOD_MS = 50
BUDGET_S = 0.03  # of a period for taking results; the rest waits for the next one
MOST_BARS = 5
SIDE = 360  # of a picture, pixels, at first
DIFFERENCE_GAIN = 4
WRONG = '#c0322b'
RIGHT = '#1a7f4b'


def decibel(value):
    return f'{value:.1f} dB' if math.isfinite(value) else '\u2013'


# What the mean score of an output's last results is called.
SCORES = {'picture': lambda score: f'{decibel(score)} mean of the tiles',
          'sentence': lambda score: f'{score:.0%} of the words',
          'label': lambda score: f'{score:.0%} right'}


class PictureLabel(QtWidgets.QLabel):
    """Pixels as large as the place allows, with their shape kept."""

    def __init__(self):
        super().__init__('\u2013')
        self.setAlignment(QtCore.Qt.AlignCenter)
        self.setMinimumSize(SIDE // 2, SIDE // 2)
        self.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Expanding)

    def sizeHint(self):
        return QtCore.QSize(SIDE, SIDE)

    def show_pixels(self, pixels):
        pixels = np.ascontiguousarray(pixels)
        height, width = pixels.shape[:2]
        image = QtGui.QImage(pixels.data, width, height, 3 * width, QtGui.QImage.Format_RGB888)
        self.setPixmap(QtGui.QPixmap.fromImage(image).scaled(
            self.size(), QtCore.Qt.KeepAspectRatio, QtCore.Qt.SmoothTransformation))


class ClassBars(QtWidgets.QWidget):
    """The most probable classes of one answer."""

    def __init__(self):
        super().__init__()
        layout = QtWidgets.QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.head = QtWidgets.QLabel()
        layout.addWidget(self.head, 0, 0, 1, 2)
        self.rows = []
        for i in range(MOST_BARS):
            name, bar = QtWidgets.QLabel(), QtWidgets.QProgressBar()
            bar.setRange(0, 100)
            layout.addWidget(name, i + 1, 0)
            layout.addWidget(bar, i + 1, 1)
            self.rows.append((name, bar))

    def show_answer(self, task, answer, classes):
        mark = {None: '', True: f' <span style="color:{RIGHT}">\u2713</span>',
                False: f' <span style="color:{WRONG}">\u2717</span>'}[answer.right]
        kept = f', {answer.kept} of {answer.candidates} vectors kept' if answer.candidates else ''
        self.head.setText(f'{html.escape(task.replace("_", " "))}: '
                          f'<b>{html.escape(answer.name)}</b>{mark}{kept}')
        order = np.argsort(answer.probabilities)[::-1] if len(answer.probabilities) == len(
            classes) else []
        for i, (name, bar) in enumerate(self.rows):
            for widget in (name, bar):
                widget.setVisible(i < len(order))
            if i < len(order):
                name.setText(classes[order[i]])
                bar.setValue(round(100 * answer.probabilities[order[i]]))


class TaskWidget(QtWidgets.QWidget):
    """Shows a qt_task_view's state; takes its results by a timer of the GUI's thread."""

    def __init__(self, block, classes, title):
        super().__init__()
        self.block, self.classes = block, classes
        self.setWindowTitle(title)
        self.figures = QtWidgets.QLabel()
        self.figures.setWordWrap(True)
        self.sent_name, self.received_name = QtWidgets.QLabel('sent'), QtWidgets.QLabel('received')
        self.sent, self.received = PictureLabel(), PictureLabel()
        self.difference = QtWidgets.QCheckBox(f'difference (x{DIFFERENCE_GAIN}) in place of sent')
        self.sentences = QtWidgets.QLabel()
        self.sentences.setWordWrap(True)
        self.sentences.setTextFormat(QtCore.Qt.RichText)
        self.sentences.setAlignment(QtCore.Qt.AlignTop)
        self.bars = {task: ClassBars() for task, names in classes.items() if names}
        self._lay_out()
        self.timer = QtCore.QTimer(self)
        self.timer.timeout.connect(self.refresh)
        self.timer.start(PERIOD_MS)

    def _lay_out(self):
        layout = QtWidgets.QGridLayout(self)
        layout.addWidget(self.figures, 0, 0, 1, 2)
        layout.addWidget(self.sent_name, 1, 0)
        layout.addWidget(self.received_name, 1, 1)
        layout.addWidget(self.sent, 2, 0)
        layout.addWidget(self.received, 2, 1)
        layout.addWidget(self.difference, 3, 0)
        answers = QtWidgets.QVBoxLayout()
        for bars in self.bars.values():
            bars.hide()
            answers.addWidget(bars)
        answers.addStretch()
        layout.addWidget(self.sentences, 4, 0)
        layout.addLayout(answers, 4, 1)
        layout.setRowStretch(2, 1)
        layout.setColumnStretch(0, 1)
        layout.setColumnStretch(1, 1)

    def refresh(self):
        state, end = self.block.state, time.monotonic() + BUDGET_S
        message = self.block.next()
        while message is not None:
            state.take(message)
            message = self.block.next() if time.monotonic() < end else None
        self._show_pictures(state)
        self._show_sentences(state)
        for task, answer in state.answers.items():
            if task in self.bars:
                self.bars[task].show_answer(task, answer, self.classes[task])
                self.bars[task].show()
        self.figures.setText(self.figures_text(state))

    def _show_pictures(self, state):
        picture = state.picture()
        if picture is None:
            return
        difference = self.difference.isChecked()
        shown = picture.sent
        if difference:
            shown = np.clip(DIFFERENCE_GAIN * np.abs(
                picture.sent.astype(int) - picture.received), 0, 255).astype(np.uint8)
        for widget in (self.sent_name, self.sent, self.difference):
            widget.setVisible(picture.known)
        self.sent.show_pixels(shown)
        self.received.show_pixels(picture.received)
        self.sent_name.setText('difference' if difference else 'sent')
        psnr = picture.psnr_db()
        self.received_name.setText(
            f'received, {int(picture.come.sum())} of {picture.come.size} tiles'
            + (f', {decibel(psnr)} PSNR' if not math.isnan(psnr) else ''))

    def _show_sentences(self, state):
        self.sentences.setText('<br>'.join(self.sentence_html(s)
                                           for s in reversed(state.sentences)))

    @staticmethod
    def sentence_html(sentence):
        """What came, with the words red that were not sent so; what was sent above it."""
        if sentence.sent is None:
            return html.escape(sentence.received)
        words = ' '.join(
            html.escape(word) if same else f'<span style="color:{WRONG}">{html.escape(word)}</span>'
            for word, same in compared(sentence.sent, sentence.received))
        return f'<span style="color:gray">{html.escape(sentence.sent)}</span><br>{words}'

    def figures_text(self, state):
        """One line: Es/N0, and of each task its score and symbols over the last results."""
        parts = [f'Es/N0 {decibel(state.snr_db)}']
        if math.isfinite(self.block.snr_db()):
            parts[0] = f'Es/N0 {decibel(self.block.snr_db())} set, {decibel(state.snr_db)} measured'
        for task, recent in state.recent.items():
            score = recent.mean()
            text = f'{recent.come} come' if math.isnan(score) else SCORES[recent.output](score)
            symbols = f', {np.mean(recent.symbols):.4g} symbols' if any(recent.symbols) else ''
            parts.append(f'{task.replace("_", " ")} (last {len(recent.symbols)}): {text}{symbols}')
        if self.block.lost():
            parts.append(f'{self.block.lost()} lost or under way')
        if self.block.skipped():
            parts.append(f'{self.block.skipped()} not shown')
        return ' \u00b7 '.join(parts)
