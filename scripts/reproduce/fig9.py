# SPDX-License-Identifier: GPL-3.0-or-later
"""Fig. 9: which patches of a picture and which words of a sentence are sent.

Needs the GNU Radio module, whose transceiver says what the selection modules keep. The CSV has
the share of the pictures in which each patch was kept, and of each word of the sentences that
are shown the share of its vectors.
"""

import math

import drawing
from measurement import COLUMNS, BadInput, NotMeasured

SNR_DB = 12.0  # where the fewest are sent, as in the paper
QUICK_PICTURES, PICTURES, SHOWN = 40, 1000, 6
# Those of the paper's figure.
SENTENCES = ("It 's not a bad premise , just a bad movie .", 'It all adds up to good fun .',
             "Too bad Maggio could n't come up with a better script .")


def jobs(study):
    return []


def transceiver(study):
    try:
        from gnuradio import udeepsc
    except ImportError as error:
        raise BadInput(f'fig9: the GNU Radio module is missing ({error}): ./gr-udeepsc build') \
            from None
    return udeepsc.transceiver(study.model.path)


def label_task(study, modality):
    """The task that classifies this modality alone; None where the model has none."""
    for name, task in study.model.tasks().items():
        if 'classes' in task and list(task['inputs']) == [modality] \
                and task['inputs'][modality]['max_vectors'] > 0:
            return name
    study.warn(f'the model has no task that classifies {modality}: left out')
    return None


def pictures_of(study, task, limit):
    """uint8 [height, width, 3] of the task's data set."""
    import collector
    from gnuradio import gr, udeepsc
    try:
        source = udeepsc.sample_source(study.model.path, task, str(study.options.data or ''),
                                       split=study.options.split, limit=limit)
    except Exception as error:  # of several kinds, by the reason
        raise NotMeasured(str(error)) from None
    sink = collector.Collector()
    top = gr.top_block('fig9')
    top.msg_connect((source, 'out'), (sink, 'in'))
    top.start()
    try:
        return sink.pictures(source.size())
    finally:
        top.stop()
        top.wait()


def row(study, task, dataset, metric, share, n, ci95, symbols):
    return {**dict.fromkeys(COLUMNS), 'task': task, 'dataset': dataset, 'scheme': 'U-DeepSC',
            'train_snr_db': study.model.train_snr_db, 'channel': 'awgn', 'snr_db': SNR_DB,
            'metric': f'kept share, {metric}', 'value': share, 'ci95': ci95,
            'symbols_mean': symbols, 'n': n}


def picture_rows(study, chain):
    """Also keeps the first pictures with what was kept of them, for the drawing."""
    task = label_task(study, 'image')
    if task is None:
        return []
    limit = study.options.limit or (QUICK_PICTURES if study.options.quick else PICTURES)
    try:
        pictures = pictures_of(study, task, limit)
    except NotMeasured as error:
        study.leave_out(study.job('U-DeepSC', task, ''), error)
        return []
    counts, sent = [], 0
    for pixels in pictures:
        features = chain.encode(task, 'image', pixels)
        _, kept, candidates = chain.select(task, 'image', features, SNR_DB)
        counts = counts or [0] * candidates
        for place in kept:
            counts[place] += 1
        sent += chain.symbols_for(task, 'image', len(kept))
        if len(study.shown) < SHOWN:
            study.shown.append((pixels, set(kept), candidates))
    n, side = len(pictures), math.isqrt(len(counts))
    dataset = study.model.tasks()[task]['data'][0]
    study.shares = [count / n for count in counts]
    found = []
    for place, share in enumerate(study.shares):
        # The task's own vector comes behind the square of patches.
        name = 'task vector' if place >= side * side else \
            f'patch row {place // side} column {place % side}'
        found.append(row(study, task, dataset, name, share, n,
                         1.96 * math.sqrt(share * (1 - share) / n), sent / n))
    return found


def ends_of_words(chain, task, words):
    """Number of vectors in front of each word and behind the last: those of the words before."""
    return [0] + [len(chain.encode(task, 'text', ' '.join(words[:count]))) - 1
                  for count in range(1, len(words) + 1)]


def sentence_rows(study, chain):
    task = label_task(study, 'text')
    found = []
    for number, sentence in enumerate(SENTENCES if task else (), 1):
        words = sentence.split()
        try:
            ends = ends_of_words(chain, task, words)
        except Exception as error:  # too long for the model, mostly
            study.warn(f'sentence {number}: left out: {error}')
            continue
        _, kept, _ = chain.select(task, 'text', chain.encode(task, 'text', sentence), SNR_DB)
        symbols = chain.symbols_for(task, 'text', len(kept))
        shares = []
        for k, (first, last) in enumerate(zip(ends, ends[1:])):
            here = sum(first <= place < last for place in kept)
            shares.append(here / max(1, last - first))
            found.append(row(study, task, f'sentence {number}', f'word {k + 1}: {words[k]}',
                             shares[-1], 1, None, symbols))
        # What lies behind the words is the vector of the task.
        study.sentences.append((words, shares, sum(place >= ends[-1] for place in kept)))
    return found


def rows(study, measured):
    study.shown, study.sentences, study.shares = [], [], []
    chain = transceiver(study)
    return picture_rows(study, chain) + sentence_rows(study, chain)


def draw(study, rows):
    columns = len(study.shown) + 1
    figure = drawing.plt.figure(figsize=(max(8, 1.7 * columns), 4), constrained_layout=True)
    grid = figure.add_gridspec(2, columns, height_ratios=(2, 1.3))
    for i, (pixels, kept, candidates) in enumerate(study.shown):
        draw_kept(figure.add_subplot(grid[0, i]), pixels, kept, candidates)
    if study.shares:
        draw_shares(figure, figure.add_subplot(grid[0, columns - 1]), study.shares, rows[0]['n'])
    draw_sentences(figure.add_subplot(grid[1, :]), study.sentences)
    drawing.save(figure, study.out, study.figure)


def draw_kept(axes, pixels, kept, candidates):
    """Patches that are not sent are grey."""
    side = math.isqrt(candidates)
    edge = pixels.shape[0] // side
    masked = pixels.copy()
    for place in set(range(side * side)) - kept:
        y, x = edge * (place // side), edge * (place % side)
        masked[y:y + edge, x:x + edge] = pixels[y:y + edge, x:x + edge] // 5 + 110
    axes.imshow(masked, interpolation='nearest')
    extra = '\nand the task\'s' if max(kept) >= side * side else ''
    axes.set_title(f'{len(kept)} of {candidates}{extra}', fontsize=8)
    axes.axis('off')


def draw_shares(figure, axes, shares, n):
    side = math.isqrt(len(shares))
    square = [shares[side * y:side * (y + 1)] for y in range(side)]
    image = axes.imshow(square, vmin=0, vmax=1)
    axes.set_title(f'share kept, n = {n}', fontsize=8)
    axes.axis('off')
    figure.colorbar(image, ax=axes, shrink=0.8)


def draw_sentences(axes, sentences):
    """Words of which nothing is sent are red."""
    axes.axis('off')
    axes.set_xlim(0, 130)  # characters
    for line, (words, shares, others) in enumerate(sentences):
        x, y = 1.0, 0.8 - 0.35 * line
        for word, share in zip(words, shares):
            axes.text(x, y, word, color='C3' if share == 0 else 'k', fontsize=10,
                      family='monospace')
            x += len(word) + 1
        if others:
            axes.text(x, y, "(and the task's vector)", color='0.4', fontsize=9)
