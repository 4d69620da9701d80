// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/conventional_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief Symbols of conventional_encoder to picture or sentence.
 * \ingroup udeepsc
 *
 * Whatever the noise, a result comes out: of a payload that cannot be decoded what lies
 * in front of its first bad code block, grey where that is nothing.
 *
 * <b>Ports</b>
 * - in "in": c32vector of equalised symbols. Reads noise_var, one value or one a symbol
 *   (default_noise_var where it is missing), and mcs. Where that is missing too, as
 *   behind a radio, and the parameter mcs is adaptive, modulation, and finds the rate by
 *   trying.
 * - out "out": u8vector [height, width, 3] or a sentence, UTF-8; writes output
 *   ("picture" or "sentence") and shape.
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument naming the parameter.
 * PDUs are dropped as "wrong type", "wrong shape" (symbols that carry no bit), "not
 * finite" or "bad key".
 */
class UDEEPSC_API conventional_decoder : virtual public pdu_block {
public:
    typedef std::shared_ptr<conventional_decoder> sptr;

    //! \param height of pictures, pixels, 1..16384; sentences have none
    //! \param width of pictures, pixels, 1..16384
    //! \param default_noise_var noise power per complex symbol where the PDU names none,
    //!        > 0, at most 1e10
    //! \param options what transmitter and receiver agree on
    static sptr make(int height = 32,
                     int width = 32,
                     double default_noise_var = 0.1,
                     const conventional_options& options = {});

    //! "adaptive", or a modulation and rate; throws for another and keeps the old one.
    virtual void set_mcs(const std::string& mcs) = 0;
    virtual std::string mcs() const = 0;
    virtual void set_default_noise_var(double noise_var) = 0;
    virtual double default_noise_var() const = 0;
    //! PDUs of which a code block could not be decoded.
    virtual std::uint64_t damaged() const = 0;
};

} // namespace udeepsc
} // namespace gr
