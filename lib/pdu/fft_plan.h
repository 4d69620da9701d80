// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/fft/fft.h>

#include <memory>
#include <mutex>

namespace gr {
namespace udeepsc {

/*!
 * \brief std::make_shared for what makes FFTW plans.
 *
 * FFTW's planner is not thread-safe, and other blocks of the process plan too: all take
 * GNU Radio's lock.
 */
template <typename T, typename... Args> std::shared_ptr<T> make_with_plans(Args&&... args)
{
    std::lock_guard<std::mutex> lock(gr::fft::planner::mutex());
    return std::make_shared<T>(std::forward<Args>(args)...);
}

} // namespace udeepsc
} // namespace gr
