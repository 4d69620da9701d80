// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

//! A measured value and the half width of its 95 % confidence interval.
struct Estimate {
    double value = 0.0;
    double ci95 = 0.0;
};

//! PSNR given to a picture that equals its reference, so that means stay finite. dB.
constexpr double MAX_PSNR_DB = 100.0;

/*!
 * \brief Share of right answers in [0, 1]; ci95 is half of Wilson's interval.
 *
 * Wilson's interval is not centred on the value but stays sensible for shares near 0
 * and 1. Errors: Error for no samples, or more right ones than samples.
 */
Estimate accuracy(std::size_t correct, std::size_t total);

//! The same from classes. Error where the sizes differ.
Estimate accuracy(const std::vector<int>& predicted, const std::vector<int>& expected);

//! Mean with the normal approximation's ci95, 1.96 s / sqrt(n); 0 for one sample. Error
//! for no samples.
Estimate mean(const std::vector<double>& samples);

//! A sample in [0, 1] as 8 bit: clipped, rounded to nearest. NaN gives 0.
std::uint8_t to_8bit(float value);

/*!
 * \brief PSNR of one picture in dB, peak 255, at most MAX_PSNR_DB.
 *
 * Errors: Error where sizes differ or are 0.
 */
double psnr_db(const std::vector<std::uint8_t>& received,
               const std::vector<std::uint8_t>& reference);

//! The same for samples in [0, 1], rounded to 8 bit first.
double psnr_db(const std::vector<float>& received, const std::vector<float>& reference);

/*!
 * \brief Mean over pictures of the per-picture PSNR in dB.
 *
 * \param samples_per_picture for example 3 * 32 * 32; the pictures follow one another
 */
Estimate psnr(const std::vector<std::uint8_t>& received,
              const std::vector<std::uint8_t>& reference,
              std::size_t samples_per_picture);

Estimate psnr(const std::vector<float>& received,
              const std::vector<float>& reference,
              std::size_t samples_per_picture);

//! Corpus BLEU in [0, 1] with words as 1-grams, and with 1- to 4-grams in equal weights.
struct Bleu {
    Estimate bleu1;
    Estimate bleu4;
};

/*!
 * \brief Corpus BLEU over words at white space, brevity penalty, one reference each.
 *
 * No smoothing. An n that occurs neither in the received nor in the reference sentences
 * (all shorter than n words) is left out. ci95 is half of the middle 95 % of
 * \p resamples bootstrap samples of the sentences, drawn with \p seed.
 *
 * Errors: Error for no sentences or where the sizes differ.
 *
 * Source: K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine
 * Translation", 2002.
 */
Bleu bleu(const std::vector<std::string>& received,
          const std::vector<std::string>& reference,
          int resamples = 1000,
          std::uint64_t seed = 1);

} // namespace udeepsc_core
