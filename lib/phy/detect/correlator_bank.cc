// SPDX-License-Identifier: GPL-3.0-or-later
#include "correlator_bank.h"

#include "math/constants.h"
#include "math/target_clones.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

constexpr std::size_t CHUNK = CorrelatorBank::CHUNK;

/*
 * Values that the compiler keeps in one register. One that is wider than the processor's
 * would be taken apart into single floats, so the kernels exist for both widths.
 */
struct Width4 {
    typedef float Vector __attribute__((vector_size(16), aligned(4), may_alias));
};
struct Width8 {
    typedef float Vector __attribute__((vector_size(32), aligned(4), may_alias));
};

//! Carrier offsets that the transform keeps in registers at once.
constexpr std::size_t OFFSETS = 3;

//! Below this the window holds nothing, and a ratio would be one of rounding errors.
constexpr float MIN_ENERGY = 1e-30f;

/*!
 * Partial sums of CHUNK positions, shape [segments, 2, CHUNK]: sum_j s_j z[n + G j] over
 * each segment.
 */
template <typename Width>
UDEEPSC_INLINE void partial_sums(const float* re,
                                 const float* im,
                                 const float* signs,
                                 std::size_t phases,
                                 std::size_t segment,
                                 std::size_t n_segments,
                                 float* parts)
{
    using Vector = typename Width::Vector;
    constexpr std::size_t LANES = sizeof(Vector) / sizeof(float);
    constexpr std::size_t VECTORS = CHUNK / LANES;
    for (std::size_t p = 0; p < n_segments; p++) {
        Vector sum_re[VECTORS] = {}, sum_im[VECTORS] = {};
        for (std::size_t j = 0; j < segment; j++) {
            const float s = *signs++;
            for (std::size_t v = 0; v < VECTORS; v++) {
                sum_re[v] += s * *reinterpret_cast<const Vector*>(re + LANES * v);
                sum_im[v] += s * *reinterpret_cast<const Vector*>(im + LANES * v);
            }
            re += phases;
            im += phases;
        }
        for (std::size_t v = 0; v < VECTORS; v++) {
            *reinterpret_cast<Vector*>(parts + LANES * v) = sum_re[v];
            *reinterpret_cast<Vector*>(parts + CHUNK + LANES * v) = sum_im[v];
        }
        parts += 2 * CHUNK;
    }
}

//! Segment p becomes the sum, P - 1 - p the difference (later less earlier) of the pair.
UDEEPSC_INLINE void fold_pairs(float* parts, std::size_t n_segments)
{
    for (std::size_t p = 0; p < n_segments / 2; p++) {
        float* earlier = parts + 2 * CHUNK * p;
        float* later = parts + 2 * CHUNK * (n_segments - 1 - p);
        for (std::size_t i = 0; i < 2 * CHUNK; i++) {
            const float a = earlier[i], b = later[i];
            earlier[i] = b + a;
            later[i] = b - a;
        }
    }
}

/*!
 * Largest |Y|^2 of CHUNK positions over all offsets. With A = sum cos(theta) (sum of a
 * pair) and B = sum sin(theta) (difference of a pair), Y(+-f) = A -+ j B.
 */
template <typename Width>
UDEEPSC_INLINE void largest_powers(const float* parts,
                                   const float* rotation,
                                   std::size_t n_pairs,
                                   std::size_t n_blocks,
                                   float* largest)
{
    using Vector = typename Width::Vector;
    constexpr std::size_t LANES = sizeof(Vector) / sizeof(float);
    for (std::size_t first = 0; first < CHUNK; first += LANES) {
        Vector best = {};
        const float* factors = rotation;
        for (std::size_t block = 0; block < n_blocks; block++) {
            Vector a_re[OFFSETS] = {}, a_im[OFFSETS] = {};
            Vector b_re[OFFSETS] = {}, b_im[OFFSETS] = {};
            const float* sums = parts + first;
            const float* differences = sums + 2 * CHUNK * (2 * n_pairs - 1);
            for (std::size_t p = 0; p < n_pairs; p++) {
                const Vector sum_re = *reinterpret_cast<const Vector*>(sums);
                const Vector sum_im = *reinterpret_cast<const Vector*>(sums + CHUNK);
                const Vector dif_re = *reinterpret_cast<const Vector*>(differences);
                const Vector dif_im
                    = *reinterpret_cast<const Vector*>(differences + CHUNK);
                for (std::size_t k = 0; k < OFFSETS; k++) {
                    a_re[k] += factors[k] * sum_re;
                    a_im[k] += factors[k] * sum_im;
                    b_re[k] += factors[OFFSETS + k] * dif_re;
                    b_im[k] += factors[OFFSETS + k] * dif_im;
                }
                factors += 2 * OFFSETS;
                sums += 2 * CHUNK;
                differences -= 2 * CHUNK;
            }
            for (std::size_t k = 0; k < OFFSETS; k++) {
                const Vector r0 = a_re[k] + b_im[k], i0 = a_im[k] - b_re[k];
                const Vector r1 = a_re[k] - b_im[k], i1 = a_im[k] + b_re[k];
                const Vector p0 = r0 * r0 + i0 * i0, p1 = r1 * r1 + i1 * i1;
                best = p0 > best ? p0 : best;
                best = p1 > best ? p1 : best;
            }
        }
        *reinterpret_cast<Vector*>(largest + first) = best;
    }
}

template <typename Width>
UDEEPSC_INLINE void look(const CorrelatorBank::Plan& plan,
                         const float* re,
                         const float* im,
                         std::size_t n,
                         float* parts,
                         float* largest)
{
    for (std::size_t first = 0; first < n; first += CHUNK) {
        partial_sums<Width>(re + first,
                            im + first,
                            plan.signs.data(),
                            plan.phases,
                            plan.segment,
                            2 * plan.pairs,
                            parts);
        fold_pairs(parts, 2 * plan.pairs);
        largest_powers<Width>(parts,
                              plan.rotation.data(),
                              plan.pairs,
                              plan.offsets / OFFSETS,
                              largest + first);
    }
}

using Look = void (*)(
    const CorrelatorBank::Plan&, const float*, const float*, std::size_t, float*, float*);

void look_narrow(const CorrelatorBank::Plan& plan,
                 const float* re,
                 const float* im,
                 std::size_t n,
                 float* parts,
                 float* largest)
{
    look<Width4>(plan, re, im, n, parts, largest);
}

#if defined(__GNUC__) && defined(__x86_64__)
__attribute__((target("avx2,fma"))) void look_wide(const CorrelatorBank::Plan& plan,
                                                   const float* re,
                                                   const float* im,
                                                   std::size_t n,
                                                   float* parts,
                                                   float* largest)
{
    look<Width8>(plan, re, im, n, parts, largest);
}

Look choose_look()
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? look_wide
                                                                           : look_narrow;
}
#else
Look choose_look()
{
    return look_narrow;
}
#endif

UDEEPSC_CLONES
void divide(const float* energy, std::size_t n, float symbols, float* ratio)
{
    for (std::size_t i = 0; i < n; i++) {
        const float all = symbols * energy[i];
        ratio[i] = energy[i] > MIN_ENERGY ? ratio[i] / all : 0.0f;
    }
}

UDEEPSC_CLONES
void add_shifted(const float* x, std::size_t shift, std::size_t n, float* sum)
{
    for (std::size_t i = 0; i < n; i++) {
        sum[i] += x[i + shift];
    }
}

UDEEPSC_CLONES
void square(const float* re, const float* im, std::size_t n, float* out)
{
    for (std::size_t i = 0; i < n; i++) {
        out[i] = re[i] * re[i] + im[i] * im[i];
    }
}

} // namespace

unsigned CorrelatorBank::segment_symbols(double max_cfo)
{
    // sinc(0.16)^2 = -0.37 dB.
    return static_cast<unsigned>(std::clamp(0.16 / std::max(max_cfo, 1e-3), 1.0, 8.0)
                                 + 1e-9);
}

CorrelatorBank::CorrelatorBank(const std::vector<float>& signs,
                               unsigned phases,
                               double max_cfo)
    : d_symbols(signs.size())
{
    d_plan.phases = phases;
    d_plan.segment = segment_symbols(max_cfo);
    d_plan.pairs = (d_symbols + 2 * d_plan.segment - 1) / (2 * d_plan.segment);
    d_plan.signs = signs;
    d_plan.signs.resize(2 * d_plan.pairs * d_plan.segment, 0.0f);
    d_parts.resize(2 * d_plan.pairs * 2 * CHUNK);

    // The offset 0 and the positive ones to just beyond max_cfo.
    const double spacing = 0.5 / d_symbols;
    const auto highest = static_cast<std::size_t>(std::ceil(max_cfo / spacing - 1e-9));
    d_plan.offsets = (highest + OFFSETS) / OFFSETS * OFFSETS;
    for (std::size_t first = 0; first < d_plan.offsets; first += OFFSETS) {
        for (std::size_t p = 0; p < d_plan.pairs; p++) {
            const double distance = d_plan.segment * (d_plan.pairs - 0.5 - p);
            std::vector<float> sines;
            for (std::size_t k = 0; k < OFFSETS; k++) {
                const double f = spacing * std::min(first + k, highest);
                d_plan.rotation.push_back(
                    static_cast<float>(std::cos(2.0 * PI * f * distance)));
                sines.push_back(static_cast<float>(std::sin(2.0 * PI * f * distance)));
            }
            d_plan.rotation.insert(d_plan.rotation.end(), sines.begin(), sines.end());
        }
    }
}

/*
 * Sums over 2^i symbols from sums over 2^(i-1), put together by the bits of L. A running
 * sum would be shorter, but what it takes away again leaves rounding errors of the
 * strongest sample ever seen.
 */
void CorrelatorBank::window_energy(const float* re, const float* im, std::size_t n)
{
    std::size_t length = n + reach();
    d_level.resize(length);
    d_energy.assign(n, 0.0f);
    square(re, im, length, d_level.data());
    std::size_t done = 0;
    for (std::size_t bit = 1; bit <= d_symbols; bit *= 2) {
        if (d_symbols & bit) {
            add_shifted(d_level.data(), done * d_plan.phases, n, d_energy.data());
            done += bit;
        }
        // In place: each sum reads only values that are not yet overwritten.
        const std::size_t shift = bit * d_plan.phases;
        if (2 * bit <= d_symbols) {
            length -= shift;
            add_shifted(d_level.data(), shift, length, d_level.data());
        }
    }
}

void CorrelatorBank::ratios(const float* re, const float* im, std::size_t n, float* ratio)
{
    window_energy(re, im, n);
    // Signs of 0 fill the last segment, but what they multiply has to be there.
    const std::size_t length = n + reach();
    d_re.assign(re, re + length);
    d_im.assign(im, im + length);
    d_re.resize(n + d_plan.signs.size() * d_plan.phases, 0.0f);
    d_im.resize(n + d_plan.signs.size() * d_plan.phases, 0.0f);
    static const Look s_look = choose_look();
    s_look(d_plan, d_re.data(), d_im.data(), n, d_parts.data(), ratio);
    divide(d_energy.data(), n, static_cast<float>(d_symbols), ratio);
}

} // namespace detail
} // namespace udeepsc_phy
