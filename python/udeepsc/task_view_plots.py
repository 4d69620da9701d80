# SPDX-License-Identifier: GPL-3.0-or-later
"""What qt_task_view draws itself: pictures, constellations, kept vectors, history, sounds."""

import logging
import math

import numpy as np
from PyQt5 import QtCore, QtGui, QtWidgets

INK, PAPER, GRID = QtGui.QColor('#222222'), QtGui.QColor('#ffffff'), QtGui.QColor('#dddddd')
DROPPED = QtGui.QColor(0, 0, 0, 190)
COLOURS = ('#1f77b4', '#d95f02', '#1a7f4b', '#7b3294', '#c0322b', '#8c6d1f', '#17829c', '#555555')
SMALL_SIDE = 96  # of a picture beside an answer, pixels


class Drawing(QtWidgets.QWidget):
    """A widget that paints itself in paint(). An error in there is logged once: PyQt would end
    the process, and the flowgraph with it."""

    def __init__(self, width, height):
        """width, height: at least; it takes what place there is."""
        super().__init__()
        self._size = QtCore.QSize(width, height)
        self.setMinimumSize(width, height)
        self.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Expanding)
        self.errors = 0

    def sizeHint(self):
        return self._size

    def paintEvent(self, event):
        painter = QtGui.QPainter(self)
        try:
            self.paint(painter, event)
        except Exception:
            self.errors += 1
            if self.errors == 1:
                logging.getLogger(__name__).exception('%s could not be drawn', type(self).__name__)
        finally:
            painter.end()


def image_of(pixels):
    """QImage on uint8 [height, width, 3]; it does not copy, so the array has to stay."""
    height, width = pixels.shape[:2]
    return QtGui.QImage(pixels.data, width, height, 3 * width, QtGui.QImage.Format_RGB888)


class PictureDrawing(Drawing):
    """Pixels as large as the place allows, with their shape kept; draws again only what has
    changed."""

    def __init__(self, side=180):
        super().__init__(side, side)
        self.pixels = None

    def show_pixels(self, pixels, changed=None):
        """changed: (x, y, width, height) in pixels; None: all of it."""
        everything = changed is None or self.pixels is None \
            or self.pixels.shape != pixels.shape
        self.pixels = pixels
        if everything:
            self.update()
            return
        place = self.place()
        scale = place.width() / pixels.shape[1]
        for x, y, width, height in changed:
            self.update(QtCore.QRectF(place.x() + scale * x, place.y() + scale * y, scale * width,
                                      scale * height).toAlignedRect().adjusted(-2, -2, 2, 2))

    def place(self):
        """Where the picture lies."""
        height, width = self.pixels.shape[:2]
        size = QtCore.QSize(width, height).scaled(self.size(), QtCore.Qt.KeepAspectRatio)
        return QtCore.QRect(QtCore.QPoint((self.width() - size.width()) // 2, 0), size)

    def paint(self, painter, event):
        if self.pixels is not None:
            painter.setClipRegion(event.region())
            painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform)
            painter.drawImage(self.place(), image_of(self.pixels))


class Constellation(Drawing):
    """Points of the complex plane, darker where there are more."""
    REACH = 2.2  # of either axis
    CELL = 2  # pixels, of a point

    def __init__(self, colour):
        super().__init__(120, 120)
        colour = QtGui.QColor(colour)
        self._colour = np.array([colour.red(), colour.green(), colour.blue()])
        self.points = np.zeros(0, np.complex64)

    def show_points(self, points):
        self.points = points
        self.update()

    def density(self, cells):
        """Points in each cell, [cells, cells], top row first; those outside are left out."""
        column = np.floor((self.points.real / self.REACH + 1) * cells / 2)
        row = np.floor((1 - self.points.imag / self.REACH) * cells / 2)
        inside = (column >= 0) & (column < cells) & (row >= 0) & (row < cells)
        place = row[inside].astype(int) * cells + column[inside].astype(int)
        return np.bincount(place, minlength=cells * cells).reshape(cells, cells)

    def paint(self, painter, _):
        side = min(self.width(), self.height())
        density = self.density(max(side // self.CELL, 1))[..., None]
        shade = np.where(density > 0, np.minimum(0.4 + 0.2 * density, 1), 0)
        pixels = (255 + shade * (self._colour - 255)).astype(np.uint8)
        painter.translate((self.width() - side) // 2, 0)
        painter.drawImage(QtCore.QRect(0, 0, side, side), image_of(pixels))
        painter.setPen(GRID)
        painter.drawRect(0, 0, side - 1, side - 1)
        painter.drawLine(side // 2, 0, side // 2, side)
        painter.drawLine(0, side // 2, side, side // 2)


def patch_grid(candidates):
    """(side, extra) of the square of patches that these vectors are; extra are those that are no
    patch, at most one, the vector of the task. None if they are no such square."""
    for extra in (0, 1):
        side = math.isqrt(candidates - extra)
        if side > 1 and side * side == candidates - extra:
            return side, extra
    return None


class KeptDrawing(Drawing):
    """Which of the candidates the selector kept: over the patches of a picture, or in a row."""
    ROW = 8  # cells of a row

    def __init__(self):
        super().__init__(84, 84)
        self.setSizePolicy(QtWidgets.QSizePolicy.Fixed, QtWidgets.QSizePolicy.Fixed)
        self.kept, self.candidates, self.pixels, self.grid = set(), 0, None, None

    def show_kept(self, kept, candidates, grid, pixels):
        """grid: as patch_grid() has it; pixels: of the picture beneath, where it is known."""
        self.kept, self.candidates, self.grid = set(kept), candidates, grid
        self.pixels = None if pixels is None else np.ascontiguousarray(pixels)
        self.update()

    def cells(self):
        """The rectangle of each candidate."""
        if self.grid:
            side, extra = self.grid
            edge = min(self.width() - 10 * extra, self.height()) / side
            cells = [QtCore.QRectF(edge * (i % side), edge * (i // side), edge, edge)
                     for i in range(side * side)]
            return cells + [QtCore.QRectF(edge * side + 4, 0, 6, edge * side)] * extra
        columns = min(self.candidates, self.ROW)
        edge = self.width() / self.ROW
        return [QtCore.QRectF(edge * (i % columns), 1.4 * edge * (i // columns), edge - 1,
                              1.4 * edge - 1) for i in range(self.candidates)]

    def paint(self, painter, _):
        cells = self.cells()
        if self.grid and self.pixels is not None:
            last = cells[self.grid[0]**2 - 1]
            painter.drawImage(QtCore.QRectF(0, 0, last.right(), last.bottom()),
                              image_of(self.pixels))
        for i, cell in enumerate(cells):
            over_picture = self.pixels is not None and self.grid and i < self.grid[0]**2
            if i not in self.kept:
                painter.fillRect(cell, DROPPED if over_picture else GRID)
            elif not over_picture:
                painter.fillRect(cell, QtGui.QColor(COLOURS[2]))
            painter.setPen(QtGui.QPen(PAPER, 1))
            painter.drawRect(cell)


class WaveDrawing(Drawing):
    """A sound."""

    def __init__(self):
        super().__init__(SMALL_SIDE + 40, SMALL_SIDE // 2)
        self.wave = np.zeros(0)

    def show_wave(self, wave):
        self.wave = wave
        self.update()

    def paint(self, painter, _):
        painter.setPen(QtGui.QPen(QtGui.QColor(COLOURS[0]), 1))
        x = np.linspace(0, self.width(), self.wave.size)
        y = self.height() / 2 * (1 - self.wave)
        painter.drawPolyline(QtGui.QPolygonF(list(map(QtCore.QPointF, x.tolist(), y.tolist()))))


class HistoryPlot(Drawing):
    """Scores against Es/N0: the last ones as points, the mean for each dB as a line."""
    LEFT, BOTTOM, TOP, RIGHT = 44, 34, 8, 10

    def __init__(self, unit, low, high, step):
        """low, high, step: whole numbers, of the scores' axis in `unit`."""
        super().__init__(200, 130)
        self.unit, self.low, self.high, self.step = unit, low, high, step
        self.curves = {}  # name -> (colour, points, means)

    def show_curves(self, curves):
        self.curves = curves
        self.update()

    def range_db(self):
        """Of the Es/N0's axis: what has come, and at least 6 dB."""
        snr = [db for _, points, means in self.curves.values() for db, _ in [*points, *means]]
        if not snr:
            return -6, 12
        low, high = 3 * math.floor((min(snr) + 0.1) / 3), 3 * math.ceil((max(snr) - 0.1) / 3)
        return (low, high) if high - low >= 6 else (low - 3, low + 6)

    def paint(self, painter, _):
        low_db, high_db = self.range_db()
        width = self.width() - self.LEFT - self.RIGHT
        height = self.height() - self.TOP - self.BOTTOM

        def at(db, score):
            return QtCore.QPointF(
                self.LEFT + width * (db - low_db) / (high_db - low_db),
                self.TOP + height * (1 - (min(max(score, self.low), self.high) - self.low)
                                     / (self.high - self.low)))

        painter.fillRect(self.LEFT, self.TOP, width, height, PAPER)
        self.paint_axes(painter, at, low_db, high_db)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        for colour, points, means in self.curves.values():
            faint = QtGui.QColor(colour)
            faint.setAlpha(70)
            painter.setPen(QtGui.QPen(faint, 4, cap=QtCore.Qt.RoundCap))
            painter.drawPoints(QtGui.QPolygonF([at(*point) for point in points]))
            line = [at(*mean) for mean in means]
            painter.setPen(QtGui.QPen(QtGui.QColor(colour), 2))
            painter.drawPolyline(QtGui.QPolygonF(line))
            painter.setPen(QtGui.QPen(QtGui.QColor(colour), 8, cap=QtCore.Qt.RoundCap))
            painter.drawPoints(QtGui.QPolygonF(line))

    def paint_axes(self, painter, at, low_db, high_db):
        step_db = 3 if high_db - low_db <= 24 else 6
        for db in range(low_db, high_db + 1, step_db):
            bottom = at(db, self.low)
            painter.setPen(GRID)
            painter.drawLine(bottom, at(db, self.high))
            painter.setPen(INK)
            painter.drawText(QtCore.QRectF(bottom.x() - 20, bottom.y() + 1, 40, 15),
                             QtCore.Qt.AlignCenter, f'{db}'.replace('-', '\u2212'))
        for score in range(self.low, self.high + 1, self.step):
            left = at(low_db, score)
            painter.setPen(GRID)
            painter.drawLine(left, at(high_db, score))
            painter.setPen(INK)
            painter.drawText(QtCore.QRectF(0, left.y() - 8, self.LEFT - 4, 16),
                             QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter, f'{score}')
        painter.drawText(QtCore.QRectF(0, self.height() - 17, self.width(), 16),
                         QtCore.Qt.AlignCenter, f'{self.unit} against Es/N0 (dB)')
