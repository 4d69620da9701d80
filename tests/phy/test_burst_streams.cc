// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "modulations.h"

#include <limits>

using namespace udeepsc_phy;

/* Framer, radio channel, detector and demodulator over streams of several bursts. */

TEST(BurstLink, EveryProfileAndModulation)
{
    for (const auto& name : FrameProfile::names()) {
        Link link(FrameProfile::from_name(name), 7);
        for (auto modulation : ALL_MODULATIONS) {
            const auto sent = random_payload(200, modulation, link.random());
            const auto got = link.exchange(sent, link.draw(30.0));
            ASSERT_EQ(got.size(), 1u) << name << " " << to_string(modulation);
            EXPECT_LT(mean_error(got[0].payloads[0], sent), 2e-3) << name;
        }
    }
}

TEST(BurstLink, FadingTakesFramesButTellsTheirNoise)
{
    Link link(FrameProfile::from_name("standard"), 8);
    int arrived = 0;
    double ratio = 0.0;
    for (int i = 0; i < 40; i++) {
        auto config = link.draw(15.0);
        config.fading = "rayleigh";
        const auto sent = random_payload(300, Modulation::qpsk, link.random());
        const auto got = link.exchange(sent, config);
        if (!got.empty()) {
            arrived++;
            double claimed = 0.0;
            for (float value : got[0].payloads[0].noise_var) {
                claimed += value / 300.0;
            }
            ratio += mean_error(got[0].payloads[0], sent) / claimed;
        }
    }
    // Lost are gains of -21 dB and less, 0.8 % of them.
    EXPECT_GE(arrived, 37);
    EXPECT_NEAR(ratio / arrived, 1.0, 0.08);
}

TEST(BurstLink, BackToBackAndReplayed)
{
    Link link(FrameProfile::from_name("standard"), 9);
    const auto a = random_payload(100, Modulation::qpsk, link.random());
    const auto b = random_payload(333, Modulation::qam16, link.random());
    Samples x = link.burst(a);
    for (const auto& burst : { link.burst(b), link.burst(b), link.burst(a) }) {
        x.insert(x.end(), burst.begin(), burst.end());
    }
    const auto frames = good(link.receive(through(x, link.draw(20.0))));
    ASSERT_EQ(frames.size(), 4u);
    const Payload* const sent[] = { &a, &b, &b, &a };
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(frames[i].payloads.size(), 1u);
        EXPECT_TRUE(same_content(frames[i].payloads[0].header, sent[i]->header));
        EXPECT_LT(mean_error(frames[i].payloads[0], *sent[i]), 0.015);
        if (i > 0) {
            EXPECT_GT(frames[i].sample, frames[i - 1].end_sample);
        }
    }
}

TEST(BurstLink, TheStrongerOfTwoOverlappingArrives)
{
    Link link(FrameProfile::from_name("standard"), 10);
    const auto weak = random_payload(400, Modulation::qpsk, link.random());
    const auto strong = random_payload(400, Modulation::qpsk, link.random());
    const auto next = random_payload(50, Modulation::qpsk, link.random());
    auto config = link.draw(30.0);
    config.gain_db = 0.0;
    const auto lower = through(link.burst(weak), config);
    config = link.draw(30.0);
    config.gain_db = 20.0;
    const auto upper = through(link.burst(strong), config);
    config = link.draw(30.0);
    config.gain_db = 0.0;
    const auto later = through(link.burst(next), config);

    Samples stream = lower;
    constexpr std::size_t LATER = 900;
    stream.resize(LATER + upper.size() + later.size());
    for (std::size_t i = 0; i < upper.size(); i++) {
        stream[LATER + i] += upper[i];
    }
    for (std::size_t i = 0; i < later.size(); i++) {
        stream[LATER + upper.size() + i] += later[i];
    }
    const auto frames = good(link.receive(stream));
    int strong_seen = 0, next_seen = 0;
    for (const auto& frame : frames) {
        ASSERT_EQ(frame.payloads.size(), 1u);
        strong_seen += same_content(frame.payloads[0].header, strong.header);
        next_seen += same_content(frame.payloads[0].header, next.header);
    }
    EXPECT_EQ(strong_seen, 1);
    EXPECT_EQ(next_seen, 1);
}

// Whatever a radio brings first, the next good burst decodes.
TEST(BurstLink, AfterRubbishComesAFrame)
{
    Link link(FrameProfile::from_name("standard"), 11);
    const auto sent = random_payload(60, Modulation::qpsk, link.random());
    const auto burst = through(link.burst(sent), [&] {
        auto config = link.draw(6.0);
        config.gain_db = 0.0;
        return config;
    }());
    constexpr std::size_t LENGTH = 20000;
    const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
    const auto noise
        = [&] { return std::complex<float>(0.5 * link.random().complex_gaussian()); };
    for (int kind = 0; kind < 7; kind++) {
        Samples stream(LENGTH);
        for (std::size_t i = 0; i < LENGTH; i++) {
            const double t = double(i);
            switch (kind) {
            case 0:
                stream[i] = noise();
                break;
            case 1:
                break; // silence
            case 2:
                stream[i] = noise() + std::complex<float>(std::polar(5.0, 0.05 * t));
                break;
            case 3:
                stream[i] = noise() + std::complex<float>(std::polar(5.0, 1e-5 * t * t));
                break;
            case 4:
                stream[i] = { i % 2 ? nan : inf, -inf };
                break;
            case 5:
                stream[i] = 1e30f * noise();
                break;
            default: // a transmitter that was cut off, again and again
                stream[i] = burst[i % 1500];
                break;
            }
        }
        stream.insert(stream.end(), burst.begin(), burst.end());
        int seen = 0;
        for (const auto& frame : link.receive(stream)) {
            if (frame.fault != Fault::none) {
                continue;
            }
            ASSERT_EQ(frame.payloads.size(), 1u) << kind;
            EXPECT_TRUE(same_content(frame.payloads[0].header, sent.header)) << kind;
            seen++;
        }
        EXPECT_EQ(seen, 1) << kind;
    }
}

// The wrong rate: the header's claim may hold or not, nothing else may happen.
TEST(BurstLink, AnotherProfileIsNotUnderstood)
{
    Link sender(FrameProfile::from_name("multipath"), 12);
    Link receiver(FrameProfile::from_name("standard"), 13);
    FrameProfile faster;
    faster.samples_per_symbol = 4;
    Link other_rate(faster, 14);
    for (int i = 0; i < 5; i++) {
        const auto sent = random_payload(500, Modulation::qpsk, sender.random());
        const auto stream = through(sender.burst(sent), sender.draw(20.0));
        EXPECT_TRUE(good(receiver.receive(stream)).empty());
        EXPECT_TRUE(good(other_rate.receive(stream)).empty());
    }
}
