// SPDX-License-Identifier: GPL-3.0-or-later
#include "objective.h"

#include "channel_draw.h"
#include "contrastive.h"
#include "layered_objective.h"

#include "../kinds/output.h"

#include <cmath>

namespace udeepsc_core {

namespace {

constexpr int AUXILIARY_HIDDEN = 256;
constexpr int RATIO_POINTS = 19; // of a phase's Es/N0, at which f_n is looked at
// Samples of a batch that one is told from: of thousands the matrix would be large.
constexpr std::int64_t MOST_COMPARED = 1024;

// Mean of the semantic features, or the task embedding's vector where that is sent.
torch::Tensor pooled(const torch::Tensor& features,
                     const torch::Tensor& valid,
                     const TaskModality& input)
{
    const auto x = features.to(torch::kFloat);
    if (input.send_task_token)
        return x.select(1, -1);
    if (!valid.defined())
        return x.mean(1);
    const auto weight = torch::cat({ valid.to(torch::kFloat),
                                     torch::ones({ valid.size(0), 1 }, x.options()) },
                                   1)
                            .unsqueeze(-1);
    return (x * weight).sum(1) / weight.sum(1);
}

// The same of a modality that the task remembers: [samples, 2 dim], what is of now beside
// the mean of what came before.
torch::Tensor pooled_moments(const torch::Tensor& features,
                             const ModalityBatch& in,
                             const TaskModality& input,
                             std::int64_t samples)
{
    const auto x = pooled(features, in.valid, input);
    const auto place = in.place.to(x.device());
    const auto before = (torch::remainder(place, in.moments) > 0).to(torch::kLong);
    const auto slot = 2 * torch::div(place, in.moments, "floor") + before;
    const auto sum
        = torch::zeros({ 2 * samples, x.size(1) }, x.options()).index_add(0, slot, x);
    const auto count = torch::zeros({ 2 * samples }, x.options())
                           .index_add(0, slot, torch::ones_like(x.select(1, 0)));
    return (sum / count.clamp_min(1.0).unsqueeze(1)).view({ samples, -1 });
}

/*! One batch on its way, modality by modality. */
class Pass {
public:
    Pass(Network& network,
         AuxiliaryHeads& auxiliary,
         const TaskConfig& task,
         const TrainConfig& config,
         const StepContext& context)
        : d_network(network)
        , d_auxiliary(auxiliary)
        , d_task(task)
        , d_config(config)
        , d_phase(context.phase)
    { }

    // Semantic features of one modality through channel encoder and channel.
    void send(const ModalityBatch& in,
              const torch::Tensor& features,
              const torch::Tensor& noise_of_sample)
    {
        const auto device = features.device();
        const auto channel = in.place.defined()
            ? noise_of_sample.index_select(0, torch::div(in.place, in.moments, "floor"))
            : noise_of_sample;
        const auto equalized = fade(channel, d_config.rayleigh);
        const auto at_tx = d_config.csi_at_transmitter ? equalized : channel;
        const auto tx_noise = normalized_noise(at_tx).to(device);
        const auto rx_var = equalized.to(device);

        auto encoder = d_network->encoder(in.modality);
        const auto selected = encoder->select_masked(
            d_task.name,
            features,
            in.valid,
            tx_noise,
            d_phase.top_selection ? SelectionMode::top : SelectionMode::gumbel,
            1.0);
        auto selection_loss = selected.ratio_loss;
        if (d_phase.train_ratio)
            selection_loss
                = selection_loss + d_config.ratio_weight * ratio_loss(encoder, tx_noise);
        // Vectors that are never sent (the task embedding's, padding) leave here.
        const auto& input = d_task.input(in.modality);
        auto sent = selected.features;
        auto mask = selected.mask;
        if (!input.send_task_token) {
            sent = sent.narrow(1, 0, sent.size(1) - 1);
            mask = mask.narrow(1, 0, mask.size(1) - 1);
        }
        LinkOptions link;
        link.digital = d_phase.digital;
        link.count_codebook_use = d_phase.digital;
        const auto arrived
            = d_network->transmit(d_task.name, in.modality, sent, mask, rx_var, link);
        receive(in, features, arrived.received, mask, rx_var);
        side_losses = side_losses + d_config.selection_weight * selection_loss
            + arrived.codebook_loss;
        d_selection = d_selection + selected.ratio_loss.detach();
        d_codebook = d_codebook + arrived.codebook_loss.detach();
        d_keep_ratio = d_keep_ratio + selected.keep_ratio.detach().mean();
    }

    void write(StepLoss& out) const
    {
        const auto n = static_cast<double>(received.size());
        out.selection = d_selection;
        out.codebook = d_codebook;
        out.keep_ratio = d_keep_ratio / n;
    }

    // What keeps f_n from asking for every vector: its size (eq. 20). That may win or
    // lose at every SNR alike; with a target for the mean only the curve's shape is left
    // to learn.
    torch::Tensor ratio_loss(ModalityEncoder& encoder, const torch::Tensor& noise) const
    {
        if (d_config.ratio_target == 0)
            return encoder->keep_ratio(d_task.name, noise).mean();
        const auto snr_db
            = torch::linspace(d_phase.snr_min_db, d_phase.snr_max_db, RATIO_POINTS);
        const auto at = normalized_noise(torch::pow(10.0, -snr_db / 10.0));
        const auto mean = encoder->keep_ratio(d_task.name, at.to(noise.device())).mean();
        return torch::square(mean - d_config.ratio_target);
    }

    std::vector<ReceivedFeatures> received;
    torch::Tensor side_losses = torch::zeros({});

private:
    // Without a gradient over the air the transmitter learns by what it would receive
    // itself: it has a channel like this one, and which noise it draws there makes no
    // difference to what it learns.
    void receive(const ModalityBatch& in,
                 const torch::Tensor& meant,
                 const torch::Tensor& arrived,
                 const torch::Tensor& mask,
                 const torch::Tensor& rx_var)
    {
        const auto& input = d_task.input(in.modality);
        if (!d_config.air_gradient)
            side_losses = side_losses
                + d_auxiliary->transmitter_loss(d_task.name,
                                                in.modality,
                                                mean_sent(arrived, mask),
                                                pooled(meant, in.valid, input));
        const auto over_the_air = [&](const torch::Tensor& x) {
            return d_config.air_gradient ? x : x.detach();
        };
        const bool all_sent = input.max_vectors == 0 && !in.valid.defined();
        received.push_back({ in.modality,
                             over_the_air(arrived),
                             all_sent ? torch::Tensor() : over_the_air(mask),
                             normalized_noise(rx_var),
                             in.place.defined() ? in.place.to(rx_var.device()) : in.place,
                             in.moments });
    }

    Network& d_network;
    AuxiliaryHeads& d_auxiliary;
    const TaskConfig& d_task;
    const TrainConfig& d_config;
    const PhaseConfig& d_phase;
    torch::Tensor d_selection = torch::zeros({}), d_codebook = torch::zeros({}),
                  d_keep_ratio = torch::zeros({});
};

using Modules = torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>>;

// What several modalities say together takes a hidden layer.
void add_head(Modules& heads, const TaskConfig& task, int dim)
{
    namespace nn = torch::nn;
    const int outputs = task.output->auxiliary_outputs();
    if (outputs == 0)
        return;
    nn::Sequential head;
    if (task.inputs.size() > 1) {
        head->push_back(nn::Linear(dim, AUXILIARY_HIDDEN));
        head->push_back(nn::GELU());
        dim = AUXILIARY_HIDDEN;
    }
    head->push_back(nn::Linear(dim, outputs));
    heads.insert(task.name, head.ptr());
}

} // namespace

AuxiliaryHeadsImpl::AuxiliaryHeadsImpl(const ModelConfig& config)
{
    Modules heads;
    for (const auto& t : config.tasks) {
        int dim = 0;
        for (const auto& input : t.inputs)
            dim += config.encoder(input.modality).dim * (input.memory > 0 ? 2 : 1);
        add_head(heads, t, dim);
    }
    d_heads->update(heads);
    register_module("heads", d_heads);
}

void AuxiliaryHeadsImpl::add_receiver_heads(const ModelConfig& config)
{
    Modules heads;
    for (const auto& t : config.tasks)
        if (!t.has_memory())
            add_head(heads, t, config.decoder.dim * static_cast<int>(t.inputs.size()));
    d_receiver_heads->update(heads);
    register_module("receiver_heads", d_receiver_heads);
}

void AuxiliaryHeadsImpl::add_projections(const ModelConfig& config)
{
    torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> projections;
    for (const auto& t : config.tasks)
        for (const auto& input : t.inputs)
            projections.insert(
                t.name + "-" + input.modality,
                torch::nn::Linear(input.subvectors * config.codebook.subvector_dim,
                                  config.encoder(input.modality).dim)
                    .ptr());
    d_projections->update(projections);
    register_module("projections", d_projections);
}

torch::Tensor AuxiliaryHeadsImpl::transmitter_loss(const std::string& task,
                                                   const std::string& modality,
                                                   const torch::Tensor& arrived,
                                                   const torch::Tensor& meant)
{
    auto pairs = std::make_pair(arrived, meant);
    if (arrived.size(0) > MOST_COMPARED) {
        const auto some = torch::randperm(arrived.size(0)).narrow(0, 0, MOST_COMPARED);
        const auto index = some.to(arrived.device());
        pairs = { arrived.index_select(0, index), meant.index_select(0, index) };
    }
    const auto told = d_projections[task + "-" + modality]->as<torch::nn::LinearImpl>();
    return contrastive_loss(told->forward(pairs.first), pairs.second);
}

torch::Tensor AuxiliaryHeadsImpl::forward(const std::string& task,
                                          const std::vector<torch::Tensor>& features)
{
    return d_heads[task]->as<torch::nn::SequentialImpl>()->forward(
        torch::cat(features, 1));
}

torch::Tensor AuxiliaryHeadsImpl::of_received(const std::string& task,
                                              const torch::Tensor& gist)
{
    return d_receiver_heads[task]->as<torch::nn::SequentialImpl>()->forward(gist);
}

StepLoss objective(Network& network,
                   AuxiliaryHeads& auxiliary,
                   const std::string& task_name,
                   const TaskBatch& batch,
                   const TrainConfig& config,
                   const StepContext& context)
{
    const auto& task = network->config().task(task_name);
    if (task.output->layered())
        return layered_objective(network, auxiliary, task, batch, config, context);
    const auto samples = batch.target.size(0);
    const auto channel = draw_noise_var(
        samples, context, context.phase.snr_min_db, context.phase.snr_max_db);
    StepLoss result;
    Pass pass(network, auxiliary, task, config, context);
    pass.side_losses = pass.side_losses.to(batch.inputs[0].input.device());
    auto total = torch::zeros_like(pass.side_losses);
    std::vector<torch::Tensor> summary; // of the semantic features of each modality
    for (const auto& in : batch.inputs) {
        const auto features
            = network->encoder(in.modality)->semantic(task_name, in.input, in.valid);
        const auto& input = task.input(in.modality);
        if (auxiliary->has(task_name))
            summary.push_back(in.place.defined()
                                  ? pooled_moments(features, in, input, samples)
                                  : pooled(features, in.valid, input));
        pass.send(in, features, channel);
    }
    if (config.auxiliary_weight > 0 && auxiliary->has(task_name)
        && summary.size() == task.inputs.size()) {
        const auto direct = task.output->auxiliary_loss(
            auxiliary(task_name, summary), batch.target, config.label_smoothing);
        total = total + config.auxiliary_weight * direct.loss;
        result.auxiliary = direct.score.detach();
    }
    if (config.receiver_auxiliary_weight > 0 && auxiliary->has_received(task_name)
        && pass.received.size() == task.inputs.size()) {
        const auto gist = network->receiver()->gist(task_name, pass.received);
        const auto told
            = task.output->auxiliary_loss(auxiliary->of_received(task_name, gist),
                                          batch.target,
                                          config.label_smoothing);
        total = total + config.receiver_auxiliary_weight * told.loss;
        result.also["received"] = told.score.detach();
    }
    const auto output = network->receiver()->forward(task_name, pass.received, samples);
    const auto main = task.output->loss(output, batch.target, config.label_smoothing);
    const auto weight
        = config.tasks.count(task_name) ? config.tasks.at(task_name).loss_weight : 1.0;
    result.total = total + pass.side_losses + weight * main.loss;
    result.task = main.loss.detach();
    result.score = main.score.detach();
    pass.write(result);
    return result;
}

} // namespace udeepsc_core
