# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of qt_task_view: takes messages and shows what the state makes of them."""

import html
import logging
import math
import time

import numpy as np
from PyQt5 import QtCore, QtWidgets

from .task_view_panels import (WRONG, AnswerView, Controls, Gauges, HistoryPanel, KeptPanel, Panel,
                               SymbolsPanel, decibel, plain)
from .task_view_plots import PictureDrawing
from .task_view_state import compared

PERIOD_MS = 50  # between two looks at what has come, and at most so often something is drawn
BUDGET_S = 0.03  # of a period for taking messages; the rest waits for the next one
SHARE = 0.02  # of one core for drawing: what takes longer is drawn less often ...
LONGEST_S = 1.0  # ... but at least once in this time
SLOW_S = 0.5  # between two drawings of figures, constellations, maps and curves
NEW_SYMBOLS = 64  # PDUs looked at for what the selector kept
DIFFERENCE_GAIN = 4
ANSWER_COLUMNS = 2
PATCHED_KINDS = ('image',)  # of modalities whose vectors are patches

# What the mean score of an output's last results is called, and how it is written.
SCORES = {'picture': (decibel, 'PSNR'), 'sentence': (lambda score: f'{score:.0%}', 'words right'),
          'label': (lambda score: f'{score:.0%}', 'right')}


class Pace:
    """When to draw next, so that drawing takes at most its share of a core."""

    def __init__(self):
        self.dropped = 0  # frames that were not drawn
        self._next, self._last, self._taking = 0.0, time.thread_time(), 0.0

    def is_due(self):
        if time.monotonic() >= self._next:
            return True
        self.dropped += 1
        return False

    def took_messages(self, seconds):
        """Processor time that is no drawing."""
        self._taking += seconds

    def drawn(self):
        """All else that this thread did since the last call was drawing."""
        now = time.thread_time()
        drawing = max(0.0, now - self._last - self._taking)
        self._last, self._taking = now, 0.0
        self._next = time.monotonic() + min(drawing / SHARE, LONGEST_S)


class TaskWidget(QtWidgets.QWidget):
    """Shows a qt_task_view's state; takes its messages by a timer of the GUI's thread. info: of
    the model."""

    def __init__(self, block, info, title):
        super().__init__()
        self.block, self.errors = block, 0
        self.pace, self._slow_next = Pace(), 0.0
        self._picture = self._sentences_shown = None
        self._symbols_seen = 0
        self.setWindowTitle(title)
        self._make_parts(info)
        self._lay_out()
        self.timer = QtCore.QTimer(self)
        self.timer.timeout.connect(self.refresh)
        self.timer.start(PERIOD_MS)

    def _make_parts(self, info):
        from .qt_task_view import CHANNELS
        self.controls = Controls(CHANNELS, self.block.set_snr_db, self.block.set_channel)
        self.gauges = Gauges()
        self.sent_name, self.received_name = QtWidgets.QLabel('sent'), QtWidgets.QLabel('received')
        self.sent, self.received = PictureDrawing(), PictureDrawing()
        self.difference = QtWidgets.QCheckBox(f'difference (x{DIFFERENCE_GAIN}) in place of sent')
        self.difference.toggled.connect(self._forget_picture)
        self.pictures, self.sentences_panel = Panel('picture'), Panel('sentences')
        self.sentences = QtWidgets.QLabel()
        self.sentences.setWordWrap(True)
        self.sentences.setTextFormat(QtCore.Qt.RichText)
        self.sentences.setStyleSheet('font-size: 12pt')
        self.sentences.setAlignment(QtCore.Qt.AlignTop)
        self.answers_panel = Panel('answers')
        self.answers = {task.name: AnswerView(list(task.classes)) for task in info.tasks}
        self.symbols = SymbolsPanel()
        self.kept = KeptPanel({m.name for m in info.modalities if m.kind in PATCHED_KINDS})
        self.history = HistoryPanel([task.name for task in info.tasks])
        self.status = QtWidgets.QLabel()
        self.status.setStyleSheet('color: gray')
        self.status.hide()

    def _lay_out(self):
        body = self.pictures.body
        for column, (name, picture) in enumerate(((self.sent_name, self.sent),
                                                  (self.received_name, self.received))):
            body.addWidget(name, 0, column)
            body.addWidget(picture, 1, column)
        body.addWidget(self.difference, 2, 0)
        body.setRowStretch(1, 1)
        self.sentences_panel.body.addWidget(self.sentences, 0, 0)
        for column in range(ANSWER_COLUMNS):
            self.answers_panel.body.setColumnStretch(column, 1)
        left, right, columns = (QtWidgets.QVBoxLayout(), QtWidgets.QVBoxLayout(),
                                QtWidgets.QHBoxLayout())
        left.addWidget(self.pictures, 4)
        left.addWidget(self.sentences_panel)
        left.addWidget(self.answers_panel)
        right.addWidget(self.symbols, 2)
        right.addWidget(self.kept)
        right.addWidget(self.history, 2)
        columns.addLayout(left, 3)
        columns.addLayout(right, 2)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.controls)
        layout.addWidget(self.gauges)
        layout.addLayout(columns, 1)
        layout.addWidget(self.status)

    def refresh(self):
        """Never raises: PyQt would end the process, and the flowgraph with it."""
        try:
            started = time.thread_time()
            self.block.take_messages(BUDGET_S)
            self.pace.took_messages(time.thread_time() - started)
            if self.pace.is_due():
                self._draw(self.block.state)
                self.pace.drawn()
        except Exception:
            self.errors += 1
            if self.errors == 1:
                logging.getLogger(__name__).exception('the window could not be drawn')

    def _draw(self, state):
        self._show_pictures(state)
        self._show_sentences(state)
        for task, answer in state.answers.items():
            if task in self.answers:
                self._place_answer(self.answers[task])
                self.answers[task].show_answer(task, answer)
                self.answers_panel.show()
        if time.monotonic() >= self._slow_next:
            self._slow_next = time.monotonic() + SLOW_S
            self._draw_slow(state)

    def _place_answer(self, view):
        """In the order in which they come."""
        body = self.answers_panel.body
        if body.indexOf(view) < 0:
            body.addWidget(view, *divmod(body.count(), ANSWER_COLUMNS), QtCore.Qt.AlignTop)

    def _draw_slow(self, state):
        connected = [port for port in ('snr', 'channel') if self.block.is_connected(port)]
        self.controls.show_state(connected, self.block.snr_db(), self.block.channel())
        self.symbols.show_symbols('sent', self.block.symbols['sent_symbols'])
        self.symbols.show_symbols('received', self.block.symbols['received_symbols'])
        self._look_what_is_kept(state)
        self.kept.show_kept(state.kept.maps, state.inputs)
        self.history.show_history(state.history, {t: r.output for t, r in state.recent.items()})
        self._show_picture_figures(state.picture())
        self._show_figures(state)
        self._show_status()

    def _show_picture_figures(self, picture):
        """Not with every frame: a new text has the window laid out anew."""
        if picture is not None:
            psnr = picture.psnr_db()
            self.received_name.setText(
                f'received, {int(picture.come.sum())} of {picture.come.size} tiles'
                + (f', {decibel(psnr)} PSNR' if not math.isnan(psnr) else ''))

    def _forget_picture(self):
        self._picture = None

    def _show_pictures(self, state):
        picture = state.picture()
        if picture is None:
            return
        changed = picture.drawn() if picture is self._picture else None
        if changed is not None and not changed:
            return
        self._picture = picture
        difference = self.difference.isChecked()
        known = picture.sent is not None
        for widget in (self.sent_name, self.sent, self.difference):
            widget.setVisible(known)
        if known:
            self.sent.show_pixels(self._difference_of(picture, changed) if difference
                                  else picture.sent, changed)
        self.received.show_pixels(picture.received, changed)
        self.sent_name.setText('difference' if difference else 'sent')
        self.pictures.show()

    def _difference_of(self, picture, changed):
        """uint8 [height, width, 3]; worked out where something has changed."""
        height, width = picture.received.shape[:2]
        if changed is None:
            self._difference = np.zeros_like(picture.received)
            changed = [(0, 0, width, height)]
        for x, y, w, h in changed:
            place = np.s_[y:y + h, x:x + w]
            error = np.abs(picture.sent[place].astype(np.int16) - picture.received[place])
            self._difference[place] = np.minimum(DIFFERENCE_GAIN * error, 255)
        return self._difference

    def _show_sentences(self, state):
        if self._sentences_shown == state.sentences_come or not state.sentences:
            return
        self._sentences_shown = state.sentences_come
        self.sentences.setText('<br>'.join(self.sentence_html(s)
                                           for s in reversed(state.sentences)))
        self.sentences_panel.show()

    @staticmethod
    def sentence_html(sentence):
        """What came, with the words red that were not sent so; what was sent above it."""
        if sentence.sent is None:
            return html.escape(sentence.received)
        words = ' '.join(
            html.escape(word) if same else
            f'<span style="color:{WRONG}"><b>{html.escape(word)}</b></span>'
            for word, same in compared(sentence.sent, sentence.received))
        return f'<span style="color:gray">{html.escape(sentence.sent)}</span><br>{words}'

    def _look_what_is_kept(self, state):
        """From the symbols' PDUs, which are of one modality each; results of tasks with several
        have their positions put together."""
        symbols = self.block.symbols['sent_symbols']
        new = min(symbols.come - self._symbols_seen, NEW_SYMBOLS)
        self._symbols_seen = symbols.come
        for message in reversed(symbols.newest(new)):
            state.take_kept(message)

    def _show_figures(self, state):
        measured, wanted = state.snr_db(), self.block.snr_db()
        if math.isfinite(measured) or math.isfinite(wanted):
            self.gauges.show_figure('snr', 'Es/N0 received', decibel(measured),
                                    f'{decibel(wanted)} set' if math.isfinite(wanted) else '')
        for task, recent in state.recent.items():
            score = recent.mean()
            written, name = SCORES.get(recent.output, (None, ''))
            value = f'{recent.come}' if math.isnan(score) else written(score)
            detail = 'results' if math.isnan(score) else f'{name}, last {len(recent.scores)}'
            if any(recent.symbols):
                detail += f'\n{np.mean(recent.symbols):.4g} symbols each'
            self.gauges.show_figure(task, plain(task)[:40], value, detail)
        if self.block.sent_samples():
            self.gauges.show_figure('lost', 'samples lost', f'{self.block.lost()}',
                                    f'of {self.block.sent_samples()}')

    def _show_status(self):
        parts = [(self.pace.dropped, 'frames not drawn'),
                 (self.block.skipped(), 'messages not shown'),
                 (self.block.bad(), 'messages of no use')]
        text = ', '.join(f'{count} {what}' for count, what in parts if count)
        self.status.setText(text)
        self.status.setVisible(bool(text))
