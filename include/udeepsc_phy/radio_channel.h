// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>
#include <udeepsc_phy/hardware_faults.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*! What lies between two radios. Frequencies are cycles per sample, times are samples. */
struct RadioChannelConfig {
    //! Es/N0 in dB for symbols of energy 1 (noise variance 10^(-esn0_db/10) per complex
    //! sample), -300..300; +inf: no noise.
    double esn0_db = 20;
    //! What a receiver's gain does: signal and noise together, dB, -200..200.
    double gain_db = 0;
    //! Radians.
    double phase = 0;
    //! Carrier offset, cycles per sample, -0.5..0.5.
    double cfo = 0;
    //! Samples, 0..1e7; fractions interpolate.
    double delay = 0;
    //! Receiver's clock against the transmitter's, ppm, -10000..10000.
    double clock_ppm = 0;
    //! Radians rms a sample of a random walk, 0..1.
    double phase_noise = 0;
    //! One of multipath_profiles(): "none", "two_tap", "three_tap", ...
    std::string multipath = "none";
    //! Of every path: "none", "rayleigh", "rician".
    std::string fading = "none";
    //! Of the fading, cycles per sample, 0..0.5; 0: one gain for each call of restart().
    double doppler = 0;
    //! Of "rician", line of sight to scatter, dB.
    double rician_k_db = 10;
    //! Unit of the multipath profiles' delays, 1 or more.
    unsigned samples_per_symbol = 2;
    //! Of gains, noise and faults; equal seeds give equal channels.
    std::uint64_t seed = 1;
    //! Faults of the hardware, and others on the air.
    HardwareFaults faults = {};

    //! \throws std::invalid_argument naming the field, what it holds and what it may
    //! hold.
    void validate() const;
};

/*! A path: delay in symbols, mean power (the powers of a profile sum to 1), phase. */
struct Path {
    double delay;
    double power;
    double phase; //!< radians, where nothing fades
};
//! "none", "two_tap", "three_tap", ...
std::vector<std::string> multipath_profiles();
std::vector<Path> multipath_profile(const std::string& name);

/*! Where samples were lost (HardwareFaults::drop_period). */
struct SampleLoss {
    //! Of the first sample after it, in what apply() gave.
    std::size_t index;
    //! Of that sample, counted from the start with those that were lost.
    std::uint64_t sample;
};

/*!
 * \brief Carrier offset, timing, clock drift, phase noise, multipath, fading, noise at an
 * exact Es/N0 and faults of the hardware, over a stream in pieces of any size. The same
 * seed gives the same output, however the stream is cut. Not safe to share between
 * threads.
 *
 *     y[m] = G F(e^(j phi[m]) sum_k g_k[m] A(x)(t - delay - d_k) + n[m] + i[m]),
 *     t = m / (1 + clock_ppm 1e-6)
 *
 * where G is the gain, phi phase, carrier offset and phase noise, g_k and d_k the paths'
 * (fading) gains and delays, and n white noise of variance N0; A is the transmitter's
 * amplifier, F the receiver's front end and i interference, of HardwareFaults.
 */
class RadioChannel {
public:
    explicit RadioChannel(const RadioChannelConfig& config);
    ~RadioChannel();
    const RadioChannelConfig& config() const;
    //! Takes effect with the next sample, without a jump in time or of the oscillator's
    //! phase; a delay takes effect with restart().
    void set_config(const RadioChannelConfig& config);
    //! New gains and a new stream: time begins at 0 again, the generators go on.
    void restart();
    /*!
     * With a clock that differs, the output has about n (1 + clock_ppm 1e-6) samples. A
     * sample comes out when those that its interpolation reads have come in, 12 more: end
     * with zeros to have all of a burst.
     */
    std::vector<std::complex<float>> apply(const std::complex<float>* x, std::size_t n);
    //! Of the last call of apply().
    const std::vector<SampleLoss>& losses() const;

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace udeepsc_phy
