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
 * would be taken apart into single floats, so the kernels exist for each width.
 */
struct Width4 {
    typedef float Vector __attribute__((vector_size(16), aligned(4), may_alias));
};
struct Width8 {
    typedef float Vector __attribute__((vector_size(32), aligned(4), may_alias));
};
struct Width16 {
    typedef float Vector __attribute__((vector_size(64), aligned(4), may_alias));
};

//! Carrier offsets that the transform keeps in registers at once.
constexpr std::size_t OFFSETS = 3;

//! Below this the window holds nothing, and a ratio would be one of rounding errors.
constexpr float MIN_ENERGY = 1e-30f;

/*!
 * x[n] +- x[n + G] +- x[n + 2 G] +- x[n + 3 G] in its eight ways, shape [8, \p length],
 * for n < \p length: whatever four signs of a preamble are, the sum of their symbols is
 * one of these or its negative. four_pattern() says which.
 */
UDEEPSC_CLONES
void sum_fours(const float* x, std::size_t phases, std::size_t length, float* fours)
{
    const float* x1 = x + phases;
    const float* x2 = x + 2 * phases;
    const float* x3 = x + 3 * phases;
    for (std::size_t i = 0; i < length; i++) {
        const float sum0 = x[i] + x1[i], difference0 = x[i] - x1[i];
        const float sum1 = x2[i] + x3[i], difference1 = x2[i] - x3[i];
        fours[i] = sum0 + sum1;
        fours[i + length] = sum0 - sum1;
        fours[i + 2 * length] = sum0 + difference1;
        fours[i + 3 * length] = sum0 - difference1;
        fours[i + 4 * length] = difference0 + sum1;
        fours[i + 5 * length] = difference0 - sum1;
        fours[i + 6 * length] = difference0 + difference1;
        fours[i + 7 * length] = difference0 - difference1;
    }
}

//! Of four signs, the first of which is factored out.
std::size_t four_pattern(const float* signs)
{
    const bool difference0 = signs[0] * signs[1] < 0;
    const bool difference1 = signs[2] * signs[3] < 0;
    const bool minus = signs[0] * signs[2] < 0;
    return 4 * difference0 + 2 * difference1 + minus;
}

//! What the kernels read beside the plan.
struct Fours {
    const float* re;
    const float* im;
    std::size_t length;
};

//! sum_j s_j z[n + G j] over segment p of the positions \p at of one vector.
template <typename Width>
UDEEPSC_INLINE void partial_sum(const CorrelatorBank::Plan& plan,
                                const Fours& fours,
                                std::size_t at,
                                std::size_t p,
                                typename Width::Vector& re,
                                typename Width::Vector& im)
{
    using Vector = typename Width::Vector;
    re = im = Vector {};
    const std::size_t first = p * plan.fours;
    for (std::size_t f = first; f < first + plan.fours; f++) {
        const std::size_t i = plan.patterns[f] * fours.length + 4 * plan.phases * f + at;
        re += plan.signs[f] * *reinterpret_cast<const Vector*>(fours.re + i);
        im += plan.signs[f] * *reinterpret_cast<const Vector*>(fours.im + i);
    }
}

/*!
 * The partial sums of CHUNK positions of a section, shape [P, 2, CHUNK]: segment p is
 * replaced by the sum, P - 1 - p by the difference (later less earlier) of the pair.
 */
template <typename Width>
UDEEPSC_INLINE void fold_pairs(const CorrelatorBank::Plan& plan,
                               const Fours& fours,
                               std::size_t at,
                               std::size_t section,
                               float* parts)
{
    using Vector = typename Width::Vector;
    constexpr std::size_t LANES = sizeof(Vector) / sizeof(float);
    const std::size_t segments = 2 * plan.pairs;
    for (std::size_t p = 0; p < plan.pairs; p++) {
        float* sum = parts + 2 * CHUNK * p;
        float* difference = parts + 2 * CHUNK * (segments - 1 - p);
        const std::size_t earlier = section * segments + p;
        const std::size_t later = section * segments + segments - 1 - p;
        for (std::size_t i = 0; i < CHUNK; i += LANES) {
            Vector a_re, a_im, b_re, b_im;
            partial_sum<Width>(plan, fours, at + i, earlier, a_re, a_im);
            partial_sum<Width>(plan, fours, at + i, later, b_re, b_im);
            *reinterpret_cast<Vector*>(sum + i) = b_re + a_re;
            *reinterpret_cast<Vector*>(sum + CHUNK + i) = b_im + a_im;
            *reinterpret_cast<Vector*>(difference + i) = b_re - a_re;
            *reinterpret_cast<Vector*>(difference + CHUNK + i) = b_im - a_im;
        }
    }
}

/*!
 * Adds a section's |Y|^2 at OFFSETS offsets and their negatives, [k] and [OFFSETS + k],
 * of the positions of one vector. With A = sum cos(theta) (sum of a pair) and
 * B = sum sin(theta) (difference of a pair), Y(+-f) = A -+ j B.
 */
template <typename Width>
UDEEPSC_INLINE void add_powers(const float* parts,
                               const float* factors,
                               std::size_t n_pairs,
                               typename Width::Vector* power)
{
    using Vector = typename Width::Vector;
    Vector a_re[OFFSETS] = {}, a_im[OFFSETS] = {};
    Vector b_re[OFFSETS] = {}, b_im[OFFSETS] = {};
    const float* sums = parts;
    const float* differences = sums + 2 * CHUNK * (2 * n_pairs - 1);
    for (std::size_t p = 0; p < n_pairs; p++) {
        const Vector sum_re = *reinterpret_cast<const Vector*>(sums);
        const Vector sum_im = *reinterpret_cast<const Vector*>(sums + CHUNK);
        const Vector dif_re = *reinterpret_cast<const Vector*>(differences);
        const Vector dif_im = *reinterpret_cast<const Vector*>(differences + CHUNK);
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
        power[k] += r0 * r0 + i0 * i0;
        power[OFFSETS + k] += r1 * r1 + i1 * i1;
    }
}

//! Largest sum of the sections' |Y|^2 of CHUNK positions over all offsets.
template <typename Width>
UDEEPSC_INLINE void
largest_powers(const CorrelatorBank::Plan& plan, const float* parts, float* largest)
{
    using Vector = typename Width::Vector;
    constexpr std::size_t LANES = sizeof(Vector) / sizeof(float);
    const std::size_t section = 2 * CHUNK * 2 * plan.pairs;
    for (std::size_t first = 0; first < CHUNK; first += LANES) {
        Vector best = {};
        const float* factors = plan.rotation.data();
        for (std::size_t block = 0; block < plan.offsets / OFFSETS; block++) {
            Vector power[2 * OFFSETS] = {};
            for (std::size_t q = 0; q < plan.sections; q++) {
                add_powers<Width>(
                    parts + q * section + first, factors, plan.pairs, power);
            }
            for (std::size_t k = 0; k < 2 * OFFSETS; k++) {
                best = power[k] > best ? power[k] : best;
            }
            factors += 2 * OFFSETS * plan.pairs;
        }
        *reinterpret_cast<Vector*>(largest + first) = best;
    }
}

template <typename Width>
UDEEPSC_INLINE void look(const CorrelatorBank::Plan& plan,
                         const Fours& fours,
                         std::size_t n,
                         float* parts,
                         float* largest)
{
    const std::size_t section = 2 * CHUNK * 2 * plan.pairs;
    for (std::size_t first = 0; first < n; first += CHUNK) {
        for (std::size_t q = 0; q < plan.sections; q++) {
            fold_pairs<Width>(plan, fours, first, q, parts + q * section);
        }
        largest_powers<Width>(plan, parts, largest + first);
    }
}

using Look
    = void (*)(const CorrelatorBank::Plan&, const Fours&, std::size_t, float*, float*);

void look_narrow(const CorrelatorBank::Plan& plan,
                 const Fours& fours,
                 std::size_t n,
                 float* parts,
                 float* largest)
{
    look<Width4>(plan, fours, n, parts, largest);
}

#if defined(__GNUC__) && defined(__x86_64__)
__attribute__((target("avx2,fma"))) void look_wide(const CorrelatorBank::Plan& plan,
                                                   const Fours& fours,
                                                   std::size_t n,
                                                   float* parts,
                                                   float* largest)
{
    look<Width8>(plan, fours, n, parts, largest);
}

__attribute__((target("avx512f,fma"))) void look_widest(const CorrelatorBank::Plan& plan,
                                                        const Fours& fours,
                                                        std::size_t n,
                                                        float* parts,
                                                        float* largest)
{
    look<Width16>(plan, fours, n, parts, largest);
}

Look choose_look()
{
    if (__builtin_cpu_supports("avx512f")) {
        return look_widest;
    }
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
    return max_cfo <= 0.02 ? 8 : 4;
}

CorrelatorBank::CorrelatorBank(const std::vector<float>& signs,
                               unsigned phases,
                               double max_cfo,
                               std::size_t sections)
    : d_symbols(signs.size())
{
    const std::size_t segment = segment_symbols(max_cfo);
    const std::size_t coherent = d_symbols / sections;
    d_plan.phases = phases;
    d_plan.sections = sections;
    d_plan.fours = segment / 4;
    d_plan.pairs = coherent / (2 * segment);
    for (std::size_t k = 0; k < d_symbols; k += 4) {
        d_plan.patterns.push_back(four_pattern(&signs[k]));
        d_plan.signs.push_back(signs[k]);
    }
    d_parts.resize(sections * 2 * d_plan.pairs * 2 * CHUNK);

    // The offset 0 and the positive ones; max_cfo is as far from the last, or a little
    // farther, as one may be from its neighbours in between.
    const double spacing = 0.5 / coherent;
    const auto highest
        = static_cast<std::size_t>(std::ceil(std::max(0.0, max_cfo / spacing - 0.6)));
    d_plan.offsets = (highest + OFFSETS) / OFFSETS * OFFSETS;
    for (std::size_t first = 0; first < d_plan.offsets; first += OFFSETS) {
        for (std::size_t p = 0; p < d_plan.pairs; p++) {
            const double distance = segment * (d_plan.pairs - 0.5 - p);
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
    const std::size_t length = n + d_plan.phases * (d_symbols - 4);
    d_re.resize(8 * length);
    d_im.resize(8 * length);
    sum_fours(re, d_plan.phases, length, d_re.data());
    sum_fours(im, d_plan.phases, length, d_im.data());
    static const Look s_look = choose_look();
    s_look(d_plan, { d_re.data(), d_im.data(), length }, n, d_parts.data(), ratio);
    divide(d_energy.data(), n, static_cast<float>(d_symbols / d_plan.sections), ratio);
}

} // namespace detail
} // namespace udeepsc_phy
