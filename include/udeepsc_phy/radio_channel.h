// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*! What lies between two radios. Frequencies are cycles per sample, times are samples. */
struct RadioChannelConfig {
    double esn0_db = 20; //!< Es/N0 in dB for symbols of energy 1 (noise variance
                         //!< 10^(-esn0_db/10) per complex sample), -300..300; +inf: no
                         //!< noise
    double gain_db = 0; //!< of signal and noise together, dB, -200..200: what a
                        //!< receiver's gain does
    double phase = 0; //!< radians
    double cfo = 0; //!< carrier offset, cycles per sample, -0.5..0.5
    double delay = 0; //!< samples, 0..1e7; fractions interpolate
    double clock_ppm
        = 0; //!< receiver's clock against the transmitter's, ppm, -10000..10000
    double phase_noise = 0; //!< radians rms a sample of a random walk, 0..1
    std::string multipath = "none"; //!< or a name of multipath_profiles(): "two_tap",
                                    //!< "three_tap", ...
    std::string fading = "none"; //!< "none", "rayleigh", "rician": of every path
    double doppler = 0; //!< of the fading, cycles per sample, 0..0.5; 0: one gain for
                        //!< each call of restart()
    double rician_k_db = 10; //!< of "rician", line of sight to scatter, dB
    unsigned samples_per_symbol
        = 2; //!< unit of the multipath profiles' delays, 1 or more
    std::uint64_t seed = 1; //!< of gains and noise; equal seeds give equal channels
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
std::vector<std::string> multipath_profiles(); //!< "none", "two_tap", "three_tap", ...
std::vector<Path> multipath_profile(const std::string& name);

/*!
 * \brief Carrier offset, timing, clock drift, phase noise, multipath, fading and noise at
 * an exact Es/N0, over a stream in pieces of any size. The same seed gives the same
 * output, however the stream is cut. Not safe to share between threads.
 *
 *     y[m] = G (e^(j phi[m]) sum_k g_k[m] x(t - delay - d_k) + n[m]),
 *     t = m / (1 + clock_ppm 1e-6)
 *
 * where G is the gain, phi phase, carrier offset and phase noise, g_k and d_k the paths'
 * (fading) gains and delays, and n white noise of variance N0.
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

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace udeepsc_phy
