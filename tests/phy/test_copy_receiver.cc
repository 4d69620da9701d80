// SPDX-License-Identifier: GPL-3.0-or-later
#include "../temp_dir.h"
#include "burst_link.h"

#include <udeepsc_phy/copy_receiver.h>

using namespace udeepsc_phy;

/* Frames that are sent several times, through channel, detector and CopyReceiver. */

namespace {

using Time = CopyReceiver::Time;

class CopyLink {
public:
    CopyLink(const std::string& profile, unsigned copies, std::uint64_t seed)
        : d_profile(FrameProfile::from_name(profile))
        , d_copies(copies)
        , d_framer(d_profile)
        , d_detector(detector_config(d_profile, copies))
        , d_receiver(d_profile, copies)
        , d_random(seed)
    { }

    Framer& framer() { return d_framer; }

    Payload payload(std::size_t symbols)
    {
        return random_payload(symbols, Modulation::qpsk, d_random);
    }

    //! All frames of these payloads, each sent so often as there are copies.
    std::vector<CopiedFrame> exchange(const std::vector<Payload>& payloads,
                                      double esn0_db,
                                      const std::string& multipath)
    {
        Samples stream;
        for (const auto& sent : payloads) {
            for (unsigned copy = 0; copy < d_copies; copy++) {
                const auto burst = d_framer.frame({ sent });
                stream.insert(stream.end(), burst.begin(), burst.end());
                stream.resize(stream.size() + 256);
            }
        }
        auto config = random_channel(d_profile, esn0_db, d_random);
        config.multipath = multipath;
        return receive(through(stream, config));
    }

private:
    static DetectorConfig detector_config(const FrameProfile& profile, unsigned copies)
    {
        DetectorConfig config;
        config.profile = profile;
        config.false_alarm_rate = 1e-6;
        config.keep_unread = copies > 1;
        return config;
    }

    std::vector<CopiedFrame> receive(const Samples& stream)
    {
        d_detector.reset();
        auto bursts = d_detector.push(stream.data(), stream.size());
        for (auto& burst : d_detector.flush()) {
            bursts.push_back(std::move(burst));
        }
        std::vector<CopiedFrame> frames;
        const auto add = [&](std::vector<CopiedFrame>&& some) {
            for (auto& frame : some) {
                if (!frame.frame.payloads.empty()) {
                    frames.push_back(std::move(frame));
                }
            }
        };
        for (const auto& burst : bursts) {
            add(d_receiver.receive(
                burst, d_number++, Time(), [](const ReceivedFrame&) { return true; }));
        }
        add(d_receiver.take_older(Time::max()));
        EXPECT_EQ(d_receiver.waiting(), 0u);
        return frames;
    }

    const FrameProfile d_profile;
    const unsigned d_copies;
    Framer d_framer;
    BurstDetector d_detector;
    CopyReceiver d_receiver;
    Xoshiro256pp d_random;
    std::uint64_t d_number = 0;
};

struct Outcome {
    int frames = 0, copies = 0, foreign = 0;
    double error = 0; //!< mean |received - sent|^2
};

//! So many times three frames of 1000 symbols.
Outcome
outcome(CopyLink& link, double esn0_db, const std::string& multipath, int times = 40)
{
    Outcome sum;
    for (int i = 0; i < times; i++) {
        std::vector<Payload> sent;
        for (unsigned k = 0; k < 3; k++) {
            sent.push_back(link.payload(1000));
            sent.back().header.frame_id = k;
        }
        for (const auto& got : link.exchange(sent, esn0_db, multipath)) {
            const auto& payload = got.frame.payloads.at(0);
            const unsigned k = payload.header.frame_id;
            if (k >= sent.size() || payload.symbols.size() != sent[k].symbols.size()) {
                sum.foreign++;
                continue;
            }
            sum.frames++;
            sum.copies += static_cast<int>(got.copies);
            sum.error += mean_error(payload, sent[k]);
        }
    }
    sum.error /= std::max(sum.frames, 1);
    return sum;
}

} // namespace

/*
 * The figure itself is `udeepsc bench phy --only copies`. 120 frames: the mean error is
 * right to 0.1 dB, Pd of 0.99 loses 2.4 of 240 bursts, and a frame with one copy that is
 * heard is lost half of the time.
 */
TEST(CopyReceiver, TwoCopiesAtMinus9AreOneAtMinus6)
{
    CopyLink one("multipath", 1, 1), two("multipath", 2, 2);
    const auto at_minus_6 = outcome(one, -6.0, "three_tap");
    const auto at_minus_9 = outcome(two, -9.0, "three_tap");
    EXPECT_GE(at_minus_6.frames, 118);
    EXPECT_GE(at_minus_9.frames, 115);
    EXPECT_GE(at_minus_9.copies, 2 * at_minus_9.frames - 6);
    EXPECT_EQ(at_minus_9.foreign, 0);
    EXPECT_NEAR(10.0 * std::log10(at_minus_9.error / at_minus_6.error), 0.0, 0.3);
}

//! The control: by themselves the headers of half the bursts cannot be read there.
TEST(CopyReceiver, OneCopyAtMinus9IsOftenLost)
{
    CopyLink link("multipath", 1, 3);
    const auto alone = outcome(link, -9.0, "three_tap");
    EXPECT_LT(alone.frames, 90);
}

TEST(CopyReceiver, EveryProfileAtEase)
{
    for (const auto& name : FrameProfile::names()) {
        CopyLink link(name, 3, 4);
        const auto easy = outcome(link, 12.0, "none", 10);
        EXPECT_EQ(easy.frames, 30) << name;
        EXPECT_EQ(easy.copies, 90) << name;
        EXPECT_EQ(easy.foreign, 0) << name;
        EXPECT_NEAR(-10.0 * std::log10(easy.error), 12.0 + 10.0 * std::log10(3.0), 0.4)
            << name;
    }
}

//! What differs between signed copies is the end of the description.
TEST(CopyReceiver, SignedCopies)
{
    const TempDir folder;
    const Authenticator key(folder.write("key", std::string(64, '7')));
    CopyLink link("standard", 2, 5);
    link.framer().set_signer(std::make_shared<FrameSigner>(key));
    const auto got = outcome(link, -3.0, "none", 10);
    EXPECT_EQ(got.frames, 30);
    EXPECT_EQ(got.copies, 60);
}
