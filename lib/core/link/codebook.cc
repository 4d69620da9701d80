// SPDX-License-Identifier: GPL-3.0-or-later
#include "codebook.h"

#include <cmath>

namespace udeepsc_core {

namespace {

// [values, bits], most significant bit first
torch::Tensor bit_table(int values, int bits)
{
    auto table = torch::zeros({ values, bits }, torch::kLong);
    for (int v = 0; v < values; ++v)
        for (int b = 0; b < bits; ++b)
            table[v][b] = (v >> (bits - 1 - b)) & 1;
    return table;
}

torch::Tensor bits_to_values(const torch::Tensor& bits) // [..., n] -> [...]
{
    const auto n = bits.size(-1);
    const auto weight = torch::pow(2, torch::arange(n - 1, -1, -1, bits.options()));
    return (bits * weight).sum(-1);
}

int gray_decode(int gray)
{
    int value = 0;
    for (; gray; gray >>= 1)
        value ^= gray;
    return value;
}

int bits_of(const std::string& modulation)
{
    ModelConfig c;
    c.modulation = modulation;
    return c.bits_per_symbol();
}

} // namespace

torch::Tensor constellation_points(const std::string& modulation)
{
    const int bits = bits_of(modulation), size = 1 << bits;
    auto points = torch::zeros({ size, 2 });
    auto a = points.accessor<float, 2>();
    if (bits == 1) {
        a[0][0] = -1;
        a[1][0] = 1;
        return points;
    }
    const int axis_bits = bits / 2, levels = 1 << axis_bits;
    const double scale = std::sqrt(2.0 * (size - 1) / 3.0);
    for (int label = 0; label < size; ++label) {
        const int i = gray_decode(label >> axis_bits),
                  q = gray_decode(label & (levels - 1));
        a[label][0] = static_cast<float>((2 * i - (levels - 1)) / scale);
        a[label][1] = static_cast<float>((2 * q - (levels - 1)) / scale);
    }
    return points;
}

CodebookImpl::CodebookImpl(const ModelConfig& model)
    : d_beta(model.codebook.beta)
{
    const int entries = model.codebook.entries, dim = model.codebook.subvector_dim;
    d_is_constellation = dim == 2 && entries == 1 << model.bits_per_symbol();
    d_start = d_is_constellation ? constellation_points(model.modulation)
                                 : std::sqrt(0.5) * torch::randn({ entries, dim });
    d_codewords = register_parameter("codewords", d_start.clone());
    d_use = torch::zeros({ entries });
}

torch::Tensor CodebookImpl::nearest(const torch::Tensor& x)
{
    // |x - e|^2 without |x|^2, which is the same for every codeword
    const auto e = d_codewords.detach().to(torch::kFloat);
    const auto v = x.detach().to(torch::kFloat);
    return torch::argmin((e * e).sum(-1) - 2.0 * torch::matmul(v, e.t()), -1);
}

torch::Tensor CodebookImpl::dequantize(const torch::Tensor& indices)
{
    return torch::nn::functional::embedding(indices, d_codewords.to(torch::kFloat));
}

torch::Tensor CodebookImpl::mean(const torch::Tensor& probabilities)
{
    return torch::matmul(probabilities, d_codewords.to(torch::kFloat));
}

torch::Tensor CodebookImpl::loss(const torch::Tensor& x,
                                 const torch::Tensor& indices,
                                 const torch::Tensor& weight)
{
    const auto e = dequantize(indices);
    const auto each
        = (x.detach() - e).pow(2).sum(-1) + d_beta * (x - e.detach()).pow(2).sum(-1);
    return (each * weight).sum() / torch::clamp_min(weight.sum(), 1.0);
}

void CodebookImpl::start_from(const torch::Tensor& x)
{
    if (d_is_constellation)
        return;
    torch::NoGradGuard no_grad;
    const auto entries = d_codewords.size(0);
    const auto points = x.detach().to(torch::kFloat);
    const auto pick
        = torch::randperm(points.size(0), points.options().dtype(torch::kLong));
    auto e = points.index_select(
        0, pick.narrow(0, 0, std::min<int64_t>(entries, pick.size(0))));
    if (e.size(0) < entries)
        e = torch::cat(
            { e,
              std::sqrt(0.5)
                  * torch::randn({ entries - e.size(0), e.size(1) }, e.options()) });
    for (int round = 0; round < 10; ++round) {
        d_codewords.copy_(e);
        const auto nearest_one = nearest(points);
        const auto hits = torch::zeros({ entries }, e.options())
                              .scatter_add(0,
                                           nearest_one,
                                           torch::ones({ points.size(0) }, e.options()));
        const auto sums = torch::zeros_like(e).index_add(0, nearest_one, points);
        e = torch::where(
            (hits > 0).unsqueeze(-1), sums / hits.clamp_min(1).unsqueeze(-1), e);
    }
    d_codewords.copy_(e);
}

void CodebookImpl::count_use(const torch::Tensor& x, const torch::Tensor& indices)
{
    torch::NoGradGuard no_grad;
    d_use = d_use.to(indices.device());
    const auto flat = indices.reshape({ -1 });
    d_use.scatter_add_(0, flat, torch::ones({ flat.size(0) }, d_use.options()));
    d_recent = x.detach().to(torch::kFloat).reshape({ -1, x.size(-1) });
}

torch::Tensor CodebookImpl::fresh_codewords() const
{
    if (d_is_constellation) {
        torch::NoGradGuard no_grad;
        // The constellation at the size that the codebook has grown to: put back at its
        // first size, an outer point would land among the inner ones and be on the air
        // for them.
        const auto start = d_start.to(d_codewords.device());
        const auto scale = (d_codewords * start).sum() / (start * start).sum();
        return scale.clamp_min(0.1) * start;
    }
    if (!d_recent.defined())
        return d_start.to(d_codewords.device());
    const auto pick = torch::randint(
        d_recent.size(0),
        { d_codewords.size(0) },
        torch::TensorOptions().dtype(torch::kLong).device(d_recent.device()));
    return d_recent.index_select(0, pick);
}

void CodebookImpl::reset_unused(const torch::Tensor& use, const torch::Tensor& fresh)
{
    torch::NoGradGuard no_grad;
    const auto dead = use < 0.02 * use.sum() / use.size(0);
    d_codewords.copy_(torch::where(dead.unsqueeze(-1), fresh, d_codewords));
    d_use.zero_();
}

SymbolMapping::SymbolMapping(const ModelConfig& model)
    : d_by_bits(model.mapping == "bits")
    , d_entries(model.codebook.entries)
    , d_bits_per_index(model.bits_per_index())
    , d_bits_per_symbol(model.bits_per_symbol())
    , d_points(constellation_points(model.modulation))
    , d_label_bits(bit_table(1 << d_bits_per_symbol, d_bits_per_symbol))
    , d_index_bits(bit_table(d_entries, d_bits_per_index))
{ }

void SymbolMapping::to(torch::Device device)
{
    d_points = d_points.to(device);
    d_label_bits = d_label_bits.to(device);
    d_index_bits = d_index_bits.to(device);
}

torch::Tensor SymbolMapping::modulate(const torch::Tensor& indices) const
{
    auto labels = indices;
    if (d_by_bits) {
        const auto batch = indices.size(0);
        auto bits
            = torch::nn::functional::embedding(indices, d_index_bits.to(torch::kFloat))
                  .to(torch::kLong)
                  .reshape({ batch, -1 });
        const auto missing
            = (d_bits_per_symbol - bits.size(1) % d_bits_per_symbol) % d_bits_per_symbol;
        bits = torch::constant_pad_nd(bits, { 0, missing });
        labels = bits_to_values(bits.view({ batch, -1, d_bits_per_symbol }));
    }
    return torch::nn::functional::embedding(labels, d_points);
}

torch::Tensor SymbolMapping::label_distance(const torch::Tensor& symbols,
                                            const torch::Tensor& gain) const
{
    // |y - p|^2 without |y|^2, which every label shares
    return (d_points * d_points).sum(-1)
        - 2.0 * torch::matmul(symbols / gain, d_points.t());
}

torch::Tensor SymbolMapping::posterior(const torch::Tensor& symbols,
                                       const torch::Tensor& noise_var,
                                       const torch::Tensor& gain,
                                       int n) const
{
    const auto scaled
        = -label_distance(symbols, gain) / (noise_var.unsqueeze(-1) / (gain * gain));
    const auto labels = torch::softmax(scaled, -1); // [batch, symbols, M]
    if (!d_by_bits)
        return labels;
    const auto batch = symbols.size(0);
    const auto ones = torch::matmul(labels, d_label_bits.to(torch::kFloat)) // P(bit = 1)
                          .reshape({ batch, -1 })
                          .narrow(1, 0, n * d_bits_per_index)
                          .reshape({ batch, n, d_bits_per_index })
                          .clamp(1e-6, 1 - 1e-6);
    const auto bits = d_index_bits.to(torch::kFloat);
    const auto log_p = torch::matmul(torch::log(ones), bits.t())
        + torch::matmul(torch::log(1 - ones), (1 - bits).t());
    return torch::softmax(log_p, -1);
}

torch::Tensor SymbolMapping::decide(const torch::Tensor& symbols,
                                    const torch::Tensor& gain,
                                    int n) const
{
    const auto labels = torch::argmin(label_distance(symbols, gain), -1);
    if (!d_by_bits)
        return labels;
    const auto batch = symbols.size(0);
    const auto bits
        = torch::nn::functional::embedding(labels, d_label_bits.to(torch::kFloat))
              .to(torch::kLong)
              .reshape({ batch, -1 })
              .narrow(1, 0, n * d_bits_per_index)
              .reshape({ batch, n, d_bits_per_index });
    return bits_to_values(bits);
}

} // namespace udeepsc_core
