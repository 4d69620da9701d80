// SPDX-License-Identifier: GPL-3.0-or-later
// PackedLinear by oneDNN. Built where CMake finds it; no_dnnl.cc otherwise.
#include "dnnl_common.h"
#include "packed_linear.h"

#include <map>
#include <mutex>
#include <tuple>

namespace udeepsc_core {

namespace {

using dnnl::memory;

class DnnlLinear : public PackedLinear {
public:
    DnnlLinear(const torch::Tensor& weight,
               const torch::Tensor& bias,
               torch::ScalarType type)
        : PackedLinear(type)
        , d_in(weight.size(1))
        , d_out(weight.size(0))
    {
        if (bias.defined())
            d_bias = bias.to(torch::kFloat).contiguous().clone();
        // The layout is chosen for a picture's tokens and serves every other number of
        // rows.
        const auto wanted = product(
            s_typical_rows,
            memory::desc({ d_in, d_out }, dnnl_type(type), memory::format_tag::any),
            Activation::none,
            torch::kFloat);
        if (dnnl_is_slow(wanted))
            throw dnnl::error(dnnl_unimplemented, "no fast product for this processor");
        d_weight = memory(wanted.weights_desc(), dnnl_cpu());
        // Transposed first: given as `ba`, oneDNN 3.7 reorders it wrongly into a padded
        // layout.
        const auto plain = weight.to(torch::kFloat).t().contiguous();
        const memory::desc layout(
            { d_in, d_out }, memory::data_type::f32, memory::format_tag::ab);
        dnnl_rearrange(dnnl_view(layout, plain.data_ptr()), d_weight);
    }

    torch::Tensor apply(const torch::Tensor& x,
                        Activation activation,
                        torch::ScalarType type_out) const override
    {
        const auto in = x.to(type()).contiguous();
        auto shape = in.sizes().vec();
        const auto rows = in.numel() / d_in;
        shape.back() = d_out;
        auto out = torch::empty(shape, in.options().dtype(type_out));
        if (rows == 0)
            return out;

        const auto size_in = d_in * static_cast<int64_t>(in.element_size());
        const auto size_out = d_out * static_cast<int64_t>(out.element_size());
        auto* from = static_cast<char*>(in.data_ptr());
        auto* to = static_cast<char*>(out.data_ptr());
        // In pieces, so that no more than s_most_rows products are ever prepared.
        for (int64_t done = 0; done < rows;) {
            const auto left = rows - done;
            const auto now = left <= s_most_rows ? left : s_piece;
            multiply(from + done * size_in,
                     to + done * size_out,
                     { now, activation, type_out });
            done += now;
        }
        return out;
    }

private:
    static constexpr memory::dim s_typical_rows = 65, s_piece = 64,
                                 s_most_rows = 2 * s_piece;

    struct Product {
        dnnl::matmul::primitive_desc description;
        dnnl::matmul primitive;
    };

    using Kind
        = std::tuple<memory::dim, Activation, torch::ScalarType>; // rows, ..., type out

    void multiply(void* from, void* to, const Kind& kind) const
    {
        const auto& p = prepared(kind);
        std::unordered_map<int, memory> arguments = {
            { DNNL_ARG_SRC, dnnl_view(p.description.src_desc(), from) },
            { DNNL_ARG_WEIGHTS, d_weight },
            { DNNL_ARG_DST, dnnl_view(p.description.dst_desc(), to) },
        };
        if (d_bias.defined())
            arguments.insert({ DNNL_ARG_BIAS,
                               dnnl_view(p.description.bias_desc(), d_bias.data_ptr()) });
        dnnl_execute(p.description, p.primitive, std::move(arguments));
    }

    dnnl::matmul::primitive_desc product(memory::dim rows,
                                         const memory::desc& weight,
                                         Activation activation,
                                         torch::ScalarType type_out) const
    {
        dnnl::primitive_attr attributes;
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        if (activation == Activation::gelu) {
            dnnl::post_ops after;
#if DNNL_VERSION_MAJOR >= 3
            after.append_eltwise(dnnl::algorithm::eltwise_gelu_erf, 0.0f, 0.0f);
#else
            after.append_eltwise(1.0f, dnnl::algorithm::eltwise_gelu_erf, 0.0f, 0.0f);
#endif
            attributes.set_post_ops(after);
        }
        const auto plain = memory::format_tag::ab;
        const memory::desc src({ rows, d_in }, dnnl_type(type()), plain);
        const memory::desc dst({ rows, d_out }, dnnl_type(type_out), plain);
        const memory::desc bias = d_bias.defined()
            ? memory::desc({ 1, d_out }, memory::data_type::f32, plain)
            : memory::desc();
#if DNNL_VERSION_MAJOR >= 3
        return { dnnl_cpu(), src, weight, bias, dst, attributes };
#else
        return { dnnl::matmul::desc(src, weight, bias, dst), attributes, dnnl_cpu() };
#endif
    }

    const Product& prepared(const Kind& kind) const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        auto found = d_products.find(kind);
        if (found == d_products.end()) {
            const auto description = product(std::get<0>(kind),
                                             d_weight.get_desc(),
                                             std::get<1>(kind),
                                             std::get<2>(kind));
            found = d_products
                        .emplace(kind, Product { description, dnnl::matmul(description) })
                        .first;
        }
        return found->second;
    }

    memory::dim d_in, d_out;
    torch::Tensor d_bias; // fp32
    memory d_weight;
    mutable std::mutex d_mutex;
    mutable std::map<Kind, Product> d_products; // entries never move
};

} // namespace

std::shared_ptr<const PackedLinear> PackedLinear::make(const torch::Tensor& weight,
                                                       const torch::Tensor& bias,
                                                       torch::ScalarType type)
{
    try {
        const auto packed = std::make_shared<DnnlLinear>(weight, bias, type);
        const auto x = dnnl_sample({ 3, weight.size(1) });
        const auto wanted = torch::nn::functional::linear(
            dnnl_rounded(x, type), dnnl_rounded(weight, type), bias);
        if (dnnl_agrees("linear layer",
                        packed->apply(x, Activation::none, torch::kFloat),
                        wanted))
            return packed;
    } catch (const dnnl::error&) { }
    return nullptr;
}

} // namespace udeepsc_core
