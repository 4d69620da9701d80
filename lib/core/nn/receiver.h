// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layers.h"

#include <udeepsc_core/config.h>

namespace udeepsc_core {

/*! Tokens on an 8x8 grid (one a patch) -> picture, through two doublings of resolution. */
class PictureHeadImpl : public torch::nn::Module
{
public:
    PictureHeadImpl(const ModelConfig& model);
    //! x: [batch, patches, dim] -> [batch, 3, size, size], about 0 to 1, not clamped
    torch::Tensor forward(const torch::Tensor& x);

private:
    int d_grid, d_patch;
    Linear d_linear { nullptr };
    Conv2d d_spread { nullptr }, d_up1 { nullptr }, d_up2 { nullptr }, d_mix { nullptr },
        d_out { nullptr };
    ResidualBlock d_block1 { nullptr };
};
TORCH_MODULE(PictureHead);

/*!
 * \brief Decoder feature -> a score for every word: how near it lies to the word's embedding.
 *
 * The embeddings are the text encoder's own. Sender and receiver share them, so a word that
 * was hardly met in training still is told from the others by its embedding, and the
 * largest matrix of the network is there once.
 */
class WordHeadImpl : public torch::nn::Module
{
public:
    WordHeadImpl(int dim, torch::nn::Embedding words);
    //! x: [..., dim] -> [..., vocabulary]
    torch::Tensor forward(const torch::Tensor& x);
    //! See Linear::pack().
    void pack(torch::ScalarType type);

private:
    torch::nn::Embedding d_words; // registered by the text encoder
    Linear d_to_word { nullptr };
    torch::Tensor d_bias; // [vocabulary]
    std::shared_ptr<const PackedLinear> d_packed;
};
TORCH_MODULE(WordHead);

/*! What arrived of one modality. */
struct ReceivedFeatures {
    std::string modality;
    torch::Tensor features; //!< [batch, vectors, subvectors * subvector_dim]
    torch::Tensor mask;     //!< [batch, vectors] or undefined: all count
};

/*!
 * \brief Unified receiver, Sections V.B and VI.A: channel decoder, Transformer decoder with
 * a task query matrix and masked cross-attention, light heads.
 */
class ReceiverImpl : public torch::nn::Module
{
public:
    //! words: the text encoder's embeddings; null where no task gives sentences
    ReceiverImpl(const ModelConfig& model, torch::nn::Embedding words);

    //! noise: [batch], normalised, as measured at the receiver.
    //! Gives, by the task's output: logits [batch, classes]; picture [batch, 3, s, s];
    //! logits [batch, tokens, vocabulary], one token for every received text vector.
    torch::Tensor forward(const std::string& task,
                          const std::vector<ReceivedFeatures>& received,
                          const torch::Tensor& noise);

private:
    // Channel decoder of one modality: U^v, U^t or U^s
    torch::Tensor channel_decode(const std::string& task,
                                 const ReceivedFeatures& received,
                                 const torch::Tensor& noise);

    ModelConfig d_config;
    torch::nn::ModuleDict d_from_channel, d_refine, d_refine_norm, d_head;
    torch::nn::ParameterDict d_position, d_query;
    torch::nn::ModuleList d_layers;
    torch::nn::LayerNorm d_norm { nullptr };
    NoiseFeature d_noise { nullptr };
};
TORCH_MODULE(Receiver);

} // namespace udeepsc_core
