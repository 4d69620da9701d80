// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame/frame_layout.h"
#include "frame/header_codec.h"
#include "frame/pulse_shaper.h"
#include "frame/root_raised_cosine.h"

#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace udeepsc_phy;
using detail::FrameLayout;

namespace {

using Samples = std::vector<std::complex<float>>;

const char* const SINGLE_CARRIER[] = { "standard", "multipath", "short" };

Payload random_payload(std::size_t n, std::uint64_t seed)
{
    Xoshiro256pp random(seed);
    const Constellation constellation(Modulation::qam16);
    Payload payload;
    payload.header.task = 3;
    payload.header.modality = 1;
    payload.header.frame_id = seed % 256;
    payload.header.modulation = Modulation::qam16;
    payload.header.vectors = 7;
    for (std::size_t i = 0; i < n; i++) {
        payload.symbols.push_back(constellation.points()[random() % 16]);
    }
    return payload;
}

//! The matched filter's output for symbol \p symbol of a burst.
std::complex<double>
matched_filter(const Samples& burst, const FrameLayout& layout, std::ptrdiff_t symbol)
{
    const auto& p = layout.profile();
    const auto h
        = detail::root_raised_cosine(p.samples_per_symbol, p.rolloff, p.filter_span);
    const std::size_t first = layout.symbol_sample(symbol) - h.size() / 2;
    std::complex<double> sum = 0.0;
    for (std::size_t i = 0; i < h.size(); i++) {
        sum += std::complex<double>(burst.at(first + i)) * double(h[i]);
    }
    return sum;
}

double energy(const Samples& x, std::size_t first, std::size_t last)
{
    double sum = 0.0;
    for (std::size_t i = first; i < last; i++) {
        sum += std::norm(std::complex<double>(x[i]));
    }
    return sum;
}

} // namespace

// Against the sum that defines it.
TEST(Framer, PulseShaperIsTheConvolution)
{
    Xoshiro256pp random(1);
    for (unsigned sps : { 2u, 3u, 8u }) {
        for (std::size_t n : { 1u, 2u, 15u, 16u, 17u, 100u }) {
            const auto h = detail::root_raised_cosine(sps, 0.35, 10);
            Samples x(n);
            for (auto& value : x) {
                value = random.complex_gaussian();
            }
            const auto y = detail::PulseShaper(h, sps).shape(x);
            ASSERT_EQ(y.size(), (n - 1) * sps + h.size());
            std::vector<std::complex<double>> expected(y.size());
            for (std::size_t k = 0; k < n; k++) {
                for (std::size_t i = 0; i < h.size(); i++) {
                    expected[k * sps + i] += std::complex<double>(x[k]) * double(h[i]);
                }
            }
            for (std::size_t i = 0; i < y.size(); i++) {
                ASSERT_NEAR(std::abs(std::complex<double>(y[i]) - expected[i]), 0, 1e-5);
            }
        }
    }
    EXPECT_TRUE(detail::PulseShaper({ 1.0f }, 2).shape({}).empty());
}

// Every symbol comes back from the matched filter; what the others add is under -40 dB.
TEST(Framer, MatchedFilterGivesTheSymbolsBack)
{
    for (const char* name : SINGLE_CARRIER) {
        const Framer framer(FrameProfile::from_name(name));
        const FrameLayout layout(framer.profile());
        const std::vector<Payload> payloads { random_payload(333, 1),
                                              random_payload(1, 2),
                                              random_payload(56, 3) };
        const auto burst = framer.frame(payloads, { 7, 9 });
        ASSERT_EQ(burst.size(), framer.burst_samples({ 333, 1, 56 }));

        double error = 0.0;
        std::size_t count = 0;
        const auto expect = [&](std::ptrdiff_t symbol, std::complex<double> value) {
            error += std::norm(matched_filter(burst, layout, symbol) - value);
            count++;
        };
        std::size_t position = 0;
        const detail::HeaderCodec codec(framer.profile().header_repetition);
        std::vector<detail::FramePayload> contents;
        for (const auto& payload : payloads) {
            contents.push_back({ payload.header, {} });
            contents.back().header.symbols = payload.symbols.size();
        }
        detail::Bits description;
        const auto header = detail::describe(contents, { 7, 9 }, description);
        ASSERT_EQ(description.size(), 3u * 48);
        for (float x : codec.encode(header)) {
            expect(layout.body_symbol(position++), x);
        }
        for (float x : codec.encode_description(description)) {
            expect(layout.body_symbol(position++), x);
        }
        std::size_t k = 0;
        for (const auto& payload : payloads) {
            for (const auto& symbol : payload.symbols) {
                expect(layout.body_symbol(position++),
                       symbol * layout.payload_signs()[k++]);
            }
        }
        for (const auto& run : layout.reference_runs(position)) {
            for (std::size_t i = 0; i < run.values.size(); i++) {
                expect(run.first + i, run.values[i]);
            }
        }
        EXPECT_EQ(count, layout.frame_symbols(position));
        const int ramp = framer.profile().ramp_symbols;
        for (int i = 0; i < ramp; i++) {
            expect(i - ramp, layout.ramp_up()[i]);
            expect(layout.frame_symbols(position) + i, layout.ramp_down()[i]);
        }
        EXPECT_LT(10.0 * std::log10(error / count), -40.0) << name;
        EXPECT_EQ(framer.overhead_symbols({ 333, 1, 56 }), count - 390);
    }
}

// Symbols of energy 1 and pulses of energy 1: power 1 / samples_per_symbol inside a
// burst.
TEST(Framer, MeanPower)
{
    for (unsigned sps : { 2u, 4u, 8u }) {
        FrameProfile profile;
        profile.samples_per_symbol = sps;
        const auto burst = Framer(profile).frame({ random_payload(8000, 4) });
        const std::size_t edge = 30 * sps;
        const double power
            = energy(burst, edge, burst.size() - edge) / (burst.size() - 2 * edge);
        // 16-QAM's energy varies by 0.57 of its mean: 0.6 % over 9000 symbols.
        EXPECT_NEAR(power * sps, 1.0, 0.02) << sps;
    }
}

// A burst rises and falls without an edge: nothing in its first and last samples, and no
// jump that the burst's middle would not have.
TEST(Framer, Ramps)
{
    const FrameProfile profile;
    const auto burst = Framer(profile).frame({ random_payload(500, 5) });
    const std::size_t sps = profile.samples_per_symbol, n = burst.size();
    for (std::size_t tail : { std::size_t(0), n - 5 * sps }) {
        // 30 dB under the burst's power of 1/2 a sample, five symbols long.
        EXPECT_LT(energy(burst, tail, tail + 5 * sps), 0.5e-3 * 5 * sps);
    }
    EXPECT_LT(std::abs(burst.front()), 1e-3f);
    EXPECT_LT(std::abs(burst.back()), 1e-3f);
    // Control: without ramps the tail's energy is several times that.
    auto abrupt = profile;
    abrupt.ramp_symbols = 0;
    const auto edge = Framer(abrupt).frame({ random_payload(500, 5) });
    EXPECT_GT(energy(edge, 0, 5 * sps), 3.0 * energy(burst, 0, 5 * sps));
}

TEST(Framer, ScramblingWhitensAConstantPayload)
{
    Payload payload;
    payload.symbols.assign(2000, { 1.0f, 0.0f });
    const Framer framer { FrameProfile() };
    const FrameLayout layout(framer.profile());
    const auto burst = framer.frame({ payload });
    std::complex<double> sum = 0.0;
    for (int k = 0; k < 2000; k++) {
        sum += matched_filter(burst, layout, layout.body_symbol(1120 + k));
    }
    // A random walk of 2000 steps: 45; four times that. Unscrambled it would be 2000.
    EXPECT_LT(std::abs(sum), 180.0);
}

TEST(Framer, Errors)
{
    const Framer framer { FrameProfile() };
    EXPECT_THROW(framer.frame(std::vector<Payload>()), std::invalid_argument);
    EXPECT_THROW(framer.frame({ Payload() }), std::invalid_argument);
    EXPECT_THROW(framer.frame({ random_payload(8192, 1) }), std::invalid_argument);
    std::vector<Payload> most(4, random_payload(8191, 1));
    most.push_back(random_payload(4, 1));
    EXPECT_NO_THROW(framer.frame(most));
    most.push_back(random_payload(1, 1));
    EXPECT_THROW(framer.frame(most), std::invalid_argument);
    EXPECT_THROW(framer.frame(std::vector<Payload>(65, random_payload(1, 1))),
                 std::invalid_argument);
    EXPECT_THROW(framer.frame({ random_payload(1, 1) }, { 256, 0 }),
                 std::invalid_argument);
    EXPECT_THROW(framer.frame({ random_payload(1, 1) }, { 0, 256 }),
                 std::invalid_argument);
    auto other = random_payload(8, 1);
    other.header.model = 1;
    EXPECT_THROW(framer.frame({ random_payload(8, 1), other }), std::invalid_argument);
    // 43 runs of 6 bytes are more than 255.
    EXPECT_NO_THROW(framer.frame(std::vector<Payload>(42, random_payload(1, 1))));
    EXPECT_THROW(framer.frame(std::vector<Payload>(43, random_payload(1, 1))),
                 std::invalid_argument);
    EXPECT_THROW(framer.burst_samples(std::vector<std::size_t>()), std::invalid_argument);
    EXPECT_THROW(framer.overhead_symbols({ 0 }), std::invalid_argument);

    auto bad_task = random_payload(8, 1);
    bad_task.header.task = 16;
    EXPECT_THROW(framer.frame({ bad_task }), std::invalid_argument);
    for (float value : { std::numeric_limits<float>::quiet_NaN(),
                         std::numeric_limits<float>::infinity() }) {
        auto payload = random_payload(8, 1);
        payload.symbols[3] = { 0.0f, value };
        try {
            framer.frame({ random_payload(8, 2), payload });
            ADD_FAILURE();
        } catch (const std::invalid_argument& error) {
            EXPECT_NE(std::string(error.what()).find("payloads[1].symbols"),
                      std::string::npos);
        }
    }
    FrameProfile profile;
    profile.rolloff = 2.0;
    EXPECT_THROW(Framer { profile }, std::invalid_argument);

    // What the framer sets itself may hold anything.
    auto payload = random_payload(8, 1);
    payload.header.symbols = 0;
    EXPECT_EQ(framer.frame({ payload }), framer.frame({ random_payload(8, 1) }));
}
