// SPDX-License-Identifier: GPL-3.0-or-later
#include "objective.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

namespace F = torch::nn::functional;

AuxiliaryHeadsImpl::AuxiliaryHeadsImpl(const ModelConfig& config)
{
    torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> heads;
    for (const auto& t : config.tasks)
        if (t.output == "label")
            heads.insert(t.name,
                         torch::nn::Linear(config.encoder(t.inputs[0].modality).dim,
                                           static_cast<int>(t.classes.size()))
                             .ptr());
    d_heads->update(heads);
    register_module("heads", d_heads);
}

torch::Tensor AuxiliaryHeadsImpl::forward(const std::string& task, const torch::Tensor& features)
{
    if (!d_heads->contains(task))
        return {};
    return d_heads[task]->as<torch::nn::LinearImpl>()->forward(features);
}

namespace {

// Noise variance per complex symbol of each sample: the channel's own, and as it is after
// equalisation by a known block Rayleigh gain.
struct DrawnNoise {
    torch::Tensor channel, equalized; // [batch]
};

DrawnNoise draw_noise(int64_t batch, const TrainConfig& config, const StepContext& context)
{
    double low = context.phase.snr_min_db;
    const double high = context.phase.snr_max_db;
    if (context.step_in_phase < context.phase.widen_steps)
        low = high + (low - high) * static_cast<double>(context.step_in_phase) /
                         context.phase.widen_steps;
    const auto snr_db = low + (high - low) * torch::rand({ batch });
    const auto channel = torch::pow(10.0, -snr_db / 10.0);
    // |h|^2 of a Rayleigh gain is exponential with mean 1; a floor of -13 dB keeps a few
    // hopeless samples from ruling the batch.
    const auto gain = (-torch::log(torch::rand({ batch }).clamp_min(1e-9))).clamp_min(0.05);
    const auto fades = torch::rand({ batch }) < config.rayleigh;
    return { channel, torch::where(fades, channel / gain, channel) };
}

// Loss and score of the task itself, L_p
std::pair<torch::Tensor, double> task_loss(const TaskConfig& task,
                                           const torch::Tensor& output,
                                           const TaskBatch& batch,
                                           double label_smoothing)
{
    if (task.output == "label") {
        const auto logits = output.to(torch::kFloat);
        const auto loss = F::cross_entropy(
            logits,
            batch.target,
            F::CrossEntropyFuncOptions().label_smoothing(label_smoothing));
        const auto hits = (logits.argmax(1) == batch.target).to(torch::kFloat).mean();
        return { loss, hits.item<float>() };
    }
    if (task.output == "picture") {
        const auto mse =
            (output.to(torch::kFloat) - batch.target).pow(2).mean({ 1, 2, 3 }).clamp_min(1e-6);
        // log(MSE) is PSNR up to a factor: with MSE alone the noisiest samples of a batch
        // would outweigh the rest a hundred to one.
        return { torch::log(mse).mean(),
                 (-10.0 * torch::log10(mse.detach())).mean().item<float>() };
    }
    const auto logits = output.to(torch::kFloat).flatten(0, 1);
    const auto target = batch.target.flatten();
    const auto loss =
        F::cross_entropy(logits, target, F::CrossEntropyFuncOptions().ignore_index(-100));
    const auto counts = target != -100;
    const auto hits = ((logits.argmax(1) == target).logical_and(counts)).sum().item<int64_t>();
    return { loss, static_cast<double>(hits) / std::max<int64_t>(1, counts.sum().item<int64_t>()) };
}

} // namespace

StepLoss objective(Network& network,
                   AuxiliaryHeads& auxiliary,
                   const std::string& task_name,
                   const TaskBatch& batch,
                   const TrainConfig& config,
                   const StepContext& context)
{
    const auto& task = network->config().task(task_name);
    const auto device = batch.inputs[0].input.device();
    const auto drawn = draw_noise(batch.inputs[0].input.size(0), config, context);
    const auto tx_noise = normalized_noise(drawn.channel).to(device);
    const auto rx_var = drawn.equalized.to(device);
    const auto& phase = context.phase;

    StepLoss result;
    auto total = torch::zeros({}, torch::TensorOptions().device(device));
    std::vector<ReceivedFeatures> received;
    for (const auto& in : batch.inputs) {
        auto encoder = network->encoder(in.modality);
        const auto features = encoder->semantic(task_name, in.input, in.valid);
        if (received.empty() && config.auxiliary_weight > 0) {
            auto pooled = features.to(torch::kFloat);
            if (task.input(in.modality).send_task_token) {
                pooled = pooled.select(1, -1); // the task embedding's vector
            } else if (in.valid.defined()) {
                const auto weight = torch::cat({ in.valid.to(torch::kFloat),
                                                 torch::ones({ in.valid.size(0), 1 }, pooled.options()) },
                                               1)
                                        .unsqueeze(-1);
                pooled = (pooled * weight).sum(1) / weight.sum(1);
            } else {
                pooled = pooled.mean(1);
            }
            const auto logits = auxiliary(task_name, pooled);
            if (logits.defined()) {
                const auto direct = task_loss(task, logits, batch, config.label_smoothing);
                total = total + config.auxiliary_weight * direct.first;
                result.auxiliary = direct.second;
            }
        }
        const auto selected = encoder->select_masked(
            task_name,
            features,
            in.valid,
            tx_noise,
            phase.top_selection ? SelectionMode::top : SelectionMode::gumbel,
            1.0);
        auto selection_loss = selected.ratio_loss;
        if (phase.train_ratio)
            selection_loss = selection_loss + config.ratio_weight *
                                                  encoder->share_of(task_name, tx_noise).mean();
        // Vectors that are never sent (the task embedding's, padding) leave here.
        auto sent = selected.features;
        auto mask = selected.mask;
        if (!task.input(in.modality).send_task_token) {
            sent = sent.narrow(1, 0, sent.size(1) - 1);
            mask = mask.narrow(1, 0, mask.size(1) - 1);
        }
        LinkOptions link;
        link.digital = phase.digital;
        link.count_codebook_use = phase.digital;
        const auto arrived =
            network->transmit(task_name, in.modality, sent, mask, rx_var, link);
        const bool all_sent = task.input(in.modality).max_vectors == 0 && !in.valid.defined();
        received.push_back({ in.modality, arrived.received, all_sent ? torch::Tensor() : mask });
        total = total + config.selection_weight * selection_loss + arrived.codebook_loss;
        result.selection += selected.ratio_loss.item<float>();
        result.codebook += arrived.codebook_loss.item<float>();
    }
    const auto output = network->receiver()->forward(task_name, received, normalized_noise(rx_var));
    const auto main = task_loss(task, output, batch, config.label_smoothing);
    const auto weight = config.tasks.count(task_name) ? config.tasks.at(task_name).loss_weight : 1.0;
    result.total = total + weight * main.first;
    result.task = main.first.item<float>();
    result.score = main.second;
    return result;
}

} // namespace udeepsc_core
