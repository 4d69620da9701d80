// SPDX-License-Identifier: GPL-3.0-or-later
// Files with the names and shapes of published ones. What they give is computed here from
// the definitions of BERT and ViT, with LibTorch's functions alone.
#include "../temp_dir.h"

#include <files/bundle.h>
#include <nn/network.h>
#include <train/published_weights.h>

#include <udeepsc_core/safetensors.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

using namespace udeepsc_core;
namespace F = torch::nn::functional;

namespace {

constexpr int DIM = 12, HEADS = 3, FFN = 20, WORDS = 9, POSITIONS = 16;
constexpr int PATCH = 8, GRID = 3; // of the published ViT

const char* const MODEL = R"({
  "name": "small",
  "encoders": {
    "image": { "dim": 12, "heads": 3, "semantic_layers": 2, "selection_modules": 1, "ffn": 20,
               "image_size": 12, "patch": 4 },
    "text": { "dim": 12, "heads": 3, "semantic_layers": 2, "selection_modules": 1, "ffn": 20,
              "layer_norm": "last", "tokenizer": "wordpiece", "vocabulary": 11,
              "max_tokens": 8 }
  },
  "decoder": { "dim": 12, "heads": 3, "layers": 1 },
  "codebook": { "entries": 16, "subvector_dim": 4 },
  "modulation": "16qam", "mapping": "symbol",
  "tasks": [
    { "name": "class", "output": "label", "classes": ["a", "b"], "inputs": {
        "image": { "min_vectors": 2, "max_vectors": 4 },
        "text": { "min_vectors": 2, "max_vectors": 4 } } },
    { "name": "answer", "output": "label", "classes": 3, "inputs": {
        "text": { "min_vectors": 2, "max_vectors": 4 } } } ] })";

using Tensors = std::map<std::string, torch::Tensor>;

std::string with(std::string text, const std::string& old, const std::string& fresh)
{
    return text.replace(text.find(old), old.size(), fresh);
}

std::string config_of(const std::string& type)
{
    return "{ \"model_type\": \"" + type
        + R"(", "hidden_size": 12, "num_attention_heads": 3, "intermediate_size": 20,
             "num_hidden_layers": 2, "hidden_act": "gelu", "vocab_size": 9,
             "max_position_embeddings": 16 })";
}

void add(Tensors& tensors, const std::string& name, std::vector<std::int64_t> shape)
{
    tensors[name] = 0.4 * torch::randn(shape);
}

// Weight and bias of a linear layer, of a LayerNorm.
void add_pair(Tensors& tensors, const std::string& name, int in, int out)
{
    add(tensors, name + ".weight", { out, in });
    add(tensors, name + ".bias", { out });
}
void add_norm(Tensors& tensors, const std::string& name)
{
    tensors[name + ".weight"] = 1.0 + 0.2 * torch::randn({ DIM });
    add(tensors, name + ".bias", { DIM });
}

void add_layer(Tensors& tensors,
               int i,
               const std::string& attention,
               const std::string& norm1,
               const std::string& norm2)
{
    const auto layer = "encoder.layer." + std::to_string(i) + ".";
    for (const char* part : { "query", "key", "value" })
        add_pair(tensors, layer + attention + part, DIM, DIM);
    add_pair(tensors, layer + "attention.output.dense", DIM, DIM);
    add_pair(tensors, layer + "intermediate.dense", DIM, FFN);
    add_pair(tensors, layer + "output.dense", FFN, DIM);
    add_norm(tensors, layer + norm1);
    add_norm(tensors, layer + norm2);
}

Tensors bert()
{
    torch::manual_seed(1);
    Tensors t;
    add(t, "embeddings.word_embeddings.weight", { WORDS, DIM });
    add(t, "embeddings.position_embeddings.weight", { POSITIONS, DIM });
    add(t, "embeddings.token_type_embeddings.weight", { 2, DIM });
    add_norm(t, "embeddings.LayerNorm");
    for (int i = 0; i < 2; ++i)
        add_layer(
            t, i, "attention.self.", "attention.output.LayerNorm", "output.LayerNorm");
    add_pair(t, "pooler.dense", DIM, DIM); // of no use here
    return t;
}

Tensors vit()
{
    torch::manual_seed(2);
    Tensors t;
    add(t, "embeddings.cls_token", { 1, 1, DIM });
    add(t, "embeddings.position_embeddings", { 1, GRID * GRID + 1, DIM });
    add(t, "embeddings.patch_embeddings.projection.weight", { DIM, 3, PATCH, PATCH });
    add(t, "embeddings.patch_embeddings.projection.bias", { DIM });
    for (int i = 0; i < 2; ++i)
        add_layer(t, i, "attention.attention.", "layernorm_before", "layernorm_after");
    add_norm(t, "layernorm");
    return t;
}

torch::Tensor linear(const Tensors& t, const std::string& name, const torch::Tensor& x)
{
    return torch::linear(x, t.at(name + ".weight"), t.at(name + ".bias"));
}
torch::Tensor norm(const Tensors& t, const std::string& name, const torch::Tensor& x)
{
    return torch::layer_norm(
        x, { DIM }, t.at(name + ".weight"), t.at(name + ".bias"), 1e-12);
}

// x: [tokens, DIM]
torch::Tensor attend(const Tensors& t,
                     const std::string& layer,
                     const std::string& attention,
                     const torch::Tensor& x)
{
    const auto in_heads = [&](const char* part) {
        return linear(t, layer + attention + part, x)
            .view({ -1, HEADS, DIM / HEADS })
            .transpose(0, 1);
    };
    const auto scores = torch::matmul(in_heads("query"), in_heads("key").transpose(1, 2))
        / std::sqrt(double(DIM) / HEADS);
    const auto mixed = torch::matmul(torch::softmax(scores, -1), in_heads("value"));
    return linear(
        t, layer + "attention.output.dense", mixed.transpose(0, 1).reshape({ -1, DIM }));
}
torch::Tensor
feed_forward(const Tensors& t, const std::string& layer, const torch::Tensor& x)
{
    return linear(t,
                  layer + "output.dense",
                  torch::gelu(linear(t, layer + "intermediate.dense", x)));
}

torch::Tensor bert_gives(const Tensors& t, const std::vector<std::int64_t>& ids)
{
    const auto n = static_cast<std::int64_t>(ids.size());
    auto x = t.at("embeddings.word_embeddings.weight").index_select(0, torch::tensor(ids))
        + t.at("embeddings.position_embeddings.weight").narrow(0, 0, n)
        + t.at("embeddings.token_type_embeddings.weight")[0];
    x = norm(t, "embeddings.LayerNorm", x);
    for (int i = 0; i < 2; ++i) {
        const auto layer = "encoder.layer." + std::to_string(i) + ".";
        x = norm(t,
                 layer + "attention.output.LayerNorm",
                 x + attend(t, layer, "attention.self.", x));
        x = norm(t, layer + "output.LayerNorm", x + feed_forward(t, layer, x));
    }
    return x;
}

// picture: [3, side, side], as published pictures are normalised
torch::Tensor vit_gives(const Tensors& t, const torch::Tensor& picture)
{
    const auto patches
        = torch::conv2d(picture.unsqueeze(0),
                        t.at("embeddings.patch_embeddings.projection.weight"),
                        t.at("embeddings.patch_embeddings.projection.bias"),
                        PATCH)
              .flatten(2)[0]
              .t();
    auto x = torch::cat({ t.at("embeddings.cls_token")[0], patches })
        + t.at("embeddings.position_embeddings")[0];
    for (int i = 0; i < 2; ++i) {
        const auto layer = "encoder.layer." + std::to_string(i) + ".";
        x = x
            + attend(
                t, layer, "attention.attention.", norm(t, layer + "layernorm_before", x));
        x = x + feed_forward(t, layer, norm(t, layer + "layernorm_after", x));
    }
    return x;
}

/*! A folder as it is downloaded. */
class Download {
public:
    Download(const std::string& type, const Tensors& tensors, const std::string& prefix)
    {
        d_dir.write("config.json", config_of(type));
        d_dir.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\ne\n");
        write(tensors, prefix);
    }
    void write(const Tensors& tensors, const std::string& prefix)
    {
        SafetensorsFile file;
        file.metadata["format"] = "pt";
        for (const auto& t : tensors)
            file.tensors.push_back(to_raw(prefix + t.first, t.second, DType::f32));
        // Published files hold numbers that are no weights, too.
        file.tensors.push_back({ prefix + "embeddings.position_ids",
                                 DType::i64,
                                 { 1 },
                                 std::vector<std::uint8_t>(8) });
        write_safetensors(d_dir.file("model.safetensors"), file);
    }
    void write(const char* name, const std::string& text) { d_dir.write(name, text); }
    std::string path() const { return d_dir.path(); }

private:
    TempDir d_dir;
};

Network small_network(const std::string& model = MODEL)
{
    torch::manual_seed(3);
    Network network(ModelConfig::from_json(model));
    network->eval();
    return network;
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

TEST(PublishedWeights, TheTextEncoderGivesWhatBertGives)
{
    const auto tensors = bert();
    const Download download("bert", tensors, "bert.");
    auto network = small_network();
    start_from_bert(network, download.path());
    torch::InferenceMode inference;
    const auto expected = bert_gives(tensors, { 2, 5, 8, 4, 1 }); // 2: [CLS]
    for (const char* task : { "class", "answer" }) {
        const auto got = network->encoder("text")->semantic(
            task, torch::tensor({ { 5, 8, 4, 1 } }, torch::kLong), {})[0];
        EXPECT_LT(largest_difference(got.narrow(0, 0, 4), expected.narrow(0, 1, 4)),
                  1e-4);
        EXPECT_LT(largest_difference(got[4], expected[0]), 1e-4);
    }
}

TEST(PublishedWeights, EarlierNamesOfLayerNormAndNoPrefixWillDo)
{
    const auto tensors = bert();
    Tensors old;
    for (const auto& t : tensors) {
        auto name = t.first;
        if (name.find("LayerNorm.weight") != std::string::npos)
            name = with(name, "LayerNorm.weight", "LayerNorm.gamma");
        else if (name.find("LayerNorm.bias") != std::string::npos)
            name = with(name, "LayerNorm.bias", "LayerNorm.beta");
        old[name] = t.second;
    }
    const Download first("bert", tensors, "bert."), second("bert", old, "");
    auto a = small_network(), b = small_network();
    start_from_bert(a, first.path());
    start_from_bert(b, second.path());
    const auto other = b->named_parameters();
    for (const auto& p : a->named_parameters())
        EXPECT_TRUE(torch::equal(p.value(), other[p.key()])) << p.key();
}

TEST(PublishedWeights, TheImageEncoderGivesWhatVitGives)
{
    const auto tensors = vit();
    Download download("vit", tensors, "vit.");
    download.write("preprocessor_config.json",
                   R"({ "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.25, 0.3] })");
    auto network = small_network();
    start_from_vit(network, download.path());
    torch::InferenceMode inference;
    const auto picture = torch::rand({ 3, 12, 12 });
    const auto colours = [](double r, double g, double b) {
        return torch::tensor({ r, g, b }, torch::kFloat).view({ 3, 1, 1 });
    };
    // Two published pixels for one of ours, and as they were normalised.
    const auto large = picture.repeat_interleave(2, 1).repeat_interleave(2, 2);
    const auto expected
        = vit_gives(tensors, (large - colours(0.4, 0.5, 0.6)) / colours(0.2, 0.25, 0.3));
    const auto got
        = network->encoder("image")->semantic("class", picture.unsqueeze(0), {})[0];
    EXPECT_LT(largest_difference(got.narrow(0, 0, 9), expected.narrow(0, 1, 9)), 1e-4);
    EXPECT_LT(largest_difference(got[9], expected[0]), 1e-4);
}

TEST(PublishedWeights, PositionsOfAnotherGridAreInterpolated)
{
    const auto tensors = vit();
    const Download download("vit", tensors, "");
    auto network = small_network(with(MODEL, "\"image_size\": 12", "\"image_size\": 24"));
    start_from_vit(network, download.path());
    const auto got = network->named_parameters()["encoder.image.position"][0];
    ASSERT_EQ(got.size(0), 36);
    // Interpolation keeps the mean about where it was, and neighbours become alike.
    const auto published
        = tensors.at("embeddings.position_embeddings")[0].narrow(0, 1, GRID * GRID);
    EXPECT_LT(largest_difference(got.mean(0), published.mean(0)), 0.1);
    EXPECT_LT((got[0] - got[1]).norm().item<double>(),
              (published[0] - published[1]).norm().item<double>());
}

TEST(PublishedWeights, EverythingThatDoesNotFitIsSaidAtOnce)
{
    const Download download("bert", bert(), "bert.");
    auto network = small_network(with(with(MODEL, "\"layer_norm\": \"last\", ", ""),
                                      "\"vocabulary\": 11",
                                      "\"vocabulary\": 8"));
    const auto said = error_of([&] { start_from_bert(network, download.path()); });
    EXPECT_SAYS(said, "encoders.text");
    EXPECT_SAYS(said, "layer_norm is \"first\", expected \"last\"");
    EXPECT_SAYS(said, "vocabulary is 8, expected at least 9");
}

TEST(PublishedWeights, RefusesOtherFiles)
{
    auto network = small_network();
    Download download("bert", bert(), "bert.");
    EXPECT_SAYS(error_of([&] { start_from_vit(network, download.path()); }),
                "model_type is \"bert\", expected \"vit\"");
    auto tensors = bert();
    tensors.erase("encoder.layer.1.output.dense.weight");
    download.write(tensors, "bert.");
    EXPECT_SAYS(error_of([&] { start_from_bert(network, download.path()); }),
                "has no tensor encoder.layer.1.output.dense.weight");
    tensors = bert();
    tensors["encoder.layer.0.intermediate.dense.bias"] = torch::zeros({ 7 });
    download.write(tensors, "bert.");
    EXPECT_SAYS(error_of([&] { start_from_bert(network, download.path()); }),
                "has shape 7, expected 20");
    download.write("config.json", with(config_of("bert"), "\"gelu\"", "\"relu\""));
    EXPECT_SAYS(error_of([&] { start_from_bert(network, download.path()); }),
                "hidden_act of the published model is \"relu\"");
    download.write("config.json", "[1, 2]");
    EXPECT_SAYS(error_of([&] { start_from_bert(network, download.path()); }),
                "expected a JSON object");
    download.write("config.json", with(config_of("bert"), "\"hidden_size\": 12,", ""));
    EXPECT_SAYS(error_of([&] { start_from_bert(network, download.path()); }),
                "expected hidden_size, a number");
    const TempDir empty;
    EXPECT_SAYS(error_of([&] { start_from_bert(network, empty.path()); }), "config.json");
}
