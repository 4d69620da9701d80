#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the small sound files that fuzzing begins with, a folder for each target of tests/fuzz:

    make_seeds.py FOLDER
"""

import io
import json
import random
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PART = b'\xff'  # between two parts of an input
TEXT = 'It\'s "great", isn\'t it?  A 1,000 \u2014 na\u00efve caf\u00e9s ... mr. x\'d gonna\n'.encode()


def npy(values, version=(1, 0)):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(values), version)
    return file.getvalue()


def arrays():
    yield npy(np.arange(6, dtype='<f4').reshape(2, 3))
    yield npy(np.arange(3, dtype='<f8'), (2, 0))
    yield npy(np.arange(4, dtype='<i8').reshape(2, 1, 2), (3, 0))
    yield npy(np.zeros((2, 2), 'u1'))


def picture(kind, mode='RGB', **options):
    image = Image.linear_gradient('L').resize((9, 7)).convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pictures():
    for mode in ('RGB', 'RGBA', 'L', 'LA', 'P', '1', 'I;16'):
        yield picture('PNG', mode)
    yield picture('JPEG')
    yield picture('JPEG', 'L', progressive=True)
    yield picture('JPEG', 'CMYK')
    yield picture('BMP')
    yield picture('BMP', 'P')
    yield picture('GIF', 'P')
    yield picture('PPM')
    yield picture('PPM', 'L')


def chunk(name, data):
    return name + struct.pack('<I', len(data)) + data + b'\0' * (len(data) % 2)


def wav(tag, bits, data, channels=1, rate=8000):
    step = channels * bits // 8
    parts = b'WAVE' + chunk(b'fmt ', struct.pack('<HHIIHH', tag, channels, rate, rate * step, step,
                                                 bits)) + chunk(b'data', data)
    return chunk(b'RIFF', parts)


def sounds():
    tone = np.sin(np.arange(80) / 3)
    yield wav(1, 16, (tone * 30000).astype('<i2').tobytes())
    yield wav(1, 8, (tone * 100 + 128).astype('u1').tobytes(), channels=2)
    yield wav(3, 32, tone.astype('<f4').tobytes())
    yield wav(7, 8, bytes(range(80)))  # mu-law
    aiff = b'AIFF' + b'COMM' + struct.pack('>IHIH', 18, 1, 20, 16) + \
        bytes.fromhex('400bfa00000000000000') + b'SSND' + struct.pack('>III', 48, 0, 0) + bytes(40)
    yield b'FORM' + struct.pack('>I', len(aiff)) + aiff
    yield b'.snd' + struct.pack('>5I', 24, 40, 3, 8000, 1) + bytes(40)


def safetensors(header, data=b''):
    text = json.dumps(header).encode()
    return struct.pack('<Q', len(text)) + text + data


def tensor_files():
    yield safetensors({'__metadata__': {'format': 'x'},
                       'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]},
                       'b': {'dtype': 'U8', 'shape': [1, 3], 'data_offsets': [8, 11]}}, bytes(11))
    yield safetensors({'h': {'dtype': 'F16', 'shape': [], 'data_offsets': [0, 2]}}, b'\0\x3c')
    yield safetensors({})


def contexts():
    generator = random.Random(6)
    for _ in range(8):
        yield b'\0' + generator.randbytes(400)
    entry = {'source': 0, 'task': 't', 'modality': 'a', 'layer': 0, 'frame': 1, 'age_s': 1.0,
             'value': 0.5, 'moment': 1, 'order': 0, 'noise_var': 0.1, 'rows': 1, 'cols': 2,
             'positions': 0, 'embedding': 0, 'text': 'x'}
    later = dict(entry, frame=2, order=1, moment=2)
    for entries, floats in (([], 0), ([entry], 2), ([entry, later], 4)):
        yield bytes([2, floats]) + bytes(4 * floats) + json.dumps(entries).encode()


def tiny_config():
    return json.loads((ROOT / 'configs' / 'tiny.json').read_text())


def configurations():
    whole = tiny_config()
    yield json.dumps(whole).encode()
    yield json.dumps(whole['model']).encode()
    model = dict(whole['model'], tasks=whole['model']['tasks'][:1])
    yield json.dumps(model).encode()


def model_changes():
    yield b'\0' + json.dumps(tiny_config()['model']).encode()
    yield b'\1{"steps": 3}'
    yield b'\2format_version' + PART + b'1'
    yield b'\2content_hash' + PART + b'0123456789abcdef'
    for tensor in range(0, 60, 7):
        for kind in range(5):
            yield b'\3' + struct.pack('<HBB', tensor, 1, kind) + struct.pack('<ii', 24, 24)
    yield b'\3\0\0\0'


def varint(value):
    value &= (1 << 64) - 1
    encoded = b''
    while value >= 0x80:
        encoded += bytes([value & 0x7f | 0x80])
        value >>= 7
    return encoded + bytes([value])


def field(number, value):
    """Of protocol buffers: bytes, a float or an integer."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack('<f', value)
    return varint(number << 3) + varint(value)


def sentencepiece_model(model_type):
    """Of sentencepiece_model.proto."""
    def piece(text, score, kind=1):
        return field(1, field(1, text.encode()) + field(2, score) + field(3, kind))
    pieces = piece('<pad>', 0.0, 3) + piece('<unk>', 0.0, 2)
    pieces += b''.join(piece(f'<0x{byte:02X}>', 0.0, 6) for byte in range(256))
    pieces += piece('\u2581it', -1.0) + piece('\u2581', -2.0) + piece('great', -2.5) + \
        piece('t', -3.0) + piece('\u2581great', -1.5)
    trainer = field(3, model_type) + field(35, 1) + field(40, 1) + field(41, -1) + \
        field(42, -1) + field(43, 0)
    character_map = struct.pack('<I', 1024) + bytes(1024) + b'a\0'
    return pieces + field(2, trainer) + field(3, field(1, b'x') + field(2, character_map))


def sentencepiece_models():
    for model_type in (1, 2, 3, 4):
        model = sentencepiece_model(model_type)
        yield struct.pack('<H', len(model)) + model + b"it's great, t"


def vocabularies():
    vocabulary = '\n'.join(['[PAD]', '[UNK]', 'it', '##s', "'", 'great', '\u4e2d', '.']) + '\n'
    yield vocabulary.encode() + PART + 'Its GREAT\u0301 \u4e2d.'.encode()
    yield b'[PAD]\r\n[UNK]\r\n' + PART + TEXT


def texts():
    yield TEXT
    yield b"it's.'s can't've 'tis ol' \xc3\x28 \xe2\x82 \xf0\x9f\x98\x80 `` '' \xed\xa0\x80"
    yield '\u201cquoted\u201d \uff26\uff35\uff2c\uff2c \u00bd \ufb01 j.r.r. no. 1 a.m.'.encode()


def cifar10():
    yield b'\n'.join(b'abcdefghij'[i:i + 1] for i in range(10)) + b'\n\n' + PART + \
        b'\x03' + bytes(3072)


def sst2():
    yield b'sentence\tlabel\nit is great \t1\n dull .\t0\n'


def tables():
    yield b'image\ttext\tlabel\tscore\tsplit\nred.ppm\tis it red ?\tyes\t1.5\ttrain\n' \
          b'red.ppm\tis it blue ?\tno\t-2e3\ttest\n'
    yield b'\xef\xbb\xbfimage\ttext\tlabel\nred.ppm\ta\tyes\n' + b'red.ppm\tb\tno\n' * 12
    yield b'text\tscore\r\n' + b'some words\t0.25\r\n' * 12


def vqa():
    annotations = {'annotations': [{'question_id': 1, 'image_id': 1, 'answers': [
        {'answer': 'Yes'}, {'answer': 'no'}, {'answer': 'yes'}]}]}
    questions = {'questions': [{'question_id': 1, 'image_id': 1, 'question': 'Is it red?'}]}
    yield json.dumps(annotations).encode() + PART + json.dumps(questions).encode()


def mosi():
    columns = 'segment_id\tvideo_id\tclip\tsentiment\tlabel2\tstandard_split\ttext'
    rows = ''.join('\t'.join({'label2': '1', 'sentiment': '-1.5'}.get(name, f'{name} {i}')
                             for name in columns.split('\t')) + '\n' for i in range(2))
    yield f'{columns}\n{rows}'.encode() + PART + npy(np.ones((2, 2), '<f4'))


def frames():
    """Profile, number of payloads, each with header and symbols; then what disturbs them."""
    generator = random.Random(1)
    for profile in range(4):
        for payloads in (1, 2):
            body = bytes([profile, payloads - 1])
            for number in range(payloads):
                body += bytes([number, 3, 1, 165, profile, 7]) + struct.pack('<H', 28) + \
                    generator.randbytes(28)
            yield body
            yield body + struct.pack('<HBBf', 700, 20, 2, 0.0)
            yield body + struct.pack('<HBBf', 900, 90, 3, 0.5)


def bursts():
    generator = random.Random(2)
    for profile in range(4):
        for kind in (0, 1):
            yield bytes([profile]) + struct.pack('<IIBfH', 90, 0, 1, 0.001, 500) + \
                bytes([kind]) + generator.randbytes(8000)


def datagrams():
    def datagram(number, milli_db):
        return struct.pack('>IIIIi', 0x55534e52, 1, 7, number, milli_db)
    yield b''.join(b'\0\x64\0\1' + datagram(number, 12000) + b'\1' for number in range(1, 6))
    yield b'\0\x64\0\1' + datagram(1, -100000) + b'\1' + b'\1\1\0\1' + datagram(9, 5000) + b'\0'


def pdus():
    generator = random.Random(3)
    for _ in range(12):
        yield b'\1' + generator.randbytes(200)


def receptions():
    generator = random.Random(4)
    for task in range(6):
        for _ in range(3):
            yield bytes([task]) + generator.randbytes(300)


def conventional_streams():
    """Pictures of three coders, texts of three, and what damages sound pictures."""
    generator = random.Random(5)
    for codec in range(3):
        for setting in (0, 1, 10, 50):
            yield bytes([codec, 5, 5, setting]) + generator.randbytes(120)
        yield bytes([3 + codec]) + generator.randbytes(120)
        for stream in range(3):
            yield bytes([6 + codec, stream, 0, 0, 1])
            yield bytes([6 + codec, stream, 0, 0, 1]) + generator.randbytes(9)


SEEDS = {
    'burst': bursts, 'cifar10': cifar10, 'config': configurations,
    'context': contexts, 'conventional': conventional_streams, 'feedback': datagrams,
    'frame': frames,
    'model': model_changes, 'mosi': mosi, 'npy': arrays, 'pdu': pdus, 'picture': pictures,
    'receiver': receptions, 'safetensors': tensor_files, 'sentencepiece': sentencepiece_models,
    'sound': sounds, 'sst2': sst2, 'table': tables, 'text': texts, 'vqa': vqa,
    'wordpiece': vocabularies,
}


def main(folder):
    for target, seeds in SEEDS.items():
        place = Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(seeds()):
            (place / f'seed-{number:02}').write_bytes(content)
    (Path(folder) / 'made').touch()


if __name__ == '__main__':
    main(*sys.argv[1:])
