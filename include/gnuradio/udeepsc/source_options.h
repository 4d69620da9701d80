// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/api.h>

namespace gr {
namespace udeepsc {

//! When a source sends.
enum class source_start {
    at_start, //!< when the flowgraph starts
    on_trigger, //!< when a message comes to "trigger"
};

/*! When and how fast a source sends. */
struct UDEEPSC_API source_options {
    source_start start = source_start::at_start; //!< at the start, or on a trigger
    int repeat = 1; //!< passes over the list for each start, 0 or more; 0: without end
    //! PDUs per second, 0..1e6; 0: as fast as the next block takes them.
    double pace = 0;

    //! Throws std::invalid_argument naming the field, what it holds and what it may hold.
    void validate() const;
};

} // namespace udeepsc
} // namespace gr
