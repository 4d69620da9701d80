// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/evaluator.h>
#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/radio_channel.h>

#include <random>

/*!
 * \brief The burst modem as a link of udeepsc eval: framer, radio channel, detector and
 * demodulator around every payload.
 *
 * Every burst has its own carrier offset (uniform over what the profile searches), delay,
 * phase, clock (+-20 ppm) and silence around it; the receiver knows none of them.
 */
class RadioLink : public udeepsc_core::EvalLink {
public:
    //! profile: of FrameProfile::from_name; multipath: of multipath_profiles().
    RadioLink(const std::string& profile,
              const std::string& multipath,
              std::uint64_t seed);

    std::vector<float>
    pass(std::vector<std::complex<float>>& symbols, int vectors, double snr_db) override;

private:
    udeepsc_phy::FrameProfile d_profile;
    std::string d_multipath;
    udeepsc_phy::Framer d_framer;
    udeepsc_phy::BurstDetector d_detector;
    udeepsc_phy::BurstDemodulator d_demodulator;
    std::mt19937_64 d_random;
    unsigned d_frame_id = 0;
};
