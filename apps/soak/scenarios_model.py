# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds with the model that ships: tiles and sentences, from the encoder to the decoder."""

import time

import numpy as np
import pmt
from gnuradio import gr, udeepsc
from gnuradio.udeepsc.pdus import bytes_of, bytes_vector, dictionary, text_of
from gnuradio.udeepsc.udeepsc_python import _message_inbox

from link import PATIENCE_S, STEP_S, Stuck
from payloads import number_of

MODEL = 'lite'
MOST_SAMPLES = 40  # a round; the network takes its time
SNR_DB = 20.0
RADIO = 'sim,rate=10e6'
WORDS = ('a film with the best story of this year and not one dull scene in it is worth your '
         'time').split()
TILE = 32  # pixels
# Far below what the model reaches at this Es/N0 (29 dB, BLEU 0.99), far above another's picture.
LEAST_PSNR_DB, LEAST_SHARE_OF_WORDS = 15.0, 0.5


def semantic(this):
    """Everything arrives, and is what was sent."""
    rng = this.random
    chain = Chain(rng.getrandbits(32))
    sent = {}
    with chain:
        for _ in range(min(this.bursts, MOST_SAMPLES)):
            serial = next(this.run.serials)
            make = rng.choice((tile, sentence))
            sent[serial] = make(rng)
            this.ledger.send(serial)
            chain.post(sent[serial].pdu(serial))
            chain.collect(this.ledger, sent)
        chain.wait(this.ledger, sent)


class Chain:
    """udeepsc_tx > radio_channel > udeepsc_rx."""

    def __init__(self, seed):
        self.transmitter = udeepsc.udeepsc_tx(MODEL, RADIO, snr_db=SNR_DB)
        self.receiver = udeepsc.udeepsc_rx(MODEL, RADIO)
        self.inbox = _message_inbox(['in'], 100 * MOST_SAMPLES)
        self.top = gr.top_block('soak model')
        self.top.connect(self.transmitter, udeepsc.radio_channel(snr_db=SNR_DB, seed=seed),
                         self.receiver)
        self.top.msg_connect((self.receiver, 'out'), (self.inbox, 'in'))

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *_):
        self.top.stop()
        self.top.wait()
        for end in (self.transmitter, self.receiver):
            end.close()

    def post(self, message):
        self.transmitter.post(message)

    def collect(self, ledger, sent):
        for message in self.inbox.take('in', 100 * MOST_SAMPLES):
            serial = number_of(message, 'serial')
            if serial in sent and sent[serial].is_like(message):
                ledger.arrive(serial)
            else:
                ledger.arrive_wrong()

    def wait(self, ledger, sent):
        """Until all has arrived."""
        before, since = self.inbox.come('in'), time.monotonic()
        while ledger.owed():
            time.sleep(STEP_S)
            self.collect(ledger, sent)
            if self.inbox.come('in') != before:
                before, since = self.inbox.come('in'), time.monotonic()
            elif time.monotonic() - since > PATIENCE_S:
                raise Stuck(f'{before} results for {PATIENCE_S:g} s')


class Tile:

    def __init__(self, pixels):
        self._pixels = pixels

    def pdu(self, serial):
        about = dictionary(task='image_reconstruction', modality='image', frame_id=serial & 0xff,
                           shape=self._pixels.shape, serial=serial)
        return pmt.cons(about, bytes_vector(self._pixels))

    def is_like(self, message):
        got = bytes_of(pmt.cdr(message))
        if got.size != self._pixels.size:
            return False
        error = np.mean((got.reshape(self._pixels.shape).astype(float) - self._pixels)**2)
        return 10 * np.log10(255**2 / max(error, 1e-9)) > LEAST_PSNR_DB


class Sentence:

    def __init__(self, text):
        self._text = text

    def pdu(self, serial):
        about = dictionary(task='text_reconstruction', modality='text', frame_id=serial & 0xff,
                           serial=serial)
        return pmt.cons(about, bytes_vector(self._text.encode()))

    def is_like(self, message):
        words, got = self._text.split(), text_of(pmt.cdr(message)).split()
        same = sum(a == b for a, b in zip(words, got))
        return same >= LEAST_SHARE_OF_WORDS * len(words)


def tile(rng):
    """A gradient between two colours, with a bright rectangle."""
    colours = np.random.default_rng(rng.getrandbits(32)).uniform(20, 200, (2, 3))
    ramp = np.linspace(0, 1, TILE)[:, None, None]
    pixels = np.broadcast_to((1 - ramp) * colours[0] + ramp * colours[1], (TILE, TILE, 3)).copy()
    row, column = rng.randrange(TILE // 2), rng.randrange(TILE // 2)
    pixels[row:row + TILE // 2, column:column + TILE // 2] = rng.uniform(100, 255)
    return Tile(pixels.astype(np.uint8))


def sentence(rng):
    return Sentence(' '.join(rng.sample(WORDS, rng.randint(4, len(WORDS)))))
