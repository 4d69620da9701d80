// SPDX-License-Identifier: GPL-3.0-or-later
#include "network.h"

#include <cmath>

namespace udeepsc_core {

namespace {
std::string gain_name(const std::string& task, const std::string& modality)
{
    return "tx_gain_" + task + "-" + modality;
}
} // namespace

NetworkImpl::NetworkImpl(const ModelConfig& config) : d_config(config), d_mapping(config)
{
    torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> encoders, codebooks;
    for (const auto& e : config.encoders) {
        encoders.insert(e.modality, ModalityEncoder(config, e.modality).ptr());
        codebooks.insert(e.modality, Codebook(config).ptr());
    }
    d_encoders->update(encoders);
    d_codebooks->update(codebooks);
    register_module("encoder", d_encoders);
    register_module("codebook", d_codebooks);
    d_receiver = register_module("receiver", Receiver(config));
    for (const auto& t : config.tasks)
        for (const auto& m : t.inputs)
            register_buffer(gain_name(t.name, m.modality), torch::ones({ 1 }));
}

ModalityEncoder NetworkImpl::encoder(const std::string& modality)
{
    return ModalityEncoder(std::dynamic_pointer_cast<ModalityEncoderImpl>(d_encoders[modality]));
}

Codebook NetworkImpl::codebook(const std::string& modality)
{
    return Codebook(std::dynamic_pointer_cast<CodebookImpl>(d_codebooks[modality]));
}

torch::Tensor NetworkImpl::tx_gain(const std::string& task, const std::string& modality)
{
    return named_buffers(false)[gain_name(task, modality)];
}

void NetworkImpl::move_to(torch::Device device)
{
    to(device);
    d_mapping.to(device);
}

torch::Tensor NetworkImpl::normalize_power(const torch::Tensor& x, const torch::Tensor& mask)
{
    const auto v = x.to(torch::kFloat);
    torch::Tensor mean_square;
    if (mask.defined()) {
        const auto m = (mask.detach() > 0.5).to(torch::kFloat).unsqueeze(-1);
        mean_square =
            (v * v * m).sum({ 1, 2 }, true) / (m.sum({ 1, 2 }, true) * v.size(2)).clamp_min(1.0);
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
    const auto x = normalize_power(features, mask);
    const auto batch = x.size(0);
    const auto noise = noise_var.view({ batch, 1 });
    LinkResult result;
    if (!options.digital) {
        const auto sigma = torch::sqrt(0.5 * noise).unsqueeze(-1);
        const auto y = x + sigma * torch::randn_like(x);
        result.received = y / (1.0 + noise.unsqueeze(-1)); // linear MMSE
        result.codebook_loss = torch::zeros({}, x.options());
        return result;
    }

    auto book = codebook(modality);
    const int dim = d_config.codebook.subvector_dim;
    const auto sub = x.reshape({ batch, -1, dim }); // [batch, indices, dim]
    const int n = static_cast<int>(sub.size(1));
    const auto indices = book->nearest(sub);
    const auto sent = (mask.detach() > 0.5).to(torch::kFloat).repeat_interleave(n / x.size(1), 1);
    if (options.keep_codebook_alive) // before anything below needs the codewords' gradient
        book->keep_alive(sub.reshape({ -1, dim }), indices.masked_select(sent > 0.5), 200);
    result.codebook_loss = book->loss(sub, indices, sent);

    const auto points = d_mapping.modulate(indices); // [batch, symbols, 2]
    torch::Tensor gain;
    {
        torch::NoGradGuard no_grad;
        // Under "bits" a symbol may hold bits of dropped vectors; it then counts all the same.
        const auto weight = points.size(1) == n ? sent : torch::ones_like(points.select(-1, 0));
        const auto energy = ((points * points).sum(-1) * weight).sum() / weight.sum().clamp_min(1);
        gain = torch::rsqrt(energy.clamp_min(1e-3));
        auto stored = tx_gain(task, modality);
        stored.lerp_(gain.view({ 1 }), 0.01);
    }
    const auto symbols =
        points * gain + torch::sqrt(0.5 * noise).unsqueeze(-1) * torch::randn_like(points);
    const auto mean = book->mean(d_mapping.posterior(symbols, noise, gain, n));
    // Straight through: forward the look-up, backward the identity to the encoder (and the
    // true gradient to the codewords).
    result.received = (mean + sub - sub.detach()).reshape(x.sizes());
    return result;
}

} // namespace udeepsc_core
