// SPDX-License-Identifier: GPL-3.0-or-later
#include "layered_objective.h"

#include "channel_draw.h"

#include "../kinds/output.h"

#include <algorithm>

namespace udeepsc_core {

namespace {

/*! Who receives each sample of a batch. */
struct DrawnReceivers {
    torch::Tensor channel; // noise variance at the receiver: [batch]
    LayerWeights weights; // [batch, layers]
    int first = 1; // the first layers together that anyone wants
};

using Weights = std::vector<std::vector<double>>; // [receivers][layers]

torch::Tensor as_tensor(const Weights& weights)
{
    std::vector<torch::Tensor> rows;
    for (const auto& row : weights)
        rows.push_back(torch::tensor(row, torch::kFloat));
    return torch::stack(rows);
}

int first_wanted(const Weights& picture, const Weights& label)
{
    const auto layers = picture[0].size();
    for (std::size_t l = 0; l < layers; ++l) {
        const auto counts = [l](const auto& row) { return row[l] > 0; };
        if (std::any_of(picture.begin(), picture.end(), counts)
            || std::any_of(label.begin(), label.end(), counts))
            return static_cast<int>(l) + 1;
    }
    return static_cast<int>(layers);
}

DrawnReceivers draw_receivers(const TaskConfig& task,
                              const TrainConfig& config,
                              std::int64_t batch,
                              const StepContext& context)
{
    const auto layers = task.inputs[0].layers.size();
    const auto alpha = task.output->layered()->picture_weights(layers),
               beta = task.output->layered()->label_weights(layers);
    std::vector<ReceiverTraining> receivers;
    if (config.tasks.count(task.name))
        receivers = config.tasks.at(task.name).receivers;
    if (receivers.empty())
        receivers.push_back(
            { context.phase.snr_min_db, context.phase.snr_max_db, {}, {} });
    Weights picture, label;
    std::vector<torch::Tensor> noise;
    for (const auto& r : receivers) {
        picture.push_back(r.picture_weights.empty() ? alpha : r.picture_weights);
        label.push_back(r.label_weights.empty() ? beta : r.label_weights);
        noise.push_back(draw_noise_var(batch, context, r.snr_min_db, r.snr_max_db));
    }
    DrawnReceivers drawn;
    const auto number = torch::randint(
        static_cast<std::int64_t>(receivers.size()), { batch }, torch::kLong);
    drawn.channel = torch::stack(noise, 1).gather(1, number.view({ -1, 1 })).squeeze(1);
    drawn.weights.picture = as_tensor(picture).index_select(0, number);
    drawn.weights.label = as_tensor(label).index_select(0, number);
    drawn.first = first_wanted(picture, label);
    return drawn;
}

// What the transmitter is told: the receiver's mean channel or, with several of them to
// serve, another.
torch::Tensor told_to_transmitter(const torch::Tensor& channel,
                                  const TrainConfig& config,
                                  const StepContext& context)
{
    const auto other = draw_noise_var(
        channel.size(0), context, context.phase.snr_min_db, context.phase.snr_max_db);
    return torch::where(torch::rand_like(channel) < config.blind, other, channel);
}

} // namespace

StepLoss layered_objective(Network& network,
                           AuxiliaryHeads& auxiliary,
                           const TaskConfig& task,
                           const TaskBatch& batch,
                           const TrainConfig& config,
                           const StepContext& context)
{
    const auto& in = batch.inputs[0];
    const auto device = in.input.device();
    const auto size = in.input.size(0);
    const auto layers = static_cast<std::int64_t>(task.inputs[0].layers.size());
    auto drawn = draw_receivers(task, config, size, context);
    drawn.weights.picture = drawn.weights.picture.to(device);
    drawn.weights.label = drawn.weights.label.to(device);
    const auto told
        = normalized_noise(told_to_transmitter(drawn.channel, config, context))
              .to(device);
    // Layers are frames, or parts of one, of their own: each fades for itself.
    const auto noise_var
        = fade(drawn.channel.unsqueeze(1).expand({ size, layers }), config.rayleigh)
              .to(device);

    auto encoder = network->encoder(in.modality);
    const auto features = encoder->semantic(task.name, in.input, in.valid);
    StepLoss result;
    auto total = torch::zeros({}, torch::TensorOptions().device(device));
    if (config.auxiliary_weight > 0 && auxiliary->has(task.name)) {
        const auto direct = task.output->auxiliary_loss(
            auxiliary->forward(task.name, { features.select(1, -1).to(torch::kFloat) }),
            batch.target,
            config.label_smoothing);
        total = total + config.auxiliary_weight * direct.loss;
        result.auxiliary = direct.score.detach();
    }
    const auto sent = encoder->layers(task.name, features, told);
    LinkOptions link;
    link.digital = link.count_codebook_use = context.phase.digital;
    const auto arrived
        = network->transmit_layers(task.name, in.modality, sent, noise_var, link);
    const auto output = network->receiver()->forward_layers(task.name,
                                                            arrived.received,
                                                            normalized_noise(noise_var),
                                                            drawn.first,
                                                            static_cast<int>(layers));
    const auto main = task.output->layered()->layers_loss(
        output, batch.target, drawn.weights, drawn.first - 1, config.label_smoothing);
    const auto weight
        = config.tasks.count(task.name) ? config.tasks.at(task.name).loss_weight : 1.0;
    result.total = total + arrived.codebook_loss + weight * main.all.loss;
    result.task = main.all.loss.detach();
    result.score = main.all.score.detach();
    result.codebook = arrived.codebook_loss.detach();
    result.keep_ratio = torch::ones({});
    result.also = main.scores;
    return result;
}

} // namespace udeepsc_core
