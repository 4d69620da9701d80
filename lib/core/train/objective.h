// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../nn/network.h"

#include <udeepsc_core/trainer.h>

namespace udeepsc_core {

/*! A batch of one modality: what the encoder takes. */
struct ModalityBatch {
    std::string modality;
    torch::Tensor input; //!< as ModalityEncoderImpl::semantic() takes it
    torch::Tensor valid; //!< [batch, tokens] or undefined
};

/*! A batch of one task. */
struct TaskBatch {
    std::vector<ModalityBatch> inputs;
    torch::Tensor target; //!< int64 [batch]; picture [batch, 3, s, s]; int64 [batch, tokens]
};

/*! Label classifiers on the semantic features, for training alone (see training.md). */
class AuxiliaryHeadsImpl : public torch::nn::Module
{
public:
    explicit AuxiliaryHeadsImpl(const ModelConfig& config);
    //! Logits, or undefined for a task that gives no label.
    torch::Tensor forward(const std::string& task, const torch::Tensor& features);

private:
    torch::nn::ModuleDict d_heads;
};
TORCH_MODULE(AuxiliaryHeads);

/*! How far the training has come within a phase. */
struct StepContext {
    PhaseConfig phase;
    std::int64_t step_in_phase = 0;
};

/*! The loss of one step and what it is made of. */
struct StepLoss {
    torch::Tensor total;
    double task = 0, codebook = 0, selection = 0;
    double auxiliary = 0; //!< score of the auxiliary head, 0 without one
    double score = 0; //!< accuracy, PSNR in dB or token accuracy on this batch
};

//! L = L_p + L_FSM + L_c of Algorithm 1 for one batch.
StepLoss objective(Network& network,
                   AuxiliaryHeads& auxiliary,
                   const std::string& task,
                   const TaskBatch& batch,
                   const TrainConfig& config,
                   const StepContext& context);

} // namespace udeepsc_core
