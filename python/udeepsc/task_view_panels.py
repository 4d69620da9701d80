# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts that the window of qt_task_view is put together from."""

import html
import math

import numpy as np
from PyQt5 import QtCore, QtWidgets

from .task_view_plots import (COLOURS, SMALL_SIDE, Constellation, HistoryPlot, KeptDrawing,
                              PictureDrawing, WaveDrawing, patch_grid)

MOST_BARS = 4
MOST_MAPS = 4
WRONG = '#c0322b'
RIGHT = '#1a7f4b'
DASH = '\u2013'
SLIDER_DB = (-12.0, 24.0)  # range of the slider
SLIDER_STEP_DB = 0.5


def decibel(value):
    return f'{value:.1f} dB'.replace('-', '\u2212') if math.isfinite(value) else DASH


def plain(task):
    return task.replace('_', ' ')


class Panel(QtWidgets.QWidget):
    """A heading and what stands under it; hidden until it has something to show."""

    def __init__(self, heading):
        super().__init__()
        self.heading = QtWidgets.QLabel(f'<b>{heading}</b>')
        self.body = QtWidgets.QGridLayout()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.heading)
        layout.addLayout(self.body, 1)
        self.hide()


class Gauge(QtWidgets.QFrame):
    """One figure, to be read from the last row."""

    def __init__(self):
        super().__init__()
        self.setFrameShape(QtWidgets.QFrame.StyledPanel)
        self.caption, self.value, self.detail = (QtWidgets.QLabel() for _ in range(3))
        self.value.setStyleSheet('font-size: 22pt; font-weight: bold')
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(0)
        for label in (self.caption, self.value, self.detail):
            layout.addWidget(label)

    def show_figure(self, caption, value, detail):
        for label, text in ((self.caption, caption), (self.value, value), (self.detail, detail)):
            if label.text() != text:
                label.setText(text)


class Gauges(QtWidgets.QWidget):
    """Figures by name, in the order in which they come."""
    COLUMNS = 7

    def __init__(self):
        super().__init__()
        self._layout = QtWidgets.QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.by_name = {}

    def show_figure(self, name, caption, value, detail):
        if name not in self.by_name:
            place = len(self.by_name)
            self.by_name[name] = Gauge()
            self._layout.addWidget(self.by_name[name], *divmod(place, self.COLUMNS))
        self.by_name[name].show_figure(caption, value, detail)

    def text(self):
        """All of it, one figure a line."""
        return '\n'.join(' '.join(label.text() for label in (g.caption, g.value, g.detail))
                         for g in self.by_name.values())


class InputView(QtWidgets.QWidget):
    """What was sent for an answer: picture, text, sound, whichever are known."""

    def __init__(self):
        super().__init__()
        self.picture, self.wave = PictureDrawing(SMALL_SIDE), WaveDrawing()
        self.picture.setFixedSize(SMALL_SIDE, SMALL_SIDE)
        self.words = QtWidgets.QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(QtCore.Qt.PlainText)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        for widget in (self.picture, self.wave, self.words):
            layout.addWidget(widget)
            widget.hide()
        layout.addStretch()
        self.setFixedWidth(SMALL_SIDE + 40)

    def show_inputs(self, inputs):
        """As task_view_inputs.Inputs.of() has them."""
        showers = {'picture': (self.picture, self.picture.show_pixels),
                   'wave': (self.wave, self.wave.show_wave),
                   'text': (self.words, lambda text: self.words.setText(f'\u201c{text}\u201d'))}
        for what, (widget, show) in showers.items():
            if what in inputs:
                show(inputs[what])
            widget.setVisible(what in inputs)
        self.setVisible(bool(inputs))


class AnswerView(QtWidgets.QWidget):
    """One answer: what was sent, and the most probable classes."""

    def __init__(self, classes):
        super().__init__()
        self.classes, self.answer = classes, None
        layout = QtWidgets.QGridLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        self.head, self.inputs = QtWidgets.QLabel(), InputView()
        self.head.setTextFormat(QtCore.Qt.RichText)
        self.head.setWordWrap(True)
        layout.addWidget(self.head, 0, 0, 1, 3)
        layout.addWidget(self.inputs, 1, 0, MOST_BARS, 1)
        self.rows = []
        for i in range(MOST_BARS):
            name, bar = QtWidgets.QLabel(), QtWidgets.QProgressBar()
            bar.setRange(0, 100)
            layout.addWidget(name, i + 1, 1)
            layout.addWidget(bar, i + 1, 2)
            self.rows.append((name, bar))
        layout.setColumnStretch(2, 1)
        self.inputs.hide()
        self.hide()

    def show_answer(self, task, answer):
        if answer is self.answer:
            return
        self.answer = answer
        self.head.setText(self.head_html(task, answer))
        self.inputs.show_inputs(answer.inputs)
        order = np.argsort(answer.probabilities)[::-1] \
            if len(answer.probabilities) == len(self.classes) else []
        for i, (name, bar) in enumerate(self.rows):
            for widget in (name, bar):
                widget.setVisible(i < len(order))
            if i < len(order):
                name.setText(self.classes[order[i]])
                bar.setValue(round(100 * float(answer.probabilities[order[i]])))
        self.show()

    @staticmethod
    def head_html(task, answer):
        mark = {None: '', True: f' <span style="color:{RIGHT}">\u2713</span>',
                False: f' <span style="color:{WRONG}">\u2717</span> '
                       f'({html.escape(str(answer.truth)[:40])} was right)'}[answer.right]
        kept = f', {answer.kept} of {answer.candidates} vectors kept' if answer.candidates else ''
        return f'{html.escape(plain(task))}: <b>{html.escape(answer.name)}</b>{mark}{kept}'


class SymbolsPanel(Panel):
    """Constellations before and after the channel."""

    def __init__(self):
        super().__init__('symbols')
        self.views = {}
        for column, (name, colour) in enumerate((('sent', COLOURS[0]), ('received', COLOURS[1]))):
            caption, view = QtWidgets.QLabel(name), Constellation(colour)
            self.body.addWidget(caption, 0, column)
            self.body.addWidget(view, 1, column)
            self.views[name] = (caption, view)
            for widget in (caption, view):
                widget.hide()

    def show_symbols(self, name, symbols):
        """name: sent or received; symbols: task_view_inputs.Symbols."""
        if not symbols.come:
            return
        caption, view = self.views[name]
        view.show_points(symbols.points())
        caption.setText(f'{name}, the last {view.points.size}')
        for widget in (caption, view, self):
            widget.show()


class KeptPanel(Panel):
    """What the selector kept of the latest samples."""

    def __init__(self, patched):
        """patched: names of the modalities whose vectors are the patches of a picture."""
        super().__init__('feature vectors kept')
        self._patched = patched
        self.cells = []
        for column in range(MOST_MAPS):
            caption, drawing = QtWidgets.QLabel(), KeptDrawing()
            caption.setWordWrap(True)
            self.body.setColumnStretch(column, 1)
            self.body.addWidget(drawing, 0, column, QtCore.Qt.AlignTop | QtCore.Qt.AlignLeft)
            self.body.addWidget(caption, 1, column, QtCore.Qt.AlignTop)
            self.cells.append((caption, drawing))
            for widget in (caption, drawing):
                widget.hide()

    def show_kept(self, maps, inputs):
        """maps: task_view_inputs.Kept.maps; inputs: task_view_inputs.Inputs."""
        shown = sorted(maps.items())[:MOST_MAPS]
        for (caption, drawing), ((task, modality), (kept, candidates, frame_id)) in zip(
                self.cells, shown):
            grid = patch_grid(candidates) if modality in self._patched else None
            pixels = inputs.of(task, frame_id).get('picture') if grid else None
            drawing.show_kept(kept, candidates, grid, pixels)
            caption.setText(f'{plain(task)}\n{modality}: {len(kept)} of {candidates}')
            for widget in (caption, drawing, self):
                widget.show()


class HistoryPanel(Panel):
    """Quality against Es/N0, a plot for each unit that a score has."""
    PLOTS = {'picture': ('PSNR (dB)', 12, 42, 6, 1), 'sentence': ('right (%)', 0, 100, 25, 100),
             'label': ('right (%)', 0, 100, 25, 100)}

    def __init__(self, tasks):
        super().__init__('quality')
        self._colours = {task: COLOURS[i % len(COLOURS)] for i, task in enumerate(tasks)}
        self.plots, self.legend = {}, QtWidgets.QLabel()
        self.legend.setWordWrap(True)
        for unit, low, high, step, _ in dict.fromkeys(self.PLOTS.values()):
            if unit not in self.plots:
                self.plots[unit] = HistoryPlot(unit, low, high, step)
                self.body.addWidget(self.plots[unit], 0, len(self.plots) - 1)
                self.plots[unit].hide()
        self.body.addWidget(self.legend, 1, 0, 1, len(self.plots))

    def show_history(self, history, outputs):
        """history: task -> History; outputs: task -> kind of its results."""
        curves = {unit: {} for unit in self.plots}
        for task, one in history.items():
            unit, *_, factor = self.PLOTS[outputs[task]]
            if one.points:
                colour = self._colours.get(task, COLOURS[-1])
                curves[unit][task] = (colour, [(db, factor * score) for db, score in one.points],
                                      [(db, factor * score) for db, score in one.means()])
        for unit, plot in self.plots.items():
            plot.show_curves(curves[unit])
            plot.setVisible(bool(curves[unit]))
        names = {task: curve[0] for unit in curves.values() for task, curve in unit.items()}
        legend = ' &nbsp; '.join(f'<span style="color:{colour}">\u25cf</span> '
                                 f'{html.escape(plain(task))}' for task, colour in names.items())
        if legend != self.legend.text():
            self.legend.setText(legend)
        self.setVisible(bool(names))


class Controls(QtWidgets.QWidget):
    """Slider for the Es/N0, menu for the channel. on_snr_db, on_channel: called when the user
    moves them."""

    def __init__(self, channels, on_snr_db, on_channel):
        super().__init__()
        self.slider, self.snr_value = QtWidgets.QSlider(QtCore.Qt.Horizontal), QtWidgets.QLabel()
        self.slider.setRange(*(round(db / SLIDER_STEP_DB) for db in SLIDER_DB))
        self.slider.setTickInterval(round(6 / SLIDER_STEP_DB))
        self.slider.setTickPosition(QtWidgets.QSlider.TicksBelow)
        self.snr_value.setStyleSheet('font-weight: bold')
        self.menu = QtWidgets.QComboBox()
        self.menu.addItems(channels)
        names = {'snr': (QtWidgets.QLabel('Es/N0'), self.slider, self.snr_value),
                 'channel': (QtWidgets.QLabel('channel'), self.menu)}
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._of_port = names
        for widgets in names.values():
            for widget in widgets:
                layout.addWidget(widget, 1 if widget is self.slider else 0)
                widget.hide()
        self.slider.valueChanged.connect(lambda value: on_snr_db(value * SLIDER_STEP_DB))
        self.menu.currentTextChanged.connect(on_channel)
        self.hide()

    def show_state(self, connected, snr_db, channel):
        """connected: the output ports that somebody listens at."""
        for port, widgets in self._of_port.items():
            for widget in widgets:
                widget.setVisible(port in connected)
        self.setVisible(bool(connected))
        # What a program has set is shown, not sent once more.
        for widget in (self.slider, self.menu):
            widget.blockSignals(True)
        if math.isfinite(snr_db):
            self.slider.setValue(round(snr_db / SLIDER_STEP_DB))
        self.menu.setCurrentText(channel)
        for widget in (self.slider, self.menu):
            widget.blockSignals(False)
        self.snr_value.setText(decibel(snr_db))
