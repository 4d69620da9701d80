// SPDX-License-Identifier: GPL-3.0-or-later
#include "model.h"

#include <algorithm>
#include <future>

namespace gr {
namespace udeepsc {
namespace {

using namespace udeepsc_core;

// One blank sample of every task through the whole chain: the first pass through an
// operator costs many times a later one, and a model that cannot do it must fail here.
void warm_up(const Transceiver& model)
{
    const ModelInfo& info = model.info();
    for (const TaskInfo& task : info.tasks) {
        Sample sample;
        for (const std::string& modality : task.modalities) {
            sample.inputs[modality] = model.blank(modality);
        }
        TransmitOptions options;
        options.snr_db = info.snr_max_db;
        auto blocks = transmit(model, task.name, { sample }, options);
        for (auto& block : blocks.at(0)) {
            block.noise_var = { 0.1F };
            if (task.memory.at(block.modality) > 0) {
                block.age = 0;
            }
        }
        receive(model, task.name, blocks, LookupMode::soft);
    }
}

model_sptr load(const std::string& path, const std::string& dtype)
{
    Transceiver::Options options;
    options.dtype = dtype;
    model_sptr model = Transceiver::load(path, options);
    // In a thread of its own: the number of threads per operator is the caller's
    // business.
    std::async(std::launch::async, [&model] {
        udeepsc_core::set_threads(1);
        warm_up(*model);
    }).get();
    return model;
}

} // namespace

model_holder::model_holder(const std::string& path, const std::string& dtype)
    : d_dtype(dtype)
    , d_model(load(path, dtype))
{ }

model_sptr model_holder::get() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_model;
}

void model_holder::set(const std::string& path)
{
    model_sptr fresh = load(path, d_dtype);
    std::lock_guard<std::mutex> lock(d_mutex);
    d_model.swap(fresh);
}

route route_of(const pdu& data, const ModelInfo& info)
{
    const std::string task = data.symbol(keys::task()).value_or("");
    const auto found = std::find_if(info.tasks.begin(),
                                    info.tasks.end(),
                                    [&](const TaskInfo& t) { return t.name == task; });
    if (found == info.tasks.end()) {
        throw bad_pdu(reasons::UNKNOWN_TASK,
                      "task \"" + task + "\" is none of model " + info.id);
    }
    const auto& modalities = found->modalities;
    std::string modality = data.symbol(keys::modality()).value_or("");
    if (modality.empty() && modalities.size() == 1) {
        modality = modalities.front();
    }
    if (std::find(modalities.begin(), modalities.end(), modality) == modalities.end()) {
        throw bad_pdu(reasons::WRONG_MODALITY,
                      "task " + task + " has no modality \"" + modality + "\"");
    }
    return { task, modality };
}

FeatureMatrix features_of(const pdu& data)
{
    FeatureMatrix features;
    features.data = data.reals();
    const auto shape = data.shape(2);
    features.rows = shape[0];
    features.cols = shape[1];
    return features;
}

pmt::pmt_t
feature_message(pdu data, const FeatureMatrix& features, const std::string& model_id)
{
    data.set(keys::shape(), make_shape({ features.rows, features.cols }));
    data.set(keys::model_id(), pmt::intern(model_id));
    data.payload = pmt::init_f32vector(features.data.size(), features.data);
    return data.message();
}

} // namespace udeepsc
} // namespace gr
