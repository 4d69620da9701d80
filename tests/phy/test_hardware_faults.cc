// SPDX-License-Identifier: GPL-3.0-or-later
#include "radio_samples.h"

#include <udeepsc_phy/random.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

using namespace udeepsc_phy;
using namespace radio_samples;

namespace {

//! In each sample, of symbols of energy 1 at two samples a symbol.
constexpr double MEAN_POWER = 0.5;

double amplitude(double db)
{
    return std::sqrt(MEAN_POWER) * std::pow(10.0, db / 20.0);
}

Samples tone(double frequency, std::size_t n)
{
    Samples x(n);
    for (std::size_t i = 0; i < n; i++) {
        x[i] = std::complex<float>(std::polar(1.0, 2.0 * M_PI * frequency * i));
    }
    return x;
}

Complex at_frequency(const Samples& y, double frequency)
{
    Complex sum = 0.0;
    for (std::size_t i = 0; i < y.size(); i++) {
        sum += Complex(y[i]) * std::polar(1.0, -2.0 * M_PI * frequency * i);
    }
    return sum / static_cast<double>(y.size());
}

RadioChannelConfig everything()
{
    RadioChannelConfig config;
    config.esn0_db = 10;
    auto& f = config.faults;
    f.clip_db = 6;
    f.pa_db = 5;
    f.dc_dbc = -20;
    f.iq_gain_db = 0.5;
    f.iq_phase_deg = 3;
    f.agc_step_db = 6;
    f.agc_period = 700;
    f.pulse_sir_db = 3;
    f.pulse_period = 900;
    f.narrowband_sir_db = 10;
    f.narrowband_width = 0.01;
    f.drop_period = 1100;
    f.drop_samples = 123;
    return config;
}

} // namespace

TEST(HardwareFaults, ClippingEndsMagnitudesAndKeepsPhases)
{
    auto config = noiseless();
    config.faults.clip_db = 3;
    const double limit = amplitude(3);
    Samples x;
    for (int i = 0; i < 200; i++) {
        x.push_back(std::complex<float>(std::polar(0.01 * i, 0.3 * i)));
    }
    const auto y = send(config, x);
    for (std::size_t i = 0; i < y.size(); i++) {
        const double expected = std::min(0.01 * i, limit);
        EXPECT_LT(std::abs(Complex(y[i]) - std::polar(expected, 0.3 * i)), 1e-6) << i;
    }
}

TEST(HardwareFaults, AnAmplifierBendsAsRappSays)
{
    for (double p : { 0.7, 2.0, 100.0 }) {
        for (double backoff : { -3.0, 0.0, 6.0 }) {
            auto config = noiseless();
            config.faults.pa_db = backoff;
            config.faults.pa_smoothness = p;
            const double saturation = amplitude(backoff);
            for (double drive : { 0.001, 0.5, 1.0, 1000.0 }) {
                const Samples x(40, std::polar(float(drive * saturation), 1.0f));
                const Complex y = send(config, x).back();
                // The formula, divided by the drive where its power would overflow.
                const double expected = drive <= 1
                    ? drive * saturation
                        / std::pow(1 + std::pow(drive, 2 * p), 1 / (2 * p))
                    : saturation / std::pow(1 + std::pow(drive, -2 * p), 1 / (2 * p));
                EXPECT_NEAR(std::abs(y), expected, 1e-6 * saturation + 1e-6 * expected);
                EXPECT_NEAR(std::arg(y), 1.0, 1e-6);
            }
        }
    }
}

TEST(HardwareFaults, ALineAtZeroThatTheGainScales)
{
    auto config = noiseless();
    config.faults.dc_dbc = -20;
    config.gain_db = 6;
    config.cfo = 0.1; // the line is the receiver's own: it does not turn
    const auto y = send(config, Samples(100, 0.0f));
    for (const auto& v : y) {
        EXPECT_NEAR(std::abs(v), amplitude(-20 + 6), 1e-6);
        EXPECT_EQ(v, y[0]);
    }
}

TEST(HardwareFaults, TheImageIsAsStrongAsGainAndPhaseSay)
{
    const double f = 0.125;
    for (double gain_db : { -1.0, 0.0, 0.7 }) {
        for (double phase_deg : { 0.0, 4.5, -10.0 }) {
            auto config = noiseless();
            config.faults.iq_gain_db = gain_db;
            config.faults.iq_phase_deg = phase_deg;
            auto y = send(config, tone(f, 8000 + AHEAD));
            const double g = std::pow(10.0, gain_db / 20.0);
            const double c = 2 * g * std::cos(phase_deg * M_PI / 180);
            const double expected = (g * g + 1 - c) / (g * g + 1 + c);
            const double image
                = std::norm(at_frequency(y, -f)) / std::norm(at_frequency(y, f));
            EXPECT_NEAR(image, expected, 1e-6 + 1e-4 * expected)
                << gain_db << " " << phase_deg;
        }
    }
}

TEST(HardwareFaults, TheGainStepsUpAndDown)
{
    auto config = noiseless();
    config.faults.agc_step_db = 6;
    config.faults.agc_period = 1000;
    const auto y = send(config, Samples(10000 + AHEAD, 1.0f));
    const float up = std::pow(10.0f, 0.3f);
    std::vector<std::size_t> steps;
    for (std::size_t i = 0; i < y.size(); i++) {
        ASSERT_TRUE(y[i] == 1.0f || std::abs(y[i] - up) < 1e-6) << y[i];
        if (i > 0 && y[i] != y[i - 1]) {
            steps.push_back(i);
        }
    }
    ASSERT_GE(steps.size(), 9u);
    for (std::size_t k = 1; k < steps.size(); k++) {
        EXPECT_EQ(steps[k] - steps[k - 1], 1000u);
    }
}

TEST(HardwareFaults, PulsesOfAShareAndAPower)
{
    auto config = noiseless();
    config.faults.pulse_sir_db = -10;
    config.faults.pulse_duty = 0.2;
    config.faults.pulse_period = 500;
    const auto y = send(config, Samples(200000 + AHEAD, 0.0f));
    double energy = 0.0;
    std::size_t on = 0;
    for (const auto& v : y) {
        on += v != 0.0f;
        energy += std::norm(Complex(v));
    }
    EXPECT_NEAR(on, 40000, 100);
    // A mean of n exponentials is off by 1 / sqrt(n) rms; five of these.
    EXPECT_NEAR(energy / on / (10 * MEAN_POWER), 1.0, 5 / std::sqrt(on));
}

TEST(HardwareFaults, ANarrowBandOfAPlaceAPowerAndAWidth)
{
    auto config = noiseless();
    config.faults.narrowband_sir_db = 5;
    config.faults.narrowband_offset = -0.2;
    const auto sine = send(config, Samples(1000 + AHEAD, 0.0f));
    EXPECT_NEAR(std::abs(at_frequency(sine, -0.2)), amplitude(-5), 1e-5);

    const double width = 0.01;
    config.faults.narrowband_width = width;
    const std::size_t n = 400000;
    const auto y = send(config, Samples(n + AHEAD, 0.0f));
    for (std::size_t lag : { 0u, 10u, 30u }) {
        Complex correlation = 0.0;
        for (std::size_t i = lag; i < n; i++) {
            correlation += Complex(y[i]) * std::conj(Complex(y[i - lag])) / double(n);
        }
        // About n width independent values.
        const Complex expected = amplitude(-5) * amplitude(-5)
            * std::polar(std::exp(-M_PI * width * lag), -2 * M_PI * 0.2 * lag);
        EXPECT_LT(std::abs(correlation - expected),
                  5 * std::norm(amplitude(-5)) / std::sqrt(n * width))
            << lag;
    }
}

TEST(HardwareFaults, LostSamplesAreCounted)
{
    auto config = everything();
    config.faults.drop_period = 0;
    const auto x = tone(0.03, 20000);
    const auto whole = send(config, x);
    config.faults.drop_period = 3000;
    config.faults.drop_samples = 250;
    RadioChannel channel(config);
    const auto y = channel.apply(x.data(), x.size());
    const auto losses = channel.losses();
    ASSERT_GE(losses.size(), 6u);
    std::size_t at = 0, lost = 0;
    for (const auto& loss : losses) {
        // Up to the loss the samples are those of the channel that loses none.
        ASSERT_TRUE(
            std::equal(y.begin() + at, y.begin() + loss.index, &whole[at + lost]));
        const std::size_t now = loss.sample - loss.index;
        if (at > 0) {
            EXPECT_EQ(now - lost, 250u);
        }
        lost = now;
        at = loss.index;
    }
    EXPECT_TRUE(std::equal(y.begin() + at, y.end(), &whole[at + lost]));
    channel.apply(x.data(), 10);
    EXPECT_TRUE(channel.losses().empty());
}

TEST(HardwareFaults, TheSameHoweverTheStreamIsCut)
{
    const auto config = everything();
    const auto x = tone(0.03, 20000);
    const auto whole = send(config, x);
    RadioChannel channel(config);
    Samples pieces;
    for (std::size_t at = 0, length = 0; at < x.size(); at += length) {
        length = std::min((length * 5 + 1) % 997, x.size() - at);
        const auto y = channel.apply(x.data() + at, length);
        for (const auto& loss : channel.losses()) {
            EXPECT_LT(loss.index, y.size());
        }
        pieces.insert(pieces.end(), y.begin(), y.end());
    }
    EXPECT_EQ(whole, pieces);
}

TEST(HardwareFaults, NoneLeavesTheChannelAsItWas)
{
    RadioChannelConfig config;
    config.multipath = "three_tap";
    config.fading = "rayleigh";
    const auto x = tone(0.03, 2000);
    const auto without = send(config, x);
    config.faults.dc_dbc = -300 + 100.0; // -200 dB: less than a float beside the signal
    EXPECT_EQ(send(config, x), without);
    config.faults = everything().faults;
    EXPECT_NE(send(config, x), without);
}

TEST(HardwareFaults, RefusesWhatIsOutOfRange)
{
    const auto refuses
        = [](const std::string& field, double HardwareFaults::*member, double value) {
              RadioChannelConfig config;
              config.faults.*member = value;
              try {
                  RadioChannel channel(config);
                  ADD_FAILURE() << field << " accepted";
              } catch (const std::invalid_argument& e) {
                  EXPECT_EQ(std::string(e.what()).rfind(field + ": got ", 0), 0u)
                      << e.what();
              }
          };
    const double nan = std::nan("");
    const double inf = std::numeric_limits<double>::infinity();
    for (double value : { nan, -inf, 200.0 }) {
        refuses("clip_db", &HardwareFaults::clip_db, value);
        refuses("pa_db", &HardwareFaults::pa_db, value);
    }
    refuses("pa_smoothness", &HardwareFaults::pa_smoothness, 0);
    refuses("dc_dbc", &HardwareFaults::dc_dbc, inf);
    refuses("iq_gain_db", &HardwareFaults::iq_gain_db, 7);
    refuses("iq_phase_deg", &HardwareFaults::iq_phase_deg, 90);
    refuses("agc_step_db", &HardwareFaults::agc_step_db, -1);
    refuses("agc_period", &HardwareFaults::agc_period, 0);
    refuses("pulse_sir_db", &HardwareFaults::pulse_sir_db, nan);
    refuses("pulse_duty", &HardwareFaults::pulse_duty, 1.1);
    refuses("pulse_period", &HardwareFaults::pulse_period, 0.5);
    refuses("narrowband_sir_db", &HardwareFaults::narrowband_sir_db, -inf);
    refuses("narrowband_offset", &HardwareFaults::narrowband_offset, 0.6);
    refuses("narrowband_width", &HardwareFaults::narrowband_width, -0.1);
    refuses("drop_samples", &HardwareFaults::drop_period, 500); // fewer than 1000 lost
    refuses("drop_period", &HardwareFaults::drop_period, -1);
    refuses("drop_samples", &HardwareFaults::drop_samples, 0);
    refuses("drop_tag_rate", &HardwareFaults::drop_tag_rate, -1);
}
