// SPDX-License-Identifier: GPL-3.0-or-later
#include "feature_selector_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {

feature_selector::sptr feature_selector::make(const std::string& model,
                                              double snr_db,
                                              const inference_options& options)
{
    options.validate();
    require_range("snr_db", snr_db, -100, 100);
    return gnuradio::make_block_sptr<feature_selector_impl>(model, snr_db, options);
}

feature_selector_impl::feature_selector_impl(const std::string& model,
                                             double snr_db,
                                             const inference_options& options)
    : gr::block("feature_selector",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_snr_db(snr_db)
    , d_model(model, options.dtype)
    , d_worker(
          *this,
          options,
          [this](const auto& task, const auto& modality, const auto& inputs) {
              return infer(task, modality, inputs);
          },
          render)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_snr_input([this](double value) { d_snr_db = value; });
    add_pdu_output();
}

bool feature_selector_impl::start()
{
    d_worker.start();
    return true;
}

bool feature_selector_impl::stop()
{
    d_worker.stop();
    return true;
}

void feature_selector_impl::set_snr_db(double snr_db)
{
    require_range("snr_db", snr_db, -100, 100);
    d_snr_db = snr_db;
}

void feature_selector_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const route to = route_of(data, d_model.get()->info());
    auto features = features_of(data);
    d_worker.submit({ std::move(data),
                      to.task,
                      to.modality,
                      { std::move(features), d_snr_db },
                      arrived });
}

std::vector<feature_selector_impl::output>
feature_selector_impl::infer(const std::string& task,
                             const std::string& modality,
                             const std::vector<input>& inputs) const
{
    std::vector<udeepsc_core::FeatureMatrix> features;
    std::vector<double> snr_db;
    for (const auto& one : inputs) {
        features.push_back(one.features);
        snr_db.push_back(one.snr_db);
    }
    const model_sptr model = d_model.get();
    auto selections = model->select(task, modality, features, snr_db);
    std::vector<output> outputs;
    for (std::size_t i = 0; i < selections.size(); i++) {
        outputs.push_back({ std::move(selections[i]), snr_db.at(i), model->info().id });
    }
    return outputs;
}

pmt::pmt_t feature_selector_impl::render(pdu data, const output& result)
{
    const auto& selection = result.selection;
    data.set(keys::kept(), pmt::init_s32vector(selection.kept.size(), selection.kept));
    data.set(keys::candidates(), pmt::from_long(selection.candidates));
    data.set(keys::snr_db(), pmt::from_double(result.snr_db));
    return feature_message(std::move(data), selection.features, result.model_id);
}

} // namespace udeepsc
} // namespace gr
