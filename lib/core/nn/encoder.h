// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "selection.h"

#include "../kinds/modality.h"

#include <udeepsc_core/config.h>

namespace udeepsc_core {

/*! How the channel encoder picks vectors while training. */
enum class SelectionMode {
    gumbel, //!< sampled, eq. 15-17
    top //!< as in inference
};

/*! What the channel encoder gives while training: nothing is removed, only masked. */
struct MaskedFeatures {
    torch::Tensor features; //!< [batch, vectors, subvectors * subvector_dim]
    torch::Tensor mask; //!< [batch, vectors], 1 = sent; carries gradients
    torch::Tensor ratio_loss; //!< eq. 19
    torch::Tensor keep_ratio; //!< [batch] delta^{N_q} asked for
};

/*! What the channel encoder gives in inference: only what is sent. */
struct SelectedFeatures {
    torch::Tensor features; //!< [batch, kept, subvectors * subvector_dim]
    torch::Tensor kept; //!< [batch, kept] positions, rising
};

/*!
 * \brief Transmitter of one modality: embedding, semantic encoder (Section III), dynamic
 * channel encoder (Section IV), for all tasks that use the modality.
 */
class ModalityEncoderImpl : public torch::nn::Module, public WithoutDecay {
public:
    ModalityEncoderImpl(const ModelConfig& model, const std::string& modality);

    //! Input as the modality's kind gives it and its mask [b, t] (undefined: all valid)
    //! -> [b, t + 1, dim]; the task embedding comes last.
    torch::Tensor semantic(const std::string& task,
                           const torch::Tensor& input,
                           const torch::Tensor& valid);

    //! features as semantic() gives them; noise: [batch], normalised.
    MaskedFeatures select_masked(const std::string& task,
                                 const torch::Tensor& features,
                                 const torch::Tensor& valid,
                                 const torch::Tensor& noise,
                                 SelectionMode mode,
                                 double temperature);

    //! Keeps `count` vectors of each sample, chosen stage by stage, or, with `random`, at
    //! random (the baseline of Fig. 10). noise: [batch].
    SelectedFeatures select(const std::string& task,
                            const torch::Tensor& features,
                            const torch::Tensor& noise,
                            int count,
                            bool random = false);

    //! Of outputs in layers: every codebook vector of every layer, [batch, indices,
    //! subvector_dim], layer after layer. features as semantic() gives them, noise:
    //! [batch].
    torch::Tensor layers(const std::string& task,
                         const torch::Tensor& features,
                         const torch::Tensor& noise);

    //! Vectors to send of `candidates` at this normalised noise.
    int vectors_to_send(const std::string& task, int candidates, double noise);
    //! Vectors the task may send: all but the task embedding's, unless that is sent too.
    int candidates(const std::string& task, int rows) const;

    //! The table of words; undefined in the encoder of a modality without one
    torch::Tensor words() const { return d_embedding->words(); }

    //! f_n of one task
    torch::Tensor keep_ratio(const std::string& task, const torch::Tensor& noise);

    std::vector<std::string> without_decay() const override
    {
        return { "position", "task_embedding" };
    }

private:
    torch::Tensor condition(const torch::Tensor& features, const torch::Tensor& noise);
    // Features of the last layer -> [batch, vectors, subvectors * subvector_dim]. mask as
    // in MaskedFeatures, undefined: all are sent. Where vectors are selected, each
    // position among the sent ones has a projection of its own: with one for all, every
    // vector of a classifier would say the same, and more symbols would only repeat it.
    torch::Tensor project(const std::string& task,
                          const torch::Tensor& features,
                          const torch::Tensor& mask);
    // One selection module while training; narrows mask and adds to ratio_loss.
    void select_stage(int stage,
                      const torch::Tensor& features,
                      const torch::Tensor& noise,
                      const torch::Tensor& counts,
                      SelectionMode mode,
                      double temperature,
                      MaskedFeatures& out);
    // Vectors that inference would send of each sample, int64 [batch] on the CPU
    torch::Tensor counts_of(const TaskModality& input,
                            const torch::Tensor& candidates,
                            const torch::Tensor& keep_ratio) const;
    // The selection module's choice of `keep` out of the first `now` rows: positions,
    // rising
    torch::Tensor choose(int stage,
                         const torch::Tensor& features,
                         const torch::Tensor& noise,
                         int now,
                         int keep,
                         bool random);
    int task_row(const std::string& task) const;
    const TaskModality& input_of(const std::string& task) const;

    EncoderConfig d_config;
    std::vector<TaskConfig> d_tasks; // those with this modality
    bool d_noise_conditioning;

    Embedding d_embedding { nullptr };
    torch::Tensor d_position; // [1, positions, dim]
    torch::nn::LayerNorm d_embedding_norm { nullptr }; // with layer_norm "last"
    torch::Tensor d_task_embedding; // [tasks, dim], w_tk of eq. 10
    torch::nn::ModuleList d_semantic, d_channel, d_selection;
    torch::nn::ModuleDict d_ratio, d_project;
    NoiseFeature d_noise { nullptr };
    torch::nn::LayerNorm d_norm { nullptr };
};
TORCH_MODULE(ModalityEncoder);

} // namespace udeepsc_core
