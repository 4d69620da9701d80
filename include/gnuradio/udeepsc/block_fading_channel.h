// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

//! Gain of block_fading_channel, drawn anew for every PDU.
enum class channel_type {
    none, //!< gain 1, no noise
    awgn, //!< gain 1
    rayleigh, //!< complex normal gain, E|h|^2 = 1
    rician, //!< line of sight of power K/(K+1) plus scatter of power 1/(K+1)
};

/*!
 * \brief One gain per PDU, exact noise, equalised by the known gain.
 * \ingroup udeepsc
 *
 * The output is x + n / h; the noise variance that goes with it is N0 / |h|^2, with
 * N0 = 10^(-snr_db / 10) because the mean symbol energy is 1. SNR is Es/N0 per complex
 * symbol. PDU number k has the same gain whatever the lengths and the SNR of those
 * before.
 *
 * <b>Ports</b>
 * - in "in": c32vector of symbols.
 * - in "snr": Es/N0 in dB for the PDUs that follow, as feature_selector takes it.
 * - in "channel": symbol "none", "awgn", "rayleigh" or "rician", for what follows.
 * - out "out": c32vector of as many symbols; writes noise_var, h, channel.
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument naming the parameter.
 * PDUs are dropped as "wrong type", "wrong shape" (no symbols) or "not finite"; messages
 * to "snr" as "bad snr", to "channel" as "bad channel".
 *
 * <b>Source</b>: U-DeepSC, eq. 2, perfect channel state information.
 */
class UDEEPSC_API block_fading_channel : virtual public pdu_block {
public:
    typedef std::shared_ptr<block_fading_channel> sptr;

    //! \param model what the gain is
    //! \param snr_db Es/N0 in dB, -100..100
    //! \param k_factor_db Rician K, line of sight to scatter, in dB, -100..100; only
    //!        channel_type::rician reads it
    //! \param seed of the gains and the noise; equal seeds give equal channels
    static sptr make(channel_type model,
                     double snr_db,
                     double k_factor_db = 10.0,
                     std::uint64_t seed = 1);

    virtual void set_model(channel_type model) = 0;
    virtual channel_type model() const = 0;
    virtual void set_snr_db(double snr_db) = 0;
    virtual double snr_db() const = 0;
    virtual void set_k_factor_db(double k_factor_db) = 0;
    virtual double k_factor_db() const = 0;
    //! Begins again: the PDUs that follow have the gains and the noise of the first ones,
    //! so that two runs, say at two SNRs, share their fades.
    virtual void restart() = 0;
};

} // namespace udeepsc
} // namespace gr
