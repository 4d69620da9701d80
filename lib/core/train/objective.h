// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schedule.h"

#include "../kinds/modality.h"
#include "../nn/network.h"

#include <udeepsc_core/trainer.h>

namespace udeepsc_core {

/*! A batch of one task. */
struct TaskBatch {
    std::vector<ModalityBatch> inputs;
    torch::Tensor target; //!< as the task's output takes it
};

/*!
 * \brief Label classifiers on the semantic features, for training alone (see
 * training.md).
 *
 * Linear for a task of one modality. Of several, what counts is what they say together,
 * which takes a hidden layer.
 *
 * A transmitter that learns apart from its receiver has projections besides: by what
 * arrives of its features it must tell what was meant.
 */
class AuxiliaryHeadsImpl : public torch::nn::Module {
public:
    explicit AuxiliaryHeadsImpl(const ModelConfig& config);
    //! Adds the projections of training without a gradient over the air.
    void add_projections(const ModelConfig& config);
    //! Adds the heads of TrainConfig::receiver_auxiliary_weight.
    void add_receiver_heads(const ModelConfig& config);
    /*!
     * \brief How badly what arrives tells what was meant, see contrastive_loss().
     *
     * \param arrived [batch, subvectors * subvector_dim], mean over the vectors
     * \param meant [batch, dim], semantic features
     */
    torch::Tensor transmitter_loss(const std::string& task,
                                   const std::string& modality,
                                   const torch::Tensor& arrived,
                                   const torch::Tensor& meant);
    bool has(const std::string& task) const { return d_heads->contains(task); }
    //! features: [batch, dim] of each modality, in the task's order -> logits
    torch::Tensor forward(const std::string& task,
                          const std::vector<torch::Tensor>& features);

    bool has_received(const std::string& task) const
    {
        return d_receiver_heads->contains(task);
    }
    //! gist: ReceiverImpl::gist() -> logits
    torch::Tensor of_received(const std::string& task, const torch::Tensor& gist);

private:
    torch::nn::ModuleDict d_heads, d_receiver_heads, d_projections;
};
TORCH_MODULE(AuxiliaryHeads);

/*!
 * \brief The loss of one step, and what it is made of.
 *
 * All are scalars on the network's device: reading one waits for the device.
 */
struct StepLoss {
    torch::Tensor total;
    // Without gradients:
    torch::Tensor task = torch::zeros({}), codebook = torch::zeros({}),
                  selection = torch::zeros({});
    torch::Tensor auxiliary = torch::zeros({}); //!< score of the auxiliary head
    torch::Tensor score
        = torch::zeros({}); //!< accuracy, PSNR in dB or token accuracy on this batch
    torch::Tensor keep_ratio
        = torch::zeros({}); //!< delta^{N_q} asked for, mean over modalities
    std::map<std::string, torch::Tensor> also; //!< further scores, of layers
};

//! L = L_p + L_FSM + L_c of Algorithm 1 for one batch.
StepLoss objective(Network& network,
                   AuxiliaryHeads& auxiliary,
                   const std::string& task,
                   const TaskBatch& batch,
                   const TrainConfig& config,
                   const StepContext& context);

} // namespace udeepsc_core
