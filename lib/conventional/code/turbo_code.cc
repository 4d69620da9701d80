// SPDX-License-Identifier: GPL-3.0-or-later
#include "turbo_code.h"

#include "constituent_code.h"
#include "crc16.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace udeepsc_conventional {

namespace {

// Columns of the sub-block interleaver, table 5.1.4-1.
constexpr int COLUMNS = 32;
constexpr int COLUMN_ORDER[COLUMNS]
    = { 0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22, 14, 30,
        1, 17, 9, 25, 5, 21, 13, 29, 3, 19, 11, 27, 7, 23, 15, 31 };
constexpr std::size_t TAIL = 4; // of each of the three streams

} // namespace

TurboCode::TurboCode(std::size_t information_bits, std::size_t coded_bits, int iterations)
    : d_information_bits(information_bits)
    , d_coded_bits(coded_bits)
    , d_iterations(iterations)
{
    const auto* qpp = qpp_interleaver(information_bits + CRC_BITS);
    if (!qpp)
        throw std::invalid_argument("turbo: " + std::to_string(information_bits)
                                    + " information bits are too many for one block");
    d_size = qpp->size;
    d_fillers = d_size - information_bits - CRC_BITS;
    for (std::uint64_t i = 0; i < d_size; ++i)
        d_permutation.push_back((qpp->f1 * i + qpp->f2 * i * i) % d_size);
    build_order();
}

// The circular buffer: the systematic stream, then both parity streams alternating, each
// through the sub-block interleaver. It is read from its third column on (redundancy
// version 0); what fills the interleaver up and filler bits are left out.
void TurboCode::build_order()
{
    const std::size_t length = d_size + TAIL;
    const std::size_t rows = (length + COLUMNS - 1) / COLUMNS, cells = rows * COLUMNS;
    const std::size_t dummies = cells - length;
    const std::size_t none = 3 * length;
    const auto entry = [&](std::size_t stream, std::size_t cell) {
        const bool filler = stream < 2 && cell >= dummies && cell - dummies < d_fillers;
        return cell < dummies || filler ? none : stream * length + cell - dummies;
    };
    std::vector<std::size_t> buffer(3 * cells);
    for (std::size_t k = 0; k < cells; ++k) {
        const std::size_t cell
            = static_cast<std::size_t>(COLUMN_ORDER[k / rows]) + COLUMNS * (k % rows);
        buffer[k] = entry(0, cell);
        buffer[cells + 2 * k] = entry(1, cell);
        buffer[cells + 2 * k + 1] = entry(2, (cell + 1) % cells);
    }
    for (std::size_t k = 0; k < buffer.size(); ++k) {
        const auto position = buffer[(2 * rows + k) % buffer.size()];
        if (position != none)
            d_order.push_back(position);
    }
}

Bits TurboCode::encode(const std::uint8_t* information) const
{
    Bits block(d_size, 0);
    std::copy_n(
        information, d_information_bits, block.begin() + static_cast<long>(d_fillers));
    const unsigned crc = crc16(information, d_information_bits);
    for (std::size_t i = 0; i < CRC_BITS; ++i)
        block[d_size - CRC_BITS + i] = (crc >> (CRC_BITS - 1 - i)) & 1u;
    Bits permuted(d_size);
    for (std::size_t i = 0; i < d_size; ++i)
        permuted[i] = block[d_permutation[i]];
    const auto first = encode_constituent(block), second = encode_constituent(permuted);

    const std::size_t length = d_size + TAIL;
    Bits streams(3 * length);
    std::copy(block.begin(), block.end(), streams.begin());
    std::copy_n(
        first.parity.begin(), d_size, streams.begin() + static_cast<long>(length));
    std::copy_n(
        second.parity.begin(), d_size, streams.begin() + static_cast<long>(2 * length));
    for (std::size_t t = 0; t < 3; ++t) {
        place_tail(streams, length, d_size, t, false, true) = first.tail[t];
        place_tail(streams, length, d_size, t, false, false) = first.parity[d_size + t];
        place_tail(streams, length, d_size, t, true, true) = second.tail[t];
        place_tail(streams, length, d_size, t, true, false) = second.parity[d_size + t];
    }
    Bits coded(d_coded_bits);
    for (std::size_t i = 0; i < d_coded_bits; ++i)
        coded[i] = streams[d_order[i % d_order.size()]];
    return coded;
}

BlockCode::Decoded TurboCode::decode(const float* llrs) const
{
    const std::size_t length = d_size + TAIL;
    std::vector<float> streams(3 * length, 0.0f);
    for (std::size_t i = 0; i < d_fillers; ++i) // fillers and their parity are zeros
        streams[i] = streams[length + i] = LLR_LIMIT;
    for (std::size_t i = 0; i < d_coded_bits; ++i) {
        auto& llr = streams[d_order[i % d_order.size()]];
        llr = std::clamp(
            llr + std::clamp(llrs[i], -LLR_LIMIT, LLR_LIMIT), -LLR_LIMIT, LLR_LIMIT);
    }
    ConstituentDecoder first(d_size), second(d_size);
    for (std::size_t i = 0; i < d_size; ++i) {
        first.parity()[i] = streams[length + i];
        second.parity()[i] = streams[2 * length + i];
    }
    for (std::size_t t = 0; t < 3; ++t) {
        first.systematic()[d_size + t]
            = place_tail(streams, length, d_size, t, false, true);
        first.parity()[d_size + t] = place_tail(streams, length, d_size, t, false, false);
        second.systematic()[d_size + t]
            = place_tail(streams, length, d_size, t, true, true);
        second.parity()[d_size + t] = place_tail(streams, length, d_size, t, true, false);
    }
    std::vector<float> known(d_size, 0.0f), extrinsic(d_size); // what the second said
    Decoded decoded { Bits(d_information_bits), false };
    for (int iteration = 0; iteration < d_iterations && !decoded.sound; ++iteration) {
        for (std::size_t i = 0; i < d_size; ++i)
            first.systematic()[i] = streams[i] + known[i];
        first.extrinsic(extrinsic.data());
        for (std::size_t i = 0; i < d_size; ++i) {
            const auto from = d_permutation[i];
            second.systematic()[i] = streams[from] + extrinsic[from];
        }
        std::vector<float> back(d_size);
        second.extrinsic(back.data());
        for (std::size_t i = 0; i < d_size; ++i)
            known[d_permutation[i]] = back[i];

        Bits block(d_size);
        for (std::size_t i = 0; i < d_size; ++i)
            block[i] = streams[i] + extrinsic[i] + known[i] < 0.0f;
        const auto* information = block.data() + d_fillers;
        unsigned crc = 0;
        for (std::size_t i = 0; i < CRC_BITS; ++i)
            crc = crc << 1 | information[d_information_bits + i];
        std::copy_n(information, d_information_bits, decoded.bits.begin());
        // All zeros have a right CRC: nothing received must not count as a block.
        const bool empty = std::all_of(streams.begin(), streams.end(), [](float llr) {
            return llr == 0.0f || llr == LLR_LIMIT;
        });
        decoded.sound = !empty && crc16(information, d_information_bits) == crc;
    }
    return decoded;
}

} // namespace udeepsc_conventional
