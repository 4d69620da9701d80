// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_modality.h"

#include "../config/fields.h"
#include "../nn/parameter_groups.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

namespace {

// No token is longer: a text of more bytes than this for each token it may have is too
// long, which is told long before the tokenizer would be slow.
constexpr std::size_t MAX_TOKEN_BYTES = 64;

class WordEmbedding : public EmbeddingImpl {
public:
    WordEmbedding(int vocabulary, int dim)
    {
        d_weight = register_parameter("weight", 0.05 * torch::randn({ vocabulary, dim }));
    }
    // x: int64 [batch, tokens]
    torch::Tensor forward(const torch::Tensor& x, const std::string&) override
    {
        return torch::nn::functional::embedding(x, d_weight)
            * std::sqrt(static_cast<double>(d_weight.size(1)));
    }
    torch::Tensor words() const override { return d_weight; }

private:
    torch::Tensor d_weight; // [vocabulary, dim]
};

/*!
 * \brief A sentence's words as one vector, [batch, 1, dim].
 *
 * Sum of the words' vectors, each multiplied by a vector of its place in the sentence, so
 * that order counts. Source: S. Sukhbaatar et al., "End-To-End Memory Networks", 2015,
 * whose position encoding the learnt one starts from.
 */
class SentenceEmbedding : public EmbeddingImpl, public WithoutDecay {
public:
    SentenceEmbedding(int vocabulary, int max_tokens, int dim)
    {
        d_weight = register_parameter("weight", 0.3 * torch::randn({ vocabulary, dim }));
        const auto j = torch::arange(1, max_tokens + 1).view({ -1, 1 }) / max_tokens;
        const auto k = torch::arange(1, dim + 1).view({ 1, -1 }) / dim;
        d_place = register_parameter("place", (1 - j) - k * (1 - 2 * j));
    }
    // x: int64 [batch, tokens], 0: padding
    torch::Tensor forward(const torch::Tensor& x, const std::string&) override
    {
        const auto words = torch::nn::functional::embedding(x, d_weight);
        const auto place = d_place.narrow(0, 0, x.size(1)).unsqueeze(0);
        const auto counts = (x != 0).to(words.scalar_type()).unsqueeze(-1);
        return (words * place * counts).sum(1, true);
    }
    std::vector<std::string> without_decay() const override { return { "place" }; }

private:
    torch::Tensor d_weight; // [vocabulary, dim]
    torch::Tensor d_place; // [max_tokens, dim]
};

torch::Tensor ids_tensor(const std::vector<int>& ids)
{
    return torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()));
}

std::vector<int> encode(const SourceSample& sample, const Tokenizer* tokenizer)
{
    if (!tokenizer)
        throw Error("text: the model has no tokenizer");
    const auto text = sample.utf8();
    if (!is_valid_utf8(text))
        throw Error("text: is no valid UTF-8");
    auto ids = tokenizer->encode(text);
    if (ids.empty())
        throw Error("text: is empty");
    return ids;
}

} // namespace

void TextModality::visit(FieldVisitor& fields)
{
    fields.text({ "tokenizer",
                  "",
                  "sentencepiece learns its tokens from the data; wordpiece is BERT's; "
                  "words: whole words of the data, without punctuation" },
                d_tokenizer,
                { "sentencepiece", "wordpiece", "words" });
    fields.text({ "vector_of",
                  "",
                  "what a feature vector is of: a token, or the whole sentence (a sum of "
                  "its words, each weighted by where it stands)" },
                d_vector_of,
                { "token", "sentence" });
    fields.integer({ "vocabulary", "tokens", "most that the tokenizer may have", true },
                   d_vocabulary,
                   1,
                   1000000);
    fields.integer(
        { "max_tokens", "tokens", "longest text", true }, d_max_tokens, 1, 4096);
}

std::int64_t TextModality::least_parameters(int dim) const
{
    return static_cast<std::int64_t>(d_vocabulary) * dim;
}

void TextModality::describe(ModalityInfo& info) const
{
    info.payload = PayloadType::bytes;
    info.shape = { d_max_tokens };
}

void TextModality::check_tokenizer(const Tokenizer& tokenizer) const
{
    if (tokenizer.size() > d_vocabulary)
        throw Error("tokenizer has " + std::to_string(tokenizer.size())
                    + " tokens, the text encoder's vocabulary is "
                    + std::to_string(d_vocabulary));
}

std::shared_ptr<const Tokenizer>
TextModality::learn_tokenizer(const std::vector<std::string>& texts) const
{
    if (d_tokenizer == "words")
        return WordTokenizer::learn(texts, d_vocabulary);
    if (d_tokenizer != "sentencepiece")
        throw Error("tokenizer: WordPiece is not learnt here; give the vocab.txt with "
                    "--tokenizer");
    return SentencePieceTokenizer::train(texts, d_vocabulary);
}

torch::Tensor TextModality::tensor(const SourceSample& sample,
                                   const Tokenizer* tokenizer) const
{
    if (sample.bytes.size() > static_cast<std::size_t>(d_max_tokens) * MAX_TOKEN_BYTES)
        throw Error("text: " + std::to_string(sample.bytes.size())
                    + " bytes are more than " + std::to_string(d_max_tokens)
                    + " tokens; split it");
    const auto ids = encode(sample, tokenizer);
    if (ids.size() > static_cast<std::size_t>(d_max_tokens))
        throw Error("text: " + std::to_string(ids.size()) + " tokens, expected at most "
                    + std::to_string(d_max_tokens) + "; split it");
    return ids_tensor(ids);
}

torch::Tensor TextModality::training_tensor(const SourceSample& sample,
                                            const Tokenizer* tokenizer) const
{
    auto ids = encode(sample, tokenizer);
    ids.resize(std::min<std::size_t>(ids.size(), static_cast<std::size_t>(d_max_tokens)));
    return ids_tensor(ids);
}

ModalityBatch TextModality::batch(const std::vector<torch::Tensor>& samples) const
{
    if (!whole())
        return padded(samples);
    // The embedding leaves padding out by itself: every sample is one vector.
    std::int64_t longest = 0;
    for (const auto& sample : samples)
        longest = std::max(longest, sample.size(0));
    auto ids = torch::zeros({ static_cast<std::int64_t>(samples.size()), longest },
                            torch::kLong);
    auto* row = ids.data_ptr<std::int64_t>();
    for (const auto& sample : samples) {
        std::copy_n(sample.data_ptr<std::int64_t>(), sample.size(0), row);
        row += longest;
    }
    return { "", ids, {} };
}

// Hidden words become the unknown one, so that no single word decides.
torch::Tensor TextModality::augment(const torch::Tensor& sample,
                                    const Augmentation& how,
                                    const Tokenizer* tokenizer,
                                    std::mt19937_64& random) const
{
    const auto unknown = tokenizer ? tokenizer->unknown_id() : 0;
    auto changed = sample.clone();
    auto* ids = changed.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; how.hide > 0 && i < changed.numel(); ++i)
        if (static_cast<double>(random() >> 11) * 0x1.0p-53 < how.hide)
            ids[i] = unknown;
    return changed;
}

SourceSample TextModality::blank() const
{
    return SourceSample::text(".");
}

SourceSample TextModality::random(std::mt19937&) const
{
    return SourceSample::text(
        "a film with a heart ."); // about 20 tokens of single characters
}

SourceSample TextModality::read_file(const std::string& path) const
{
    const auto bytes = udeepsc_core::read_file(path, std::uint64_t(1) << 24);
    std::string text(bytes.begin(), bytes.end());
    std::replace(text.begin(), text.end(), '\n', ' ');
    return read_cell(text, "");
}

SourceSample TextModality::read_cell(const std::string& cell, const std::string&) const
{
    const auto first = cell.find_first_not_of(" \t\r");
    if (first == std::string::npos)
        throw Error("text: is empty");
    const auto last = cell.find_last_not_of(" \t\r");
    const auto text = cell.substr(first, last + 1 - first);
    if (!is_valid_utf8(text))
        throw Error("text: is no valid UTF-8: '" + repair_utf8(text.substr(0, 80)) + "'");
    return SourceSample::text(text);
}

Embedding TextModality::make_embedding(int dim, const std::vector<TaskConfig>&) const
{
    if (whole())
        return Embedding(
            std::make_shared<SentenceEmbedding>(d_vocabulary, d_max_tokens, dim));
    return Embedding(std::make_shared<WordEmbedding>(d_vocabulary, dim));
}

} // namespace udeepsc_core
