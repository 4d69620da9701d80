// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_fading_channel_impl.h"
#include "channel_message.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::Fading;

Fading to_phy(channel_type model)
{
    switch (model) {
    case channel_type::none:
        return Fading::none;
    case channel_type::awgn:
        return Fading::awgn;
    case channel_type::rayleigh:
        return Fading::rayleigh;
    case channel_type::rician:
        return Fading::rician;
    }
    throw std::invalid_argument("no channel of that number");
}

channel_type from_message(const pmt::pmt_t& msg)
{
    const std::string name = channel_from_message(msg);
    for (const auto model : { channel_type::none,
                              channel_type::awgn,
                              channel_type::rayleigh,
                              channel_type::rician }) {
        if (name == udeepsc_phy::to_string(to_phy(model))) {
            return model;
        }
    }
    throw bad_pdu(reasons::BAD_CHANNEL,
                  "got \"" + name + "\", expected none, awgn, rayleigh or rician");
}

} // namespace

block_fading_channel::sptr block_fading_channel::make(channel_type model,
                                                      double snr_db,
                                                      double k_factor_db,
                                                      std::uint64_t seed)
{
    require_range("snr_db", snr_db, -100, 100);
    require_range("k_factor_db", k_factor_db, -100, 100);
    return gnuradio::make_block_sptr<block_fading_channel_impl>(
        model, snr_db, k_factor_db, seed);
}

block_fading_channel_impl::block_fading_channel_impl(channel_type model,
                                                     double snr_db,
                                                     double k_factor_db,
                                                     std::uint64_t seed)
    : gr::block("block_fading_channel",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_model(model)
    , d_snr_db(snr_db)
    , d_k_factor_db(k_factor_db)
    , d_seed(seed)
    , d_channel(config())
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_snr_input([this](double value) { d_snr_db = value; });
    add_input("channel", [this](const pmt::pmt_t& msg) { d_model = from_message(msg); });
    add_pdu_output();
}

void block_fading_channel_impl::set_model(channel_type model)
{
    to_phy(model);
    d_model = model;
}

void block_fading_channel_impl::set_snr_db(double snr_db)
{
    require_range("snr_db", snr_db, -100, 100);
    d_snr_db = snr_db;
}

void block_fading_channel_impl::set_k_factor_db(double k_factor_db)
{
    require_range("k_factor_db", k_factor_db, -100, 100);
    d_k_factor_db = k_factor_db;
}

udeepsc_phy::FadingConfig block_fading_channel_impl::config() const
{
    udeepsc_phy::FadingConfig config;
    config.fading = to_phy(d_model);
    config.esn0_db = d_snr_db;
    config.rician_k_db = d_k_factor_db;
    config.seed = d_seed;
    return config;
}

void block_fading_channel_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    auto symbols = data.complexes();
    if (symbols.empty()) {
        throw bad_pdu(reasons::WRONG_SHAPE, "payload is empty");
    }
    // The setters only write what is read here, once per PDU: no lock, and a PDU never
    // sees half a change.
    d_channel.set_config(config());
    if (d_restart.exchange(false)) {
        d_channel.restart();
    }
    const auto state = d_channel.apply(symbols.data(), symbols.size(), symbols.data());
    const double noise_var = udeepsc_phy::equalize(
        symbols.data(), symbols.size(), state.gain, state.n0, symbols.data());

    data.set(keys::noise_var(), pmt::from_double(noise_var));
    data.set(keys::h(), pmt::from_complex(state.gain));
    data.set(keys::channel(), pmt::intern(to_string(d_channel.config().fading)));
    data.payload = pmt::init_c32vector(symbols.size(), symbols);
    wait_for_room();
    send(data.message(), arrived);
}

} // namespace udeepsc
} // namespace gr
