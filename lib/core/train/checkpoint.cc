// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint.h"

#include "../files/bundle.h"

#include <udeepsc_core/error.h>

#include <nlohmann/json.hpp>

namespace udeepsc_core {

using json = nlohmann::json;

namespace {

const char* const s_format = "udeepsc-checkpoint";

json names_of(const std::vector<TrainingTask>& tasks)
{
    json names = json::array();
    for (const auto& task : tasks)
        names.push_back(task.name);
    return names;
}

json counters_of(const TrainingState& state)
{
    json drawn = json::array(), optimizer = json::object();
    for (const auto& task : state.tasks)
        drawn.push_back(task.drawn);
    for (const auto& slot : state.optimizer.slots())
        optimizer[slot.name] = slot.steps;
    return { { "step", state.step },
             { "skipped_steps", state.skipped_steps },
             { "drawn", drawn },
             { "optimizer_steps", optimizer } };
}

void set_counters(const json& counters, TrainingState& state)
{
    state.step = counters.at("step").get<std::int64_t>();
    state.skipped_steps = counters.at("skipped_steps").get<std::int64_t>();
    for (std::size_t i = 0; i < state.tasks.size(); ++i)
        state.tasks[i].drawn = counters.at("drawn").at(i).get<std::int64_t>();
    for (auto& slot : state.optimizer.slots())
        slot.steps = counters.at("optimizer_steps").at(slot.name).get<std::int64_t>();
}

// Tensors beside the network's own, by the name under which a checkpoint has them. Those
// that may be missing: vectors that no codebook has counted yet.
struct SideTensor {
    std::string name;
    torch::Tensor* tensor;
    bool may_be_missing;
};

std::vector<SideTensor> side_tensors(const TrainingState& state)
{
    std::vector<SideTensor> all;
    for (const auto& e : state.network->config().encoders) {
        auto book = state.network->codebook(e.modality);
        all.push_back({ "codebook_use." + e.modality, &book->use(), false });
        all.push_back({ "codebook_recent." + e.modality, &book->recent(), true });
    }
    for (auto& slot : state.optimizer.slots()) {
        all.push_back({ "mean." + slot.name, &slot.mean, false });
        all.push_back({ "variance." + slot.name, &slot.variance, false });
    }
    return all;
}

} // namespace

void write_checkpoint(const std::string& path, const TrainingState& state)
{
    SafetensorsFile file;
    file.tensors = tensors_of(state.network, "network.", DType::f32);
    for (const auto& p : state.auxiliary->named_parameters())
        file.tensors.push_back(to_raw("auxiliary." + p.key(), p.value(), DType::f32));
    for (const auto& side : side_tensors(state))
        if (side.tensor->defined())
            file.tensors.push_back(to_raw(side.name, *side.tensor, DType::f32));
    file.metadata = { { "format", s_format },
                      { "model", state.network->config().to_json() },
                      { "tasks", names_of(state.tasks).dump() },
                      { "counters", counters_of(state).dump() } };
    write_safetensors(path, file);
}

void read_checkpoint(const std::string& path, TrainingState& state)
{
    const auto where = "checkpoint " + path;
    const auto file = read_safetensors(path);
    const auto text = [&](const char* key) {
        const auto found = file.metadata.find(key);
        return found == file.metadata.end() ? std::string() : found->second;
    };
    if (text("format") != s_format || text("counters").empty())
        throw Error(
            where
            + ": is no checkpoint of this version; choose another --out, or begin "
              "with its model: --start-from model.safetensors");
    if (text("model") != state.network->config().to_json())
        throw Error(where + " is of another model configuration; choose another --out");
    if (text("tasks") != names_of(state.tasks).dump())
        throw Error(where + " is of a training of other tasks (" + text("tasks")
                    + ", not " + names_of(state.tasks).dump()
                    + "); choose another --out");
    copy_into(state.network, file.tensors, "network.", where);

    std::map<std::string, const RawTensor*> by_name;
    for (const auto& t : file.tensors)
        by_name[t.name] = &t;
    torch::NoGradGuard no_grad;
    const auto device = state.network->parameters()[0].device();
    for (const auto& side : side_tensors(state)) {
        const auto found = by_name.find(side.name);
        const bool fits = found != by_name.end()
            && (side.may_be_missing
                || found->second->shape == side.tensor->sizes().vec());
        if (fits)
            *side.tensor = to_torch(*found->second).to(device);
        else if (!side.may_be_missing)
            throw Error(where + ": no usable " + side.name);
    }
    for (auto& p : state.auxiliary->named_parameters()) {
        const auto found = by_name.find("auxiliary." + p.key());
        if (found == by_name.end() || found->second->shape != p.value().sizes().vec())
            throw Error(where + ": no usable auxiliary." + p.key());
        p.value().copy_(to_torch(*found->second));
    }
    try {
        set_counters(json::parse(text("counters")), state);
    } catch (const json::exception& e) {
        throw Error(where + ": counters: " + e.what());
    }
}

void share_state(TrainingState& state, Collectives& collectives)
{
    std::vector<torch::Tensor> tensors = state.network->parameters();
    for (const auto& b : state.network->buffers())
        if (b.is_floating_point())
            tensors.push_back(b);
    for (const auto& p : state.auxiliary->parameters())
        tensors.push_back(p);
    for (const auto& side : side_tensors(state))
        if (!side.may_be_missing)
            tensors.push_back(*side.tensor);
    collectives.broadcast(tensors);
    set_counters(json::parse(collectives.broadcast(counters_of(state).dump())), state);
}

} // namespace udeepsc_core
