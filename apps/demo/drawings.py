# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings and questions about them, in the manner of the easy-VQA data set: one shape in one
colour on a light ground."""

from dataclasses import dataclass

import numpy as np
from material import Picture
from PIL import Image, ImageDraw

EDGE = 64  # pixels
FINER = 4  # drawn larger, for smooth edges

# (name, shape, colour, ground, (left, top, right, bottom))
DRAWINGS = (('drawing', 'circle', 'red', '#eef5ea', (14, 10, 40, 36)),
            ('drawing-2', 'triangle', 'blue', '#faf0e8', (24, 26, 56, 55)),
            ('drawing-3', 'rectangle', 'green', '#eaeef8', (10, 18, 38, 50)))
# (number of the drawing, question, answer)
QUESTIONS = ((0, 'what color is the shape?', 'red'),
             (0, 'does the image contain a triangle?', 'no'),
             (1, 'what shape is in the image?', 'triangle'),
             (1, 'is there a blue shape?', 'yes'),
             (2, 'what is the color of the rectangle?', 'green'),
             (2, 'is there not a circle in the image?', 'yes'))


@dataclass
class Question:
    picture: Picture
    words: str
    answer: str = ''  # where the truth is known


def draw(name, shape, colour, ground, box):
    image = Image.new('RGB', (EDGE * FINER, EDGE * FINER), ground)
    left, top, right, bottom = (FINER * edge for edge in box)
    pen = ImageDraw.Draw(image)
    if shape == 'circle':
        pen.ellipse((left, top, right, bottom), colour)
    elif shape == 'triangle':
        pen.polygon(((left, bottom), (right, bottom), ((left + right) / 2, top)), colour)
    else:
        pen.rectangle((left, top, right, bottom), colour)
    return Picture(name, np.asarray(image.resize((EDGE, EDGE), Image.BOX)))


def built_in_questions():
    pictures = [draw(*drawing) for drawing in DRAWINGS]
    return [Question(pictures[number], words, answer) for number, words, answer in QUESTIONS]


def given_questions(words, pictures):
    """Each question about each picture."""
    return [Question(picture, question) for picture in pictures for question in words]
