// SPDX-License-Identifier: GPL-3.0-or-later
#include "evaluated_layers.h"

#include <udeepsc_core/error.h>

#include <numeric>

namespace udeepsc_core {

std::vector<int> layers_to_decode(const TaskInfo& task, const EvalOptions& options)
{
    const int most = task.layer_count();
    if (most == 0 && !options.layers.empty())
        throw Error("evaluation: layers are asked for, task " + task.name + " has none");
    for (int layer : options.layers)
        if (layer < 1 || layer > most)
            throw Error("evaluation: layer " + std::to_string(layer)
                        + " is asked for, task " + task.name + " has 1 to "
                        + std::to_string(most));
    if (options.replaced_layer > most)
        throw Error("evaluation: layer " + std::to_string(options.replaced_layer)
                    + " is to be replaced, task " + task.name + " has "
                    + std::to_string(most));
    if (!options.protection.empty()
        && options.protection.size() != static_cast<std::size_t>(most))
        throw Error("evaluation: got protection of "
                    + std::to_string(options.protection.size()) + " layers, task "
                    + task.name + " has " + std::to_string(most));
    if (!options.layers.empty() || most == 0)
        return most == 0 ? std::vector<int> { 0 } : options.layers;
    std::vector<int> all(static_cast<std::size_t>(most));
    std::iota(all.begin(), all.end(), 1);
    return all;
}

std::vector<std::vector<LinkBlock>>
first_layers(const std::vector<std::vector<LinkBlock>>& samples, int layers)
{
    if (layers == 0)
        return samples;
    std::vector<std::vector<LinkBlock>> first;
    for (const auto& blocks : samples) {
        first.emplace_back();
        for (const auto& block : blocks)
            if (block.layer < layers)
                first.back().push_back(block);
    }
    return first;
}

} // namespace udeepsc_core
