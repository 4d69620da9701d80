// SPDX-License-Identifier: GPL-3.0-or-later
#include "conventional_encoder_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_conventional::RgbPicture;
using udeepsc_conventional::Scheme;

constexpr int MAX_SYMBOLS = 1000000;

void require_symbols(int symbols)
{
    require_range("symbols", symbols, 1, MAX_SYMBOLS);
}

void require_snr(double snr_db)
{
    require_range("snr_db", snr_db, -100, 100);
}

RgbPicture picture_of(const pdu& data)
{
    const auto shape = data.shape(3);
    if (shape[2] != 3) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      "a picture of " + std::to_string(shape[2])
                          + " colours, expected 3");
    }
    return { shape[0], shape[1], data.bytes() };
}

Scheme::Sent encode(const Scheme& scheme, const pdu& data, int symbols, double snr_db)
{
    const auto uses = static_cast<std::size_t>(symbols);
    try {
        if (scheme.sends_pictures()) {
            return scheme.send(picture_of(data), uses, snr_db);
        }
        const auto bytes = data.bytes();
        return scheme.send(std::string(bytes.begin(), bytes.end()), uses, snr_db);
    } catch (const std::invalid_argument& e) {
        throw bad_pdu(reasons::BAD_SAMPLE, e.what());
    }
}

} // namespace

conventional_encoder::sptr conventional_encoder::make(int symbols,
                                                      double snr_db,
                                                      const conventional_options& options)
{
    require_symbols(symbols);
    require_snr(snr_db);
    return gnuradio::make_block_sptr<conventional_encoder_impl>(symbols, snr_db, options);
}

conventional_encoder_impl::conventional_encoder_impl(int symbols,
                                                     double snr_db,
                                                     const conventional_options& options)
    : gr::block("conventional_encoder",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_scheme(options)
    , d_symbols(symbols)
    , d_snr_db(snr_db)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_snr_input([this](double value) { d_snr_db = value; });
    add_pdu_output();
}

void conventional_encoder_impl::set_symbols(int symbols)
{
    require_symbols(symbols);
    d_symbols = symbols;
}

void conventional_encoder_impl::set_snr_db(double snr_db)
{
    require_snr(snr_db);
    d_snr_db = snr_db;
}

void conventional_encoder_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const auto scheme = d_scheme.get();
    const double snr_db = d_snr_db;
    const auto sent = encode(*scheme, data, d_symbols, snr_db);
    const int count = static_cast<int>(sent.symbols.size());

    if (!pmt::dict_has_key(data.meta, keys::reference())) {
        data.set(keys::reference(), data.payload);
    }
    data.set(keys::snr_db(), pmt::from_double(snr_db));
    data.set(keys::modulation(), pmt::intern(to_string(sent.mcs.modulation)));
    data.set(keys::mcs(), pmt::intern(to_string(sent.mcs)));
    data.set(keys::symbols(), pmt::from_long(count));
    data.set(keys::shape(), make_shape({ count }));
    data.payload = pmt::init_c32vector(sent.symbols.size(), sent.symbols);
    wait_for_room();
    send(data.message(), arrived);
}

} // namespace udeepsc
} // namespace gr
