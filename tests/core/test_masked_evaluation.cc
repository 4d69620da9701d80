// SPDX-License-Identifier: GPL-3.0-or-later
// Answers when only some elements of each frame are sent.
#include "temp_dir.h"

#include <udeepsc_core/element_masks.h>
#include <udeepsc_core/evaluator.h>

#include <cmath>
#include <random>

using namespace udeepsc_core;

namespace {

constexpr int ELEMENTS = 16, QUESTIONS = 8, FRAMES = 3; // of each question

const char* const s_config = R"({
  "name": "remembers",
  "encoders": {
    "sentence": { "kind": "text", "dim": 16, "heads": 2, "semantic_layers": 1, "selection_modules": 1,
                  "tokenizer": "words", "vector_of": "sentence", "vocabulary": 150, "max_tokens": 80 },
    "question": { "kind": "text", "dim": 16, "heads": 2, "semantic_layers": 1, "selection_modules": 1,
                  "tokenizer": "words", "vector_of": "sentence", "vocabulary": 150, "max_tokens": 80 }
  },
  "decoder": { "dim": 16, "heads": 2, "layers": 1, "memory_steps": 2 },
  "codebook": { "entries": 16, "subvector_dim": 2 }, "modulation": "16qam", "mapping": "symbol",
  "tasks": [
    { "name": "story", "output": "label", "classes": ["garden", "kitchen", "office"], "data": ["babi-1"],
      "inputs": { "sentence": { "subvectors": 16, "memory": 4 }, "question": { "subvectors": 16 } } }
  ] })";

class MaskedEvaluation : public ::testing::Test {
protected:
    MaskedEvaluation()
        : d_model(Transceiver::random(s_config, 1, {}))
    {
        std::string text;
        for (int story = 0; story < QUESTIONS; ++story) {
            const std::string place = story % 2 ? "garden" : "office";
            text += "1 Mary went to the " + place + ".\n2 John took the milk.\n"
                + "3 Where is Mary? \t" + place + "\t1\n";
        }
        d_dir.write("babi/en-10k/qa1_single-supporting-fact_test.txt", text);
        d_options.data_dir = d_dir.path();
        d_options.task = "story";
    }

    EvalResult result(const std::string& mask, int symbols, const std::string& file = "")
    {
        auto options = d_options;
        options.mask = mask;
        options.mask_symbols = symbols;
        options.mask_file = file;
        return evaluate(*d_model, options, { 12 })[0];
    }

    // Learnt from random frames: elements of high numbers are worth most.
    std::string learnt()
    {
        std::vector<ElementDamages> frames;
        std::mt19937 random(1);
        std::normal_distribution<float> normal;
        for (const auto* modality : { "sentence", "question" })
            for (int i = 0; i < 200; ++i) {
                ElementDamages frame { modality, {}, {} };
                for (int e = 0; e < ELEMENTS; ++e) {
                    frame.features.push_back(normal(random));
                    frame.features.push_back(normal(random));
                    frame.damages.push_back(e);
                }
                frames.push_back(frame);
            }
        const auto path = d_dir.file("masks.safetensors");
        ElementMasks::fit(frames, d_model->info().id).save(path);
        return path;
    }

    const TempDir d_dir;
    std::shared_ptr<const Transceiver> d_model;
    EvalOptions d_options;
};

} // namespace

TEST_F(MaskedEvaluation, AllElementsAreNoMask)
{
    const auto none = result("none", 0);
    EXPECT_EQ(none.n, QUESTIONS);
    EXPECT_DOUBLE_EQ(none.symbols_mean, FRAMES * ELEMENTS);
    const auto all = result("theory", ELEMENTS);
    EXPECT_DOUBLE_EQ(all.symbols_mean, none.symbols_mean);
    EXPECT_EQ(all.each, none.each);
}

TEST_F(MaskedEvaluation, SymbolsAreThoseOfTheElementsAndOfTheirPlaces)
{
    const auto file = learnt();
    for (const auto* mask : { "theory", "random", "order" }) {
        const auto r = result(mask, 5, file);
        EXPECT_DOUBLE_EQ(r.symbols_mean, FRAMES * 5) << mask;
        EXPECT_EQ(r.also.at("mask_symbols"), 0) << mask;
    }
    // 16 over 5 is 4368, 13 bits; at 12 dB a symbol carries 4.07: 4 symbols.
    const auto r = result("learnt", 9, file);
    EXPECT_DOUBLE_EQ(r.symbols_mean, FRAMES * 9);
    EXPECT_EQ(r.also.at("mask_symbols"), FRAMES * 4);
    EXPECT_EQ(r.bits_mean, FRAMES * 5 * 4); // 16 codewords
}

TEST_F(MaskedEvaluation, TheCountFollowsTheNoise)
{
    d_options.mask = "theory";
    const auto results = evaluate(*d_model, d_options, { 0, 6, 12 });
    for (std::size_t i = 0; i < results.size(); ++i)
        EXPECT_DOUBLE_EQ(results[i].symbols_mean,
                         FRAMES * elements_at(6.0 * static_cast<double>(i), ELEMENTS, 0));
}

TEST_F(MaskedEvaluation, SaysWhatItCannotDo)
{
    EXPECT_SAYS(error_of([&] { result("learnt", 4); }), "bench masks");
    EXPECT_SAYS(error_of([&] { result("best", 4); }), "mask");
    EXPECT_SAYS(error_of([&] { result("theory", -1); }), "mask_symbols");
    EXPECT_THROW(result("order", 4, d_dir.file("none")), Error);
    std::string bits = s_config;
    bits.replace(bits.find("\"symbol\""), 8, "\"bits\"");
    d_model = Transceiver::random(bits, 1, {});
    EXPECT_SAYS(error_of([&] { result("theory", 4); }), "mapping");
}
