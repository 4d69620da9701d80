// SPDX-License-Identifier: GPL-3.0-or-later
// PackedConv by oneDNN. Built where CMake finds it; no_dnnl.cc otherwise.
#include "dnnl_common.h"
#include "packed_conv.h"

#include <array>
#include <map>
#include <mutex>

namespace udeepsc_core {

namespace {

using dnnl::memory;

class DnnlConv : public PackedConv {
public:
    DnnlConv(const torch::Tensor& weight,
             const torch::Tensor& bias,
             int stride,
             int padding,
             torch::ScalarType type)
        : d_type(type)
        , d_weight_shape(weight.sizes().vec())
        , d_stride(stride)
        , d_padding(padding)
    {
        if (bias.defined())
            d_bias = bias.to(torch::kFloat).contiguous().clone();
        d_plain = weight.to(torch::kFloat).contiguous();
        prepared({ 1,
                   s_typical_side,
                   s_typical_side }); // throws where there is no such product
    }

    torch::Tensor apply(const torch::Tensor& x) const override
    {
        const auto in = x.to(d_type).contiguous(torch::MemoryFormat::ChannelsLast);
        auto out = torch::empty({ in.size(0),
                                  d_weight_shape[0],
                                  out_side(in.size(2), 2),
                                  out_side(in.size(3), 3) },
                                in.options().dtype(torch::kFloat),
                                torch::MemoryFormat::ChannelsLast);
        if (out.numel() == 0)
            return out;
        const auto& p = prepared({ in.size(0), in.size(2), in.size(3) });
        std::unordered_map<int, memory> arguments = {
            { DNNL_ARG_SRC, dnnl_view(p.description.src_desc(), in.data_ptr()) },
            { DNNL_ARG_WEIGHTS, p.weight },
            { DNNL_ARG_DST, dnnl_view(p.description.dst_desc(), out.data_ptr()) },
        };
        if (d_bias.defined())
            arguments.insert({ DNNL_ARG_BIAS,
                               dnnl_view(p.description.bias_desc(), d_bias.data_ptr()) });
        dnnl_execute(p.description, p.primitive, std::move(arguments));
        return out;
    }

private:
    static constexpr memory::dim s_typical_side = 16;

    using InputSize = std::array<memory::dim, 3>; // batch, height, width

    struct Convolution {
        dnnl::convolution_forward::primitive_desc description;
        dnnl::convolution_forward primitive;
        memory weight;
    };

    memory::dim out_side(memory::dim in, int axis) const
    {
        return (in + 2 * d_padding - d_weight_shape[axis]) / d_stride + 1;
    }

    dnnl::convolution_forward::primitive_desc convolution(const InputSize& size) const
    {
        dnnl::primitive_attr attributes;
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        const auto nhwc = memory::format_tag::nhwc;
        const memory::desc weight(
            d_weight_shape, dnnl_type(d_type), memory::format_tag::any);
        const memory::desc src(
            { size[0], d_weight_shape[1], size[1], size[2] }, dnnl_type(d_type), nhwc);
        const memory::desc dst(
            { size[0], d_weight_shape[0], out_side(size[1], 2), out_side(size[2], 3) },
            memory::data_type::f32,
            nhwc);
        const memory::desc bias = d_bias.defined() ? memory::desc({ d_weight_shape[0] },
                                                                  memory::data_type::f32,
                                                                  memory::format_tag::a)
                                                   : memory::desc();
        const memory::dims strides = { d_stride, d_stride },
                           padding = { d_padding, d_padding };
        const auto kind = dnnl::prop_kind::forward_inference;
        const auto how = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
        return { dnnl_cpu(), kind,    how,     src,     weight,    bias,
                 dst,        strides, padding, padding, attributes };
#else
        return { dnnl::convolution_forward::desc(
                     kind, how, src, weight, bias, dst, strides, padding, padding),
                 attributes,
                 dnnl_cpu() };
#endif
    }

    const Convolution& prepared(const InputSize& size) const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        auto found = d_prepared.find(size);
        if (found == d_prepared.end()) {
            const auto description = convolution(size);
            if (d_prepared.empty() && dnnl_is_slow(description))
                throw dnnl::error(dnnl_unimplemented,
                                  "no fast convolution for this processor");
            found = d_prepared
                        .emplace(size,
                                 Convolution { description,
                                               dnnl::convolution_forward(description),
                                               laid_out(description.weights_desc()) })
                        .first;
        }
        return found->second;
    }

    // The weights in the layout that one size of input wants; most sizes want the same.
    memory laid_out(const memory::desc& layout) const
    {
        for (const auto& other : d_prepared)
            if (other.second.weight.get_desc() == layout)
                return other.second.weight;
        memory weight(layout, dnnl_cpu());
        const memory::desc plain(
            d_weight_shape, memory::data_type::f32, memory::format_tag::oihw);
        dnnl_rearrange(dnnl_view(plain, d_plain.data_ptr()), weight);
        return weight;
    }

    torch::ScalarType d_type;
    memory::dims d_weight_shape;
    memory::dim d_stride, d_padding;
    torch::Tensor d_bias; // fp32
    torch::Tensor d_plain; // [out, in, kh, kw]
    mutable std::mutex d_mutex;
    mutable std::map<InputSize, Convolution>
        d_prepared; // entries never move; one a batch size
};

} // namespace

std::shared_ptr<const PackedConv> PackedConv::make(const torch::Tensor& weight,
                                                   const torch::Tensor& bias,
                                                   int stride,
                                                   int padding,
                                                   torch::ScalarType type)
{
    try {
        const auto packed
            = std::make_shared<DnnlConv>(weight, bias, stride, padding, type);
        const auto side = weight.size(2) + 4;
        const auto x = dnnl_sample({ 1, weight.size(1), side, side });
        const auto wanted = torch::conv2d(
            dnnl_rounded(x, type), dnnl_rounded(weight, type), bias, stride, padding);
        if (dnnl_agrees("convolution", packed->apply(x), wanted))
            return packed;
    } catch (const dnnl::error&) { }
    return nullptr;
}

} // namespace udeepsc_core
