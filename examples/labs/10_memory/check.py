#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 10: holds answers.json against theory and the model itself: check.py [answers.json]"""

import functools
import math
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
import measure  # noqa: E402
from answers import Choice, Number, absolute, check, counted  # noqa: E402

OTHER_SEED, STORIES = 1001, 600
OTHERS = 1 - 1 / len(measure.PEOPLE)  # a sentence is about somebody else


def found_in_last(n):
    """The last sentence about a person who has been named at all lies among the last n."""
    return (1 - OTHERS**n) / (1 - OTHERS**measure.SENTENCES)


def room_for(share):
    return next(n for n in range(1, measure.SENTENCES + 1) if found_in_last(n) >= share)


@functools.lru_cache(maxsize=None)
def right(change=None, snr_db=measure.SNR_DB, elements=measure.ELEMENTS):
    return measure.right(STORIES, OTHER_SEED, change, snr_db, elements) / STORIES


def list_order_matters():
    same = right(measure.shuffled_list) > right() - 0.05
    return 'no' if same else 'yes'


# 300 stories of the student and 600 here, others: 1/300 + 1/600 = 1/200.
STORY = counted(200)

QUESTIONS = [
    Number('found_in_last_4', lambda: found_in_last(4), absolute(0.02),
           '1 - P(none of the last four is about her), given that one of the ten is'),
    Number('room_for_90_percent', lambda: room_for(0.9), absolute(0.1),
           'the same with n in place of 4; a whole number of sentences'),
    Number('right_with_30_percent_lost', lambda: 1 - 0.3 * 5 / 6, absolute(0.03),
           'the sentence that counts arrives, or an earlier one happens to name the same place'),
    Number('elements_at_12db',
           lambda: math.ceil(measure.ELEMENTS / math.log2(1 + 10**1.2)), absolute(0.1),
           'as many bits as 32 symbols of log2(1 + 1); rounded up'),
    Number('right_room_0', lambda: right(measure.newest(0)), STORY, 'measure.py room, line 0'),
    Number('right_room_4', lambda: right(measure.newest(4)), STORY, 'measure.py room, line 4'),
    Number('right_lost_30', lambda: right(measure.without(0.3)), STORY,
           'measure.py lost, line 0.30: a share'),
    Number('right_minus_6db', lambda: right(snr_db=-6.0), STORY, 'measure.py noise, line -6 dB'),
    Number('right_16_elements_0db', lambda: right(snr_db=0.0, elements=16), STORY,
           'measure.py fewer, line 16 of 32 elements, 0 dB'),
    Number('right_8_elements_12db', lambda: right(elements=8), STORY,
           'measure.py fewer, line 8 of 32 elements, 12 dB'),
    Number('right_ages_reversed', lambda: right(measure.reversed_ages), STORY,
           'measure.py order, line ages reversed'),
    Choice('list_order_matters', ['yes', 'no'], list_order_matters,
           'measure.py order: the list in another order, each sentence with its age'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
