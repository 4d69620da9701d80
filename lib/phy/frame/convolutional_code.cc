// SPDX-License-Identifier: GPL-3.0-or-later
#include "convolutional_code.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <new>

extern "C" {
#include <fec.h>
}

namespace udeepsc_phy {
namespace detail {

namespace {

using Bits = std::vector<std::uint8_t>; // one bit each

/*
 * Eight bits for the decoder, at a root mean square of 12 steps. libfec starts with state
 * 0 only 63 steps ahead of the others: at full scale that hardly shows the decoder where
 * the trellis begins, and costs 0.3 dB. At this one it does, and the steps still cost
 * nothing (measured against a decoder in floating point).
 */
constexpr double SOFT_BIT_RMS = 12.0;

std::vector<unsigned char> to_soft_bits(const std::vector<double>& llrs)
{
    double energy = 0.0;
    for (double llr : llrs) {
        energy += llr * llr;
    }
    const double rms = std::sqrt(energy / double(llrs.size()));
    const double scale = rms > 0.0 ? SOFT_BIT_RMS / rms : 0.0;
    std::vector<unsigned char> soft(llrs.size());
    for (std::size_t i = 0; i < llrs.size(); i++) {
        const double level = std::round(127.5 - scale * llrs[i]);
        soft[i] = static_cast<unsigned char>(std::min(std::max(level, 0.0), 255.0));
    }
    return soft;
}

unsigned parity(unsigned x)
{
    unsigned p = 0;
    for (; x != 0; x &= x - 1) {
        p ^= 1;
    }
    return p;
}

} // namespace

struct ConvolutionalCode::Impl {
    Impl(ConstraintLength k, std::size_t n)
        : constraint_length(static_cast<unsigned>(k))
        , bits(n)
    {
        // The first creation writes libfec's global tables.
        static std::mutex s_mutex;
        std::lock_guard<std::mutex> lock(s_mutex);
        const int steps = static_cast<int>(coded_bits() / 2);
        decoder = seven() ? create_viterbi27(steps) : create_viterbi29(steps);
        if (!decoder) {
            throw std::bad_alloc();
        }
    }

    ~Impl() { seven() ? delete_viterbi27(decoder) : delete_viterbi29(decoder); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    bool seven() const { return constraint_length == 7; }
    std::size_t tail() const { return constraint_length - 1; }
    std::size_t coded_bits() const { return 2 * (bits + tail()); }

    const unsigned constraint_length;
    const std::size_t bits;
    void* decoder = nullptr;
};

ConvolutionalCode::ConvolutionalCode(ConstraintLength constraint_length, std::size_t bits)
    : d_impl(std::make_unique<Impl>(constraint_length, bits))
{ }

ConvolutionalCode::~ConvolutionalCode() = default;
ConvolutionalCode::ConvolutionalCode(ConvolutionalCode&&) noexcept = default;
ConvolutionalCode& ConvolutionalCode::operator=(ConvolutionalCode&&) noexcept = default;

std::size_t ConvolutionalCode::coded_bits() const
{
    return d_impl->coded_bits();
}

Bits ConvolutionalCode::encode(const Bits& bits) const
{
    const unsigned a = d_impl->seven() ? V27POLYA : V29POLYA;
    const unsigned b = d_impl->seven() ? V27POLYB : V29POLYB;
    const unsigned mask = (1u << d_impl->constraint_length) - 1;
    Bits coded;
    coded.reserve(coded_bits());
    unsigned state = 0;
    for (std::size_t i = 0; i < bits.size() + d_impl->tail(); i++) {
        state = (state << 1 | (i < bits.size() ? bits[i] : 0)) & mask;
        coded.push_back(parity(state & a));
        coded.push_back(parity(state & b));
    }
    return coded;
}

Bits ConvolutionalCode::decode(const std::vector<double>& llrs)
{
    auto soft = to_soft_bits(llrs);
    const int steps = static_cast<int>(soft.size() / 2);
    const auto n = static_cast<unsigned>(d_impl->bits);
    std::vector<unsigned char> bytes((n + 7) / 8);
    if (d_impl->seven()) {
        init_viterbi27(d_impl->decoder, 0);
        update_viterbi27_blk(d_impl->decoder, soft.data(), steps);
        chainback_viterbi27(d_impl->decoder, bytes.data(), n, 0);
    } else {
        init_viterbi29(d_impl->decoder, 0);
        update_viterbi29_blk(d_impl->decoder, soft.data(), steps);
        chainback_viterbi29(d_impl->decoder, bytes.data(), n, 0);
    }
    Bits bits(n);
    for (std::size_t i = 0; i < n; i++) {
        bits[i] = (bytes[i / 8] >> (7 - i % 8)) & 1;
    }
    return bits;
}

} // namespace detail
} // namespace udeepsc_phy
