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
    return gnuradio::make_block_sptr<sound_source_impl>(
        labelled(files, labels, "files"), task, options);
}

sound_source_impl::sound_source_impl(std::vector<list_item> items,
                                     const std::string& task,
                                     const source_options& options)
    : gr::block(
        "sound_source", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , list_source(std::move(items), task, options)
{ }

void sound_source_impl::send_item(const list_item& wanted)
{
    const auto number = d_frame_id++; // also of one that cannot be read: another source's
                                      // samples keep their partners
    const auto sound = udeepsc_core::load_sound(wanted.content);
    if (!wait_for_turn()) {
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
             pmt::intern(wanted.label.empty() ? wanted.content : wanted.label));
    data.set(keys::t_source(), pmt::from_double(seconds_now()));
    send(data.message(), steady_clock::now());
}

} // namespace udeepsc
} // namespace gr
