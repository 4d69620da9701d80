# SPDX-License-Identifier: GPL-3.0-or-later
"""What the labs' check.py share: reads answers.json, holds each answer against the truth, and
says which are right; a hint, not the solution, where one is not.

    check.py [answers.json]

Exit status 0: all right; 1: some wrong or missing; 2: the file cannot be used."""

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable


class BadAnswers(Exception):
    """The file cannot be used; says why and what was expected."""


@dataclass
class Number:
    """An answer that is a number, right within `tolerance` (absolute) of truth()."""
    name: str
    truth: Callable
    tolerance: Callable  # of the truth
    hint: str

    def fault(self, answer):
        """None if right, else what is wrong."""
        if isinstance(answer, bool) or not isinstance(answer, (int, float)) \
                or not math.isfinite(answer):
            return f'got {json.dumps(answer)}, expected a number'
        truth = self.truth()
        return None if abs(answer - truth) <= self.tolerance(truth) else self.hint


@dataclass
class Choice:
    """An answer that is one of some words."""
    name: str
    options: list
    truth: Callable
    hint: str

    def fault(self, answer):
        if answer not in self.options:
            return f'got {json.dumps(answer)}, expected one of {", ".join(self.options)}'
        return None if answer == self.truth() else self.hint


def relative(share, least=0.0):
    """Tolerance: a share of the truth, but no less than `least`."""
    return lambda truth: max(abs(truth) * share, least)


def absolute(width):
    return lambda truth: width


def counted(n, more=0.0):
    """Tolerance of a rate that was counted over n trials: four standard deviations of the
    binomial distribution (one right answer in 16,000 is refused), and a share `more` of the
    truth where theory itself is an approximation."""
    return lambda rate: 4 * math.sqrt(max(rate * (1 - rate), 1 / n) / n) + more * rate


def read(path, questions):
    """The answers by name; raises BadAnswers."""
    try:
        answers = json.loads(Path(path).read_text(encoding='utf-8'))
    except OSError as error:
        raise BadAnswers(f'{error.strerror}; copy answers.template.json to answers.json and '
                         'fill it in') from None
    except UnicodeDecodeError:
        raise BadAnswers('is no text, expected JSON as in answers.template.json') from None
    except json.JSONDecodeError as error:
        raise BadAnswers(f'line {error.lineno}, column {error.colno}: {error.msg}; expected JSON '
                         'as in answers.template.json') from None
    if not isinstance(answers, dict):
        raise BadAnswers('expected { "name": answer, ... } as in answers.template.json')
    unknown = sorted(set(answers) - {q.name for q in questions})
    if unknown:
        raise BadAnswers(f'no question is called {", ".join(unknown)}; they are '
                         f'{", ".join(q.name for q in questions)}')
    return answers


def judge(question, answers):
    """(mark, what to say) of one question."""
    answer = answers.get(question.name)
    if answer is None:
        return 'missing', 'not answered yet'
    fault = question.fault(answer)
    return ('right', 'right') if fault is None else ('wrong', f'wrong: {fault}')


def check(questions, arguments, folder):
    """Prints a line a question; returns the exit status."""
    if len(arguments) > 1 or (arguments and arguments[0].startswith('-')):
        print('check.py [answers.json]', file=sys.stderr)
        return 2
    path = Path(arguments[0]) if arguments else Path(folder) / 'answers.json'
    try:
        answers = read(path, questions)
    except BadAnswers as error:
        print(f'check.py: {path}: {error}', file=sys.stderr)
        return 2
    right = 0
    for question in questions:
        mark, words = judge(question, answers)
        right += mark == 'right'
        print(f'{question.name:28s} {words}', flush=True)
    print(f'{right} of {len(questions)} right')
    return 0 if right == len(questions) else 1
