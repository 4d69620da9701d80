// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample_source_impl.h"
#include "model_summary.h"

#include <gnuradio/io_signature.h>
#include <algorithm>
#include <cmath>

namespace gr {
namespace udeepsc {

sample_source::sptr sample_source::make(const std::string& model,
                                        const std::string& task,
                                        const std::string& data_dir,
                                        const std::vector<std::string>& datasets,
                                        const std::string& split,
                                        int limit,
                                        const source_options& options)
{
    options.validate();
    require_range("limit", limit, 0, 1e9);
    const model_summary summary(model);
    udeepsc_core::DatasetOptions wanted;
    wanted.data_dir = data_dir;
    wanted.split = split;
    wanted.data = datasets;
    auto data = udeepsc_core::open_data(summary.config(), task, wanted);
    const std::size_t all = data->size();
    const std::size_t n = limit > 0 ? std::min<std::size_t>(all, limit) : all;
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < n; i++) {
        numbers.push_back(i * all / n);
    }
    const bool layered = !summary.config().task(task).inputs.front().layers.empty();
    return gnuradio::make_block_sptr<sample_source_impl>(
        task, std::move(data), std::move(numbers), layered, options);
}

sample_source_impl::sample_source_impl(const std::string& task,
                                       dataset_sptr data,
                                       std::vector<std::size_t> numbers,
                                       bool repeats_picture,
                                       const source_options& options)
    : gr::block(
        "sample_source", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_task(task)
    , d_data(std::move(data))
    , d_repeats_picture(repeats_picture)
    , d_size(static_cast<int>(numbers.size()))
    , d_thread(
          *this, std::move(numbers), options, [this](std::size_t i) { send_sample(i); })
{
    add_input("trigger", [this](const pmt::pmt_t&) { d_thread.trigger_all(); });
    add_pdu_output();
}

bool sample_source_impl::start()
{
    d_thread.start();
    return true;
}

bool sample_source_impl::stop()
{
    d_thread.stop();
    return true;
}

pmt::pmt_t sample_source_impl::reference_of(const udeepsc_core::Target& target,
                                            const pmt::pmt_t& payload) const
{
    const auto& classes = d_data->describe().classes;
    if (d_repeats_picture) { // with its class as a by-product
        return payload;
    }
    if (target.label >= 0 && static_cast<std::size_t>(target.label) < classes.size()) {
        return pmt::intern(classes[static_cast<std::size_t>(target.label)]);
    }
    return std::isfinite(target.score) ? pmt::from_double(target.score) : payload;
}

void sample_source_impl::send_sample(std::size_t number)
{
    const auto sample = d_data->at(number);
    std::size_t earlier = 0;
    for (const auto& frames : sample.context) {
        earlier = std::max(earlier, frames.second.size());
    }
    if (earlier > 0 && d_frame_id > 0) {
        d_frame_id += s_new_story;
    }
    for (std::size_t left = earlier; left > 0; left--) {
        for (const auto& [modality, frames] : sample.context) {
            if (left <= frames.size()
                && !send_input(modality, frames[frames.size() - left], nullptr)) {
                return;
            }
        }
        d_frame_id++;
    }
    for (const auto& [modality, input] : sample.inputs) {
        if (!send_input(modality, input, &sample.target)) {
            return;
        }
    }
    d_frame_id++;
}

bool sample_source_impl::send_input(const std::string& modality,
                                    const udeepsc_core::SourceSample& input,
                                    const udeepsc_core::Target* target)
{
    if (!d_thread.wait_for_turn()) {
        return false;
    }
    const bool bytes = input.reals.empty();
    pdu data(pmt::make_dict(),
             bytes ? pmt::init_u8vector(input.bytes.size(), input.bytes)
                   : pmt::init_f32vector(input.reals.size(), input.reals));
    data.set(keys::frame_id(), pmt::from_uint64(d_frame_id));
    data.set(keys::task(), pmt::intern(d_task));
    data.set(keys::modality(), pmt::intern(modality));
    data.set(keys::shape(), make_shape(input.shape));
    if (input.sample_rate > 0) {
        data.set(keys::sample_rate(), pmt::from_double(input.sample_rate));
    }
    data.set(keys::reference(),
             target ? reference_of(*target, data.payload) : data.payload);
    data.set(keys::t_source(), pmt::from_double(seconds_now()));
    send(data.message(), steady_clock::now());
    return true;
}

} // namespace udeepsc
} // namespace gr
