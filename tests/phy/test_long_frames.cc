// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "frame/frame_layout.h"

using namespace udeepsc_phy;

/* Frames of many payloads: what they cost, and that their ends are as good as their
 * beginnings. */
namespace {

std::vector<PayloadHeader> headers_of(const std::vector<Payload>& payloads)
{
    std::vector<PayloadHeader> headers;
    for (const auto& payload : payloads) {
        headers.push_back(payload.header);
        headers.back().symbols = static_cast<unsigned>(payload.symbols.size());
    }
    return headers;
}

//! Symbols on the air per payload symbol, of a picture in frames of so many tiles.
double ratio(const std::string& profile, std::size_t tiles_a_frame)
{
    const Framer framer(FrameProfile::from_name(profile));
    const std::vector<std::size_t> tiles(tiles_a_frame, 512);
    const double payload = 512.0 * double(tiles_a_frame);
    return (payload + double(framer.overhead_symbols(tiles))) / payload;
}

} // namespace

// A picture of 256 x 256 pixels, 64 tiles of 512 symbols.
TEST(LongFrames, APictureCostsLittleMoreThanItsSymbols)
{
    EXPECT_LE(ratio("standard", 64), 1.20);
    EXPECT_LE(ratio("standard", 32), 1.25);
    EXPECT_LE(ratio("short", 64), 1.085);
    EXPECT_LE(ratio("short", 32), 1.10);
    EXPECT_GE(ratio("standard", 1), 3.0); // one tile a frame
}

class LongFrameProfiles : public testing::TestWithParam<const char*> { };

INSTANTIATE_TEST_SUITE_P(Profiles,
                         LongFrameProfiles,
                         testing::Values("standard", "multipath", "short"));

// Clocks 20 ppm apart drift by 0.75 symbols over the longest frame.
TEST_P(LongFrameProfiles, TheEndIsAsGoodAsTheBeginning)
{
    const auto profile = FrameProfile::from_name(GetParam());
    Clean clean(profile, 300);
    BurstDemodulator demodulator(profile);
    const Framer framer(profile);
    for (double ppm : { -20.0, 20.0 }) {
        const auto sent = picture(64, 512, Modulation::qam16, clean.random);
        auto config = random_channel(profile, 20.0, clean.random);
        config.clock_ppm = ppm;
        const auto frame = demodulator.demodulate(
            detected(profile, config, through(framer.frame(sent), config), clean.random));
        ASSERT_EQ(frame.fault, Fault::none);
        ASSERT_EQ(frame.payloads.size(), 64u);
        EXPECT_NEAR(frame.clock_ppm, ppm, 1.0);
        for (std::size_t i = 0; i < 64; i++) {
            EXPECT_EQ(frame.payloads[i].header.frame_id, sent[i].header.frame_id);
            // Four standard deviations of 4.4 %, and 0.2 dB lost.
            ASSERT_LT(mean_error(frame.payloads[i], sent[i]), 0.0124) << i;
        }
    }
}

// At the lowest Es/N0 that a profile is for, behind a detector: half a decibel lost.
TEST(LongFrames, StandardHoldsAtMinusSix)
{
    Link link(FrameProfile::from_name("standard"), 301);
    const Framer framer(link.profile());
    for (double ppm : { -20.0, 20.0 }) {
        const auto sent = picture(64, 512, Modulation::qpsk, link.random());
        auto config = link.draw(-6.0);
        config.clock_ppm = ppm;
        const auto frames = good(link.receive(through(framer.frame(sent), config)));
        ASSERT_EQ(frames.size(), 1u);
        ASSERT_EQ(frames[0].payloads.size(), 64u);
        double last = 0.0, claimed = 0.0;
        for (std::size_t i = 48; i < 64; i++) {
            last += mean_error(frames[0].payloads[i], sent[i]) / 16;
            claimed += frames[0].payloads[i].noise_var[100] / 16;
        }
        // 8192 of N0 = 4.
        EXPECT_LT(10.0 * std::log10(last / 3.981), 0.25);
        EXPECT_NEAR(last / claimed, 1.0, 0.06);
    }
}

// Samples of several modalities, selected vectors, checks: all of it is told.
TEST(LongFrames, DescriptionsTellEverything)
{
    for (const auto& name : FrameProfile::names()) {
        Link link(FrameProfile::from_name(name), 302);
        const Framer framer(link.profile());
        auto sent = picture(5, 40, Modulation::qam16, link.random());
        for (std::size_t n : { 7u, 12u, 9u }) {
            sent.push_back(random_payload(n, Modulation::qpsk, link.random()));
            sent.back().header.vectors = 3;
            sent.back().header.candidates = 64;
            sent.back().header.positions = { 0, 1 + unsigned(link.random()() % 40), 63 };
            sent.back().header.checked = n != 12;
        }
        const FrameAddresses addresses { 17, 200 };
        ASSERT_TRUE(framer.fits(headers_of(sent)));
        const auto frames
            = good(link.receive(through(framer.frame(sent, addresses), link.draw(25.0))));
        ASSERT_EQ(frames.size(), 1u) << name;
        EXPECT_EQ(frames[0].addresses, addresses);
        ASSERT_EQ(frames[0].payloads.size(), sent.size());
        for (std::size_t i = 0; i < sent.size(); i++) {
            const auto& got = frames[0].payloads[i];
            auto header = sent[i].header;
            header.symbols = static_cast<unsigned>(sent[i].symbols.size());
            EXPECT_EQ(got.header, header) << name << i;
            EXPECT_LT(mean_error(got, sent[i]), 0.02);
            EXPECT_EQ(got.integrity,
                      header.checked ? ReceivedPayload::Integrity::intact
                                     : ReceivedPayload::Integrity::not_checked);
        }
    }
}

// Layers with power and repetitions of their own: the receiver undoes both.
TEST(LongFrames, ProtectionIsToldAndUndone)
{
    for (const auto& name : FrameProfile::names()) {
        Link link(FrameProfile::from_name(name), 304);
        const Framer framer(link.profile());
        auto sent = picture(2, 400, Modulation::qam16, link.random());
        sent.push_back(random_payload(200, Modulation::qam16, link.random()));
        sent.push_back(random_payload(400, Modulation::qam16, link.random()));
        sent[2].header.repetitions = 4;
        sent[3].header.power_db = -6.5;
        sent[3].header.checked = true;
        sent.push_back(sent[2]);
        sent[4].header.repetitions = 3;
        sent[4].header.power_db = 6;
        ASSERT_TRUE(framer.fits(headers_of(sent)));
        const auto burst = framer.frame(sent);
        const auto plain = framer.frame({ sent[0], sent[1], sent[2], sent[3] });
        EXPECT_GT(burst.size(), plain.size() + 2 * 600);
        const auto frames = good(link.receive(through(burst, link.draw(20.0))));
        ASSERT_EQ(frames.size(), 1u) << name;
        ASSERT_EQ(frames[0].payloads.size(), sent.size());
        for (std::size_t i = 0; i < sent.size(); i++) {
            const auto& got = frames[0].payloads[i];
            auto header = sent[i].header;
            header.symbols = static_cast<unsigned>(sent[i].symbols.size());
            EXPECT_EQ(got.header, header) << name << i;
            ASSERT_EQ(got.symbols.size(), sent[i].symbols.size());
            double claimed = 0.0;
            for (float v : got.noise_var) {
                claimed += v / double(got.noise_var.size());
            }
            const double energy
                = header.repetitions * std::pow(10.0, header.power_db / 10);
            // N0 = 0.01 over the energy; what the receiver says of it is what it is.
            EXPECT_NEAR(mean_error(got, sent[i]) * energy / 0.01, 1.0, 0.5) << name << i;
            EXPECT_NEAR(mean_error(got, sent[i]) / claimed, 1.0, 0.4) << name << i;
        }
    }
}

// 16-QAM at 8 dB: hardly a payload of 500 symbols has none wrong.
TEST(LongFrames, ACheckTellsWrongDecisions)
{
    using Integrity = ReceivedPayload::Integrity;
    Link link(FrameProfile::from_name("standard"), 303);
    const Framer framer(link.profile());
    const SoftDemapper demapper(Modulation::qam16);
    int damaged = 0, intact = 0;
    for (double esn0_db : { 8.0, 25.0 }) {
        auto sent = picture(10, 50, Modulation::qam16, link.random());
        for (auto& payload : sent) {
            payload.header.checked = true;
        }
        const auto frames
            = good(link.receive(through(framer.frame(sent), link.draw(esn0_db))));
        ASSERT_EQ(frames.size(), 1u);
        for (std::size_t i = 0; i < sent.size(); i++) {
            const auto& got = frames[0].payloads.at(i);
            const bool right = demapper.hard_labels(got.symbols)
                == demapper.hard_labels(sent[i].symbols);
            EXPECT_EQ(got.integrity, right ? Integrity::intact : Integrity::damaged);
            damaged += !right;
            intact += right;
        }
    }
    EXPECT_GE(damaged, 5);
    EXPECT_GE(intact, 10);
}

TEST(LongFrames, ControlMessages)
{
    using Kind = ControlMessage::Kind;
    for (const auto& name : FrameProfile::names()) {
        Link link(FrameProfile::from_name(name), 304);
        const Framer framer(link.profile());
        ControlMessage csi, acknowledgement, text;
        csi.kind = Kind::csi;
        csi.frame_id = 77;
        csi.esn0_db = -5.75;
        acknowledgement.kind = Kind::acknowledgement;
        acknowledgement.frame_id = 255;
        acknowledgement.task = 9;
        text.text = "send it again, please";
        for (const auto& sent : { csi, acknowledgement, text }) {
            const double esn0_db = name == "short" ? 10.0 : -3.0;
            const auto frames = good(
                link.receive(through(framer.frame(sent, { 3, 4 }), link.draw(esn0_db))));
            ASSERT_EQ(frames.size(), 1u) << name;
            const auto& frame = frames[0];
            EXPECT_EQ(frame.addresses, (FrameAddresses { 3, 4 }));
            EXPECT_TRUE(frame.payloads.empty());
            ASSERT_TRUE(frame.message);
            EXPECT_EQ(frame.message->kind, sent.kind);
            EXPECT_EQ(frame.message->frame_id, sent.frame_id);
            EXPECT_EQ(frame.message->task, sent.task);
            EXPECT_EQ(frame.message->esn0_db, sent.esn0_db);
            EXPECT_EQ(frame.message->text, sent.text);
        }
    }
    const Framer framer { FrameProfile() };
    ControlMessage bad;
    EXPECT_THROW(framer.frame(bad), std::invalid_argument);
    bad.text.assign(254, 'x');
    EXPECT_THROW(framer.frame(bad), std::invalid_argument);
    bad.text.resize(253);
    EXPECT_NO_THROW(framer.frame(bad));
    bad.kind = static_cast<Kind>(3);
    EXPECT_THROW(framer.frame(bad), std::invalid_argument);
}
