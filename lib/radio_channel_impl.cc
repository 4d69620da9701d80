// SPDX-License-Identifier: GPL-3.0-or-later
#include "radio_channel_impl.h"
#include "channel_message.h"

#include <gnuradio/io_signature.h>
#include <algorithm>
#include <cmath>

namespace gr {
namespace udeepsc {
namespace {

// Samples in one pass: a setter takes effect at most so much later.
constexpr int s_most_samples = 8192;

// What the port "channel" takes; "awgn" is what block_fading_channel calls no fading.
std::string fading_from_message(const pmt::pmt_t& msg)
{
    const std::string name = channel_from_message(msg);
    if (name == "awgn") {
        return "none";
    }
    if (name != "rayleigh" && name != "rician") {
        throw bad_pdu(reasons::BAD_CHANNEL,
                      "got \"" + name + "\", expected awgn, rayleigh or rician");
    }
    return name;
}

// Samples that the channel's interpolation keeps back.
constexpr double s_ahead = 12;

} // namespace

radio_channel::sptr radio_channel::make(const udeepsc_phy::RadioChannelConfig& config)
{
    config.validate();
    return gnuradio::make_block_sptr<radio_channel_impl>(config);
}

radio_channel_impl::radio_channel_impl(const udeepsc_phy::RadioChannelConfig& config)
    : gr::block("radio_channel",
                gr::io_signature::make(1, 1, sizeof(gr_complex)),
                gr::io_signature::make(1, 1, sizeof(gr_complex)))
    , d_config(config)
    , d_channel(config)
{
    set_tag_propagation_policy(TPP_DONT); // move_tags()
    add_snr_input([this](double snr_db) { set_snr_db(snr_db); });
    add_input("channel",
              [this](const pmt::pmt_t& msg) { set_fading(fading_from_message(msg)); });
}

bool radio_channel_impl::start()
{
    // The first run is the phy object's own, sample by sample.
    if (d_ran) {
        d_channel.restart();
    }
    d_ran = true;
    d_ready.clear();
    d_sent = 0;
    d_given = 0;
    return true;
}

udeepsc_phy::RadioChannelConfig radio_channel_impl::config() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_config;
}

void radio_channel_impl::set_config(const udeepsc_phy::RadioChannelConfig& config)
{
    config.validate();
    std::lock_guard<std::mutex> lock(d_mutex);
    const std::uint64_t seed = d_config.seed;
    d_config = config;
    d_config.seed = seed;
    d_changed = true;
}

template <typename T>
void radio_channel_impl::change(T config_type::*field, const T& value)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    config_type fresh = d_config;
    fresh.*field = value;
    fresh.validate();
    d_config = fresh;
    d_changed = true;
}

void radio_channel_impl::restart()
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_restart = true;
}

void radio_channel_impl::set_snr_db(double snr_db)
{
    change(&config_type::esn0_db, snr_db);
}
void radio_channel_impl::set_gain_db(double gain_db)
{
    change(&config_type::gain_db, gain_db);
}
void radio_channel_impl::set_phase(double phase)
{
    change(&config_type::phase, phase);
}
void radio_channel_impl::set_cfo(double cfo)
{
    change(&config_type::cfo, cfo);
}
void radio_channel_impl::set_delay(double delay)
{
    change(&config_type::delay, delay);
}
void radio_channel_impl::set_clock_ppm(double clock_ppm)
{
    change(&config_type::clock_ppm, clock_ppm);
}
void radio_channel_impl::set_phase_noise(double rms)
{
    change(&config_type::phase_noise, rms);
}
void radio_channel_impl::set_multipath(const std::string& profile)
{
    change(&config_type::multipath, profile);
}
void radio_channel_impl::set_fading(const std::string& fading)
{
    change(&config_type::fading, fading);
}
void radio_channel_impl::set_doppler(double doppler)
{
    change(&config_type::doppler, doppler);
}
void radio_channel_impl::set_rician_k_db(double k_db)
{
    change(&config_type::rician_k_db, k_db);
}

void radio_channel_impl::set_faults(const udeepsc_phy::HardwareFaults& faults)
{
    change(&config_type::faults, faults);
}

void radio_channel_impl::take_over()
{
    std::lock_guard<std::mutex> lock(d_mutex);
    if (d_changed) {
        d_channel.set_config(d_config);
        d_changed = false;
    }
    if (d_restart) {
        d_channel.restart();
        d_restart = false;
    }
}

void radio_channel_impl::move_tags(int count)
{
    const auto& config = d_channel.config();
    std::vector<tag_t> tags;
    get_tags_in_window(tags, 0, 0, count);
    for (tag_t& tag : tags) {
        // The channel has given all that lies `delay` after what it was given.
        const double after = static_cast<double>(tag.offset - nitems_read(0));
        tag.offset = d_given
            + static_cast<std::uint64_t>(std::lround(
                std::max(config.delay, s_ahead) + after * (1 + 1e-6 * config.clock_ppm)));
        add_item_tag(0, tag);
    }
}

void radio_channel_impl::add_time_tags()
{
    const double rate = d_channel.config().faults.drop_tag_rate;
    if (rate == 0.0) {
        return;
    }
    const auto& losses = d_channel.losses();
    if (d_given == 0 && !d_ready.empty() && (losses.empty() || losses[0].index > 0)) {
        add_time_tag(0, 0, rate);
    }
    for (const auto& loss : losses) {
        add_time_tag(loss.index, loss.sample, rate);
    }
}

void radio_channel_impl::add_time_tag(std::size_t index,
                                      std::uint64_t sample,
                                      double rate)
{
    static const auto s_rx_time = pmt::mp("rx_time"), s_rx_rate = pmt::mp("rx_rate");
    const double seconds = std::floor(sample / rate);
    const auto time = pmt::make_tuple(
        pmt::from_uint64(static_cast<std::uint64_t>(seconds)),
        pmt::from_double((static_cast<double>(sample) - seconds * rate) / rate));
    add_item_tag(0, d_given + index, s_rx_time, time);
    add_item_tag(0, d_given + index, s_rx_rate, pmt::from_double(rate));
}

void radio_channel_impl::forecast(int, gr_vector_int& ninput_items_required)
{
    ninput_items_required[0] = d_sent < d_ready.size() ? 0 : 1;
}

int radio_channel_impl::general_work(int noutput_items,
                                     gr_vector_int& ninput_items,
                                     gr_vector_const_void_star& input_items,
                                     gr_vector_void_star& output_items)
{
    auto* const out = static_cast<gr_complex*>(output_items[0]);
    if (d_sent == d_ready.size()) {
        take_over();
        const int taken = std::min({ ninput_items[0], noutput_items, s_most_samples });
        move_tags(taken);
        d_ready = d_channel.apply(static_cast<const gr_complex*>(input_items[0]), taken);
        d_sent = 0;
        add_time_tags();
        d_given += d_ready.size();
        consume(0, taken);
    }
    const std::size_t given
        = std::min<std::size_t>(noutput_items, d_ready.size() - d_sent);
    std::copy_n(d_ready.begin() + d_sent, given, out);
    d_sent += given;
    return static_cast<int>(given);
}

} // namespace udeepsc
} // namespace gr
