// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layers.h"
#include "memory_reader.h"
#include "parameter_groups.h"

#include <udeepsc_core/config.h>

namespace udeepsc_core {

/*! What arrived of one modality. */
struct ReceivedFeatures {
    std::string modality;
    torch::Tensor features; //!< [batch, vectors, subvectors * subvector_dim]
    torch::Tensor mask; //!< [batch, vectors] or undefined: all count
    torch::Tensor noise; //!< [batch], normalised, as measured at the receiver
    //! Of a modality that the task remembers, see ModalityBatch; undefined: one row a
    //! sample.
    torch::Tensor place = {};
    std::int64_t moments = 0;
};

/*!
 * \brief Unified receiver, Sections V.B and VI.A: channel decoder, Transformer decoder
 * with a task query matrix and masked cross-attention, light heads.
 */
class ReceiverImpl : public torch::nn::Module, public WithoutDecay {
public:
    //! words: the text encoder's table of words; undefined where there is none
    ReceiverImpl(const ModelConfig& model, const torch::Tensor& words);

    //! received: what came of the task's modalities, in any number and order, at least
    //! one. samples: how many there are. Gives what the task's head gives, see
    //! lib/core/kinds.
    torch::Tensor forward(const std::string& task,
                          const std::vector<ReceivedFeatures>& received,
                          std::int64_t samples);

    //! Mean over the vectors of each modality that came after the channel decoder, side
    //! by side: [batch, modalities dim]. For training alone.
    torch::Tensor gist(const std::string& task,
                       const std::vector<ReceivedFeatures>& received);

    //! Lets the channel decoder of one of a task's modalities start as another's.
    void start_alike_inputs(const std::string& task,
                            const std::string& from,
                            const std::string& to);

    /*!
     * \brief Of outputs in layers: the result of layers 1 to p, for p = first ... last.
     *
     * \param received: [batch, indices of the layers that came, subvector_dim]
     * \param noise: [batch, layers that came], normalised
     * Gives [(last - first + 1) batch, ...], one p after the other.
     */
    torch::Tensor forward_layers(const std::string& task,
                                 const torch::Tensor& received,
                                 const torch::Tensor& noise,
                                 int first,
                                 int last);

    std::vector<std::string> without_decay() const override
    {
        return { "position", "query" };
    }

private:
    // Decoder states of a task's queries: by the unified decoder's layers, or from memory
    torch::Tensor decode(const TaskConfig& task,
                         const std::vector<ReceivedFeatures>& received);
    torch::Tensor read_memory(const TaskConfig& task,
                              const std::vector<ReceivedFeatures>& received,
                              std::int64_t samples);
    // Channel decoder of one modality: U^v, U^t or U^s
    torch::Tensor channel_decode(const TaskConfig& task,
                                 const ReceivedFeatures& received);
    torch::Tensor refine(const std::string& modality, const torch::Tensor& x);

    ModelConfig d_config;
    torch::nn::ModuleDict d_from_channel, d_row_norm, d_refine, d_refine_norm, d_head;
    torch::nn::ParameterDict d_position, d_query;
    torch::nn::ModuleList d_layers;
    MemoryReader d_memory { nullptr };
    torch::nn::LayerNorm d_norm { nullptr };
    NoiseFeature d_noise { nullptr };
};
TORCH_MODULE(Receiver);

} // namespace udeepsc_core
