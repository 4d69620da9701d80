// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/conventional_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief Separate source and channel coding: a picture or a sentence to QAM symbols.
 * \ingroup udeepsc
 *
 * What the semantic transmitter (encoder, selector, indexer, modulator) is compared with,
 * at the same number of channel uses: JPEG, JPEG 2000, UTF-8, Huffman or arithmetic code,
 * then LDPC or turbo code, then QAM. Adaptive, it takes the modulation and rate that
 * carry most at the Es/N0 it knows; where the stream is short, a more robust one.
 *
 * <b>Ports</b>
 * - in "in": u8vector, a picture [height, width, 3] RGB with the key shape, or a
 * sentence, UTF-8.
 * - in "snr": Es/N0 in dB, as feature_selector takes it, from csi_feedback for example.
 * - out "out": c32vector of `symbols` symbols of mean energy 1; writes symbols, shape
 *   ([symbols]), modulation, mcs, snr_db and, where it is missing, reference: the sample.
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument naming the parameter.
 * PDUs are dropped as "wrong type", "wrong shape" or "bad sample" (a sentence that holds
 * byte 0); an Es/N0 that is none as "bad snr".
 */
class UDEEPSC_API conventional_encoder : virtual public pdu_block {
public:
    typedef std::shared_ptr<conventional_encoder> sptr;

    //! \param symbols complex channel uses of a PDU, 1..1000000
    //! \param snr_db Es/N0 in dB until one arrives, -100..100
    //! \param options what transmitter and receiver agree on
    static sptr
    make(int symbols = 512, double snr_db = 12, const conventional_options& options = {});

    virtual void set_symbols(int symbols) = 0;
    virtual int symbols() const = 0;
    virtual void set_snr_db(double snr_db) = 0;
    virtual double snr_db() const = 0;
    //! "adaptive", or a modulation and rate; throws for another and keeps the old one.
    virtual void set_mcs(const std::string& mcs) = 0;
    virtual std::string mcs() const = 0;
};

} // namespace udeepsc
} // namespace gr
