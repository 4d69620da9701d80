// SPDX-License-Identifier: GPL-3.0-or-later
#include "matched_filter.h"

#include "frame/root_raised_cosine.h"
#include "math/target_clones.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Sums of the squares of a thousand such samples stay floats.
constexpr float LARGEST_SAMPLE = 1e15f;

//! sum[i] += tap * x[i]
UDEEPSC_CLONES
void add_product(const float* x, float tap, std::size_t n, float* sum)
{
    for (std::size_t i = 0; i < n; i++) {
        sum[i] += tap * x[i];
    }
}

//! Every \p stride-th sample's parts, 0 for those that cannot be used.
UDEEPSC_CLONES
void take_apart(
    const float* samples, std::size_t stride, std::size_t n, float* re, float* im)
{
    for (std::size_t i = 0; i < n; i++) {
        const float a = samples[2 * stride * i], b = samples[2 * stride * i + 1];
        // False for NaN too.
        const bool good = std::fabs(a) < LARGEST_SAMPLE && std::fabs(b) < LARGEST_SAMPLE;
        re[i] = good ? a : 0.0f;
        im[i] = good ? b : 0.0f;
    }
}

} // namespace

MatchedFilter::MatchedFilter(const FrameProfile& profile, unsigned phases)
    : d_stride(profile.samples_per_symbol / phases)
    , d_taps(root_raised_cosine(
          profile.samples_per_symbol, profile.rolloff, profile.filter_span))
{
    d_half = d_taps.size() / 2;
}

void MatchedFilter::apply(const std::complex<float>* samples,
                          std::size_t n,
                          float* re,
                          float* im)
{
    const std::size_t n_taps = d_taps.size();
    const std::size_t length = n + (n_taps - 1) / d_stride + 1;
    d_re.resize(length);
    d_im.resize(length);
    std::fill(re, re + n, 0.0f);
    std::fill(im, im + n, 0.0f);
    const auto* interleaved = reinterpret_cast<const float*>(samples);
    for (std::size_t phase = 0; phase < d_stride; phase++) {
        // Taps phase, phase + stride, ... meet samples of the same phase only.
        const std::size_t phase_taps = (n_taps - phase + d_stride - 1) / d_stride;
        take_apart(interleaved + 2 * phase,
                   d_stride,
                   n + phase_taps - 1,
                   d_re.data(),
                   d_im.data());
        for (std::size_t k = 0; k < phase_taps; k++) {
            const float tap = d_taps[phase + k * d_stride];
            add_product(d_re.data() + k, tap, n, re);
            add_product(d_im.data() + k, tap, n, im);
        }
    }
}

} // namespace detail
} // namespace udeepsc_phy
