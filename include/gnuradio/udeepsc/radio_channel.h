// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>
#include <udeepsc_phy/radio_channel.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief What lies between two radios, as a block of samples in, samples out.
 * \ingroup udeepsc
 *
 * Carrier offset, timing, clock drift, phase noise, multipath, fading, noise at an exact
 * Es/N0, and on demand faults of the hardware. Everything but the seed may be set while
 * it runs, and takes effect with the next samples, without a jump in time or phase.
 *
 * <b>Ports</b>
 * - in 0, out 0: complex samples. With a clock that differs, their numbers do too.
 * - in "snr": Es/N0 in dB for the samples that follow, as feature_selector takes it.
 * - in "channel": symbol "awgn" (no fading), "rayleigh" or "rician", likewise.
 *
 * Tags go along with their sample, to within a few samples (of the strongest path, not at
 * all where the delay was changed): good enough to say which burst is which, not where it
 * begins. With drop_tag_rate the first sample and the one after each loss have the tags
 * rx_time (seconds as a tuple of uint64 and double, lost samples counted) and rx_rate, as
 * uhd_usrp_source gives them.
 *
 * Parameters: udeepsc_phy::RadioChannelConfig says what each is; frequencies are
 * cycles per sample, times samples. Its esn0_db is snr_db here, and for symbols of energy
 * 1: a transmitter's amplitude other than 1 moves the Es/N0 by 20 log10 of it.
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument naming the field.
 */
class UDEEPSC_API radio_channel : virtual public pdu_block {
public:
    typedef std::shared_ptr<radio_channel> sptr;

    static sptr make(const udeepsc_phy::RadioChannelConfig& config = {});

    //! All parameters as they are now.
    virtual udeepsc_phy::RadioChannelConfig config() const = 0;
    //! The seed stays what it was.
    virtual void set_config(const udeepsc_phy::RadioChannelConfig& config) = 0;
    //! New gains where doppler is 0.
    virtual void restart() = 0;

    virtual void set_snr_db(double snr_db) = 0; //!< esn0_db; +infinity: no noise
    virtual void set_gain_db(double gain_db) = 0; //!< of signal and noise together
    virtual void set_phase(double phase) = 0; //!< radians
    virtual void set_cfo(double cfo) = 0; //!< cycles per sample
    virtual void set_delay(double delay) = 0; //!< samples, 0 or more
    //! Receiver's against transmitter's.
    virtual void set_clock_ppm(double clock_ppm) = 0;
    virtual void set_phase_noise(double rms) = 0; //!< radians rms a sample
    virtual void set_multipath(const std::string& profile) = 0;
    //! "none", "rayleigh", "rician".
    virtual void set_fading(const std::string& fading) = 0;
    virtual void set_doppler(double doppler) = 0; //!< cycles per sample
    virtual void set_rician_k_db(double k_db) = 0;
    //! All of them at once.
    virtual void set_faults(const udeepsc_phy::HardwareFaults& faults) = 0;
};

} // namespace udeepsc
} // namespace gr
