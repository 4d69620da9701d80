// SPDX-License-Identifier: GPL-3.0-or-later
#include "encoder.h"

#include <udeepsc_core/error.h>

#include <cmath>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

void add_conv_relu(nn::Sequential& stack, int in, int out, int stride)
{
    stack->push_back(Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride), 1));
    stack->push_back(nn::ReLU());
}

} // namespace

ImageEmbeddingImpl::ImageEmbeddingImpl(const EncoderConfig& config)
{
    if (config.embedding == "patch") {
        d_patch = register_module(
            "patch",
            Conv2d(nn::Conv2dOptions(3, config.dim, config.patch).stride(config.patch)));
        return;
    }
    add_conv_relu(d_stem, 3, config.stem[0], 1);
    add_conv_relu(d_stem, config.stem[0], config.stem[1], 2);
    d_stem->push_back(ResidualBlock(config.stem[1]));
    add_conv_relu(d_stem, config.stem[1], config.dim, 2);
    d_stem->push_back(ResidualBlock(config.dim));
    register_module("stem", d_stem);
    d_patch = register_module("patch", Conv2d(nn::Conv2dOptions(config.dim, config.dim, 1)));
    d_pixels = register_module(
        "pixels",
        Conv2d(
            nn::Conv2dOptions(3, config.dim, config.patch).stride(config.patch).bias(false)));
}

torch::Tensor ImageEmbeddingImpl::forward(const torch::Tensor& x)
{
    // Centre and scale by CIFAR-10's statistics, near enough for any photograph.
    const auto y = (x - 0.47) * 4.0;
    if (d_stem->is_empty())
        return d_patch(y).flatten(2).transpose(1, 2);
    return (d_patch(d_stem->forward(y)) + d_pixels(y)).flatten(2).transpose(1, 2);
}

ModalityEncoderImpl::ModalityEncoderImpl(const ModelConfig& model, const std::string& modality)
    : d_config(model.encoder(modality)), d_noise_conditioning(model.noise_conditioning)
{
    const int dim = d_config.dim;
    for (const auto& t : model.tasks)
        for (const auto& m : t.inputs)
            if (m.modality == modality)
                d_tasks.push_back(t);

    if (modality == "image")
        d_image = register_module("image", ImageEmbedding(d_config));
    else if (modality == "text")
        d_words = register_module("words", nn::Embedding(d_config.vocabulary, dim));
    else
        d_frames = register_module("frames", Linear(d_config.features, dim));
    if (d_words) {
        torch::NoGradGuard no_grad;
        d_words->weight.normal_(0, 0.05);
    }
    d_position = register_parameter("position",
                                    0.02 * torch::randn({ 1, d_config.max_positions(), dim }));
    d_task_embedding = register_parameter(
        "task_embedding", 0.02 * torch::randn({ static_cast<int>(d_tasks.size()), dim }));

    for (int i = 0; i < d_config.semantic_layers; ++i)
        d_semantic->push_back(EncoderLayer(dim, d_config.heads, d_config.ffn, d_config.dropout));
    register_module("semantic", d_semantic);
    for (int q = 0; q < d_config.selection_modules; ++q) {
        d_selection->push_back(FeatureSelection(dim, d_config.fsm_dim));
        d_channel->push_back(EncoderLayer(dim, d_config.heads, d_config.ffn, d_config.dropout));
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
        projections.insert(t.name,
                           Linear(dim,
                                      std::max(1, input.max_vectors) * input.subvectors *
                                          model.codebook.subvector_dim)
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
    throw Error("task \"" + task + "\" does not use modality \"" + d_config.modality + "\"");
}

torch::Tensor ModalityEncoderImpl::semantic(const std::string& task,
                                            const torch::Tensor& input,
                                            const torch::Tensor& valid)
{
    const int row = task_row(task);
    torch::Tensor x;
    if (d_image)
        x = d_image(input);
    else if (d_words)
        x = d_words(input) * std::sqrt(static_cast<double>(d_config.dim));
    else
        x = d_frames(input);
    x = x + d_position.narrow(1, 0, x.size(1));
    x = torch::dropout(x, d_config.dropout, is_training());

    const auto token =
        d_task_embedding[row].view({ 1, 1, -1 }).expand({ x.size(0), 1, -1 }).to(x.scalar_type());
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
    // A picture's vectors keep their size: it is the contrast of what they show.
    const auto all = d_project[task]->as<LinearImpl>()->forward(
        t.output == "picture" ? features : d_norm(features));
    const int places = t.input(d_config.modality).max_vectors;
    if (places == 0)
        return all;
    const auto batch = all.size(0), vectors = all.size(1), width = all.size(2) / places;
    torch::Tensor place;
    if (mask.defined())
        place = torch::cumsum((mask.detach() > 0.5).to(torch::kLong), 1) - 1;
    else
        place = torch::arange(vectors, torch::TensorOptions().dtype(torch::kLong).device(all.device()))
                    .view({ 1, -1 })
                    .expand({ batch, -1 });
    const auto index = place.clamp(0, places - 1).view({ batch, vectors, 1, 1 });
    return all.view({ batch, vectors, places, width })
        .gather(2, index.expand({ -1, -1, 1, width }))
        .squeeze(2);
}

torch::Tensor ModalityEncoderImpl::share_of(const std::string& task, const torch::Tensor& noise)
{
    if (!d_ratio->contains(task))
        return torch::ones_like(noise);
    return d_ratio[task]->as<RatioNetworkImpl>()->forward(noise);
}

int ModalityEncoderImpl::candidates(const std::string& task, int rows) const
{
    return d_tasks[task_row(task)].input(d_config.modality).send_task_token ? rows : rows - 1;
}

int ModalityEncoderImpl::vectors_to_send(const std::string& task, int candidates, double noise)
{
    const auto& input = d_tasks[task_row(task)].input(d_config.modality);
    if (input.max_vectors == 0)
        return candidates;
    torch::NoGradGuard no_grad;
    const double share = share_of(task, torch::full({ 1 }, noise)).item<float>();
    const double count = input.min_vectors + (input.max_vectors - input.min_vectors) * share;
    return std::min(candidates, std::max(1, static_cast<int>(std::lround(count))));
}

MaskedFeatures ModalityEncoderImpl::select_masked(const std::string& task,
                                                  const torch::Tensor& features,
                                                  const torch::Tensor& valid,
                                                  const torch::Tensor& noise,
                                                  SelectionMode mode,
                                                  double temperature)
{
    const auto& input = d_tasks[task_row(task)].input(d_config.modality);
    const auto batch = features.size(0), rows = features.size(1);
    const auto options = torch::TensorOptions().dtype(torch::kFloat).device(features.device());
    const auto tokens =
        valid.defined() ? valid.to(torch::kFloat) : torch::ones({ batch, rows - 1 }, options);
    const auto one = torch::ones({ batch, 1 }, options), zero = torch::zeros({ batch, 1 }, options);
    const auto present = torch::cat({ tokens, one }, 1);
    const auto sendable = input.send_task_token ? present : torch::cat({ tokens, zero }, 1);
    const auto always = present - sendable; // seen by attention, never sent

    auto x = condition(features, noise);
    MaskedFeatures out;
    out.ratio_loss = torch::zeros({}, options);
    out.share = torch::ones({ batch }, options);
    auto mask = sendable;

    if (input.max_vectors == 0) {
        const auto keys = valid.defined() ? present : torch::Tensor();
        for (const auto& layer : *d_channel)
            x = layer->as<EncoderLayerImpl>()->forward(x, keys);
    } else {
        const auto candidates = sendable.sum(1); // N_d
        const auto wanted =
            input.min_vectors + (input.max_vectors - input.min_vectors) * share_of(task, noise);
        out.share = torch::clamp_max(wanted / candidates, 1.0); // delta^{N_q}
        const int stages = d_config.selection_modules;
        for (int q = 0; q < stages; ++q) {
            const auto log_p =
                d_selection[q]->as<FeatureSelectionImpl>()->forward(x, mask, noise);
            const auto target = torch::pow(out.share, static_cast<double>(q + 1) / stages);
            torch::Tensor keep, counted;
            if (mode == SelectionMode::gumbel) {
                keep = gumbel_keep(log_p, temperature);
                // A sample that loses every vector has nothing left to learn from.
                keep = torch::max(keep, top_keep(log_p, mask, torch::ones_like(candidates)).detach());
                counted = mask * keep;
            } else {
                const auto count = torch::round(candidates * target.detach()).clamp_min(1.0);
                keep = top_keep(log_p, mask, count);
                // The count is right by construction. What has to fit are the probabilities:
                // without that each would rise to 1, and the best could not be told.
                counted = mask.detach() * torch::exp(log_p.select(-1, 0));
            }
            mask = mask * keep;
            const auto error = target - counted.sum(1) / candidates;
            out.ratio_loss = out.ratio_loss + (error * error).mean() / stages; // eq. 19
            x = d_channel[q]->as<EncoderLayerImpl>()->forward(x, mask + always);
        }
    }
    out.features = project(task, x, mask);
    out.mask = mask;
    return out;
}

SelectedFeatures ModalityEncoderImpl::select(const std::string& task,
                                             const torch::Tensor& features,
                                             const torch::Tensor& noise,
                                             int count,
                                             bool random)
{
    const auto& input = d_tasks[task_row(task)].input(d_config.modality);
    const auto batch = features.size(0), rows = features.size(1);
    const int sendable = candidates(task, static_cast<int>(rows));
    auto x = condition(features, noise);
    auto kept = torch::arange(sendable, torch::TensorOptions().dtype(torch::kLong).device(x.device()))
                    .view({ 1, -1 })
                    .expand({ batch, -1 });
    const int stages = d_config.selection_modules;
    const double share = static_cast<double>(count) / sendable;
    for (int q = 0; q < stages; ++q) {
        const int now = static_cast<int>(kept.size(1));
        int keep = q + 1 == stages ? count
                                   : static_cast<int>(std::lround(
                                         sendable * std::pow(share, double(q + 1) / stages)));
        keep = std::min(now, std::max(keep, count));
        if (input.max_vectors > 0 && keep < now) {
            // The task embedding's vector, where it is not sent, takes part without being
            // chosen: it is the last row and outside `kept`.
            const auto eligible = torch::cat(
                { torch::ones({ batch, now }, torch::kFloat),
                  torch::zeros({ batch, x.size(1) - now }, torch::kFloat) },
                1).to(x.device());
            auto score = random ? torch::rand({ batch, x.size(1) })
                                : d_selection[q]
                                      ->as<FeatureSelectionImpl>()
                                      ->forward(x, eligible, noise)
                                      .select(-1, 0);
            score = score.narrow(1, 0, now);
            const auto order = std::get<1>(torch::sort(score, true, 1, true)).narrow(1, 0, keep);
            const auto place = std::get<0>(torch::sort(order, 1));
            kept = torch::gather(kept, 1, place);
            auto rest = place;
            if (x.size(1) > now)
                rest = torch::cat({ place, torch::full({ batch, 1 }, now, place.options()) }, 1);
            x = torch::gather(x, 1, rest.unsqueeze(-1).expand({ -1, -1, x.size(2) }));
        }
        x = d_channel[q]->as<EncoderLayerImpl>()->forward(x, torch::Tensor());
    }
    x = x.narrow(1, 0, kept.size(1));
    return { project(task, x, {}), kept };
}

} // namespace udeepsc_core
