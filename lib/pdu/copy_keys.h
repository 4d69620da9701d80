// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pmt/pmt.h>

/* What blocks say of frames that are sent several times. */
namespace gr {
namespace udeepsc {
namespace keys {

//! long: of a payload or of a burst, copies that were added up or are sent.
inline const pmt::pmt_t& copies()
{
    static const pmt::pmt_t s_copies = pmt::intern("copies");
    return s_copies;
}

//! long: which of them a burst is, 0 to copies - 1.
inline const pmt::pmt_t& copy()
{
    static const pmt::pmt_t s_copy = pmt::intern("copy");
    return s_copy;
}

} // namespace keys

namespace reasons {
//! Another frame under its number came more often.
constexpr const char* UNLIKE_COPY = "unlike copy";
} // namespace reasons

} // namespace udeepsc
} // namespace gr
