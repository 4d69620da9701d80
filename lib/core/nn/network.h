// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "encoder.h"
#include "receiver.h"

#include "../link/codebook.h"

namespace udeepsc_core {

/*! What training sends through the channel, and how it goes. */
struct LinkOptions {
    bool digital
        = true; //!< codebook + constellation; false: the real features themselves
    bool count_codebook_use = false;
};

/*! What became of one modality's features on the way. */
struct LinkResult {
    torch::Tensor received; //!< as the features sent, gradients pass straight through
    torch::Tensor codebook_loss; //!< eq. 23
};

/*!
 * \brief All of U-DeepSC, Fig. 1: one encoder a modality, one codebook a modality, one
 * receiver.
 */
class NetworkImpl : public torch::nn::Module {
public:
    explicit NetworkImpl(const ModelConfig& config);

    const ModelConfig& config() const { return d_config; }
    ModalityEncoder encoder(const std::string& modality);
    Codebook codebook(const std::string& modality);
    Receiver receiver() { return d_receiver; }
    const SymbolMapping& mapping() const { return d_mapping; }

    //! Amplitudes that make the mean energy of a task's symbols 1, one for each count of
    //! vectors sent (few vectors quantise to another energy than many): [max_vectors], or
    //! [1] where all vectors are sent, or one for each layer: [layers]. Shared with the
    //! network, not a copy.
    torch::Tensor tx_gains(const std::string& task, const std::string& modality);
    //! The one for so many vectors: [1]; of an output in layers the first `vectors`
    //! indices': [vectors]
    torch::Tensor
    tx_gain(const std::string& task, const std::string& modality, std::int64_t vectors);
    //! Sets tx_gains from features as select() gives them, [batch, vectors, n] and mask.
    void
    calibrate_gains(const std::string& task,
                    const std::string& modality,
                    const std::vector<std::pair<torch::Tensor, torch::Tensor>>& sent);

    //! Scales each sample so that its sent sub-vectors have mean square 1/2 per real.
    //! x: [batch, vectors, n], mask: [batch, vectors] or undefined
    static torch::Tensor normalize_power(const torch::Tensor& x,
                                         const torch::Tensor& mask);

    //! Training: features through codebook, constellation and AWGN of variance
    //! noise_var [batch] (per complex symbol, after equalisation) and back, by soft
    //! look-up.
    LinkResult transmit(const std::string& task,
                        const std::string& modality,
                        const torch::Tensor& features,
                        const torch::Tensor& mask,
                        const torch::Tensor& noise_var,
                        const LinkOptions& options);

    //! The same for an output in layers. features: [batch, indices, n] as
    //! ModalityEncoderImpl::layers() gives them, noise_var: [batch, layers]
    LinkResult transmit_layers(const std::string& task,
                               const std::string& modality,
                               const torch::Tensor& features,
                               const torch::Tensor& noise_var,
                               const LinkOptions& options);

    //! What a task sends, scaled to the power that the codebook is for: normalize_power()
    //! or normalize_layers().
    torch::Tensor normalized(const std::string& task,
                             const std::string& modality,
                             const torch::Tensor& x,
                             const torch::Tensor& mask) const;

    void move_to(torch::Device device);

private:
    void start_alike_inputs(const TaskConfig& task);
    // tx_gains of a task in layers from the energy of its points [batch, indices, 2]
    torch::Tensor gains_of_layers(const torch::Tensor& points,
                                  const std::vector<int>& layers) const;

    // Which symbols [batch, symbols] count towards the energy of what is sent
    static torch::Tensor weight_of(const torch::Tensor& points,
                                   const torch::Tensor& mask,
                                   std::int64_t indices);

    ModelConfig d_config;
    torch::nn::ModuleDict d_encoders, d_codebooks;
    Receiver d_receiver { nullptr };
    SymbolMapping d_mapping;
};
TORCH_MODULE(Network);

} // namespace udeepsc_core
