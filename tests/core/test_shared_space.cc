// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/shared_space.h>

#include <cmath>
#include <random>

using namespace udeepsc_core;

namespace {

// What was there, seen as two vectors of four numbers and said as one of three: a turn of
// the same two numbers, and noise.
std::vector<MomentPair> pairs(int count, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    std::vector<MomentPair> all;
    for (int i = 0; i < count; ++i) {
        const float a = normal(random), b = normal(random);
        MomentPair pair;
        pair.first.modality = "image";
        pair.first.features = { 2, 4, { a, b, 0, 1, a + b, a - b, 1, 0 } };
        pair.second.modality = "sentence";
        pair.second.features = { 1, 3, { 5 + a - b, 2 * b, a } };
        for (auto* block : { &pair.first, &pair.second })
            for (float& x : block->features.data)
                x += 0.05f * normal(random);
        all.push_back(std::move(pair));
    }
    return all;
}

SharedSpaceOptions small()
{
    SharedSpaceOptions options;
    options.size = 8;
    options.hidden = 32;
    options.steps = 400;
    options.batch = 64;
    return options;
}

ContextEntry entry(int frame, const FeatureBlock& block)
{
    ContextEntry e;
    e.task = "story";
    e.frame = static_cast<std::uint64_t>(frame);
    e.time = frame;
    e.block = block;
    return e;
}

// Pictures of 16 that are found by their sentence, among 20 such stores
double recall(const SharedSpace& space)
{
    const auto test = pairs(320, 9);
    int right = 0;
    for (std::size_t from = 0; from < test.size(); from += 16) {
        ContextStore store { ContextStoreOptions() };
        space.embed(store);
        for (int i = 0; i < 16; ++i)
            store.add(entry(i, test[from + static_cast<std::size_t>(i)].first));
        for (int i = 0; i < 16; ++i) {
            const auto& said = test[from + static_cast<std::size_t>(i)].second;
            const auto found = store.nearest(0, space(said), "image", 1, 100);
            right += found.at(0).entry->frame == static_cast<std::uint64_t>(i);
        }
    }
    return right / 320.0;
}

} // namespace

TEST(SharedSpace, FindsAPictureByItsSentence)
{
    const auto space = SharedSpace::fit(pairs(2000, 1), "m", small());
    EXPECT_GT(recall(space), 0.6); // chance: 0.06
    // Pairs that do not belong together teach nothing.
    auto mixed = pairs(2000, 1);
    for (std::size_t i = 0; i + 1 < mixed.size(); i += 2)
        std::swap(mixed[i].second, mixed[i + 1].second);
    EXPECT_LT(recall(SharedSpace::fit(mixed, "m", small())), 0.3);
}

TEST(SharedSpace, IsAsItWasInAFile)
{
    const TempDir folder;
    const auto path = folder.file("space.safetensors");
    auto options = small();
    options.steps = 5;
    const auto space = SharedSpace::fit(pairs(100, 1), "m", options);
    space.save(path);
    const auto read = SharedSpace::load(path, "m");
    EXPECT_EQ(read.size(), 8);
    for (const auto& pair : pairs(10, 2)) {
        EXPECT_EQ(read(pair.first), space(pair.first));
        EXPECT_EQ(read(pair.second), space(pair.second));
    }
    EXPECT_SAYS(error_of([&] { SharedSpace::load(path, "other"); }), "model_id");
    EXPECT_THROW(SharedSpace::load(folder.file("none"), "m"), Error);
}

TEST(SharedSpace, PlacesHaveLengthOneAndTheModalitiesItKnows)
{
    auto options = small();
    options.steps = 2;
    const auto space = SharedSpace::fit(pairs(100, 1), "m", options);
    const auto pair = pairs(1, 2)[0];
    double square = 0;
    for (const float x : space(pair.first))
        square += static_cast<double>(x) * x;
    EXPECT_NEAR(square, 1, 1e-5);
    auto sound = pair.first;
    sound.modality = "speech";
    EXPECT_TRUE(space(sound).empty());
    auto narrow = pair.second;
    narrow.features = { 1, 2, { 1, 2 } };
    EXPECT_THROW(space(narrow), Error);
}

// Entries of two modalities can be compared by the correlation rule: what is like the
// others stays.
TEST(SharedSpace, MakesModalitiesComparable)
{
    const auto space = SharedSpace::fit(pairs(2000, 1), "m", small());
    const auto pair = pairs(1, 3)[0];
    auto far = pair.second;
    for (float& x : far.features.data)
        x = -x;
    ContextStoreOptions options;
    options.entries = 2;
    options.rule = UpdateRule::named("correlation");
    ContextStore store(options);
    space.embed(store);
    store.add(entry(0, far));
    store.add(entry(1, pair.second));
    store.add(entry(2, pair.first));
    ASSERT_EQ(store.size(), 2);
    for (const auto& held : store.held(0, 10))
        EXPECT_NE(held.entry->frame, 0u);
}

TEST(SharedSpace, SaysWhatItCannotTake)
{
    EXPECT_THROW(SharedSpace::fit({}, "m", small()), Error);
    EXPECT_THROW(SharedSpace::fit(pairs(10, 1), "m", small()),
                 Error); // less than a batch
    auto bad = pairs(100, 1);
    bad[7].first.features.data[0] = std::nanf("");
    EXPECT_THROW(SharedSpace::fit(bad, "m", small()), Error);
    bad = pairs(100, 1);
    for (auto& pair : bad)
        pair.second.modality = "image";
    EXPECT_THROW(SharedSpace::fit(bad, "m", small()), Error);
    auto options = small();
    options.size = 0;
    EXPECT_SAYS(error_of([&] { SharedSpace::fit(pairs(100, 1), "m", options); }), "size");
}

TEST(CaptionedPicture, SaysWhatIsInIt)
{
    const auto one = captioned_picture(32, 1), again = captioned_picture(32, 1);
    EXPECT_EQ(one.picture.bytes, again.picture.bytes);
    EXPECT_EQ(one.caption, again.caption);
    EXPECT_NE(captioned_picture(32, 2).picture.bytes, one.picture.bytes);
    EXPECT_EQ(one.caption.rfind("There is a ", 0), 0u);
}
