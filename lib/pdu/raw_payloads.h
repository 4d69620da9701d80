// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "payload_format.h"

namespace gr {
namespace udeepsc {

/*!
 * \brief Bytes and symbols that belong to no model, on task number 15 of the header.
 *
 * Bytes go MSB first into Gray-labelled symbols and come back by hard decisions, not
 * coded: wrong as often as theory says. docs/frame-format.md.
 */
class raw_payloads : public payload_format {
public:
    udeepsc_phy::Payload payload_of(const pdu& data) const override;
    sample_parts parts_of_sample(const udeepsc_phy::PayloadHeader& header) const override;
    contents contents_of(const udeepsc_phy::ReceivedPayload& payload) const override;
    unsigned number_of_task(const std::string& task) const override;
    std::string task_of_number(unsigned number) const override;
    const std::string& id() const override { return d_id; }

private:
    const std::string d_id;
};

} // namespace udeepsc
} // namespace gr
