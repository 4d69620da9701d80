# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks of a model can be sent for what a user has: pictures, texts, sounds, questions."""

from dataclasses import dataclass

# How files and texts are sent, by what a task takes and gives: None stands for any.
SENT_AS = {('image', 'picture'): 'tiles', ('image', 'layered_picture'): 'tiles',
           ('image', None): 'thumbnails',
           ('text', None): 'texts', ('speech', None): 'sounds',
           ('image + text', None): 'questions', ('audio + text', None): 'words'}
WAYS = ('tiles', 'thumbnails', 'texts', 'sounds', 'questions')
# Without the audio, which is no sound but features of one: the receiver makes do with the words.
PARTLY = ('words',)
REPEATED = ('picture', 'layered_picture', 'sentence')  # outputs that are what was sent


@dataclass(frozen=True)
class Task:
    name: str
    takes: str  # its modalities, like image + text
    gives: str  # picture, sentence, label or score
    classes: tuple = ()
    layers: int = 0  # that its results come in; 0: in one piece

    @property
    def sent_as(self):
        """A value of SENT_AS."""
        return SENT_AS.get((self.takes, self.gives)) or SENT_AS[self.takes, None]

    @property
    def repeats(self):
        """Whether the input itself comes out again."""
        return self.gives in REPEATED


def taken_by(task):
    return ' + '.join(sorted(task.modalities))


def served(info, ways=WAYS):
    """The tasks that are sent in one of these ways, in the model's order."""
    known = [Task(task.name, taken_by(task), task.output, tuple(task.classes),
                  task.layer_count())
             for task in info.tasks if (taken_by(task), None) in SENT_AS]
    return [task for task in known if task.sent_as in ways]


def passed_over(info):
    """The tasks that are sent in part, or not at all, as lines; '' if none."""
    names = {task.name for task in served(info, WAYS + PARTLY)}
    left = [f'{task.name} (takes {taken_by(task)})' for task in info.tasks
            if task.name not in names]
    said = [f'{task.name} takes {task.takes}: it is given the {task.sent_as} alone'
            for task in served(info, PARTLY)]
    if left:
        said.append(f'not shown here: {", ".join(left)}')
    return '\n'.join(said)


def first(tasks, takes, gives):
    """None if the model has no such task."""
    return next((t for t in tasks if (t.takes, t.gives) == (takes, gives)), None)
