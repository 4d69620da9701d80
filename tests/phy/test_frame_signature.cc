// SPDX-License-Identifier: GPL-3.0-or-later
#include "../temp_dir.h"
#include "burst_link.h"

#include "frame/frame_header.h"

#include <chrono>

using namespace udeepsc_phy;
using Verdict = FrameVerifier::Verdict;

namespace {

struct FrameSignatureTest : public ::testing::Test {
    Authenticator key_of(char digit) const
    {
        return Authenticator(
            d_folder.write(std::string("key") + digit, std::string(64, digit)));
    }

    const TempDir d_folder;
    const Authenticator d_key = key_of('7');
    const std::shared_ptr<FrameSigner> d_signer = std::make_shared<FrameSigner>(d_key);
};

ReceivedFrame over_the_air(const FrameProfile& profile, const Samples& burst)
{
    Xoshiro256pp random(5);
    auto channel = random_channel(profile, 20.0, random);
    channel.cfo = 0.0;
    return BurstDemodulator(profile).demodulate(
        detected(profile, channel, through(burst, channel), random));
}

} // namespace

TEST_F(FrameSignatureTest, NumbersRiseAndBeginWithTheClock)
{
    const auto ms = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
    const auto before = ms();
    std::uint64_t last = d_signer->next_number();
    EXPECT_GE(last, std::uint64_t(before));
    EXPECT_LE(last, std::uint64_t(ms()));
    for (int i = 0; i < 10000; i++) {
        const auto next = d_signer->next_number();
        ASSERT_GT(next, last);
        last = next;
    }
}

// In every profile: what is signed arrives, payloads are the same, and it is authentic to
// who has the key.
TEST_F(FrameSignatureTest, FramesOfEveryProfile)
{
    Xoshiro256pp random(1);
    for (const auto& name : FrameProfile::names()) {
        SCOPED_TRACE(name);
        const auto profile = FrameProfile::from_name(name);
        Framer framer(profile);
        const auto sent = picture(3, 40, Modulation::qpsk, random);
        std::vector<PayloadHeader> headers;
        for (const auto& payload : sent) {
            headers.push_back(payload.header);
            headers.back().symbols = 40;
        }
        const auto plain = framer.overhead_of(headers);
        framer.set_signer(d_signer);
        EXPECT_GT(framer.overhead_of(headers), plain);
        const auto burst = framer.frame(sent, { 7, 9 });
        EXPECT_EQ(burst.size(), framer.burst_samples({ 40, 40, 40 }));
        const auto frame = over_the_air(profile, burst);
        ASSERT_EQ(to_string(frame.fault), "none");
        ASSERT_EQ(frame.payloads.size(), 3u);
        for (std::size_t i = 0; i < 3; i++) {
            EXPECT_EQ(frame.payloads[i].header, headers[i]);
            double error = 0.0;
            for (std::size_t k = 0; k < 40; k++) {
                error += std::norm(frame.payloads[i].symbols[k] - sent[i].symbols[k]);
            }
            EXPECT_LT(error / 40, 0.05);
        }
        EXPECT_EQ(FrameVerifier(d_key).verify(frame.signature, 7), Verdict::authentic);
        EXPECT_EQ(FrameVerifier(key_of('8')).verify(frame.signature, 7),
                  Verdict::not_authentic);
    }
}

// Without one there is none, and who asks for one refuses it.
TEST_F(FrameSignatureTest, UnsignedFrames)
{
    Xoshiro256pp random(2);
    const FrameProfile profile;
    const auto frame = over_the_air(
        profile, Framer(profile).frame(picture(1, 40, Modulation::qpsk, random)));
    EXPECT_FALSE(frame.signature);
    EXPECT_EQ(FrameVerifier(d_key).verify(frame.signature, 0), Verdict::not_authentic);
}

TEST_F(FrameSignatureTest, ControlMessages)
{
    const FrameProfile profile;
    Framer framer(profile);
    framer.set_signer(d_signer);
    ControlMessage message;
    message.text = "meet me on 433 MHz";
    const auto frame = over_the_air(profile, framer.frame(message, { 3, 4 }));
    ASSERT_TRUE(frame.message);
    EXPECT_EQ(frame.message->text, message.text);
    EXPECT_EQ(FrameVerifier(d_key).verify(frame.signature, 3), Verdict::authentic);

    message.text = std::string(237, 'x');
    EXPECT_NO_THROW(framer.frame(message));
    message.text = std::string(238, 'x');
    EXPECT_THROW(framer.frame(message), std::invalid_argument);
}

// Each bit of header, description, number and tag counts; each frame once; each source
// for itself.
TEST_F(FrameSignatureTest, WhatWasChangedOrRepeatedIsRefused)
{
    using namespace detail;
    ControlMessage message;
    message.text = "hello";
    Bits description;
    FrameHeader header = describe(message, { 1, 255 }, description);
    sign(header, description, *d_signer);
    const Bits words = pack(header);
    const auto verdict
        = [&](const Bits& head, const Bits& rest, FrameVerifier& verifier) {
              FrameHeader changed;
              Bits contents = rest;
              if (unpack(head, changed) != HeaderFault::none
                  || changed.description != rest.size() / 8) {
                  return Verdict::not_authentic; // it does not get that far
              }
              const auto signature = take_signature(changed, contents);
              return verifier.verify(signature, changed.addresses.source);
          };
    FrameVerifier verifier(d_key);
    for (std::size_t i = 0; i < words.size(); i++) {
        Bits changed = words;
        changed[i] ^= 1;
        EXPECT_EQ(verdict(changed, description, verifier), Verdict::not_authentic) << i;
    }
    for (std::size_t i = 0; i < description.size(); i++) {
        Bits changed = description;
        changed[i] ^= 1;
        EXPECT_EQ(verdict(words, changed, verifier), Verdict::not_authentic) << i;
    }
    EXPECT_EQ(verdict(words, description, verifier), Verdict::authentic);
    EXPECT_EQ(verdict(words, description, verifier), Verdict::old);

    // Another source that shares the key counts for itself, and an older frame is old.
    Bits other, newer;
    FrameHeader from_other = describe(message, { 2, 255 }, other);
    sign(from_other, other, *d_signer);
    FrameHeader next = describe(message, { 1, 255 }, newer);
    sign(next, newer, *d_signer);
    EXPECT_EQ(verdict(pack(next), newer, verifier), Verdict::authentic);
    EXPECT_EQ(verdict(pack(from_other), other, verifier), Verdict::authentic);
    EXPECT_EQ(verdict(words, description, verifier), Verdict::old);
}

// 100,000 that were forged, changed or repeated: none is taken.
TEST_F(FrameSignatureTest, AHundredThousandForgeries)
{
    using namespace detail;
    Xoshiro256pp random(3);
    FrameVerifier verifier(d_key);
    FrameSigner forger(key_of('8'));
    int taken = 0;
    for (int i = 0; i < 100000; i++) {
        ControlMessage message;
        message.kind = ControlMessage::Kind::csi;
        message.frame_id = i % 256;
        message.esn0_db = 12;
        Bits description;
        FrameHeader header = describe(message, { unsigned(i % 3), 255 }, description);
        sign(header, description, i % 2 == 0 ? forger : *d_signer);
        if (i % 4 == 1) { // changed on the way
            description[random() % description.size()] ^= 1;
        }
        auto signature = take_signature(header, description);
        if (i % 4 == 3) { // the true one, which is taken, then a repeat
            ASSERT_EQ(verifier.verify(signature, i % 3), Verdict::authentic);
        }
        taken += verifier.verify(signature, i % 3) == Verdict::authentic;
    }
    EXPECT_EQ(taken, 0);
}

// A frame that says it is signed and is too short for it, and one whose tag is cut off.
TEST_F(FrameSignatureTest, TooShort)
{
    using namespace detail;
    FrameHeader header;
    header.symbols = 8;
    header.is_signed = true;
    for (unsigned bytes : { 0u, 1u, 15u }) {
        header.description = bytes;
        EXPECT_EQ(unpack(pack(header), header), HeaderFault::bad_value) << bytes;
    }
    header.description = 16;
    EXPECT_EQ(unpack(pack(header), header), HeaderFault::none);
    header.kind = FrameKind::control; // and nothing but a signature
    header.symbols = 0;
    EXPECT_EQ(unpack(pack(header), header), HeaderFault::bad_value);
}
