// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/fading_channel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace udeepsc_phy {

namespace {

const std::array<std::pair<Fading, const char*>, 4> NAMES = { {
    { Fading::none, "none" },
    { Fading::awgn, "awgn" },
    { Fading::rayleigh, "rayleigh" },
    { Fading::rician, "rician" },
} };

//! What sets the gains' seed apart from the noise's.
constexpr std::uint64_t GAIN_STREAM = 0x6761696e73; // "gains"

double noise_variance(const FadingConfig& config)
{
    return config.fading == Fading::none ? 0.0 : std::pow(10.0, -config.esn0_db / 10.0);
}

} // namespace

std::string to_string(Fading fading)
{
    for (const auto& entry : NAMES) {
        if (entry.first == fading) {
            return entry.second;
        }
    }
    throw std::invalid_argument("fading: got enum value "
                                + std::to_string(static_cast<int>(fading))
                                + ", expected one of the Fading enumerators");
}

Fading fading_from_string(const std::string& name)
{
    for (const auto& entry : NAMES) {
        if (name == entry.second) {
            return entry.first;
        }
    }
    throw std::invalid_argument("fading: got \"" + name
                                + "\", expected none, awgn, rayleigh or rician");
}

void FadingConfig::validate() const
{
    to_string(fading);
    // Beyond these the noise or the symbols would leave the range of float.
    if (!(esn0_db >= -300.0 && (esn0_db <= 300.0 || std::isinf(esn0_db)))) {
        throw std::invalid_argument("esn0_db: got " + std::to_string(esn0_db)
                                    + ", expected -300 to 300 or +inf (noiseless)");
    }
    if (std::isnan(rician_k_db)) {
        throw std::invalid_argument("rician_k_db: got NaN, expected decibels, -inf "
                                    "(Rayleigh) or +inf (no scattering)");
    }
}

BlockFadingChannel::BlockFadingChannel(const FadingConfig& config)
    : d_config((config.validate(), config))
    , d_gain_random(config.seed ^ GAIN_STREAM)
    , d_noise_random(config.seed)
    , d_n0(noise_variance(config))
{ }

void BlockFadingChannel::set_config(const FadingConfig& config)
{
    config.validate();
    const bool other_seed = config.seed != d_config.seed;
    d_config = config;
    d_n0 = noise_variance(config);
    if (other_seed) {
        restart();
    }
}

void BlockFadingChannel::restart()
{
    d_gain_random = Xoshiro256pp(d_config.seed ^ GAIN_STREAM);
    d_noise_random = Xoshiro256pp(d_config.seed);
}

std::complex<float> BlockFadingChannel::draw_gain()
{
    switch (d_config.fading) {
    case Fading::rayleigh:
        return std::complex<float>(d_gain_random.complex_gaussian());
    case Fading::rician: {
        // 1/(K+1) and K/(K+1), which hold for K = 0 and K = inf too.
        const double scattered
            = 1.0 / (1.0 + std::pow(10.0, d_config.rician_k_db / 10.0));
        const double sight = 1.0 / (1.0 + std::pow(10.0, -d_config.rician_k_db / 10.0));
        return std::complex<float>(
            std::sqrt(sight) + std::sqrt(scattered) * d_gain_random.complex_gaussian());
    }
    case Fading::none:
    case Fading::awgn:
        break;
    }
    return { 1.0f, 0.0f };
}

BurstState BlockFadingChannel::apply(const std::complex<float>* x,
                                     std::size_t n,
                                     std::complex<float>* y)
{
    const BurstState state { draw_gain(), d_n0 };
    // Written out: the library's complex product checks each result for NaN.
    const float hr = state.gain.real(), hi = state.gain.imag();
    for (std::size_t i = 0; i < n; i++) {
        const float re = x[i].real(), im = x[i].imag();
        y[i] = { hr * re - hi * im, hr * im + hi * re };
    }
    if (d_n0 > 0.0) {
        const double sigma = std::sqrt(d_n0);
        for (std::size_t i = 0; i < n; i++) {
            y[i] += std::complex<float>(sigma * d_noise_random.complex_gaussian());
        }
    }
    return state;
}

std::vector<std::complex<float>>
BlockFadingChannel::apply(const std::vector<std::complex<float>>& x, BurstState* state)
{
    std::vector<std::complex<float>> y(x.size());
    const BurstState used = apply(x.data(), x.size(), y.data());
    if (state) {
        *state = used;
    }
    return y;
}

double equalize(const std::complex<float>* y,
                std::size_t n,
                std::complex<float> h,
                double n0,
                std::complex<float>* out)
{
    if (!(n0 >= 0.0)) {
        throw std::invalid_argument("n0: got " + std::to_string(n0)
                                    + ", expected 0 or more");
    }
    if (!std::isfinite(h.real()) || !std::isfinite(h.imag())) {
        std::fill(out, out + n, std::complex<float>(0.0f, 0.0f));
        return EQUALIZE_MAX_N0;
    }
    const double power
        = std::max(std::norm(std::complex<double>(h)), EQUALIZE_MIN_GAIN_POWER);
    const auto inverse_r = static_cast<float>(h.real() / power);
    const auto inverse_i = static_cast<float>(-h.imag() / power);
    for (std::size_t i = 0; i < n; i++) {
        const float re = y[i].real(), im = y[i].imag();
        out[i] = { inverse_r * re - inverse_i * im, inverse_r * im + inverse_i * re };
    }
    return std::clamp(n0 / power, EQUALIZE_MIN_N0, EQUALIZE_MAX_N0);
}

} // namespace udeepsc_phy
