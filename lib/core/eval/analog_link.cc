// SPDX-License-Identifier: GPL-3.0-or-later
#include "analog_link.h"

#include <udeepsc_core/error.h>

#include <numeric>

namespace udeepsc_core {

namespace {

const std::vector<int>& layers_of(const Transceiver& model, const TaskInfo& task)
{
    if (task.layer_count() == 0)
        throw Error("analog: task " + task.name + " does not come in layers");
    if (model.info().subvector_dim != 2)
        throw Error("analog: codebook vectors have "
                    + std::to_string(model.info().subvector_dim)
                    + " reals, expected 2, a complex symbol");
    return task.layers.begin()->second;
}

std::vector<LinkBlock> blocks_of(const std::vector<int>& layers,
                                 const std::string& modality,
                                 const std::string& modulation,
                                 const std::vector<float>& reals)
{
    std::vector<LinkBlock> blocks;
    std::size_t at = 0;
    for (int size : layers) {
        LinkBlock block;
        block.modality = modality;
        block.modulation = modulation;
        block.layer = static_cast<int>(blocks.size());
        block.vectors = size;
        for (int i = 0; i < size; ++i, at += 2)
            block.symbols.emplace_back(reals[at], reals[at + 1]);
        blocks.push_back(std::move(block));
    }
    return blocks;
}

FeatureBlock features_of(const LinkBlock& block)
{
    FeatureBlock out;
    out.modality = block.modality;
    out.layer = block.layer;
    out.features.rows = block.vectors;
    out.features.cols = 2;
    const auto& noise = block.noise_var;
    for (std::size_t i = 0; i < block.symbols.size(); ++i) {
        const float share = 1 / (1 + (noise.size() == 1 ? noise[0] : noise[i]));
        out.features.data.push_back(share * block.symbols[i].real());
        out.features.data.push_back(share * block.symbols[i].imag());
    }
    out.noise_var = std::accumulate(noise.begin(), noise.end(), 0.0f)
        / static_cast<float>(noise.size());
    return out;
}

} // namespace

std::vector<std::vector<LinkBlock>> transmit_analog(const Transceiver& model,
                                                    const std::string& task_name,
                                                    const std::vector<Sample>& samples,
                                                    double snr_db)
{
    const auto& task = model.info().task(task_name);
    const auto& layers = layers_of(model, task);
    const auto& modality = task.modalities[0];
    std::vector<SourceSample> inputs;
    for (const auto& sample : samples)
        inputs.push_back(sample.inputs.at(modality));
    const auto features = model.encode(task_name, modality, inputs);
    std::vector<std::vector<LinkBlock>> sent;
    for (const auto& selected : model.select(task_name, modality, features, { snr_db }))
        sent.push_back(
            blocks_of(layers, modality, model.info().modulation, selected.features.data));
    return sent;
}

std::vector<TaskResult>
receive_analog(const Transceiver& model,
               const std::string& task,
               const std::vector<std::vector<LinkBlock>>& received)
{
    std::vector<std::vector<FeatureBlock>> samples;
    for (const auto& blocks : received) {
        samples.emplace_back();
        for (const auto& block : blocks)
            samples.back().push_back(features_of(block));
    }
    return model.decode(task, samples);
}

} // namespace udeepsc_core
