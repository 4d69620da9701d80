// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <limits>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \brief What amplifiers, mixers, converters and other transmitters do to a signal; by
 * default nothing.
 *
 * Powers are relative to the mean power of a burst with symbols of energy 1, which is
 * 1 / samples_per_symbol in each sample. Times are samples, frequencies cycles per
 * sample. What comes again and again begins at random with each start of the channel.
 */
struct HardwareFaults {
    //! Transmitter: magnitudes end so many dB over the mean power, as at the limits of a
    //! converter (back-off), -20..100; +inf: no limit.
    double clip_db = std::numeric_limits<double>::infinity();
    //! Transmitter: output back-off of a power amplifier, saturation over mean power, dB,
    //! -20..100; +inf: linear.
    double pa_db = std::numeric_limits<double>::infinity();
    //! Smoothness p of the amplifier's bend (Rapp), 0.1..100; the more, the sharper.
    double pa_smoothness = 2;

    //! Receiver: line at 0 Hz, dB over the signal's power, -200..60; -inf: none.
    double dc_dbc = -std::numeric_limits<double>::infinity();
    //! Receiver: gain of I over that of Q, dB, -6..6.
    double iq_gain_db = 0;
    //! Receiver: what I and Q lack of being orthogonal, degrees, -45..45.
    double iq_phase_deg = 0;
    //! Receiver: its gain goes up and down by so much, dB, 0..60; 0: it stays.
    double agc_step_db = 0;
    //! Samples from one step of the gain to the next, 1..1e9.
    double agc_period = 10000;

    //! Signal over a pulsed interferer (white noise) while it is on, dB, -100..300; +inf:
    //! none.
    double pulse_sir_db = std::numeric_limits<double>::infinity();
    //! Share of the time that it is on, 0..1.
    double pulse_duty = 0.1;
    //! Samples from one pulse to the next, 1..1e9.
    double pulse_period = 10000;
    //! Signal over a narrowband interferer, dB, -100..300; +inf: none.
    double narrowband_sir_db = std::numeric_limits<double>::infinity();
    //! Its middle, cycles per sample, -0.5..0.5.
    double narrowband_offset = 0.1;
    //! Its width at half the peak's power, cycles per sample, 0..0.5; 0: a sine.
    double narrowband_width = 0;

    //! Receiver: samples from one loss to the next, 0..1e12; 0: none are lost.
    double drop_period = 0;
    //! Samples lost in one piece, 1..1e9, fewer than drop_period.
    double drop_samples = 1000;
    //! Of the block: samples per second for the tags rx_time and rx_rate that it puts on
    //! the first sample after a loss, as a USRP does; 0: no tags, 0..1e9.
    double drop_tag_rate = 0;

    //! \throws std::invalid_argument naming the field, what it holds and what it may
    //! hold.
    void validate() const;
};

} // namespace udeepsc_phy
