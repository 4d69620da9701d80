# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that the figures compare the shipped one with, in the folder of --models:

    t-TASK.safetensors        one task alone: T-DeepSC
    snr-DB.safetensors        all tasks, trained at one SNR: snr--2, snr-12
    awgn.safetensors, rayleigh.safetensors   all tasks, trained over one channel
    rate-SYMBOLS.safetensors  tasks in layers, for so many symbols alone
    agile, beta, pooled, alpha-0, alpha-1 .safetensors   tasks in layers, trained as long, the
                              loss weighted as configured, for two classes, with two classes left,
                              for classes alone, for pictures alone
    joint.safetensors, apart.safetensors   with a gradient over the air and without
    classifier.safetensors    told clean pictures, for what separate coding brings

--train makes those that are missing: writes their configurations, and trains them one after
another, which goes on where it was when it was stopped.
"""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from measurement import BadInput, read_model

FIXED_SNR = (-2, 12)  # dB, as in Fig. 6
WEIGHTS = ('agile', 'beta', 'pooled', 'alpha-0', 'alpha-1')  # of the loss of tasks in layers
CLASSIFIER = Path(__file__).resolve().parent.parent.parent / 'configs' / 'classifier.json'
CHANNELS = {'awgn': 0.0, 'rayleigh': 1.0}  # share of samples through fading
OTHERS = (*CHANNELS, *WEIGHTS, 'joint', 'apart', 'classifier')


def single_task(config, task):
    """The configuration of one task with what it needs of everything else."""
    single = copy.deepcopy(config)
    model = single['model']
    model['name'] = f't-{task}'
    model['tasks'] = [t for t in model['tasks'] if t['name'] == task]
    needed = model['tasks'][0]['inputs']
    model['encoders'] = {m: e for m, e in model['encoders'].items() if m in needed}
    for encoder in model['encoders'].values():
        if 'label_mirror' in encoder:
            encoder['label_mirror'] = [t for t in encoder['label_mirror'] if t == task]
    if 'training' in single:
        settings = single['training'].get('tasks', {}).get(task, {})
        single['training']['tasks'] = {task: {**settings, 'weight': 1}}
    return single


def fixed_snr(config, snr_db):
    """All tasks; every phase at this SNR."""
    fixed = copy.deepcopy(config)
    fixed['model']['name'] = f'snr-{snr_db:g}'
    for phase in fixed['training']['phases']:
        phase['snr_db'] = [snr_db, snr_db]
        phase.pop('widen_steps', None)
    return fixed


def one_channel(config, channel):
    changed = copy.deepcopy(config)
    changed['model']['name'] = channel
    changed['training']['rayleigh'] = CHANNELS[channel]
    return changed


def without_air_gradient(config):
    """Transmitter and receiver learn apart."""
    changed = copy.deepcopy(config)
    changed['model']['name'] = 'apart'
    changed['training']['air_gradient'] = False
    return changed


def sums_of_layers(config):
    """Symbols of layers 1 to 2, 1 to 3 ... of the tasks that have any."""
    sizes = [i['layers'] for task in config['model']['tasks'] for i in task['inputs'].values()
             if i.get('layers')]
    return sorted({sum(layers[:n]) for layers in sizes for n in range(2, len(layers) + 1)})


def one_rate(config, symbols):
    """The same network with the first layer and one more, of which only both together count."""
    changed = copy.deepcopy(config)
    changed['model']['name'] = f'rate-{symbols}'
    for task in changed['model']['tasks']:
        for taken in task['inputs'].values():
            if taken.get('layers'):
                first = taken['layers'][0]
                taken['layers'] = [first, symbols - first]
                for weights in ('picture_weights', 'label_weights'):
                    task[weights] = [0, (task.get(weights) or [1])[-1]]
    return changed


FAVOUR = 5  # weight of the classes that beta is for, against 1
NEXT_TO_NOTHING = 1e-9  # 0 for all layers is refused


def names_of(task):
    classes = task['classes']
    return [str(i) for i in range(classes)] if isinstance(classes, int) else classes


def favoured(task):
    """Numbers of the two classes that beta is for: cat and dog, where there are such."""
    names = names_of(task)
    found = [names.index(name) for name in ('bird', 'cat') if name in names]
    return found if len(found) == 2 else [2, 3]


def weighted(config, name):
    """Tasks in layers with other weights in the loss; 'agile': with their own."""
    changed = copy.deepcopy(config)
    changed['model']['name'] = name
    for task in changed['model']['tasks']:
        layers = [i['layers'] for i in task['inputs'].values() if i.get('layers')]
        if not layers:
            continue
        chosen = favoured(task)
        if name == 'beta':
            task['class_weights'] = [FAVOUR if i in chosen else 1
                                     for i in range(len(names_of(task)))]
        elif name == 'pooled':
            task['pooled'] = [n for i, n in enumerate(names_of(task)) if i not in chosen]
            task.pop('class_weights', None)
        elif name == 'alpha-0':
            task['picture_weights'] = [NEXT_TO_NOTHING] * len(layers[0])
        elif name == 'alpha-1':
            task['label_weights'] = [NEXT_TO_NOTHING] * len(layers[0])
            changed['training']['auxiliary_weight'] = 0
    return changed


def fine_tuned(config, batch=None):
    """What begins with a model that is trained already: its last phase, at a small rate."""
    tuned = copy.deepcopy(config)
    training = tuned['training']
    training['phases'] = [{key: value for key, value in training['phases'][-1].items()
                           if key != 'widen_steps'}]
    training.update(learning_rate=2e-4, final_learning_rate=2e-6, warmup_steps=100)
    for settings in training.get('tasks', {}).values():
        settings['batch'] = batch or min(32, settings.get('batch', 32))
    return tuned


def shortened(config, steps):
    """The phases in proportion, `steps` in all."""
    short = copy.deepcopy(config)
    training = short['training']
    share = steps / sum(phase['steps'] for phase in training['phases'])
    for phase in training['phases']:
        phase['steps'] = max(1, round(phase['steps'] * share))
        if 'widen_steps' in phase:
            phase['widen_steps'] = round(phase['widen_steps'] * share)
    for field in ('warmup_steps', 'checkpoint_every'):
        if field in training:
            training[field] = max(1, min(training[field], round(steps / 10)))
    return short


def configurations(figure, config):
    """{name: configuration} of the models that this figure compares with."""
    if figure == 'smrc':
        return {**{f'rate-{n}': one_rate(config, n) for n in sums_of_layers(config)},
                **{name: weighted(config, name) for name in WEIGHTS},
                'classifier': read_configuration(CLASSIFIER)}
    if figure == 'memory':
        return {'joint': config, 'apart': without_air_gradient(config)}
    if figure == 'fig7':
        return {channel: one_channel(config, channel) for channel in CHANNELS}
    tasks = [task['name'] for task in config['model']['tasks']]
    found = {f't-{task}': single_task(config, task) for task in tasks}
    if figure == 'fig6':
        found.update({f'snr-{snr:g}': fixed_snr(config, snr) for snr in FIXED_SNR})
    return found


def read_configuration(path):
    try:
        with open(path) as file:
            config = json.load(file)
        config['model']['tasks'], config['training']['phases']  # what is changed here
        return config
    except OSError as error:
        raise BadInput(f'{path}: {error.strerror}') from None
    except (ValueError, KeyError, TypeError):
        raise BadInput(f'{path}: expected a configuration with "model" and "training"') from None


def train(study, folder, wanted):
    """Trains the models that are missing in the folder."""
    o = study.options
    for name, config in wanted.items():
        target = folder / f'{name}.safetensors'
        if target.exists():
            continue
        begin = o.start_from and name != 'classifier'
        if begin:
            config = fine_tuned(config, o.batch)
        if o.steps:
            config = shortened(config, o.steps)
        steps = sum(phase['steps'] for phase in config['training']['phases'])
        path = folder / f'{name}.json'
        path.write_text(json.dumps(config, indent=1) + '\n')
        study.warn(f'training {name}, {steps} steps: hours for the 20,000 of lite on two cores; '
                   'stopped, it goes on with the same command')
        command = [o.udeepsc, 'train', str(path), '--data', str(o.data),
                   '--out', str(folder / name)]
        if begin:
            command += ['--start-from', str(o.start_from)]
        if o.device:
            command += ['--device', o.device]
        if o.tokenizer:
            command += ['--tokenizer', o.tokenizer]
        if not sys.stderr.isatty():
            command += ['--quiet']
        if subprocess.run(command).returncode:
            study.warn(f'{name} was not trained, and is left out')
            continue
        # Renamed when it is whole: a file by this name is one that can be used.
        shutil.copyfile(folder / name / 'model.safetensors', f'{target}.part')
        os.replace(f'{target}.part', target)


def find_models(study):
    """{name: Model} of the folder of --models; trains first where --train was given. Throws
    BadInput for a folder that cannot be used."""
    o = study.options
    if not o.models:
        return {}
    folder = o.models
    try:
        if o.train:
            folder.mkdir(parents=True, exist_ok=True)
            train(study, folder, configurations(study.figure, read_configuration(o.config)))
        if not folder.is_dir():
            raise BadInput(f'--models: {folder}: there is no such folder')
    except OSError as error:
        raise BadInput(f'{error.filename or folder}: cannot be written: {error.strerror}') \
            from None
    found = {}
    for path in sorted(folder.glob('*.safetensors')):
        snr = re.fullmatch(r'snr-(-?\d+(?:\.\d+)?)', path.stem)
        if snr or path.stem.startswith(('t-', 'rate-')) or path.stem in OTHERS:
            found[path.stem] = read_model(o.udeepsc, path, snr[1] if snr else None)
    if not found:
        study.warn(f'--models: {folder}: no t-TASK, snr-DB, rate-SYMBOLS, {", ".join(OTHERS[:-1])} '
                   f'or {OTHERS[-1]}.safetensors there')
    return found
