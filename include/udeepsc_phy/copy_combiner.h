// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/burst_demodulator.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

//! Copies of a frame that a receiver adds up at most.
constexpr unsigned MAX_COPIES = 8;

/*! A frame that was sent several times, one copy behind the other. */
struct CopiedFrame {
    ReceivedFrame frame; //!< position and offsets are the first copy's
    unsigned copies = 1; //!< that are in it
    std::uint64_t burst = 0; //!< the caller's number of the first copy
};

/*!
 * Log likelihood ratio, in nats: two arrivals of the same payload symbols, or of others.
 * For symbols of energy 1 that are drawn as a complex Gaussian; with noise n1 and n2 the
 * two arrivals have variances 1 + n1 and 1 + n2, and covariance 1 if they are the same.
 */
double copy_evidence(const ReceivedPayload& first, const ReceivedPayload& second);

//! Whether both say that they hold the same payloads, and their symbols do not say
//! otherwise. One that was cut has the first of them alone.
bool are_copies(const ReceivedFrame& first, const ReceivedFrame& second);

/*!
 * \brief Adds up the copies of frames, symbol by symbol, each with the weight of 1 /
 * noise: the maximum ratio.
 *
 * A frame is done with its last copy, or when another frame of its source comes. Frames
 * with the same header and other symbols are kept apart: one that a stranger has forged
 * is not added to what it imitates. Of such the ones with fewer copies are left out.
 * Source of the weights: D. G. Brennan, "Linear diversity combining techniques", 1959.
 * Not safe to share between threads.
 */
class CopyCombiner {
public:
    using Time = std::chrono::steady_clock::time_point;

    //! \throws std::invalid_argument for other than 1 to MAX_COPIES.
    explicit CopyCombiner(unsigned copies);

    unsigned copies() const { return d_copies; }

    //! Takes a frame with payloads; returns the frames that are done, the oldest first.
    std::vector<CopiedFrame> take(ReceivedFrame frame, std::uint64_t burst, Time now);
    //! Those of which nothing came since then, with the copies that there are.
    std::vector<CopiedFrame> take_older(Time than);

    //! The frames that wait for further copies, the newest first; until the next call of
    //! another function.
    std::vector<const ReceivedFrame*> waiting() const;

    //! The lowest number of a burst whose frame waits; \p none without any.
    std::uint64_t first_waiting(std::uint64_t none) const;

    //! Frames left out since the last call, because others under their number came more
    //! often.
    std::size_t take_unlike();

private:
    struct Group {
        CopiedFrame sum;
        Time last;
        bool done; //!< handed out
    };
    void close(const std::vector<Group>& groups, std::vector<CopiedFrame>& out);

    const unsigned d_copies;
    std::vector<Group> d_groups; //!< in the order in which they began
    std::size_t d_unlike = 0;
};

} // namespace udeepsc_phy
