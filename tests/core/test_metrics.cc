// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/metrics.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace udeepsc_core;

TEST(Accuracy, RefusesNothing)
{
    EXPECT_THROW(accuracy(0, 0), Error);
    EXPECT_THROW(accuracy(2, 1), Error);
    EXPECT_THROW(accuracy({ 1 }, { 1, 2 }), Error);
}

TEST(Accuracy, HasWilsonsInterval)
{
    const Estimate half = accuracy(50, 100);
    EXPECT_DOUBLE_EQ(half.value, 0.5);
    // Wilson's 95 % interval for 50 of 100 is 0.40383 to 0.59617.
    EXPECT_NEAR(half.ci95, (0.59617 - 0.40383) / 2, 1e-5);
    // For 10 of 10 it is 0.72247 to 1: not 0 wide.
    EXPECT_NEAR(accuracy(10, 10).ci95, (1.0 - 0.72247) / 2, 1e-5);
    EXPECT_DOUBLE_EQ(accuracy({ 1, 2, 3, 4 }, { 1, 2, 0, 0 }).value, 0.5);
}

TEST(Mean, HasNormalInterval)
{
    EXPECT_THROW(mean({}), Error);
    EXPECT_EQ(mean({ 3.0 }).ci95, 0.0);
    const Estimate estimate = mean({ 1.0, 2.0, 3.0, 4.0 });
    EXPECT_DOUBLE_EQ(estimate.value, 2.5);
    EXPECT_NEAR(estimate.ci95, 1.959964 * std::sqrt(5.0 / 3.0 / 4.0), 1e-6);
}

TEST(Psnr, RoundsToEightBits)
{
    EXPECT_EQ(to_8bit(-1.f), 0);
    EXPECT_EQ(to_8bit(0.5f), 128);
    EXPECT_EQ(to_8bit(2.f), 255);
    EXPECT_EQ(to_8bit(std::numeric_limits<float>::quiet_NaN()), 0);
    EXPECT_EQ(to_8bit(std::numeric_limits<float>::infinity()), 255);
    for (int i = 0; i < 256; ++i) {
        EXPECT_EQ(to_8bit(static_cast<float>(i) / 255.f), i);
    }
    // Less than half a level away is no error at all.
    EXPECT_EQ(psnr_db(std::vector<float> { 0.501f }, std::vector<float> { 0.5f }),
              MAX_PSNR_DB);
}

TEST(Psnr, MatchesTheFormula)
{
    const std::vector<std::uint8_t> black(12, 0);
    const std::vector<std::uint8_t> one(12, 1);
    const std::vector<std::uint8_t> white(12, 255);
    EXPECT_NEAR(psnr_db(one, black), 48.1308, 1e-4); // 20 log10 255
    EXPECT_NEAR(psnr_db(white, black), 0.0, 1e-12);
    EXPECT_EQ(psnr_db(black, black), MAX_PSNR_DB);
    EXPECT_THROW(psnr_db(black, std::vector<std::uint8_t>(3)), Error);
    EXPECT_THROW(psnr_db(std::vector<float> {}, std::vector<float> {}), Error);
}

TEST(Psnr, AveragesDecibels)
{
    // Two pictures of 3 samples, 0 dB and 48.13 dB: not the dB of the mean error.
    const std::vector<std::uint8_t> reference(6, 0);
    const std::vector<std::uint8_t> received { 255, 255, 255, 1, 1, 1 };
    EXPECT_NEAR(psnr(received, reference, 3).value, 48.1308 / 2, 1e-4);
    EXPECT_NEAR(psnr(received, reference, 3).ci95, 1.959964 * 48.1308 / 2, 1e-3);
    EXPECT_NEAR(
        psnr(std::vector<float> { 1.f, 0.f }, std::vector<float> { 0.f, 0.f }, 1).value,
        50.0,
        1e-9);
    EXPECT_THROW(psnr(received, reference, 4), Error);
    EXPECT_THROW(psnr(received, reference, 0), Error);
}

TEST(Bleu, RefusesNothing)
{
    EXPECT_THROW(bleu({}, {}), Error);
    EXPECT_THROW(bleu({ "a" }, { "a", "b" }), Error);
}

TEST(Bleu, EqualIsOneAndForeignIsZero)
{
    const std::vector<std::string> text { "a film that is rather beautiful",
                                          "cold movie" };
    EXPECT_DOUBLE_EQ(bleu(text, text).bleu4.value, 1.0);
    EXPECT_DOUBLE_EQ(bleu(text, text).bleu4.ci95, 0.0);
    EXPECT_DOUBLE_EQ(bleu({ "x y z w", "v" }, text).bleu1.value, 0.0);
    EXPECT_DOUBLE_EQ(bleu({ "", "" }, text).bleu4.value, 0.0);
    // Sentences too short for a 4-gram are no reason for 0.
    EXPECT_DOUBLE_EQ(bleu({ "cold movie" }, { "cold movie" }).bleu4.value, 1.0);
}

TEST(Bleu, ClipsRepeatedWords)
{
    // The example of the BLEU paper: 2 of 7 "the" count.
    EXPECT_NEAR(
        bleu({ "the the the the the the the" }, { "the cat is on the mat" }).bleu1.value,
        2.0 / 7.0,
        1e-12);
}

TEST(Bleu, MatchesAWorkedExample)
{
    // One wrong word of six, no brevity penalty.
    const Bleu one_wrong = bleu({ "a b x d e f" }, { "a b c d e f" });
    EXPECT_NEAR(one_wrong.bleu1.value, 5.0 / 6.0, 1e-12);
    EXPECT_EQ(one_wrong.bleu4.value, 0.0); // no 4-gram survives, and nothing is smoothed
    const Bleu last_wrong = bleu({ "a b c d e x" }, { "a b c d e f" });
    EXPECT_NEAR(last_wrong.bleu4.value,
                std::pow(5.0 / 6.0 * 4.0 / 5.0 * 3.0 / 4.0 * 2.0 / 3.0, 0.25),
                1e-12);
    // All words right but two missing: the brevity penalty alone.
    EXPECT_NEAR(bleu({ "a b c d" }, { "a b c d e f" }).bleu4.value,
                std::exp(1.0 - 6.0 / 4.0),
                1e-12);
}

TEST(Bleu, IsOfTheCorpusAndNotAMeanOfSentences)
{
    const Bleu corpus = bleu({ "a b c", "x" }, { "a b c", "d" });
    EXPECT_NEAR(corpus.bleu1.value, 3.0 / 4.0, 1e-12);
}

TEST(Bleu, BootstrapIsReproducibleAndAboutRight)
{
    // 400 sentences of 10 words, each word lost with probability 0.2: the standard error
    // of the share of right words is sqrt(0.2 * 0.8 / 4000) = 0.0063.
    std::mt19937 random(3);
    std::vector<std::string> received;
    std::vector<std::string> reference;
    for (int i = 0; i < 400; ++i) {
        received.emplace_back();
        reference.emplace_back();
        for (int word = 0; word < 10; ++word) {
            const std::string text = " w" + std::to_string(word);
            reference.back() += text;
            received.back() += random() % 5 == 0 ? " x" : text;
        }
    }
    const Bleu first = bleu(received, reference);
    const Bleu second = bleu(received, reference);
    EXPECT_EQ(first.bleu4.ci95, second.bleu4.ci95);
    EXPECT_NEAR(first.bleu1.value, 0.8, 0.02);
    EXPECT_NEAR(first.bleu1.ci95, 1.96 * 0.0063, 0.002);
    EXPECT_GT(first.bleu4.ci95, first.bleu1.ci95);
}

TEST(PairedDifference, IsThatOfTheSameSamples)
{
    EvalResult a, b;
    a.each = { 1, 1, 0, 1, 0, 1 };
    b.each = { 1, 0, 0, 1, 0, 1 };
    const auto difference = paired_difference(a, b);
    EXPECT_DOUBLE_EQ(difference.value, 1.0 / 6);
    EXPECT_DOUBLE_EQ(difference.ci95, mean({ 0, 1, 0, 0, 0, 0 }).ci95);
    EXPECT_DOUBLE_EQ(paired_difference(b, a).value, -1.0 / 6);
    EXPECT_EQ(paired_difference(a, a).ci95, 0);
    b.each.pop_back();
    EXPECT_THROW(paired_difference(a, b), Error);
    EXPECT_THROW(paired_difference(EvalResult(), EvalResult()), Error);
}
