// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/basic_block.h>
#include <gnuradio/udeepsc/api.h>

namespace gr {
namespace udeepsc {

//! Whether 16 messages or more wait at a block behind `port`, or one of this module's
//! there says that it is full: sending more would only grow its inbox.
UDEEPSC_API bool congested(gr::basic_block& sender, const pmt::pmt_t& port);

} // namespace udeepsc
} // namespace gr
