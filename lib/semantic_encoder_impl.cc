// SPDX-License-Identifier: GPL-3.0-or-later
#include "semantic_encoder_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {
namespace {

udeepsc_core::SourceSample sample_of(const pdu& data,
                                     const udeepsc_core::ModalityInfo& modality)
{
    udeepsc_core::SourceSample sample;
    if (modality.payload == udeepsc_core::PayloadType::bytes) {
        sample.bytes = data.bytes();
    } else {
        sample.reals = data.reals();
    }
    // A vector of one dimension needs no shape.
    sample.shape = modality.shape.size() > 1
        ? data.shape(modality.shape.size())
        : std::vector<int> { static_cast<int>(pmt::length(data.payload)) };
    sample.sample_rate = data.number(keys::sample_rate()).value_or(0);
    return sample;
}

} // namespace

semantic_encoder::sptr semantic_encoder::make(const std::string& model,
                                              const inference_options& options)
{
    options.validate();
    return gnuradio::make_block_sptr<semantic_encoder_impl>(model, options);
}

semantic_encoder_impl::semantic_encoder_impl(const std::string& model,
                                             const inference_options& options)
    : gr::block("semantic_encoder",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_model(model, options.dtype)
    , d_worker(
          *this,
          options,
          [this](const auto& task, const auto& modality, const auto& samples) {
              return infer(task, modality, samples);
          },
          [](pdu data, const output& features) {
              return feature_message(std::move(data), features.value, features.model_id);
          })
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

bool semantic_encoder_impl::start()
{
    d_worker.start();
    return true;
}

bool semantic_encoder_impl::stop()
{
    d_worker.stop();
    return true;
}

void semantic_encoder_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const model_sptr model = d_model.get();
    const route to = route_of(data, model->info());
    auto sample = sample_of(data, model->info().modality(to.modality));
    model->check(to.task, to.modality, sample);
    data.set(keys::modality(), pmt::intern(to.modality));
    d_worker.submit(
        { std::move(data), to.task, to.modality, std::move(sample), arrived });
}

std::vector<semantic_encoder_impl::output>
semantic_encoder_impl::infer(const std::string& task,
                             const std::string& modality,
                             const std::vector<input>& samples) const
{
    const model_sptr model = d_model.get();
    std::vector<output> outputs;
    for (auto& features : model->encode(task, modality, samples)) {
        outputs.push_back({ std::move(features), model->info().id });
    }
    return outputs;
}

} // namespace udeepsc
} // namespace gr
