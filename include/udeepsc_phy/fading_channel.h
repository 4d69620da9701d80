// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/random.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

enum class Fading {
    none, //!< y = x: gain 1 and no noise, whatever Es/N0 says
    awgn, //!< gain 1
    rayleigh, //!< gain CN(0, 1)
    rician, //!< gain sqrt(K/(K+1)) + CN(0, 1/(K+1)): a line of sight of phase 0
};

//! "none", "awgn", "rayleigh" or "rician".
std::string to_string(Fading fading);

//! Inverse of to_string(). \throws std::invalid_argument for any other text.
Fading fading_from_string(const std::string& name);

struct FadingConfig {
    Fading fading = Fading::awgn;
    double esn0_db = 20.0; //!< mean Es/N0 in dB; +inf is noiseless
    double rician_k_db = 10.0; //!< line of sight to scattered power in dB; used by rician
    std::uint64_t seed = 1;

    //! \throws std::invalid_argument naming the field, what it holds and what it may
    //! hold.
    void validate() const;
};

//! What the channel did to one burst: a receiver that knows it has perfect CSI.
struct BurstState {
    std::complex<float> gain; //!< h
    double n0; //!< noise variance per complex symbol
};

/*!
 * \brief Block fading: y = h x + n with one gain h per burst.
 *
 * E|h|^2 = 1 and E|n|^2 = N0 = 10^(-esn0_db/10) per complex symbol (N0/2 per real
 * dimension), so esn0_db is the mean Es/N0 of symbols of unit energy. The same seed gives
 * the same gains and noise; burst number k has the same gain whatever the length and the
 * noise of those before it. Not safe to share between threads.
 */
class BlockFadingChannel {
public:
    explicit BlockFadingChannel(const FadingConfig& config);

    const FadingConfig& config() const { return d_config; }

    //! Takes effect at the next burst; the generators go on unless the seed changed.
    void set_config(const FadingConfig& config);

    //! Begins again: the next burst has the gain and the noise of the first.
    void restart();

    //! N0 of the next burst.
    double n0() const { return d_n0; }

    //! Sends one burst of \p n symbols; \p y may be \p x.
    BurstState apply(const std::complex<float>* x, std::size_t n, std::complex<float>* y);
    std::vector<std::complex<float>> apply(const std::vector<std::complex<float>>& x,
                                           BurstState* state = nullptr);

private:
    std::complex<float> draw_gain();

    FadingConfig d_config;
    Xoshiro256pp d_gain_random, d_noise_random;
    double d_n0;
};

//! Floors and ceiling of equalize().
constexpr double EQUALIZE_MIN_GAIN_POWER = 1e-20;
constexpr double EQUALIZE_MIN_N0 = 1e-12;
constexpr double EQUALIZE_MAX_N0 = 1e30;

/*!
 * \brief Zero forcing of a flat gain: out = y / h; returns the noise variance N0 / |h|^2.
 *
 * The variance is always finite, positive and fit for a SoftDemapper: |h|^2 is floored at
 * EQUALIZE_MIN_GAIN_POWER (so a faded burst shrinks instead of blowing up) and the
 * variance held within EQUALIZE_MIN_N0 (what a noiseless channel gives) and
 * EQUALIZE_MAX_N0. A gain that is not finite gives zeros and EQUALIZE_MAX_N0. \p out may
 * be \p y. \throws std::invalid_argument when \p n0 is negative or NaN.
 */
double equalize(const std::complex<float>* y,
                std::size_t n,
                std::complex<float> h,
                double n0,
                std::complex<float>* out);

} // namespace udeepsc_phy
