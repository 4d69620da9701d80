// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/element_masks.h>
#include <udeepsc_core/evaluator.h>

#include <memory>
#include <random>
#include <vector>

namespace udeepsc_core {

/*! What is sent of a frame. */
struct MaskedFrame {
    std::vector<int> kept; //!< elements, rising
    double symbols_telling = 0; //!< which ones these are; 0 where the receiver knows
};

/*!
 * \brief Elements (symbols) of each frame that are not sent, at one SNR.
 *
 * Source: "Large Model Empowered Semantic Communications", IV.D.
 */
class FrameMasks {
public:
    //! Error for a file of masks that cannot be used, or a rule that needs one.
    FrameMasks(const Transceiver& model, const EvalOptions& options, double snr_db);

    bool any() const { return d_rule != "none"; }

    //! block: as transmit() gives it. Which elements are sent is told by an enumerative
    //! code at the AWGN channel's capacity, which no real code reaches.
    MaskedFrame choose(const LinkBlock& block);

    //! At the receiver: symbols that were not sent say nothing.
    static void remove(LinkBlock& block, const std::vector<int>& kept);

    //! Look-up and decoder, as udeepsc_core::receive(): what remove() took is zero, or as
    //! the learnt file estimates it.
    std::vector<TaskResult> receive(const std::vector<std::vector<LinkBlock>>& samples,
                                    LookupMode mode) const;

private:
    MaskedFrame learnt_of(const LinkBlock& block, int symbols) const;
    double symbols_telling(int elements, int kept) const;
    std::vector<float> features_of(const LinkBlock& block) const;
    void fill(FeatureBlock& block, const LinkBlock& received) const;

    const Transceiver& d_model;
    std::string d_task, d_rule;
    int d_symbols; // of each frame; 0: as the SNR says
    double d_snr_db, d_least_snr_db;
    std::shared_ptr<const ElementMasks> d_learnt; // may be none
    std::mt19937_64 d_random; // both ends draw from one seed
};

} // namespace udeepsc_core
