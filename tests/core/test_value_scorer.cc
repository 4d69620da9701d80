// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/value_scorer.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace udeepsc_core;

namespace {

// Contexts of one entry each.
struct Data {
    std::vector<FeatureMatrix> entries;
    std::vector<double> damages;
};

ValueScorer
fit(const Data& data, const ValueScorerOptions& options, const std::string& model = "m")
{
    std::vector<std::vector<FeatureMatrix>> contexts;
    std::vector<std::vector<double>> damages;
    for (const auto& entry : data.entries)
        contexts.push_back({ entry });
    for (const double damage : data.damages)
        damages.push_back({ damage });
    return ValueScorer::fit(contexts, damages, model, options);
}

// Features of two rows about a mean; what the mean's damage is.
template <class Function> Data draw(int count, std::uint64_t seed, Function damage)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    Data data;
    for (int i = 0; i < count; ++i) {
        FeatureMatrix features { 2, 3, {} };
        std::vector<double> mean(3);
        for (int k = 0; k < 6; ++k) {
            features.data.push_back(normal(random));
            mean[k % 3] += features.data.back() / 2;
        }
        data.damages.push_back(damage(mean) + 0.1 * normal(random));
        data.entries.push_back(std::move(features));
    }
    return data;
}

double mean_squared_error(const ValueScorer& scorer, const Data& data)
{
    double sum = 0;
    for (std::size_t i = 0; i < data.entries.size(); ++i)
        sum += std::pow(scorer(data.entries[i]) - data.damages[i], 2);
    return sum / static_cast<double>(data.entries.size());
}

} // namespace

TEST(ValueScorer, LearnsALine)
{
    const auto line = [](const auto& m) { return 1 + 2 * m[0] - m[2]; };
    ValueScorerOptions options;
    options.waves = 0;
    options.ridge = 1e-6;
    const auto train = draw(500, 1, line);
    const auto scorer = fit(train, options);
    // The noise's variance is 0.01.
    EXPECT_LT(mean_squared_error(scorer, draw(500, 2, line)), 0.012);
}

TEST(ValueScorer, LearnsWhatIsNoLine)
{
    const auto valley = [](const auto& m) { return std::cos(3 * m[1]); };
    const auto train = draw(2000, 1, valley), test = draw(500, 2, valley);
    ValueScorerOptions linear;
    linear.waves = 0;
    ValueScorerOptions waves;
    waves.ridge = 1e-4;
    const double bad = mean_squared_error(fit(train, linear), test);
    const double good = mean_squared_error(fit(train, waves), test);
    EXPECT_LT(good, 0.2 * bad);
}

TEST(ValueScorer, LearnsWhatAYoungerEntryMakesWorthless)
{
    // Entry of a person (+-1, first number); worth 1 until a younger one of the same.
    std::mt19937_64 random(5);
    std::normal_distribution<float> normal;
    std::vector<std::vector<FeatureMatrix>> contexts;
    std::vector<std::vector<double>> damages;
    const auto entry = [&](float person) {
        return FeatureMatrix { 1, 3, { person, normal(random), normal(random) } };
    };
    for (int c = 0; c < 400; ++c) {
        std::vector<float> people;
        contexts.emplace_back();
        for (int i = 0; i < 3; ++i) {
            people.push_back(random() % 2 == 0 ? 1 : -1);
            contexts.back().push_back(entry(people.back()));
        }
        damages.emplace_back();
        for (int i = 0; i < 3; ++i)
            damages.back().push_back(
                std::count(people.begin() + i + 1, people.end(), people[i]) > 0 ? 0 : 1);
    }
    const auto scorer = ValueScorer::fit(contexts, damages, "m");
    EXPECT_LT(scorer.pair(entry(1), entry(1)), -0.2);
    EXPECT_GT(scorer.pair(entry(1), entry(-1)), -0.1);

    // Of two people a store of two then keeps what each did last.
    ContextStoreOptions options;
    options.entries = 2;
    options.rule = UpdateRule::named("value");
    ContextStore store(options);
    scorer.score(store);
    const float people[] = { -1, 1, 1, 1 };
    for (std::uint64_t i = 0; i < 4; ++i) {
        ContextEntry one;
        one.frame = i;
        one.block.features = entry(people[i]);
        store.add(std::move(one));
    }
    const auto held = store.held(0, 1);
    ASSERT_EQ(held.size(), 2U);
    EXPECT_EQ(held[0].entry->frame, 0U);
    EXPECT_EQ(held[1].entry->frame, 3U);
}

TEST(ValueScorer, ComesBackFromAFileAndRefusesOthers)
{
    TempDir dir;
    const auto data = draw(50, 3, [](const auto& m) { return m[0]; });
    const auto scorer = fit(data, {}, "model");
    scorer.save(dir.file("scorer"));
    const auto again = ValueScorer::load(dir.file("scorer"), "model");
    EXPECT_EQ(again(data.entries[0]), scorer(data.entries[0]));
    EXPECT_SAYS(error_of([&] { ValueScorer::load(dir.file("scorer"), "another"); }),
                "found model_id \"model\", expected \"another\"");
    auto bytes = dir.read("scorer");
    bytes[bytes.size() - 2] ^= 1;
    dir.write("damaged", bytes);
    EXPECT_SAYS(error_of([&] { ValueScorer::load(dir.file("damaged"), "model"); }),
                "content_hash");
    dir.write("cut", bytes.substr(0, bytes.size() / 2));
    EXPECT_FALSE(error_of([&] { ValueScorer::load(dir.file("cut"), "model"); }).empty());
    FeatureMatrix other { 1, 2, { 1, 2 } };
    EXPECT_SAYS(error_of([&] { scorer(other); }), "2 columns, expected 3");
}

TEST(ValueScorer, RefusesWhatCannotBeFitted)
{
    auto data = draw(10, 1, [](const auto& m) { return m[0]; });
    const auto refused = [&](const Data& d, ValueScorerOptions options = {}) {
        return error_of([&] { fit(d, options); });
    };
    EXPECT_SAYS(refused({}), "two or more");
    auto bad = data;
    bad.damages.pop_back();
    EXPECT_SAYS(refused(bad), "10 entries and 9 damages");
    bad = data;
    bad.damages[3] = std::nan("");
    EXPECT_SAYS(refused(bad), "not finite");
    bad = data;
    bad.entries[2] = { 1, 2, { 1, 2 } };
    EXPECT_SAYS(refused(bad), "different sizes");
    EXPECT_SAYS(refused(data, { 5000, 0, 0.01, 1 }), "waves is 5000");
    EXPECT_SAYS(refused(data, { 8, 0, 0, 1 }), "ridge");
}
