// SPDX-License-Identifier: GPL-3.0-or-later
#include "start_weights.h"

#include "../files/bundle.h"
#include "../kinds/output.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

namespace udeepsc_core {

namespace {

using Tensors = std::map<std::string, torch::Tensor>;

void replace(Tensors& tensors, const std::string& name, const torch::Tensor& value)
{
    tensors.at(name) = value.contiguous();
}

// How many of the old layers have as many symbols as the two new ones.
std::optional<std::int64_t> layers_taken_together(const std::vector<int>& old_layers,
                                                  const std::vector<int>& layers)
{
    if (layers.size() != 2 || old_layers.size() < 2 || old_layers[0] != layers[0]
        || old_layers == layers)
        return std::nullopt;
    int sum = old_layers[0];
    for (std::size_t l = 1; l < old_layers.size(); ++l) {
        sum += old_layers[l];
        if (sum == layers[0] + layers[1])
            return static_cast<std::int64_t>(l + 1);
    }
    return std::nullopt;
}

// Codebook vectors that each patch's vector gives for the network's second layer: as many
// rows of the encoder's head as columns of the receiver's map.
void join_heads(Tensors& tensors, const std::string& head, std::int64_t width)
{
    for (const char* part : { "rest.weight", "rest.bias" }) {
        const auto name = head + part;
        if (tensors.at(name).size(0) < width)
            throw Error("expected at least " + std::to_string(width) + " rows in " + name
                        + ", got " + std::to_string(tensors.at(name).size(0)));
        replace(tensors, name, tensors.at(name).narrow(0, 0, width));
    }
}

// What the second to the last of `taken` layers say is added up, so their maps lie side
// by side. Gives the width of the map.
std::int64_t join_maps(Tensors& tensors,
                       const std::string& merge,
                       std::int64_t layers,
                       std::int64_t taken)
{
    std::vector<torch::Tensor> weights;
    torch::Tensor bias;
    for (std::int64_t l = 0; l + 1 < layers; ++l) {
        const auto of_layer = merge + "rest." + std::to_string(l) + ".";
        if (l + 1 < taken) {
            weights.push_back(tensors.at(of_layer + "weight"));
            const auto& more = tensors.at(of_layer + "bias");
            bias = bias.defined() ? bias + more : more;
        }
        if (l > 0) {
            tensors.erase(of_layer + "weight");
            tensors.erase(of_layer + "bias");
        }
    }
    replace(tensors, merge + "rest.0.weight", torch::cat(weights, 1));
    replace(tensors, merge + "rest.0.bias", bias);
    return tensors.at(merge + "rest.0.weight").size(1);
}

// The noise of the layers taken together is one; those left out never come, noise 1.
void join_conditions(Tensors& tensors,
                     const std::string& merge,
                     std::int64_t layers,
                     std::int64_t taken)
{
    const auto& count = tensors.at(merge + "count");
    replace(tensors,
            merge + "count",
            torch::stack({ count.select(0, 0), count.select(0, taken - 1) }));
    if (!tensors.count(merge + "noise_in.weight"))
        return;
    const auto weight = tensors.at(merge + "noise_in.weight");
    const auto missing = weight.narrow(1, taken, layers - taken).sum(1);
    replace(
        tensors, merge + "noise_in.bias", tensors.at(merge + "noise_in.bias") + missing);
    replace(
        tensors,
        merge + "noise_in.weight",
        torch::stack({ weight.select(1, 0), weight.narrow(1, 1, taken - 1).sum(1) }, 1));
}

void join_layers(Tensors& tensors,
                 const TaskConfig& task,
                 const TaskModality& old_input,
                 std::int64_t taken)
{
    const auto& modality = old_input.modality;
    const auto layers = static_cast<std::int64_t>(old_input.layers.size());
    const auto merge = "receiver.from_channel." + task.name + "-" + modality + ".";
    const auto width = join_maps(tensors, merge, layers, taken);
    join_heads(tensors, "encoder." + modality + ".project." + task.name + ".", width);
    join_conditions(tensors, merge, layers, taken);
    const auto gain = "tx_gain_" + task.name + "-" + modality;
    replace(tensors, gain, tensors.at(gain).narrow(0, 0, 2));
}

// The classes that stay keep their row; that of the others, the last, is the mean of
// theirs.
void pool_classes(Tensors& tensors,
                  const TaskConfig& task,
                  const std::vector<std::string>& names)
{
    const auto pooled = task.output->pooled_classes();
    for (const char* part : { "weight", "bias" }) {
        const auto name = "receiver.head." + task.name + ".label." + part;
        const auto& rows = tensors.at(name);
        std::vector<torch::Tensor> kept, others;
        for (std::size_t i = 0; i < names.size(); ++i) {
            const bool is_pooled
                = std::find(pooled.begin(), pooled.end(), names[i]) != pooled.end();
            (is_pooled ? others : kept)
                .push_back(rows.select(0, static_cast<std::int64_t>(i)));
        }
        kept.push_back(torch::stack(others).mean(0));
        replace(tensors, name, torch::stack(kept));
    }
}

bool has_task(const ModelConfig& model, const std::string& name)
{
    return std::any_of(model.tasks.begin(), model.tasks.end(), [&](const auto& t) {
        return t.name == name;
    });
}

std::vector<std::string> served_by(const ModelConfig& model, const std::string& modality)
{
    std::vector<std::string> tasks;
    for (const auto& task : model.tasks)
        for (const auto& input : task.inputs)
            if (input.modality == modality)
                tasks.push_back(task.name);
    return tasks;
}

// An encoder has a row for each task that it serves, in their order.
torch::Tensor rows_of_tasks(const torch::Tensor& rows,
                            const std::vector<std::string>& old,
                            const std::vector<std::string>& wanted)
{
    std::vector<torch::Tensor> kept;
    for (const auto& task : wanted) {
        const auto row = std::find(old.begin(), old.end(), task) - old.begin();
        if (row >= rows.size(0))
            return rows; // copy_into() says what does not fit
        kept.push_back(rows.select(0, row));
    }
    return torch::stack(kept);
}

// Everything that only tasks need which the network does not have.
void leave_out_tasks(Tensors& tensors, const ModelConfig& old, const Network& network)
{
    const auto& model = network->config();
    if (std::all_of(old.tasks.begin(), old.tasks.end(), [&](const auto& t) {
            return has_task(model, t.name);
        }))
        return;
    std::set<std::string> modalities;
    for (const auto& task : model.tasks)
        for (const auto& input : task.inputs)
            modalities.insert(input.modality);
    for (const auto& modality : modalities) {
        const auto rows = tensors.find("encoder." + modality + ".task_embedding");
        if (rows != tensors.end() && rows->second.dim() == 2)
            rows->second = rows_of_tasks(
                rows->second, served_by(old, modality), served_by(model, modality));
    }
    Tensors needed;
    for (const auto& t : tensors_of(network, "", DType::f32))
        if (tensors.count(t.name))
            needed[t.name] = tensors.at(t.name);
    tensors = needed;
}

void adapt(Tensors& tensors, const ModelConfig& old, const ModelConfig& model)
{
    for (const auto& task : model.tasks) {
        const auto found
            = std::find_if(old.tasks.begin(), old.tasks.end(), [&](const auto& t) {
                  return t.name == task.name;
              });
        if (found == old.tasks.end() || !task.output->layered()
            || !found->output->layered())
            continue;
        const auto taken
            = layers_taken_together(found->inputs[0].layers, task.inputs[0].layers);
        if (taken)
            join_layers(tensors, task, found->inputs[0], *taken);
        if (!task.output->pooled_classes().empty()
            && found->output->pooled_classes().empty())
            pool_classes(tensors, task, found->output->classes());
    }
}

} // namespace

void start_from_model(Network& network, const std::string& path)
{
    const auto file = read_safetensors(path);
    const auto config = file.metadata.find("config");
    if (config == file.metadata.end())
        throw Error("model " + path + ": has no configuration");
    Tensors tensors;
    std::vector<RawTensor> adapted;
    for (const auto& t : file.tensors) {
        if (t.dtype == DType::f32 || t.dtype == DType::f16 || t.dtype == DType::bf16)
            tensors[t.name] = to_torch(t);
        else // no weight: the tokenizer
            adapted.push_back(t);
    }
    try {
        torch::NoGradGuard no_grad;
        const auto old = ModelConfig::from_json(config->second);
        adapt(tensors, old, network->config());
        leave_out_tasks(tensors, old, network);
    } catch (const std::out_of_range&) { // a tensor that its configuration tells of
        throw Error("model " + path + ": lacks weights that its configuration needs");
    } catch (const Error& e) {
        throw Error("model " + path + ": " + e.what());
    }
    for (const auto& t : tensors)
        adapted.push_back(to_raw(t.first, t.second, DType::f32));
    copy_into(network, adapted, "", "model " + path);
}

} // namespace udeepsc_core
