// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layers.h"
#include "parameter_groups.h"

#include <udeepsc_core/config.h>

namespace udeepsc_core {

/*!
 * \brief Batch normalisation of received feature vectors.
 *
 * Sentences have most in common; what tells one from the other is left, at full size.
 */
class RowNormImpl : public torch::nn::Module {
public:
    explicit RowNormImpl(int dim);
    //! [rows, vectors, dim]
    torch::Tensor forward(const torch::Tensor& x);

private:
    torch::nn::BatchNorm1d d_norm { nullptr };
};
TORCH_MODULE(RowNorm);

/*! Feature vectors of one modality, as the channel decoder gives them. */
struct MemoryRows {
    torch::Tensor features; //!< [entries, vectors, dim]
    torch::Tensor mask; //!< [entries, vectors] or undefined: all count
    torch::Tensor place
        = {}; //!< int64 [entries], see ModalityBatch; undefined: one a sample
    std::int64_t moments = 0; //!< 0: one entry a sample, of the present frame
};

/*!
 * \brief Answers from what came now and what came before (papers/2, II.A).
 *
 * All feature vectors of the present frame and of the memory's entries, each with a code
 * of its moment, and the task's queries see each other in one Transformer layer that is
 * applied several times: each time can follow one more reference from entry to entry.
 *
 * Source: M. Dehghani et al., "Universal Transformers", 2019.
 */
class MemoryReaderImpl : public torch::nn::Module, public WithoutDecay {
public:
    explicit MemoryReaderImpl(const ModelConfig& model);

    //! query: [queries, dim] -> [samples, queries, dim]
    torch::Tensor forward(const std::vector<MemoryRows>& rows,
                          const torch::Tensor& query,
                          std::int64_t samples);

    std::vector<std::string> without_decay() const override
    {
        return { "moment", "step" };
    }

private:
    // [samples, moments * vectors, dim] and its mask [samples, moments * vectors]
    std::pair<torch::Tensor, torch::Tensor> arranged(const MemoryRows& rows,
                                                     std::int64_t samples) const;

    torch::Tensor d_moment; // [1 + memory, dim]: code of the present and of what came
                            // first, second ... before it
    torch::Tensor d_step; // [steps, dim]
    EncoderLayer d_layer { nullptr };
};
TORCH_MODULE(MemoryReader);

//! Sines and cosines of falling frequency, [positions, dim].
torch::Tensor sinusoidal_codes(std::int64_t positions, std::int64_t dim);

} // namespace udeepsc_core
