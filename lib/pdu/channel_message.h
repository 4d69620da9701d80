// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"

#include <string>

namespace gr {
namespace udeepsc {

namespace reasons {
constexpr const char* BAD_CHANNEL = "bad channel";
} // namespace reasons

//! Name of a channel from a symbol, or from a pair (channel . symbol) as GNU Radio's
//! widgets send it. Throws bad_pdu for anything else.
inline std::string channel_from_message(const pmt::pmt_t& msg)
{
    const bool pair = pmt::is_pair(msg) && pmt::eq(pmt::car(msg), keys::channel());
    const pmt::pmt_t value = pair ? pmt::cdr(msg) : msg;
    if (!pmt::is_symbol(value)) {
        throw bad_pdu(reasons::BAD_CHANNEL,
                      "expected a channel's name, a symbol or (channel . symbol)");
    }
    return pmt::symbol_to_string(value);
}

} // namespace udeepsc
} // namespace gr
