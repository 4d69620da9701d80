// SPDX-License-Identifier: GPL-3.0-or-later
#include "conventional_decoder_impl.h"

#include <gnuradio/io_signature.h>
#include <algorithm>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_conventional::DecodedBits;
using udeepsc_conventional::Mcs;
using udeepsc_conventional::Scheme;

constexpr int MAX_SIDE = 16384;
constexpr float MIN_NOISE_VAR = 1e-12F; // a channel without noise says 0

//! What was fixed, what the PDU names, or what fits the modulation that it names.
Mcs mcs_of(const Scheme& scheme,
           const pdu& data,
           const std::vector<std::complex<float>>& symbols,
           const std::vector<float>& noise_var)
{
    if (scheme.config().mcs != "adaptive") {
        return udeepsc_conventional::mcs_from_string(scheme.config().mcs);
    }
    udeepsc_phy::Modulation modulation;
    try {
        if (const auto name = data.symbol(keys::mcs())) {
            return udeepsc_conventional::mcs_from_string(*name);
        }
        modulation = udeepsc_phy::modulation_from_string(
            data.symbol(keys::modulation()).value_or(""));
    } catch (const std::invalid_argument& e) {
        throw bad_pdu(reasons::BAD_KEY,
                      std::string("neither \"mcs\" nor \"modulation\": ") + e.what());
    }
    return scheme.detect_mcs(symbols, noise_var, modulation);
}

} // namespace

conventional_decoder::sptr conventional_decoder::make(int height,
                                                      int width,
                                                      double default_noise_var,
                                                      const conventional_options& options)
{
    require_range("height", height, 1, MAX_SIDE);
    require_range("width", width, 1, MAX_SIDE);
    require_positive("default_noise_var", default_noise_var, 1e10);
    return gnuradio::make_block_sptr<conventional_decoder_impl>(
        height, width, default_noise_var, options);
}

conventional_decoder_impl::conventional_decoder_impl(int height,
                                                     int width,
                                                     double default_noise_var,
                                                     const conventional_options& options)
    : gr::block("conventional_decoder",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_scheme(options)
    , d_height(height)
    , d_width(width)
    , d_default_noise_var(default_noise_var)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

void conventional_decoder_impl::set_default_noise_var(double noise_var)
{
    require_positive("default_noise_var", noise_var, 1e10);
    d_default_noise_var = noise_var;
}

DecodedBits conventional_decoder_impl::receive(const Scheme& scheme,
                                               const pdu& data) const
{
    const auto symbols = data.complexes();
    if (symbols.empty()) {
        throw bad_pdu(reasons::WRONG_SHAPE, "payload is empty");
    }
    auto noise_var = noise_var_of(data, symbols.size(), d_default_noise_var);
    for (auto& one : noise_var) {
        one = std::max(one, MIN_NOISE_VAR);
    }
    try {
        const auto mcs = mcs_of(scheme, data, symbols, noise_var);
        return scheme.receive(symbols, noise_var, mcs);
    } catch (const std::invalid_argument& e) { // so few symbols that no bit fits
        throw bad_pdu(reasons::WRONG_SHAPE, e.what());
    }
}

void conventional_decoder_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const auto scheme = d_scheme.get();
    const auto bits = receive(*scheme, data);
    if (bits.sound < bits.bits.size()) {
        d_damaged++;
    }
    if (scheme->sends_pictures()) {
        const auto picture = scheme->picture_of(bits, d_height, d_width);
        data.set(keys::output(), pmt::intern("picture"));
        data.set(keys::shape(), make_shape({ d_height, d_width, 3 }));
        data.payload = pmt::init_u8vector(picture.rgb.size(), picture.rgb);
    } else {
        const std::string text = scheme->text_of(bits);
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        data.set(keys::output(), pmt::intern("sentence"));
        data.set(keys::shape(), make_shape({ static_cast<int>(bytes.size()) }));
        data.payload = pmt::init_u8vector(bytes.size(), bytes);
    }
    wait_for_room();
    send(data.message(), arrived);
}

} // namespace udeepsc
} // namespace gr
