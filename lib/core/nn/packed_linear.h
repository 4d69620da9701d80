// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <memory>

namespace udeepsc_core {

/*!
 * \brief A linear layer whose weights lie as the processor multiplies them, for
 * inference.
 *
 * A matrix product first copies its operands into panels. With few rows (a picture has 65
 * tokens, what the selection modules leave has 8) copying the weights takes as long as
 * the product; here it is done once. Safe to share between threads.
 */
class PackedLinear {
public:
    enum class Activation { none, gelu };

    //! weight: [out, in]; bias: [out] or undefined; type: fp32 or bf16, in which it
    //! multiplies (sums are fp32). Null where there is no oneDNN to do it with, or the
    //! processor has no fast one.
    static std::shared_ptr<const PackedLinear>
    make(const torch::Tensor& weight, const torch::Tensor& bias, torch::ScalarType type);
    virtual ~PackedLinear() = default;

    torch::ScalarType type() const { return d_type; }

    //! x: [..., in], fp32 or bf16 -> [..., out] of type_out, fp32 or bf16
    virtual torch::Tensor apply(const torch::Tensor& x,
                                Activation activation,
                                torch::ScalarType type_out) const = 0;

protected:
    explicit PackedLinear(torch::ScalarType type)
        : d_type(type)
    { }

private:
    torch::ScalarType d_type;
};

/*! A module that can be made faster once its training is over. */
class Packable {
public:
    virtual ~Packable() = default;
    //! From here on the weights must not change: they are no longer read. type: fp32 or
    //! bf16, in which it multiplies; what it gives is fp32 all the same.
    virtual void pack(torch::ScalarType type) = 0;
};

/*! A linear layer. */
class LinearImpl : public torch::nn::LinearImpl, public Packable {
public:
    using torch::nn::LinearImpl::LinearImpl;

    torch::Tensor forward(const torch::Tensor& x);
    //! gelu(forward(x))
    torch::Tensor forward_gelu(const torch::Tensor& x);
    //! gelu(forward(x)), rounded already to what `next` multiplies in
    torch::Tensor forward_gelu(const torch::Tensor& x, const LinearImpl& next);

    //! x as this layer would round it: worth doing once where several layers take it.
    torch::Tensor rounded(const torch::Tensor& x) const;

    void pack(torch::ScalarType type) override
    {
        d_packed = PackedLinear::make(weight, bias, type);
    }

private:
    std::shared_ptr<const PackedLinear> d_packed;
};
TORCH_MODULE(Linear);

} // namespace udeepsc_core
