// SPDX-License-Identifier: GPL-3.0-or-later
#include "pdu.h"

#include <cmath>
#include <limits>
#include <sstream>

namespace gr {
namespace udeepsc {
namespace {

[[noreturn]] void bad_key(const pmt::pmt_t& key, const char* expected)
{
    throw bad_pdu(reasons::BAD_KEY,
                  "key \"" + pmt::symbol_to_string(key) + "\" is not " + expected);
}

[[noreturn]] void wrong_type(const char* expected)
{
    throw bad_pdu(reasons::WRONG_TYPE, std::string("payload is not a ") + expected);
}

void require_finite(const float* values, std::size_t count)
{
    for (std::size_t i = 0; i < count; i++) {
        if (!std::isfinite(values[i])) {
            throw bad_pdu(reasons::NOT_FINITE,
                          "payload holds NaN or infinity at position "
                              + std::to_string(i));
        }
    }
}

// Reals and integers of every width that a message may bring.
std::optional<double> to_number(const pmt::pmt_t& value)
{
    if (pmt::is_uint64(value)) {
        return static_cast<double>(pmt::to_uint64(value));
    }
    if (pmt::is_integer(value) || pmt::is_real(value)) {
        return pmt::to_double(value);
    }
    return std::nullopt;
}

} // namespace

pdu::pdu(const pmt::pmt_t& msg)
{
    if (!pmt::is_pair(msg)) {
        throw bad_pdu(reasons::NOT_A_PDU, "message is not a pair");
    }
    meta = pmt::car(msg);
    payload = pmt::cdr(msg);
    if (!pmt::is_null(meta) && !pmt::is_dict(meta)) {
        throw bad_pdu(reasons::NOT_A_PDU, "first half of the pair is not a dict");
    }
    if (!pmt::is_uniform_vector(payload)) {
        throw bad_pdu(reasons::NOT_A_PDU,
                      "second half of the pair is not a uniform vector");
    }
    if (pmt::is_null(meta)) {
        meta = pmt::make_dict();
    }
}

void pdu::set(const pmt::pmt_t& key, const pmt::pmt_t& value)
{
    meta = pmt::dict_add(meta, key, value);
}

std::optional<std::string> pdu::symbol(const pmt::pmt_t& key) const
{
    const pmt::pmt_t value = pmt::dict_ref(meta, key, pmt::PMT_NIL);
    if (pmt::is_null(value)) {
        return std::nullopt;
    }
    if (!pmt::is_symbol(value)) {
        bad_key(key, "a symbol");
    }
    return pmt::symbol_to_string(value);
}

std::optional<double> pdu::number(const pmt::pmt_t& key) const
{
    const pmt::pmt_t value = pmt::dict_ref(meta, key, pmt::PMT_NIL);
    if (pmt::is_null(value)) {
        return std::nullopt;
    }
    const auto number = to_number(value);
    if (!number || !std::isfinite(*number)) {
        bad_key(key, "a finite number");
    }
    return number;
}

std::optional<std::uint64_t> pdu::unsigned_number(const pmt::pmt_t& key) const
{
    const pmt::pmt_t value = pmt::dict_ref(meta, key, pmt::PMT_NIL);
    if (pmt::is_null(value)) {
        return std::nullopt;
    }
    if (pmt::is_uint64(value)) {
        return pmt::to_uint64(value);
    }
    // Python makes a long of a small number.
    if (pmt::is_integer(value) && pmt::to_long(value) >= 0) {
        return static_cast<std::uint64_t>(pmt::to_long(value));
    }
    bad_key(key, "an unsigned integer");
}

std::optional<std::vector<int>> pdu::integers(const pmt::pmt_t& key) const
{
    const pmt::pmt_t value = pmt::dict_ref(meta, key, pmt::PMT_NIL);
    if (pmt::is_null(value)) {
        return std::nullopt;
    }
    if (!pmt::is_s32vector(value)) {
        bad_key(key, "an s32vector");
    }
    return pmt::s32vector_elements(value);
}

std::vector<int> pdu::shape(std::size_t dimensions) const
{
    const auto found = integers(keys::shape());
    std::ostringstream text;
    if (!found) {
        throw bad_pdu(reasons::WRONG_SHAPE, "key \"shape\" is missing");
    }
    double product = 1; // cannot overflow
    bool positive = true;
    text << "shape [";
    for (const int size : *found) {
        text << ' ' << size;
        product *= size;
        positive = positive && size > 0;
    }
    text << " ] of " << pmt::length(payload) << " values, expected " << dimensions
         << " positive dimensions that hold them all";
    if (found->size() != dimensions || !positive
        || product != static_cast<double>(pmt::length(payload))) {
        throw bad_pdu(reasons::WRONG_SHAPE, text.str());
    }
    return *found;
}

std::vector<std::uint8_t> pdu::bytes() const
{
    if (!pmt::is_u8vector(payload)) {
        wrong_type("u8vector");
    }
    return pmt::u8vector_elements(payload);
}

std::vector<std::uint16_t> pdu::indices() const
{
    if (!pmt::is_u16vector(payload)) {
        wrong_type("u16vector");
    }
    return pmt::u16vector_elements(payload);
}

std::vector<float> pdu::reals() const
{
    if (!pmt::is_f32vector(payload)) {
        wrong_type("f32vector");
    }
    std::size_t count = 0;
    const float* values = pmt::f32vector_elements(payload, count);
    require_finite(values, count);
    return { values, values + count };
}

std::vector<std::complex<float>> pdu::complexes() const
{
    auto values = samples();
    require_finite(reinterpret_cast<const float*>(values.data()), 2 * values.size());
    return values;
}

std::vector<std::complex<float>> pdu::samples() const
{
    if (!pmt::is_c32vector(payload)) {
        wrong_type("c32vector");
    }
    std::size_t count = 0;
    const std::complex<float>* values = pmt::c32vector_elements(payload, count);
    return { values, values + count };
}

pmt::pmt_t make_shape(const std::vector<int>& dimensions)
{
    return pmt::init_s32vector(dimensions.size(), dimensions);
}

double snr_from_message(const pmt::pmt_t& msg)
{
    pmt::pmt_t value = msg;
    if (pmt::is_dict(msg) && pmt::dict_has_key(msg, keys::snr_db())) {
        value = pmt::dict_ref(msg, keys::snr_db(), pmt::PMT_NIL);
    } else if (pmt::is_pair(msg) && pmt::eq(pmt::car(msg), keys::snr_db())) {
        value = pmt::cdr(msg);
    }
    const auto snr_db = to_number(value);
    if (!snr_db) {
        throw bad_pdu(reasons::BAD_SNR,
                      "expected a number, (snr_db . number) or a dict with snr_db");
    }
    // Written so that NaN fails too.
    if (!(*snr_db >= -100 && *snr_db <= 100)) {
        throw bad_pdu(reasons::BAD_SNR,
                      "Es/N0 is " + std::to_string(*snr_db) + " dB, expected -100..100");
    }
    return *snr_db;
}

std::vector<float> noise_var_of(const pdu& data, std::size_t symbols, double fallback)
{
    const pmt::pmt_t value = pmt::dict_ref(data.meta, keys::noise_var(), pmt::PMT_NIL);
    std::vector<float> noise_var;
    if (pmt::is_null(value)) {
        noise_var = { static_cast<float>(fallback) };
    } else if (pmt::is_f32vector(value)) {
        noise_var = pmt::f32vector_elements(value);
        if (noise_var.size() != symbols) {
            throw bad_pdu(reasons::BAD_KEY,
                          "noise_var holds " + std::to_string(noise_var.size())
                              + " values for " + std::to_string(symbols) + " symbols");
        }
    } else if (const auto number = to_number(value)) {
        noise_var = { static_cast<float>(*number) };
    } else {
        bad_key(keys::noise_var(), "a number or an f32vector");
    }
    for (const float n : noise_var) {
        if (!std::isfinite(n) || n < 0) {
            bad_key(keys::noise_var(), "finite and >= 0");
        }
    }
    return noise_var;
}

void require_range(const char* name, double value, double low, double high)
{
    if (!(value >= low && value <= high)) {
        std::ostringstream text;
        text << name << " is " << value << ", expected " << low << ".." << high;
        throw std::invalid_argument(text.str());
    }
}

void require_positive(const char* name, double value, double high)
{
    if (!(value > 0 && value <= high)) {
        std::ostringstream text;
        text << name << " is " << value << ", expected more than 0, at most " << high;
        throw std::invalid_argument(text.str());
    }
}

void require_layers(int layers)
{
    require_range("layers", layers, 0, 8);
}

std::string part_name(const std::string& modality, std::size_t layer)
{
    return layer == 0 ? modality : modality + " layer " + std::to_string(layer + 1);
}

} // namespace udeepsc
} // namespace gr
