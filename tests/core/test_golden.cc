// SPDX-License-Identifier: GPL-3.0-or-later
// What trained weights give must not change: outputs of every stage, kept in the tree.
#include "golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

using namespace golden;

namespace {

struct Case {
    const char* name;
    const char* model;
    const char* outputs;
    std::size_t longest_text; // bytes: a tokenizer of single characters makes long texts
};

std::ostream& operator<<(std::ostream& out, const Case& c)
{
    return out << c.name;
}

const Case s_cases[] = {
    { "lite", MODELS "/udeepsc-lite.safetensors", GOLDEN "/lite.safetensors", 100 },
    { "tiny", GOLDEN "/tiny-model.safetensors", GOLDEN "/tiny.safetensors", 18 },
};

constexpr double TOLERANCE = 1e-4;

std::vector<float> reals_of(const RawTensor& t)
{
    std::vector<float> values(t.data.size() / sizeof(float));
    std::memcpy(values.data(), t.data.data(), t.data.size());
    return values;
}

SourceSample sample_of(const Transceiver& model,
                       const std::string& modality,
                       int number,
                       std::size_t longest)
{
    const auto& info = model.info().modality(modality);
    if (info.shape.size() == 3)
        return SourceSample::image(
            info.shape[0], info.shape[0], picture(number, info.shape[0]));
    if (info.payload == PayloadType::bytes)
        return SourceSample::text(sentence(number, longest));
    if (info.sample_rate > 0)
        return SourceSample::sound(1, info.sample_rate, sound(number));
    const auto values = frames(number, info.shape[0], info.shape[1]);
    return SourceSample::vectors(
        static_cast<int>(values.size()) / info.shape[1], info.shape[1], values);
}

void expect_near(const std::vector<float>& got,
                 const std::vector<float>& wanted,
                 const std::string& what)
{
    ASSERT_EQ(got.size(), wanted.size()) << what;
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst,
                         std::abs(double(got[i]) - wanted[i])
                             / std::max(1.0f, std::abs(wanted[i])));
    EXPECT_LT(worst, TOLERANCE) << what;
}

// Numbers that are chosen, not computed: another LibTorch may decide a tie the other way.
void expect_mostly_equal(const std::vector<float>& got,
                         const std::vector<float>& wanted,
                         const std::string& what)
{
    ASSERT_EQ(got.size(), wanted.size()) << what;
    std::size_t different = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        different += got[i] != wanted[i];
    EXPECT_LE(different, got.size() / 500) << what;
}

// Rounding to bytes may turn 1e-4 into one step of 255.
void expect_same_picture(const std::vector<std::uint8_t>& got,
                         const std::vector<std::uint8_t>& wanted,
                         const std::string& what)
{
    ASSERT_EQ(got.size(), wanted.size()) << what;
    int worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst, std::abs(int(got[i]) - wanted[i]));
    EXPECT_LE(worst, 1) << what;
}

/*! A model and what it gives at every stage, by name. */
class Stages {
public:
    explicit Stages(const Case& c)
        : d_model(Transceiver::load(c.model))
        , d_longest_text(c.longest_text)
    {
        for (const auto& task : d_model->info().tasks) {
            std::vector<std::vector<FeatureBlock>> received(SAMPLES);
            for (const auto& modality : task.modalities)
                transmit(task.name, modality, received);
            receive(task.name, received);
        }
    }

    std::vector<RawTensor> given;

private:
    // Every stage up to the look-up; adds what arrives of each sample to received.
    void transmit(const std::string& task,
                  const std::string& modality,
                  std::vector<std::vector<FeatureBlock>>& received)
    {
        const auto at = task + "/" + modality + "/";
        std::vector<SourceSample> samples;
        for (int i = 0; i < SAMPLES; ++i)
            samples.push_back(sample_of(*d_model, modality, i, d_longest_text));
        const auto features = d_model->encode(task, modality, samples);
        std::vector<float> some, selected, kept, all_indices;
        for (const auto& f : features)
            for (std::size_t i = 0; i < f.data.size(); i += COLUMN_STEP)
                some.push_back(f.data[i]);
        std::vector<FeatureMatrix> sent;
        for (auto& s : d_model->select(task, modality, features, { ESN0_DB })) {
            selected.insert(
                selected.end(), s.features.data.begin(), s.features.data.end());
            kept.insert(kept.end(), s.kept.begin(), s.kept.end());
            sent.push_back(s.features);
        }
        const auto indices = d_model->quantize(task, modality, sent);
        for (std::size_t i = 0; i < received.size(); ++i) {
            all_indices.insert(all_indices.end(), indices[i].begin(), indices[i].end());
            LinkBlock block;
            block.modality = modality;
            block.vectors = sent[i].rows;
            block.symbols = d_model->modulate(task, modality, indices[i]);
            block.noise_var = { NOISE_VAR };
            received[i].push_back(d_model->lookup(task, { block }, LookupMode::soft)[0]);
        }
        given.push_back(tensor(at + "features", some));
        given.push_back(tensor(at + "kept", kept));
        given.push_back(tensor(at + "selected", selected));
        given.push_back(tensor(at + "indices", all_indices));
    }

    void receive(const std::string& task,
                 const std::vector<std::vector<FeatureBlock>>& received)
    {
        std::vector<float> probabilities;
        std::vector<std::uint8_t> pictures, sentences;
        for (const auto& r : d_model->decode(task, received)) {
            probabilities.insert(
                probabilities.end(), r.probabilities.begin(), r.probabilities.end());
            pictures.insert(pictures.end(), r.picture.begin(), r.picture.end());
            sentences.insert(sentences.end(), r.sentence.begin(), r.sentence.end());
            if (!r.sentence.empty())
                sentences.push_back('\n');
        }
        if (!probabilities.empty())
            given.push_back(tensor(task + "/probabilities", probabilities));
        if (!pictures.empty())
            given.push_back(tensor(task + "/picture", pictures));
        if (!sentences.empty())
            given.push_back(tensor(task + "/sentence", sentences));
    }

    std::shared_ptr<const Transceiver> d_model;
    std::size_t d_longest_text;
};

void expect_same(const RawTensor& got, const RawTensor& wanted)
{
    const auto stage = got.name.substr(got.name.rfind('/') + 1);
    if (stage == "sentence")
        EXPECT_EQ(got.data, wanted.data) << got.name;
    else if (stage == "picture")
        expect_same_picture(got.data, wanted.data, got.name);
    else if (stage == "kept" || stage == "indices")
        expect_mostly_equal(reals_of(got), reals_of(wanted), got.name);
    else
        expect_near(reals_of(got), reals_of(wanted), got.name);
}

} // namespace

class Golden : public ::testing::TestWithParam<Case> { };

// With UDEEPSC_WRITE_GOLDEN set, for other weights, the outputs are written, not
// compared: do that with code that gives what it gave with the weights before.
TEST_P(Golden, EveryStageGivesWhatItGave)
{
    const Stages stages(GetParam());
    if (std::getenv("UDEEPSC_WRITE_GOLDEN")) {
        write_safetensors(GetParam().outputs, { {}, stages.given });
        GTEST_SKIP() << "written: " << GetParam().outputs;
    }
    std::map<std::string, RawTensor> wanted;
    for (const auto& t : read_safetensors(GetParam().outputs).tensors)
        wanted[t.name] = t;
    EXPECT_EQ(stages.given.size(), wanted.size());
    for (const auto& got : stages.given) {
        ASSERT_TRUE(wanted.count(got.name)) << got.name;
        expect_same(got, wanted.at(got.name));
    }
}

INSTANTIATE_TEST_SUITE_P(Models,
                         Golden,
                         ::testing::ValuesIn(s_cases),
                         [](const auto& info) { return std::string(info.param.name); });
