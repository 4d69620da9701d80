// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "baseline_run.h"

/*!
 * \brief Separate design of a task that answers from texts: a text codec and a channel
 * code carry each text, and the model, without a channel of its own, reads what arrives.
 *
 * Each text takes as many symbols as the model's own, or options.symbols; of one that
 * does not fit the first words are sent. Earlier texts are read with their errors, those
 * that cannot be read are lost. A question has to arrive whole, else the answer is the
 * commonest of the training. \param margin_db as run_baseline()
 */
BaselineResult run_separate(const udeepsc_core::Transceiver& model,
                            const udeepsc_conventional::Scheme& scheme,
                            const BaselineSamples& samples,
                            const udeepsc_core::EvalOptions& options,
                            double esn0_db,
                            double margin_db);
