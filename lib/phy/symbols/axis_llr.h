// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

/*
 * The demapper's inner loops, one call per block of samples, each compiled for the
 * baseline and for newer processors where the compiler can choose at load time.
 *
 * With y = h x + n and a + jb = conj(h) y, the log-likelihood of a point x is, up to a
 * term all points share,
 *
 *     (2 (a x_I + b x_Q) - |h|^2 (x_I^2 + x_Q^2)) / N0,
 *
 * which splits into axes and divides by N0 only. So each axis sample is a pair of
 * statistics, u = a/N0 (or b/N0) and w = |h|^2/N0, and the level x = l c has metric
 *
 *     l t - l^2 q,   t = 2 c u,   q = c^2 w,   l odd.
 *
 * An erasure is u = w = 0: all metrics are equal and all LLRs exactly 0.
 */
namespace udeepsc_phy {
namespace detail {

//! Most axis samples (two per complex symbol) of one call.
constexpr std::size_t AXIS_BLOCK = 256;

/*!
 * \brief Statistics of n symbols with h = 1, interleaved I/Q, shape [2 n] each.
 *
 * y and h are interleaved; inverse_n0 has n entries in 0..1e9.
 */
void axis_statistics(
    const float* y, const float* inverse_n0, std::size_t n, float* u, float* w);
void axis_statistics_with_gain(const float* y,
                               const float* h,
                               const float* inverse_n0,
                               std::size_t n,
                               float* u,
                               float* w);

//! LLRs of n axis samples, shape [n, bits_per_axis]; c is half the level spacing.
void axis_llrs_1bit(const float* u, std::size_t n, float c, float* out);
void axis_llrs_2bit_exact(
    const float* u, const float* w, std::size_t n, float c, float* out);
void axis_llrs_2bit_max_log(
    const float* u, const float* w, std::size_t n, float c, float* out);
void axis_llrs_exact(const float* u,
                     const float* w,
                     std::size_t n,
                     unsigned bits_per_axis,
                     float c,
                     float* out);
void axis_llrs_max_log(const float* u,
                       const float* w,
                       std::size_t n,
                       unsigned bits_per_axis,
                       float c,
                       float* out);

//! Gray field of the level nearest to each of n equalised axis samples.
void axis_decisions(
    const float* y, std::size_t n, unsigned bits_per_axis, float c, std::uint32_t* out);

} // namespace detail
} // namespace udeepsc_phy
