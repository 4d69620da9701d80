// SPDX-License-Identifier: GPL-3.0-or-later
#include "sound_source_impl.h"

#include <gnuradio/io_signature.h>
#include <udeepsc_core/sound.h>

namespace gr {
namespace udeepsc {

sound_source::sptr sound_source::make(const std::vector<std::string>& files,
                                      const std::string& task,
                                      const std::vector<std::string>& labels,
                                      const source_options& options)
{
    options.validate();
    if (!labels.empty() && labels.size() != files.size()) {
        throw std::invalid_argument("labels has " + std::to_string(labels.size())
                                    + " entries, expected none or one for each of the "
                                    + std::to_string(files.size()) + " files");
    }
    std::vector<sound_source_impl::item> items;
    for (std::size_t i = 0; i < files.size(); i++) {
        items.push_back({ files[i], labels.empty() ? "" : labels[i] });
    }
    return gnuradio::make_block_sptr<sound_source_impl>(std::move(items), task, options);
}

sound_source_impl::sound_source_impl(std::vector<item> items,
                                     const std::string& task,
                                     const source_options& options)
    : gr::block(
        "sound_source", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_task(task)
    , d_thread(*this, std::move(items), options, [this](const item& i) { send_sound(i); })
{
    add_input("trigger", [this](const pmt::pmt_t& msg) {
        if (pmt::is_symbol(msg)) {
            d_thread.trigger({ pmt::symbol_to_string(msg), "" });
        } else {
            d_thread.trigger_all();
        }
    });
    add_pdu_output();
}

bool sound_source_impl::start()
{
    d_thread.start();
    return true;
}

bool sound_source_impl::stop()
{
    d_thread.stop();
    return true;
}

void sound_source_impl::set_task(const std::string& task)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_task = task;
}

std::string sound_source_impl::task() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_task;
}

void sound_source_impl::send_sound(const item& wanted)
{
    const auto number = d_frame_id++; // also of one that cannot be read: another source's
                                      // samples keep their partners
    const auto sound = udeepsc_core::load_sound(wanted.file);
    if (!d_thread.wait_for_turn()) {
        return;
    }
    const auto frames
        = static_cast<int>(sound.samples.size()) / std::max(1, sound.channels);
    pdu data(pmt::make_dict(),
             pmt::init_f32vector(sound.samples.size(), sound.samples.data()));
    data.set(keys::frame_id(), pmt::from_uint64(number));
    data.set(keys::task(), pmt::intern(task()));
    data.set(keys::modality(), pmt::intern("speech"));
    data.set(keys::shape(), make_shape({ frames, sound.channels }));
    data.set(keys::sample_rate(), pmt::from_double(sound.sample_rate));
    data.set(keys::reference(),
             pmt::intern(wanted.label.empty() ? wanted.file : wanted.label));
    data.set(keys::t_source(), pmt::from_double(seconds_now()));
    send(data.message(), steady_clock::now());
}

} // namespace udeepsc
} // namespace gr
