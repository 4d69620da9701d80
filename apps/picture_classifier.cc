// SPDX-License-Identifier: GPL-3.0-or-later
#include "picture_classifier.h"

#include <udeepsc_core/error.h>

#include <algorithm>

using namespace udeepsc_core;

namespace {

constexpr double CLEAN_DB = 30; // the pictures are not sent once more
constexpr std::size_t BATCH = 64;

// Classes that are one class there are so here.
int number_in(const TaskInfo& task, const std::string& name)
{
    if (std::find(task.pooled.begin(), task.pooled.end(), name) != task.pooled.end())
        return static_cast<int>(task.classes.size()) - 1;
    return task.class_number(name);
}

} // namespace

PictureClassifier::PictureClassifier(const std::string& model,
                                     const std::string& task,
                                     const TaskInfo& told_as)
    : d_model(Transceiver::load(model))
    , d_task(task)
{
    const auto& info = d_model->info().task(task);
    if (info.classes.empty() || info.modalities.size() != 1)
        throw Error("classifier: task " + task
                    + " does not take a picture alone and give a label");
    d_modality = info.modalities[0];
    for (const auto& name : info.classes)
        d_labels.push_back(number_in(told_as, name));
}

void PictureClassifier::classify(std::vector<TaskResult>& pictures) const
{
    TransmitOptions options;
    options.snr_db = CLEAN_DB;
    for (std::size_t first = 0; first < pictures.size(); first += BATCH) {
        const auto last = std::min(pictures.size(), first + BATCH);
        std::vector<Sample> samples;
        for (std::size_t i = first; i < last; ++i) {
            samples.emplace_back();
            samples.back().inputs[d_modality] = SourceSample::image(
                pictures[i].height, pictures[i].width, pictures[i].picture);
        }
        auto blocks = transmit(*d_model, d_task, samples, options);
        for (auto& sample : blocks)
            for (auto& block : sample)
                block.noise_var = { 0.0f };
        const auto told = receive(*d_model, d_task, blocks, LookupMode::soft);
        for (std::size_t i = first; i < last; ++i)
            pictures[i].label
                = d_labels.at(static_cast<std::size_t>(told[i - first].label));
    }
}
