// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_keys.h>
#include <pmt/pmt.h>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

/*! A PDU that a block cannot use: the reason it is counted under, and the details. */
class bad_pdu : public std::runtime_error {
public:
    bad_pdu(std::string reason, const std::string& detail)
        : std::runtime_error(detail)
        , d_reason(std::move(reason))
    { }
    const std::string& reason() const { return d_reason; }

private:
    std::string d_reason;
};

// The reasons, spelt once. include/gnuradio/udeepsc/pdu_block.h lists them.
namespace reasons {
constexpr const char* NOT_A_PDU = "not a pdu";
constexpr const char* WRONG_TYPE = "wrong type";
constexpr const char* WRONG_SHAPE = "wrong shape";
constexpr const char* UNKNOWN_TASK = "unknown task";
constexpr const char* WRONG_MODALITY = "wrong modality";
constexpr const char* NOT_FINITE = "not finite";
constexpr const char* BAD_SNR = "bad snr";
constexpr const char* BAD_KEY = "bad key";
constexpr const char* BAD_SAMPLE = "bad sample";
constexpr const char* QUEUE_FULL = "queue full";
constexpr const char* INCOMPLETE = "incomplete";
constexpr const char* NETWORK = "network";
constexpr const char* STOPPED = "stopped";
// Of bursts
constexpr const char* NO_HEADER = "no header";
constexpr const char* BAD_HEADER = "bad header";
constexpr const char* CUT = "cut";
constexpr const char* LOST_DESCRIPTION = "lost description";
constexpr const char* OTHER_VERSION = "other version";
constexpr const char* OTHER_ADDRESS = "other address";
constexpr const char* OTHER_MODEL = "other model";
constexpr const char* WRONG_MODULATION = "wrong modulation";
constexpr const char* DUPLICATE = "duplicate";
// Of the feedback link
constexpr const char* BAD_DATAGRAM = "bad datagram";
constexpr const char* OLD_DATAGRAM = "old datagram";
constexpr const char* OTHER_PEER = "other peer";
constexpr const char* DATAGRAM_AHEAD = "datagram ahead";
constexpr const char* TOO_MANY_DATAGRAMS = "too many datagrams";
constexpr const char* NOT_SENT = "not sent";
// With a key
constexpr const char* NOT_AUTHENTIC = "not authentic";
constexpr const char* OLD_FRAME = "old frame";
} // namespace reasons

/*! Dictionary and payload of a PDU. */
struct pdu {
    pmt::pmt_t meta;
    pmt::pmt_t payload;

    //! Throws bad_pdu unless msg is cons(dict, uniform vector).
    explicit pdu(const pmt::pmt_t& msg);
    pdu(pmt::pmt_t a_meta, pmt::pmt_t a_payload)
        : meta(std::move(a_meta))
        , payload(std::move(a_payload))
    { }

    pmt::pmt_t message() const { return pmt::cons(meta, payload); }
    void set(const pmt::pmt_t& key, const pmt::pmt_t& value);

    // Readers of a key: nothing if it is missing, bad_pdu if it holds something else.
    std::optional<std::string> symbol(const pmt::pmt_t& key) const;
    std::optional<double> number(const pmt::pmt_t& key) const;
    std::optional<std::uint64_t> unsigned_number(const pmt::pmt_t& key) const;
    std::optional<std::vector<int>> integers(const pmt::pmt_t& key) const;

    //! The key "shape": throws bad_pdu unless it has `dimensions` positive entries whose
    //! product is the length of the payload.
    std::vector<int> shape(std::size_t dimensions) const;

    // The payload: throws bad_pdu for another type or, in a vector of reals or complex
    // numbers, for a value that is not finite.
    std::vector<std::uint8_t> bytes() const;
    std::vector<std::uint16_t> indices() const;
    std::vector<float> reals() const;
    std::vector<std::complex<float>> complexes() const;
    //! As complexes(), but lets pass what is not finite: samples of a radio.
    std::vector<std::complex<float>> samples() const;
};

pmt::pmt_t make_shape(const std::vector<int>& dimensions);

//! Es/N0 in dB from a number, a pair (snr_db . number) or a dict with snr_db. Throws
//! bad_pdu for anything else and outside -100..100.
double snr_from_message(const pmt::pmt_t& msg);

//! Noise variance from the key of that name, one value or `symbols` of them; fallback
//! where it is missing. Throws bad_pdu unless all are finite and not negative.
std::vector<float> noise_var_of(const pdu& data, std::size_t symbols, double fallback);

//! Throws std::invalid_argument naming the parameter unless low <= value <= high.
void require_range(const char* name, double value, double low, double high);
//! The same for 0 < value <= high.
void require_positive(const char* name, double value, double high);

//! Throws std::invalid_argument unless a block's parameter layers is 0 to 8.
void require_layers(int layers);

//! What one block of a sample is called among its others: its modality, and from layer 1
//! on the layer too.
std::string part_name(const std::string& modality, std::size_t layer);

} // namespace udeepsc
} // namespace gr
