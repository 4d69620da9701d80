// SPDX-License-Identifier: GPL-3.0-or-later
#include "batches.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/log.h>

#include <algorithm>
#include <numeric>

namespace udeepsc_core {

namespace {

// What a sample has of one modality, with its moment: 0 now, 1 for the last one before.
// Of more than the task remembers these are the latest.
std::vector<std::pair<const SourceSample*, std::int64_t>>
frames_of(const TaskModality& input, const Sample& sample)
{
    std::vector<std::pair<const SourceSample*, std::int64_t>> frames;
    const auto now = sample.inputs.find(input.modality);
    if (now != sample.inputs.end())
        frames.emplace_back(&now->second, 0);
    const auto before = sample.context.find(input.modality);
    if (before == sample.context.end())
        return frames;
    const auto count = std::min<std::size_t>(before->second.size(),
                                             static_cast<std::size_t>(input.memory));
    for (std::size_t k = 1; k <= count; ++k)
        frames.emplace_back(&before->second[before->second.size() - k],
                            static_cast<std::int64_t>(k));
    return frames;
}

} // namespace

TaskBatches::TaskBatches(const ModelConfig& model,
                         const std::string& task,
                         std::shared_ptr<const Dataset> data,
                         std::shared_ptr<const Tokenizer> tokenizer,
                         const Augmentation& how)
    : d_model(model)
    , d_task(model.task(task))
    , d_data(std::move(data))
    , d_tokenizer(std::move(tokenizer))
    , d_how { d_task.output->hidden_share(how.hide), how.mirror }
{
    // What a sample's tensor refuses (a table of another width, say) is told before
    // training.
    for (std::size_t i = 0; i < d_data->size(); ++i) {
        const auto sample = d_data->at(i);
        try {
            if (is_useful(sample))
                d_useful.push_back(i);
        } catch (const Error& e) {
            throw Error("training: task " + task + ", " + sample.name + ": " + e.what());
        }
    }
    if (d_useful.empty())
        throw Error("training: task " + task + ": none of the "
                    + std::to_string(d_data->size()) + " samples of "
                    + d_data->describe().name + " is of use");
}

bool TaskBatches::is_useful(const Sample& sample) const
{
    bool useful = !sample.inputs.empty();
    for (const auto& input : d_task.inputs) {
        const auto frames = frames_of(input, sample);
        useful = useful && (!frames.empty() || input.memory > 0);
        for (const auto& frame : frames) {
            const auto tensor
                = kind(input).training_tensor(*frame.first, d_tokenizer.get());
            useful = useful && d_task.output->is_useful(tensor);
        }
    }
    return useful;
}

ModalityBatch TaskBatches::batch_of(const TaskModality& input,
                                    const std::vector<Sample>& samples,
                                    std::mt19937_64& random) const
{
    const auto& modality = kind(input);
    std::vector<torch::Tensor> shown;
    std::vector<std::pair<std::int64_t, std::int64_t>> places; // sample, moment
    std::int64_t moments = 1;
    for (std::size_t i = 0; i < samples.size(); ++i)
        for (const auto& frame : frames_of(input, samples[i])) {
            const auto tensor = modality.training_tensor(*frame.first, d_tokenizer.get());
            shown.push_back(modality.augment(tensor, d_how, d_tokenizer.get(), random));
            places.emplace_back(static_cast<std::int64_t>(i), frame.second);
            moments = std::max(moments, frame.second + 1);
        }
    if (shown.empty())
        return {};
    auto batch = modality.batch(shown);
    batch.modality = input.modality;
    if (input.memory == 0)
        return batch;
    batch.moments = moments;
    batch.place
        = torch::empty({ static_cast<std::int64_t>(places.size()) }, torch::kLong);
    for (std::size_t k = 0; k < places.size(); ++k)
        batch.place.data_ptr<std::int64_t>()[k]
            = places[k].first * moments + places[k].second;
    return batch;
}

TaskBatch TaskBatches::batch(const std::vector<std::int64_t>& numbers,
                             std::mt19937_64& random) const
{
    std::vector<Sample> samples;
    for (auto number : numbers)
        samples.push_back(d_data->at(d_useful[static_cast<std::size_t>(number)]));
    TaskBatch out;
    for (const auto& input : d_task.inputs) {
        auto batch = batch_of(input, samples, random);
        if (batch.input.defined())
            out.inputs.push_back(std::move(batch));
    }
    std::vector<const Target*> targets;
    for (const auto& sample : samples)
        targets.push_back(&sample.target);
    out.target = d_task.output->target(targets, out.inputs[0]);
    return out;
}

std::vector<std::int64_t> EpochOrder::at(std::int64_t first, std::int64_t count)
{
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = first; i < first + count; ++i) {
        const auto epoch = i / d_size;
        if (epoch != d_epoch) {
            d_epoch = epoch;
            d_order.resize(d_size);
            std::iota(d_order.begin(), d_order.end(), 0);
            std::mt19937_64 random(d_seed * 0x9e3779b97f4a7c15ull + epoch);
            for (std::int64_t k = d_size - 1; k > 0; --k)
                std::swap(d_order[k], d_order[random() % (k + 1)]);
        }
        numbers.push_back(d_order[i % d_size]);
    }
    return numbers;
}

} // namespace udeepsc_core
