// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "modality.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/result.h>

#include <torch/torch.h>

#include <map>

namespace udeepsc_core {

/*! A task's last layers: decoder states [batch, queries, dim] -> what its loss takes. */
class Head {
public:
    virtual ~Head() = default;
    virtual torch::Tensor decode(const torch::Tensor& states) = 0;
};

/*! Loss of a batch, and what a person would call how good it was. */
struct OutputLoss {
    torch::Tensor loss; //!< scalar, with gradient
    torch::Tensor score; //!< scalar: accuracy, PSNR in dB or share of right tokens
};

class LayeredOutput;

/*!
 * \brief A kind of output (label, picture, ...) with its settings in one task.
 *
 * Everything that differs between kinds is behind this interface; outputs.cc has the
 * table of them, and nothing else asks for a kind by its name.
 */
class Output : public ResultKind {
public:
    // Configuration: the kind's own fields in its task's entry.
    virtual void visit(FieldVisitor& fields) { (void)fields; }
    //! Throws Error naming the field that does not fit.
    virtual void validate(const ModelConfig& model, const TaskConfig& task) const = 0;
    virtual std::int64_t least_parameters(const ModelConfig& model,
                                          const TaskConfig& task) const = 0;
    //! Names of the labels.
    virtual std::vector<std::string> classes() const { return {}; }
    //! Names that data sets have for the last of classes().
    virtual std::vector<std::string> pooled_classes() const { return {}; }

    // Network
    //! words: the text encoder's table of words, undefined where there is none. The
    //! module is a Head too.
    virtual std::shared_ptr<torch::nn::Module>
    make_head(const ModelConfig& model,
              const TaskConfig& task,
              const torch::Tensor& words) const = 0;
    //! The size of a vector says something (a patch's contrast): no layer normalisation
    //! before projection and head.
    virtual bool keeps_magnitude() const { return false; }
    //! It is sent in layers, each of which makes it better; null: it is not.
    virtual const LayeredOutput* layered() const { return nullptr; }
    //! One query a received vector, instead of all rows of the query matrix.
    virtual bool query_per_vector() const { return false; }
    //! Vectors that have to come for a result; 0: any number will do.
    virtual int needed_vectors(const TaskConfig& task) const
    {
        (void)task;
        return 0;
    }

    // Training
    //! Column of a table that holds the target; "" where the input is its own.
    virtual std::string target_column() const { return {}; }
    //! Throws Error, beginning with where, for a target that loss() could not take.
    virtual void check_target(const Target& target, const std::string& where) const
    {
        (void)target;
        (void)where;
    }
    //! False for samples that teach this output nothing.
    virtual bool is_useful(const torch::Tensor& input) const
    {
        (void)input;
        return true;
    }
    //! Share of the positions that a task of this output may hide in training.
    virtual double hidden_share(double asked) const
    {
        (void)asked;
        return 0;
    }
    //! As loss() takes it. inputs: as they are before anything is hidden
    virtual torch::Tensor target(const std::vector<const Target*>& targets,
                                 const ModalityBatch& input) const = 0;
    virtual OutputLoss loss(const torch::Tensor& output,
                            const torch::Tensor& target,
                            double label_smoothing) const = 0;
    //! Outputs of a linear classifier beside the network that helps the training; 0:
    //! none.
    virtual int auxiliary_outputs() const { return 0; }
    //! Of that classifier.
    virtual OutputLoss auxiliary_loss(const torch::Tensor& output,
                                      const torch::Tensor& target,
                                      double label_smoothing) const
    {
        return loss(output, target, label_smoothing);
    }

    //! One sample of what the head gives -> result.
    virtual TaskResult read(const torch::Tensor& output,
                            const Tokenizer* tokenizer) const = 0;
};

/*! What layers weigh in the loss of each sample of a batch: [batch, layers]. */
struct LayerWeights {
    torch::Tensor picture, label;
};

/*! Loss of a batch with all its layers; scores of layers 1, 1 to 2, ... by themselves. */
struct LayersLoss {
    OutputLoss all;
    std::map<std::string, torch::Tensor> scores; //!< scalars, such as "psnr_2"
};

/*! An output that comes in layers: better with each that arrives. */
class LayeredOutput : public Output {
public:
    const LayeredOutput* layered() const override { return this; }

    //! alpha_l, for so many layers
    virtual std::vector<double> picture_weights(std::size_t layers) const = 0;
    //! beta_l, for so many layers
    virtual std::vector<double> label_weights(std::size_t layers) const = 0;
    //! output: what the head gives with layers 1 to first, 1 to first + 1, ..., one after
    //! the other: [prefixes batch, n]. target: [batch, ...]
    virtual LayersLoss layers_loss(const torch::Tensor& output,
                                   const torch::Tensor& target,
                                   const LayerWeights& weights,
                                   std::int64_t first,
                                   double label_smoothing) const = 0;
};

//! An output of this kind with its default settings. Error naming the kinds there are.
std::shared_ptr<Output> make_output(const std::string& kind);
std::vector<std::string> output_kinds();

} // namespace udeepsc_core
