// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

//! Constellation of digital_modulator.
enum class modulation_type {
    from_pdu, //!< what the PDU's key "modulation" says, that is: what the model wants
    bpsk,
    qpsk,
    qam16,
    qam64,
    qam256
};

//! How an index becomes symbols.
enum class index_mapping {
    from_pdu, //!< what the PDU's key "mapping" says
    symbol, //!< one index is one constellation point
    bits, //!< the bits of all indices, MSB first, in Gray-labelled symbols
};

/*!
 * \brief Puts codebook indices on constellation points.
 * \ingroup udeepsc
 *
 * <b>Ports</b>
 * - in "in": u16vector of indices. Reads bits_per_index (mapping bits), tx_gain
 *   (default 1) and, where the parameters say from_pdu, modulation and mapping.
 * - out "out": c32vector of symbols, the constellation of mean energy 1 times tx_gain;
 *   writes symbols, modulation, mapping.
 *
 * <b>Errors</b>: PDUs are dropped as "wrong type", "wrong shape" (no
 * indices), "bad sample" (an index that the constellation or bits_per_index does not
 * have) or "bad key".
 *
 * <b>Source</b>: U-DeepSC, Section V.A.
 */
class UDEEPSC_API digital_modulator : virtual public pdu_block {
public:
    typedef std::shared_ptr<digital_modulator> sptr;

    //! \param modulation constellation of all PDUs, or what each asks for
    //! \param mapping how an index becomes symbols, or what each PDU asks for
    static sptr make(modulation_type modulation = modulation_type::from_pdu,
                     index_mapping mapping = index_mapping::from_pdu);

    virtual void set_modulation(modulation_type modulation) = 0;
    virtual modulation_type modulation() const = 0;
    virtual void set_mapping(index_mapping mapping) = 0;
    virtual index_mapping mapping() const = 0;
};

} // namespace udeepsc
} // namespace gr
