// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "frame/frame_header.h"

#include <udeepsc_phy/copy_combiner.h>

using namespace udeepsc_phy;

namespace {

using Time = CopyCombiner::Time;

//! A payload as it arrives in noise of this variance.
ReceivedPayload arrival(const Payload& sent, double noise_var, Xoshiro256pp& random)
{
    ReceivedPayload payload;
    payload.header = sent.header;
    payload.header.symbols = static_cast<unsigned>(sent.symbols.size());
    for (const auto& symbol : sent.symbols) {
        payload.symbols.push_back(
            symbol
            + std::complex<float>(std::sqrt(noise_var) * random.complex_gaussian()));
        payload.noise_var.push_back(static_cast<float>(noise_var));
    }
    return payload;
}

ReceivedFrame
frame_of(const std::vector<Payload>& sent, double noise_var, Xoshiro256pp& random)
{
    ReceivedFrame frame;
    for (const auto& payload : sent) {
        frame.payloads.push_back(arrival(payload, noise_var, random));
    }
    frame.snr_db = -10.0 * std::log10(noise_var);
    return frame;
}

Payload numbered(unsigned number, std::size_t symbols, Xoshiro256pp& random)
{
    auto payload = random_payload(symbols, Modulation::qpsk, random);
    payload.header.frame_id = number;
    return payload;
}

} // namespace

/*
 * The mean of the log likelihood ratio is the mutual information of two Gaussians with
 * correlation rho, -ln(1 - rho^2), for each symbol, and its negative or more for two that
 * are not the same. At -9 dB rho^2 = 1 / 80, and 2000 symbols give 25 nats, +-7.
 */
TEST(CopyEvidence, TellsCopiesFromOthers)
{
    Xoshiro256pp random(1);
    const double noise = std::pow(10.0, 0.9);
    const double rho2 = 1.0 / ((1.0 + noise) * (1.0 + noise));
    const double expected = -std::log1p(-rho2) * 2000;
    double alike = 0.0, unlike = 0.0;
    for (int i = 0; i < 100; i++) {
        const auto a = random_payload(2000, Modulation::qpsk, random);
        auto b = random_payload(2000, Modulation::qpsk, random);
        const auto first = arrival(a, noise, random);
        alike += copy_evidence(first, arrival(a, noise, random)) / 100;
        unlike += copy_evidence(first, arrival(b, noise, random)) / 100;
    }
    EXPECT_NEAR(alike, expected, 3.0); // 4 standard deviations of the mean
    EXPECT_LT(unlike, -0.8 * expected);
}

TEST(CopyCombiner, AddsWithTheWeightsOfLeastNoise)
{
    Xoshiro256pp random(2);
    const auto sent = numbered(5, 20000, random);
    CopyCombiner combiner(3);
    EXPECT_TRUE(combiner.take(frame_of({ sent }, 2.0, random), 0, Time()).empty());
    EXPECT_TRUE(combiner.take(frame_of({ sent }, 0.5, random), 1, Time()).empty());
    EXPECT_EQ(combiner.waiting().size(), 1u);
    EXPECT_EQ(combiner.first_waiting(9), 0u);
    const auto done = combiner.take(frame_of({ sent }, 1.0, random), 2, Time());
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].copies, 3u);
    EXPECT_EQ(done[0].burst, 0u);
    const auto& payload = done[0].frame.payloads[0];
    // 1 / (1 / 2 + 1 / 0.5 + 1 / 1); the mean of 20,000 exponentials is right to 0.7 %.
    EXPECT_NEAR(payload.noise_var[7], 1.0 / 3.5, 1e-6);
    EXPECT_NEAR(mean_error(payload, sent), 1.0 / 3.5, 0.01);
    EXPECT_NEAR(done[0].frame.snr_db, 10.0 * std::log10(3.5), 1e-9);
    EXPECT_TRUE(combiner.waiting().empty());
    EXPECT_EQ(combiner.first_waiting(9), 9u);
}

TEST(CopyCombiner, OneCopyGoesThrough)
{
    Xoshiro256pp random(3);
    CopyCombiner combiner(1);
    const auto sent = numbered(5, 50, random);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(combiner.take(frame_of({ sent }, 0.1, random), 0, Time()).size(), 1u);
    }
    EXPECT_THROW(CopyCombiner(0), std::invalid_argument);
    EXPECT_THROW(CopyCombiner(MAX_COPIES + 1), std::invalid_argument);
}

TEST(CopyCombiner, AnotherFrameOfTheSourceEndsTheWait)
{
    Xoshiro256pp random(4);
    CopyCombiner combiner(2);
    const auto a = numbered(5, 200, random), b = numbered(6, 200, random);
    auto stranger = frame_of({ b }, 0.1, random);
    stranger.addresses.source = 9;
    EXPECT_TRUE(combiner.take(frame_of({ a }, 0.1, random), 0, Time()).empty());
    EXPECT_TRUE(combiner.take(std::move(stranger), 1, Time()).empty());
    const auto done = combiner.take(frame_of({ b }, 0.1, random), 2, Time());
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].copies, 1u);
    EXPECT_EQ(done[0].frame.payloads[0].header.frame_id, 5u);
    EXPECT_EQ(combiner.waiting().size(), 2u);
}

TEST(CopyCombiner, TimeEndsTheWait)
{
    Xoshiro256pp random(5);
    CopyCombiner combiner(2);
    const Time early {}, late = early + std::chrono::seconds(1);
    combiner.take(frame_of({ numbered(5, 200, random) }, 0.1, random), 0, late);
    EXPECT_TRUE(combiner.take_older(late).empty());
    EXPECT_EQ(combiner.take_older(late + std::chrono::seconds(1)).size(), 1u);
    EXPECT_TRUE(combiner.waiting().empty());
}

//! The same number with other symbols is not added, and loses against two that agree.
TEST(CopyCombiner, AForgeryIsKeptApart)
{
    Xoshiro256pp random(6);
    CopyCombiner combiner(2);
    const auto sent = numbered(5, 200, random);
    auto forged = sent;
    forged.symbols = random_payload(200, Modulation::qpsk, random).symbols;
    EXPECT_TRUE(combiner.take(frame_of({ forged }, 0.1, random), 0, Time()).empty());
    EXPECT_TRUE(combiner.take(frame_of({ sent }, 0.1, random), 1, Time()).empty());
    const auto done = combiner.take(frame_of({ sent }, 0.1, random), 2, Time());
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].copies, 2u);
    EXPECT_NEAR(mean_error(done[0].frame.payloads[0], sent), 0.05, 0.015);
    EXPECT_EQ(combiner.take_unlike(), 0u);
    EXPECT_TRUE(combiner.take_older(Time::max()).empty());
    EXPECT_EQ(combiner.take_unlike(), 1u);
}

//! Nobody can tell which of two is the forgery: both go out, as without copies.
TEST(CopyCombiner, OneAgainstOneIsUndecided)
{
    Xoshiro256pp random(7);
    CopyCombiner combiner(2);
    combiner.take(frame_of({ numbered(5, 200, random) }, 0.1, random), 0, Time());
    auto other = numbered(5, 200, random);
    ReceivedFrame frame = frame_of({ other }, 0.1, random);
    frame.payloads[0].header = combiner.waiting()[0]->payloads[0].header;
    combiner.take(std::move(frame), 1, Time());
    EXPECT_EQ(combiner.take_older(Time::max()).size(), 2u);
    EXPECT_EQ(combiner.take_unlike(), 0u);
}

TEST(CopyCombiner, ForgeriesDoNotFillTheMemory)
{
    Xoshiro256pp random(8);
    CopyCombiner combiner(2);
    const auto header = numbered(5, 200, random).header;
    for (int i = 0; i < 100; i++) {
        auto payload = numbered(5, 200, random);
        payload.header = header;
        combiner.take(frame_of({ payload }, 0.1, random), 0, Time());
    }
    EXPECT_EQ(combiner.waiting().size(), 4u);
    EXPECT_EQ(combiner.take_unlike(), 96u);
}

TEST(CopyCombiner, ACutCopyIsCompleted)
{
    Xoshiro256pp random(9);
    CopyCombiner combiner(2);
    const auto sent = picture(4, 100, Modulation::qpsk, random);
    auto cut = frame_of({ sent[0], sent[1] }, 0.1, random);
    cut.fault = Fault::cut;
    combiner.take(std::move(cut), 0, Time());
    const auto done = combiner.take(frame_of(sent, 0.1, random), 1, Time());
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].frame.fault, Fault::none);
    ASSERT_EQ(done[0].frame.payloads.size(), 4u);
    EXPECT_NEAR(done[0].frame.payloads[1].noise_var[0], 0.05, 1e-6);
    EXPECT_NEAR(done[0].frame.payloads[3].noise_var[0], 0.1, 1e-6);
}

//! Two damaged copies make an intact sum.
TEST(CopyCombiner, TheCheckIsOfTheSum)
{
    using Integrity = ReceivedPayload::Integrity;
    Xoshiro256pp random(10);
    const auto sent = numbered(5, 20, random);
    const SoftDemapper demapper(Modulation::qpsk);
    const auto check = detail::label_check(demapper.hard_labels(sent.symbols), 2);
    CopyCombiner combiner(2);
    std::vector<CopiedFrame> done;
    for (unsigned i = 0; i < 2; i++) {
        auto frame = frame_of({ sent }, 1e-4, random);
        // One symbol turned by more than 90 degrees in each, with its noise told.
        frame.payloads[0].symbols[i] *= -0.5f;
        frame.payloads[0].noise_var[i] = 2.0f;
        frame.payloads[0].check = check;
        frame.payloads[0].integrity = Integrity::damaged;
        done = combiner.take(std::move(frame), i, Time());
    }
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].frame.payloads[0].integrity, Integrity::intact);
}

TEST(CopyCombiner, OneCopyTooManyIsGivenAsItIs)
{
    Xoshiro256pp random(11);
    CopyCombiner combiner(2);
    const auto sent = numbered(5, 200, random);
    combiner.take(frame_of({ sent }, 0.1, random), 0, Time());
    combiner.take(frame_of({ sent }, 0.1, random), 1, Time());
    const auto third = combiner.take(frame_of({ sent }, 0.1, random), 2, Time());
    ASSERT_EQ(third.size(), 1u);
    EXPECT_EQ(third[0].copies, 1u);
}
