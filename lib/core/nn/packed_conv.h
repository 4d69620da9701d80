// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "packed_linear.h"

#include <torch/torch.h>

#include <memory>

namespace udeepsc_core {

/*!
 * \brief A convolution whose weights lie as the processor reads them, for inference.
 *
 * Takes and gives channels-last tensors: between two of them nothing is rearranged, where
 * LibTorch's own path lays out weights, input and output anew at every call. Safe to
 * share between threads.
 */
class PackedConv {
public:
    //! weight: [out, in, kh, kw]; bias: [out] or undefined; stride and padding the same
    //! both ways; type: fp32 or bf16, in which it multiplies (sums are fp32). Null where
    //! there is no oneDNN to do it with, or the processor has no fast one.
    static std::shared_ptr<const PackedConv> make(const torch::Tensor& weight,
                                                  const torch::Tensor& bias,
                                                  int stride,
                                                  int padding,
                                                  torch::ScalarType type);
    virtual ~PackedConv() = default;

    //! x: [batch, in, height, width] -> [batch, out, ...], fp32
    virtual torch::Tensor apply(const torch::Tensor& x) const = 0;
};

/*! A convolution, which can be packed once its training is over. Square strides, zeros
 * around. */
class Conv2dImpl : public torch::nn::Conv2dImpl, public Packable {
public:
    //! padding is given apart: LibTorch's versions differ in how options hold it.
    explicit Conv2dImpl(const torch::nn::Conv2dOptions& options, int padding = 0)
        : torch::nn::Conv2dImpl(torch::nn::Conv2dOptions(options).padding(padding))
        , d_padding(padding)
    { }

    torch::Tensor forward(const torch::Tensor& x);

    void pack(torch::ScalarType type) override;

private:
    int d_padding;
    std::shared_ptr<const PackedConv> d_packed;
};
TORCH_MODULE(Conv2d);

} // namespace udeepsc_core
