// SPDX-License-Identifier: GPL-3.0-or-later
// What PackedLinear and PackedConv by oneDNN have in common.
#pragma once

#include <udeepsc_core/log.h>

#include <dnnl.hpp>
#include <torch/torch.h>

#include <mutex>
#include <string>
#include <unordered_map>

namespace udeepsc_core {

inline const dnnl::engine& dnnl_cpu()
{
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

inline dnnl::memory::data_type dnnl_type(torch::ScalarType type)
{
    return type == torch::kBFloat16 ? dnnl::memory::data_type::bf16
                                    : dnnl::memory::data_type::f32;
}

inline dnnl::memory dnnl_view(const dnnl::memory::desc& description, void* data)
{
    return { description, dnnl_cpu(), data };
}

//! oneDNN's reference implementations are slower than LibTorch's own operations.
template <class Description> bool dnnl_is_slow(const Description& description)
{
    return std::string(description.impl_info_str()).compare(0, 3, "ref") == 0;
}

//! from's values in the layout and type of to.
inline void dnnl_rearrange(dnnl::memory from, dnnl::memory to)
{
    dnnl::stream stream(dnnl_cpu());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
}

//! x as a product in this type takes it, as fp32
inline torch::Tensor dnnl_rounded(const torch::Tensor& x, torch::ScalarType type)
{
    return x.to(type).to(torch::kFloat);
}

//! Some values for the check below, without touching the random numbers of the process.
inline torch::Tensor dnnl_sample(at::IntArrayRef shape)
{
    return torch::sin(torch::arange(c10::multiply_integers(shape), torch::kFloat))
        .view(shape);
}

/*!
 * \brief Holds a packed layer's result against LibTorch's, once, when it is made.
 *
 * No library must falsify results in silence: a layer that computes something else is
 * left to LibTorch, which is said once.
 */
inline bool
dnnl_agrees(const char* layer, const torch::Tensor& got, const torch::Tensor& wanted)
{
    torch::NoGradGuard no_grad;
    const auto error = (got - wanted).abs().max().item<float>();
    const auto size = wanted.abs().max().item<float>();
    if (error <= 1e-3f * size + 1e-5f) // NaN is not
        return true;
    static std::once_flag said;
    std::call_once(said, [&] {
        log_warning("this oneDNN computes a " + std::string(layer) + " of "
                    + c10::str(wanted.sizes())
                    + " wrongly; LibTorch computes it instead, more slowly");
    });
    return false;
}

//! Executes with a scratchpad of this call: one of the library's own would be shared by
//! callers in other threads. The primitive must have been made for scratchpad_mode::user.
template <class Description, class Primitive>
void dnnl_execute(const Description& description,
                  const Primitive& primitive,
                  std::unordered_map<int, dnnl::memory> arguments)
{
    torch::Tensor scratch;
    const auto size = static_cast<int64_t>(description.scratchpad_desc().get_size());
    if (size > 0) {
        scratch = torch::empty({ size }, torch::kByte);
        arguments.insert(
            { DNNL_ARG_SCRATCHPAD,
              dnnl_view(description.scratchpad_desc(), scratch.data_ptr()) });
    }
    dnnl::stream stream(dnnl_cpu());
    primitive.execute(stream, arguments);
    stream.wait();
}

} // namespace udeepsc_core
