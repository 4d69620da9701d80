// SPDX-License-Identifier: GPL-3.0-or-later
//
// Receiver's sample m is taken at the transmitter's time t = m / (1 + clock_ppm 1e-6):
//
//     y[m] = G F(e^(j phi[m]) sum_k g_k[m] A(x)(t - delay - d_k) + n[m] + i[m])
//
// in the order of the physics: the transmitter's amplifier A bends what it sends, the air
// delays and sums paths whose gains g_k fade, the receiver's oscillator turns (phi:
// carrier offset, phase, phase noise) while its clock samples, its first amplifier adds
// white noise n of variance N0 to signal and interference i, its front end F (I, Q, line
// at 0 Hz, steps of the gain) and its gain G come last. Circular white noise is the same
// before and after an oscillator.
#include <udeepsc_phy/radio_channel.h>

#include "amplifier.h"
#include "front_end.h"
#include "interference.h"
#include "oscillator.h"
#include "require.h"
#include "sample_drops.h"
#include "scattered_gain.h"
#include "math/sinc_interpolator.h"

#include <udeepsc_phy/fading_channel.h>
#include <udeepsc_phy/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

using detail::Amplifier;
using detail::FrontEnd;
using detail::Interference;
using detail::Oscillator;
using detail::require;
using detail::SampleDrops;
using detail::ScatteredGain;
using detail::SincInterpolator;

constexpr std::size_t MAX_PATHS = 4;
constexpr double MAX_PATH_SYMBOLS = 3.0;
constexpr unsigned MAX_SAMPLES_PER_SYMBOL = 64;

//! Samples before the present one that any profile may ask for.
constexpr std::int64_t HISTORY
    = static_cast<std::int64_t>(MAX_PATH_SYMBOLS * MAX_SAMPLES_PER_SYMBOL)
    + SincInterpolator::TAPS;

} // namespace

void RadioChannelConfig::validate() const
{
    require(esn0_db >= -300.0 && (esn0_db <= 300.0 || std::isinf(esn0_db)),
            "esn0_db",
            esn0_db,
            "-300 to 300 or +inf (noiseless)");
    require(std::fabs(gain_db) <= 200.0, "gain_db", gain_db, "-200 to 200");
    require(std::isfinite(phase), "phase", phase, "radians");
    require(std::fabs(cfo) <= 0.5, "cfo", cfo, "-0.5 to 0.5 cycles a sample");
    require(delay >= 0.0 && delay <= 1e7, "delay", delay, "0 to 1e7 samples");
    require(std::fabs(clock_ppm) <= 1e4, "clock_ppm", clock_ppm, "-10000 to 10000");
    require(phase_noise >= 0.0 && phase_noise <= 1.0,
            "phase_noise",
            phase_noise,
            "0 to 1 radian a sample");
    require(
        doppler >= 0.0 && doppler <= 0.5, "doppler", doppler, "0 to 0.5 cycles a sample");
    require(!std::isnan(rician_k_db), "rician_k_db", rician_k_db, "decibels");
    require(samples_per_symbol >= 1 && samples_per_symbol <= MAX_SAMPLES_PER_SYMBOL,
            "samples_per_symbol",
            samples_per_symbol,
            "1 to " + std::to_string(MAX_SAMPLES_PER_SYMBOL));
    multipath_profile(multipath);
    if (fading != "none" && fading != "rayleigh" && fading != "rician") {
        throw std::invalid_argument("fading: got \"" + fading
                                    + "\", expected none, rayleigh or rician");
    }
    faults.validate();
}

struct RadioChannel::Impl {
    explicit Impl(const RadioChannelConfig& c)
    {
        seed(c.seed);
        set_config(c);
        restart();
    }

    //! Each effect has a generator of its own: one more path does not change the noise.
    void seed(std::uint64_t value)
    {
        Xoshiro256pp root(value);
        noise_random = Xoshiro256pp(root());
        phase_random = Xoshiro256pp(root());
        gain_random = Xoshiro256pp(root());
        fault_random = Xoshiro256pp(root());
        pulse_random = Xoshiro256pp(root());
    }

    void set_config(const RadioChannelConfig& c)
    {
        if (c.seed != config.seed) {
            seed(c.seed);
        }
        config = c;
        step = 1.0 / (1.0 + c.clock_ppm * 1e-6);
        const double gain = std::pow(10.0, c.gain_db / 20.0);
        scale = static_cast<float>(gain);
        // 10^(-inf) is 0: no noise.
        sigma = gain * std::sqrt(std::pow(10.0, -c.esn0_db / 10.0));
        oscillator.set(c.cfo, c.phase, c.phase_noise);
        for (auto& s : scattered) {
            s.set_doppler(c.doppler);
        }
        set_paths();
        const double mean_power = 1.0 / c.samples_per_symbol;
        amplifier.set(c.faults, mean_power);
        interference.set(c.faults, mean_power);
        front_end.set(c.faults, mean_power, gain);
        drops.set(c.faults);
    }

    void set_paths()
    {
        // 1/(K+1) and K/(K+1), which hold for K = 0 and K = inf too.
        double scatter = 0.0, sight = 1.0;
        if (config.fading == "rayleigh") {
            scatter = 1.0;
            sight = 0.0;
        } else if (config.fading == "rician") {
            scatter = 1.0 / (1.0 + std::pow(10.0, config.rician_k_db / 10.0));
            sight = 1.0 / (1.0 + std::pow(10.0, -config.rician_k_db / 10.0));
        }
        taps.clear();
        for (const auto& path : multipath_profile(config.multipath)) {
            Tap tap;
            tap.delay = path.delay * config.samples_per_symbol;
            tap.sight = std::polar(std::sqrt(path.power * sight), path.phase);
            tap.scatter = std::sqrt(path.power * scatter);
            taps.push_back(tap);
        }
    }

    void restart()
    {
        for (auto& s : scattered) {
            s.draw(gain_random, config.doppler);
        }
        oscillator.restart();
        interference.restart(fault_random);
        front_end.restart(fault_random);
        drops.restart(fault_random);
        whole = 0;
        part = 0.0;
        delay_whole = static_cast<std::int64_t>(std::floor(config.delay));
        delay_part = config.delay - delay_whole;
        buffer_first = -delay_whole - HISTORY;
        buffer.assign(static_cast<std::size_t>(-buffer_first), { 0.0f, 0.0f });
    }

    std::vector<std::complex<float>> apply(const std::complex<float>* x, std::size_t n)
    {
        if (amplifier.linear()) {
            buffer.insert(buffer.end(), x, x + n);
        } else {
            std::transform(x, x + n, std::back_inserter(buffer), amplifier);
        }
        const std::int64_t end = buffer_first + static_cast<std::int64_t>(buffer.size());
        losses.clear();
        std::vector<std::complex<float>> y;
        y.reserve(static_cast<std::size_t>(n / step) + 64);
        // Not before its time, and not before what its interpolation reads is there.
        while (std::max(whole, whole - delay_whole + SincInterpolator::HALF) < end) {
            const auto value = sample();
            if (drops.keeps_next(y.size(), losses)) {
                y.push_back(value);
            }
            part += step - 1.0;
            whole++;
            const double carry = std::floor(part);
            part -= carry;
            whole += static_cast<std::int64_t>(carry);
        }
        drop_history();
        return y;
    }

    std::complex<float> sample()
    {
        float re = 0.0f, im = 0.0f;
        for (std::size_t k = 0; k < taps.size(); k++) {
            const auto value = path_sample(taps[k]);
            auto gain = taps[k].sight;
            if (taps[k].scatter > 0.0) {
                gain += taps[k].scatter * scattered[k].next();
            }
            const auto gr = static_cast<float>(gain.real());
            const auto gi = static_cast<float>(gain.imag());
            re += gr * value.real() - gi * value.imag();
            im += gr * value.imag() + gi * value.real();
        }
        const auto turn = oscillator.next(phase_random);
        std::complex<float> y = { scale * (turn.real() * re - turn.imag() * im),
                                  scale * (turn.real() * im + turn.imag() * re) };
        if (sigma > 0.0) {
            y += std::complex<float>(sigma * noise_random.complex_gaussian());
        }
        if (!interference.silent()) {
            y += scale * interference.next(pulse_random);
        }
        return front_end.perfect() ? y : front_end.next(y);
    }

    struct Tap {
        double delay = 0.0; //!< samples
        std::complex<double> sight;
        double scatter = 0.0;
        SincInterpolator interpolate;
    };

    std::complex<float> path_sample(Tap& tap) const
    {
        // Whole samples apart: a double would lose the fraction in a long stream.
        const double behind = part - delay_part - tap.delay;
        const double floor = std::floor(behind);
        const double fraction = behind - floor;
        if (fraction != tap.interpolate.fraction()) {
            tap.interpolate.set_fraction(fraction);
        }
        const std::int64_t at = whole - delay_whole + static_cast<std::int64_t>(floor);
        return tap.interpolate(buffer.data() + (at - buffer_first));
    }

    void drop_history()
    {
        const std::int64_t first = whole - delay_whole - HISTORY;
        // Rarely, so that moving the rest costs little.
        const std::int64_t unused = first - buffer_first;
        if (unused > static_cast<std::int64_t>(buffer.size() / 2)) {
            buffer.erase(buffer.begin(), buffer.begin() + unused);
            buffer_first = first;
        }
    }

    RadioChannelConfig config;
    Xoshiro256pp noise_random { 0 }, phase_random { 0 }, gain_random { 0 };
    Xoshiro256pp fault_random { 0 }, pulse_random { 0 };
    double step = 1.0, sigma = 0.0;
    float scale = 1.0f;
    Oscillator oscillator;
    std::array<ScatteredGain, MAX_PATHS> scattered;
    std::vector<Tap> taps;
    Amplifier amplifier;
    Interference interference;
    FrontEnd front_end;
    SampleDrops drops;
    std::vector<SampleLoss> losses;

    std::int64_t whole = 0; //!< transmitter's time of the next output sample ...
    double part = 0.0; //!< ... and its fraction
    std::int64_t delay_whole = 0;
    double delay_part = 0.0;
    std::vector<std::complex<float>> buffer;
    std::int64_t buffer_first = 0; //!< time of buffer[0]
};

RadioChannel::RadioChannel(const RadioChannelConfig& config)
{
    config.validate();
    d_impl = std::make_unique<Impl>(config);
}

RadioChannel::~RadioChannel() = default;

const RadioChannelConfig& RadioChannel::config() const
{
    return d_impl->config;
}

void RadioChannel::set_config(const RadioChannelConfig& config)
{
    config.validate();
    d_impl->set_config(config);
}

void RadioChannel::restart()
{
    d_impl->restart();
}

std::vector<std::complex<float>> RadioChannel::apply(const std::complex<float>* x,
                                                     std::size_t n)
{
    return d_impl->apply(x, n);
}

const std::vector<SampleLoss>& RadioChannel::losses() const
{
    return d_impl->losses;
}

} // namespace udeepsc_phy
