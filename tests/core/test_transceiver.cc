// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/transceiver.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <thread>

using namespace udeepsc_core;

namespace {

const char* const s_six_tasks[]
    = { "image_classification", "image_reconstruction",      "text_classification",
        "text_reconstruction",  "visual_question_answering", "video_sentiment" };

std::shared_ptr<const Transceiver> tiny()
{
    static const auto model = Transceiver::random(CONFIGS "/tiny.json", 7, {});
    return model;
}

SourceSample sample(const std::string& modality, unsigned seed)
{
    std::mt19937 random(seed);
    if (modality == "text") {
        const std::string words[] = { "a film", "so good", "no", "it 's odd" };
        return SourceSample::text(words[seed % 4]);
    }
    if (modality == "image")
        return tiny()->random_sample(modality, random);
    const int count = 3 + static_cast<int>(seed % 5);
    std::vector<float> values;
    for (int i = 0; i < 8 * count; ++i)
        values.push_back(static_cast<float>(random() % 100) / 50.0f - 1.0f);
    return SourceSample::vectors(count, 8, values);
}

// What a perfect channel brings of the samples of these seeds.
std::vector<std::vector<LinkBlock>> received_blocks(const Transceiver& model,
                                                    const std::string& task,
                                                    const std::vector<unsigned>& seeds)
{
    std::vector<Sample> samples;
    for (auto seed : seeds) {
        samples.emplace_back();
        for (const auto& modality : model.info().task(task).modalities)
            samples.back().inputs[modality] = sample(modality, seed);
    }
    TransmitOptions options;
    options.snr_db = 10;
    auto blocks = transmit(model, task, samples, options);
    for (auto& of_sample : blocks)
        for (auto& block : of_sample)
            block.noise_var = { 0.1f };
    return blocks;
}

// Transmitter, a perfect channel and receiver for the samples of these seeds at once.
std::vector<TaskResult> round_trip(const Transceiver& model,
                                   const std::string& task,
                                   const std::vector<unsigned>& seeds)
{
    return receive(model, task, received_blocks(model, task, seeds), LookupMode::soft);
}

// One block of these symbols
LinkBlock link_block(std::vector<std::complex<float>> symbols,
                     int vectors,
                     std::vector<float> noise_var)
{
    LinkBlock block;
    block.modality = "image";
    block.vectors = vectors;
    block.symbols = std::move(symbols);
    block.noise_var = std::move(noise_var);
    return block;
}

} // namespace

class SixTasks : public ::testing::TestWithParam<const char*> { };

TEST_P(SixTasks, BatchGivesWhatSingleSamplesGive)
{
    const std::vector<unsigned> seeds { 1, 2, 3, 5 };
    const auto together = round_trip(*tiny(), GetParam(), seeds);
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        const auto alone = round_trip(*tiny(), GetParam(), { seeds[i] })[0];
        EXPECT_EQ(alone.label, together[i].label);
        EXPECT_EQ(alone.sentence, together[i].sentence);
        ASSERT_EQ(alone.picture.size(), together[i].picture.size());
        for (std::size_t p = 0; p < alone.picture.size(); ++p)
            EXPECT_NEAR(alone.picture[p], together[i].picture[p], 1);
        ASSERT_EQ(alone.probabilities.size(), together[i].probabilities.size());
        for (std::size_t p = 0; p < alone.probabilities.size(); ++p)
            EXPECT_NEAR(alone.probabilities[p], together[i].probabilities[p], 1e-5);
    }
}

TEST_P(SixTasks, OutputIsOfTheKindTheTaskGives)
{
    const auto& task = tiny()->info().task(GetParam());
    const auto result = round_trip(*tiny(), GetParam(), { 4 })[0];
    EXPECT_EQ(result.task, GetParam());
    if (task.output == "label") {
        EXPECT_EQ(result.probabilities.size(), task.classes.size());
        float sum = 0;
        for (float p : result.probabilities)
            sum += p;
        EXPECT_NEAR(sum, 1, 1e-5);
    } else if (task.output == "picture") {
        EXPECT_EQ(result.picture.size(), 3u * 32 * 32);
    }
}

INSTANTIATE_TEST_SUITE_P(Tiny, SixTasks, ::testing::ValuesIn(s_six_tasks));

TEST(Transceiver, SendsFewerVectorsWhenTheChannelIsGood)
{
    const auto model = tiny();
    const auto features
        = model->encode("image_classification", "image", { sample("image", 1) });
    const auto bad = model->select("image_classification", "image", features, { -6 })[0];
    const auto good = model->select("image_classification", "image", features, { 12 })[0];
    EXPECT_LT(good.features.rows, bad.features.rows);
    const auto three = model->select_exactly(
        "image_classification", "image", features, { 12 }, 3, false)[0];
    EXPECT_EQ(three.features.rows, 3);
}

TEST(Transceiver, HardLookUpIsACodewordAndSoftIsBetweenThem)
{
    const auto model = tiny();
    const std::vector<std::complex<float>> symbols {
        { 0.1f, -0.2f }, { 1.5f, 1.5f }, { 0, 0 }, { -3, 0.4f }
    };
    const auto found = [&](float noise_var, LookupMode mode) {
        return model
            ->lookup("image_reconstruction",
                     { link_block(symbols, 1, { noise_var }) },
                     mode)[0]
            .features;
    };
    const auto hard = found(0.5f, LookupMode::hard);
    const auto clean = found(1e-9f, LookupMode::soft);
    const auto lost = found(1e6f, LookupMode::soft);
    ASSERT_EQ(hard.rows, 1);
    ASSERT_EQ(hard.cols, 8);
    for (int i = 0; i < 8; ++i) {
        if (i != 4 && i != 5) // symbol 0 + 0j is as near to four points
            EXPECT_NEAR(hard.data[i], clean.data[i], 1e-4);
        EXPECT_NEAR(lost.data[i], 0, 1e-2); // the mean of the whole codebook
    }
}

TEST(Transceiver, Bf16GivesNearlyTheSame)
{
    Transceiver::Options options;
    options.dtype = "bf16";
    const auto narrow = Transceiver::random(CONFIGS "/tiny.json", 7, options);
    const auto a = round_trip(*tiny(), "video_sentiment", { 1, 2 });
    const auto b = round_trip(*narrow, "video_sentiment", { 1, 2 });
    for (int i = 0; i < 2; ++i)
        EXPECT_NEAR(a[i].probabilities[0], b[i].probabilities[0], 0.1);
    options.dtype = "fp8";
    EXPECT_NE(error_of([&] {
                  Transceiver::random(CONFIGS "/tiny.json", 7, options);
              }).find("fp8"),
              std::string::npos);
}

TEST(Transceiver, OneFileIsLoadedOnce)
{
    const TempDir dir;
    const auto path = dir.file("tiny.safetensors");
    write_random_model(CONFIGS "/tiny.json", 3, path);
    const auto a = Transceiver::load(path);
    EXPECT_EQ(a, Transceiver::load(path));
    EXPECT_EQ(a->info().path, path);
    Transceiver::Options options;
    options.dtype = "bf16";
    EXPECT_NE(a, Transceiver::load(path, options));
}

TEST(TransceiverBadInput, NamesWhatWasWrong)
{
    const auto model = tiny();
    auto small = sample("image", 1);
    small.shape[1] = 31;
    EXPECT_NE(error_of([&] {
                  model->check("image_classification", "image", small);
              }).find("32x32"),
              std::string::npos);
    SourceSample text;
    EXPECT_NE(error_of([&] {
                  model->check("text_classification", "text", text);
              }).find("empty"),
              std::string::npos);
    text.bytes = { 'a', 0xff, 0xfe };
    EXPECT_NE(error_of([&] {
                  model->check("text_classification", "text", text);
              }).find("UTF-8"),
              std::string::npos);
    text.bytes.assign(600000, 'a');
    EXPECT_NE(error_of([&] {
                  model->check("text_classification", "text", text);
              }).find("split"),
              std::string::npos);
    EXPECT_NE(error_of([&] {
                  model->check("no_such_task", "text", text);
              }).find("video_sentiment"),
              std::string::npos);
    EXPECT_NE(error_of([&] {
                  model->check("text_classification", "image", small);
              }).find("text"),
              std::string::npos);
    auto speech = SourceSample::vectors(13, 8, std::vector<float>(8 * 13, 0.0f));
    EXPECT_NE(error_of([&] {
                  model->check("video_sentiment", "speech", speech);
              }).find("1 to 12 vectors"),
              std::string::npos);
    speech = SourceSample::vectors(
        1, 8, std::vector<float>(8, std::numeric_limits<float>::quiet_NaN()));
    EXPECT_NE(
        error_of([&] { model->check("video_sentiment", "speech", speech); }).find("NaN"),
        std::string::npos);
}

TEST(TransceiverBadInput, EveryStageRefusesWhatItCannotUse)
{
    const auto model = tiny();
    const std::string task = "image_reconstruction";
    const auto features = model->encode(task, "image", { sample("image", 1) });
    for (double snr : { std::nan(""), double(INFINITY), -double(INFINITY) })
        EXPECT_THROW(model->select(task, "image", features, { snr }), Error);
    EXPECT_THROW(model->select(task, "image", features, { 1, 2 }), Error);
    EXPECT_THROW(model->select_exactly(task, "image", features, { 1 }, 3, false), Error);
    auto bad = features;
    bad[0].cols -= 1;
    EXPECT_THROW(model->select(task, "image", bad, { 1 }), Error);
    bad = features;
    bad[0].data[5] = NAN;
    EXPECT_THROW(model->select(task, "image", bad, { 1 }), Error);
    EXPECT_THROW(model->quantize(task, "image", features), Error); // wrong width
    EXPECT_THROW(model->modulate(task, "image", { 16 }), Error);
    const std::vector<std::complex<float>> four(4, { 1, 0 });
    for (const auto& block : { link_block({ { 0, 0 } }, 1, { 0.1f }),
                               link_block(four, 2, { 0.1f }),
                               link_block({ 4, { NAN, 0 } }, 1, { 0.1f }),
                               link_block(four, 1, { -0.1f }),
                               link_block(four, 1, { 0.1f, 0.1f }),
                               link_block(four, 1, {}) })
        EXPECT_THROW(model->lookup(task, { block }, LookupMode::soft), Error);
    auto layered = link_block(four, 1, { 0.1f });
    layered.layer = 1;
    EXPECT_THROW(model->lookup(task, { layered }, LookupMode::soft), Error);
    FeatureBlock few { "image", 0, { 3, 8, std::vector<float>(24, 0.0f) }, {}, -1, 0.1f };
    EXPECT_THROW(model->decode(task, { { few } }), Error); // 16 patches, not 3: which?
    few.noise_var = NAN;
    EXPECT_THROW(model->decode(task, { { few } }), Error);
    few.noise_var = 0.1f;
    for (const std::vector<int>& positions : { std::vector<int> { 1, 2 },
                                               { 1, 1, 2 },
                                               { 3, 2, 1 },
                                               { -1, 2, 3 },
                                               { 1, 2, 400 } }) {
        few.positions = positions;
        EXPECT_THROW(model->decode(task, { { few } }), Error);
    }
    EXPECT_THROW(model->decode(task, { {} }), Error); // nothing came
    // and after all that it still works
    EXPECT_EQ(round_trip(*model, task, { 1 })[0].picture.size(), 3072u);
}

// Any subset of a frame's blocks gives a result, but for the empty one, which says why
// not.
TEST_P(SixTasks, EverySubsetOfTheBlocksIsDecoded)
{
    const auto model = tiny();
    const auto& task = model->info().task(GetParam());
    const auto blocks = received_blocks(*model, GetParam(), { 6 })[0];
    const auto whole = receive(*model, GetParam(), { blocks }, LookupMode::soft)[0];
    for (unsigned subset = 0; subset < 1u << blocks.size(); ++subset) {
        std::vector<LinkBlock> came;
        for (std::size_t i = 0; i < blocks.size(); ++i)
            if (subset >> i & 1)
                came.push_back(blocks[i]);
        if (came.empty()) {
            EXPECT_NE(error_of([&] {
                          receive(*model, GetParam(), { came }, LookupMode::soft);
                      }).find("arrived"),
                      std::string::npos);
            continue;
        }
        std::reverse(came.begin(), came.end()); // the order does not matter
        const auto result = receive(*model, GetParam(), { came }, LookupMode::soft)[0];
        EXPECT_EQ(result.probabilities.size(), task.classes.size());
        EXPECT_EQ(result.picture.size(), whole.picture.size());
        if (came.size() == blocks.size() && !whole.probabilities.empty())
            EXPECT_NEAR(result.probabilities[0], whole.probabilities[0], 1e-5);
    }
}

// A picture's burst that was cut short: what came is in its place, the rest is filled in.
TEST(Subset, PatchesThatCameAreDecodedInTheirPlace)
{
    const auto model = tiny();
    const std::string task = "image_reconstruction";
    auto blocks = received_blocks(*model, task, { 2 })[0];
    const auto whole = model->lookup(task, blocks, LookupMode::soft)[0];
    FeatureBlock part {
        "image", 0, { 6, whole.features.cols, {} }, { 0, 1, 2, 9, 10, 11 }, -1, 0.1f
    };
    for (int p : part.positions)
        part.features.data.insert(part.features.data.end(),
                                  whole.features.data.begin() + p * whole.features.cols,
                                  whole.features.data.begin()
                                      + (p + 1) * whole.features.cols);
    const auto result = model->decode(task, { { part } })[0];
    EXPECT_EQ(result.picture.size(), 3072u);
    // Other positions give another picture: they are not taken for the first six.
    auto moved = part;
    moved.positions = { 0, 1, 2, 3, 4, 5 };
    EXPECT_NE(model->decode(task, { { moved } })[0].picture, result.picture);
}

// Each block's noise is its own: a modality that is nearly lost weighs less than none at
// all.
TEST(Subset, EveryBlockHasItsOwnNoise)
{
    const auto model = tiny();
    auto blocks = received_blocks(*model, "video_sentiment", { 3 })[0];
    const auto clean
        = receive(*model, "video_sentiment", { blocks }, LookupMode::soft)[0];
    blocks[1].noise_var = { 10.0f };
    const auto noisy
        = receive(*model, "video_sentiment", { blocks }, LookupMode::soft)[0];
    EXPECT_NE(clean.probabilities[0], noisy.probabilities[0]);
}

TEST(Transceiver, MayBeUsedFromSeveralThreadsAtOnce)
{
    const auto model = tiny();
    const auto expected = round_trip(*model, "visual_question_answering", { 1, 2, 3 });
    std::vector<std::thread> threads;
    std::atomic<int> equal { 0 };
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            set_threads(1);
            for (int i = 0; i < 5; ++i) {
                const auto got
                    = round_trip(*model, "visual_question_answering", { 1, 2, 3 });
                equal += got[2].probabilities == expected[2].probabilities;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(equal, 20);
}

// Where a vector takes less than a symbol, as many are decoded as were sent.
TEST(Transceiver, TheBlockSaysHowManyVectorsItHas)
{
    const auto model = Transceiver::random(R"({
      "name": "bits",
      "encoders": { "image": { "dim": 8, "heads": 2, "semantic_layers": 1, "image_size": 32, "patch": 8 } },
      "decoder": { "dim": 8, "heads": 2, "layers": 1 },
      "codebook": { "entries": 4, "subvector_dim": 2 }, "modulation": "64qam", "mapping": "bits",
      "tasks": [ { "name": "t", "output": "label", "classes": 3,
                   "inputs": { "image": { "min_vectors": 2, "max_vectors": 5 } } } ] })",
                                           1,
                                           {});
    Sample one;
    one.inputs["image"] = sample("image", 1);
    for (int vectors = 1; vectors <= 5; ++vectors) {
        TransmitOptions options;
        options.vectors = vectors;
        auto block = transmit(*model, "t", { one }, options)[0].at(0);
        EXPECT_EQ(block.vectors, vectors);
        EXPECT_EQ(block.symbols.size(),
                  vectors <= 3 ? 1u : 2u); // 2 bits each, 6 a symbol
        block.noise_var = { 0.01f };
        EXPECT_EQ(model->lookup("t", { block }, LookupMode::soft)[0].features.rows,
                  vectors);
    }
}
