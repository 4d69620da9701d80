// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/digital_modulator.h>
#include <udeepsc_phy/mapper.h>

#include <memory>

namespace gr {
namespace udeepsc {

class digital_modulator_impl : public digital_modulator, public pdu_block_impl {
public:
    digital_modulator_impl(modulation_type modulation, index_mapping mapping);

    void set_modulation(modulation_type modulation) override
    {
        d_modulation = modulation;
    }
    modulation_type modulation() const override { return d_modulation; }
    void set_mapping(index_mapping mapping) override { d_mapping = mapping; }
    index_mapping mapping() const override { return d_mapping; }

private:
    void handle(const pmt::pmt_t& msg);
    //! Constellation that the parameter or the PDU asks for.
    const udeepsc_phy::Mapper& mapper_for(const pdu& data);
    index_mapping mapping_for(const pdu& data) const;

    std::atomic<modulation_type> d_modulation;
    std::atomic<index_mapping> d_mapping;
    std::unique_ptr<udeepsc_phy::Mapper> d_mapper; // of the last PDU; block's thread only
};

} // namespace udeepsc
} // namespace gr
