// SPDX-License-Identifier: GPL-3.0-or-later
// The two ends of the link in one call each.
#include <udeepsc_core/transceiver.h>

namespace udeepsc_core {

namespace {

std::vector<Selection> select_as(const Transceiver& model,
                                 const std::string& task,
                                 const std::string& modality,
                                 const std::vector<FeatureMatrix>& features,
                                 const TransmitOptions& o)
{
    const bool selects = model.info().task(task).max_vectors.at(modality) > 0;
    if (o.vectors == 0 && (!selects || !o.random))
        return model.select(task, modality, features, { o.snr_db });
    if (o.vectors > 0) // which a task that sends every vector refuses
        return model.select_exactly(
            task, modality, features, { o.snr_db }, o.vectors, o.random);
    // At random, but of each sample as many as f_n says
    std::vector<Selection> selected;
    const auto asked = model.select(task, modality, features, { o.snr_db });
    for (std::size_t i = 0; i < features.size(); ++i)
        selected.push_back(model.select_exactly(task,
                                                modality,
                                                { features[i] },
                                                { o.snr_db },
                                                asked[i].features.rows,
                                                true)[0]);
    return selected;
}

// What a sample has of a modality: the frames that came before, and the present one.
void add_frames(const Sample& sample,
                const std::string& modality,
                std::size_t number,
                std::vector<SourceSample>& inputs,
                std::vector<std::pair<std::size_t, int>>& frames)
{
    const auto before = sample.context.find(modality);
    if (before != sample.context.end())
        for (std::size_t k = 0; k < before->second.size(); ++k) {
            inputs.push_back(before->second[k]);
            frames.emplace_back(number, static_cast<int>(before->second.size() - 1 - k));
        }
    const auto present = sample.inputs.find(modality);
    if (present == sample.inputs.end())
        return;
    inputs.push_back(present->second);
    frames.emplace_back(number, -1);
}

} // namespace

std::vector<std::vector<LinkBlock>> transmit(const Transceiver& model,
                                             const std::string& task_name,
                                             const std::vector<Sample>& samples,
                                             const TransmitOptions& options)
{
    const auto& info = model.info();
    const auto& task = info.task(task_name);
    std::vector<std::vector<LinkBlock>> sent(samples.size());
    for (const auto& modality : task.modalities) {
        std::vector<SourceSample> inputs;
        std::vector<std::pair<std::size_t, int>> frames; // sample number, age
        for (std::size_t i = 0; i < samples.size(); ++i)
            add_frames(samples[i], modality, i, inputs, frames);
        if (inputs.empty())
            continue;
        auto selected = select_as(model,
                                  task_name,
                                  modality,
                                  model.encode(task_name, modality, inputs),
                                  options);
        std::vector<FeatureMatrix> features;
        for (auto& s : selected)
            features.push_back(std::move(s.features));
        const auto indices = model.quantize(task_name, modality, features);
        for (std::size_t k = 0; k < frames.size(); ++k) {
            LinkBlock block;
            block.modality = modality;
            block.vectors = features[k].rows;
            block.positions = selected[k].kept;
            block.symbols = model.modulate(task_name, modality, indices[k]);
            block.gain = task.gain(modality, block.vectors);
            block.modulation = info.modulation;
            block.age = frames[k].second;
            sent[frames[k].first].push_back(std::move(block));
        }
    }
    return sent;
}

std::vector<TaskResult> receive(const Transceiver& model,
                                const std::string& task,
                                const std::vector<std::vector<LinkBlock>>& received,
                                LookupMode mode)
{
    std::vector<std::vector<FeatureBlock>> samples;
    for (const auto& blocks : received)
        samples.push_back(model.lookup(task, blocks, mode));
    return model.decode(task, samples);
}

} // namespace udeepsc_core
