// SPDX-License-Identifier: GPL-3.0-or-later
#include "vq_lookup_impl.h"

#include <gnuradio/io_signature.h>
#include <numeric>

namespace gr {
namespace udeepsc {

vq_lookup::sptr vq_lookup::make(const std::string& model,
                                lookup_mode mode,
                                double default_noise_var,
                                const inference_options& options)
{
    options.validate();
    require_positive("default_noise_var", default_noise_var, 1e10);
    return gnuradio::make_block_sptr<vq_lookup_impl>(model, mode, default_noise_var, options);
}

vq_lookup_impl::vq_lookup_impl(const std::string& model,
                               lookup_mode mode,
                               double default_noise_var,
                               const inference_options& options)
    : gr::block("vq_lookup",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0)),
      d_mode(mode),
      d_default_noise_var(default_noise_var),
      d_model(model, options.dtype),
      d_worker(
          *this,
          options,
          [this](const auto& task, const auto& modality, const auto& inputs) {
              return infer(task, modality, inputs);
          },
          [](pdu data, const output& features) {
              return feature_message(std::move(data), features.value, features.model_id);
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

void vq_lookup_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const model_sptr model = d_model.get();
    const route to = route_of(data, model->info());
    input received;
    received.symbols = data.complexes();
    const std::size_t count = received.symbols.size();
    if (count == 0 ||
        model->vectors_in(to.task, to.modality, static_cast<int>(count)) < 1) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      std::to_string(count) + " symbols are no whole number of vectors of " +
                          to.modality + " for " + to.task);
    }
    received.noise_var = noise_var_of(data, count, d_default_noise_var);
    const double mean =
        std::accumulate(received.noise_var.begin(), received.noise_var.end(), 0.0) /
        received.noise_var.size();
    data.set(keys::noise_var(), pmt::from_double(mean));
    d_worker.submit({ std::move(data), to.task, to.modality, std::move(received), arrived });
}

std::vector<vq_lookup_impl::output>
vq_lookup_impl::infer(const std::string& task,
                      const std::string& modality,
                      const std::vector<input>& inputs) const
{
    std::vector<std::vector<std::complex<float>>> symbols;
    std::vector<std::vector<float>> noise_var;
    for (const auto& one : inputs) {
        symbols.push_back(one.symbols);
        noise_var.push_back(one.noise_var);
    }
    const auto mode = d_mode == lookup_mode::hard ? udeepsc_core::LookupMode::hard
                                                  : udeepsc_core::LookupMode::soft;
    const model_sptr model = d_model.get();
    std::vector<output> outputs;
    for (auto& features : model->lookup(task, modality, symbols, noise_var, mode)) {
        outputs.push_back({ std::move(features), model->info().id });
    }
    return outputs;
}

} // namespace udeepsc
} // namespace gr
