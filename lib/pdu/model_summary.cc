// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_summary.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/model_files.h>
#include <udeepsc_core/safetensors.h>
#include <algorithm>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_core::TaskConfig;
using udeepsc_core::TaskModality;
using udeepsc_phy::Payload;
using udeepsc_phy::PayloadHeader;
using udeepsc_phy::ReceivedPayload;

// The header has 4 bits for the task, one number of which is raw_payloads', and 7 for the
// vectors; include/udeepsc_phy/frame.h.
constexpr std::size_t s_most_tasks = 15;
constexpr int s_most_vectors = 127;

// Symbols of so many vectors; of a layer those that it has, told as one vector.
int symbols_of(const udeepsc_core::ModelConfig& model,
               const TaskModality& input,
               int vectors,
               std::size_t layer)
{
    if (input.layers.empty()) {
        return model.symbols_for(vectors * input.subvectors);
    }
    if (layer >= input.layers.size()) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      "layer " + std::to_string(layer + 1) + " of "
                          + std::to_string(input.layers.size()));
    }
    return model.symbols_for(input.layers[layer]);
}

const TaskModality* find_modality(const TaskConfig& task, const std::string& modality)
{
    const auto found
        = std::find_if(task.inputs.begin(),
                       task.inputs.end(),
                       [&](const TaskModality& m) { return m.modality == modality; });
    return found == task.inputs.end() ? nullptr : &*found;
}

} // namespace

model_summary::model_summary(const std::string& name)
{
    const auto path = udeepsc_core::find_model(name);
    const auto metadata = udeepsc_core::read_safetensors_metadata(path);
    try {
        d_config = udeepsc_core::model_config_of(metadata, path);
    } catch (const udeepsc_core::Error& e) {
        throw std::invalid_argument(e.what());
    }
    const std::string hash = metadata.at("content_hash"); // 16 digits, or it is no model
    d_tag = std::stoul(hash.substr(0, 2), nullptr, 16);
    if (d_config.tasks.size() > s_most_tasks) {
        throw std::invalid_argument("model " + path + ": has "
                                    + std::to_string(d_config.tasks.size())
                                    + " tasks, a frame's header can tell "
                                    + std::to_string(s_most_tasks) + " apart");
    }
    d_id = d_config.name + "-" + hash;
}

PayloadHeader model_summary::header_of(const pdu& data, std::size_t symbols) const
{
    const std::string name = data.symbol(keys::task()).value_or("");
    const unsigned number = number_of_task(name);
    const TaskConfig* const task = &d_config.tasks[number];
    std::string modality = data.symbol(keys::modality()).value_or("");
    if (modality.empty() && task->inputs.size() == 1) {
        modality = task->inputs.front().modality;
    }
    const TaskModality* const input = find_modality(*task, modality);
    if (!input) {
        throw bad_pdu(reasons::WRONG_MODALITY,
                      "task " + name + " has no modality \"" + modality + "\"");
    }
    const auto layer
        = static_cast<std::size_t>(data.unsigned_number(keys::layer()).value_or(0));
    auto shape = data.integers(keys::shape());
    if (shape && !input->layers.empty()) {
        shape = { 1, 1 };
    }
    if (!shape || shape->empty() || shape->front() < 1
        || shape->front() > s_most_vectors) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      "shape does not begin with a number of vectors in 1.."
                          + std::to_string(s_most_vectors));
    }
    const int vectors = shape->front();
    const int expected = symbols_of(d_config, *input, vectors, layer);
    if (symbols != static_cast<std::size_t>(expected)) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      std::to_string(symbols) + " symbols for " + std::to_string(vectors)
                          + " vectors of " + modality + ", expected "
                          + std::to_string(expected));
    }

    PayloadHeader header;
    header.task = number;
    header.modality = number_of(modality);
    header.model = d_tag;
    header.vectors = static_cast<unsigned>(vectors);
    header.symbols = static_cast<unsigned>(symbols);
    try {
        header.modulation = udeepsc_phy::modulation_from_string(
            data.symbol(keys::modulation()).value_or(d_config.modulation));
    } catch (const std::invalid_argument& e) {
        throw bad_pdu(reasons::BAD_KEY, std::string("key \"modulation\": ") + e.what());
    }
    if (to_string(header.modulation) != d_config.modulation) {
        throw bad_pdu(reasons::WRONG_MODULATION,
                      "payload in " + to_string(header.modulation) + ", model " + d_id
                          + " sends " + d_config.modulation);
    }
    return header;
}

unsigned model_summary::number_of_task(const std::string& name) const
{
    const auto task = std::find_if(d_config.tasks.begin(),
                                   d_config.tasks.end(),
                                   [&](const TaskConfig& t) { return t.name == name; });
    if (task == d_config.tasks.end()) {
        throw bad_pdu(reasons::UNKNOWN_TASK,
                      "task \"" + name + "\" is none of model " + d_id);
    }
    return static_cast<unsigned>(task - d_config.tasks.begin());
}

std::string model_summary::task_of_number(unsigned number) const
{
    if (number >= d_config.tasks.size()) {
        throw bad_pdu(reasons::UNKNOWN_TASK,
                      "task " + std::to_string(number) + " of "
                          + std::to_string(d_config.tasks.size()));
    }
    return d_config.tasks[number].name;
}

unsigned model_summary::number_of(const std::string& modality) const
{
    const auto& encoders = d_config.encoders;
    return static_cast<unsigned>(
        std::find_if(encoders.begin(),
                     encoders.end(),
                     [&](const auto& e) { return e.modality == modality; })
        - encoders.begin());
}

Payload model_summary::payload_of(const pdu& data) const
{
    Payload payload;
    payload.symbols = data.complexes();
    payload.header = header_of(data, payload.symbols.size());
    return payload;
}

payload_format::sample_parts
model_summary::parts_of_sample(const PayloadHeader& header) const
{
    const TaskConfig& task = d_config.tasks[header.task];
    sample_parts parts { task.name, {} };
    for (const TaskModality& input : task.inputs) {
        const auto layers = std::max<std::size_t>(1, input.layers.size());
        for (std::size_t layer = 0; layer < layers; layer++) {
            parts.modalities.push_back(part_name(input.modality, layer));
        }
    }
    return parts;
}

payload_format::contents model_summary::contents_of(const ReceivedPayload& payload) const
{
    const PayloadHeader& header = payload.header;
    if (header.model != d_tag) {
        throw bad_pdu(reasons::OTHER_MODEL,
                      "payload for a model whose hash begins with byte "
                          + std::to_string(header.model) + ", this one's is "
                          + std::to_string(d_tag));
    }
    if (to_string(header.modulation) != d_config.modulation) {
        throw bad_pdu(reasons::WRONG_MODULATION,
                      "payload in " + to_string(header.modulation) + ", this model sends "
                          + d_config.modulation);
    }
    task_of_number(header.task); // or bad_pdu
    const TaskConfig& task = d_config.tasks[header.task];
    const auto& encoders = d_config.encoders;
    const std::string modality
        = header.modality < encoders.size() ? encoders[header.modality].modality : "";
    const TaskModality* const input = find_modality(task, modality);
    if (!input) {
        throw bad_pdu(reasons::WRONG_MODALITY,
                      "task " + task.name + " has no modality number "
                          + std::to_string(header.modality));
    }
    const int expected
        = symbols_of(d_config, *input, static_cast<int>(header.vectors), header.layer);
    if (header.vectors < 1 || header.symbols != static_cast<unsigned>(expected)) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      std::to_string(header.symbols) + " symbols for "
                          + std::to_string(header.vectors) + " vectors of " + modality
                          + ", expected " + std::to_string(expected));
    }
    const int vectors
        = input->layers.empty() ? static_cast<int>(header.vectors) : expected;
    return { task.name,
             modality,
             { vectors, input->subvectors },
             pmt::init_c32vector(payload.symbols.size(), payload.symbols) };
}

} // namespace udeepsc
} // namespace gr
