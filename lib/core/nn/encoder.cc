// SPDX-License-Identifier: GPL-3.0-or-later
#include "encoder.h"

#include "layered.h"

#include "../kinds/output.h"

#include <udeepsc_core/error.h>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

EncoderLayer make_layer(const EncoderConfig& c)
{
    return EncoderLayer(c.dim,
                        c.heads,
                        c.ffn,
                        c.dropout,
                        c.layer_norm == "last" ? LayerNormPlace::last
                                               : LayerNormPlace::first);
}

} // namespace

ModalityEncoderImpl::ModalityEncoderImpl(const ModelConfig& model,
                                         const std::string& modality)
    : d_config(model.encoder(modality))
    , d_noise_conditioning(model.noise_conditioning)
{
    const int dim = d_config.dim;
    for (const auto& t : model.tasks)
        for (const auto& m : t.inputs)
            if (m.modality == modality)
                d_tasks.push_back(t);

    d_embedding = register_module(d_config.kind->embedding_name(),
                                  d_config.kind->make_embedding(dim, d_tasks));
    d_position = register_parameter(
        "position", 0.02 * torch::randn({ 1, d_config.max_positions(), dim }));
    d_task_embedding = register_parameter(
        "task_embedding", 0.02 * torch::randn({ static_cast<int>(d_tasks.size()), dim }));

    if (d_config.layer_norm == "last")
        d_embedding_norm = register_module("embedding_norm",
                                           nn::LayerNorm(nn::LayerNormOptions({ dim })));
    for (int i = 0; i < d_config.semantic_layers; ++i)
        d_semantic->push_back(make_layer(d_config));
    register_module("semantic", d_semantic);
    for (int q = 0; q < d_config.selection_modules; ++q) {
        d_selection->push_back(FeatureSelection(dim, d_config.fsm_dim));
        d_channel->push_back(make_layer(d_config));
    }
    register_module("selection", d_selection);
    register_module("channel", d_channel);
    if (d_noise_conditioning)
        d_noise = register_module("noise", NoiseFeature(dim, true));
    d_norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({ dim })));

    torch::OrderedDict<std::string, std::shared_ptr<nn::Module>> ratios, projections;
    for (const auto& t : d_tasks) {
        const auto& input = t.input(modality);
        if (input.max_vectors > 0)
            ratios.insert(t.name, RatioNetwork().ptr());
        if (t.output->layered()) {
            projections.insert(t.name,
                               LayerHeads(dim,
                                          model.codebook.subvector_dim,
                                          d_config.max_positions(),
                                          input.layers)
                                   .ptr());
            continue;
        }
        projections.insert(t.name,
                           Linear(dim,
                                  std::max(1, input.max_vectors) * input.subvectors
                                      * model.codebook.subvector_dim)
                               .ptr());
    }
    d_ratio->update(ratios);
    d_project->update(projections);
    register_module("ratio", d_ratio);
    register_module("project", d_project);
}

int ModalityEncoderImpl::task_row(const std::string& task) const
{
    for (std::size_t i = 0; i < d_tasks.size(); ++i)
        if (d_tasks[i].name == task)
            return static_cast<int>(i);
    throw Error("task \"" + task + "\" does not use modality \"" + d_config.modality
                + "\"");
}

const TaskModality& ModalityEncoderImpl::input_of(const std::string& task) const
{
    return d_tasks[task_row(task)].input(d_config.modality);
}

torch::Tensor ModalityEncoderImpl::semantic(const std::string& task,
                                            const torch::Tensor& input,
                                            const torch::Tensor& valid)
{
    const int row = task_row(task);
    auto x = d_embedding->forward(input, task);
    x = x + d_position.narrow(1, 0, x.size(1));
    if (d_embedding_norm)
        x = d_embedding_norm(x);
    x = torch::dropout(x, d_config.dropout, is_training());

    auto token = d_task_embedding[row]
                     .view({ 1, 1, -1 })
                     .expand({ x.size(0), 1, -1 })
                     .to(x.scalar_type());
    const auto summary = d_embedding->summary(input, task);
    if (summary.defined())
        token = token + summary;
    x = torch::cat({ x, token }, 1); // eq. 10
    torch::Tensor mask;
    if (valid.defined())
        mask = torch::cat({ valid, torch::ones({ x.size(0), 1 }, valid.options()) }, 1);
    for (const auto& layer : *d_semantic)
        x = layer->as<EncoderLayerImpl>()->forward(x, mask);
    return x;
}

torch::Tensor ModalityEncoderImpl::condition(const torch::Tensor& features,
                                             const torch::Tensor& noise)
{
    if (!d_noise_conditioning)
        return features;
    return features + d_noise(noise).to(features.scalar_type());
}

torch::Tensor ModalityEncoderImpl::project(const std::string& task,
                                           const torch::Tensor& features,
                                           const torch::Tensor& mask)
{
    const auto& t = d_tasks[task_row(task)];
    const auto all = d_project[task]->as<LinearImpl>()->forward(
        t.output->keeps_magnitude() ? features : d_norm(features));
    const int positions = t.input(d_config.modality).max_vectors;
    if (positions == 0)
        return all;
    const auto batch = all.size(0), vectors = all.size(1),
               width = all.size(2) / positions;
    torch::Tensor position;
    if (mask.defined())
        position = torch::cumsum((mask.detach() > 0.5).to(torch::kLong), 1) - 1;
    else
        position = torch::arange(
                       vectors,
                       torch::TensorOptions().dtype(torch::kLong).device(all.device()))
                       .view({ 1, -1 })
                       .expand({ batch, -1 });
    const auto index = position.clamp(0, positions - 1).view({ batch, vectors, 1, 1 });
    return all.view({ batch, vectors, positions, width })
        .gather(2, index.expand({ -1, -1, 1, width }))
        .squeeze(2);
}

torch::Tensor ModalityEncoderImpl::layers(const std::string& task,
                                          const torch::Tensor& features,
                                          const torch::Tensor& noise)
{
    auto x = condition(features, noise);
    for (const auto& layer : *d_channel)
        x = layer->as<EncoderLayerImpl>()->forward(x, {});
    const auto vectors = x.size(1) - 1;
    return d_project[task]->as<LayerHeadsImpl>()->forward(x.narrow(1, 0, vectors),
                                                          d_norm(x.select(1, vectors)));
}

torch::Tensor ModalityEncoderImpl::keep_ratio(const std::string& task,
                                              const torch::Tensor& noise)
{
    if (!d_ratio->contains(task))
        return torch::ones_like(noise);
    return d_ratio[task]->as<RatioNetworkImpl>()->forward(noise);
}

int ModalityEncoderImpl::candidates(const std::string& task, int rows) const
{
    return input_of(task).send_task_token ? rows : rows - 1;
}

int ModalityEncoderImpl::vectors_to_send(const std::string& task,
                                         int candidates,
                                         double noise)
{
    const auto& input = input_of(task);
    if (input.max_vectors == 0)
        return candidates;
    torch::NoGradGuard no_grad;
    return vectors_at(
        input, candidates, keep_ratio(task, torch::full({ 1 }, noise)).item<float>());
}

torch::Tensor ModalityEncoderImpl::counts_of(const TaskModality& input,
                                             const torch::Tensor& candidates,
                                             const torch::Tensor& keep_ratio) const
{
    const auto n = candidates.detach().to(torch::kCPU).contiguous();
    const auto ratio = keep_ratio.detach().to(torch::kCPU).contiguous();
    auto counts = torch::empty({ n.size(0) }, torch::kLong);
    for (std::int64_t i = 0; i < n.size(0); ++i)
        counts.data_ptr<std::int64_t>()[i] = vectors_at(
            input, static_cast<int>(n.data_ptr<float>()[i]), ratio.data_ptr<float>()[i]);
    return counts;
}

void ModalityEncoderImpl::select_stage(int stage,
                                       const torch::Tensor& features,
                                       const torch::Tensor& noise,
                                       const torch::Tensor& counts,
                                       SelectionMode mode,
                                       double temperature,
                                       MaskedFeatures& out)
{
    const int stages = d_config.selection_modules;
    const auto candidates = counts[0]; // [batch], N_d
    const auto log_p = d_selection[stage]->as<FeatureSelectionImpl>()->forward(
        features, out.mask, noise);
    const auto target
        = torch::pow(out.keep_ratio, static_cast<double>(stage + 1) / stages);
    torch::Tensor keep, counted;
    if (mode == SelectionMode::gumbel) {
        keep = gumbel_keep(log_p, temperature);
        // A sample that loses every vector has nothing left to learn from.
        keep = keep_also(
            keep, top_keep(log_p, out.mask, torch::ones_like(candidates)).detach());
        counted = out.mask * keep;
    } else {
        const auto n = candidates.to(torch::kCPU), last = counts[1].to(torch::kCPU);
        std::vector<float> now;
        for (std::int64_t i = 0; i < n.size(0); ++i)
            now.push_back(static_cast<float>(vectors_after_stage(
                n[i].item<int>(), last[i].item<int>(), stage, stages)));
        keep = top_keep(log_p, out.mask, torch::tensor(now).to(features.device()));
        // The count is right by construction. What has to fit are the probabilities:
        // without that each would rise to 1, and the best could not be told.
        counted = out.mask.detach() * torch::exp(log_p.select(-1, 0));
    }
    out.mask = out.mask * keep;
    const auto error = target - counted.sum(1) / candidates;
    out.ratio_loss = out.ratio_loss + (error * error).mean() / stages; // eq. 19
}

MaskedFeatures ModalityEncoderImpl::select_masked(const std::string& task,
                                                  const torch::Tensor& features,
                                                  const torch::Tensor& valid,
                                                  const torch::Tensor& noise,
                                                  SelectionMode mode,
                                                  double temperature)
{
    const auto& input = input_of(task);
    const auto batch = features.size(0), rows = features.size(1);
    const auto options
        = torch::TensorOptions().dtype(torch::kFloat).device(features.device());
    const auto tokens = valid.defined() ? valid.to(torch::kFloat)
                                        : torch::ones({ batch, rows - 1 }, options);
    const auto one = torch::ones({ batch, 1 }, options),
               zero = torch::zeros({ batch, 1 }, options);
    const auto present = torch::cat({ tokens, one }, 1);
    const auto sendable
        = input.send_task_token ? present : torch::cat({ tokens, zero }, 1);
    const auto always = present - sendable; // seen by attention, never sent

    auto x = condition(features, noise);
    MaskedFeatures out;
    out.ratio_loss = torch::zeros({}, options);
    out.keep_ratio = torch::ones({ batch }, options);
    out.mask = sendable;

    if (input.max_vectors == 0) {
        const auto keys = valid.defined() ? present : torch::Tensor();
        for (const auto& layer : *d_channel)
            x = layer->as<EncoderLayerImpl>()->forward(x, keys);
    } else {
        const auto candidates = sendable.sum(1); // N_d
        const auto ratio
            = keep_ratio(task, noise).to(torch::kFloat); // autocast gives bf16
        const auto wanted
            = input.min_vectors + (input.max_vectors - input.min_vectors) * ratio;
        out.keep_ratio = torch::clamp_max(wanted / candidates, 1.0); // delta^{N_q}
        const auto counts = torch::stack(
            { candidates, counts_of(input, candidates, ratio).to(options) });
        for (int q = 0; q < d_config.selection_modules; ++q) {
            select_stage(q, x, noise, counts, mode, temperature, out);
            x = d_channel[q]->as<EncoderLayerImpl>()->forward(x, out.mask + always);
        }
    }
    out.features = project(task, x, out.mask);
    return out;
}

torch::Tensor ModalityEncoderImpl::choose(int stage,
                                          const torch::Tensor& features,
                                          const torch::Tensor& noise,
                                          int now,
                                          int keep,
                                          bool random)
{
    const auto batch = features.size(0), rows = features.size(1);
    // The task embedding's vector, where it is not sent, takes part without being
    // chosen: it is the last row.
    const auto eligible
        = torch::cat({ torch::ones({ batch, now }, torch::kFloat),
                       torch::zeros({ batch, rows - now }, torch::kFloat) },
                     1)
              .to(features.device());
    auto score = random ? torch::rand({ batch, rows })
                        : d_selection[stage]
                              ->as<FeatureSelectionImpl>()
                              ->forward(features, eligible, noise)
                              .select(-1, 0);
    score = score.narrow(1, 0, now);
    const auto order = std::get<1>(torch::sort(score, true, 1, true)).narrow(1, 0, keep);
    return std::get<0>(torch::sort(order, 1));
}

SelectedFeatures ModalityEncoderImpl::select(const std::string& task,
                                             const torch::Tensor& features,
                                             const torch::Tensor& noise,
                                             int count,
                                             bool random)
{
    const auto& input = input_of(task);
    const auto batch = features.size(0), rows = features.size(1);
    const int sendable = candidates(task, static_cast<int>(rows));
    auto x = condition(features, noise);
    auto kept
        = torch::arange(sendable,
                        torch::TensorOptions().dtype(torch::kLong).device(x.device()))
              .view({ 1, -1 })
              .expand({ batch, -1 });
    const int stages = d_config.selection_modules;
    for (int q = 0; q < stages; ++q) {
        const int now = static_cast<int>(kept.size(1));
        const int keep = std::min(now, vectors_after_stage(sendable, count, q, stages));
        if (input.max_vectors > 0 && keep < now) {
            const auto chosen = choose(q, x, noise, now, keep, random);
            kept = torch::gather(kept, 1, chosen);
            auto rest = chosen;
            if (x.size(1) > now)
                rest = torch::cat(
                    { chosen, torch::full({ batch, 1 }, now, chosen.options()) }, 1);
            x = torch::gather(x, 1, rest.unsqueeze(-1).expand({ -1, -1, x.size(2) }));
        }
        x = d_channel[q]->as<EncoderLayerImpl>()->forward(x, torch::Tensor());
    }
    x = x.narrow(1, 0, kept.size(1));
    return { project(task, x, {}), kept };
}

} // namespace udeepsc_core
