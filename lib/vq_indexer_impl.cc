// SPDX-License-Identifier: GPL-3.0-or-later
#include "vq_indexer_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {

vq_indexer::sptr vq_indexer::make(const std::string& model,
                                  const inference_options& options)
{
    options.validate();
    return gnuradio::make_block_sptr<vq_indexer_impl>(model, options);
}

vq_indexer_impl::vq_indexer_impl(const std::string& model,
                                 const inference_options& options)
    : gr::block(
        "vq_indexer", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_model(model, options.dtype)
    , d_worker(
          *this,
          options,
          [this](const auto& task, const auto& modality, const auto& features) {
              return infer(task, modality, features);
          },
          render)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

bool vq_indexer_impl::start()
{
    d_worker.start();
    return true;
}

bool vq_indexer_impl::stop()
{
    d_worker.stop();
    return true;
}

void vq_indexer_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const route to = route_of(data, d_model.get()->info());
    auto features = features_of(data);
    d_worker.submit(
        { std::move(data), to.task, to.modality, std::move(features), arrived });
}

std::vector<vq_indexer_impl::output>
vq_indexer_impl::infer(const std::string& task,
                       const std::string& modality,
                       const std::vector<input>& features) const
{
    const model_sptr model = d_model.get();
    const auto& info = model->info().task(task);
    std::vector<output> outputs;
    for (auto& indices : model->quantize(task, modality, features)) {
        const int subvectors = info.subvectors.at(modality);
        const int vectors = static_cast<int>(indices.size()) / subvectors;
        outputs.push_back(
            { std::move(indices), subvectors, info.gain(modality, vectors), model });
    }
    return outputs;
}

pmt::pmt_t vq_indexer_impl::render(pdu data, const output& result)
{
    const auto& info = result.model->info();
    const int vectors = static_cast<int>(result.indices.size()) / result.subvectors;
    data.set(keys::shape(), make_shape({ vectors, result.subvectors }));
    data.set(keys::bits_per_index(), pmt::from_long(info.bits_per_index));
    data.set(keys::tx_gain(), pmt::from_double(result.tx_gain));
    data.set(keys::modulation(), pmt::intern(info.modulation));
    data.set(keys::mapping(), pmt::intern(info.mapping));
    data.set(keys::model_id(), pmt::intern(info.id));
    data.payload = pmt::init_u16vector(result.indices.size(), result.indices);
    return data.message();
}

} // namespace udeepsc
} // namespace gr
