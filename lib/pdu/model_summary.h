// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"
#include <udeepsc_core/config.h>
#include <udeepsc_phy/frame.h>

#include <memory>
#include <string>

namespace gr {
namespace udeepsc {

/*!
 * \brief What the header of a model file says: all that the blocks beside the radio need.
 *
 * Reading it touches neither the weights nor LibTorch. Whether the weights are whole, the
 * blocks that run the network find out.
 */
class model_summary {
public:
    //! Throws std::invalid_argument naming the file and what is wrong with it.
    explicit model_summary(const std::string& name);

    //! Name and content hash, as udeepsc_core::ModelInfo::id has it.
    const std::string& id() const { return d_id; }
    //! The content hash's first byte: which model a payload on the air is for.
    unsigned tag() const { return d_tag; }
    const udeepsc_core::ModelConfig& config() const { return d_config; }

    //! What the header of a payload says of this PDU. Reads task, modality (may be
    //! missing where the task has one only), modulation and shape. Throws bad_pdu.
    udeepsc_phy::PayloadHeader header_of(const pdu& data, std::size_t symbols) const;

    //! A payload's keys, or bad_pdu for one that this model cannot read.
    struct contents {
        std::string task;
        std::string modality;
        int subvectors;
    };
    contents contents_of(const udeepsc_phy::PayloadHeader& header) const;

private:
    //! Of a modality on the air: its place among the model's encoders.
    unsigned number_of(const std::string& modality) const;

    std::string d_id;
    unsigned d_tag = 0;
    udeepsc_core::ModelConfig d_config;
};

using model_summary_sptr = std::shared_ptr<const model_summary>;

} // namespace udeepsc
} // namespace gr
