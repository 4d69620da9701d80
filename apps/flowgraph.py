#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles a flowgraph of GNU Radio Companion and runs it: flowgraph.py FILE.grc [ARGUMENTS]"""

import argparse
import logging
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

# Block ids of earlier releases.
RENAMED = {'udeepsc_udeepsc_tx': 'udeepsc_tx', 'udeepsc_udeepsc_rx': 'udeepsc_rx'}


class BadFlowgraph(Exception):
    pass


def own_descriptions():
    """Folder of the block descriptions that belong to this program, in a checkout or a prefix."""
    here = Path(__file__).resolve()
    checkout = here.parents[1] / 'grc'
    return checkout if checkout.is_dir() else here.parents[2] / 'gnuradio' / 'grc' / 'blocks'


def put_own_descriptions_last(known):
    """Of two descriptions of a block GRC takes the last: ours, also where another version of them
    is installed. `known`: the folders that GRC looks into last now."""
    own = str(own_descriptions())
    folders = [folder for folder in known.split(os.pathsep) if folder and folder != own]
    os.environ['GR_CONF_GRC_GLOBAL_BLOCKS_PATH'] = os.pathsep.join([*folders, own])
    logging.getLogger('gnuradio.grc.core.platform.block_loader').addFilter(
        lambda record: 'overwritten by' not in str(record.msg) or own not in str(record.args))


def make_platform():
    # Not before: --help needs no GNU Radio.
    from gnuradio import gr
    from gnuradio.grc.core.platform import Platform
    put_own_descriptions_last(gr.prefs().get_string('grc', 'global_blocks_path', ''))
    platform = Platform(name='gr-udeepsc run', prefs=gr.prefs(), version=gr.version(),
                        version_parts=(gr.major_version(), gr.api_version(),
                                       gr.minor_version()))
    platform.build_library()
    return platform


def hint(block_id):
    if block_id in RENAMED:
        return f'is called {RENAMED[block_id]} since version 0.2; put it in its place'
    if block_id.startswith('udeepsc_'):
        return 'is of another version of gr-udeepsc'
    return 'is of a module that is not installed; GRC_BLOCKS_PATH says where else to look'


def check_blocks(flowgraph):
    missing = sorted({b.key for b in flowgraph.blocks if b.is_dummy_block})
    if missing:
        raise BadFlowgraph('\n'.join(['blocks are missing:']
                                     + [f'  {key} {hint(key)}' for key in missing]))


def compile_flowgraph(path, folder):
    """The program's path; raises BadFlowgraph."""
    platform = make_platform()
    try:
        flowgraph = platform.make_flow_graph()
        flowgraph.import_data(platform.parse_flow_graph(str(path)))
    except Exception as error:  # GRC raises many kinds for files that are no flowgraph
        raise BadFlowgraph(f'is no flowgraph: {error}') from None
    check_blocks(flowgraph)
    flowgraph.rewrite()
    flowgraph.validate()
    if not flowgraph.is_valid():
        raise BadFlowgraph('\n'.join(['has errors:'] + [
            f'  {what}: {message}' for what, message in errors_of(flowgraph)]))
    platform.Generator(flowgraph, str(folder)).write()
    return Path(folder) / f"{flowgraph.get_option('id')}.py"


def errors_of(flowgraph):
    for element, message in flowgraph.iter_error_messages():
        yield str(element), ' '.join(message.split())


def run(program, beside, arguments):
    """Models that lie beside the flowgraph are found."""
    known = os.environ.get('UDEEPSC_MODELS', '')
    environment = {**os.environ, 'UDEEPSC_MODELS': f'{beside}:{known}' if known else str(beside)}
    process = subprocess.Popen([sys.executable, '-u', program, *arguments], env=environment)
    # Ctrl-C reaches both; the flowgraph decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


def main():
    parser = argparse.ArgumentParser(
        prog='gr-udeepsc run', description='Compiles a flowgraph of GNU Radio Companion and runs it.')
    parser.add_argument('flowgraph', metavar='FILE.grc', help='the flowgraph')
    parser.add_argument('arguments', metavar='ARGUMENTS', nargs=argparse.REMAINDER,
                        help="of the flowgraph's own; --help behind FILE.grc lists them")
    options = parser.parse_args()
    path = Path(options.flowgraph)
    with tempfile.TemporaryDirectory(prefix='udeepsc-run-') as folder:
        try:
            program = compile_flowgraph(path, folder)
        except BadFlowgraph as error:
            print(f'gr-udeepsc run: {path}: {error}', file=sys.stderr)
            return 2
        return run(str(program), path.resolve().parent, options.arguments)


if __name__ == '__main__':
    sys.exit(main())
