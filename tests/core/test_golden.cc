// SPDX-License-Identifier: GPL-3.0-or-later
// What trained weights give must not change: outputs of every stage, kept in the tree.
#include "golden.h"

#include <gtest/gtest.h>

#include <map>

using namespace golden;

namespace {

struct Case {
    const char* model;
    const char* outputs;
    std::size_t longest_text; // bytes: a tokenizer of single characters makes long texts
};

const Case s_cases[] = {
    { MODELS "/udeepsc-lite.safetensors", GOLDEN "/lite.safetensors", 100 },
    { GOLDEN "/tiny-model.safetensors", GOLDEN "/tiny.safetensors", 18 },
};

constexpr double TOLERANCE = 1e-4;

std::vector<float> reals_of(const RawTensor& t)
{
    std::vector<float> values(t.data.size() / sizeof(float));
    std::memcpy(values.data(), t.data.data(), t.data.size());
    return values;
}

SourceSample sample_of(const Transceiver& model, const std::string& modality, int number, std::size_t longest)
{
    const auto& info = model.info().modality(modality);
    if (info.shape.size() == 3)
        return SourceSample::image(info.shape[0], info.shape[0], picture(number, info.shape[0]));
    if (info.payload == PayloadType::bytes)
        return SourceSample::text(sentence(number, longest));
    const auto values = frames(number, info.shape[1]);
    return SourceSample::vectors(
        static_cast<int>(values.size()) / info.shape[1], info.shape[1], values);
}

void expect_near(const std::vector<float>& got, const std::vector<float>& wanted, const std::string& what)
{
    ASSERT_EQ(got.size(), wanted.size()) << what;
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst, std::abs(double(got[i]) - wanted[i]) / std::max(1.0f, std::abs(wanted[i])));
    EXPECT_LT(worst, TOLERANCE) << what;
}

// Numbers that are chosen, not computed: another LibTorch may decide a tie the other way.
void expect_mostly_equal(const std::vector<float>& got, const std::vector<float>& wanted, const std::string& what)
{
    ASSERT_EQ(got.size(), wanted.size()) << what;
    std::size_t different = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        different += got[i] != wanted[i];
    EXPECT_LE(different, got.size() / 500) << what;
}

} // namespace

class Golden : public ::testing::TestWithParam<Case>
{
};

TEST_P(Golden, EveryStageGivesWhatItGave)
{
    const auto model = Transceiver::load(GetParam().model);
    std::map<std::string, RawTensor> wanted;
    for (const auto& t : read_safetensors(GetParam().outputs).tensors)
        wanted[t.name] = t;
    for (const auto& task : model->info().tasks) {
        std::vector<std::vector<FeatureBlock>> received(SAMPLES);
        for (const auto& modality : task.modalities) {
            const auto at = task.name + "/" + modality + "/";
            std::vector<SourceSample> samples;
            for (int i = 0; i < SAMPLES; ++i)
                samples.push_back(sample_of(*model, modality, i, GetParam().longest_text));
            const auto features = model->encode(task.name, modality, samples);
            std::vector<float> some, selected, kept, all_indices;
            for (const auto& f : features)
                for (std::size_t i = 0; i < f.data.size(); i += COLUMN_STEP)
                    some.push_back(f.data[i]);
            expect_near(some, reals_of(wanted.at(at + "features")), at + "features");

            std::vector<FeatureMatrix> sent;
            for (auto& s : model->select(task.name, modality, features, { ESN0_DB })) {
                selected.insert(selected.end(), s.features.data.begin(), s.features.data.end());
                kept.insert(kept.end(), s.kept.begin(), s.kept.end());
                sent.push_back(s.features);
            }
            expect_mostly_equal(kept, reals_of(wanted.at(at + "kept")), at + "kept");
            expect_near(selected, reals_of(wanted.at(at + "selected")), at + "selected");

            const auto indices = model->quantize(task.name, modality, sent);
            for (int i = 0; i < SAMPLES; ++i) {
                const auto& own = indices[static_cast<std::size_t>(i)];
                all_indices.insert(all_indices.end(), own.begin(), own.end());
                LinkBlock block;
                block.modality = modality;
                block.vectors = sent[static_cast<std::size_t>(i)].rows;
                block.symbols = model->modulate(task.name, modality, own);
                block.noise_var = { NOISE_VAR };
                received[static_cast<std::size_t>(i)].push_back(
                    model->lookup(task.name, { block }, LookupMode::soft)[0]);
            }
            expect_mostly_equal(all_indices, reals_of(wanted.at(at + "indices")), at + "indices");
        }
        std::vector<float> probabilities;
        std::vector<std::uint8_t> pictures, sentences;
        for (const auto& r : model->decode(task.name, received)) {
            probabilities.insert(probabilities.end(), r.probabilities.begin(), r.probabilities.end());
            pictures.insert(pictures.end(), r.picture.begin(), r.picture.end());
            sentences.insert(sentences.end(), r.sentence.begin(), r.sentence.end());
            if (!r.sentence.empty())
                sentences.push_back('\n');
        }
        if (!probabilities.empty())
            expect_near(probabilities, reals_of(wanted.at(task.name + "/probabilities")), task.name);
        if (!pictures.empty()) {
            const auto& before = wanted.at(task.name + "/picture").data;
            ASSERT_EQ(pictures.size(), before.size());
            int worst = 0; // of 255: rounding to bytes may turn 1e-4 into one step
            for (std::size_t i = 0; i < pictures.size(); ++i)
                worst = std::max(worst, std::abs(int(pictures[i]) - before[i]));
            EXPECT_LE(worst, 1) << task.name;
        }
        if (!sentences.empty())
            EXPECT_EQ(sentences, wanted.at(task.name + "/sentence").data) << task.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Models, Golden, ::testing::ValuesIn(s_cases));
