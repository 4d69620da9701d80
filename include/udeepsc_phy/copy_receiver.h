// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/copy_combiner.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \brief BurstDemodulator for frames that are sent several times: bursts in, frames out,
 * each with all of its copies in it.
 *
 * A burst whose header, or description, cannot be read by itself is read together with
 * the frames that wait for copies and with the bursts before it that could not be read
 * either: their log likelihood ratios are added. What was put together so has to look
 * like a copy in its payload, too. Not safe to share between threads.
 */
class CopyReceiver {
public:
    using Time = CopyCombiner::Time;
    //! Says whether a frame that was read is taken at all.
    using Accept = std::function<bool(const ReceivedFrame&)>;

    //! \throws std::invalid_argument for other than 1 to MAX_COPIES.
    CopyReceiver(const FrameProfile& profile, unsigned copies);

    const FrameProfile& profile() const { return d_demodulator.profile(); }

    /*!
     * Returns the frames that are done with this burst, the oldest first, and those that
     * are given up, with their fault.
     * \param number the caller's, one more for each burst
     */
    std::vector<CopiedFrame> receive(const DetectedBurst& burst,
                                     std::uint64_t number,
                                     Time now,
                                     const Accept& accept);
    //! What nothing came to since then, done or given up.
    std::vector<CopiedFrame> take_older(Time than);

    //! Bursts and frames that wait.
    std::size_t waiting() const;
    //! The lowest number of a burst that waits, or whose frame does; \p none without any.
    std::uint64_t first_waiting(std::uint64_t none) const;
    //! See CopyCombiner.
    std::size_t take_unlike() { return d_combiner.take_unlike(); }

private:
    struct Unread {
        DetectedBurst burst;
        CopiedFrame frame; //!< its fault
        Time time;
    };

    bool read_with_others(const DetectedBurst& burst, ReceivedFrame& frame);
    void keep_unread(Unread&& unread, std::vector<CopiedFrame>& out);
    void read_again(const ReceivedFrame& copy, Time now, std::vector<CopiedFrame>& out);
    void take(ReceivedFrame&& frame,
              std::uint64_t number,
              Time now,
              std::vector<CopiedFrame>& out);

    BurstDemodulator d_demodulator;
    CopyCombiner d_combiner;
    std::vector<Unread> d_unread; //!< since the last frame that was read
};

} // namespace udeepsc_phy
