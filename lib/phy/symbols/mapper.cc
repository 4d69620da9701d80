// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/mapper.h>

#include <stdexcept>
#include <string>

namespace udeepsc_phy {

namespace {

constexpr unsigned MAX_BITS_PER_INDEX = 16;

void require_bits_per_index(unsigned bits_per_index)
{
    if (bits_per_index < 1 || bits_per_index > MAX_BITS_PER_INDEX) {
        throw std::invalid_argument("bits_per_index: got "
                                    + std::to_string(bits_per_index)
                                    + ", expected 1 to 16");
    }
}

//! Checks all values at once, then looks for the culprit only when there is one.
template <typename T>
void require_below(const char* name, const T* values, std::size_t n, unsigned bits)
{
    unsigned seen = 0;
    for (std::size_t i = 0; i < n; i++) {
        seen |= values[i];
    }
    if ((seen >> bits) == 0) {
        return;
    }
    std::size_t i = 0;
    while ((static_cast<unsigned>(values[i]) >> bits) == 0) {
        i++;
    }
    throw std::invalid_argument(std::string(name) + "[" + std::to_string(i) + "]: got "
                                + std::to_string(values[i]) + ", expected 0 to "
                                + std::to_string((1u << bits) - 1));
}

/*!
 * Regroups n_in words of in_bits bits as words of out_bits bits, MSB first, and calls
 * emit(word) for each. A last incomplete word is padded with zeros and emitted as well.
 */
template <typename Emit>
void regroup(const std::uint16_t* in,
             std::size_t n_in,
             unsigned in_bits,
             unsigned out_bits,
             Emit emit)
{
    const std::uint32_t mask = (1u << out_bits) - 1;
    // At most 15 bits wait when 16 more come: 31 bits in use.
    std::uint32_t waiting = 0;
    unsigned n_waiting = 0;
    for (std::size_t i = 0; i < n_in; i++) {
        waiting = (waiting << in_bits) | in[i];
        n_waiting += in_bits;
        while (n_waiting >= out_bits) {
            n_waiting -= out_bits;
            emit((waiting >> n_waiting) & mask);
        }
    }
    if (n_waiting > 0) {
        emit((waiting << (out_bits - n_waiting)) & mask);
    }
}

template <unsigned Bits>
void map_whole_symbols(const std::uint8_t* bits,
                       std::size_t n_symbols,
                       const std::complex<float>* points,
                       std::complex<float>* out)
{
    for (std::size_t i = 0; i < n_symbols; i++) {
        unsigned label = 0;
        for (unsigned k = 0; k < Bits; k++) {
            label = (label << 1) | bits[i * Bits + k];
        }
        out[i] = points[label];
    }
}

} // namespace

Mapper::Mapper(Modulation modulation)
    : d_constellation(modulation)
{ }

std::size_t Mapper::symbols_for_bits(std::size_t n_bits) const
{
    const unsigned per_symbol = d_constellation.bits_per_symbol();
    return n_bits / per_symbol + (n_bits % per_symbol != 0);
}

std::size_t Mapper::symbols_for(std::size_t n_indices, unsigned bits_per_index) const
{
    require_bits_per_index(bits_per_index);
    if (n_indices > SIZE_MAX / MAX_BITS_PER_INDEX) {
        throw std::invalid_argument("n_indices: got " + std::to_string(n_indices)
                                    + ", expected at most "
                                    + std::to_string(SIZE_MAX / MAX_BITS_PER_INDEX));
    }
    return symbols_for_bits(n_indices * bits_per_index);
}

void Mapper::map_bits(const std::uint8_t* bits,
                      std::size_t n_bits,
                      std::complex<float>* out) const
{
    require_below("bits", bits, n_bits, 1);
    const auto* points = d_constellation.points().data();
    const unsigned per_symbol = d_constellation.bits_per_symbol();
    const std::size_t n_whole = n_bits / per_symbol;
    switch (per_symbol) {
    case 1:
        map_whole_symbols<1>(bits, n_whole, points, out);
        break;
    case 2:
        map_whole_symbols<2>(bits, n_whole, points, out);
        break;
    case 4:
        map_whole_symbols<4>(bits, n_whole, points, out);
        break;
    case 6:
        map_whole_symbols<6>(bits, n_whole, points, out);
        break;
    case 8:
        map_whole_symbols<8>(bits, n_whole, points, out);
        break;
    }
    const std::size_t n_left = n_bits - n_whole * per_symbol;
    if (n_left > 0) {
        unsigned label = 0;
        for (std::size_t k = 0; k < n_left; k++) {
            label = (label << 1) | bits[n_whole * per_symbol + k];
        }
        out[n_whole] = points[label << (per_symbol - n_left)];
    }
}

std::vector<std::complex<float>>
Mapper::map_bits(const std::vector<std::uint8_t>& bits) const
{
    std::vector<std::complex<float>> symbols(symbols_for_bits(bits.size()));
    map_bits(bits.data(), bits.size(), symbols.data());
    return symbols;
}

void Mapper::map_labels(const std::uint16_t* labels,
                        std::size_t n_labels,
                        std::complex<float>* out) const
{
    require_below("labels", labels, n_labels, d_constellation.bits_per_symbol());
    const auto* points = d_constellation.points().data();
    for (std::size_t i = 0; i < n_labels; i++) {
        out[i] = points[labels[i]];
    }
}

std::vector<std::complex<float>>
Mapper::map_labels(const std::vector<std::uint16_t>& labels) const
{
    std::vector<std::complex<float>> symbols(labels.size());
    map_labels(labels.data(), labels.size(), symbols.data());
    return symbols;
}

void Mapper::map_indices(const std::uint16_t* indices,
                         std::size_t n_indices,
                         unsigned bits_per_index,
                         std::complex<float>* out) const
{
    require_bits_per_index(bits_per_index);
    require_below("indices", indices, n_indices, bits_per_index);
    const auto* points = d_constellation.points().data();
    regroup(indices,
            n_indices,
            bits_per_index,
            d_constellation.bits_per_symbol(),
            [&](std::uint32_t label) { *out++ = points[label]; });
}

std::vector<std::complex<float>>
Mapper::map_indices(const std::vector<std::uint16_t>& indices,
                    unsigned bits_per_index) const
{
    std::vector<std::complex<float>> symbols(symbols_for(indices.size(), bits_per_index));
    map_indices(indices.data(), indices.size(), bits_per_index, symbols.data());
    return symbols;
}

void Mapper::indices_from_labels(const std::uint16_t* labels,
                                 std::size_t n_labels,
                                 std::size_t n_indices,
                                 unsigned bits_per_index,
                                 std::uint16_t* out) const
{
    const std::size_t expected = symbols_for(n_indices, bits_per_index);
    if (n_labels != expected) {
        throw std::invalid_argument("n_labels: got " + std::to_string(n_labels)
                                    + ", expected " + std::to_string(expected) + " for "
                                    + std::to_string(n_indices) + " indices of "
                                    + std::to_string(bits_per_index) + " bits");
    }
    const unsigned per_symbol = d_constellation.bits_per_symbol();
    require_below("labels", labels, n_labels, per_symbol);
    // The padding may be long enough to look like further indices.
    std::size_t n_written = 0;
    regroup(labels, n_labels, per_symbol, bits_per_index, [&](std::uint32_t index) {
        if (n_written < n_indices) {
            out[n_written++] = static_cast<std::uint16_t>(index);
        }
    });
}

std::vector<std::uint16_t>
Mapper::indices_from_labels(const std::vector<std::uint16_t>& labels,
                            std::size_t n_indices,
                            unsigned bits_per_index) const
{
    std::vector<std::uint16_t> indices(n_indices);
    indices_from_labels(
        labels.data(), labels.size(), n_indices, bits_per_index, indices.data());
    return indices;
}

} // namespace udeepsc_phy
