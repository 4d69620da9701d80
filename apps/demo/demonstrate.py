# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends photographs, sentences and sounds through a GNU Radio flowgraph and a noisy channel, and
shows what came out: arguments, and the course of it."""

import argparse
import json
import math
import resource
import time
from pathlib import Path

import drawings
import material
import sounds
import tasks
from console import Progress, Table, snr_text
from program import FAILED, naming
from running import running
from window import make_window

DESCRIPTION = 'Sends photographs, sentences and sounds through a GNU Radio flowgraph and a noisy ' \
              'channel, and shows what came out.'
SNR_LIMITS = (-30.0, 40.0)
MOST_SNRS = 8  # the report has a column for each
MOST_PICTURES = 8
MOST_SOUNDS = 100


def snr_value(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not SNR_LIMITS[0] <= value <= SNR_LIMITS[1]:
        raise argparse.ArgumentTypeError(
            f"got '{text}', expected a number of dB from {SNR_LIMITS[0]:g} to {SNR_LIMITS[1]:g}")
    return value


def picture_side(text):
    if not text.isdecimal() or not 32 <= int(text) <= 2048:
        raise argparse.ArgumentTypeError(f"got '{text}', expected pixels from 32 to 2048")
    return int(text)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='gr-udeepsc demo', description=DESCRIPTION,
        epilog='example: ./gr-udeepsc demo --image holiday.jpg --channel rayleigh --snr 0 10')
    parser.add_argument('--image', nargs='+', default=[], metavar='FILE',
                        help='pictures to send in place of the built-in ones')
    parser.add_argument('--text', nargs='+', default=[], metavar='TEXT',
                        help='texts to send in place of the built-in ones')
    parser.add_argument('--question', nargs='+', default=[], metavar='TEXT',
                        help='questions about the pictures, in place of those about drawings')
    parser.add_argument('--sound', nargs='+', default=[], metavar='FILE',
                        help='WAV files to send in place of digits spoken by espeak-ng')
    parser.add_argument('--channel', choices=['awgn', 'rayleigh', 'rician'], default='awgn',
                        help='fading has one gain per picture tile or sentence (default: awgn)')
    parser.add_argument('--snr', nargs='+', type=snr_value, default=[-6, 0, 6, 12],
                        metavar='DB', help='Es/N0 in dB (default: -6 0 6 12)')
    parser.add_argument('--out', default='demo_out', metavar='FOLDER',
                        help='where report and pictures go (default: demo_out)')
    parser.add_argument('--model', default='lite', metavar='NAME',
                        help='model file, or name of a shipped model (default: lite)')
    parser.add_argument('--size', type=picture_side, default=384, metavar='PIXELS',
                        help='given pictures are scaled down to this side (default: 384)')
    parser.add_argument('--seed', type=int, default=1, help='of channel and noise (default: 1)')
    parser.add_argument('--show', action='store_true',
                        help='a window with what comes; closing it ends the command')
    parser.add_argument('--check', action='store_true', help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.snr = sorted(set(options.snr))
    if len(options.snr) > MOST_SNRS:
        parser.error(f'--snr: {len(options.snr)} values, at most {MOST_SNRS}')
    if len(options.sound) > MOST_SOUNDS:
        parser.error(f'--sound: {len(options.sound)} files, at most {MOST_SOUNDS}')
    if len(options.image) > MOST_PICTURES:
        parser.error(f'--image: {len(options.image)} files, at most {MOST_PICTURES}')
    if not 0 <= options.seed < 2**63:
        parser.error('--seed: expected 0 or more')
    return options


def gather(options):
    """What to send, but for what depends on the model; raises BadInput."""
    material.checked_model(options.model)
    pictures = (material.given_pictures(options.image, options.size) if options.image
                else material.built_in_pictures())
    sentences = (material.given_sentences(options.text) if options.text
                 else material.built_in_sentences())
    for question in options.question:
        material.checked_words('--question', 'question', question)
    return material.Given(pictures, sentences, sounds=sounds.given_sounds(options.sound))


def gather_small(options, given, edge):
    """Adds what the tasks of one small picture get to see."""
    given.thumbnails = (material.given_thumbnails(options.image, edge) if options.image
                        else material.built_in_thumbnails(edge))
    if options.question:
        given.questions = drawings.given_questions(options.question, given.thumbnails)
    else:
        given.questions = drawings.built_in_questions()


def served(options, info, given, out):
    """The model's tasks for which there is something to send."""
    wanted = tasks.served(info, tasks.WAYS + tasks.PARTLY)
    if given.sounds or not any(task.sent_as == 'sounds' for task in wanted):
        return wanted
    given.sounds = sounds.built_in_sounds(out / 'spoken')
    if given.sounds:
        return wanted
    left = [task for task in wanted if task.sent_as == 'sounds']
    print(f'not shown here: {", ".join(task.name for task in left)} (no sound: give one with '
          f'--sound, or install {sounds.SPEAKER}, which speaks digits)')
    return [task for task in wanted if task not in left]


def run_all(options, jobs, files, table, window):
    """All jobs at all SNRs: [(summary, outcome)]."""
    from chain import Chain
    from summary import summarise
    progress = Progress(sum(job.count for job in jobs) * len(options.snr))
    done = []
    table.head()
    chain = Chain(options.model, jobs, options.channel, options.seed, window)
    with running(chain.top):
        for job in jobs:
            for snr_db in options.snr:
                progress.doing(f'{job.task.name} at {snr_text(snr_db)}')
                outcome = chain.run(job, snr_db, progress.add)
                summary = summarise(outcome, files)
                progress.clear()
                table.row(summary)
                done.append((summary, outcome))
    return done


def run_conventional(options, done, files, table):
    """The first picture by JPEG, LDPC and QPSK, in as many symbols, at each Es/N0. Not with fading:
    of that it would meet one gain in a picture, where ours meets one in a tile."""
    tiles = next((o for _, o in done if o.task.sent_as == 'tiles' and o.pictures), None)
    if tiles is None or options.channel != 'awgn':
        return []
    import conventional
    name = next(iter(tiles.pictures))
    share = files[name].size / sum(pixels.size for pixels in files.values())
    symbols = round(share * sum(r.symbols for r in tiles.results if r))
    received = conventional.send_all(files[name], symbols, options.snr, options.seed)
    for one in received:
        table.row(conventional.summarise(one))
    return received


def write_received(out, done):
    from PIL import Image
    folder = out / 'received'
    folder.mkdir(parents=True, exist_ok=True)
    for _, outcome in done:
        for name, pixels in outcome.pictures.items():
            if outcome.task.sent_as == 'tiles':
                path = folder / f'{Path(name).stem}_{outcome.snr_db:g}dB.png'
                with naming(path):
                    Image.fromarray(pixels).save(path)


def finite(value):
    """Without NaN, which JSON does not know."""
    if isinstance(value, dict):
        return {key: finite(v) for key, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_results(out, info, options, done, conventional):
    record = {'model': info.id, 'channel': options.channel, 'seed': options.seed,
              'results': [finite(summary) for summary, _ in done],
              'conventional': [{'snr_db': one.snr_db, 'symbols': one.symbols,
                                'psnr_db': one.psnr_db, 'damaged': one.damaged}
                               for one in conventional]}
    with naming(out / 'results.json'):
        (out / 'results.json').write_text(json.dumps(record, indent=1) + '\n')


def print_figures(done, started):
    tiles = [o for _, o in done if o.task.sent_as == 'tiles']
    if tiles:
        count, seconds = sum(len(o.results) for o in tiles), sum(o.seconds for o in tiles)
        print(f'\n{count} tiles in {seconds:.1f} s: {count / seconds:.0f} tiles a second', end='')
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f'\n{time.monotonic() - started:.0f} s in all, {peak:.0f} MiB of memory at most')
    dropped = sum(summary['dropped'] for summary, _ in done)
    if dropped:
        print(f'{dropped} samples were dropped; the log above says why')


def given_dropped(options, done):
    """Whether anything was dropped that the user gave: not every model takes all that is built in."""
    given = {'tiles': options.image, 'thumbnails': options.image, 'texts': options.text,
             'words': options.text, 'sounds': options.sound, 'questions': options.question}
    return any(summary['dropped'] and given.get(outcome.task.sent_as) for summary, outcome in done)


def demonstrate(options):
    """Exit status."""
    started = time.monotonic()
    given = gather(options)
    if options.check:
        return 0
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)

    from gnuradio import udeepsc
    info = udeepsc.transceiver(options.model).info()
    print(f'{info.name} model, {info.parameters / 1e6:.1f} M parameters, {info.modulation}, '
          f'{options.channel} channel')
    if tasks.passed_over(info):
        print(tasks.passed_over(info))
    edge = info.size_of('image')
    gather_small(options, given, edge or material.THUMBNAIL)
    from jobs import make_jobs
    jobs, files = make_jobs(served(options, info, given, out), out, given, edge)
    window = make_window(options, 'gr-udeepsc demo')
    table = Table()
    done = run_all(options, jobs, files, table, window)
    conventional = run_conventional(options, done, files, table)

    write_received(out, done)
    write_results(out, info, options, done, conventional)
    from report import draw_report
    with naming(out / 'report.png'):
        draw_report(out / 'report.png', info, options.channel, options.snr, done, files,
                    given, conventional)
    print_figures(done, started)
    print(f'the report: {out / "report.png"}')
    window.stay()
    return FAILED if given_dropped(options, done) else 0
