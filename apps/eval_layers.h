// SPDX-License-Identifier: GPL-3.0-or-later
// Options of `udeepsc eval` for outputs that come in layers.
#pragma once

#include <udeepsc_core/evaluator.h>

#include <CLI/CLI.hpp>

#include <vector>

/*! A transmission that is cut short. */
struct CutOptions {
    std::vector<double> shares; //!< of the payload symbols, lost from the end
};

//! --layers, --cut, --protection and --replace. Both have to outlive the command.
void add_layer_options(CLI::App& command,
                       udeepsc_core::EvalOptions& eval,
                       CutOptions& cut);

/*!
 * \brief Whole layers that are left of a task's transmission when this share of its
 * symbols, those at its end, is lost.
 *
 * A layer of which symbols are lost is no use to the receiver, as in the burst modem.
 * Throws Error where nothing is left of the first one, or the task has no layers.
 */
int layers_left(const udeepsc_core::TaskInfo& task,
                const udeepsc_core::Protection& protection,
                double lost);

/*! One cut and what was decoded after it. */
struct CutResult {
    double lost; //!< share
    udeepsc_core::EvalResult result;
};

//! What each layer adds to the one before it, sample by sample: among the other scores.
void add_gains(std::vector<udeepsc_core::EvalResult>& results);

//! Of each share and SNR. Layers that are left alike are decoded once.
std::vector<CutResult> evaluate_cut(const udeepsc_core::Transceiver& model,
                                    udeepsc_core::EvalOptions eval,
                                    const CutOptions& cut,
                                    const std::vector<double>& snr_db);
