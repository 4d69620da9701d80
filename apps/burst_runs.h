// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Many bursts through the whole modem, counted: what figures and curves are made of.

#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/copy_receiver.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/soft_demapper.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

namespace burst_runs {

using Samples = std::vector<std::complex<float>>;

constexpr double Z95 = 1.96;

struct Interval {
    double low, high;
};

//! Wilson's 95 % interval of k of n, which holds for k = 0 and k = n too.
Interval wilson(double k, double n);

struct Mean {
    double sum = 0, squares = 0;
    std::uint64_t n = 0;
    void add(double x)
    {
        sum += x;
        squares += x * x;
        n++;
    }
    double mean() const { return sum / n; }
    //! 95 %, from the spread between bursts: errors within one depend on each other.
    double half_interval() const
    {
        const double variance = std::max(0.0, squares / n - mean() * mean());
        return Z95 * std::sqrt(variance / std::max<double>(1, n - 1));
    }
};

/*!
 * Es/N0 in dB behind an MMSE equaliser of any length that knows the channel: with the
 * folded spectrum S(f) = sum_k |P(f - k) H(f - k)|^2 of pulse and paths the mean squared
 * error is the integral of N0 / (S + N0), and the SNR without the bias 1 / error - 1.
 * Source: J. G. Proakis, "Digital Communications", 10-2-2.
 */
double mmse_snr_db(const std::string& multipath, double rolloff, double esn0_db);

/*! What a link of bursts is made of. */
struct Link {
    std::string profile = "standard";
    std::string multipath = "none";
    double esn0_db = -6;
    udeepsc_phy::Modulation modulation = udeepsc_phy::Modulation::qpsk;
    std::size_t symbols = 400; //!< payload
    std::uint64_t bursts = 100; //!< frames
    unsigned copies = 1; //!< of each, which the receiver adds up
    std::string fading = "none";
    double doppler = 0; //!< cycles per sample
    double phase_noise = 0; //!< radians rms a sample
    double peak_limit_db = 100; //!< of the framer
    udeepsc_phy::HardwareFaults faults;
    double max_cfo = 0.02; //!< searched, +-cycles a symbol
};

struct LinkResult {
    std::uint64_t sent = 0; //!< frames
    std::uint64_t detected = 0; //!< bursts, one for each copy
    std::uint64_t headers = 0; //!< frames of which a header arrived
    Mean symbol_errors; //!< rate, of each burst whose header arrived
    Mean error_energy; //!< mean |received - sent|^2, of each such burst
    Mean snr_squares; //!< error of the estimate in dB, squared
    Mean copies; //!< in each such frame
};

std::vector<std::uint16_t>
random_labels(udeepsc_phy::Xoshiro256pp& random, unsigned points, std::size_t n);

/*!
 * \brief Sends bursts, each with its own carrier offset (uniform over what the profile
 * searches), delay, phase, gain (50 dB of range) and clock (+-20 ppm), and counts what
 * arrives.
 */
class LinkRunner {
public:
    LinkRunner(const Link& link, std::uint64_t seed);

    LinkResult run(bool demodulate);

    static udeepsc_phy::DetectorConfig
    detector_config(const udeepsc_phy::FrameProfile& profile, unsigned copies = 1);

private:
    udeepsc_phy::RadioChannelConfig channel_config(std::uint64_t seed) const;
    void send(LinkResult& result, bool demodulate);
    Samples through_air(Samples samples);
    Samples copies_of(const Samples& burst) const;
    bool is_preamble(const udeepsc_phy::Detection& detection, double sample) const;
    double preamble_sample() const;
    std::vector<udeepsc_phy::CopiedFrame>
    receive(const std::vector<udeepsc_phy::DetectedBurst>& bursts);
    bool judge(const udeepsc_phy::CopiedFrame& received,
               const udeepsc_phy::PayloadHeader& header,
               const std::vector<std::uint16_t>& labels,
               LinkResult& result) const;

    Link d_link;
    udeepsc_phy::FrameProfile d_profile;
    udeepsc_phy::Framer d_framer;
    udeepsc_phy::BurstDetector d_detector;
    udeepsc_phy::CopyReceiver d_receiver;
    udeepsc_phy::Constellation d_constellation;
    udeepsc_phy::SoftDemapper d_demapper;
    udeepsc_phy::Xoshiro256pp d_random;
    udeepsc_phy::RadioChannel d_channel;
    double d_cfo = 0, d_delay = 0;
};

} // namespace burst_runs
