// SPDX-License-Identifier: GPL-3.0-or-later
// Messages of any kind, as another block or another program may send them.
#include "fuzz_input.h"

#include <pdu.h>
#include <picture_board.h>
#include <raw_payloads.h>

#include <udeepsc_phy/framer.h>

#include <functional>

using namespace gr::udeepsc;

namespace {

pmt::pmt_t vector_of(fuzz::Input& input, unsigned type)
{
    const std::size_t count = input.choice(64);
    const auto numbers = [&](auto zero) {
        std::vector<decltype(zero)> values;
        for (std::size_t i = 0; i < count; ++i)
            values.push_back(input.number<decltype(zero)>());
        return values;
    };
    switch (type) {
    case 0:
        return pmt::init_u8vector(count, numbers(std::uint8_t {}));
    case 1:
        return pmt::init_u16vector(count, numbers(std::uint16_t {}));
    case 2:
        return pmt::init_s32vector(count, numbers(std::int32_t {}));
    case 3:
        return pmt::init_f32vector(count, numbers(float {}));
    case 4:
        return pmt::init_f64vector(count, numbers(double {}));
    default: {
        std::vector<std::complex<float>> values;
        for (std::size_t i = 0; i < count; ++i) {
            const float real = input.number<float>();
            values.emplace_back(real, input.number<float>());
        }
        return pmt::init_c32vector(count, values);
    }
    }
}

const std::vector<pmt::pmt_t>& known_keys()
{
    static const std::vector<pmt::pmt_t> s_keys
        = { keys::shape(),      keys::snr_db(),   keys::noise_var(),    keys::frame_id(),
            keys::modulation(), keys::picture(),  keys::picture_size(), keys::tile(),
            keys::modality(),   keys::reference() };
    return s_keys;
}

pmt::pmt_t value_of(fuzz::Input& input, int depth);

pmt::pmt_t dict_of(fuzz::Input& input, int depth)
{
    auto dict = pmt::make_dict();
    for (unsigned left = input.choice(8); left > 0; --left) {
        const auto& key
            = known_keys()[input.choice(static_cast<unsigned>(known_keys().size()))];
        dict = pmt::dict_add(dict, key, value_of(input, depth + 1));
    }
    return dict;
}

pmt::pmt_t value_of(fuzz::Input& input, int depth)
{
    const unsigned kind = input.choice(depth < 4 ? 16 : 13);
    if (kind < 6)
        return vector_of(input, kind);
    switch (kind) {
    case 6:
        return pmt::from_long(input.number<long>());
    case 7:
        return pmt::from_uint64(input.number<std::uint64_t>());
    case 8:
        return pmt::from_double(input.number<double>());
    case 9:
        return pmt::intern(input.text(input.choice(3))); // symbols are kept for good
    case 10:
        return pmt::PMT_NIL;
    case 11:
        return pmt::PMT_T;
    case 12:
        return pmt::intern("qpsk");
    case 13:
        return dict_of(input, depth);
    default: {
        const auto first = value_of(input, depth + 1);
        return pmt::cons(first, value_of(input, depth + 1));
    }
    }
}

void refused(const std::function<void()>& body)
{
    try {
        body();
    } catch (const bad_pdu& e) {
        fuzz::require(!e.reason().empty(), "a refusal has a reason");
    }
}

void read_keys(const pdu& data)
{
    for (const auto& key : known_keys()) {
        refused([&] { data.symbol(key); });
        refused([&] { data.number(key); });
        refused([&] { data.unsigned_number(key); });
        refused([&] { data.integers(key); });
    }
    for (std::size_t dimensions = 1; dimensions < 4; ++dimensions)
        refused([&] { data.shape(dimensions); });
    refused([&] { noise_var_of(data, data.complexes().size(), 1.0); });
}

void read_payload(const pdu& data)
{
    refused([&] { data.bytes(); });
    refused([&] { data.indices(); });
    refused([&] { data.reals(); });
    refused([&] { data.samples(); });
    refused([&] {
        static const raw_payloads s_format;
        static const udeepsc_phy::Framer s_framer { udeepsc_phy::FrameProfile() };
        const auto payload = s_format.payload_of(data);
        // What a PDU is made to, a framer takes and a receiver makes a PDU of.
        try {
            s_framer.frame({ payload });
        } catch (const std::invalid_argument&) {
            fuzz::require(false, "a framer takes what a PDU is made to");
        }
        udeepsc_phy::ReceivedPayload received;
        received.header = payload.header;
        received.symbols = payload.symbols;
        s_format.contents_of(received);
    });
}

void lay_tile(const pdu& data)
{
    refused([&] {
        const auto bytes = data.bytes();
        const auto shape = data.shape(3);
        if (shape[2] != 3)
            return;
        // One at a time: a large picture is allowed, several take more than an input may.
        picture_board board(1);
        const auto size = data.integers(keys::picture_size());
        const auto tile = data.integers(keys::tile());
        board.lay(data.symbol(keys::picture()).value_or(""),
                  size.value_or(std::vector<int> { 8, 8 }),
                  tile.value_or(std::vector<int> { 0, 0 }),
                  bytes,
                  shape[0],
                  shape[1]);
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const auto message = input.choice(8) == 0
        ? value_of(input, 0)
        : pmt::cons(dict_of(input, 0), vector_of(input, input.choice(6)));
    refused([&] { snr_from_message(message); });
    refused([&] {
        const pdu parsed(message);
        read_keys(parsed);
        read_payload(parsed);
        lay_tile(parsed);
    });
    return 0;
}
