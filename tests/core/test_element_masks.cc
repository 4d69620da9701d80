// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/element_masks.h>
#include <udeepsc_core/error.h>

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace udeepsc_core;

namespace {

// Frames of four elements of two numbers. The last element repeats the first; only
// elements whose first number is positive do damage when they are lost, the second one
// twice as much.
std::vector<ElementDamages> frames(int count, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    std::vector<ElementDamages> all;
    for (int i = 0; i < count; ++i) {
        ElementDamages frame { "sentence",
                               std::vector<float>(8),
                               std::vector<double>(4) };
        for (std::size_t k = 0; k < 6; ++k)
            frame.features[k] = 1 + normal(random);
        frame.features[6] = frame.features[0];
        frame.features[7] = frame.features[1];
        for (std::size_t e = 0; e < 4; ++e)
            frame.damages[e]
                = (e == 1 ? 2 : 1) * static_cast<double>(frame.features[2 * e]);
        all.push_back(std::move(frame));
    }
    return all;
}

FeatureBlock block_of(const ElementDamages& frame)
{
    FeatureBlock block;
    block.modality = frame.modality;
    block.features = { 1, static_cast<int>(frame.features.size()), frame.features };
    return block;
}

} // namespace

TEST(SubsetCode, NumbersEverySubsetOnce)
{
    std::uint64_t number = 0;
    for (int a = 0; a < 6; ++a)
        for (int b = a + 1; b < 6; ++b)
            for (int c = b + 1; c < 6; ++c, ++number) {
                EXPECT_EQ(subset_number({ a, b, c }, 6), number);
                EXPECT_EQ(subset_of_number(number, 6, 3), std::vector<int>({ a, b, c }));
            }
    EXPECT_EQ(number, 20u);
    EXPECT_THROW(subset_of_number(20, 6, 3), Error);
    EXPECT_THROW(subset_number({ 1, 1 }, 6), Error);
    EXPECT_THROW(subset_number({ 1, 6 }, 6), Error);
}

TEST(SubsetCode, CostsTheLogarithmOfTheirNumber)
{
    EXPECT_EQ(subset_bits(32, 0), 0);
    EXPECT_EQ(subset_bits(32, 32), 0);
    EXPECT_EQ(subset_bits(32, 1), 5);
    EXPECT_EQ(subset_bits(6, 3), 5); // 20
    EXPECT_EQ(subset_bits(32, 8), 24); // 10,518,300
    EXPECT_EQ(subset_bits(64, 32), 61); // 1.83e18
    EXPECT_THROW(subset_bits(65, 3), Error);
    std::vector<int> last;
    for (int i = 32; i < 64; ++i)
        last.push_back(i);
    EXPECT_EQ(subset_of_number(subset_number(last, 64), 64, 32), last);
}

// At 0 dB a symbol carries 1 bit, at 10 log10(15) dB 4.
TEST(ElementsAt, KeepsTheBits)
{
    EXPECT_EQ(elements_at(0, 32, 0), 32);
    EXPECT_EQ(elements_at(-10, 32, 0), 32);
    EXPECT_EQ(elements_at(10 * std::log10(15.0) + 1e-9, 32, 0), 8);
    EXPECT_EQ(elements_at(100, 32, 0), 1);
    EXPECT_THROW(elements_at(std::nan(""), 32, 0), Error);
    EXPECT_THROW(elements_at(0, 0, 0), Error);
}

TEST(ElementMasks, KeepsWhatDoesDamage)
{
    const auto masks = ElementMasks::fit(frames(500, 1), "m", 1e-6);
    EXPECT_EQ(masks.of_all("sentence", 1), std::vector<int>({ 1 }));
    for (const auto& frame : frames(50, 2)) {
        int best = 0;
        for (int e = 1; e < 4; ++e)
            if (frame.damages[static_cast<std::size_t>(e)]
                > frame.damages[static_cast<std::size_t>(best)])
                best = e;
        EXPECT_EQ(masks.of_frame("sentence", frame.features, 1),
                  std::vector<int>({ best }));
    }
    EXPECT_EQ(masks.of_frame("sentence", frames(1, 3)[0].features, 4),
              std::vector<int>({ 0, 1, 2, 3 }));
}

// The last element says what the first one did; of the second nothing is known but its
// mean.
TEST(ElementMasks, EstimatesWhatWasNotSent)
{
    const auto masks = ElementMasks::fit(frames(5000, 1), "m");
    const auto frame = frames(1, 2)[0];
    auto block = block_of(frame);
    for (std::size_t k = 2; k < 8; ++k)
        block.features.data[k] = 0;
    masks.fill(block, { 0 }, 0);
    EXPECT_EQ(block.features.data[0], frame.features[0]);
    EXPECT_NEAR(block.features.data[6], frame.features[6], 0.01);
    EXPECT_NEAR(block.features.data[7], frame.features[7], 0.01);
    // Mean 1, of 5000 frames to within a few hundredths.
    EXPECT_NEAR(block.features.data[2], 1, 0.15);
    // What came with much noise says little.
    masks.fill(block, { 0 }, 1e6);
    EXPECT_NEAR(block.features.data[6], 1, 0.15);
}

TEST(ElementMasks, AreAsTheyWereInAFile)
{
    const TempDir folder;
    const auto path = folder.file("masks.safetensors");
    const auto masks = ElementMasks::fit(frames(100, 1), "m");
    masks.save(path);
    const auto read = ElementMasks::load(path, "m");
    for (const auto& frame : frames(20, 2)) {
        EXPECT_EQ(read.of_frame("sentence", frame.features, 2),
                  masks.of_frame("sentence", frame.features, 2));
        auto a = block_of(frame), b = block_of(frame);
        read.fill(a, { 1 }, 0.1);
        masks.fill(b, { 1 }, 0.1);
        EXPECT_EQ(a.features.data, b.features.data);
    }
    EXPECT_THROW(ElementMasks::load(path, "other"), Error);
    EXPECT_THROW(ElementMasks::load(folder.file("none"), "m"), Error);
}

TEST(ElementMasks, SayWhatTheyCannotTake)
{
    EXPECT_THROW(ElementMasks::fit({}, "m"), Error);
    EXPECT_THROW(ElementMasks::fit(frames(1, 1), "m"), Error);
    EXPECT_THROW(ElementMasks::fit(frames(10, 1), "m", 0), Error);
    auto bad = frames(10, 1);
    bad[3].damages[0] = std::nan("");
    EXPECT_THROW(ElementMasks::fit(bad, "m"), Error);
    bad = frames(10, 1);
    bad[3].features.pop_back();
    EXPECT_THROW(ElementMasks::fit(bad, "m"), Error);
    const auto masks = ElementMasks::fit(frames(10, 1), "m");
    EXPECT_THROW(masks.of_frame("image", frames(1, 1)[0].features, 1), Error);
    EXPECT_THROW(masks.of_frame("sentence", { 1, 2 }, 1), Error);
    EXPECT_THROW(masks.of_frame("sentence", frames(1, 1)[0].features, 5), Error);
    EXPECT_THROW(masks.of_all("image", 1), Error);
}
