// SPDX-License-Identifier: GPL-3.0-or-later
#include "published_weights.h"

#include "published_model.h"

#include "../files/printable.h"
#include "../kinds/image_modality.h"
#include "../kinds/text_modality.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/log.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace udeepsc_core {

namespace {

constexpr std::uint64_t MAX_VOCABULARY_BYTES = 1 << 26;

/*! What of an encoder does not fit, all of it in one message. */
class Fit {
public:
    Fit(const PublishedModel& from, const EncoderConfig& encoder)
        : d_where("encoders." + encoder.modality)
    {
        equal("dim", encoder.dim, from.number("hidden_size"));
        equal("heads", encoder.heads, from.number("num_attention_heads"));
        equal("ffn", encoder.ffn, from.number("intermediate_size"));
        if (from.text("hidden_act", "gelu") != "gelu")
            d_wrong += "; hidden_act of the published model is \""
                + printable(from.text("hidden_act", ""), 40) + "\", expected \"gelu\"";
    }
    template <class T> void equal(const char* field, const T& got, const T& expected)
    {
        if (got != expected)
            add(field, said(got), said(expected));
    }
    void at_least(const char* field, int got, int least)
    {
        if (got < least)
            add(field, said(got), "at least " + said(least));
    }
    void at_most(const char* field, int got, int most)
    {
        if (got > most)
            add(field, said(got), "at most " + said(most));
    }
    void check(const PublishedModel& from) const
    {
        if (!d_wrong.empty())
            throw Error(from.path("config.json") + ": does not fit " + d_where + ": "
                        + d_wrong.substr(2));
    }

private:
    static std::string said(int value) { return std::to_string(value); }
    static std::string said(const std::string& value) { return '"' + value + '"'; }
    void
    add(const std::string& field, const std::string& got, const std::string& expected)
    {
        d_wrong += "; " + field + " is " + got + ", expected " + expected;
    }

    std::string d_where, d_wrong;
};

/*! Writes the parameters of one encoder. */
class Encoder {
public:
    Encoder(Network& network, const EncoderConfig& config)
        : d_parameters(network->encoder(config.modality)->named_parameters())
        , d_layers(config.semantic_layers + config.selection_modules)
        , d_semantic(config.semantic_layers)
    { }

    int layers() const { return d_layers; }
    //! Before the names of the parameters of the Transformer layer i.
    std::string layer(int i) const
    {
        return i < d_semantic ? "semantic." + std::to_string(i) + "."
                              : "channel." + std::to_string(i - d_semantic) + ".";
    }
    torch::Tensor parameter(const std::string& name) const { return d_parameters[name]; }
    void set(const std::string& name, const torch::Tensor& value) const
    {
        auto parameter = d_parameters[name];
        if (parameter.sizes() != value.sizes())
            throw Error("the published tensor for " + name + " has shape " + shape(value)
                        + ", expected " + shape(parameter));
        parameter.copy_(value);
    }
    void set_both(const std::string& name,
                  const PublishedModel& from,
                  const std::string& published) const
    {
        for (const char* part : { "weight", "bias" })
            set(name + "." + part, from.tensor(published + "." + part));
    }

private:
    static std::string shape(const torch::Tensor& tensor)
    {
        std::string text;
        for (const auto n : tensor.sizes())
            text += (text.empty() ? "" : "x") + std::to_string(n);
        return text;
    }

    torch::OrderedDict<std::string, torch::Tensor> d_parameters;
    int d_layers, d_semantic;
};

// Where BERT and ViT differ in the names of a layer's parts.
struct LayerNames {
    const char *attention, *norm1, *norm2;
};

// As many of the first layers as both have; gives their count.
int copy_layers(const Encoder& encoder,
                const PublishedModel& from,
                const LayerNames& names)
{
    const int count = std::min(encoder.layers(), from.number("num_hidden_layers"));
    for (int i = 0; i < count; ++i) {
        const auto to = encoder.layer(i);
        const auto layer = "encoder.layer." + std::to_string(i) + ".";
        const auto attention = layer + names.attention;
        encoder.set_both(to + "attention.query", from, attention + "query");
        for (const char* part : { ".weight", ".bias" })
            encoder.set(to + "attention.key_value" + part,
                        torch::cat({ from.tensor(attention + "key" + part),
                                     from.tensor(attention + "value" + part) }));
        encoder.set_both(to + "attention.out", from, layer + "attention.output.dense");
        encoder.set_both(to + "norm1", from, layer + names.norm1);
        encoder.set_both(to + "norm2", from, layer + names.norm2);
        encoder.set_both(to + "feed_forward.in", from, layer + "intermediate.dense");
        encoder.set_both(to + "feed_forward.out", from, layer + "output.dense");
    }
    return count;
}

// The encoder of this kind of modality.
template <class Kind>
const EncoderConfig& encoder_of(const Network& network, const char* kind)
{
    for (const auto& encoder : network->config().encoders)
        if (dynamic_cast<const Kind*>(encoder.kind.get()))
            return encoder;
    throw Error("the model has no " + std::string(kind)
                + " encoder to begin with published weights");
}

void report(const EncoderConfig& encoder, const PublishedModel& from, int layers)
{
    log_info("encoder " + encoder.modality + " begins with "
             + std::to_string(std::min(layers, from.number("num_hidden_layers"))) + " of "
             + std::to_string(from.number("num_hidden_layers")) + " layers of "
             + from.path("model.safetensors"));
}

void set_task_embeddings(const Encoder& encoder, const torch::Tensor& row)
{
    const auto rows = encoder.parameter("task_embedding").size(0);
    encoder.set("task_embedding", row.view({ 1, -1 }).expand({ rows, -1 }));
}

// The row of [CLS] in the vocabulary.
std::int64_t class_token(const PublishedModel& from)
{
    const auto bytes = read_file(from.path("vocab.txt"), MAX_VOCABULARY_BYTES);
    std::istringstream lines(std::string(bytes.begin(), bytes.end()));
    const auto size = from.number("vocab_size");
    std::string line;
    for (std::int64_t i = 0; i < size && std::getline(lines, line); ++i) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (line == "[CLS]")
            return i;
    }
    throw Error(from.path("vocab.txt") + ": expected [CLS] among the first "
                + std::to_string(size) + " lines");
}

// What pictures were normalised with, [3]: the one number or the three of `key`.
torch::Tensor normalised_with(const nlohmann::json& preprocessor, const char* key)
{
    const auto found = preprocessor.find(key);
    if (found == preprocessor.end())
        return torch::full({ 3 }, 0.5);
    if (!found->is_array() || found->size() != 3)
        throw Error("preprocessor_config.json: expected three numbers as "
                    + std::string(key));
    auto values = torch::empty({ 3 });
    for (int c = 0; c < 3; ++c) {
        if (!(*found)[c].is_number() || !((*found)[c].get<double>() > 0)
            || (*found)[c].get<double>() > 255)
            throw Error("preprocessor_config.json: expected numbers above 0 as "
                        + std::string(key));
        values[c] = (*found)[c].get<double>();
    }
    return values;
}

// Filters for patches of `patch` pixels that have the normalisation of ImageModality.
void set_patches(const Encoder& encoder, const PublishedModel& from, int patch)
{
    const auto preprocessor = from.has("preprocessor_config.json")
        ? from.read_json("preprocessor_config.json")
        : nlohmann::json::object();
    const auto mean = normalised_with(preprocessor, "image_mean");
    const auto deviation
        = normalised_with(preprocessor, "image_std").view({ 1, 3, 1, 1 });
    const auto projection = std::string("embeddings.patch_embeddings.projection.");
    const auto weight = from.tensor(projection + "weight");
    const auto published = weight.size(-1);
    if (weight.dim() != 4 || weight.size(1) != 3 || published % patch != 0)
        throw Error(projection
                    + "weight: expected filters of three colours for patches "
                      "whose side is a multiple of "
                    + std::to_string(patch));
    // A pixel takes the place of block x block published ones.
    const auto block = published / patch;
    const auto each = torch::avg_pool2d(weight, block)
        * static_cast<double>(block * block) / deviation;
    encoder.set("image.patch.weight", each / ImageModality::SCALE);
    const auto shift = (ImageModality::MEAN - mean).view({ 1, 3, 1, 1 });
    encoder.set("image.patch.bias",
                from.tensor(projection + "bias") + (each * shift).sum({ 1, 2, 3 }));
}

void set_positions(const Encoder& encoder, const torch::Tensor& published, int grid)
{
    const auto rows = published.size(0), dim = published.size(1);
    const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(rows)));
    if (side * side != rows)
        throw Error("embeddings.position_embeddings: expected a square of positions and "
                    "[CLS], got "
                    + std::to_string(rows + 1));
    auto table = published.t().reshape({ 1, dim, side, side });
    if (side != grid)
        table = torch::upsample_bicubic2d(table, { grid, grid }, false);
    encoder.set("position", table.flatten(2).transpose(1, 2));
}

} // namespace

void start_from_bert(Network& network, const std::string& folder)
{
    const auto& config = encoder_of<TextModality>(network, "text");
    const PublishedModel from(folder, "bert");
    const Encoder encoder(network, config);
    Fit fit(from, config);
    fit.equal<std::string>("layer_norm", config.layer_norm, "last");
    fit.equal<std::string>("tokenizer", config.kind->tokenizer_kind(), "wordpiece");
    const auto& kind = dynamic_cast<const TextModality&>(*config.kind);
    fit.equal<std::string>("vector_of", kind.vector_of(), "token");
    fit.at_least("vocabulary", kind.vocabulary(), from.number("vocab_size"));
    fit.at_most(
        "max_tokens", config.max_positions(), from.number("max_position_embeddings") - 1);
    fit.check(from);

    torch::NoGradGuard no_grad;
    const auto words = from.tensor("embeddings.word_embeddings.weight");
    const auto segment = from.tensor("embeddings.token_type_embeddings.weight")[0];
    const auto positions = from.tensor("embeddings.position_embeddings.weight") + segment;
    // The embedding multiplies its table by sqrt(dim); BERT does not.
    auto table = encoder.parameter("words.weight").clone();
    if (words.dim() != 2 || words.size(0) > table.size(0) || words.size(1) != config.dim)
        throw Error("embeddings.word_embeddings.weight: expected "
                    + std::to_string(from.number("vocab_size")) + " rows of "
                    + std::to_string(config.dim));
    table.narrow(0, 0, words.size(0)).copy_(words / std::sqrt(double(config.dim)));
    encoder.set("words.weight", table);
    encoder.set("position", positions.narrow(0, 1, config.max_positions()).unsqueeze(0));
    encoder.set_both("embedding_norm", from, "embeddings.LayerNorm");
    const auto cls = words[class_token(from)] + positions[0];
    set_task_embeddings(encoder,
                        torch::layer_norm(cls,
                                          { config.dim },
                                          encoder.parameter("embedding_norm.weight"),
                                          encoder.parameter("embedding_norm.bias")));
    const int layers = copy_layers(
        encoder,
        from,
        { "attention.self.", "attention.output.LayerNorm", "output.LayerNorm" });
    report(config, from, layers);
}

void start_from_vit(Network& network, const std::string& folder)
{
    const auto& config = encoder_of<ImageModality>(network, "image");
    const auto& kind = dynamic_cast<const ImageModality&>(*config.kind);
    const PublishedModel from(folder, "vit");
    const Encoder encoder(network, config);
    Fit fit(from, config);
    fit.equal<std::string>("layer_norm", config.layer_norm, "first");
    fit.equal<std::string>("embedding", kind.embedding(), "patch");
    fit.check(from);

    torch::NoGradGuard no_grad;
    set_patches(encoder, from, kind.patch());
    const auto positions = from.tensor("embeddings.position_embeddings").squeeze(0);
    set_positions(encoder, positions.narrow(0, 1, positions.size(0) - 1), kind.grid());
    set_task_embeddings(encoder,
                        from.tensor("embeddings.cls_token").flatten() + positions[0]);
    const int layers = copy_layers(
        encoder, from, { "attention.attention.", "layernorm_before", "layernorm_after" });
    if (layers == from.number("num_hidden_layers"))
        encoder.set_both("norm", from, "layernorm");
    report(config, from, layers);
}

} // namespace udeepsc_core
