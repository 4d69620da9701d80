// SPDX-License-Identifier: GPL-3.0-or-later
#include "unified_decoder_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {

unified_decoder::sptr unified_decoder::make(const std::string& model,
                                            double default_noise_var,
                                            int pending,
                                            const inference_options& options)
{
    options.validate();
    require_positive("default_noise_var", default_noise_var, 1e10);
    require_range("pending", pending, 1, 65536);
    return gnuradio::make_block_sptr<unified_decoder_impl>(
        model, default_noise_var, pending, options);
}

unified_decoder_impl::unified_decoder_impl(const std::string& model,
                                           double default_noise_var,
                                           int pending,
                                           const inference_options& options)
    : gr::block("unified_decoder",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0)),
      d_default_noise_var(default_noise_var),
      d_model(model, options.dtype),
      d_gatherer(pending),
      d_worker(
          *this,
          options,
          [this](const auto& task, const auto&, const auto& inputs) {
              return infer(task, inputs);
          },
          render)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

bool unified_decoder_impl::start()
{
    d_worker.start();
    return true;
}

bool unified_decoder_impl::stop()
{
    d_worker.stop();
    return true;
}

void unified_decoder_impl::set_default_noise_var(double noise_var)
{
    require_positive("default_noise_var", noise_var, 1e10);
    d_default_noise_var = noise_var;
}

void unified_decoder_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const model_sptr model = d_model.get();
    const route to = route_of(data, model->info());
    auto features = features_of(data);
    const float noise_var = noise_var_of(data, 1, d_default_noise_var).front();

    const auto& task = model->info().task(to.task);
    const auto frame_id = data.unsigned_number(keys::frame_id());
    if (task.modalities.size() > 1 && !frame_id) {
        throw bad_pdu(reasons::BAD_KEY, "key \"frame_id\" is missing");
    }
    std::size_t evicted = 0;
    auto sample = d_gatherer.add(task.name,
                                 task.modalities.size(),
                                 frame_id.value_or(0),
                                 to.modality,
                                 { std::move(features), noise_var },
                                 evicted);
    if (evicted > 0) {
        drop(reasons::INCOMPLETE, "other modalities of the sample never came", evicted);
    }
    if (!sample) {
        return;
    }
    // The result carries the keys of the part that completed the sample.
    input complete{ {}, 0.0F };
    for (const auto& modality : task.modalities) {
        auto& part = sample->at(modality);
        complete.features.push_back(std::move(part.features));
        complete.noise_var += part.noise_var / task.modalities.size();
    }
    d_worker.submit({ std::move(data), to.task, "", std::move(complete), arrived });
}

std::vector<unified_decoder_impl::output>
unified_decoder_impl::infer(const std::string& task, const std::vector<input>& inputs) const
{
    std::vector<std::vector<udeepsc_core::FeatureMatrix>> features(
        inputs.front().features.size());
    std::vector<float> noise_var;
    for (const auto& one : inputs) {
        for (std::size_t m = 0; m < features.size(); m++) {
            features[m].push_back(one.features.at(m));
        }
        noise_var.push_back(one.noise_var);
    }
    const model_sptr model = d_model.get();
    std::vector<output> outputs;
    for (auto& result : model->decode(task, features, noise_var)) {
        outputs.push_back({ std::move(result), model });
    }
    return outputs;
}

pmt::pmt_t unified_decoder_impl::render(pdu data, const output& decoded)
{
    const auto& info = decoded.model->info();
    const auto& result = decoded.result;
    const auto& task = info.task(data.symbol(keys::task()).value_or(""));
    data.set(keys::output(), pmt::intern(task.output));
    data.set(keys::model_id(), pmt::intern(info.id));
    if (task.output == "picture") {
        data.set(keys::shape(), make_shape({ result.height, result.width, 3 }));
        data.payload = pmt::init_u8vector(result.picture.size(), result.picture);
    } else if (task.output == "sentence") {
        const auto& text = result.sentence;
        data.set(keys::shape(), make_shape({ static_cast<int>(text.size()) }));
        data.payload = pmt::init_u8vector(
            text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
    } else {
        data.set(keys::label(), pmt::from_long(result.label));
        data.set(keys::class_name(),
                 pmt::intern(result.label >= 0 &&
                                     result.label < static_cast<int>(task.classes.size())
                                 ? task.classes[result.label]
                                 : std::to_string(result.label)));
        data.set(keys::shape(), make_shape({ static_cast<int>(result.probabilities.size()) }));
        data.payload =
            pmt::init_f32vector(result.probabilities.size(), result.probabilities);
    }
    return data.message();
}

} // namespace udeepsc
} // namespace gr
