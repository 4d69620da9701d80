// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/copy_combiner.h>

#include "maximum_ratio.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace udeepsc_phy {

namespace {

//! Noise that equalisers leave at any SNR.
constexpr double LEAST_NOISE = 5e-3;

//! 20 to 1 against the same symbols. Noise leaves short payloads undecided; these count
//! as copies, as their header says.
constexpr double LEAST_EVIDENCE = -3.0;

//! Frames under one number that are kept apart: forgeries must not fill the memory.
constexpr std::size_t MAX_RIVALS = 4;

//! Of payloads that both have; none if they say different things.
std::size_t common_payloads(const ReceivedFrame& a, const ReceivedFrame& b)
{
    if (!(a.addresses == b.addresses)) {
        return 0;
    }
    const std::size_t n = std::min(a.payloads.size(), b.payloads.size());
    for (std::size_t i = 0; i < n; i++) {
        if (!(a.payloads[i].header == b.payloads[i].header)) {
            return 0;
        }
    }
    return n;
}

double sum_db(double a, double b)
{
    return 10.0 * std::log10(std::pow(10.0, a / 10.0) + std::pow(10.0, b / 10.0));
}

void add_copy(ReceivedFrame& sum, ReceivedFrame&& copy)
{
    const std::size_t n = std::min(sum.payloads.size(), copy.payloads.size());
    for (std::size_t i = 0; i < n; i++) {
        detail::add_by_maximum_ratio(sum.payloads[i],
                                     copy.payloads[i].symbols.data(),
                                     copy.payloads[i].noise_var.data());
        detail::check_labels(sum.payloads[i]);
    }
    std::move(copy.payloads.begin() + std::ptrdiff_t(n),
              copy.payloads.end(),
              std::back_inserter(sum.payloads));
    if (copy.fault == ReceivedFrame::Fault::none) {
        sum.fault = copy.fault;
    }
    detail::add_llrs(sum.header_llrs, copy.header_llrs);
    sum.snr_db = sum_db(sum.snr_db, copy.snr_db);
}

} // namespace

double copy_evidence(const ReceivedPayload& first, const ReceivedPayload& second)
{
    double evidence = 0.0;
    for (std::size_t k = 0; k < std::min(first.symbols.size(), second.symbols.size());
         k++) {
        const std::complex<double> a(first.symbols[k]), b(second.symbols[k]);
        const double v1 = 1.0 + std::max<double>(LEAST_NOISE, first.noise_var[k]);
        const double v2 = 1.0 + std::max<double>(LEAST_NOISE, second.noise_var[k]);
        const double determinant = v1 * v2 - 1.0;
        const double product = (a * std::conj(b)).real();
        evidence += std::log(v1 * v2 / determinant)
            - (v2 * std::norm(a) + v1 * std::norm(b) - 2.0 * product) / determinant
            + std::norm(a) / v1 + std::norm(b) / v2;
    }
    return evidence;
}

bool are_copies(const ReceivedFrame& first, const ReceivedFrame& second)
{
    const std::size_t n = common_payloads(first, second);
    double evidence = 0.0;
    for (std::size_t i = 0; i < n; i++) {
        evidence += copy_evidence(first.payloads[i], second.payloads[i]);
    }
    return n > 0 && evidence > LEAST_EVIDENCE;
}

CopyCombiner::CopyCombiner(unsigned copies)
    : d_copies(copies)
{
    if (copies < 1 || copies > MAX_COPIES) {
        throw std::invalid_argument("copies: got " + std::to_string(copies)
                                    + ", expected 1 to " + std::to_string(MAX_COPIES));
    }
}

std::vector<CopiedFrame>
CopyCombiner::take(ReceivedFrame frame, std::uint64_t burst, Time now)
{
    std::vector<CopiedFrame> out;
    if (d_copies == 1) {
        out.push_back({ std::move(frame), 1, burst });
        return out;
    }
    // What its source sent before is over.
    std::vector<Group> over;
    std::size_t rivals = 0;
    for (auto group = d_groups.begin(); group != d_groups.end();) {
        const auto& other = group->sum.frame;
        const bool same_number = common_payloads(other, frame) > 0;
        rivals += same_number;
        if (same_number || other.addresses.source != frame.addresses.source) {
            ++group;
            continue;
        }
        over.push_back(std::move(*group));
        group = d_groups.erase(group);
    }
    close(over, out);

    const auto copied
        = std::find_if(d_groups.begin(), d_groups.end(), [&](const Group& group) {
              return are_copies(group.sum.frame, frame);
          });
    if (copied == d_groups.end()) {
        if (rivals < MAX_RIVALS) {
            d_groups.push_back({ { std::move(frame), 1, burst }, now, false });
        } else {
            d_unlike++;
        }
        return out;
    }
    copied->last = now;
    if (copied->done) { // one more than were announced
        out.push_back({ std::move(frame), 1, burst });
        return out;
    }
    add_copy(copied->sum.frame, std::move(frame));
    copied->sum.burst = std::min(copied->sum.burst, burst);
    if (++copied->sum.copies == d_copies) {
        copied->done = true;
        out.push_back(copied->sum);
    }
    return out;
}

std::vector<CopiedFrame> CopyCombiner::take_older(Time than)
{
    std::vector<CopiedFrame> out;
    std::vector<Group> over, kept;
    for (auto& group : d_groups) {
        (group.last < than ? over : kept).push_back(std::move(group));
    }
    d_groups.swap(kept);
    close(over, out);
    return out;
}

//! Hands out what is not yet, but for what came less often than another under its number.
void CopyCombiner::close(const std::vector<Group>& groups, std::vector<CopiedFrame>& out)
{
    for (const auto& group : groups) {
        const bool outvoted
            = std::any_of(groups.begin(), groups.end(), [&](const Group& other) {
                  return other.sum.copies > group.sum.copies
                      && common_payloads(other.sum.frame, group.sum.frame) > 0;
              });
        if (outvoted) {
            d_unlike++;
        } else if (!group.done) {
            out.push_back(group.sum);
        }
    }
}

std::vector<const ReceivedFrame*> CopyCombiner::waiting() const
{
    std::vector<const ReceivedFrame*> frames;
    for (auto group = d_groups.rbegin(); group != d_groups.rend(); ++group) {
        if (!group->done) {
            frames.push_back(&group->sum.frame);
        }
    }
    return frames;
}

std::uint64_t CopyCombiner::first_waiting(std::uint64_t none) const
{
    for (const auto& group : d_groups) {
        none = group.done ? none : std::min(none, group.sum.burst);
    }
    return none;
}

std::size_t CopyCombiner::take_unlike()
{
    return std::exchange(d_unlike, 0);
}

} // namespace udeepsc_phy
