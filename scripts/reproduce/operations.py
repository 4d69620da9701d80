# SPDX-License-Identifier: GPL-3.0-or-later
"""Multiplications and additions of a picture in layers, counted from the configuration: those of
linear maps, convolutions and attention, which are nearly all there are."""

ENTRY = 24  # channels of the label stem's first convolution
HALF, FULL = 64, 24  # channels of the picture head at half and at full resolution


def convolution(channels_in, channels_out, side, kernel=3):
    """side: of the picture that comes out."""
    return channels_in * channels_out * kernel**2 * side**2


def block(dim, ffn, rows):
    """Attention over the rows themselves and a feed-forward part."""
    return attention(dim, rows) + 2 * dim * ffn * rows


def attention(dim, rows):
    """Query, key, value and output maps; scores and weighted sum. As many rows either side."""
    return 4 * dim**2 * rows + 2 * dim * rows**2


def picture_stem(encoder):
    side, dim, patch = encoder['image_size'], encoder['dim'], encoder['patch']
    first, second = encoder['stem']
    count = convolution(3, first, side) + convolution(first, second, side // 2)
    count += 2 * convolution(second, second, side // 2)
    count += convolution(second, dim, side // 4) + 2 * convolution(dim, dim, side // 4)
    return count + (dim + 3 * patch**2) * dim * (side // patch)**2


def label_stem(encoder):
    side, before = encoder['image_size'], ENTRY
    count = convolution(3, ENTRY, side)
    for channels in encoder['label_stem']:
        count += convolution(before, channels, side) + convolution(channels, channels, side // 2)
        before, side = channels, side // 2
    return count + before * encoder['dim'] * side**2


def each_of(layers, patches):
    """Codebook vectors of a patch in each layer but the first."""
    return [-(-size // patches) for size in layers[1:]]


def transmitter(model, layers):
    """Of one picture, all layers."""
    (encoder,) = model['encoders'].values()
    size, dim = model['codebook']['subvector_dim'], encoder['dim']
    patches = (encoder['image_size'] // encoder['patch'])**2
    depth = encoder['semantic_layers'] + encoder['selection_modules']
    count = picture_stem(encoder) + label_stem(encoder)
    count += depth * block(dim, encoder['ffn'], patches + 1)
    count += dim * size * (layers[0] + patches * sum(each_of(layers, patches)))
    return count + size * model['codebook']['entries'] * sum(layers)  # nearest codewords


def picture_head(dim, grid, patch, kind):
    linear = dim * 3 * patch**2 * grid**2
    if kind == 'linear':
        return linear
    count = convolution(dim, dim, grid) + convolution(dim, 4 * HALF, grid)
    count += 2 * convolution(HALF, HALF, 2 * grid) + convolution(HALF, 4 * FULL, 2 * grid)
    count += convolution(FULL, FULL, 4 * grid) + convolution(FULL, 3, 4 * grid)
    return count + linear


def receiver(model, layers, count_of_layers, classes):
    """Of one picture from the first so many layers."""
    (encoder,) = model['encoders'].values()
    decoder, size = model['decoder'], model['codebook']['subvector_dim']
    grid, dim = encoder['image_size'] // encoder['patch'], decoder['dim']
    rows = grid**2 + 1
    received = layers[:count_of_layers]
    count = 2 * size * model['codebook']['entries'] * sum(received)  # posterior and its mean
    count += dim * size * (2 * layers[0] + grid**2 * sum(each_of(received, grid**2)))
    count += 2 * dim * decoder['ffn'] * rows  # refined
    count += decoder['layers'] * (block(dim, decoder['ffn'], rows) + attention(dim, rows))
    head = picture_head(dim, grid, encoder['patch'], decoder['picture_head'])
    return count + head + dim * classes


def counted(model, task):
    """[(what, layers, multiplications)] of a task in layers."""
    (taken,) = task['inputs'].values()
    classes = task['classes'] if isinstance(task['classes'], int) else len(task['classes'])
    layers = taken['layers']
    found = [('transmitter', len(layers), transmitter(model, layers))]
    return found + [('receiver', n, receiver(model, layers, n, classes))
                    for n in range(1, len(layers) + 1)]
