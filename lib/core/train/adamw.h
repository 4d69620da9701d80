// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <vector>

namespace udeepsc_core {

/*!
 * \brief AdamW over named parameters.
 *
 * Not torch::optim's, because its state cannot be read out by name and written to a
 * checkpoint in the same way in LibTorch 1.13 and in today's; exact resume needs that.
 * Parameters without a gradient in a step (another task's) are left alone, their step
 * count too.
 */
class AdamW {
public:
    struct Slot {
        std::string name;
        torch::Tensor parameter, mean, variance;
        std::int64_t steps = 0;
        double weight_decay = 0;
        double rate = 1; //!< times the learning rate
    };

    void add(const std::string& name,
             const torch::Tensor& parameter,
             double weight_decay,
             double rate);
    void zero_gradients();
    void step(double learning_rate);
    std::vector<Slot>& slots() { return d_slots; }
    //! Of all gradients together; not finite if one of them is not.
    double gradient_norm() const;
    void scale_gradients(double factor);
    //! Gradients that there are in this step.
    std::vector<torch::Tensor> gradients() const;

private:
    std::vector<Slot> d_slots;
};

} // namespace udeepsc_core
