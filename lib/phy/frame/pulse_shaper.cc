// SPDX-License-Identifier: GPL-3.0-or-later
#include "pulse_shaper.h"

#include "math/target_clones.h"

#include <algorithm>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Floats of a block: its sums stay in registers while the taps go by.
constexpr std::size_t BLOCK = 32;

//! out[i] = sum_t taps[t] x[i + 2 t], i < BLOCK: interleaved I/Q, real taps.
UDEEPSC_CLONES
void filter_block(const float* x, const float* taps, std::size_t n_taps, float* out)
{
    float sums[BLOCK] = {};
    for (std::size_t t = 0; t < n_taps; t++) {
        const float tap = taps[t];
        for (std::size_t i = 0; i < BLOCK; i++) {
            sums[i] += tap * x[2 * t + i];
        }
    }
    std::copy_n(sums, BLOCK, out);
}

} // namespace

PulseShaper::PulseShaper(const std::vector<float>& taps, unsigned samples_per_symbol)
    : d_taps(taps.size())
    , d_phases(samples_per_symbol)
    , d_phase_taps((taps.size() + samples_per_symbol - 1) / samples_per_symbol)
    , d_polyphase(d_phases * d_phase_taps)
{
    for (std::size_t i = 0; i < taps.size(); i++) {
        const std::size_t phase = i % d_phases, tap = i / d_phases;
        d_polyphase[phase * d_phase_taps + d_phase_taps - 1 - tap] = taps[i];
    }
}

std::vector<std::complex<float>>
PulseShaper::shape(const std::vector<std::complex<float>>& symbols) const
{
    if (symbols.empty()) {
        return {};
    }
    constexpr std::size_t block = BLOCK / 2;
    // Silence before the first and after the last symbol, up to a whole block.
    const std::size_t before = d_phase_taps - 1;
    const std::size_t steps = symbols.size() + before;
    const std::size_t blocks = (steps + block - 1) / block;
    std::vector<std::complex<float>> padded(blocks * block + before);
    std::copy(symbols.begin(), symbols.end(), padded.begin() + before);

    std::vector<std::complex<float>> samples((symbols.size() - 1) * d_phases + d_taps);
    const auto* x = reinterpret_cast<const float*>(padded.data());
    std::complex<float> out[block];
    for (std::size_t b = 0; b < blocks; b++) {
        for (unsigned phase = 0; phase < d_phases; phase++) {
            filter_block(x + b * BLOCK,
                         d_polyphase.data() + phase * d_phase_taps,
                         d_phase_taps,
                         reinterpret_cast<float*>(out));
            std::size_t n = b * block * d_phases + phase;
            for (std::size_t i = 0; i < block && n < samples.size(); i++, n += d_phases) {
                samples[n] = out[i];
            }
        }
    }
    return samples;
}

} // namespace detail
} // namespace udeepsc_phy
