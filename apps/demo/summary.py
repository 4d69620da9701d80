# SPDX-License-Identifier: GPL-3.0-or-later
"""What one outcome amounts to, for the table, the report and results.json."""

import math
import re

import numpy as np


def psnr_db(sent, received):
    """PSNR of 8-bit pictures; 100 dB stands for equal ones."""
    error = np.mean((sent.astype(np.float64) - received.astype(np.float64))**2)
    return 100.0 if error == 0 else 10 * math.log10(255**2 / error)


def readable(sentence):
    """Text of the corpus convention (tokens apart) as people write it."""
    text = re.sub(r" ([.,!?;:%)]|n't\b|'\w+\b)", r'\1', sentence)
    return re.sub(r'([(]) ', r'\1', ' '.join(text.split()))


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else math.nan


def plural(count, noun):
    return f'{count} {noun}' + ('' if count == 1 else 's')


def per_sample(outcome, noun):
    symbols = mean(r.symbols for r in outcome.results)
    return f'{symbols:.4g} a {noun}'


def describe_pictures(outcome, pictures):
    scores = {name: psnr_db(pictures[name], received)
              for name, received in outcome.pictures.items() if name in pictures}
    score = mean(scores.values())
    return {'unit': per_sample(outcome, 'tile'),
            'result': f'{plural(len(scores), "picture")}, {plural(len(outcome.results), "tile")}',
            'score': score, 'score_text': f'{score:.1f} dB PSNR', 'pictures': scores}


def describe_labels(outcome, noun):
    answers = [{'answer': r.class_name, 'probability': max(r.probabilities, default=math.nan),
                'truth': r.reference, 'symbols': r.symbols, 'kept': list(r.kept)}
               for r in outcome.results]
    marks = [a for a in answers if a['truth']]
    right = sum(a['answer'] == a['truth'] for a in marks)
    words = [a['answer'] + ('' if not a['truth'] else
                            ' \u2713' if a['answer'] == a['truth'] else ' \u2717') for a in answers]
    return {'unit': per_sample(outcome, noun), 'result': ', '.join(words),
            'score': right / len(marks) if marks else math.nan,
            'score_text': f'{right} of {len(marks)} right' if marks else '', 'answers': answers}


def describe_sentences(outcome):
    texts = [r.sentence for r in outcome.results]
    words = sum(len(r.reference.split()) for r in outcome.results)
    symbols = sum(r.symbols for r in outcome.results)
    return {'unit': f'{symbols / max(words, 1):.3g} a word',
            'result': readable(texts[0]) if texts else '',
            'score': outcome.score, 'score_text': f'{outcome.score:.2f} BLEU-4',
            'sentences': texts}


def summarise(outcome, pictures):
    """One row of the table. `pictures`: file -> pixels as sent."""
    if outcome.results and outcome.results[0].output == 'picture':
        what = describe_pictures(outcome, pictures)
    elif outcome.results and outcome.results[0].output == 'sentence':
        what = describe_sentences(outcome)
    else:
        what = describe_labels(outcome, 'picture' if 'image' in outcome.task else 'sentence')
    return {'task': outcome.task, 'snr_db': outcome.snr_db,
            'symbols': sum(r.symbols for r in outcome.results), **what,
            'samples': len(outcome.results), 'dropped': outcome.dropped,
            'seconds': round(outcome.seconds, 3)}
