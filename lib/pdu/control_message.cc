// SPDX-License-Identifier: GPL-3.0-or-later
#include "control_message.h"

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::ControlMessage;
using Kind = ControlMessage::Kind;

Kind kind_of(const std::string& name)
{
    for (const Kind kind : { Kind::text, Kind::csi, Kind::acknowledgement }) {
        if (name == name_of(kind)) {
            return kind;
        }
    }
    throw bad_pdu(reasons::BAD_KEY,
                  "key \"control\" is \"" + name
                      + "\", expected text, csi or acknowledgement");
}

} // namespace

const char* name_of(Kind kind)
{
    switch (kind) {
    case Kind::csi:
        return "csi";
    case Kind::acknowledgement:
        return "acknowledgement";
    case Kind::text:
        break;
    }
    return "text";
}

ControlMessage control_message_of(const pdu& data, const payload_format& format)
{
    ControlMessage message;
    message.kind = kind_of(data.symbol(keys::control()).value_or(""));
    message.frame_id = data.unsigned_number(keys::frame_id()).value_or(0) & 0xff;
    if (message.kind == Kind::csi) {
        const auto snr_db = data.number(keys::snr_db());
        if (!snr_db) {
            throw bad_pdu(reasons::BAD_KEY, "key \"snr_db\" is missing");
        }
        message.esn0_db = *snr_db;
    } else if (message.kind == Kind::acknowledgement) {
        message.task = format.number_of_task(data.symbol(keys::task()).value_or(""));
    } else {
        const auto bytes = data.bytes();
        message.text.assign(bytes.begin(), bytes.end());
    }
    try {
        message.validate();
    } catch (const std::invalid_argument& e) {
        throw bad_pdu(message.kind == Kind::text ? reasons::WRONG_SHAPE
                                                 : reasons::BAD_KEY,
                      e.what());
    }
    return message;
}

pdu pdu_of(const ControlMessage& message, const payload_format& format)
{
    const std::vector<std::uint8_t> bytes(message.text.begin(), message.text.end());
    pdu data(pmt::make_dict(), pmt::init_u8vector(bytes.size(), bytes));
    data.set(keys::control(), pmt::intern(name_of(message.kind)));
    data.set(keys::frame_id(), pmt::from_uint64(message.frame_id));
    if (message.kind == Kind::csi) {
        data.set(keys::snr_db(), pmt::from_double(message.esn0_db));
    } else if (message.kind == Kind::acknowledgement) {
        data.set(keys::task(), pmt::intern(format.task_of_number(message.task)));
    }
    return data;
}

} // namespace udeepsc
} // namespace gr
