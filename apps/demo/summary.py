# SPDX-License-Identifier: GPL-3.0-or-later
"""What one outcome amounts to, for the table, the report and results.json."""

import math
import re

from gnuradio.udeepsc.quality import psnr_db


NOUNS = {'tiles': 'tile', 'thumbnails': 'picture', 'texts': 'sentence', 'words': 'sentence',
         'sounds': 'sound', 'questions': 'question'}


def readable(sentence):
    """Text of the corpus convention (tokens apart) as people write it."""
    text = re.sub(r" ([.,!?;:%)]|n't\b|'\w+\b)", r'\1', sentence)
    return re.sub(r'([(]) ', r'\1', ' '.join(text.split()))


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else math.nan


def plural(count, noun):
    return f'{count} {noun}' + ('' if count == 1 else 's')


def arrived(outcome):
    return [r for r in outcome.results if r is not None]


def per_sample(outcome, noun):
    symbols = mean(r.symbols for r in arrived(outcome))
    return f'{symbols:.4g} a {noun}'


def describe_pictures(outcome, pictures):
    scores = {name: psnr_db(pictures[name], received)
              for name, received in outcome.pictures.items() if name in pictures}
    score = mean(scores.values())
    return {'unit': per_sample(outcome, 'tile'),
            'result': f'{plural(len(scores), "picture")}, {plural(len(arrived(outcome)), "tile")}',
            'score': score, 'score_text': f'{score:.1f} dB PSNR', 'pictures': scores}


def describe_label(result):
    if result is None:
        return {'answer': '', 'probability': math.nan, 'truth': '', 'mark': ''}
    mark = '' if not result.reference else \
        '\u2713' if result.class_name == result.reference else '\u2717'
    return {'answer': result.class_name, 'probability': max(result.probabilities),
            'truth': result.reference, 'mark': mark,
            'symbols': result.symbols, 'kept': list(result.kept)}


def describe_labels(outcome, noun):
    answers = [describe_label(r) for r in outcome.results]
    marked = [a for a in answers if a['mark']]
    right = sum(a['mark'] == '\u2713' for a in marked)
    return {'unit': per_sample(outcome, noun),
            'result': ', '.join(f"{a['answer'] or 'lost'} {a['mark']}".strip() for a in answers),
            'score': right / len(marked) if marked else math.nan,
            'score_text': f'{right} of {len(marked)} right' if marked else '',
            'answers': answers}


def describe_sentences(outcome):
    words = sum(len(r.reference.split()) for r in arrived(outcome))
    symbols = sum(r.symbols for r in arrived(outcome))
    texts = [r.sentence if r else None for r in outcome.results]
    return {'unit': f'{symbols / max(words, 1):.3g} a word',
            'result': readable(texts[0]) if texts[0] is not None else 'lost',
            'score': outcome.score, 'score_text': f'{outcome.score:.2f} BLEU-4',
            'sentences': texts}


def describe_scores(outcome, noun):
    values = [r.score if r else None for r in outcome.results]
    return {'unit': per_sample(outcome, noun),
            'result': ', '.join('lost' if v is None else f'{v:.2f}' for v in values),
            'score': math.nan, 'score_text': '', 'values': values}


def summarise(outcome, pictures):
    """One row of the table. `pictures`: file -> pixels as sent."""
    task = outcome.task
    noun = NOUNS[task.sent_as]
    describe = {'picture': lambda: describe_pictures(outcome, pictures),
                'sentence': lambda: describe_sentences(outcome),
                'label': lambda: describe_labels(outcome, noun),
                'score': lambda: describe_scores(outcome, noun)}
    what = describe[task.gives]()
    return {'task': task.name, 'snr_db': outcome.snr_db,
            'symbols': sum(r.symbols for r in arrived(outcome)), **what,
            'samples': len(arrived(outcome)), 'dropped': outcome.dropped,
            'seconds': round(outcome.seconds, 3)}
