# SPDX-License-Identifier: GPL-3.0-or-later
"""Model files as Python sees them, so that tests can compare and damage them."""

import json
import struct
from pathlib import Path


class SafetensorsFile:
    """`metadata` maps names to texts, `tensors` names to (dtype, shape, bytes)."""

    def __init__(self, path):
        raw = Path(path).read_bytes()
        length = struct.unpack_from('<Q', raw)[0]
        header = json.loads(raw[8:8 + length])
        self.metadata = header.pop('__metadata__', {})
        data = raw[8 + length:]
        self.tensors = {name: (entry['dtype'], entry['shape'], data[slice(*entry['data_offsets'])])
                        for name, entry in header.items()}

    def write(self, path):
        header, data = {'__metadata__': self.metadata}, b''
        for name, (dtype, shape, content) in self.tensors.items():
            header[name] = {'dtype': dtype, 'shape': shape,
                            'data_offsets': [len(data), len(data) + len(content)]}
            data += content
        text = json.dumps(header).encode()
        Path(path).write_bytes(struct.pack('<Q', len(text)) + text + data)
        return Path(path)

    def rehash(self):
        """As docs/model-format.md: 64-bit FNV-1a over the tensors in the order of their names."""
        state = 0xcbf29ce484222325

        def add(content):
            nonlocal state
            for byte in content:
                state = ((state ^ byte) * 0x100000001b3) & 0xffffffffffffffff

        def add_text(text):
            add(struct.pack('<Q', len(text)))
            add(text.encode())

        for name, (dtype, shape, content) in sorted(self.tensors.items()):
            add_text(name)
            add_text(dtype)
            add(struct.pack(f'<{1 + len(shape)}Q', len(shape), *shape))
            add(content)
        self.metadata['content_hash'] = f'{state:016x}'
        return self
