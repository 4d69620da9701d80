// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <memory>

namespace udeepsc_core {

/*!
 * \brief A linear layer whose weights lie as the processor multiplies them, for inference.
 *
 * A matrix product first copies its operands into panels. With few rows (a picture has 65
 * tokens, what the selection modules leave has 8) copying the weights takes as long as the
 * product; here it is done once. Safe to share between threads.
 */
class PackedLinear
{
public:
    enum class Activation { none, gelu };

    //! weight: [out, in]; bias: [out] or undefined; fp32 or bf16. Null where there is no
    //! oneDNN to do it with, or the processor has no fast one.
    static std::shared_ptr<const PackedLinear> make(const torch::Tensor& weight,
                                                    const torch::Tensor& bias);
    virtual ~PackedLinear() = default;

    //! x: [..., in] of the weight's type -> [..., out]
    virtual torch::Tensor apply(const torch::Tensor& x, Activation activation) const = 0;
};

/*! A linear layer, which can be packed once its training is over. */
class LinearImpl : public torch::nn::LinearImpl
{
public:
    using torch::nn::LinearImpl::LinearImpl;

    torch::Tensor forward(const torch::Tensor& x);
    //! gelu(forward(x))
    torch::Tensor forward_gelu(const torch::Tensor& x);

    //! From here on `weight` must not change: forward() no longer reads it.
    void pack() { d_packed = PackedLinear::make(weight, bias); }

private:
    std::shared_ptr<const PackedLinear> d_packed;
};
TORCH_MODULE(Linear);

} // namespace udeepsc_core
