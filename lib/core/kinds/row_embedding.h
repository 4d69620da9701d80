// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "modality.h"

#include "../nn/packed_linear.h"

namespace udeepsc_core {

/*! Rows of reals -> feature vectors, each row by itself. x: [batch, rows, width] */
class RowEmbedding : public EmbeddingImpl {
public:
    RowEmbedding(int width, int dim)
    {
        d_linear = register_module("linear", Linear(width, dim));
    }
    torch::Tensor forward(const torch::Tensor& x, const std::string&) override
    {
        return d_linear(x);
    }

private:
    Linear d_linear { nullptr };
};

} // namespace udeepsc_core
