// SPDX-License-Identifier: GPL-3.0-or-later
#include <kinds/label_stem.h>
#include <nn/network.h>

#include <udeepsc_core/error.h>

#include <gtest/gtest.h>

using namespace udeepsc_core;

namespace {

double relative_error(const torch::Tensor& got, const torch::Tensor& expected)
{
    return ((got - expected).norm() / expected.norm()).item<double>();
}

// Statistics as training leaves them.
void see(NormalizedConv& conv, const std::string& task, double scale, double shift)
{
    conv->train();
    for (int i = 0; i < 30; ++i)
        conv(torch::randn({ 16, 3, 8, 8 }) * scale + shift, task);
    conv->eval();
}

} // namespace

TEST(NormalizedConv, EachTaskIsNormalisedByWhatItHasSeen)
{
    torch::manual_seed(1);
    NormalizedConv conv(3, 16, std::vector<std::string> { "photos", "drawings" });
    see(conv, "photos", 1.0, 0.0);
    see(conv, "drawings", 3.0, 5.0);
    torch::InferenceMode inference;
    const auto x = torch::randn({ 64, 3, 8, 8 });
    // The same pictures, another scale: each normalised by its own statistics, alike.
    const auto photos = conv(x, "photos"), drawings = conv(x * 3.0 + 5.0, "drawings");
    EXPECT_LT((photos.mean() - drawings.mean()).abs().item<double>(), 0.1);
    EXPECT_GT((conv(x * 3.0 + 5.0, "photos").mean() - photos.mean()).abs().item<double>(),
              0.5);
    EXPECT_THROW(conv(x, "maps"), std::exception);
}

TEST(NormalizedConv, PackedGivesTheSame)
{
    torch::manual_seed(2);
    NormalizedConv conv(3, 16, std::vector<std::string> { "photos", "drawings" });
    see(conv, "photos", 1.0, 0.5);
    see(conv, "drawings", 2.0, 0.0);
    torch::InferenceMode inference;
    const auto x = torch::randn({ 2, 3, 16, 16 });
    const auto photos = conv(x, "photos"), drawings = conv(x, "drawings");
    conv->pack(torch::kFloat);
    EXPECT_LT(relative_error(conv(x, "photos"), photos), 1e-5);
    EXPECT_LT(relative_error(conv(x, "drawings"), drawings), 1e-5);
    EXPECT_GT(relative_error(drawings, photos), 0.1);
}

TEST(LabelStem, GivesOneVectorForEachPartOfThePicture)
{
    torch::manual_seed(3);
    LabelStem stem(
        12, std::vector<int> { 8, 16, 16 }, 32, std::vector<std::string> { "t" });
    stem->eval();
    torch::InferenceMode inference;
    EXPECT_EQ(stem(torch::randn({ 2, 3, 32, 32 }), "t").sizes(),
              (std::vector<std::int64_t> { 2, 16, 12 }));
}

TEST(LabelStem, MirroredItGivesAPictureAndItsMirrorImageTheSame)
{
    torch::manual_seed(4);
    const std::vector<std::string> tasks { "photos", "digits" };
    LabelStem stem(12,
                   std::vector<int> { 8, 16, 16 },
                   32,
                   tasks,
                   std::vector<std::string> { "photos" });
    stem->eval();
    torch::InferenceMode inference;
    const auto x = torch::randn({ 2, 3, 32, 32 });
    const auto rows_of = [&](const torch::Tensor& picture, const std::string& task) {
        // Without the position, as a map that can be mirrored.
        const auto position = stem->named_parameters()["position"];
        return (stem(picture, task) - position).view({ 2, 4, 4, 12 });
    };
    const auto difference = [&](const std::string& task) {
        return relative_error(rows_of(x.flip({ 3 }), task).flip({ 2 }), rows_of(x, task));
    };
    EXPECT_LT(difference("photos"), 1e-5);
    EXPECT_GT(difference("digits"), 0.1);
    stem->train();
    EXPECT_GT(relative_error(rows_of(x, "photos"), rows_of(x.flip({ 3 }), "photos")),
              0.1);
}

TEST(LabelStem, PicturesGoBesideIt)
{
    const auto config = [](const std::string& image) {
        return ModelConfig::from_json(
            R"({ "name": "two", "encoders": { "image": { "dim": 24, "heads": 2, "semantic_layers": 1,
            "ffn": 32, "image_size": 32, "patch": 4, "embedding": "conv", "stem": [8, 8])"
            + image + R"( } },
            "decoder": { "dim": 24, "heads": 2, "layers": 1, "ffn": 32 },
            "codebook": { "entries": 16, "subvector_dim": 2 }, "modulation": "16qam", "mapping": "symbol",
            "tasks": [
              { "name": "what", "output": "label", "classes": ["a", "b"],
                "inputs": { "image": { "min_vectors": 1, "max_vectors": 4 } } },
              { "name": "all", "output": "picture", "queries": 64, "aligned": true,
                "inputs": { "image": { "subvectors": 2 } } } ] })");
    };
    Network network(config(R"(, "label_stem": [8, 8, 8])"));
    network->eval();
    torch::InferenceMode inference;
    const auto x = torch::rand({ 1, 3, 32, 32 });
    auto encoder = network->encoder("image");
    EXPECT_EQ(encoder->semantic("what", x, {}).size(1), 16 + 1);
    EXPECT_EQ(encoder->semantic("all", x, {}).size(1), 64 + 1);

    const auto message = [&](const std::string& image) {
        try {
            config(image);
        } catch (const Error& e) {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    EXPECT_NE(message(R"(, "label_stem": [8])").find("label_stem"), std::string::npos);
    EXPECT_NE(message(R"(, "label_stem": [8, 8, 8, 8, 8, 8])").find("label_stem"),
              std::string::npos);
    Network mirrored(config(R"(, "label_stem": [8, 8, 8], "label_mirror": ["what"])"));
    EXPECT_THROW(Network(config(R"(, "label_stem": [8, 8, 8], "label_mirror": ["all"])")),
                 Error);
}
