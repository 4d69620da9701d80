// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../nn/network.h"

#include <udeepsc_core/safetensors.h>
#include <udeepsc_core/tokenizer.h>

namespace udeepsc_core {

/*! A network with what it needs beside its weights. */
struct Bundle {
    Network network { nullptr };
    std::shared_ptr<const Tokenizer> tokenizer; //!< null without a text encoder
    std::string training = "{}"; //!< JSON: data, steps, metrics reached
    std::string hash; //!< content hash of the file
};

//! Raw tensor <-> torch tensor (float kinds become float32, on the CPU).
torch::Tensor to_torch(const RawTensor& raw);
RawTensor to_raw(const std::string& name, const torch::Tensor& tensor, DType dtype);

//! Copies tensors named like the network's parameters and buffers into it, with `prefix`
//! before each name. Throws Error naming every tensor that is missing, extra (with that
//! prefix) or misshaped.
void copy_into(Network& network,
               const std::vector<RawTensor>& tensors,
               const std::string& prefix,
               const std::string& where);

//! All parameters and buffers of the network.
std::vector<RawTensor>
tensors_of(const Network& network, const std::string& prefix, DType dtype);

//! Model file, docs/model-format.md. Strict: see copy_into() and read_safetensors().
Bundle read_bundle(const std::string& path);
//! half: weights as fp16, which halves the file
void write_bundle(const std::string& path, const Bundle& bundle, bool half);

} // namespace udeepsc_core
