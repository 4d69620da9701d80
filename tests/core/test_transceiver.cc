// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/transceiver.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace udeepsc_core;

namespace {

const char* const s_six_tasks[] = { "image_classification",      "image_reconstruction",
                                    "text_classification",       "text_reconstruction",
                                    "visual_question_answering", "video_sentiment" };

std::shared_ptr<const Transceiver> tiny()
{
    static const auto model = Transceiver::random(CONFIGS "/tiny.json", 7, {});
    return model;
}

SourceSample sample(const std::string& modality, unsigned seed)
{
    std::mt19937 random(seed);
    SourceSample s;
    if (modality == "image") {
        s.height = s.width = 32;
        for (int i = 0; i < 3 * 32 * 32; ++i)
            s.bytes.push_back(static_cast<std::uint8_t>(random()));
    } else if (modality == "text") {
        const std::string words[] = { "a film", "so good", "no", "it 's odd" };
        const auto& text = words[seed % 4];
        s.bytes.assign(text.begin(), text.end());
    } else {
        for (unsigned i = 0; i < 8 * (3 + seed % 5); ++i)
            s.frames.push_back(static_cast<float>(random() % 100) / 50.0f - 1.0f);
    }
    return s;
}

// Transmitter, a perfect channel and receiver for the samples of these seeds at once.
std::vector<TaskResult> round_trip(const Transceiver& model,
                                   const std::string& task,
                                   const std::vector<unsigned>& seeds)
{
    std::vector<std::vector<FeatureMatrix>> received;
    const std::vector<float> noise(seeds.size(), 0.1f);
    for (const auto& modality : model.info().task(task).modalities) {
        std::vector<SourceSample> samples;
        for (auto seed : seeds)
            samples.push_back(sample(modality, seed));
        std::vector<FeatureMatrix> sent;
        for (auto& s : model.select(task, modality, model.encode(task, modality, samples), { 10.0 })) {
            EXPECT_EQ(s.features.rows, static_cast<int>(s.kept.size()));
            EXPECT_LE(s.features.rows, s.candidates);
            sent.push_back(s.features);
        }
        std::vector<std::vector<std::complex<float>>> symbols;
        for (const auto& indices : model.quantize(task, modality, sent))
            symbols.push_back(model.modulate(task, modality, indices));
        for (std::size_t i = 0; i < sent.size(); ++i)
            EXPECT_EQ(model.vectors_in(task, modality, static_cast<int>(symbols[i].size())),
                      sent[i].rows);
        received.push_back(model.lookup(
            task, modality, symbols, std::vector<std::vector<float>>(seeds.size(), { 0.1f }), LookupMode::soft));
    }
    return model.decode(task, received, noise);
}

} // namespace

class SixTasks : public ::testing::TestWithParam<const char*>
{
};

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
    const auto features =
        model->encode("image_classification", "image", { sample("image", 1) });
    const auto bad = model->select("image_classification", "image", features, { -6 })[0];
    const auto good = model->select("image_classification", "image", features, { 12 })[0];
    EXPECT_LT(good.features.rows, bad.features.rows);
    const auto three =
        model->select_exactly("image_classification", "image", features, { 12 }, 3, false)[0];
    EXPECT_EQ(three.features.rows, 3);
}

TEST(Transceiver, HardLookUpIsACodewordAndSoftIsBetweenThem)
{
    const auto model = tiny();
    const std::vector<std::vector<std::complex<float>>> symbols {
        { { 0.1f, -0.2f }, { 1.5f, 1.5f }, { 0, 0 }, { -3, 0.4f } }
    };
    const auto hard =
        model->lookup("image_reconstruction", "image", symbols, { { 0.5f } }, LookupMode::hard)[0];
    const auto clean =
        model->lookup("image_reconstruction", "image", symbols, { { 1e-9f } }, LookupMode::soft)[0];
    const auto lost =
        model->lookup("image_reconstruction", "image", symbols, { { 1e6f } }, LookupMode::soft)[0];
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
    EXPECT_NE(error_of([&] { Transceiver::random(CONFIGS "/tiny.json", 7, options); }).find("fp8"),
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
    small.width = 31;
    EXPECT_NE(error_of([&] { model->check("image_classification", "image", small); }).find("32x32"),
              std::string::npos);
    SourceSample text;
    EXPECT_NE(error_of([&] { model->check("text_classification", "text", text); }).find("empty"),
              std::string::npos);
    text.bytes = { 'a', 0xff, 0xfe };
    EXPECT_NE(error_of([&] { model->check("text_classification", "text", text); }).find("UTF-8"),
              std::string::npos);
    text.bytes.assign(600000, 'a');
    EXPECT_NE(error_of([&] { model->check("text_classification", "text", text); }).find("split"),
              std::string::npos);
    EXPECT_NE(error_of([&] { model->check("no_such_task", "text", text); }).find("video_sentiment"),
              std::string::npos);
    EXPECT_NE(error_of([&] { model->check("text_classification", "image", small); }).find("text"),
              std::string::npos);
    SourceSample speech;
    speech.frames.assign(8 * 13, 0.0f);
    EXPECT_NE(error_of([&] { model->check("video_sentiment", "speech", speech); }).find("12 frames"),
              std::string::npos);
    speech.frames.assign(8, std::numeric_limits<float>::quiet_NaN());
    EXPECT_NE(error_of([&] { model->check("video_sentiment", "speech", speech); }).find("NaN"),
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
    EXPECT_THROW(model->lookup(task, "image", { { { 0, 0 } } }, { { 0.1f } }, LookupMode::soft), Error);
    EXPECT_THROW(model->lookup(task, "image", { { 4, { NAN, 0 } } }, { { 0.1f } }, LookupMode::soft), Error);
    EXPECT_THROW(model->lookup(task, "image", { { 4, { 1, 0 } } }, { { -0.1f } }, LookupMode::soft), Error);
    EXPECT_THROW(model->lookup(task, "image", { { 4, { 1, 0 } } }, { { 0.1f, 0.1f } }, LookupMode::soft), Error);
    FeatureMatrix few;
    few.rows = 3;
    few.cols = 8;
    few.data.assign(24, 0.0f);
    EXPECT_THROW(model->decode(task, { { few } }, { 0.1f }), Error); // 16 patches, not 3
    EXPECT_THROW(model->decode(task, { { few } }, { NAN }), Error);
    EXPECT_THROW(model->decode(task, {}, {}), Error);
    // and after all that it still works
    EXPECT_EQ(round_trip(*model, task, { 1 })[0].picture.size(), 3072u);
}
