// SPDX-License-Identifier: GPL-3.0-or-later
// Outputs in layers as users of a model meet them: configuration, link, results.
#include "layered_model.h"
#include "temp_dir.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/protection.h>
#include <udeepsc_core/trainer.h>
#include <udeepsc_core/transceiver.h>

#include <gtest/gtest.h>

#include <cmath>
#include <complex>

using namespace udeepsc_core;

namespace {

std::shared_ptr<const Transceiver> small()
{
    static const auto model = Transceiver::random(layered_model(), 3, {});
    return model;
}

std::vector<LinkBlock> sent_blocks(unsigned seed, int layers = 0)
{
    std::mt19937 random(seed);
    Sample sample;
    sample.inputs["image"] = small()->random_sample("image", random);
    TransmitOptions options;
    options.layers = layers;
    auto blocks = transmit(*small(), "digits", { sample }, options)[0];
    for (auto& block : blocks)
        block.noise_var = { 0.01f };
    return blocks;
}

TaskResult decoded(const std::vector<LinkBlock>& blocks)
{
    return receive(*small(), "digits", { blocks }, LookupMode::soft)[0];
}

std::string refusal(const std::string& task,
                    const std::string& layers = "[3, 6, 9]",
                    const std::string& mapping = "symbol",
                    const std::string& queries = "5")
{
    return error_of(
        [&] { ModelConfig::from_json(layered_model(task, layers, mapping, queries)); });
}

} // namespace

TEST(LayeredConfiguration, SaysWhatDoesNotFit)
{
    EXPECT_SAYS(refusal(R"(, "picture_weights": [1, 1])"), "got 2 weights, expected 3");
    EXPECT_SAYS(refusal(R"(, "label_weights": [1, 1, 1, 1])"), "one for each layer");
    EXPECT_SAYS(refusal(R"(, "label_weights": [0, 0, 0])"),
                "at least one weight above 0");
    EXPECT_SAYS(refusal(R"(, "label_weights": [1, -1, 0])"), "each 0 to");
    EXPECT_SAYS(refusal(R"(, "label_weights": 3)"), "an array of numbers");
    EXPECT_SAYS(refusal(R"(, "class_weights": [1, 2])"), "one for each class");
    EXPECT_SAYS(refusal(R"(, "pooled": ["eleven"])"), "none of the classes");
    EXPECT_SAYS(refusal(R"(, "pooled": ["1", "1"])"), "twice");
    EXPECT_SAYS(refusal("", "[]"), "the sizes of the layers");
    EXPECT_SAYS(refusal("", "[0, 4]"), "1 to 4096");
    EXPECT_SAYS(refusal("", "[1, 1, 1, 1, 1, 1, 1, 1, 1]"), "at most 8");
    EXPECT_SAYS(refusal("", "[3, 6, 9]", "bits"), "mapping");
    EXPECT_SAYS(refusal("", "[3, 6, 9]", "symbol", "4"),
                "expected one a patch and one for");
    // Of the pooled classes one weight is left: nine, and that of all others.
    EXPECT_SAYS(refusal(R"(, "pooled": ["1", "2"], "class_weights": [1, 1, 1])"),
                "expected 9");
    const auto config = ModelConfig::from_json(layered_model());
    EXPECT_EQ(ModelConfig::from_json(config.to_json()).to_json(), config.to_json());
}

// What a layer is worth a transmitter cannot learn by itself.
TEST(LayeredConfiguration, LearnsOverTheAir)
{
    const auto name = ModelConfig::from_json(layered_model()).tasks[0].name;
    const auto read = [&](const std::string& field) {
        const TempDir dir;
        return TrainConfig::from_file(dir.write("config.json",
                                                "{\"model\": " + layered_model()
                                                    + ", \"training\": {\"tasks\": {\""
                                                    + name + "\": {}}, " + field + "}}"));
    };
    EXPECT_TRUE(read("\"air_gradient\": true").air_gradient);
    EXPECT_SAYS(error_of([&] { read("\"air_gradient\": false"); }), "air_gradient");
}

TEST(LayeredConfiguration, OtherOutputsHaveNoLayers)
{
    auto text = layered_model();
    const std::string kind = "layered_picture\"";
    text.replace(text.find(kind), kind.size(), "label\", \"aligned\": false");
    EXPECT_THROW(ModelConfig::from_json(text), Error);
}

TEST(Layers, ABlockEach)
{
    const auto blocks = sent_blocks(1);
    ASSERT_EQ(blocks.size(), 3u);
    const std::size_t sizes[] = { 3, 6, 9 };
    for (std::size_t l = 0; l < 3; ++l) {
        EXPECT_EQ(blocks[l].layer, static_cast<int>(l));
        EXPECT_EQ(blocks[l].symbols.size(), sizes[l]);
        EXPECT_EQ(blocks[l].vectors, static_cast<int>(sizes[l]));
    }
    EXPECT_EQ(sent_blocks(1, 2).size(), 2u);
    // The first layers are the same, however many follow.
    EXPECT_EQ(sent_blocks(1, 2)[1].symbols, blocks[1].symbols);
    EXPECT_SAYS(error_of([] { sent_blocks(1, 4); }), "asked for 4 layers");
    const auto& task = small()->info().task("digits");
    EXPECT_EQ(task.layer_count(), 3);
    EXPECT_EQ(task.layers.at("image"), (std::vector<int> { 3, 6, 9 }));
    EXPECT_EQ(task.tx_gain.at("image").size(), 3u);
}

TEST(Layers, AnyPrefixIsDecoded)
{
    const auto blocks = sent_blocks(2);
    std::vector<TaskResult> results;
    for (std::size_t l = 1; l <= 3; ++l) {
        results.push_back(
            decoded({ blocks.begin(), blocks.begin() + static_cast<long>(l) }));
        EXPECT_EQ(results.back().layers, static_cast<int>(l));
        EXPECT_EQ(results.back().unused_layers, 0);
        EXPECT_EQ(results.back().picture.size(), 8u * 8 * 3);
        ASSERT_EQ(results.back().probabilities.size(), 10u);
        float sum = 0;
        for (float p : results.back().probabilities)
            sum += p;
        EXPECT_NEAR(sum, 1, 1e-4);
    }
    EXPECT_NE(results[0].picture, results[2].picture);
    // In any order, and several samples of different count together.
    const auto other = decoded({ blocks[2], blocks[0], blocks[1] });
    EXPECT_EQ(other.picture, results[2].picture);
    const auto together = receive(*small(),
                                  "digits",
                                  { blocks, { blocks[0] }, { blocks[0], blocks[1] } },
                                  LookupMode::soft);
    EXPECT_EQ(together[1].layers, 1);
    for (std::size_t i = 0; i < results[0].picture.size(); ++i)
        EXPECT_NEAR(together[1].picture[i], results[0].picture[i], 1);
}

TEST(Layers, BelowAGapIsDecoded)
{
    const auto blocks = sent_blocks(3);
    const auto result = decoded({ blocks[0], blocks[2] });
    EXPECT_EQ(result.layers, 1);
    EXPECT_EQ(result.unused_layers, 1);
    EXPECT_EQ(result.picture, decoded({ blocks[0] }).picture);
    EXPECT_SAYS(error_of([&] {
                    decoded({ blocks[1], blocks[2] });
                }),
                "layer 1 of a sample of digits did not arrive");
    EXPECT_SAYS(error_of([&] { decoded({ blocks[0], blocks[0] }); }), "twice");
}

TEST(Layers, OfAnotherModelAreRefused)
{
    auto blocks = sent_blocks(4);
    blocks[2].layer = 3;
    EXPECT_SAYS(error_of([&] { decoded(blocks); }),
                "got layer 4, task digits of this model has layers 1 to 3");
    blocks = sent_blocks(4);
    blocks[1].symbols.resize(5);
    blocks[1].vectors = 5;
    EXPECT_SAYS(error_of([&] { decoded(blocks); }), "5 vectors in layer 2 of digits");
    blocks = sent_blocks(4);
    blocks[1].noise_var = { NAN };
    EXPECT_THROW(decoded(blocks), Error);
    const std::vector<std::uint16_t> four(4);
    EXPECT_SAYS(error_of([&] { small()->modulate("digits", "image", four); }),
                "4 indices are not those of the first layers");
}

TEST(Classes, PooledOnesAreOne)
{
    const auto model
        = Transceiver::random(layered_model(R"(, "pooled": ["0", "2", "9"])"), 1, {});
    const auto& task = model->info().task("digits");
    EXPECT_EQ(task.classes,
              (std::vector<std::string> { "1", "3", "4", "5", "6", "7", "8", "other" }));
    EXPECT_EQ(task.class_number("3"), 1);
    EXPECT_EQ(task.class_number("other"), 7);
    EXPECT_SAYS(error_of([&] { task.class_number("9"); }), "is pooled into \"other\"");
    EXPECT_SAYS(error_of([&] { task.class_number("ten"); }), "has no class \"ten\"");
}

TEST(OneRate, KeepsTheFirstLayerAndTheSum)
{
    TrainConfig config;
    config.model_config = layered_model(R"(, "picture_weights": [0.1, 1, 2])");
    const auto one = ModelConfig::from_json(config.at_one_rate(12).model_config);
    EXPECT_EQ(one.tasks[0].inputs[0].layers, (std::vector<int> { 3, 9 }));
    EXPECT_EQ(one.name, "small-12");
    EXPECT_NE(one.to_json().find("\"picture_weights\":[0.0,2"), std::string::npos)
        << one.to_json();
    EXPECT_SAYS(error_of([&] { config.at_one_rate(3); }), "layer 1 of task digits");
}

TEST(Protection, IsReadFromAFile)
{
    TempDir dir;
    const auto read = [&](const std::string& text) {
        dir.write("p.json", text);
        return read_protection(dir.path() + "/p.json");
    };
    const auto two = read(R"({ "layers": [ { "power_db": 3.5, "repetitions": 2 }, {} ],
                               "task": "digits" })");
    ASSERT_EQ(two.size(), 2u);
    EXPECT_NEAR(protection_of(two, 0).energy(), 2 * std::pow(10, 0.35), 1e-9);
    EXPECT_EQ(protection_of(two, 1).energy(), 1);
    EXPECT_EQ(protection_of(two, 5).repetitions, 1); // beyond the table
    EXPECT_SAYS(error_of([&] { read("[]"); }), "expected \"layers\"");
    EXPECT_SAYS(error_of([&] { read(R"({"layers": []})"); }), "1 to 8 objects");
    EXPECT_SAYS(error_of([&] { read(R"({"layers": [3]})"); }), "layer 1: expected an");
    EXPECT_SAYS(error_of([&] { read(R"({"layers": [{"power_db": 0.3}]})"); }),
                "steps of");
    EXPECT_SAYS(error_of([&] { read(R"({"layers": [{"power_db": 20}]})"); }), "-16 to");
    EXPECT_SAYS(error_of([&] { read(R"({"layers": [{}, {"repetitions": 9}]})"); }),
                "layer 2: repetitions is 9");
    EXPECT_SAYS(error_of([&] { read(R"({"layers": [{"repetitions": -1}]})"); }),
                "cannot use \"repetitions\"");
    EXPECT_SAYS(error_of([&] { read(R"({"layers": [{"gain": 1}]})"); }), "\"gain\"");
    EXPECT_SAYS(error_of([&] { read("{"); }), "protection ");
}

TEST(Receivers, HaveWeightsForEveryLayer)
{
    TempDir dir;
    const auto read = [&](const std::string& receivers) {
        dir.write("t.json",
                  R"({ "model": )" + layered_model()
                      + R"(, "training": { "tasks": { "digits": { "receivers": )"
                      + receivers + R"( } }, "phases": [ { "steps": 1 } ] } })");
        return TrainConfig::from_file(dir.path() + "/t.json");
    };
    const auto config = read(
        R"([ { "snr_db": [-2, 2], "picture_weights": [1, 0, 0] }, { "snr_db": [8, 12] } ])");
    ASSERT_EQ(config.tasks.at("digits").receivers.size(), 2u);
    EXPECT_EQ(config.tasks.at("digits").receivers[1].snr_max_db, 12);
    EXPECT_SAYS(error_of([&] { read(R"([ { "label_weights": [1, 1] } ])"); }),
                "got 2 weights, expected one for each of 3 layers");
    EXPECT_SAYS(error_of([&] { read("[]"); }), "expected at least one");
    EXPECT_SAYS(error_of([&] { read(R"([ { "snr": 3 } ])"); }), "unknown field");
}
