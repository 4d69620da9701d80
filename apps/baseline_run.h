// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "picture_classifier.h"

#include <udeepsc_conventional/scheme.h>
#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/picture.h>
#include <udeepsc_core/sample.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/*! What is sent by conventional schemes. */
struct BaselineSamples {
    std::vector<udeepsc_core::Sample> samples;
    //! Complex channel uses of each: as many as the semantic model takes.
    std::vector<std::size_t> symbols;
    std::string task, dataset, output; //!< output: kind of result
    //! Of a task that answers from texts the commonest answer of the split "train": what
    //! a receiver says that has nothing to go by.
    int guess = -1;
    std::int64_t skipped = 0; //!< that the model does not take
};

//! Whether results of this kind of output are pictures, or sentences.
bool gives_pictures(const std::string& output);
bool gives_sentences(const std::string& output);

//! Whether the task answers from texts alone: they can be sent by a text codec, and the
//! model reads what arrives.
bool takes_texts(const udeepsc_core::Transceiver& model, const std::string& task);

//! The samples that evaluate() takes, with the symbols that the model sends for each.
//! Error as evaluate().
BaselineSamples baseline_samples(const udeepsc_core::Transceiver& model,
                                 const udeepsc_core::EvalOptions& options);

/*!
 * \brief Pictures from files, whole or each tile by itself, with as many symbols as the
 * model takes for their tiles. Error as load_picture().
 */
BaselineSamples baseline_pictures(const udeepsc_core::Transceiver& model,
                                  const udeepsc_core::EvalOptions& options,
                                  const std::vector<std::string>& files,
                                  bool tiles);

//! Texts of the split "train", whose statistics text codecs may know.
std::vector<std::string> training_texts(const udeepsc_core::Transceiver& model,
                                        udeepsc_core::EvalOptions options);

/*! How a scheme did. */
struct BaselineResult {
    udeepsc_core::EvalResult result; //!< bits_mean: of the source codec
    std::map<std::string, int> formats; //!< samples by modulation and rate
};

/*!
 * \brief Sends every sample over AWGN or block Rayleigh fading with a known gain.
 *
 * \param margin_db the adaptive choice is made for an Es/N0 so much lower
 * \param classifier tells what the received pictures show; null: nobody does
 */
BaselineResult run_baseline(const udeepsc_conventional::Scheme& scheme,
                            const BaselineSamples& samples,
                            const udeepsc_core::EvalOptions& options,
                            double esn0_db,
                            double margin_db,
                            const PictureClassifier* classifier = nullptr);
