# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc node and chat: a station among others on one frequency."""

import queue
import sys
import threading
import time

import material
import numpy as np
import pmt
from ending import print_faults
from gnuradio import gr, udeepsc
from gnuradio.udeepsc.pdus import value_of
from gnuradio.udeepsc.result_files import ResultFiles
from gnuradio.udeepsc.results import result_of
from payloads import Numbering, make_payloads
from program import BadInput
from results import decibels, picture_text, value_text
from running import running
from gather import Material, Picture

STEP_S = 0.1
ALL = 255
EXACT = 'text'  # the kind of control message that /exact sends
HELP = '''a line of text goes to the others; and
  /to N           to station N from now on, 255 to all
  /picture FILE   a picture
  /exact TEXT     letter by letter, at most 253 bytes
  /who            who was heard, and how well
  /quit           the end'''


class Inbox(gr.basic_block):
    """What a node hears, for the main program."""

    def __init__(self):
        gr.basic_block.__init__(self, 'station_inbox', None, None)
        self.heard = queue.Queue()
        for name, take in (('out', self._result), ('control', self._control)):
            self.message_port_register_in(pmt.intern(name))
            self.set_msg_handler(pmt.intern(name), take)

    def _result(self, message):
        self.heard.put(('out', message))

    def _control(self, message):
        self.heard.put(('control', message))


class Station:
    """A node with what it has heard, in folders: one for each of the others."""

    def __init__(self, options):
        self.options = options
        info = udeepsc.transceiver(options.model).info()
        self.edge, self.tasks = info.size_of('image'), sending_tasks(info)
        self.top = gr.top_block('udeepsc node')
        self.node = udeepsc.udeepsc_node(
            options.model, options.radio, options.receive, options.profile, options.name,
            options.snr, options.acknowledge, key=options.key, dtype=options.dtype,
            max_cfo=options.max_cfo)
        self.inbox, self.numbering = Inbox(), Numbering(options.grid)
        self.top.connect(self.node)
        for port in ('out', 'control'):
            self.top.msg_connect((self.node, port), (self.inbox, port))
        self.shelves, self.snr, self.under_way = {}, {}, []
        self.failed = False

    def run(self, each_step):
        """Until each_step() says so or Ctrl-C."""
        try:
            with running(self.top):
                while each_step() and not self.node.tx.ended() and not self.node.rx.ended():
                    self.look(STEP_S)
                # What was said last is still to go.
                while self.under_way and not self.node.tx.ended():
                    self.look(STEP_S)
        finally:
            for shelf in self.shelves.values():
                self.show(shelf, shelf.finish())
            self.node.close()

    def look(self, seconds):
        """What came, and what became of what was sent."""
        try:
            kind, message = self.inbox.heard.get(timeout=seconds)
        except queue.Empty:
            for shelf in self.shelves.values():
                self.show(shelf, shelf.idle())
        else:
            self.take(kind, message)
        for message in list(self.under_way):
            if message.state != 'waiting':
                self.under_way.remove(message)
                print(f'  {message.about}: {said_of(message)}')

    def take(self, kind, message):
        about = pmt.car(message)
        source = value_of(about, 'source', ALL)
        if kind == 'control':
            if value_of(about, 'control', '') == EXACT:
                text = bytes(pmt.u8vector_elements(pmt.cdr(message))).decode(errors='replace')
                print(f'{source}: {text}')
            return
        try:
            result = result_of(message)
            self.snr[source] = (result.snr_db, time.monotonic())
            shelf = self.shelf_of(source)
            self.show(shelf, shelf.take(result))
        except ValueError as error:
            print(f'{source}: {error}')

    def shelf_of(self, source):
        if source not in self.shelves:
            grid = self.options.grid
            self.shelves[source] = ResultFiles(
                f'{self.options.out}/{source}', (grid.columns, grid.rows),
                warn=lambda text: print(f'disk: {text}'))
            self.shelves[source].source = source
        return self.shelves[source]

    def show(self, shelf, lines):
        self.failed = self.failed or bool(shelf.failed)
        for line in lines:
            text = value_text(line) if 'value' in line else picture_text(line, shelf.folder)
            print(f'{shelf.source}: {text}')

    def send(self, payloads, about, destination, ask):
        for one in payloads if ask else [payloads]:
            one = one if isinstance(one, list) else [one]
            message = self.node.send([pdu for payload in one for pdu in payload.pdus],
                                     destination, ask)
            message.about = about
            self.under_way.append(message)

    def say(self, text, destination):
        sentences = material.given_sentences([text])
        self.send(self.payloads(Material([], sentences)), f'"{text}"', destination,
                  destination != ALL)

    def say_exactly(self, text, destination):
        size = len(text.encode())
        most = 237 if self.options.key else 253
        if not 1 <= size <= most:
            raise BadInput(f'/exact: got {size} bytes, expected 1 to {most}')
        message = self.node.send_text(text, destination)
        message.about = f'"{text}"'
        self.under_way.append(message)

    def show_picture(self, path, destination):
        image, grid = material.open_picture(path), self.options.grid
        size = (grid.columns * self.edge, grid.rows * self.edge)
        pixels = np.asarray(material.cut_to_shape(image, size, (0.5, 0.5)))
        picture = Picture(path, pixels, material.thumbnail(image, self.edge))
        self.send(self.payloads(Material([picture], [])), path, destination, False)

    def payloads(self, what):
        found = make_payloads(self.tasks, what, self.options.grid, self.edge, self.numbering)
        if not found:
            raise BadInput('the model has no task for that')
        return found

    def who(self):
        if not self.snr:
            print('nobody so far')
        for source, (snr_db, when) in sorted(self.snr.items()):
            print(f'{source}: {decibels(snr_db)}, {time.monotonic() - when:.0f} s ago; hears this '
                  f'one with {decibels(self.node.snr_of(source))}')

    def print_counts(self):
        counts = self.node.counts()
        print(', '.join(f'{counts[name]} {name}' for name in sorted(counts)) or 'nothing happened')
        print_faults({**self.node.tx.faults(), **self.node.rx.faults()})


def sending_tasks(info):
    import tasks
    return [task for task in tasks.served(info, ('tiles', 'texts')) if task.repeats]


def said_of(message):
    return {'sent': 'sent', 'acknowledged': 'has come',
            'lost': f'nobody acknowledged it, {message.tries} times'}[message.state]


class Typist(threading.Thread):
    """Lines from the terminal, for the main program."""

    def __init__(self):
        threading.Thread.__init__(self, daemon=True)
        self.lines, self.at_end = queue.Queue(), False

    def run(self):
        for line in sys.stdin:
            self.lines.put(line.strip())
        self.at_end = True

    def ended(self):
        return self.at_end and self.lines.empty()


class Conversation:
    """What is typed -> what is done."""

    def __init__(self, station, destination):
        self.station, self.destination = station, destination
        self.over = False
        self.commands = {'/to': self.to, '/picture': self.picture, '/exact': self.exact,
                         '/who': self.who, '/quit': self.quit, '/help': self.help}

    def take(self, line):
        """Raises BadInput for what cannot be done; nothing else happens then."""
        if not line:
            return
        word, _, rest = line.partition(' ')
        if word.startswith('/'):
            if word not in self.commands:
                raise BadInput(f"no command '{word}': /help names them")
            self.commands[word](rest.strip())
        else:
            self.station.say(line, self.destination)

    def to(self, rest):
        if not rest.isdecimal() or int(rest) > ALL:
            raise BadInput(f"/to: got '{rest}', expected 0 to {ALL}")
        self.destination = int(rest)
        print(f'to {self.destination}' if self.destination != ALL else 'to all')

    def picture(self, rest):
        self.station.show_picture(rest, self.destination)

    def exact(self, rest):
        self.station.say_exactly(rest, self.destination)

    def who(self, _):
        self.station.who()

    def quit(self, _):
        self.over = True

    def help(self, _):
        print(HELP)


def over_the_time(options):
    start = time.monotonic()
    return lambda: options.seconds is not None and time.monotonic() - start > options.seconds


def node(options):
    station, over = Station(options), over_the_time(options)
    begin(station)
    return end(station, lambda: not over())


def chat(options):
    station, over = Station(options), over_the_time(options)
    talk, typist = Conversation(station, options.to), Typist()
    begin(station)
    print(HELP)
    typist.start()

    def step():
        while not talk.over and not typist.lines.empty():
            try:
                talk.take(typist.lines.get())
            except (BadInput, ValueError) as error:
                print(f'  {error}')
        return not (talk.over or typist.ended() or over())

    return end(station, step)


def begin(station):
    options = station.options
    print(f'station {options.name}, {station.node.tx.radio.description()}, profile '
          f'{options.profile}; Ctrl-C ends')


def end(station, step):
    try:
        station.run(step)
    except KeyboardInterrupt:
        print()
    station.print_counts()
    return 1 if station.failed else 0
