// SPDX-License-Identifier: GPL-3.0-or-later
#include "kinds_of_output.h"
#include "text_modality.h"

#include "../nn/packed_linear.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

namespace F = torch::nn::functional;

namespace {

constexpr std::int64_t IGNORED = -100; // padding, in a target
constexpr std::int64_t MIN_TOKENS = 4; // phrases of a word or two teach little

/*!
 * \brief Decoder feature -> a score for every word: how near it lies to the word's
 * embedding.
 *
 * The embeddings are the text encoder's own. Sender and receiver share them, so a word
 * that was hardly met in training still is told from the others by its embedding, and the
 * largest matrix of the network is there once.
 *
 * states: [batch, tokens, dim] -> [batch, tokens, vocabulary]
 */
class SentenceHead : public torch::nn::Module, public Head, public Packable {
public:
    SentenceHead(int dim, torch::Tensor words)
        : d_words(std::move(words))
    {
        d_to_word
            = register_module("to_word", Linear(dim, static_cast<int>(d_words.size(1))));
        d_bias = register_parameter("bias", torch::zeros({ d_words.size(0) }));
    }
    torch::Tensor decode(const torch::Tensor& states) override
    {
        const auto word
            = d_to_word(states) * std::sqrt(static_cast<double>(d_words.size(1)));
        if (d_packed)
            return d_packed->apply(word, PackedLinear::Activation::none, torch::kFloat);
        return F::linear(word, d_words, d_bias);
    }
    void pack(torch::ScalarType type) override
    {
        d_packed = PackedLinear::make(d_words, d_bias, type);
    }

private:
    torch::Tensor d_words; // [vocabulary, E], registered by the text encoder
    Linear d_to_word { nullptr };
    torch::Tensor d_bias; // [vocabulary]
    std::shared_ptr<const PackedLinear> d_packed;
};

class BleuScorer : public Scorer {
public:
    void add(const TaskResult& result, const Sample& sent) override
    {
        d_received.push_back(normalize_sentence(result.sentence));
        d_reference.push_back(normalize_sentence(sent.inputs.begin()->second.utf8()));
    }
    TaskScore score() const override
    {
        const auto b = bleu(d_received, d_reference, 200);
        double words = 0;
        for (const auto& s : d_reference)
            words += static_cast<double>(split_words(s).size());
        return { b.bleu4, { { "bleu1", b.bleu1.value }, { "words", words } }, {}, {} };
    }

private:
    std::vector<std::string> d_received, d_reference;
};

const TextModality* text_of(const ModelConfig& model, const TaskConfig& task)
{
    if (task.inputs.size() != 1)
        return nullptr;
    const auto* encoder = model.find_encoder(task.inputs[0].modality);
    return encoder ? dynamic_cast<const TextModality*>(encoder->kind.get()) : nullptr;
}

/*! The sentence that was sent, one token a received vector. */
class SentenceOutput : public Output {
public:
    const char* kind() const override { return "sentence"; }
    const char* metric() const override { return "bleu4"; }

    void validate(const ModelConfig& model, const TaskConfig& task) const override
    {
        const auto at = "configuration: tasks." + task.name;
        const auto* text = text_of(model, task);
        if (!text || task.inputs[0].max_vectors != 0 || task.inputs[0].send_task_token)
            throw Error(
                at
                + ".inputs: expected one modality of kind text, all vectors sent: a "
                  "sentence has as many tokens as vectors came");
        if (task.queries < text->max_positions())
            throw Error(at + ".queries: expected one a token, at least "
                        + std::to_string(text->max_positions()));
    }

    std::int64_t least_parameters(const ModelConfig& model,
                                  const TaskConfig& task) const override
    {
        const auto& encoder = model.encoder(task.inputs.at(0).modality);
        const auto* text = text_of(model, task);
        return (text ? text->vocabulary() : 0)
            + static_cast<std::int64_t>(encoder.dim) * model.decoder.dim;
    }

    std::shared_ptr<torch::nn::Module>
    make_head(const ModelConfig& model,
              const TaskConfig&,
              const torch::Tensor& words) const override
    {
        return std::make_shared<SentenceHead>(model.decoder.dim, words);
    }

    bool query_per_vector() const override { return true; }

    bool is_useful(const torch::Tensor& input) const override
    {
        return input.size(0) >= MIN_TOKENS;
    }

    // int64 [batch, tokens], padding IGNORED
    torch::Tensor target(const std::vector<const Target*>&,
                         const ModalityBatch& input) const override
    {
        if (!input.valid.defined())
            return input.input;
        return input.input.masked_fill(input.valid <= 0, IGNORED);
    }

    OutputLoss
    loss(const torch::Tensor& output, const torch::Tensor& target, double) const override
    {
        const auto logits = output.to(torch::kFloat).flatten(0, 1);
        const auto wanted = target.flatten();
        const auto loss = F::cross_entropy(
            logits, wanted, F::CrossEntropyFuncOptions().ignore_index(IGNORED));
        const auto counts = wanted != IGNORED;
        const auto hits = (logits.argmax(1) == wanted).logical_and(counts).sum();
        return { loss, hits.to(torch::kFloat) / counts.sum().clamp_min(1) };
    }

    TaskResult read(const torch::Tensor& output,
                    const Tokenizer* tokenizer) const override
    {
        const auto best = output.argmax(-1).contiguous();
        std::vector<int> tokens;
        for (std::int64_t i = 0; i < best.numel();
             ++i) // ids past the tokenizer's: never trained
            tokens.push_back(static_cast<int>(std::min<std::int64_t>(
                best.data_ptr<std::int64_t>()[i], tokenizer->size() - 1)));
        TaskResult r;
        r.sentence = tokenizer->decode(tokens);
        return r;
    }

    Payload payload(const TaskResult& result) const override
    {
        return { { result.sentence.begin(), result.sentence.end() },
                 {},
                 { static_cast<int>(result.sentence.size()) } };
    }
    TaskResult result(const Payload& payload) const override
    {
        if (!payload.is_bytes())
            throw Error("sentence: got a payload of reals, expected UTF-8 bytes");
        TaskResult r;
        r.sentence.assign(payload.bytes.begin(), payload.bytes.end());
        return r;
    }
    std::string shown(const TaskResult& result,
                      const std::vector<std::string>&) const override
    {
        return result.sentence;
    }
    std::optional<double> sample_score(const TaskResult& result,
                                       const Sample& sent) const override
    {
        if (sent.inputs.empty())
            return std::nullopt;
        constexpr int no_interval = 0; // bootstrap samples
        return bleu({ normalize_sentence(result.sentence) },
                    { normalize_sentence(sent.inputs.begin()->second.utf8()) },
                    no_interval)
            .bleu4.value;
    }
    bool is_of_corpus() const override { return true; }
    std::unique_ptr<Scorer> scorer() const override
    {
        return std::make_unique<BleuScorer>();
    }
};

} // namespace

std::shared_ptr<Output> make_sentence_output()
{
    return std::make_shared<SentenceOutput>();
}

} // namespace udeepsc_core
