// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "receive/line_fit.h"

using namespace udeepsc_phy;
using detail::LineFit;

/* The receiver's line at 0 Hz is taken off its samples, whatever was sent. */
namespace {

using Complex = std::complex<double>;

//! Symbols of a gain and a line in noise of variance 0.1, \p expected(k) the symbols.
template <class Function>
Complex fitted(Complex line, Xoshiro256pp& random, Function expected)
{
    const Complex gain = std::polar(1.3, 0.4);
    LineFit fit;
    for (int k = 0; k < 1000; k++) {
        const Complex response = std::polar(1.4, 0.02 * k), s = expected(k);
        fit.add(gain * s + line * response + std::sqrt(0.1) * random.complex_gaussian(),
                0.9 * gain * s,
                response);
    }
    return fit.amplitude();
}

} // namespace

TEST(LineFit, FindsALineWhateverTheSymbols)
{
    Xoshiro256pp random(500);
    // Of 1000 symbols and a response of 1.4: 5 deviations.
    const double deviation = std::sqrt(0.1 / 1000.0) / 1.4;
    const Complex line(0.1, -0.05);
    const auto alike = [](int) { return 1.0; };
    const auto signs = [&](int) { return random() % 2 ? 1.0 : -1.0; };
    EXPECT_LT(std::abs(fitted(line, random, signs) - line), 5.0 * deviation);
    EXPECT_LT(std::abs(fitted(line, random, alike) - line), 5.0 * deviation);
}

TEST(LineFit, FindsNoneInNoise)
{
    Xoshiro256pp random(501);
    const auto signs = [&](int) { return random() % 2 ? 1.0 : -1.0; };
    for (int trial = 0; trial < 500; trial++) {
        EXPECT_EQ(fitted(0.0, random, signs), 0.0) << trial;
    }
    // Nor where symbols and line look the same, or nothing was received.
    LineFit same, none;
    for (int k = 0; k < 100; k++) {
        same.add(1.0, 1.0, 1.0);
        none.add(0.0, 0.0, 0.0);
    }
    EXPECT_EQ(same.amplitude(), 0.0);
    EXPECT_EQ(none.amplitude(), 0.0);
    EXPECT_EQ(LineFit().amplitude(), 0.0);
}

class DcOffset : public testing::TestWithParam<std::string> { };

INSTANTIATE_TEST_SUITE_P(All, DcOffset, testing::ValuesIn(FrameProfile::names()));

// 2000 symbols at 20 dB have an error of 0.01 within 10 %, and say so: also payloads that
// are one symbol throughout, which a mean would take for a line.
TEST_P(DcOffset, LeavesNoTrace)
{
    const auto profile = FrameProfile::from_name(GetParam());
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 502);
    for (const double dbc : { -20.0, -10.0, 0.0 }) {
        auto sent = random_payload(2000, Modulation::qpsk, clean.random);
        if (dbc == -10.0) {
            sent.symbols.assign(sent.symbols.size(), sent.symbols.front());
        }
        auto burst = clean.burst({ sent }, 20.0);
        const double power = std::pow(10.0, (clean.config.gain_db + dbc) / 10.0)
            / profile.samples_per_symbol;
        const double phase = 2.0 * M_PI * clean.random.uniform();
        const std::complex<float> line(std::polar(std::sqrt(power), phase));
        for (auto& x : burst.samples) {
            x += line;
        }
        const auto frame = demodulator.demodulate(burst);
        ASSERT_EQ(frame.fault, Fault::none) << dbc;
        EXPECT_NEAR(mean_error(frame.payloads[0], sent), 0.01, 0.0013) << dbc;
        double claimed = 0.0;
        for (float variance : frame.payloads[0].noise_var) {
            claimed += variance / double(sent.symbols.size());
        }
        EXPECT_NEAR(claimed, 0.01, 0.0015) << dbc;
        EXPECT_NEAR(frame.snr_db, 20.0, 0.6) << dbc;
    }
}
