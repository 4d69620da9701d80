// SPDX-License-Identifier: GPL-3.0-or-later
#include "context_entries.h"
#include "temp_dir.h"

#include <cmath>

using namespace udeepsc_core;
using Frames = std::vector<std::uint64_t>;

TEST(ContextStore, RefusesBadOptions)
{
    const auto refused = [](auto change) {
        auto options = store_options(4);
        change(options);
        return error_of([&] { ContextStore store(options); });
    };
    EXPECT_SAYS(refused([](auto& o) { o.entries = 0; }), "entries is 0");
    EXPECT_SAYS(refused([](auto& o) { o.features = -1; }), "features is -1");
    EXPECT_SAYS(refused([](auto& o) { o.duplicate = std::nan(""); }), "duplicate");
    EXPECT_SAYS(refused([](auto& o) { o.deadline_s["story"] = 0; }), "deadline of story");
    EXPECT_SAYS(refused([](auto& o) { o.rule = { 0, 0, 0, 0 }; }), "all weights are 0");
    EXPECT_SAYS(refused([](auto& o) { o.rule.value = -1; }), "weight of value");
    EXPECT_SAYS(error_of([] { UpdateRule::named("lifo"); }), "fifo, freshness, value");
}

TEST(ContextStore, RefusesEntriesThatItCannotUseAndKeepsTheOthers)
{
    auto options = store_options(4);
    options.features = 3;
    options.bytes = 20;
    ContextStore store(options);
    store.add(sentence(0, { 1, 2 }));
    const auto refused = [&](auto change) {
        auto entry = sentence(1, { 1, 2 });
        change(entry);
        const auto text = error_of([&] { store.add(entry); });
        EXPECT_EQ(frames(store, 1), Frames { 0 }) << text;
        return text;
    };
    EXPECT_SAYS(refused([](auto& e) { e.model_id = "other"; }),
                "model \"other\", expected \"model\"");
    EXPECT_SAYS(refused([](auto& e) { e.source = 256; }), "source is 256");
    EXPECT_SAYS(refused([](auto& e) { e.block.features.rows = 2; }),
                "2 numbers for 2 x 2");
    EXPECT_SAYS(refused([](auto& e) { e.block.features.data[1] = std::nanf(""); }),
                "NaN");
    EXPECT_SAYS(refused([](auto& e) { e.time = std::nan(""); }), "NaN");
    EXPECT_SAYS(refused([](auto& e) {
                    e.block.features = { 4, 1, { 1, 2, 3, 4 } };
                }),
                "4 feature vectors, capacity is 3");
    EXPECT_SAYS(refused([](auto& e) {
                    e.block.features = { 1, 6, { 1, 2, 3, 4, 5, 6 } };
                }),
                "24 bytes, capacity is 20");
}

TEST(ContextStore, KeepsTheNewestAndTellsTheirAges)
{
    ContextStore store(store_options(3));
    for (int i = 0; i < 5; ++i)
        store.add(sentence(i, { 1, 2 }, 10 + i));
    const auto held = store.held(0, 20);
    ASSERT_EQ(frames(store, 20), (Frames { 2, 3, 4 }));
    EXPECT_EQ(held[0].age, 2);
    EXPECT_EQ(held[2].age, 0);
    EXPECT_DOUBLE_EQ(held[0].age_s, 8);
    EXPECT_EQ(store.counts().stored, 5U);
    EXPECT_EQ(store.counts().evicted, 2U);
    EXPECT_EQ(store.size(), 3);
    EXPECT_EQ(store.features(0), 3);
    EXPECT_EQ(store.bytes(0), 3 * 2 * 4);
}

TEST(ContextStore, CapacityIsOfFeaturesAndOfBytesToo)
{
    auto options = store_options(100);
    options.features = 4;
    ContextStore by_features(options);
    options.features = 0;
    options.bytes = 4 * 2 * 3;
    ContextStore by_bytes(options);
    for (int i = 0; i < 9; ++i) {
        by_features.add(sentence(i, { 1, 2 }));
        by_bytes.add(sentence(i, { 1, 2 }));
    }
    EXPECT_EQ(frames(by_features, 9), (Frames { 5, 6, 7, 8 }));
    EXPECT_EQ(frames(by_bytes, 9), (Frames { 6, 7, 8 }));
}

TEST(ContextStore, TransmittersDoNotMix)
{
    ContextStore store(store_options(2));
    for (int i = 0; i < 6; ++i) {
        auto entry = sentence(i, { 1, 2 });
        entry.source = i == 0 ? 7 : 3;
        store.add(entry);
    }
    EXPECT_EQ(frames(store, 6, 7), Frames { 0 });
    EXPECT_EQ(frames(store, 6, 3), (Frames { 4, 5 }));
    EXPECT_EQ(store.sources(), (std::vector<int> { 3, 7 }));
    store.clear(3);
    EXPECT_EQ(store.sources(), std::vector<int> { 7 });
    store.clear();
    EXPECT_EQ(store.size(), 0);
}

TEST(ContextStore, GivesATaskItsModalitiesAndTheBestOfThem)
{
    ContextStore store(store_options(10));
    for (int i = 0; i < 4; ++i) {
        store.add(sentence(i, { 1, 2 }));
        auto other = sentence(i, { 1, 2 });
        other.task = "other";
        store.add(other);
    }
    const auto context = store.context(0, "story", { { "sentence", 2 } }, 9);
    ASSERT_EQ(context.size(), 2U);
    EXPECT_EQ(context[0].entry->frame, 2U);
    EXPECT_EQ(context[1].entry->frame, 3U);
    EXPECT_EQ(context[1].entry->task, "story");
    EXPECT_TRUE(store.context(0, "story", { { "picture", 9 } }, 9).empty());
    EXPECT_TRUE(store.context(1, "story", { { "sentence", 9 } }, 9).empty());
}

TEST(ContextStore, ThePresentFrameIsNoMemory)
{
    ContextStore store(store_options(10));
    for (int i = 0; i < 4; ++i)
        store.add(sentence(i, { 1, 2 }));
    const auto ages = [&](std::optional<std::uint64_t> present) {
        std::vector<int> found;
        for (const auto& one :
             store.context(0, "story", { { "sentence", 2 } }, 9, present))
            found.push_back(one.age);
        return found;
    };
    EXPECT_EQ(ages({}), (std::vector<int> { 1, 0 }));
    EXPECT_EQ(ages(3), (std::vector<int> { 1, 0, -1 }));
    EXPECT_EQ(ages(9), (std::vector<int> { 1, 0 })); // it was lost
}

TEST(ContextStore, LateAndRepeatedFramesHaveTheirPlace)
{
    ContextStore store(store_options(10));
    for (const int frame : { 0, 2, 3, 1, 3 })
        store.add(sentence(frame, { 1, 2 }, 0));
    EXPECT_EQ(frames(store, 9), (Frames { 0, 1, 2, 3 }));
    const auto held = store.held(0, 9);
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(held[i].age, 3 - i);
    EXPECT_EQ(store.counts().late, 1U);
    EXPECT_EQ(store.counts().repeated, 1U);
    EXPECT_EQ(store.counts().stored, 4U);
}

TEST(ContextStore, ASourceThatRestartsTellsANewStory)
{
    ContextStore store(store_options(20));
    for (int i = 100; i < 105; ++i)
        store.add(sentence(i, { 1, 2 }));
    auto other = sentence(500, { 1, 2 });
    other.task = "other";
    store.add(other);
    store.add(sentence(0, { 1, 2 }, 600));
    EXPECT_EQ(frames(store, 600), (Frames { 500, 0 }));
    EXPECT_EQ(store.counts().restarts, 1U);
    store.add(sentence(1, { 1, 2 }, 601));
    EXPECT_EQ(store.counts().restarts, 1U);
}

TEST(ContextStore, AJumpAheadBeginsANewStoryWhereItIsAskedFor)
{
    auto options = store_options(20);
    ContextStore plain(options);
    options.gap_frames = 64;
    ContextStore store(options);
    for (const int frame : { 0, 1, 3, 66, 130 }) {
        store.add(sentence(frame, { 1, 2 }));
        plain.add(sentence(frame, { 1, 2 }));
    }
    EXPECT_EQ(frames(store, 200), Frames { 130 });
    EXPECT_EQ(store.counts().restarts, 1U);
    EXPECT_EQ(frames(plain, 200), (Frames { 0, 1, 3, 66, 130 }));
}

TEST(ContextStore, AClockThatGoesBackwardsMakesNoNegativeAges)
{
    ContextStore store(store_options(4, "freshness"));
    store.add(sentence(0, { 1, 2 }, 100));
    store.add(sentence(1, { 1, 2 }, 50));
    EXPECT_EQ(store.counts().clock_backwards, 1U);
    for (const auto& one : store.held(0, 20))
        EXPECT_EQ(one.age_s, 0);
}

TEST(ContextStore, EntriesOfOneMomentAreLinked)
{
    auto options = store_options(10);
    options.moment_s = 0.1;
    ContextStore store(options);
    store.add(sentence(1, { 1, 2 }, 1));
    auto picture = sentence(1, { 1, 2, 3 }, 1.5);
    picture.block.modality = "picture";
    store.add(picture); // same frame
    store.add(sentence(2, { 1, 2 }, 2));
    auto csi = sentence(900, { 12 }, 2.05);
    csi.task = "csi";
    csi.block.modality = "csi";
    store.add(csi); // same time
    const auto held = store.held(0, 3);
    ASSERT_EQ(held.size(), 4U);
    EXPECT_EQ(held[0].moment, held[1].moment);
    EXPECT_EQ(held[2].moment, held[3].moment);
    EXPECT_NE(held[0].moment, held[2].moment);
}

TEST(ContextStore, OptionsChangeWhileItHolds)
{
    ContextStore store(store_options(10));
    for (int i = 0; i < 6; ++i)
        store.add(sentence(i, { 1, 2 }));
    store.set_options(store_options(2));
    EXPECT_EQ(frames(store, 9), (Frames { 4, 5 }));
    auto other = store_options(2);
    other.model_id = "other";
    EXPECT_SAYS(error_of([&] { store.set_options(other); }), "other");
    EXPECT_EQ(store.size(), 2);
}

TEST(ContextStore, FindsWhatIsNearestInTheSharedSpace)
{
    ContextStore store(store_options(10));
    store.set_embedder([](const ContextEntry& entry) {
        return entry.block.modality == "csi" ? std::vector<float>()
                                             : entry.block.features.data;
    });
    store.add(sentence(1, { 1, 0 }));
    store.add(sentence(2, { 3, 4 }));
    auto picture = sentence(3, { 0, 1 });
    picture.block.modality = "picture";
    store.add(picture);
    auto brought = sentence(4, { 1, 0 });
    brought.embedding = { -1, 0 }; // the embedder is not asked
    store.add(brought);
    auto csi = sentence(5, { 0, 1 });
    csi.block.modality = "csi"; // has no place
    store.add(csi);

    const auto near = store.nearest(0, { 0.1F, 1 }, "", 2, 9);
    ASSERT_EQ(near.size(), 2U);
    EXPECT_EQ(near[0].entry->frame, 3U);
    EXPECT_EQ(near[1].entry->frame, 2U);
    EXPECT_EQ(store.nearest(0, { 0.1F, 1 }, "sentence", 1, 9)[0].entry->frame, 2U);
    EXPECT_EQ(store.nearest(0, { 1, 0 }, "", 9, 9).back().entry->frame, 4U);
    EXPECT_EQ(store.nearest(0, { 1, 0 }, "", 9, 9).size(), 4U);
    EXPECT_TRUE(store.nearest(0, { 1, 0, 0 }, "", 9, 9).empty());
    EXPECT_TRUE(store.nearest(7, { 1, 0 }, "", 9, 9).empty());
}
