# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks of a model a picture or a text can be sent for."""

from dataclasses import dataclass

# How a picture file or a text is sent, by what a task takes and gives: None stands for any.
SENT_AS = {('image', 'picture'): 'tiles', ('image', None): 'thumbnails',
           ('text', None): 'texts'}
REPEATED = ('picture', 'sentence')  # outputs that are what was sent


@dataclass(frozen=True)
class Task:
    name: str
    takes: str  # image or text
    gives: str  # picture, sentence, label or score
    classes: tuple = ()

    @property
    def sent_as(self):
        """tiles, thumbnails or texts"""
        return SENT_AS.get((self.takes, self.gives)) or SENT_AS[self.takes, None]

    @property
    def repeats(self):
        """Whether the input itself comes out again."""
        return self.gives in REPEATED


def served(info):
    """The tasks whose only input is a picture or a text, in the model's order."""
    return [Task(task.name, task.modalities[0], task.output, tuple(task.classes))
            for task in info.tasks if not why_not(task)]


def why_not(task):
    """Why a picture or a text alone is not enough for a task; '' if it is."""
    if len(task.modalities) == 1 and (task.modalities[0], None) in SENT_AS:
        return ''
    return f'it takes {" and ".join(task.modalities)}'


def passed_over(info):
    """A line for each task that is not served."""
    return [f'{task.name} is passed over: {why_not(task)}'
            for task in info.tasks if why_not(task)]


def first(tasks, takes, gives):
    """None if the model has no such task."""
    return next((t for t in tasks if (t.takes, t.gives) == (takes, gives)), None)
