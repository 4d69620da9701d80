// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "receive/frame_reader.h"

#include <udeepsc_phy/burst_detector.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*! Samples of a stream that are still there. */
struct StreamSamples {
    std::vector<std::complex<float>> values;
    std::int64_t first = 0; //!< number in the stream of values[0]

    std::int64_t end() const { return first + static_cast<std::int64_t>(values.size()); }
};

/*!
 * \brief Preambles found, until the samples of their frames are there.
 *
 * How long a frame is stands in its header, which is read here as soon as it has come.
 * What has no header that can be read is given with the header's samples alone, or with
 * those of the longest frame where copies of it may tell the header. Not safe to share
 * between threads.
 */
class BurstQueue {
public:
    //! \param keep_unread DetectorConfig's
    explicit BurstQueue(const FrameProfile& profile, bool keep_unread = false);

    void add(const Detection& detection);
    //! The bursts that are complete, in the order in which they begin.
    void take_complete(const StreamSamples& stream, std::vector<DetectedBurst>& out);
    //! All bursts, with what there is of them.
    std::vector<DetectedBurst> take_all(const StreamSamples& stream);
    void clear() { d_waiting.clear(); }

    //! The first sample that a burst which waits may ask for; \p none without any.
    std::int64_t first_sample(std::int64_t none) const;
    //! Samples before a preamble that belong to its burst.
    std::int64_t samples_before() const { return d_samples_before; }
    //! Bursts given up since the start because too many (64) waited at a time.
    std::uint64_t dropped() const { return d_dropped; }

private:
    struct Waiting {
        Detection detection;
        std::int64_t end; //!< of the samples that are known to belong to it
        bool header_read;
    };

    std::int64_t samples_for(std::size_t symbols) const;
    DetectedBurst cut_out(const StreamSamples& stream,
                          const Detection& detection,
                          std::int64_t end) const;

    const bool d_keep_unread;
    const unsigned d_samples_per_symbol;
    const std::int64_t d_samples_before;
    FrameReader d_reader;
    const std::int64_t d_longest; //!< samples after a detection, of the longest frame
    std::vector<Waiting> d_waiting; //!< in order of time
    std::uint64_t d_dropped = 0;
};

} // namespace detail
} // namespace udeepsc_phy
