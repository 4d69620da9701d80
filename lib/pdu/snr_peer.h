// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"
#include "snr_datagram.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace gr {
namespace udeepsc {

/*!
 * Whose reports csi_feedback takes over UDP, and how many: those of the first peer until
 * it has been silent, in rising numbers, at a bounded rate. Endpoint: an address with a
 * port.
 */
template <typename Endpoint> class snr_peer {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    static constexpr std::uint32_t MAX_JUMP = 1000; // between two numbers
    static constexpr double MAX_RATE = 1000; // reports per second
    static constexpr double MAX_BURST = 100; // reports at once

    //! Why a report that came now is not taken; nullptr: it is. A peer not heard for
    //! `silence` makes room for another.
    const char* refuse(const Endpoint& from,
                       const snr_datagram& report,
                       time_point now,
                       duration silence)
    {
        const bool bound = d_peer && now - d_heard < silence;
        if (bound && from != *d_peer) {
            return reasons::OTHER_PEER;
        }
        // In another session the sender began again, and counts from 1.
        if (bound && report.session == d_session) {
            // Modulo 2^32.
            const auto jump = static_cast<std::int32_t>(report.number - d_number);
            if (jump <= 0) {
                return reasons::OLD_DATAGRAM;
            }
            if (static_cast<std::uint32_t>(jump) > MAX_JUMP) {
                return reasons::DATAGRAM_AHEAD;
            }
        }
        d_peer = from;
        d_session = report.session;
        d_number = report.number;
        d_heard = now;
        return within_rate(now) ? nullptr : reasons::TOO_MANY_DATAGRAMS;
    }

    void forget() { d_peer.reset(); }
    std::uint32_t number() const { return d_number; }

private:
    bool within_rate(time_point now)
    {
        const std::chrono::duration<double> passed = now - d_counted;
        d_counted = now;
        d_allowed = std::min(MAX_BURST, d_allowed + MAX_RATE * passed.count());
        if (d_allowed < 1) {
            return false;
        }
        d_allowed -= 1;
        return true;
    }

    std::optional<Endpoint> d_peer;
    std::uint32_t d_session = 0;
    std::uint32_t d_number = 0; // of the last report
    time_point d_heard; // the last report
    time_point d_counted = std::chrono::steady_clock::now();
    double d_allowed = MAX_BURST;
};

} // namespace udeepsc
} // namespace gr
