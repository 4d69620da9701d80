// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/element_masks.h>
#include <udeepsc_core/transceiver.h>

#include <cstdint>
#include <string>

/*! How element masks are learnt. */
struct MaskLearning {
    std::size_t questions = 1000; //!< spread evenly
    int frames = 4; //!< of each question
    double snr_db = 12; //!< Es/N0 of the highest rate: the most is masked there
    std::uint64_t seed = 1;
};

//! What a loss of each element damages, among masks that are drawn at random: the log
//! probability of the right answer with it less that without it. Error for what cannot be
//! sent.
udeepsc_core::ElementMasks learn_masks(const udeepsc_core::Transceiver& model,
                                       const std::string& task,
                                       const udeepsc_core::Dataset& data,
                                       const MaskLearning& how);
