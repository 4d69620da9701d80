// SPDX-License-Identifier: GPL-3.0-or-later
#include "batches.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/log.h>

#include <numeric>

namespace udeepsc_core {

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
        bool useful = !sample.inputs.empty();
        for (const auto& input : d_task.inputs) {
            const auto found = sample.inputs.find(input.modality);
            if (found == sample.inputs.end()) {
                useful = false;
                continue;
            }
            try {
                useful = useful
                    && d_task.output->is_useful(
                        kind(input).training_tensor(found->second, d_tokenizer.get()));
            } catch (const Error& e) {
                throw Error("training: task " + task + ", " + sample.name + ": "
                            + e.what());
            }
        }
        if (useful)
            d_useful.push_back(i);
    }
    if (d_useful.empty())
        throw Error("training: task " + task + ": none of the "
                    + std::to_string(d_data->size()) + " samples of "
                    + d_data->describe().name + " is of use");
}

TaskBatch TaskBatches::batch(const std::vector<std::int64_t>& numbers,
                             std::mt19937_64& random) const
{
    std::vector<Sample> samples;
    for (auto number : numbers)
        samples.push_back(d_data->at(d_useful[static_cast<std::size_t>(number)]));
    TaskBatch out;
    for (const auto& input : d_task.inputs) {
        const auto& modality = kind(input);
        std::vector<torch::Tensor> shown;
        for (const auto& sample : samples) {
            const auto tensor = modality.training_tensor(sample.inputs.at(input.modality),
                                                         d_tokenizer.get());
            shown.push_back(modality.augment(tensor, d_how, d_tokenizer.get(), random));
        }
        auto batch = modality.batch(shown);
        batch.modality = input.modality;
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
