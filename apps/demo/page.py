# SPDX-License-Identifier: GPL-3.0-or-later
"""A page to draw on, laid out in inches."""

import textwrap

import matplotlib

matplotlib.use('Agg')

import matplotlib.pyplot as plt

INK, FAINT = '#16202b', '#d9dee3'


class Page:
    """A figure laid out in inches from its top left corner."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.figure = plt.figure(figsize=(width, height), facecolor='white')
        self.renderer = self.figure.canvas.get_renderer()

    def axes(self, x, y, width, height):
        axes = self.figure.add_axes([x / self.width, 1 - (y + height) / self.height,
                                     width / self.width, height / self.height])
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def text(self, x, y, text, size=10, colour=INK, **style):
        """Text whose baseline is at y; returns the x where it ends."""
        style.setdefault('verticalalignment', 'baseline')
        style.setdefault('parse_math', False)  # a dollar in a sentence is a dollar
        item = self.figure.text(x / self.width, 1 - y / self.height, text, fontsize=size,
                                color=colour, **style)
        return x + item.get_window_extent(self.renderer).width / self.figure.dpi

    def wrapped(self, x, y, text, width, size=11, colour=INK, leading=0.2):
        """Text in as many lines as its width in inches needs."""
        for k, line in enumerate(textwrap.wrap(text, max(8, int(width / (0.0075 * size))))[:3]):
            self.text(x, y + k * leading, line, size, colour)

    def line(self, y, left, right, colour=FAINT, width=0.8):
        self.figure.add_artist(plt.Line2D(
            [left / self.width, right / self.width], [1 - y / self.height] * 2,
            color=colour, linewidth=width))

    def picture(self, pixels, x, y, width, height, smooth=True):
        axes = self.axes(x, y, width, height)
        axes.imshow(pixels, interpolation='lanczos' if smooth else 'nearest', aspect='auto')
        return axes
