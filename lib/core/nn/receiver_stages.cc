// SPDX-License-Identifier: GPL-3.0-or-later
// The receiver's half of TorchTransceiver: from symbols to results.
#include "torch_transceiver.h"

#include "../kinds/output.h"

#include <cmath>
#include <numeric>
#include <set>

namespace udeepsc_core {

namespace {

void check_noise(float noise_var, const char* what)
{
    if (!(noise_var >= 0) || std::isinf(noise_var))
        throw Error(std::string(what) + ": noise variance is " + std::to_string(noise_var)
                    + ", expected a finite number from 0");
}

// Positions must rise and lie among those that the modality has.
void check_positions(const FeatureBlock& block, int positions)
{
    if (block.positions.empty())
        return;
    if (block.positions.size() != static_cast<std::size_t>(block.features.rows))
        throw Error("decoder: got " + std::to_string(block.positions.size())
                    + " positions for " + std::to_string(block.features.rows)
                    + " vectors");
    int before = -1;
    for (int p : block.positions) {
        if (p <= before || p >= positions)
            throw Error("decoder: position " + std::to_string(p) + " after "
                        + std::to_string(before) + ", expected rising ones below "
                        + std::to_string(positions));
        before = p;
    }
}

} // namespace

void TorchTransceiver::check_link_block(const std::string& task,
                                        const LinkBlock& block) const
{
    check_layer(task, block.modality, block.layer, block.vectors, "look-up");
    const auto count = block.symbols.size();
    const bool fits = block.vectors >= 1
        && block.vectors <= max_vectors(task, block.modality)
        && count
            == static_cast<std::size_t>(symbols_for(task, block.modality, block.vectors));
    if (!fits)
        throw Error("look-up: " + std::to_string(count) + " symbols are not those of "
                    + std::to_string(block.vectors) + " " + task + " feature vectors");
    if (block.noise_var.size() != 1 && block.noise_var.size() != count)
        throw Error("look-up: got " + std::to_string(block.noise_var.size())
                    + " noise variances for " + std::to_string(count) + " symbols");
    for (float v : block.noise_var)
        check_noise(v, "look-up");
    for (const auto& s : block.symbols)
        if (!std::isfinite(s.real()) || !std::isfinite(s.imag()))
            throw Error("look-up: a symbol is NaN or infinite");
}

FeatureBlock TorchTransceiver::look_up(const std::string& task,
                                       const LinkBlock& block,
                                       LookupMode mode) const
{
    const auto count = static_cast<std::int64_t>(block.symbols.size());
    const auto y
        = torch::from_blob(const_cast<std::complex<float>*>(block.symbols.data()),
                           { 1, count, 2 },
                           torch::kFloat)
              .clone();
    const auto noise = torch::tensor(block.noise_var).view({ 1, -1 }).clamp(1e-6, 1e6);
    const int indices
        = block.vectors * d_config.task(task).input(block.modality).subvectors;
    const auto gain = torch::full(
        { 1 }, d_info.task(task).gain(block.modality, block.vectors, block.layer));
    auto book = d_network->codebook(block.modality);
    const auto& mapping = d_network->mapping();
    const auto found = mode == LookupMode::soft
        ? book->mean(mapping.posterior(y, noise, gain, indices))
        : book->dequantize(mapping.decide(y, gain, indices));
    FeatureBlock out;
    out.modality = block.modality;
    out.layer = block.layer;
    out.positions = block.positions;
    out.features
        = to_matrix(found.view({ block.vectors, columns(task, block.modality) }));
    out.noise_var = std::accumulate(block.noise_var.begin(), block.noise_var.end(), 0.0f)
        / static_cast<float>(block.noise_var.size());
    return out;
}

std::vector<FeatureBlock> TorchTransceiver::lookup(const std::string& task,
                                                   const std::vector<LinkBlock>& blocks,
                                                   LookupMode mode) const
{
    for (const auto& block : blocks) {
        require(task, block.modality);
        check_link_block(task, block);
    }
    return guarded("look-up", [&] {
        std::vector<FeatureBlock> out;
        for (const auto& block : blocks)
            out.push_back(look_up(task, block, mode));
        return out;
    });
}

void TorchTransceiver::check(const std::string& task_name,
                             const FeatureBlock& block) const
{
    const auto& task = d_config.task(task_name);
    require(task_name, block.modality);
    check_layer(task_name, block.modality, block.layer, block.features.rows, "decoder");
    check_noise(block.noise_var, "decoder");
    check_matrix(block.features,
                 columns(task_name, block.modality),
                 max_vectors(task_name, block.modality),
                 "decoder: " + block.modality + " features");
    if (task.output->layered())
        return;
    const int rows = block.features.rows;
    check_positions(block, max_rows(block.modality));
    if (!task.aligned && !task.output->query_per_vector())
        return;
    if (rows > task.queries)
        throw Error("decoder: got " + std::to_string(rows)
                    + " feature vectors, expected at most "
                    + std::to_string(task.queries));
    // Vectors of a part have to say which they are.
    if (task.aligned && !task.output->query_per_vector() && rows != task.queries
        && block.positions.empty())
        throw Error("decoder: got " + std::to_string(rows) + " feature vectors, task "
                    + task_name + " needs " + std::to_string(task.queries)
                    + ", or the positions of those");
}

ReceivedFeatures
TorchTransceiver::stack_blocks(const TaskConfig& task,
                               const std::vector<const FeatureBlock*>& blocks) const
{
    const auto& first = *blocks[0];
    std::vector<torch::Tensor> features;
    std::vector<float> noise;
    for (const auto* block : blocks) {
        features.push_back(to_tensor(block->features));
        noise.push_back(block->noise_var);
    }
    ReceivedFeatures received {
        first.modality, torch::stack(features), {}, normalized_noise(torch::tensor(noise))
    };
    const bool whole = first.features.rows == task.queries;
    if (!task.aligned || task.output->query_per_vector() || whole)
        return received;

    // Only some of an aligned task's vectors: each goes to its own position, the rest is
    // masked.
    const auto n = static_cast<std::int64_t>(blocks.size());
    auto all = torch::zeros({ n, task.queries, received.features.size(2) });
    received.mask = torch::zeros({ n, task.queries });
    for (std::int64_t i = 0; i < n; ++i) {
        const auto& positions = blocks[static_cast<std::size_t>(i)]->positions;
        for (std::size_t v = 0; v < positions.size(); ++v) {
            all[i][positions[v]] = received.features[i][static_cast<std::int64_t>(v)];
            received.mask[i][positions[v]] = 1.0f;
        }
    }
    received.features = all;
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
    // together.
    std::vector<std::map<std::string, int>> keys;
    for (const auto& blocks : samples) {
        if (blocks.empty())
            throw Error("decoder: nothing of a sample of " + task_name + " arrived");
        std::map<std::string, int> rows;
        for (const auto& block : blocks) {
            check(task_name, block);
            if (!rows.emplace(block.modality, block.features.rows).second)
                throw Error("decoder: got modality " + block.modality + " twice");
        }
        keys.push_back(std::move(rows));
    }
    return guarded("decoder", [&] {
        std::vector<TaskResult> out(samples.size());
        for (const auto& batch : batches_of(keys)) {
            std::vector<ReceivedFeatures> received;
            for (const auto& input : task.inputs) {
                std::vector<const FeatureBlock*> blocks;
                for (auto i : batch)
                    for (const auto& block : samples[i])
                        if (block.modality == input.modality)
                            blocks.push_back(&block);
                if (!blocks.empty())
                    received.push_back(stack_blocks(task, blocks));
            }
            const auto output
                = d_network->receiver()->forward(task_name, received).to(torch::kFloat);
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
