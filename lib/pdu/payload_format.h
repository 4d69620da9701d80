// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"
#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/frame.h>

#include <memory>
#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief PDUs to payloads of frames and back: those of a model, or bytes and symbols that
 * belong to none.
 */
class payload_format {
public:
    virtual ~payload_format() = default;

    //! What a PDU is sent as; its frame_id is still to be set. Throws bad_pdu.
    virtual udeepsc_phy::Payload payload_of(const pdu& data) const = 0;

    //! The sample that a payload is part of.
    struct sample_parts {
        std::string task;
        //! part_name() of each modality and layer, in the order that a frame has them
        std::vector<std::string> modalities;
    };
    virtual sample_parts
    parts_of_sample(const udeepsc_phy::PayloadHeader& header) const = 0;

    //! What arrived.
    struct contents {
        std::string task;
        std::string modality;
        std::vector<int> shape;
        pmt::pmt_t data; //!< c32vector of symbols, or u8vector of bytes
    };
    //! Throws bad_pdu for a payload that is of another format.
    virtual contents contents_of(const udeepsc_phy::ReceivedPayload& payload) const = 0;

    //! A task's number on the air and back. Throws bad_pdu for one that is none.
    virtual unsigned number_of_task(const std::string& task) const = 0;
    virtual std::string task_of_number(unsigned number) const = 0;

    //! Identity of the model; empty without one.
    virtual const std::string& id() const = 0;
};

using payload_format_sptr = std::shared_ptr<const payload_format>;

//! Of a model, by its path or name; of no model where \p model is empty. Throws
//! std::invalid_argument naming the file and what is wrong with it.
payload_format_sptr make_payload_format(const std::string& model);

} // namespace udeepsc
} // namespace gr
