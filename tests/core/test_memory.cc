// SPDX-License-Identifier: GPL-3.0-or-later
// The receiver's memory, through the torch-free interface.
#include "temp_dir.h"

#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/transceiver.h>

#include <algorithm>
#include <cmath>

using namespace udeepsc_core;

namespace {

std::string config(const std::string& temporal, const std::string& output = "label")
{
    return R"({
      "name": "remembers",
      "encoders": {
        "image": { "dim": 16, "heads": 2, "semantic_layers": 1, "selection_modules": 1, "image_size": 8, "patch": 4 },
        "sentence": { "kind": "text", "dim": 16, "heads": 2, "semantic_layers": 1, "selection_modules": 1,
                      "tokenizer": "words", "vector_of": "sentence", "vocabulary": 150, "max_tokens": 24 },
        "question": { "kind": "text", "dim": 16, "heads": 2, "semantic_layers": 1, "selection_modules": 1,
                      "tokenizer": "words", "vector_of": "sentence", "vocabulary": 150, "max_tokens": 24 }
      },
      "decoder": { "dim": 16, "heads": 2, "layers": 1, "memory_steps": 3, "temporal": ")"
        + temporal + R"(" },
      "codebook": { "entries": 16, "subvector_dim": 2 }, "modulation": "16qam", "mapping": "symbol",
      "tasks": [
        { "name": "story", "output": ")"
        + output + R"(", "classes": 5,
          "inputs": { "sentence": { "subvectors": 4, "memory": 3 }, "question": { "subvectors": 4 } } },
        { "name": "pictures", "output": "label", "classes": 3,
          "inputs": { "image": { "min_vectors": 1, "max_vectors": 3, "memory": 2 }, "question": { "subvectors": 4 } } },
        { "name": "plain", "output": "label", "classes": 3, "inputs": { "sentence": { "subvectors": 4 } } }
      ] })";
}

std::shared_ptr<const Transceiver> model(const std::string& temporal = "learnt")
{
    return Transceiver::random(config(temporal), 1, {});
}

Sample story(const std::vector<std::string>& sentences, const std::string& question)
{
    Sample sample;
    for (const auto& sentence : sentences)
        sample.context["sentence"].push_back(SourceSample::text(sentence));
    if (!question.empty())
        sample.inputs["question"] = SourceSample::text(question);
    return sample;
}

// As they come over a channel of almost no noise.
std::vector<FeatureBlock>
received(const Transceiver& m, const std::string& task, const Sample& sample)
{
    auto blocks = transmit(m, task, { sample }, {})[0];
    for (auto& block : blocks)
        block.noise_var = { 1e-3f };
    return m.lookup(task, blocks, LookupMode::soft);
}

std::vector<float> answer(const Transceiver& m,
                          const std::string& task,
                          const std::vector<FeatureBlock>& blocks)
{
    return m.decode(task, { blocks })[0].probabilities;
}

double distance(const std::vector<float>& a, const std::vector<float>& b)
{
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(static_cast<double>(a[i]) - b[i]));
    return most;
}

} // namespace

TEST(Memory, EarlierFramesAreBlocksWithAnAge)
{
    const auto m = model();
    const auto blocks = received(*m, "story", story({ "a b", "c d", "e" }, "f g"));
    ASSERT_EQ(blocks.size(), 4u);
    std::vector<int> ages;
    for (const auto& block : blocks) {
        ages.push_back(block.age);
        EXPECT_EQ(block.features.rows, 1); // a vector a sentence
        EXPECT_EQ(block.modality, block.age < 0 ? "question" : "sentence");
    }
    std::sort(ages.begin(), ages.end());
    EXPECT_EQ(ages, (std::vector<int> { -1, 0, 1, 2 }));
    EXPECT_EQ(m->info().task("story").memory.at("sentence"), 3);
    EXPECT_EQ(m->info().task("story").memory.at("question"), 0);
}

TEST(Memory, WhatCameBeforeAndItsOrderChangeTheAnswer)
{
    for (const char* temporal : { "learnt", "sinusoidal" }) {
        const auto m = model(temporal);
        const auto of = [&](const std::vector<std::string>& sentences) {
            return answer(*m, "story", received(*m, "story", story(sentences, "f g")));
        };
        const auto known = of({ "a b", "c d" });
        EXPECT_LT(distance(known, of({ "a b", "c d" })), 1e-6);
        EXPECT_GT(distance(known, of({})), 1e-5) << temporal;
        EXPECT_GT(distance(known, of({ "c d", "a b" })), 1e-5) << temporal;
        EXPECT_GT(distance(known, of({ "a b", "c e" })), 1e-5) << temporal;
    }
}

TEST(Memory, OrderOfTheWordsCounts)
{
    const auto features = model()->encode("story",
                                          "sentence",
                                          { SourceSample::text("a b c"),
                                            SourceSample::text("c b a"),
                                            SourceSample::text("a b c") });
    EXPECT_GT(distance(features[0].data, features[1].data), 1e-3);
    EXPECT_LT(distance(features[0].data, features[2].data), 1e-6);
}

TEST(Memory, BlocksMayComeInAnyOrderAndAgesHaveGaps)
{
    const auto m = model();
    auto blocks = received(*m, "story", story({ "a b", "c d" }, "f g"));
    const auto expected = answer(*m, "story", blocks);
    std::reverse(blocks.begin(), blocks.end());
    EXPECT_LT(distance(expected, answer(*m, "story", blocks)), 1e-6);
    for (auto& block : blocks)
        block.age = block.age < 0 ? -1 : 5 + 7 * block.age; // questions came between
    EXPECT_LT(distance(expected, answer(*m, "story", blocks)), 1e-6);
}

TEST(Memory, OfMoreThanItRemembersTheLatestCount)
{
    const auto m = model();
    const auto all = received(*m, "story", story({ "x y", "a b", "c d", "e" }, "f g"));
    const auto latest = received(*m, "story", story({ "a b", "c d", "e" }, "f g"));
    EXPECT_LT(distance(answer(*m, "story", all), answer(*m, "story", latest)), 1e-6);
}

TEST(Memory, ALostSentenceLeavesTheOthers)
{
    const auto m = model();
    auto blocks = received(*m, "story", story({ "a b", "c d", "e" }, "f g"));
    blocks.erase(std::find_if(
        blocks.begin(), blocks.end(), [](const auto& b) { return b.age == 1; }));
    const auto without = received(*m, "story", story({ "a b", "e" }, "f g"));
    EXPECT_LT(distance(answer(*m, "story", blocks), answer(*m, "story", without)), 1e-6);
    // The question alone, or the story alone, will do as well.
    answer(*m, "story", received(*m, "story", story({}, "f g")));
    answer(*m, "story", received(*m, "story", story({ "a b" }, "")));
    EXPECT_SAYS(error_of([&] { m->decode("story", { {} }); }), "nothing of a sample");
}

TEST(Memory, SamplesOfDifferentContextShareABatch)
{
    const auto m = model();
    std::vector<std::vector<FeatureBlock>> samples;
    for (const auto& sentences : std::vector<std::vector<std::string>> {
             { "a b" }, {}, { "c", "d e f", "g" }, { "a", "b" } })
        samples.push_back(received(*m, "story", story(sentences, "f g")));
    const auto together = m->decode("story", samples);
    for (std::size_t i = 0; i < samples.size(); ++i)
        EXPECT_LT(distance(together[i].probabilities, answer(*m, "story", samples[i])),
                  1e-5);
}

TEST(Memory, PicturesNowAndBeforeWithDifferentNumbersOfVectors)
{
    const auto m = model();
    std::mt19937 random(4);
    Sample sample;
    sample.inputs["question"] = SourceSample::text("q");
    sample.inputs["image"] = m->random_sample("image", random);
    sample.context["image"]
        = { m->random_sample("image", random), m->random_sample("image", random) };
    auto blocks = received(*m, "pictures", sample);
    ASSERT_EQ(blocks.size(), 4u);
    // One entry came over a better channel, with fewer vectors.
    TransmitOptions few;
    few.vectors = 1;
    Sample old;
    old.inputs["image"] = sample.context["image"][0];
    auto sent = transmit(*m, "pictures", { old }, few)[0];
    sent[0].noise_var = { 1e-3f };
    const auto one = m->lookup("pictures", sent, LookupMode::soft)[0];
    EXPECT_EQ(one.features.rows, 1);
    for (auto& block : blocks)
        if (block.age == 1) {
            block = one;
            block.age = 1;
        }
    const auto known = answer(*m, "pictures", blocks);
    // The present picture is no entry of the memory.
    for (auto& block : blocks)
        if (block.modality == "image" && block.age < 0)
            block.age = 2;
    EXPECT_GT(distance(known, answer(*m, "pictures", blocks)), 1e-5);
}

TEST(Memory, BadBlocks)
{
    const auto m = model();
    auto blocks = received(*m, "story", story({ "a b" }, "f g"));
    for (auto& block : blocks)
        if (block.modality == "question")
            block.age = 0;
    EXPECT_SAYS(error_of([&] { m->decode("story", { blocks }); }), "remembers none");
    for (auto& block : blocks)
        block.age = -2;
    EXPECT_SAYS(error_of([&] { m->decode("story", { blocks }); }), "age -2");
    for (auto& block : blocks)
        block.age = -1;
    auto twice = blocks;
    twice.push_back(blocks[0]);
    EXPECT_SAYS(error_of([&] { m->decode("story", { twice }); }), "twice");
    // A task without memory takes none, though another remembers the modality.
    auto plain = received(*m, "plain", [] {
        Sample sample;
        sample.inputs["sentence"] = SourceSample::text("a");
        return sample;
    }());
    plain[0].age = 0;
    EXPECT_SAYS(error_of([&] { m->decode("plain", { plain }); }), "remembers none");
}

TEST(Memory, BadConfigurations)
{
    EXPECT_SAYS(error_of([] { Transceiver::random(config("of old"), 1, {}); }),
                "temporal");
    auto aligned = config("learnt");
    const std::string task = R"("name": "story",)";
    aligned.insert(aligned.find(task) + task.size(), R"( "aligned": true,)");
    error_of([&] { Transceiver::random(aligned, 1, {}); });
}

TEST(Memory, EvaluationWithoutAndWithLosses)
{
    const auto m = model();
    const TempDir dir;
    std::string text;
    for (int i = 0; i < 30; ++i)
        text += "1 Mary went.\n2 John went.\n3 Where?\t0\n";
    dir.write("babi/en-10k/qa1_x_test.txt", text);
    EvalOptions o;
    o.data_dir = dir.path();
    o.task = "story";
    o.datasets = { "babi-1" };
    const auto all = evaluate(*m, o, { 12.0 })[0];
    EXPECT_EQ(all.n, 30);
    EXPECT_EQ(all.lost, 0);
    EXPECT_DOUBLE_EQ(all.symbols_mean, 3 * 4); // two sentences, a question
    EXPECT_DOUBLE_EQ(all.also.at("symbols_per_word"), 12.0 / 5);
    o.memory = false;
    EXPECT_DOUBLE_EQ(evaluate(*m, o, { 12.0 })[0].symbols_mean, 4);
    o.memory = true;
    o.lose = 1;
    EXPECT_EQ(evaluate(*m, o, { 12.0 })[0].lost, 60);
    o.lose = 0.5;
    const auto some = evaluate(*m, o, { 12.0 })[0].lost;
    EXPECT_GT(some, 15);
    EXPECT_LT(some, 45);
    o.lose = 2;
    EXPECT_SAYS(error_of([&] { evaluate(*m, o, { 12.0 }); }), "lose");
}

TEST(Memory, OfLittleProbabilityIsUnknown)
{
    const std::string intention
        = R"({ "name": "wish", "output": "label", "data": ["intention"],
      "classes": ["image_classification", "image_reconstruction", "text_classification",
                  "text_reconstruction", "visual_question_answering", "video_sentiment",
                  "speech_classification", "story_question_answering",
                  "picture_memory_question_answering", "unknown"],
      "inputs": { "sentence": { "subvectors": 4 } } }, )";
    auto text = config("learnt");
    const std::string tasks = R"("tasks": [)";
    text.insert(text.find(tasks) + tasks.size(), intention);
    const auto m = Transceiver::random(text, 1, {});
    EvalOptions o;
    o.task = "wish";
    o.limit = 100;
    o.least_probability = 1; // nothing is so sure
    const auto sure = evaluate(*m, o, { 12.0 })[0];
    EXPECT_DOUBLE_EQ(sure.also.at("unknown_refused"), 1);
    EXPECT_DOUBLE_EQ(sure.also.at("known_right"), 0);
    o.least_probability = 0;
    EXPECT_LT(evaluate(*m, o, { 12.0 })[0].also.at("unknown_refused"), 1);
    o.task = "plain";
    o.datasets = { "intention" };
    o.least_probability = 0.5;
    EXPECT_FALSE(error_of([&] { evaluate(*m, o, { 12.0 }); }).empty());
}
