// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "payload_format.h"
#include <udeepsc_core/config.h>

#include <string>

namespace gr {
namespace udeepsc {

/*!
 * \brief What the header of a model file says: all that the blocks beside the radio need.
 *
 * Reading it touches neither the weights nor LibTorch. Whether the weights are whole, the
 * blocks that run the network find out.
 */
class model_summary : public payload_format {
public:
    //! Throws std::invalid_argument naming the file and what is wrong with it.
    explicit model_summary(const std::string& name);

    //! Name and content hash, as udeepsc_core::ModelInfo::id has it.
    const std::string& id() const override { return d_id; }
    //! The content hash's first byte: which model a payload on the air is for.
    unsigned tag() const { return d_tag; }
    const udeepsc_core::ModelConfig& config() const { return d_config; }

    //! Reads task, modality (may be missing where the task has one only), modulation and
    //! shape.
    udeepsc_phy::Payload payload_of(const pdu& data) const override;
    sample_parts parts_of_sample(const udeepsc_phy::PayloadHeader& header) const override;
    contents contents_of(const udeepsc_phy::ReceivedPayload& payload) const override;
    unsigned number_of_task(const std::string& task) const override;
    std::string task_of_number(unsigned number) const override;

private:
    udeepsc_phy::PayloadHeader header_of(const pdu& data, std::size_t symbols) const;
    //! Of a modality on the air: its place among the model's encoders.
    unsigned number_of(const std::string& modality) const;

    std::string d_id;
    unsigned d_tag = 0;
    udeepsc_core::ModelConfig d_config;
};

} // namespace udeepsc
} // namespace gr
