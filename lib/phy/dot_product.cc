// SPDX-License-Identifier: GPL-3.0-or-later
#include "dot_product.h"

#include "target_clones.h"

namespace udeepsc_phy {
namespace detail {

namespace {

//! Independent sums, so that the compiler may use whole vectors.
constexpr std::size_t SUMS = 16;

struct Pair {
    float even, odd;
};

UDEEPSC_INLINE Pair fold(const float* sums)
{
    Pair pair { 0.0f, 0.0f };
    for (std::size_t j = 0; j < SUMS; j += 2) {
        pair.even += sums[j];
        pair.odd += sums[j + 1];
    }
    return pair;
}

//! n is a multiple of SUMS.
UDEEPSC_CLONES
Pair real_taps(const float* x, const float* t, std::size_t n)
{
    float sums[SUMS] = {};
    for (std::size_t i = 0; i < n; i += SUMS) {
        for (std::size_t j = 0; j < SUMS; j++) {
            sums[j] += x[i + j] * t[i + j];
        }
    }
    return fold(sums);
}

UDEEPSC_CLONES
Pair complex_taps(const float* x, const float* re, const float* im, std::size_t n)
{
    float with_re[SUMS] = {}, with_im[SUMS] = {};
    for (std::size_t i = 0; i < n; i += SUMS) {
        for (std::size_t j = 0; j < SUMS; j++) {
            with_re[j] += x[i + j] * re[i + j];
            with_im[j] += x[i + j] * im[i + j];
        }
    }
    const Pair a = fold(with_re), b = fold(with_im);
    return { a.even - b.odd, a.odd + b.even };
}

UDEEPSC_CLONES
float plain(const float* x, const float* y, std::size_t n)
{
    float sums[SUMS] = {};
    std::size_t i = 0;
    for (; i + SUMS <= n; i += SUMS) {
        for (std::size_t j = 0; j < SUMS; j++) {
            sums[j] += x[i + j] * y[i + j];
        }
    }
    const Pair pair = fold(sums);
    float sum = pair.even + pair.odd;
    for (; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

} // namespace

void DotProduct::set(const std::vector<float>& taps)
{
    d_re.assign(2 * padded(taps.size()), 0.0f);
    d_im.clear();
    for (std::size_t i = 0; i < taps.size(); i++) {
        d_re[2 * i] = d_re[2 * i + 1] = taps[i];
    }
}

void DotProduct::set(const std::vector<std::complex<float>>& taps)
{
    d_re.assign(2 * padded(taps.size()), 0.0f);
    d_im.assign(d_re.size(), 0.0f);
    for (std::size_t i = 0; i < taps.size(); i++) {
        d_re[2 * i] = d_re[2 * i + 1] = taps[i].real();
        d_im[2 * i] = d_im[2 * i + 1] = taps[i].imag();
    }
}

std::complex<float> DotProduct::operator()(const std::complex<float>* x) const
{
    // The layout std::complex guarantees: real and imaginary part in turn.
    const auto* floats = reinterpret_cast<const float*>(x);
    const Pair sum = d_im.empty()
        ? real_taps(floats, d_re.data(), d_re.size())
        : complex_taps(floats, d_re.data(), d_im.data(), d_re.size());
    return { sum.even, sum.odd };
}

float dot_product(const float* x, const float* y, std::size_t n)
{
    return plain(x, y, n);
}

} // namespace detail
} // namespace udeepsc_phy
