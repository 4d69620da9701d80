// SPDX-License-Identifier: GPL-3.0-or-later
#include "vq_indexer_impl.h"

#include <algorithm>
#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {

vq_indexer::sptr
vq_indexer::make(const std::string& model, int layers, const inference_options& options)
{
    options.validate();
    require_layers(layers);
    return gnuradio::make_block_sptr<vq_indexer_impl>(model, layers, options);
}

vq_indexer_impl::vq_indexer_impl(const std::string& model,
                                 int layers,
                                 const inference_options& options)
    : gr::block(
        "vq_indexer", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_layers(layers)
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

void vq_indexer_impl::set_layers(int layers)
{
    require_layers(layers);
    d_layers = layers;
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
    std::vector<output> outputs;
    for (auto& indices : model->quantize(task, modality, features)) {
        outputs.push_back({ std::move(indices), task, modality, d_layers, model });
    }
    return outputs;
}

rendered vq_indexer_impl::render(pdu data, const output& result)
{
    const auto& info = result.model->info();
    const auto& task = info.task(result.task);
    data.set(keys::bits_per_index(), pmt::from_long(info.bits_per_index));
    data.set(keys::modulation(), pmt::intern(info.modulation));
    data.set(keys::mapping(), pmt::intern(info.mapping));
    data.set(keys::model_id(), pmt::intern(info.id));
    const auto send = [&](const std::uint16_t* first, int count, int layer) {
        const int subvectors = task.subvectors.at(result.modality);
        const int vectors = count / subvectors;
        pdu part = data;
        part.set(keys::shape(), make_shape({ vectors, subvectors }));
        part.set(keys::tx_gain(),
                 pmt::from_double(task.gain(result.modality, vectors, layer)));
        part.payload = pmt::init_u16vector(static_cast<std::size_t>(count), first);
        if (task.layer_count() > 0) {
            part.set(keys::layer(), pmt::from_long(layer));
        }
        return part.message();
    };
    const std::uint16_t* at = result.indices.data();
    if (task.layer_count() == 0) {
        return send(at, static_cast<int>(result.indices.size()), 0);
    }
    // Each layer goes its own way from here.
    const auto& sizes = task.layers.at(result.modality);
    const auto all = static_cast<int>(sizes.size());
    const int count = result.layers == 0 ? all : std::min(result.layers, all);
    data.set(keys::layers(), pmt::from_long(count));
    rendered layers;
    for (int layer = 0; layer < count; layer++) {
        const int size = sizes[static_cast<std::size_t>(layer)];
        layers.push_back(send(at, size, layer));
        at += size;
    }
    return layers;
}

} // namespace udeepsc
} // namespace gr
