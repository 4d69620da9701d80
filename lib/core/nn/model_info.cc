// SPDX-License-Identifier: GPL-3.0-or-later
#include "torch_transceiver.h"

#include "../kinds/output.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace udeepsc_core {

namespace {

TaskInfo describe_task(Network network, const TaskConfig& t)
{
    TaskInfo task;
    task.name = t.name;
    task.output = t.output->kind();
    task.metric = t.output->metric();
    task.classes = t.classes();
    task.pooled = t.output->pooled_classes();
    task.data = t.data;
    task.aligned = t.aligned;
    for (const auto& m : t.inputs) {
        task.modalities.push_back(m.modality);
        task.subvectors[m.modality] = m.subvectors;
        task.min_vectors[m.modality] = m.min_vectors;
        task.max_vectors[m.modality] = m.max_vectors;
        task.memory[m.modality] = m.memory;
        if (!m.layers.empty())
            task.layers[m.modality] = m.layers;
        const auto gains = network->tx_gains(t.name, m.modality).contiguous();
        task.tx_gain[m.modality].assign(gains.data_ptr<float>(),
                                        gains.data_ptr<float>() + gains.numel());
    }
    return task;
}

// When a model is read nothing checks that this text is JSON.
void read_snr_range(ModelInfo& info)
{
    const auto training = nlohmann::json::parse(info.training, nullptr, false);
    if (!training.is_object() || !training.contains("snr_db"))
        return;
    const auto& range = training["snr_db"];
    if (range.is_array() && range.size() == 2 && range[0].is_number()
        && range[1].is_number()) {
        info.snr_min_db = range[0].get<double>();
        info.snr_max_db = range[1].get<double>();
    }
}

std::string listed(const std::string& sum, const std::string& name)
{
    return sum + (sum.empty() ? "" : ", ") + name;
}

} // namespace

ModelInfo describe(const Bundle& bundle, const std::string& path)
{
    const auto& config = bundle.network->config();
    ModelInfo info;
    info.name = config.name;
    info.id = config.name + "-" + bundle.hash;
    info.path = path;
    info.config = config.to_json();
    info.training = bundle.training;
    info.modulation = config.modulation;
    info.mapping = config.mapping;
    info.codewords = config.codebook.entries;
    info.subvector_dim = config.codebook.subvector_dim;
    info.bits_per_index = config.bits_per_index();
    for (const auto& e : config.encoders) {
        ModalityInfo modality;
        modality.name = e.modality;
        modality.kind = e.kind->kind();
        modality.max_positions = e.max_positions();
        e.kind->describe(modality);
        info.modalities.push_back(modality);
    }
    read_snr_range(info);
    for (const auto& p : bundle.network->parameters())
        info.parameters += p.numel();
    for (const auto& t : config.tasks)
        info.tasks.push_back(describe_task(bundle.network, t));
    return info;
}

int TaskInfo::layer_count() const
{
    return layers.empty() ? 0 : static_cast<int>(layers.begin()->second.size());
}

int TaskInfo::class_number(const std::string& class_name) const
{
    std::string known;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        if (classes[i] == class_name)
            return static_cast<int>(i);
        known = listed(known, classes[i]);
    }
    if (std::find(pooled.begin(), pooled.end(), class_name) != pooled.end())
        throw Error("task " + name + ": class \"" + class_name + "\" is pooled into \""
                    + classes.back() + "\"; told apart are " + known);
    throw Error("task " + name + " has no class \"" + class_name + "\"; it has " + known);
}

float TaskInfo::gain(const std::string& modality, int vectors, int layer) const
{
    const auto& gains = tx_gain.at(modality);
    if (layers.count(modality))
        return gains.at(static_cast<std::size_t>(layer));
    const auto entry = std::min<std::size_t>(std::max(vectors, 1), gains.size()) - 1;
    return gains[entry];
}

const TaskInfo& ModelInfo::task(const std::string& task_name) const
{
    std::string known;
    for (const auto& t : tasks) {
        if (t.name == task_name)
            return t;
        known = listed(known, t.name);
    }
    throw Error("model " + name + " has no task \"" + task_name + "\"; it has " + known);
}

const ModalityInfo& ModelInfo::modality(const std::string& modality_name) const
{
    std::string known;
    for (const auto& m : modalities) {
        if (m.name == modality_name)
            return m;
        known = listed(known, m.name);
    }
    throw Error("model " + name + " has no modality \"" + modality_name + "\"; it has "
                + known);
}

int ModelInfo::size_of(const std::string& kind) const
{
    for (const auto& m : modalities)
        if (m.kind == kind && !m.shape.empty())
            return m.shape[0];
    return 0;
}

} // namespace udeepsc_core
