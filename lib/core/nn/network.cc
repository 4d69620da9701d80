// SPDX-License-Identifier: GPL-3.0-or-later
#include "autocast.h"
#include "layered.h"
#include "network.h"

#include <cmath>

namespace udeepsc_core {

namespace {

// The features themselves over the channel, and the linear MMSE estimate of them. noise:
// broadcast over x but for the last dimension.
LinkResult without_codebook(const torch::Tensor& x, const torch::Tensor& noise)
{
    const auto n0 = noise.unsqueeze(-1);
    const auto y = x + torch::sqrt(0.5 * n0) * torch::randn_like(x);
    return { y / (1.0 + n0), torch::zeros({}, x.options()) };
}

std::string gain_name(const std::string& task, const std::string& modality)
{
    return "tx_gain_" + task + "-" + modality;
}
} // namespace

NetworkImpl::NetworkImpl(const ModelConfig& config)
    : d_config(config)
    , d_mapping(config)
{
    torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> encoders,
        codebooks;
    torch::Tensor words;
    for (const auto& e : config.encoders) {
        ModalityEncoder encoder(config, e.modality);
        if (encoder->words().defined())
            words = encoder->words();
        encoders.insert(e.modality, encoder.ptr());
        codebooks.insert(e.modality, Codebook(config).ptr());
    }
    d_encoders->update(encoders);
    d_codebooks->update(codebooks);
    register_module("encoder", d_encoders);
    register_module("codebook", d_codebooks);
    d_receiver = register_module("receiver", Receiver(config, words));
    for (const auto& t : config.tasks)
        if (t.has_memory())
            start_alike_inputs(t);
    for (const auto& t : config.tasks)
        for (const auto& m : t.inputs)
            register_buffer(
                gain_name(t.name, m.modality),
                torch::ones({ std::max(
                    { 1, m.max_vectors, static_cast<int>(m.layers.size()) }) }));
}

// A question finds what it asks for by likeness: the same word says the same to it and to
// a sentence from the start.
void NetworkImpl::start_alike_inputs(const TaskConfig& task)
{
    for (const auto& from : task.inputs)
        for (const auto& to : task.inputs) {
            const auto &a = d_config.encoder(from.modality),
                       &b = d_config.encoder(to.modality);
            if (from.memory == 0 || to.memory > 0 || a.dim != b.dim
                || std::string(a.kind->kind()) != b.kind->kind())
                continue;
            start_alike(*d_encoders[from.modality], *d_encoders[to.modality]);
            d_receiver->start_alike_inputs(task.name, from.modality, to.modality);
        }
}

ModalityEncoder NetworkImpl::encoder(const std::string& modality)
{
    return ModalityEncoder(
        std::dynamic_pointer_cast<ModalityEncoderImpl>(d_encoders[modality]));
}

Codebook NetworkImpl::codebook(const std::string& modality)
{
    return Codebook(std::dynamic_pointer_cast<CodebookImpl>(d_codebooks[modality]));
}

torch::Tensor NetworkImpl::tx_gains(const std::string& task, const std::string& modality)
{
    return named_buffers(false)[gain_name(task, modality)];
}

torch::Tensor NetworkImpl::tx_gain(const std::string& task,
                                   const std::string& modality,
                                   std::int64_t vectors)
{
    const auto gains = tx_gains(task, modality);
    const auto& layers = d_config.task(task).input(modality).layers;
    if (!layers.empty())
        return spread_over_layers(gains, layers).narrow(0, 0, vectors);
    const auto entry = std::min(std::max<std::int64_t>(vectors, 1), gains.size(0)) - 1;
    return gains.narrow(0, entry, 1);
}

void NetworkImpl::calibrate_gains(
    const std::string& task,
    const std::string& modality,
    const std::vector<std::pair<torch::Tensor, torch::Tensor>>& sent)
{
    torch::NoGradGuard no_grad;
    const auto gains = tx_gains(task, modality);
    const auto& layers = d_config.task(task).input(modality).layers;
    if (!layers.empty()) {
        std::vector<torch::Tensor> points;
        for (const auto& batch : sent)
            points.push_back(d_mapping.modulate(
                codebook(modality)->nearest(normalize_layers(batch.first, layers))));
        gains.copy_(gains_of_layers(torch::cat(points), layers));
        return;
    }
    const auto entries = gains.size(0);
    auto energy = torch::zeros({ entries }, gains.options()),
         symbols = torch::zeros_like(energy);
    for (const auto& batch : sent) {
        const auto mask = (batch.second > 0.5).to(torch::kFloat);
        const auto x = normalize_power(batch.first, mask);
        const auto sub = x.reshape({ x.size(0), -1, d_config.codebook.subvector_dim });
        const auto points = d_mapping.modulate(codebook(modality)->nearest(sub));
        const auto weight = weight_of(points, mask, sub.size(1));
        const auto entry = (mask.sum(1).to(torch::kLong) - 1).clamp(0, entries - 1);
        energy.index_add_(0, entry, ((points * points).sum(-1) * weight).sum(1));
        symbols.index_add_(0, entry, weight.sum(1));
    }
    // A count that did not occur takes the mean over those that did.
    const auto mean = torch::rsqrt(energy.sum() / symbols.sum().clamp_min(1));
    gains.copy_(
        torch::where(symbols > 0, torch::rsqrt(energy / symbols.clamp_min(1)), mean));
}

torch::Tensor NetworkImpl::weight_of(const torch::Tensor& points,
                                     const torch::Tensor& mask,
                                     std::int64_t indices)
{
    if (points.size(1) != indices) // "bits": a symbol may hold bits of dropped vectors
        return torch::ones_like(points.select(-1, 0));
    return mask.repeat_interleave(indices / mask.size(1), 1);
}

void NetworkImpl::move_to(torch::Device device)
{
    to(device);
    d_mapping.to(device);
}

torch::Tensor NetworkImpl::normalize_power(const torch::Tensor& x,
                                           const torch::Tensor& mask)
{
    const auto v = x.to(torch::kFloat);
    torch::Tensor mean_square;
    if (mask.defined()) {
        const auto m = (mask.detach() > 0.5).to(torch::kFloat).unsqueeze(-1);
        mean_square = (v * v * m).sum({ 1, 2 }, true)
            / (m.sum({ 1, 2 }, true) * v.size(2)).clamp_min(1.0);
    } else {
        mean_square = (v * v).mean({ 1, 2 }, true);
    }
    return v * torch::rsqrt(2.0 * mean_square + 1e-8);
}

LinkResult NetworkImpl::transmit(const std::string& task,
                                 const std::string& modality,
                                 const torch::Tensor& features,
                                 const torch::Tensor& mask,
                                 const torch::Tensor& noise_var,
                                 const LinkOptions& options)
{
    const NoAutocast fp32(features.device().type());
    const auto x = normalize_power(features, mask);
    const auto batch = x.size(0);
    const auto noise = noise_var.view({ batch, 1 });
    if (!options.digital)
        return without_codebook(x, noise);
    LinkResult result;

    auto book = codebook(modality);
    const int dim = d_config.codebook.subvector_dim;
    const auto sub = x.reshape({ batch, -1, dim }); // [batch, indices, dim]
    const int n = static_cast<int>(sub.size(1));
    const auto indices = book->nearest(sub);
    const auto kept = (mask.detach() > 0.5).to(torch::kFloat);
    const auto sent = kept.repeat_interleave(n / x.size(1), 1);
    if (options.count_codebook_use) {
        const auto counted = torch::nonzero(sent.reshape({ -1 })).flatten();
        book->count_use(sub.reshape({ -1, dim }).index_select(0, counted),
                        indices.reshape({ -1 }).index_select(0, counted));
    }
    result.codebook_loss = book->loss(sub, indices, sent);

    const auto points = d_mapping.modulate(indices); // [batch, symbols, 2]
    torch::Tensor gain; // [batch, 1, 1]
    {
        torch::NoGradGuard no_grad;
        auto gains = tx_gains(task, modality);
        const auto entry = (kept.sum(1).to(torch::kLong) - 1).clamp(0, gains.size(0) - 1);
        const auto weight = weight_of(points, kept, n);
        auto energy = torch::zeros_like(gains), symbols = torch::zeros_like(gains);
        energy.index_add_(0, entry, ((points * points).sum(-1) * weight).sum(1));
        symbols.index_add_(0, entry, weight.sum(1));
        const auto now = torch::rsqrt((energy / symbols.clamp_min(1)).clamp_min(0.1));
        gains.copy_(torch::where(symbols > 0, 0.98 * gains + 0.02 * now, gains));
        gain = gains.index_select(0, entry).view({ batch, 1, 1 });
    }
    const auto symbols = points * gain
        + torch::sqrt(0.5 * noise).unsqueeze(-1) * torch::randn_like(points);
    const auto mean = book->mean(d_mapping.posterior(symbols, noise, gain, n));
    // Straight through: forward the look-up (whose true gradient reaches the codewords),
    // backward to the encoder the slope of a linear MMSE estimate, as in the real-feature
    // link above. With slope 1 the samples that arrive worst would steer the encoder
    // most.
    const auto through = sub / (1.0 + noise.unsqueeze(-1));
    result.received = (mean + through - through.detach()).reshape(x.sizes());
    return result;
}

torch::Tensor NetworkImpl::normalized(const std::string& task,
                                      const std::string& modality,
                                      const torch::Tensor& x,
                                      const torch::Tensor& mask) const
{
    const auto& layers = d_config.task(task).input(modality).layers;
    return layers.empty() ? normalize_power(x, mask) : normalize_layers(x, layers);
}

torch::Tensor NetworkImpl::gains_of_layers(const torch::Tensor& points,
                                           const std::vector<int>& layers) const
{
    std::vector<torch::Tensor> energy; // of a symbol
    std::int64_t at = 0;
    for (int size : layers) {
        energy.push_back((points.narrow(1, at, size).pow(2).sum(-1)).mean());
        at += size;
    }
    return torch::rsqrt(torch::stack(energy).clamp_min(0.1));
}

LinkResult NetworkImpl::transmit_layers(const std::string& task,
                                        const std::string& modality,
                                        const torch::Tensor& features,
                                        const torch::Tensor& noise_var,
                                        const LinkOptions& options)
{
    const NoAutocast fp32(features.device().type());
    const auto& layers = d_config.task(task).input(modality).layers;
    const auto x = normalize_layers(features, layers); // [batch, indices, dim]
    const auto noise = spread_over_layers(noise_var, layers); // [batch, indices]
    if (!options.digital)
        return without_codebook(x, noise);
    LinkResult result;
    auto book = codebook(modality);
    const auto indices = book->nearest(x);
    if (options.count_codebook_use)
        book->count_use(x.reshape({ -1, x.size(2) }), indices.reshape({ -1 }));
    result.codebook_loss
        = book->loss(x, indices, torch::ones({ x.size(0), x.size(1) }, x.options()));
    const auto points = d_mapping.modulate(indices); // [batch, indices, 2]
    torch::Tensor gain; // [1, indices, 1]
    {
        torch::NoGradGuard no_grad;
        auto gains = tx_gains(task, modality);
        gains.copy_(0.98 * gains + 0.02 * gains_of_layers(points, layers));
        gain = spread_over_layers(gains, layers).view({ 1, -1, 1 });
    }
    const auto symbols = points * gain
        + torch::sqrt(0.5 * noise).unsqueeze(-1) * torch::randn_like(points);
    const auto mean = book->mean(
        d_mapping.posterior(symbols, noise, gain, static_cast<int>(x.size(1))));
    const auto through = x / (1.0 + noise.unsqueeze(-1)); // as in transmit()
    result.received = mean + through - through.detach();
    return result;
}

} // namespace udeepsc_core
