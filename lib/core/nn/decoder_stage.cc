// SPDX-License-Identifier: GPL-3.0-or-later
// The last stage of TorchTransceiver: from received features to results.
#include "torch_transceiver.h"

#include "../kinds/output.h"

#include <udeepsc_core/log.h>

#include <algorithm>

namespace udeepsc_core {

namespace {

/*! Blocks of one modality of several samples, those that the task remembers with their
 * moment. */
struct Entries {
    std::vector<const FeatureBlock*> blocks;
    std::vector<std::int64_t> places; // sample, then sample * moments + moment
    std::vector<std::int64_t> order; // moment
    std::int64_t moments = 1;
};

// The latest `memory` entries count from 1 for the last one; the present frame is 0.
// Gives how many older ones were left out.
std::size_t add_entries(const std::vector<FeatureBlock>& sample,
                        const TaskModality& input,
                        std::int64_t number,
                        Entries& entries)
{
    std::vector<const FeatureBlock*> found;
    for (const auto& block : sample)
        if (block.modality == input.modality)
            found.push_back(&block);
    std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) {
        return a->age < b->age;
    });
    std::int64_t moment = !found.empty() && found[0]->age < 0 ? 0 : 1;
    std::size_t left_out = 0;
    for (const auto* block : found) {
        if (moment > input.memory) {
            ++left_out;
            continue;
        }
        entries.blocks.push_back(block);
        entries.places.push_back(number);
        entries.order.push_back(moment);
        entries.moments = std::max(entries.moments, ++moment);
    }
    return left_out;
}

// As the network takes them: entries of fewer vectors than others are padded.
ReceivedFeatures stack_entries(const std::string& modality, const Entries& entries)
{
    const auto n = static_cast<std::int64_t>(entries.blocks.size());
    std::int64_t most = 0, fewest = entries.blocks[0]->features.rows;
    for (const auto* block : entries.blocks) {
        most = std::max<std::int64_t>(most, block->features.rows);
        fewest = std::min<std::int64_t>(fewest, block->features.rows);
    }
    ReceivedFeatures received;
    received.modality = modality;
    received.features = torch::zeros({ n, most, entries.blocks[0]->features.cols });
    if (fewest < most)
        received.mask = torch::zeros({ n, most });
    received.place = torch::empty({ n }, torch::kLong);
    received.moments = entries.moments;
    std::vector<float> noise;
    for (std::int64_t i = 0; i < n; ++i) {
        const auto k = static_cast<std::size_t>(i);
        const auto& block = *entries.blocks[k];
        received.features[i]
            .narrow(0, 0, block.features.rows)
            .copy_(to_tensor(block.features));
        if (received.mask.defined())
            received.mask[i].narrow(0, 0, block.features.rows).fill_(1.0);
        received.place[i] = entries.places[k] * entries.moments + entries.order[k];
        noise.push_back(block.noise_var);
    }
    received.noise = normalized_noise(torch::tensor(noise));
    return received;
}

} // namespace

std::map<std::string, int>
TorchTransceiver::check_sample(const TaskConfig& task,
                               const std::vector<FeatureBlock>& blocks) const
{
    if (blocks.empty())
        throw Error("decoder: nothing of a sample of " + task.name + " arrived");
    std::map<std::string, int> rows, present;
    for (const auto& block : blocks) {
        check(task.name, block);
        if (block.age < 0 && ++present[block.modality] > 1)
            throw Error("decoder: got modality " + block.modality + " twice");
        if (task.input(block.modality).memory == 0)
            rows[block.modality] = block.features.rows;
    }
    return rows;
}

std::vector<ReceivedFeatures>
TorchTransceiver::gather(const TaskConfig& task,
                         const std::vector<std::vector<FeatureBlock>>& samples,
                         const std::vector<std::size_t>& batch) const
{
    std::vector<ReceivedFeatures> received;
    for (const auto& input : task.inputs) {
        Entries entries;
        std::size_t left_out = 0;
        for (std::size_t k = 0; k < batch.size(); ++k)
            left_out = std::max(
                left_out,
                add_entries(
                    samples[batch[k]], input, static_cast<std::int64_t>(k), entries));
        if (entries.blocks.empty())
            continue;
        received.push_back(input.memory > 0 ? stack_entries(input.modality, entries)
                                            : stack_blocks(task, entries.blocks));
        if (left_out > 0 && !d_told_of_memory.exchange(true))
            log_warning("decoder: task " + task.name + " remembers "
                        + std::to_string(input.memory) + " " + input.modality
                        + " frames; the " + std::to_string(left_out)
                        + " before them are left out");
    }
    return received;
}

std::vector<TaskResult>
TorchTransceiver::decode(const std::string& task_name,
                         const std::vector<std::vector<FeatureBlock>>& samples) const
{
    const auto& task = d_config.task(task_name);
    if (task.output->layered())
        return decode_layers(task, samples);
    // Samples of which the same modalities came, with as many vectors, are decoded
    // together; entries of the memory may be of any number.
    std::vector<std::map<std::string, int>> keys;
    for (const auto& blocks : samples)
        keys.push_back(check_sample(task, blocks));
    return guarded("decoder", [&] {
        std::vector<TaskResult> out(samples.size());
        for (const auto& batch : batches_of(keys)) {
            const auto output = d_network->receiver()
                                    ->forward(task_name,
                                              gather(task, samples, batch),
                                              static_cast<std::int64_t>(batch.size()))
                                    .to(torch::kFloat);
            for (std::size_t k = 0; k < batch.size(); ++k) {
                auto& result = out[batch[k]];
                result = task.output->read(output[static_cast<std::int64_t>(k)],
                                           d_bundle.tokenizer.get());
                result.task = task_name;
            }
        }
        return out;
    });
}

} // namespace udeepsc_core
