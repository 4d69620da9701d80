// SPDX-License-Identifier: GPL-3.0-or-later
// The two ends of the link in one call each.
#include <udeepsc_core/error.h>
#include <udeepsc_core/transceiver.h>

#include <algorithm>

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

// One block, or with layers the first `most` of them. symbols: of all
void add_blocks(const ModelInfo& info,
                const TaskInfo& task,
                const std::string& modality,
                const Selection& selected,
                const std::vector<std::complex<float>>& symbols,
                std::size_t most,
                std::vector<LinkBlock>& out)
{
    LinkBlock block;
    block.modality = modality;
    block.modulation = info.modulation;
    if (!task.layers.count(modality)) {
        block.vectors = selected.features.rows;
        block.positions = selected.kept;
        block.symbols = symbols;
        block.gain = task.gain(modality, block.vectors);
        out.push_back(std::move(block));
        return;
    }
    const auto& layers = task.layers.at(modality);
    auto begin = symbols.begin();
    for (std::size_t l = 0; l < std::min(most, layers.size()); ++l) {
        block.layer = static_cast<int>(l);
        block.vectors = layers[l];
        block.symbols.assign(begin, begin + layers[l]);
        block.gain = task.gain(modality, block.vectors, block.layer);
        begin += layers[l];
        out.push_back(block);
    }
}

// Throws Error for more layers than there are.
std::size_t layers_to_send(const TaskInfo& task, int asked)
{
    const int most = task.layer_count();
    if (asked < 0 || asked > most)
        throw Error("transmitter: asked for " + std::to_string(asked) + " layers, task "
                    + task.name + " has " + std::to_string(most));
    return static_cast<std::size_t>(asked == 0 ? most : asked);
}

} // namespace

std::vector<std::vector<LinkBlock>> transmit(const Transceiver& model,
                                             const std::string& task_name,
                                             const std::vector<Sample>& samples,
                                             const TransmitOptions& options)
{
    const auto& info = model.info();
    const auto& task = info.task(task_name);
    const auto most = layers_to_send(task, options.layers);
    std::vector<std::vector<LinkBlock>> sent(samples.size());
    for (const auto& modality : task.modalities) {
        std::vector<SourceSample> inputs;
        std::vector<std::size_t> numbers; // of the samples that have the modality
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const auto found = samples[i].inputs.find(modality);
            if (found == samples[i].inputs.end())
                continue;
            inputs.push_back(found->second);
            numbers.push_back(i);
        }
        if (inputs.empty())
            continue;
        const auto selected = select_as(model,
                                        task_name,
                                        modality,
                                        model.encode(task_name, modality, inputs),
                                        options);
        std::vector<FeatureMatrix> features;
        for (const auto& s : selected)
            features.push_back(s.features);
        const auto indices = model.quantize(task_name, modality, features);
        for (std::size_t k = 0; k < numbers.size(); ++k) {
            add_blocks(info,
                       task,
                       modality,
                       selected[k],
                       model.modulate(task_name, modality, indices[k]),
                       most,
                       sent[numbers[k]]);
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
