# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture by the conventional chain, JPEG, LDPC and QPSK, with as many symbols as ours has."""

import time
from dataclasses import dataclass

import numpy as np
import pmt
from chain import STALLED_S, Stalled
from gnuradio import blocks, gr, udeepsc
from gnuradio.udeepsc.pdus import bytes_of, bytes_vector, dictionary
from gnuradio.udeepsc.quality import psnr_db
from running import running

SCHEME, MCS = 'jpeg-ldpc', 'qpsk-1/2'  # a fixed rate; decodes from about 1.5 dB on
NAME = 'JPEG, LDPC, QPSK 1/2'


@dataclass
class Received:
    snr_db: float
    symbols: int
    pixels: np.ndarray
    psnr_db: float
    damaged: bool  # code blocks that could not be decoded


class Chain:
    """Encoder, channel, decoder, for one picture."""

    def __init__(self, pixels, symbols, seed):
        self.pixels, self.symbols = pixels, symbols
        self.encoder = udeepsc.conventional_encoder(symbols, scheme=SCHEME, mcs=MCS)
        self.channel = udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 0.0, seed=seed)
        self.decoder = udeepsc.conventional_decoder(*pixels.shape[:2], scheme=SCHEME, mcs=MCS)
        self.came = blocks.message_debug()
        self.top = gr.top_block('conventional')
        for sender, receiver in ((self.encoder, self.channel), (self.channel, self.decoder)):
            self.top.msg_connect((sender, 'out'), (receiver, 'in'))
        self.top.msg_connect((self.decoder, 'out'), (self.came, 'store'))

    def send(self, snr_db):
        before, damaged = self.came.num_messages(), self.decoder.damaged()
        self.channel.set_snr_db(snr_db)
        self.channel.restart()
        self.encoder.to_basic_block()._post(pmt.intern('in'), pmt.cons(
            dictionary(shape=self.pixels.shape, modality='image'), bytes_vector(self.pixels)))
        start = time.monotonic()
        while self.came.num_messages() == before:
            if time.monotonic() - start > STALLED_S:
                raise Stalled(f'{NAME}: nothing came for {STALLED_S} s')
            time.sleep(0.01)
        got = bytes_of(pmt.cdr(self.came.get_message(before))).reshape(self.pixels.shape)
        return Received(snr_db, self.symbols, got, psnr_db(self.pixels, got),
                        self.decoder.damaged() > damaged)


def send_all(pixels, symbols, snrs, seed):
    """Received at each Es/N0."""
    chain = Chain(pixels, symbols, seed)
    with running(chain.top):
        return [chain.send(snr_db) for snr_db in snrs]


def summarise(received):
    """A row of the table and of results.json."""
    return {'task': NAME, 'snr_db': received.snr_db, 'symbols': received.symbols,
            'unit': '', 'result': 'undecodable' if received.damaged else '1 picture',
            'score': received.psnr_db, 'score_text': f'{received.psnr_db:.1f} dB PSNR'}
