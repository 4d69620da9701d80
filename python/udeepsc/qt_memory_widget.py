# SPDX-License-Identifier: GPL-3.0-or-later
"""The window of qt_memory_view."""

import logging
import math

from PyQt5 import QtCore, QtGui, QtWidgets

from .memory_view_state import snr_db

PERIOD_MS = 100  # between two looks at what has come
BUDGET_S = 0.03  # of a period for taking messages
RIGHT, WRONG = QtGui.QColor('#1b7837'), QtGui.QColor('#b2182b')
BAR = QtGui.QColor('#a6cee3')
LINKS = ('#fdbf6f', '#cab2d6', '#b2df8a', '#fb9a99')  # entries of one moment share one
ENTRY_HEADER = ('age', 'what', 'modality', 'seconds', 'vectors', 'Es/N0 (dB)', 'value', 'score')
QUESTION_HEADER = ('question', 'expected', 'with memory', 'entries', 'without')


class Bar(QtWidgets.QStyledItemDelegate):
    """A number between 0 and 1 as a bar behind its text."""

    def paint(self, painter, option, index):
        share = index.data(QtCore.Qt.UserRole)
        if share is not None:
            bar = QtCore.QRect(option.rect)
            bar.setWidth(int(bar.width() * min(max(share, 0.0), 1.0)))
            painter.fillRect(bar, BAR)
        super().paint(painter, option, index)


def table(header, stretched):
    widget = QtWidgets.QTableWidget(0, len(header))
    widget.setHorizontalHeaderLabels(header)
    widget.verticalHeader().hide()
    widget.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
    widget.setSelectionMode(QtWidgets.QAbstractItemView.NoSelection)
    head = widget.horizontalHeader()
    head.setSectionResizeMode(QtWidgets.QHeaderView.ResizeToContents)
    head.setSectionResizeMode(stretched, QtWidgets.QHeaderView.Stretch)
    return widget


def cell(text, colour=None, share=None, background=None):
    item = QtWidgets.QTableWidgetItem(text)
    if colour is not None:
        item.setForeground(colour)
    if background is not None:
        item.setBackground(QtGui.QColor(background))
    item.setData(QtCore.Qt.UserRole, share)
    return item


def what(entry):
    """Words that were sent; over a radio nobody says them."""
    return entry.words or f'{entry.task}, frame {entry.frame}'


class MemoryWidget(QtWidgets.QWidget):
    """Shows a qt_memory_view's state; takes its messages by a timer of the GUI's thread."""

    def __init__(self, block, title):
        super().__init__()
        self.block, self.errors, self._drawn = block, 0, -1
        self.setWindowTitle(title)
        self.fill = QtWidgets.QProgressBar()
        self.fill.setFormat('nothing yet')
        self.memory = QtWidgets.QCheckBox('questions get their context')
        self.memory.setChecked(True)
        self.memory.clicked.connect(block.set_memory)
        self.forget = QtWidgets.QPushButton('forget everything')
        self.forget.clicked.connect(lambda: block.clear())
        self.entries = table(ENTRY_HEADER, 1)
        self._bars = Bar(self.entries)
        self.entries.setItemDelegateForColumn(len(ENTRY_HEADER) - 1, self._bars)
        self.questions = table(QUESTION_HEADER, 0)
        self.figures = QtWidgets.QLabel()
        self.status = QtWidgets.QLabel()
        self.status.setStyleSheet('color: gray')
        self._lay_out()
        self.timer = QtCore.QTimer(self)
        self.timer.timeout.connect(self.refresh)
        self.timer.start(PERIOD_MS)

    def _lay_out(self):
        controls = QtWidgets.QHBoxLayout()
        controls.addWidget(self.fill, 1)
        controls.addWidget(self.memory)
        controls.addWidget(self.forget)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self.entries, 3)
        layout.addWidget(self.questions, 2)
        layout.addWidget(self.figures)
        layout.addWidget(self.status)
        for widget in (self.memory, self.forget, self.questions, self.figures):
            widget.hide()

    def refresh(self):
        """Never raises: PyQt would end the process, and the flowgraph with it."""
        try:
            self.block.take_messages(BUDGET_S)
            state = self.block.state
            shown = (state.changes, state.bad, self.block.is_connected('memory'))
            if shown != self._drawn:
                self._drawn = shown
                self._draw(state)
        except Exception:
            self.errors += 1
            if self.errors == 1:
                logging.getLogger(__name__).exception('the window could not be drawn')

    def _draw(self, state):
        self.memory.setVisible(self.block.is_connected('memory'))
        self.forget.setVisible(self.block.is_connected('clear'))
        self.memory.setChecked(state.memory)
        most = max((len(entries) for entries in state.entries.values()), default=0)
        self.fill.setRange(0, max(state.capacity, 1))
        self.fill.setValue(min(most, state.capacity))
        if state.capacity:
            self.fill.setFormat(f'{most} of {state.capacity} entries, rule {state.rule}')
        self._draw_entries(state)
        self._draw_questions(state)
        counts = [f'{state.counts[name]} {name}' for name in
                  ('stored', 'merged', 'evicted', 'expired', 'restarts') if state.counts.get(name)]
        if state.bad:
            counts.append(f'{state.bad} messages of no use')
        self.status.setText(', '.join(counts))

    def _draw_entries(self, state):
        rows = [(source, entry) for source in sorted(state.entries)
                for entry in reversed(state.entries[source])]
        moments = [(source, entry.moment) for source, entry in rows]
        best = max((entry.score for _, entry in rows), default=0) or 1
        self.entries.setRowCount(len(rows))
        for row, (source, entry) in enumerate(rows):
            moment = (source, entry.moment)
            linked = LINKS[entry.moment % len(LINKS)] if moments.count(moment) > 1 else None
            of = f' of {source}' if len(state.entries) > 1 else ''
            heard = snr_db(entry.noise_var)
            cells = (cell(str(entry.age), background=linked), cell(what(entry)),
                     cell(entry.modality + of), cell(f'{entry.age_s:.1f}'),
                     cell(str(entry.vectors)),
                     cell('-' if math.isinf(heard) else f'{heard:.1f}'),
                     cell(f'{entry.value:.2f}'),
                     cell(f'{entry.score:.2f}', share=entry.score / best))
            for column, item in enumerate(cells):
                self.entries.setItem(row, column, item)

    def _draw_questions(self, state):
        self.questions.setVisible(bool(state.questions))
        self.questions.setRowCount(len(state.questions))
        for row, (number, question) in enumerate(reversed(state.questions.items())):
            remembered = question.remembered
            cells = (cell(question.words or f'frame {number}'), cell(question.expected or ''),
                     self._answer(question, 'answers'),
                     cell('' if remembered is None else str(remembered)),
                     self._answer(question, 'alone'))
            for column, item in enumerate(cells):
                self.questions.setItem(row, column, item)
        self.questions.setColumnHidden(4, not any('alone' in q.answers
                                                  for q in state.questions.values()))
        figures = []
        for port, name in (('answers', 'with memory'), ('alone', 'without')):
            right, asked = state.right(port)
            if asked:
                figures.append(f'{name} {right} of {asked} right')
        self.figures.setVisible(bool(figures))
        self.figures.setText(', '.join(figures))

    @staticmethod
    def _answer(question, port):
        answer = question.answers.get(port, '')
        if not question.expected or not answer:
            return cell(answer)
        return cell(answer, RIGHT if answer == question.expected else WRONG)
