// SPDX-License-Identifier: GPL-3.0-or-later
#include "pdu.h"
#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/source_options.h>

namespace gr {
namespace udeepsc {

void inference_options::validate() const
{
    if (dtype != "fp32" && dtype != "bf16") {
        throw std::invalid_argument("dtype is \"" + dtype
                                    + "\", expected \"fp32\" or \"bf16\"");
    }
    require_range("threads", threads, 1, 256);
    require_range("batch", batch, 1, 1024);
    require_range("max_wait_ms", max_wait_ms, 0, 1000);
    require_range("queue", queue, 1, 65536);
}

void source_options::validate() const
{
    require_range("repeat", repeat, 0, 2147483647);
    require_range("pace", pace, 0, 1e6);
}

} // namespace udeepsc
} // namespace gr
