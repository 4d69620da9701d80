// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/copy_receiver.h>

#include "maximum_ratio.h"

#include <algorithm>
#include <utility>

namespace udeepsc_phy {

namespace {

//! Whether what another copy says may help.
bool is_unread(const ReceivedFrame& frame)
{
    return (frame.fault == ReceivedFrame::Fault::no_header
            || frame.fault == ReceivedFrame::Fault::lost_description)
        && !frame.header_llrs.empty();
}

} // namespace

CopyReceiver::CopyReceiver(const FrameProfile& profile, unsigned copies)
    : d_demodulator(profile)
    , d_combiner(copies)
{ }

std::vector<CopiedFrame> CopyReceiver::receive(const DetectedBurst& burst,
                                               std::uint64_t number,
                                               Time now,
                                               const Accept& accept)
{
    std::vector<CopiedFrame> out;
    auto frame = d_demodulator.demodulate(burst);
    const bool several = d_combiner.copies() > 1;
    if (several && is_unread(frame) && !read_with_others(burst, frame)) {
        keep_unread({ burst, { std::move(frame), 1, number }, now }, out);
        return out;
    }
    if (!accept(frame)) {
        return out;
    }
    const ReceivedFrame copy = several ? frame : ReceivedFrame();
    take(std::move(frame), number, now, out);
    if (!copy.payloads.empty()) {
        read_again(copy, now, out);
    }
    return out;
}

//! Adds a frame to its copies, if it is one that can have any.
void CopyReceiver::take(ReceivedFrame&& frame,
                        std::uint64_t number,
                        Time now,
                        std::vector<CopiedFrame>& out)
{
    if (frame.payloads.empty()) {
        out.push_back({ std::move(frame), 1, number });
        return;
    }
    for (auto& done : d_combiner.take(std::move(frame), number, now)) {
        out.push_back(std::move(done));
    }
}

//! Reads a burst together with what may be copies of it; false if that does not help.
bool CopyReceiver::read_with_others(const DetectedBurst& burst, ReceivedFrame& frame)
{
    for (const auto* other : d_combiner.waiting()) {
        auto again = d_demodulator.demodulate(burst, other->header_llrs);
        if (are_copies(again, *other)) {
            frame = std::move(again);
            return true;
        }
    }
    // All of them say most if they are copies; but one may be a false alarm.
    std::vector<std::vector<float>> others;
    if (d_unread.size() > 1) {
        others.emplace_back();
    }
    for (const auto& unread : d_unread) {
        others.push_back(unread.frame.frame.header_llrs);
        if (d_unread.size() > 1) {
            detail::add_llrs(others.front(), others.back());
        }
    }
    for (const auto& llrs : others) {
        auto again = d_demodulator.demodulate(burst, llrs);
        if (!is_unread(again)) {
            frame = std::move(again);
            return true;
        }
    }
    return false;
}

void CopyReceiver::keep_unread(Unread&& unread, std::vector<CopiedFrame>& out)
{
    // All copies of a frame but one, and as many false alarms.
    const std::size_t most = 2 * (d_combiner.copies() - 1);
    d_unread.push_back(std::move(unread));
    if (d_unread.size() > most) {
        out.push_back(std::move(d_unread.front().frame));
        d_unread.erase(d_unread.begin());
    }
}

//! The bursts before a frame that could not be read: its copies, or given up.
void CopyReceiver::read_again(const ReceivedFrame& copy,
                              Time now,
                              std::vector<CopiedFrame>& out)
{
    for (auto& unread : d_unread) {
        auto again = d_demodulator.demodulate(unread.burst, copy.header_llrs);
        // Its signature would be older than that of the copy, as a replay's.
        if (!again.signature && are_copies(again, copy)) {
            take(std::move(again), unread.frame.burst, now, out);
        } else {
            out.push_back(std::move(unread.frame));
        }
    }
    d_unread.clear();
}

std::vector<CopiedFrame> CopyReceiver::take_older(Time than)
{
    auto out = d_combiner.take_older(than);
    std::vector<Unread> kept;
    for (auto& unread : d_unread) {
        if (unread.time < than) {
            out.push_back(std::move(unread.frame));
        } else {
            kept.push_back(std::move(unread));
        }
    }
    d_unread.swap(kept);
    return out;
}

std::size_t CopyReceiver::waiting() const
{
    return d_unread.size() + d_combiner.waiting().size();
}

std::uint64_t CopyReceiver::first_waiting(std::uint64_t none) const
{
    for (const auto& unread : d_unread) {
        none = std::min(none, unread.frame.burst);
    }
    return d_combiner.first_waiting(none);
}

} // namespace udeepsc_phy
