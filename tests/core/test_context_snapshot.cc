// SPDX-License-Identifier: GPL-3.0-or-later
#include "context_entries.h"
#include "temp_dir.h"

#include <udeepsc_core/safetensors.h>

using namespace udeepsc_core;

namespace {

ContextStore filled()
{
    ContextStore store(store_options(4));
    for (int i = 0; i < 6; ++i) {
        auto entry = sentence(i, { 1.F * i, 2, 3 }, 100 + i);
        entry.source = i % 2;
        entry.value = i * 0.5;
        entry.block.positions = { i };
        if (i > 3)
            entry.embedding = { 0.5F, 1 };
        store.add(entry);
    }
    return store;
}

} // namespace

TEST(ContextSnapshot, ComesBackAsItWas)
{
    TempDir dir;
    auto store = filled();
    store.save(dir.file("context"), 110);
    ContextStore other(store_options(4));
    other.add(sentence(77, { 9 })); // goes
    other.load(dir.file("context"), 1000); // another clock
    EXPECT_EQ(other.sources(), store.sources());
    for (const int source : { 0, 1 }) {
        const auto before = store.held(source, 110), after = other.held(source, 1000);
        ASSERT_EQ(after.size(), before.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            const auto& a = *before[i].entry;
            const auto& b = *after[i].entry;
            EXPECT_EQ(b.block.features.data, a.block.features.data);
            EXPECT_EQ(b.block.positions, a.block.positions);
            EXPECT_EQ(b.block.noise_var, a.block.noise_var);
            EXPECT_EQ(b.embedding, a.embedding);
            EXPECT_EQ(b.frame, a.frame);
            EXPECT_EQ(b.text, a.text);
            EXPECT_EQ(b.task, a.task);
            EXPECT_EQ(b.model_id, "model");
            EXPECT_EQ(after[i].age, before[i].age);
            EXPECT_EQ(after[i].value, before[i].value);
            EXPECT_NEAR(after[i].age_s, before[i].age_s, 1e-9);
        }
    }
    // It goes on where it was: frame 6 is the next, frame 5 a repeat.
    auto repeat = sentence(5, { 1, 2, 3 }, 1001);
    repeat.source = 1;
    other.add(repeat);
    EXPECT_EQ(other.counts().repeated, 1U);
    EXPECT_EQ(other.counts().restarts, 0U);
}

TEST(ContextSnapshot, AnEmptyStoreHasOneToo)
{
    TempDir dir;
    ContextStore(store_options(4)).save(dir.file("context"), 0);
    auto store = filled();
    store.load(dir.file("context"), 0);
    EXPECT_EQ(store.size(), 0);
}

TEST(ContextSnapshot, ASmallerStoreTakesWhatItsRuleKeeps)
{
    TempDir dir;
    filled().save(dir.file("context"), 110);
    ContextStore small(store_options(1));
    small.load(dir.file("context"), 110);
    EXPECT_EQ(frames(small, 110, 0), std::vector<std::uint64_t> { 4 });
    EXPECT_EQ(frames(small, 110, 1), std::vector<std::uint64_t> { 5 });
}

TEST(ContextSnapshot, RefusesFilesThatAreCutDamagedForeignOrOfAnotherModel)
{
    TempDir dir;
    auto store = filled();
    store.save(dir.file("context"), 110);
    const std::string good = dir.read("context");
    const auto refused = [&](const std::string& bytes) {
        dir.write("bad", bytes);
        const auto text = error_of([&] { store.load(dir.file("bad"), 110); });
        EXPECT_EQ(store.size(), 6) << text; // nothing lost
        return text;
    };
    for (std::size_t cut = 0; cut < good.size(); cut += 7)
        EXPECT_FALSE(refused(good.substr(0, cut)).empty());
    auto flipped = good;
    flipped[flipped.size() - 20] ^= 1;
    EXPECT_SAYS(refused(flipped), "damaged");
    EXPECT_FALSE(refused("{\"a\": 1}").empty());
    EXPECT_SAYS(error_of([&] { store.load(dir.file("none"), 0); }), "No such file");

    auto options = store_options(4);
    options.model_id = "another";
    ContextStore other(options);
    EXPECT_SAYS(error_of([&] { other.load(dir.file("context"), 110); }),
                "of model \"model\", expected \"another\"");
}

TEST(ContextSnapshot, RefusesListsThatDoNotFitTheNumbers)
{
    TempDir dir;
    auto store = filled();
    store.save(dir.file("context"), 110);
    const auto good = read_safetensors(dir.file("context"));
    const auto refused = [&](const std::string& from, const std::string& to) {
        auto file = good;
        for (auto& tensor : file.tensors) {
            if (tensor.name != "entries")
                continue;
            std::string text(tensor.data.begin(), tensor.data.end());
            const auto at = text.find(from);
            EXPECT_NE(at, std::string::npos) << from;
            text.replace(at, from.size(), to);
            tensor.data.assign(text.begin(), text.end());
            tensor.shape = { static_cast<std::int64_t>(text.size()) };
        }
        file.metadata["content_hash"] = content_hash(file);
        write_safetensors(dir.file("bad"), file);
        const auto said = error_of([&] { store.load(dir.file("bad"), 110); });
        EXPECT_SAYS(said, dir.file("bad"));
        EXPECT_EQ(store.size(), 6);
        return said;
    };
    EXPECT_SAYS(refused("\"cols\":3", "\"cols\":16777216"), "asks for 16777216 numbers");
    EXPECT_SAYS(refused("\"cols\":3", "\"cols\":2"), "belong to no entry");
    EXPECT_SAYS(refused("\"rows\":1", "\"rows\":0"), "entry.rows: cannot use 0");
    EXPECT_SAYS(refused("\"source\":0", "\"source\":999"), "0 to 255");
    EXPECT_SAYS(refused("\"order\":1", "\"order\":0"), "out of order");
    EXPECT_SAYS(refused("\"task\"", "\"tusk\""), "entry.task: missing");
    EXPECT_SAYS(refused("[{", "{{"), "no JSON");
}
