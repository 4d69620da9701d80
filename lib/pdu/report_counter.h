// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace gr {
namespace udeepsc {

/*!
 * Numbers that rise over restarts and over whoever holds the key: milliseconds since
 * 1970, or one more than the last.
 */
class report_counter {
public:
    std::uint64_t next()
    {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto ms
            = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
        d_last = std::max(d_last + 1, static_cast<std::uint64_t>(std::max<long>(ms, 0)));
        return d_last;
    }

private:
    std::uint64_t d_last = 0;
};

} // namespace udeepsc
} // namespace gr
