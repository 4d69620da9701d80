// SPDX-License-Identifier: GPL-3.0-or-later
#include "json_fields.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/trainer.h>

namespace udeepsc_core {

namespace {

// A list of weights, one a layer: the last one's alone.
void keep_last(json& task, const char* key)
{
    const bool given = task.contains(key) && !task[key].empty();
    task[key] = json::array({ 0.0, given ? task[key].back() : json(1.0) });
}

} // namespace

TrainConfig TrainConfig::at_one_rate(int symbols) const
{
    auto model = json::parse(model_config);
    bool any = false;
    for (auto& task : model["tasks"]) {
        bool layered = false;
        for (auto& input : task["inputs"]) {
            if (!input.contains("layers") || input["layers"].empty())
                continue;
            const int first = input["layers"][0].get<int>();
            if (first >= symbols)
                throw Error("training at one rate: layer 1 of task "
                            + task["name"].get<std::string>() + " has "
                            + std::to_string(first)
                            + " symbols, expected more than those, got "
                            + std::to_string(symbols));
            input["layers"] = { first, symbols - first };
            layered = true;
        }
        if (!layered)
            continue;
        // New fields move those that are there: not while the loop above looks at them.
        keep_last(task, "picture_weights");
        keep_last(task, "label_weights");
        any = true;
    }
    if (!any)
        throw Error("training at one rate: no task of the model is in layers");
    model["name"] = model["name"].get<std::string>() + "-" + std::to_string(symbols);
    auto one = *this;
    one.model_config = model.dump();
    for (auto& task : one.tasks)
        for (auto& receiver : task.second.receivers)
            receiver.picture_weights = receiver.label_weights = {};
    ModelConfig::from_json(one.model_config); // throws what does not fit
    return one;
}

} // namespace udeepsc_core
