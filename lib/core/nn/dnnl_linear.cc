// SPDX-License-Identifier: GPL-3.0-or-later
// PackedLinear by oneDNN. Built where CMake finds it; no_dnnl.cc otherwise.
#include "packed_linear.h"

#include <dnnl.hpp>

#include <map>
#include <mutex>
#include <string>

namespace udeepsc_core {

namespace {

using dnnl::memory;

const dnnl::engine& cpu()
{
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

class DnnlLinear : public PackedLinear
{
public:
    DnnlLinear(const torch::Tensor& weight, const torch::Tensor& bias)
        : d_type(weight.scalar_type()),
          d_data_type(d_type == torch::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32),
          d_in(weight.size(1)),
          d_out(weight.size(0))
    {
        if (bias.defined())
            d_bias = bias.to(torch::kFloat).contiguous().clone();
        // The layout is chosen for a picture's tokens and serves every other number of rows.
        const auto wanted = product(s_typical_rows,
                                    memory::desc({ d_in, d_out }, d_data_type, memory::format_tag::any),
                                    Activation::none);
        if (std::string(wanted.impl_info_str()).compare(0, 3, "ref") == 0)
            throw dnnl::error(dnnl_unimplemented, "no fast product for this processor");
        d_weight = memory(wanted.weights_desc(), cpu());
        const auto plain = weight.contiguous();
        memory from(memory::desc({ d_in, d_out }, d_data_type, memory::format_tag::ba),
                    cpu(),
                    plain.data_ptr());
        dnnl::stream stream(cpu());
        dnnl::reorder(from, d_weight).execute(stream, from, d_weight);
        stream.wait();
    }

    torch::Tensor apply(const torch::Tensor& x, Activation activation) const override
    {
        const auto in = x.to(d_type).contiguous();
        auto shape = in.sizes().vec();
        const auto rows = in.numel() / d_in;
        shape.back() = d_out;
        auto out = torch::empty(shape, in.options());
        if (rows == 0)
            return out;

        const auto size_in = d_in * static_cast<int64_t>(in.element_size());
        const auto size_out = d_out * static_cast<int64_t>(in.element_size());
        auto* from = static_cast<char*>(in.data_ptr());
        auto* to = static_cast<char*>(out.data_ptr());
        // In pieces, so that no more than s_most_rows products are ever prepared.
        for (int64_t done = 0; done < rows;) {
            const auto left = rows - done;
            const auto now = left <= s_most_rows ? left : s_piece;
            multiply(from + done * size_in, to + done * size_out, now, activation);
            done += now;
        }
        return out;
    }

private:
    static constexpr memory::dim s_typical_rows = 65, s_piece = 64, s_most_rows = 2 * s_piece;

    struct Product {
        dnnl::matmul::primitive_desc description;
        dnnl::matmul primitive;
    };

    void multiply(void* from, void* to, memory::dim rows, Activation activation) const
    {
        const auto& p = prepared(rows, activation);
        std::unordered_map<int, memory> arguments = {
            { DNNL_ARG_SRC, memory(p.description.src_desc(), cpu(), from) },
            { DNNL_ARG_WEIGHTS, d_weight },
            { DNNL_ARG_DST, memory(p.description.dst_desc(), cpu(), to) },
        };
        if (d_bias.defined())
            arguments.insert(
                { DNNL_ARG_BIAS, memory(p.description.bias_desc(), cpu(), d_bias.data_ptr()) });
        // A scratchpad of the library's own would be shared by callers in other threads.
        torch::Tensor scratch;
        const auto scratch_size = static_cast<int64_t>(p.description.scratchpad_desc().get_size());
        if (scratch_size > 0) {
            scratch = torch::empty({ scratch_size }, torch::kByte);
            arguments.insert({ DNNL_ARG_SCRATCHPAD,
                               memory(p.description.scratchpad_desc(), cpu(), scratch.data_ptr()) });
        }
        dnnl::stream stream(cpu());
        p.primitive.execute(stream, arguments);
        stream.wait();
    }

    dnnl::matmul::primitive_desc
    product(memory::dim rows, const memory::desc& weight, Activation activation) const
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
        const memory::desc src({ rows, d_in }, d_data_type, plain);
        const memory::desc dst({ rows, d_out }, d_data_type, plain);
        const memory::desc bias = d_bias.defined()
                                      ? memory::desc({ 1, d_out }, memory::data_type::f32, plain)
                                      : memory::desc();
#if DNNL_VERSION_MAJOR >= 3
        return { cpu(), src, weight, bias, dst, attributes };
#else
        return { dnnl::matmul::desc(src, weight, bias, dst), attributes, cpu() };
#endif
    }

    const Product& prepared(int64_t rows, Activation activation) const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto key = std::make_pair(rows, activation);
        auto found = d_products.find(key);
        if (found == d_products.end()) {
            const auto description = product(rows, d_weight.get_desc(), activation);
            found = d_products.emplace(key, Product{ description, dnnl::matmul(description) }).first;
        }
        return found->second;
    }

    torch::ScalarType d_type;
    memory::data_type d_data_type;
    memory::dim d_in, d_out;
    torch::Tensor d_bias; // fp32
    memory d_weight;
    mutable std::mutex d_mutex;
    mutable std::map<std::pair<int64_t, Activation>, Product> d_products; // entries never move
};

} // namespace

std::shared_ptr<const PackedLinear>
PackedLinear::make(const torch::Tensor& weight, const torch::Tensor& bias)
{
    try {
        return std::make_shared<DnnlLinear>(weight, bias);
    } catch (const dnnl::error&) {
        return nullptr;
    }
}

} // namespace udeepsc_core
