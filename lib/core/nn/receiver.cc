// SPDX-License-Identifier: GPL-3.0-or-later
#include "receiver.h"

#include "layered.h"

#include "../kinds/output.h"

#include <udeepsc_core/error.h>

#include <algorithm>

namespace udeepsc_core {

namespace nn = torch::nn;

ReceiverImpl::ReceiverImpl(const ModelConfig& model, const torch::Tensor& words)
    : d_config(model)
{
    const auto& c = model.decoder;
    torch::OrderedDict<std::string, std::shared_ptr<nn::Module>> from, row_norms, refine,
        norms, heads;
    for (const auto& e : model.encoders) {
        refine.insert(e.modality, FeedForward(c.dim, c.ffn, 0.0).ptr());
        norms.insert(e.modality, nn::LayerNorm(nn::LayerNormOptions({ c.dim })).ptr());
        d_position->insert(
            e.modality,
            (0.3 * torch::randn({ 1, e.max_positions() + 1, c.dim })).requires_grad_());
    }
    for (const auto& t : model.tasks) {
        for (const auto& m : t.inputs) {
            const auto name = t.name + "-" + m.modality;
            const int size = model.codebook.subvector_dim;
            if (t.output->layered())
                from.insert(name,
                            LayerMerge(c.dim,
                                       size,
                                       model.encoder(m.modality).max_positions(),
                                       m.layers,
                                       model.noise_conditioning)
                                .ptr());
            else
                from.insert(name, Linear(m.subvectors * size, c.dim).ptr());
            if (t.has_memory())
                row_norms.insert(name, RowNorm(c.dim).ptr());
        }
        d_query->insert(t.name,
                        (0.3 * torch::randn({ t.queries, c.dim })).requires_grad_());
        heads.insert(t.name, t.output->make_head(model, t, words));
    }
    for (int i = 0; i < c.layers; ++i)
        d_layers->push_back(DecoderLayer(c.dim, c.heads, c.ffn, c.dropout));
    d_from_channel->update(from);
    d_row_norm->update(row_norms);
    d_refine->update(refine);
    d_refine_norm->update(norms);
    d_head->update(heads);
    register_module("from_channel", d_from_channel);
    register_module("row_norm", d_row_norm);
    register_module("refine", d_refine);
    register_module("refine_norm", d_refine_norm);
    register_module("position", d_position);
    register_module("query", d_query);
    register_module("layers", d_layers);
    register_module("head", d_head);
    const bool remembers = std::any_of(model.tasks.begin(),
                                       model.tasks.end(),
                                       [](const auto& t) { return t.has_memory(); });
    if (remembers)
        d_memory = register_module("memory", MemoryReader(model));
    d_norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({ c.dim })));
    if (model.noise_conditioning)
        d_noise = register_module("noise", NoiseFeature(c.dim, true));
}

void ReceiverImpl::start_alike_inputs(const std::string& task,
                                      const std::string& from,
                                      const std::string& to)
{
    start_alike(*d_from_channel[task + "-" + from], *d_from_channel[task + "-" + to]);
    start_alike(*d_refine[from], *d_refine[to]);
}

torch::Tensor ReceiverImpl::channel_decode(const TaskConfig& task,
                                           const ReceivedFeatures& received)
{
    const auto name = task.name + "-" + received.modality;
    const auto linear = d_from_channel[name]->as<LinearImpl>();
    auto x = linear->forward(received.features.to(linear->weight.scalar_type()));
    if (d_row_norm->contains(name))
        x = d_row_norm[name]->as<RowNormImpl>()->forward(x);

    // Where all vectors are sent, a vector's position is its own. Where they are
    // selected, it is its position among those that arrived: with vectors masked out this
    // is the count of kept ones before it, so that masked and dropped give the same.
    const auto table = d_position[received.modality][0];
    const bool selected = task.input(received.modality).max_vectors > 0;
    if (received.mask.defined() && selected) {
        const auto position
            = (torch::cumsum((received.mask.detach() > 0.5).to(torch::kLong), 1) - 1)
                  .clamp_min(0);
        x = x
            + table.index_select(0, position.reshape({ -1 }))
                  .view({ x.size(0), x.size(1), -1 });
    } else {
        x = x + table.narrow(0, 0, x.size(1)).unsqueeze(0);
    }
    if (d_noise)
        x = x + d_noise(received.noise).to(x.scalar_type());
    return refine(received.modality, x);
}

torch::Tensor ReceiverImpl::gist(const std::string& task,
                                 const std::vector<ReceivedFeatures>& received)
{
    std::vector<torch::Tensor> means;
    for (const auto& r : received) {
        const auto x = channel_decode(d_config.task(task), r).to(torch::kFloat);
        means.push_back(r.mask.defined() ? mean_sent(x, r.mask) : x.mean(1));
    }
    return torch::cat(means, 1);
}

torch::Tensor ReceiverImpl::refine(const std::string& modality, const torch::Tensor& x)
{
    const auto normed = d_refine_norm[modality]->as<nn::LayerNormImpl>()->forward(x);
    return x + d_refine[modality]->as<FeedForwardImpl>()->forward(normed);
}

torch::Tensor ReceiverImpl::forward_layers(const std::string& task,
                                           const torch::Tensor& received,
                                           const torch::Tensor& noise,
                                           int first,
                                           int last)
{
    const auto& t = d_config.task(task);
    const auto& modality = t.inputs[0].modality;
    const auto rows
        = d_from_channel[task + "-" + modality]->as<LayerMergeImpl>()->forward(
            received, noise, first, last);
    const auto memory = refine(modality, rows + d_position[modality]);
    auto x = memory + d_query[task].unsqueeze(0);
    for (const auto& layer : *d_layers)
        x = layer->as<DecoderLayerImpl>()->forward(x, memory, {}, {});
    return std::dynamic_pointer_cast<Head>(d_head[task])->decode(x);
}

torch::Tensor ReceiverImpl::decode(const TaskConfig& t,
                                   const std::vector<ReceivedFeatures>& received)
{
    std::vector<torch::Tensor> parts, masks;
    bool any_mask = false;
    for (const auto& r : received) {
        parts.push_back(channel_decode(t, r));
        masks.push_back(r.mask.defined()
                            ? r.mask.to(torch::kFloat)
                            : torch::ones({ r.features.size(0), r.features.size(1) },
                                          parts.back().options().dtype(torch::kFloat)));
        any_mask = any_mask || r.mask.defined();
    }
    const auto memory = torch::cat(parts, 1); // U_cd
    const auto mask = any_mask ? torch::cat(masks, 1) : torch::Tensor();

    auto query = d_query[t.name];
    torch::Tensor query_mask;
    if (t.output->query_per_vector()) {
        query = query.narrow(0, 0, parts.back().size(1));
        query_mask = received.back().mask;
    }
    auto x = query.unsqueeze(0).expand({ memory.size(0), -1, -1 });
    if (t.aligned)
        x = x
            + (mask.defined() ? memory * mask.unsqueeze(-1).to(memory.scalar_type())
                              : memory);
    for (const auto& layer : *d_layers)
        x = layer->as<DecoderLayerImpl>()->forward(x, memory, query_mask, mask);
    return x;
}

torch::Tensor ReceiverImpl::read_memory(const TaskConfig& t,
                                        const std::vector<ReceivedFeatures>& received,
                                        std::int64_t samples)
{
    std::vector<MemoryRows> rows;
    for (const auto& r : received)
        rows.push_back({ channel_decode(t, r), r.mask, r.place, r.moments });
    return d_memory(rows, d_query[t.name], samples);
}

torch::Tensor ReceiverImpl::forward(const std::string& task,
                                    const std::vector<ReceivedFeatures>& received,
                                    std::int64_t samples)
{
    if (received.empty())
        throw Error("decoder: nothing of task " + task + " arrived");
    const auto& t = d_config.task(task);
    auto x = t.has_memory() ? read_memory(t, received, samples) : decode(t, received);
    if (!t.output->keeps_magnitude())
        x = d_norm(x);
    return std::dynamic_pointer_cast<Head>(d_head[task])->decode(x);
}

} // namespace udeepsc_core
