// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/config.h>
#include <udeepsc_core/sample.h>
#include <udeepsc_core/tokenizer.h>
#include <udeepsc_core/transceiver.h>

#include <torch/torch.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace udeepsc_core {

class FieldVisitor;

/*! A batch of one modality: what the encoder takes. */
struct ModalityBatch {
    std::string modality;
    torch::Tensor input; //!< the samples' tensors, one after the other, padded
    torch::Tensor
        valid; //!< [batch, positions], 1: no padding; undefined where none is padded
    //! Of a modality that the task remembers: int64 [batch], sample * moments + moment;
    //! moment 0 is the present frame, k the k-th of the modality before it. Undefined:
    //! one row a sample. On the CPU.
    torch::Tensor place = {};
    std::int64_t moments = 0;
};

/*! How a sample may be changed in training. */
struct Augmentation {
    double hide = 0; //!< share of positions to hide, where the kind can
    bool mirror = true; //!< pictures: half of them as in a mirror
};

/*! From a batch of inputs to feature vectors, [batch, positions, dim]. */
class EmbeddingImpl : public torch::nn::Module {
public:
    //! task: which the features are for; most kinds have one embedding for all.
    virtual torch::Tensor forward(const torch::Tensor& input, const std::string& task)
        = 0;
    //! One vector of the whole, [batch, 1, dim], for outputs that come in layers;
    //! undefined where the kind makes none.
    virtual torch::Tensor summary(const torch::Tensor& input, const std::string& task)
    {
        (void)input;
        (void)task;
        return {};
    }
    //! The table of words [vocabulary, dim], of which a sentence's head makes use;
    //! undefined in other kinds.
    virtual torch::Tensor words() const { return {}; }
};
using Embedding = std::shared_ptr<EmbeddingImpl>;

/*!
 * \brief A kind of modality (image, text, ...) with its settings in one model.
 *
 * Everything that differs between kinds is behind this interface; modalities.cc has the
 * table of them, and nothing else asks for a kind by its name. To add one: a file like
 * vectors_modality.cc and a line in the table.
 */
class Modality {
public:
    virtual ~Modality() = default;
    virtual const char* kind() const = 0;

    // Configuration: the kind's own fields in its encoder's section.
    virtual void visit(FieldVisitor& fields) = 0;
    //! Throws Error naming the field; where: "encoders.NAME".
    virtual void validate(const std::string& where) const { (void)where; }
    virtual int max_positions() const = 0;
    //! Of the embedding's large tensors, for feature vectors of this length.
    virtual std::int64_t least_parameters(int dim) const = 0;
    //! Fills shape, sample_rate and payload.
    virtual void describe(ModalityInfo& info) const = 0;

    // Samples. tokenizer: the model's, may be null for kinds that need none.
    //! Of the tokenizer that it needs, "" for none.
    virtual std::string tokenizer_kind() const { return ""; }
    bool needs_tokenizer() const { return !tokenizer_kind().empty(); }
    //! Throws Error for a tokenizer of more tokens than there are embeddings.
    virtual void check_tokenizer(const Tokenizer& tokenizer) const { (void)tokenizer; }
    //! Throws Error where this kind of tokenizer is not learnt here.
    virtual std::shared_ptr<const Tokenizer>
    learn_tokenizer(const std::vector<std::string>& texts) const
    {
        (void)texts;
        return nullptr;
    }
    //! What the embedding takes of one sample, without the batch dimension. Throws Error
    //! with found and expected for a sample that this modality cannot take.
    virtual torch::Tensor tensor(const SourceSample& sample,
                                 const Tokenizer* tokenizer) const = 0;
    //! As tensor(), for training: what is too long is cut.
    virtual torch::Tensor training_tensor(const SourceSample& sample,
                                          const Tokenizer* tokenizer) const
    {
        return tensor(sample, tokenizer);
    }
    //! Samples of different length as one batch.
    virtual ModalityBatch batch(const std::vector<torch::Tensor>& samples) const = 0;
    //! A copy of a sample's tensor, changed as nature might.
    virtual torch::Tensor augment(const torch::Tensor& sample,
                                  const Augmentation& how,
                                  const Tokenizer* tokenizer,
                                  std::mt19937_64& random) const = 0;
    //! A sample that says nothing, and one for timing.
    virtual SourceSample blank() const = 0;
    virtual SourceSample random(std::mt19937& random) const = 0;

    // Files
    //! Endings of the files that read_file() takes, such as ".png".
    virtual std::vector<std::string> extensions() const = 0;
    virtual SourceSample read_file(const std::string& path) const = 0;
    //! A cell of a table: a file's name, relative to folder, or the sample itself.
    virtual SourceSample read_cell(const std::string& cell,
                                   const std::string& folder) const;
    //! Data sets of models written before a task named its own; empty for later kinds.
    virtual std::vector<std::string> version_1_data() const { return {}; }

    // Network
    //! Name under which the encoder registers its embedding.
    virtual const char* embedding_name() const = 0;
    //! tasks: those that use this modality
    virtual Embedding make_embedding(int dim,
                                     const std::vector<TaskConfig>& tasks) const = 0;
};

//! A modality of this kind with its default settings. Error naming the kinds there are.
std::shared_ptr<Modality> make_modality(const std::string& kind);
std::vector<std::string> modality_kinds();

//! Samples of equal length, one after the other.
inline ModalityBatch stacked(const std::vector<torch::Tensor>& samples)
{
    return { "", torch::stack(samples), {} };
}
//! Samples [length, ...] padded with zeros to the longest; valid marks what is no
//! padding, if any is.
ModalityBatch padded(const std::vector<torch::Tensor>& samples);

} // namespace udeepsc_core
