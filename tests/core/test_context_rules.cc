// SPDX-License-Identifier: GPL-3.0-or-later
#include "context_entries.h"
#include "temp_dir.h"

#include <algorithm>
#include <cmath>

using namespace udeepsc_core;
using Frames = std::vector<std::uint64_t>;

TEST(ContextRules, FreshnessForgetsAtTheDeadlineOfTheTask)
{
    auto options = store_options(10, "freshness");
    options.deadline_s = { { "story", 5 } };
    ContextStore store(options);
    store.add(sentence(0, { 1, 2 }, 0));
    auto patient = sentence(0, { 1, 2 }, 0);
    patient.task = "patient";
    store.add(patient);
    store.add(sentence(1, { 1, 2 }, 4));
    EXPECT_EQ(store.held(0, 5).size(), 3U);
    const auto held = store.held(0, 6);
    ASSERT_EQ(held.size(), 2U);
    EXPECT_EQ(held[0].entry->task, "patient");
    EXPECT_EQ(store.counts().expired, 1U);
}

TEST(ContextRules, FreshnessWeighsAgeAgainstTheDeadline)
{
    // 4 s of 5 are more than 8 s of 100: the younger entry goes.
    auto options = store_options(2, "freshness");
    options.deadline_s = { { "story", 5 }, { "patient", 100 } };
    ContextStore store(options);
    auto patient = sentence(0, { 1, 2 }, 0);
    patient.task = "patient";
    store.add(patient);
    store.add(sentence(0, { 1, 2 }, 4));
    store.add(sentence(1, { 1, 2 }, 8));
    const auto held = store.held(0, 8);
    ASSERT_EQ(held.size(), 2U);
    EXPECT_EQ(held[0].entry->task, "patient");
    EXPECT_NEAR(held[0].score, 1 - 8.0 / 100, 1e-9);
    EXPECT_EQ(held[1].entry->frame, 1U);
}

TEST(ContextRules, ValueKeepsWhatAnswersAndAsksTheScorer)
{
    ContextStore store(store_options(2, "value"));
    store.set_scorer([](const ContextEntry& e) { return e.block.features.data[0]; });
    for (const float value : { 3.F, 1.F, 2.F }) {
        auto entry = sentence(static_cast<std::uint64_t>(10 * value), { value }, 1);
        entry.frame = 30 + store.counts().stored;
        entry.value = std::nan("");
        store.add(entry);
    }
    auto held = store.held(0, 1);
    ASSERT_EQ(held.size(), 2U);
    EXPECT_EQ(held[0].value, 3);
    EXPECT_EQ(held[1].value, 2);
    // A value learnt later decides too, and the worst may be the newcomer.
    EXPECT_TRUE(store.set_value(held[0].id, 0.5));
    EXPECT_FALSE(store.set_value(999, 1));
    auto entry = sentence(40, { 1 }, 2);
    entry.value = 0.1;
    store.add(entry);
    held = store.held(0, 2);
    EXPECT_EQ(held[0].value, 0.5);
    EXPECT_EQ(held[1].value, 2);
}

TEST(ContextRules, CorrelationDropsWhatIsLeastRelevantToTheRest)
{
    ContextStore store(store_options(3, "correlation"));
    store.add(sentence(0, { 1, 0.1F, 0 }));
    store.add(sentence(1, { 0, 0, 1 })); // says something else
    store.add(sentence(2, { 1, -0.4F, 0 }));
    store.add(sentence(3, { 1, 0.5F, 0 }));
    EXPECT_EQ(frames(store, 9), (Frames { 0, 2, 3 }));
}

TEST(ContextRules, RelevanceIsTheMeanCosineWithTheOthers)
{
    // Against all pairs, which the store does not go through.
    auto options = store_options(10, "correlation");
    options.duplicate = 1;
    ContextStore store(options);
    const std::vector<std::vector<float>> all {
        { 1, 2, 3 }, { -1, 2, 0 }, { 4, 0, 1 }, { 0.5F, 0.5F, 2 }
    };
    for (std::size_t i = 0; i < all.size(); ++i)
        store.add(sentence(i, all[i]));
    const auto cosine = [](const auto& a, const auto& b) {
        double ab = 0, aa = 0, bb = 0;
        for (std::size_t k = 0; k < a.size(); ++k) {
            ab += a[k] * b[k];
            aa += a[k] * a[k];
            bb += b[k] * b[k];
        }
        return ab / std::sqrt(aa * bb);
    };
    std::vector<double> relevance;
    for (std::size_t i = 0; i < all.size(); ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < all.size(); ++j)
            sum += i == j ? 0 : cosine(all[i], all[j]);
        relevance.push_back(sum / 3);
    }
    const auto [low, high] = std::minmax_element(relevance.begin(), relevance.end());
    const auto held = store.held(0, 9);
    for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_NEAR(held[i].score, (relevance[i] - *low) / (*high - *low), 1e-5);
}

TEST(ContextRules, NearDuplicatesMergeAndGainByIt)
{
    ContextStore store(store_options(10, "correlation"));
    store.add(sentence(0, { 1, 0 }));
    store.add(sentence(1, { 0, 1 }));
    auto again = sentence(2, { 3, 0.1F });
    again.block.noise_var = 0.1F;
    store.add(again);
    const auto held = store.held(0, 9);
    ASSERT_EQ(frames(store, 9), (Frames { 1, 2 }));
    EXPECT_EQ(store.counts().merged, 1U);
    EXPECT_EQ(store.counts().stored, 2U);
    // Equal noise: the mean, with half of it.
    EXPECT_FLOAT_EQ(held[1].entry->block.features.data[0], 2);
    EXPECT_FLOAT_EQ(held[1].entry->block.noise_var, 0.05F);
    EXPECT_EQ(held[1].age, 0);
    EXPECT_EQ(held[0].age, 1);
}

TEST(ContextRules, OneFrameSentTwiceIsARepeatAndNoDuplicate)
{
    ContextStore store(store_options(10, "correlation"));
    store.add(sentence(0, { 1, 0 }));
    store.add(sentence(1, { 0, 1 }));
    store.add(sentence(0, { 1, 0 }));
    EXPECT_EQ(frames(store, 9), (Frames { 0, 1 }));
    EXPECT_EQ(store.counts().repeated, 1U);
    EXPECT_EQ(store.counts().merged, 0U);
}

TEST(ContextRules, ASharedSpaceComparesModalities)
{
    auto options = store_options(3, "correlation");
    ContextStore store(options);
    const auto add
        = [&](std::uint64_t frame, const char* modality, std::vector<float> e) {
              auto entry = sentence(frame, { 1, static_cast<float>(frame) });
              entry.block.modality = modality;
              entry.embedding = std::move(e);
              store.add(entry);
          };
    add(0, "sentence", { 1, 0 });
    add(1, "picture", { 1, 0.1F });
    add(2, "sound", { -1, 0.2F }); // of another scene
    add(3, "sentence", { 1, -0.1F });
    EXPECT_EQ(frames(store, 9), (Frames { 0, 1, 3 }));
}

TEST(ContextRules, TheJointRuleIsTheWeightedSum)
{
    auto options = store_options(10);
    options.duplicate = 1;
    std::vector<double> joint(5, 0.0);
    const auto scores = [&](const UpdateRule& rule) {
        options.rule = rule;
        ContextStore store(options);
        for (int i = 0; i < 5; ++i) {
            auto entry = sentence(i, { 1.F + i, static_cast<float>(i * i) - 3 });
            entry.value = (i * 3) % 5;
            store.add(entry);
        }
        std::vector<double> each;
        for (const auto& one : store.held(0, 5))
            each.push_back(one.score);
        return each;
    };
    const UpdateRule weights { 0.1, 0.2, 0.3, 0.4 };
    const std::pair<double, const char*> rules[] = {
        { 0.1, "fifo" }, { 0.2, "freshness" }, { 0.3, "value" }, { 0.4, "correlation" }
    };
    for (const auto& rule : rules) {
        const auto each = scores(UpdateRule::named(rule.second));
        for (std::size_t i = 0; i < joint.size(); ++i)
            joint[i] += rule.first * each[i];
    }
    const auto all = scores(weights);
    for (std::size_t i = 0; i < joint.size(); ++i)
        EXPECT_NEAR(all[i], joint[i], 1e-9);
}
