# SPDX-License-Identifier: GPL-3.0-or-later
"""Complex questions as plans of simple ones: what no single answer says is counted per picture,
added and compared. Source: "Large Model Empowered Semantic Communications", III.C."""

import re
from collections import namedtuple

#: Asks how many of a kind one picture shows; picture 0 is the newest, 1 the one before.
Count = namedtuple('Count', 'kind picture')
#: What becomes of the counts: 'sum', 'difference', 'more', 'fewer' or 'equal'.
Combine = namedtuple('Combine', 'how')

PLACES = ('the last picture', 'the picture before the last one')
THIS = r'(?:this|the present|the current) (?:picture|image|one)'
LAST = r'(?:the )?(?:last|previous|earlier) (?:picture|image|one)|the (?:picture|image|one) before'
KIND = r'(\w+?)s?'
IN = r'(?:in|on|of)'

# Each rule: what the words look like, and the counts and what becomes of them. "a" and "b" are
# the kinds that the words name.
RULES = (
    (rf'how many {KIND} (?:are|are there|do you see) {IN} (?:{THIS} and (?:{IN} )?(?:{LAST})|'
     rf'both (?:pictures|images)|the last two (?:pictures|images))',
     lambda a: ([Count(a, 0), Count(a, 1)], 'sum')),
    (rf'how many {KIND} and {KIND} (?:are|are there|do you see) {IN} {THIS}',
     lambda a, b: ([Count(a, 0), Count(b, 0)], 'sum')),
    (rf'how many more {KIND} (?:are|are there) {IN} {THIS} than {IN} (?:{LAST})',
     lambda a: ([Count(a, 0), Count(a, 1)], 'difference')),
    (rf'are there more {KIND} {IN} {THIS} than {IN} (?:{LAST})',
     lambda a: ([Count(a, 0), Count(a, 1)], 'more')),
    (rf'are there (?:fewer|less) {KIND} {IN} {THIS} than {IN} (?:{LAST})',
     lambda a: ([Count(a, 0), Count(a, 1)], 'fewer')),
    (rf'are there as many {KIND} {IN} {THIS} as {IN} (?:{LAST})',
     lambda a: ([Count(a, 0), Count(a, 1)], 'equal')),
    (rf'are there more {KIND} than {KIND} {IN} {THIS}',
     lambda a, b: ([Count(a, 0), Count(b, 0)], 'more')),
    (rf'are there as many {KIND} as {KIND} {IN} {THIS}',
     lambda a, b: ([Count(a, 0), Count(b, 0)], 'equal')),
)


class PlanError(ValueError):
    """An answer that a plan cannot go on with."""


def words_of_count(step):
    """The simple question of a step."""
    return f'How many {step.kind}s were in {PLACES[step.picture]}?'


def number_of(answer):
    """Raises PlanError for an answer that is no number."""
    if not re.fullmatch(r'\d{1,6}', answer.strip()):
        raise PlanError(f'"{answer}" is no number')
    return int(answer)


def combined(how, first, second):
    """The plan's answer, of two counts."""
    if how in ('sum', 'difference'):
        return str(first + second if how == 'sum' else first - second)
    truth = {'more': first > second, 'fewer': first < second, 'equal': first == second}[how]
    return 'yes' if truth else 'no'


def shown(how, first, second):
    """A combination as a person writes it."""
    sign = {'sum': '+', 'difference': '-', 'more': '>', 'fewer': '<', 'equal': '='}[how]
    return f'{first} {sign} {second}'


class Plan:
    """The known steps of a complex question. Each is taken in turn: ask() says what to ask next,
    take() gets its answer; log has a line for each step."""

    def __init__(self, counts, how):
        self.counts, self.how = list(counts), how
        self.numbers, self.log, self.answer = [], [], None

    def ask(self):
        """The next simple question; None when there is an answer."""
        if self.answer is not None:
            return None
        return words_of_count(self.counts[len(self.numbers)])

    def take(self, answer):
        """Raises PlanError for an answer that is no count."""
        question = self.ask()
        self.numbers.append(number_of(answer))
        self.log.append(f'{question} {answer}')
        if len(self.numbers) == len(self.counts):
            self.answer = combined(self.how, *self.numbers)
            self.log.append(f'{shown(self.how, *self.numbers)}: {self.answer}')


def plan_of(question):
    """The plan of a question; None for one that no plan is known for."""
    words = ' '.join(re.sub(r'[?.!,]', ' ', question.lower()).split())
    for pattern, make in RULES:
        found = re.fullmatch(pattern, words)
        if found:
            counts, how = make(*found.groups())
            return Plan(counts, how)
    return None


def answer_by_plan(question, answer):
    """(answer, log) of a question; `answer` is called with each simple question, or with the
    question itself where no plan is known. Raises PlanError."""
    plan = plan_of(question)
    if plan is None:
        said = answer(question)
        return said, [f'{question} {said}']
    while plan.answer is None:
        plan.take(answer(plan.ask()))
    return plan.answer, plan.log
