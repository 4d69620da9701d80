// SPDX-License-Identifier: GPL-3.0-or-later
#include "vq_lookup_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {

vq_lookup::sptr vq_lookup::make(const std::string& model,
                                lookup_mode mode,
                                double default_noise_var,
                                const inference_options& options)
{
    options.validate();
    require_positive("default_noise_var", default_noise_var, 1e10);
    return gnuradio::make_block_sptr<vq_lookup_impl>(
        model, mode, default_noise_var, options);
}

vq_lookup_impl::vq_lookup_impl(const std::string& model,
                               lookup_mode mode,
                               double default_noise_var,
                               const inference_options& options)
    : gr::block(
        "vq_lookup", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_mode(mode)
    , d_default_noise_var(default_noise_var)
    , d_model(model, options.dtype)
    , d_worker(
          *this,
          options,
          [this](const auto& task, const auto& modality, const auto& inputs) {
              return infer(task, modality, inputs);
          },
          [](pdu data, const output& block) {
              data.set(keys::noise_var(), pmt::from_double(block.value.noise_var));
              return feature_message(
                  std::move(data), block.value.features, block.model_id);
          })
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

bool vq_lookup_impl::start()
{
    d_worker.start();
    return true;
}

bool vq_lookup_impl::stop()
{
    d_worker.stop();
    return true;
}

void vq_lookup_impl::set_default_noise_var(double noise_var)
{
    require_positive("default_noise_var", noise_var, 1e10);
    d_default_noise_var = noise_var;
}

udeepsc_core::LinkBlock vq_lookup_impl::block_of(
    const pdu& data, const route& to, const udeepsc_core::Transceiver& model) const
{
    udeepsc_core::LinkBlock block;
    block.modality = to.modality;
    block.layer = static_cast<int>(data.number(keys::layer()).value_or(0));
    block.symbols = data.complexes();
    block.positions = data.integers(keys::kept()).value_or(std::vector<int>());
    const int count = static_cast<int>(block.symbols.size());
    // The block says how many vectors it has: where a vector takes less than a symbol,
    // the symbols alone do not.
    const auto shape = data.integers(keys::shape());
    block.vectors = shape && shape->size() == 2
        ? shape->front()
        : model.vectors_in(to.task, to.modality, count);
    if (block.vectors < 1 || block.vectors > count * 64
        || model.symbols_for(to.task, to.modality, block.vectors) != count) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      std::to_string(count)
                          + " symbols are no whole number of vectors of " + to.modality
                          + " for " + to.task);
    }
    if (block.positions.size() != static_cast<std::size_t>(block.vectors)) {
        block.positions.clear();
    }
    block.noise_var = noise_var_of(data, block.symbols.size(), d_default_noise_var);
    return block;
}

void vq_lookup_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const model_sptr model = d_model.get();
    const route to = route_of(data, model->info());
    input received = block_of(data, to, *model);
    d_worker.submit(
        { std::move(data), to.task, to.modality, std::move(received), arrived });
}

std::vector<vq_lookup_impl::output> vq_lookup_impl::infer(
    const std::string& task, const std::string&, const std::vector<input>& inputs) const
{
    const auto mode = d_mode == lookup_mode::hard ? udeepsc_core::LookupMode::hard
                                                  : udeepsc_core::LookupMode::soft;
    const model_sptr model = d_model.get();
    std::vector<output> outputs;
    for (auto& block : model->lookup(task, inputs, mode)) {
        outputs.push_back({ std::move(block), model->info().id });
    }
    return outputs;
}

} // namespace udeepsc
} // namespace gr
