// SPDX-License-Identifier: GPL-3.0-or-later
// TorchTransceiver's part for outputs that come in layers.
#include "layered.h"
#include "torch_transceiver.h"

#include "../kinds/output.h"

namespace udeepsc_core {

void TorchTransceiver::check_layer(const std::string& task,
                                   const std::string& modality,
                                   int layer,
                                   int vectors,
                                   const char* what) const
{
    const auto& layers = d_config.task(task).input(modality).layers;
    if (layers.empty()) {
        if (layer != 0)
            throw Error(std::string(what) + ": got layer " + std::to_string(layer)
                        + ", the model sends layer 0 alone");
        return;
    }
    if (layer < 0 || layer >= static_cast<int>(layers.size()))
        throw Error(std::string(what) + ": got layer " + std::to_string(layer + 1)
                    + ", task " + task + " of this model has layers 1 to "
                    + std::to_string(layers.size()));
    const int expected = layers[static_cast<std::size_t>(layer)];
    if (vectors != expected)
        throw Error(std::string(what) + ": got " + std::to_string(vectors)
                    + " vectors in layer " + std::to_string(layer + 1) + " of " + task
                    + ", expected " + std::to_string(expected));
}

std::vector<Selection>
TorchTransceiver::select_layers(const std::string& task,
                                const std::string& modality,
                                const std::vector<FeatureMatrix>& features,
                                const std::vector<double>& snr_db) const
{
    if (features.empty())
        return {};
    return guarded("layer heads", [&] {
        const int rows = max_rows(modality);
        std::vector<torch::Tensor> stack;
        std::vector<float> noise;
        for (std::size_t i = 0; i < features.size(); ++i) {
            check_matrix(features[i],
                         d_config.encoder(modality).dim,
                         rows,
                         "layer heads: features");
            if (features[i].rows != rows)
                throw Error("layer heads: got " + std::to_string(features[i].rows)
                            + " feature vectors, expected " + std::to_string(rows));
            stack.push_back(to_tensor(features[i]));
            noise.push_back(static_cast<float>(
                noise_of_db(snr_db.size() == 1 ? snr_db[0] : snr_db[i])));
        }
        const auto& layers = d_config.task(task).input(modality).layers;
        const auto sent
            = normalize_layers(d_network->encoder(modality)->layers(
                                   task, torch::stack(stack), torch::tensor(noise)),
                               layers);
        std::vector<Selection> out(features.size());
        for (std::size_t i = 0; i < features.size(); ++i) {
            out[i].features = to_matrix(sent[static_cast<std::int64_t>(i)]);
            out[i].candidates = out[i].features.rows;
        }
        return out;
    });
}

std::vector<TaskResult> TorchTransceiver::decode_prefix(
    const TaskConfig& task,
    const std::vector<std::vector<const FeatureBlock*>>& samples) const
{
    const auto n = static_cast<std::int64_t>(samples.size());
    const auto layers = static_cast<std::int64_t>(samples[0].size());
    std::vector<torch::Tensor> features;
    std::vector<float> noise;
    for (const auto& sample : samples) {
        std::vector<torch::Tensor> parts;
        for (const auto* block : sample) {
            parts.push_back(to_tensor(block->features));
            noise.push_back(block->noise_var);
        }
        features.push_back(torch::cat(parts, 0));
    }
    const auto count = static_cast<int>(layers);
    const auto output
        = d_network->receiver()
              ->forward_layers(task.name,
                               torch::stack(features),
                               normalized_noise(torch::tensor(noise).view({ n, layers })),
                               count,
                               count)
              .to(torch::kFloat);
    std::vector<TaskResult> results;
    for (std::int64_t k = 0; k < n; ++k) {
        results.push_back(task.output->read(output[k], d_bundle.tokenizer.get()));
        results.back().task = task.name;
        results.back().layers = count;
    }
    return results;
}

std::vector<TaskResult> TorchTransceiver::decode_layers(
    const TaskConfig& task, const std::vector<std::vector<FeatureBlock>>& samples) const
{
    std::vector<std::vector<const FeatureBlock*>> usable; // by sample: layers 1, 2 ...
    std::vector<std::size_t> counts;
    for (const auto& blocks : samples) {
        std::map<int, const FeatureBlock*> by_layer;
        for (const auto& block : blocks) {
            check(task.name, block);
            if (!by_layer.emplace(block.layer, &block).second)
                throw Error("decoder: got layer " + std::to_string(block.layer + 1)
                            + " of a sample twice");
        }
        std::vector<const FeatureBlock*> first;
        for (const auto& block : by_layer)
            if (block.first == static_cast<int>(first.size()))
                first.push_back(block.second);
        if (first.empty())
            throw Error("decoder: layer 1 of a sample of " + task.name
                        + " did not arrive; the " + std::to_string(blocks.size())
                        + " that did say nothing without it");
        counts.push_back(first.size());
        usable.push_back(std::move(first));
    }
    return guarded("decoder", [&] {
        std::vector<TaskResult> out(samples.size());
        for (const auto& batch : batches_of(counts)) {
            std::vector<std::vector<const FeatureBlock*>> part;
            for (auto i : batch)
                part.push_back(usable[i]);
            const auto results = decode_prefix(task, part);
            for (std::size_t k = 0; k < batch.size(); ++k) {
                const auto i = batch[k];
                out[i] = results[k];
                out[i].unused_layers = static_cast<int>(samples[i].size() - counts[i]);
            }
        }
        return out;
    });
}

} // namespace udeepsc_core
