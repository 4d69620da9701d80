# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of SigMF 1.0 for the fields of the core namespace, as far as a recording of one
channel can break them."""

import hashlib
import json
import re

DATATYPE = r'[cr](f32|f64|i32|i16|u32|u16)_(le|be)|[cr][iu]8'
DATETIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z'
BYTES = {'f32': 4, 'f64': 8, 'i32': 4, 'u32': 4, 'i16': 2, 'u16': 2, 'i8': 1, 'u8': 1}

GLOBAL = {'core:datatype': str, 'core:sample_rate': (int, float), 'core:version': str,
          'core:sha512': str, 'core:offset': int, 'core:description': str, 'core:author': str,
          'core:meta_doi': str, 'core:data_doi': str, 'core:recorder': str, 'core:license': str,
          'core:hw': str, 'core:dataset': str, 'core:trailing_bytes': int,
          'core:metadata_only': bool, 'core:geolocation': dict, 'core:extensions': list,
          'core:collection': str, 'core:num_channels': int}
CAPTURE = {'core:sample_start': int, 'core:global_index': int, 'core:header_bytes': int,
           'core:frequency': (int, float), 'core:datetime': str}
ANNOTATION = {'core:sample_start': int, 'core:sample_count': int, 'core:generator': str,
              'core:label': str, 'core:comment': str, 'core:freq_lower_edge': (int, float),
              'core:freq_upper_edge': (int, float), 'core:uuid': str}


def fields(part, allowed, where):
    faults = []
    for name, value in part.items():
        if name not in allowed:
            faults.append(f'{where}: no field {name}')
        elif not isinstance(value, allowed[name]) or \
                (isinstance(value, bool) and allowed[name] is not bool):
            faults.append(f'{where}: {name} is {value!r}')
    return faults


def item_bytes(datatype):
    return BYTES[re.match(r'[cr]([fiu]\d+)', datatype).group(1)] * (1 + (datatype[0] == 'c'))


def faults_of(meta, data):
    """What is wrong with a recording: metadata as parsed, data as bytes."""
    if set(meta) != {'global', 'captures', 'annotations'}:
        return [f'top level has {sorted(meta)}']
    about, captures, annotations = meta['global'], meta['captures'], meta['annotations']
    faults = fields(about, GLOBAL, 'global')
    for name in ('core:datatype', 'core:version'):
        if name not in about:
            faults.append(f'global: {name} is missing')
    if not re.fullmatch(DATATYPE, about.get('core:datatype', '')):
        return faults + ['global: core:datatype']
    if not re.fullmatch(r'1\.\d+\.\d+', about.get('core:version', '')):
        faults.append('global: core:version')
    if not 0 < about.get('core:sample_rate', 1) <= 1e12:
        faults.append('global: core:sample_rate')
    size = item_bytes(about['core:datatype'])
    if len(data) % size:
        faults.append('data: half a sample')
    samples = len(data) // size
    if about.get('core:sha512', hashlib.sha512(data).hexdigest()) != \
            hashlib.sha512(data).hexdigest():
        faults.append('global: core:sha512')
    faults += capture_faults(captures)
    return faults + annotation_faults(annotations, samples)


def capture_faults(captures):
    faults = []
    for capture in captures:
        faults += fields(capture, CAPTURE, 'captures')
        if 'core:sample_start' not in capture:
            faults.append('captures: no core:sample_start')
        if not re.fullmatch(DATETIME, capture.get('core:datetime', '2000-01-01T00:00:00Z')):
            faults.append('captures: core:datetime')
    return faults + order_faults(captures, 'captures')


def order_faults(parts, where):
    starts = [part.get('core:sample_start', 0) for part in parts]
    return [f'{where}: not in order'] if starts != sorted(starts) else []


def annotation_faults(annotations, samples):
    faults = []
    for entry in annotations:
        faults += fields(entry, ANNOTATION, 'annotations')
        start, count = entry.get('core:sample_start', -1), entry.get('core:sample_count', 0)
        if start < 0 or count < 1 or start + count > samples:
            faults.append(f'annotations: {start} + {count} of {samples} samples')
        if ('core:freq_lower_edge' in entry) != ('core:freq_upper_edge' in entry):
            faults.append('annotations: one edge of two')
        if len(entry.get('core:label', '')) > 20:
            faults.append('annotations: core:label')
    return faults + order_faults(annotations, 'annotations')


def check(meta_path, data_path):
    """Parses and checks a recording; (metadata, faults)."""
    with open(meta_path) as file:
        meta = json.load(file)
    with open(data_path, 'rb') as file:
        return meta, faults_of(meta, file.read())
