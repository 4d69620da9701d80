// SPDX-License-Identifier: GPL-3.0-or-later
#include "digital_modulator_impl.h"

#include <gnuradio/io_signature.h>
#include <algorithm>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::Modulation;

Modulation to_phy(modulation_type modulation)
{
    switch (modulation) {
    case modulation_type::bpsk:
        return Modulation::bpsk;
    case modulation_type::qpsk:
        return Modulation::qpsk;
    case modulation_type::qam16:
        return Modulation::qam16;
    case modulation_type::qam64:
        return Modulation::qam64;
    case modulation_type::qam256:
        return Modulation::qam256;
    case modulation_type::from_pdu:
        break;
    }
    throw std::invalid_argument("no constellation of that number");
}

void require_below(const std::vector<std::uint16_t>& indices, std::size_t limit)
{
    const auto largest = std::max_element(indices.begin(), indices.end());
    if (largest != indices.end() && *largest >= limit) {
        throw bad_pdu(reasons::BAD_SAMPLE,
                      "index " + std::to_string(*largest) + " is not below "
                          + std::to_string(limit));
    }
}

} // namespace

digital_modulator::sptr digital_modulator::make(modulation_type modulation,
                                                index_mapping mapping)
{
    return gnuradio::make_block_sptr<digital_modulator_impl>(modulation, mapping);
}

digital_modulator_impl::digital_modulator_impl(modulation_type modulation,
                                               index_mapping mapping)
    : gr::block("digital_modulator",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_modulation(modulation)
    , d_mapping(mapping)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

const udeepsc_phy::Mapper& digital_modulator_impl::mapper_for(const pdu& data)
{
    Modulation wanted;
    const modulation_type parameter = d_modulation;
    if (parameter != modulation_type::from_pdu) {
        wanted = to_phy(parameter);
    } else {
        try {
            wanted = udeepsc_phy::modulation_from_string(
                data.symbol(keys::modulation()).value_or(""));
        } catch (const std::invalid_argument& e) {
            throw bad_pdu(reasons::BAD_KEY,
                          std::string("key \"modulation\": ") + e.what());
        }
    }
    if (!d_mapper || d_mapper->constellation().modulation() != wanted) {
        d_mapper = std::make_unique<udeepsc_phy::Mapper>(wanted);
    }
    return *d_mapper;
}

index_mapping digital_modulator_impl::mapping_for(const pdu& data) const
{
    const index_mapping parameter = d_mapping;
    if (parameter != index_mapping::from_pdu) {
        return parameter;
    }
    const std::string name = data.symbol(keys::mapping()).value_or("");
    if (name == "symbol") {
        return index_mapping::symbol;
    }
    if (name == "bits") {
        return index_mapping::bits;
    }
    throw bad_pdu(reasons::BAD_KEY,
                  "key \"mapping\" is \"" + name + "\", expected \"symbol\" or \"bits\"");
}

void digital_modulator_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const auto indices = data.indices();
    if (indices.empty()) {
        throw bad_pdu(reasons::WRONG_SHAPE, "payload is empty");
    }
    const auto& mapper = mapper_for(data);
    const index_mapping mapping = mapping_for(data);
    const double tx_gain = data.number(keys::tx_gain()).value_or(1.0);
    if (!(tx_gain > 0)) {
        throw bad_pdu(reasons::BAD_KEY, "key \"tx_gain\" is not more than 0");
    }

    std::vector<std::complex<float>> symbols;
    if (mapping == index_mapping::symbol) {
        require_below(indices, mapper.constellation().size());
        symbols = mapper.map_labels(indices);
    } else {
        const double bits = data.number(keys::bits_per_index()).value_or(0);
        if (!(bits >= 1 && bits <= 16)) {
            throw bad_pdu(reasons::BAD_KEY, "key \"bits_per_index\" is not in 1..16");
        }
        require_below(indices, std::size_t { 1 } << static_cast<unsigned>(bits));
        symbols = mapper.map_indices(indices, static_cast<unsigned>(bits));
    }
    for (auto& symbol : symbols) {
        symbol *= static_cast<float>(tx_gain);
    }

    data.set(keys::modulation(),
             pmt::intern(to_string(mapper.constellation().modulation())));
    data.set(keys::mapping(),
             pmt::intern(mapping == index_mapping::symbol ? "symbol" : "bits"));
    data.set(keys::symbols(), pmt::from_long(static_cast<long>(symbols.size())));
    data.payload = pmt::init_c32vector(symbols.size(), symbols);
    wait_for_room();
    send(data.message(), arrived);
}

} // namespace udeepsc
} // namespace gr
