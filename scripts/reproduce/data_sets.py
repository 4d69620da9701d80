# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a data set that is missing is to be had."""

WHERE = {
    'cifar10': ('CIFAR-10, binary version', 'https://www.cs.toronto.edu/~kriz/cifar.html'),
    'sst2': ('SST-2 as in GLUE', 'https://gluebenchmark.com/tasks'),
    'easyvqa': ('easy-VQA', 'https://github.com/vzhou842/easy-VQA'),
    'daquar': ('DAQUAR, with the pictures of NYU Depth V2,',
               'https://www.mpi-inf.mpg.de/departments/computer-vision-and-machine-learning/'
               'research/vision-and-language/visual-turing-challenge and '
               'https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html'),
    'vqa2': ('VQA v2', 'https://visualqa.org/download.html'),
    'mosi': ('CMU-MOSI', 'http://multicomp.cs.cmu.edu/resources/cmu-mosi-dataset/'),
    'fsdd': ('the Free Spoken Digit Dataset',
             'https://github.com/Jakobovski/free-spoken-digit-dataset'),
}


def where_to_get(name):
    """A sentence for a data set by its name in a configuration; empty for one of the user's."""
    if name not in WHERE:
        return ''
    title, address = WHERE[name]
    return f'{title} is to be had at {address}; docs/training.md says how its files are laid out.'
