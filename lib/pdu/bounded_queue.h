// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>
#include <deque>
#include <functional>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief What waits between a message handler and a worker thread.
 *
 * Boost's condition variable, because the scheduler stops a block's thread by
 * boost::thread::interrupt(), which wakes no other one: a handler that holds its sender
 * back must not outlive tb.stop().
 */
template <typename T> class bounded_queue {
public:
    enum class outcome { queued, dropped_oldest, dropped_newest, closed };

    bounded_queue(std::size_t limit, overflow_policy policy)
        : d_limit(limit)
        , d_policy(policy)
    { }

    outcome push(T&& item)
    {
        boost::unique_lock<boost::mutex> lock(d_mutex);
        outcome result = outcome::queued;
        if (d_items.size() >= d_limit) {
            switch (d_policy) {
            case overflow_policy::block:
                while (d_items.size() >= d_limit && !d_closed) {
                    d_changed.wait(lock);
                }
                break;
            case overflow_policy::drop_oldest:
                d_items.pop_front();
                result = outcome::dropped_oldest;
                break;
            case overflow_policy::drop_newest:
                return outcome::dropped_newest;
            }
        }
        if (d_closed) {
            return outcome::closed;
        }
        d_items.push_back(std::move(item));
        d_changed.notify_all();
        return result;
    }

    /*!
     * Waits for an item, then until they fill a batch, but no longer than max_wait_ms.
     * `filled` says how many of those that wait do so: 0 while more may come in. Empty
     * when the queue is closed and drained.
     */
    std::vector<T>
    pop_batch(const std::function<std::size_t(const std::deque<T>&)>& filled,
              double max_wait_ms)
    {
        boost::unique_lock<boost::mutex> lock(d_mutex);
        while (d_items.empty() && !d_closed) {
            d_changed.wait(lock);
        }
        const auto deadline = boost::chrono::steady_clock::now()
            + boost::chrono::microseconds(static_cast<long>(1000 * max_wait_ms));
        std::size_t count = filled(d_items);
        while (count == 0 && d_items.size() < d_limit && !d_closed && max_wait_ms > 0) {
            if (d_changed.wait_until(lock, deadline) == boost::cv_status::timeout) {
                break;
            }
            count = filled(d_items);
        }
        if (count == 0) {
            count = d_items.size();
        }
        std::vector<T> batch;
        while (!d_items.empty() && batch.size() < count) {
            batch.push_back(std::move(d_items.front()));
            d_items.pop_front();
        }
        d_changed.notify_all();
        return batch;
    }

    void open()
    {
        boost::lock_guard<boost::mutex> lock(d_mutex);
        d_closed = false;
    }

    //! Wakes everybody; what waits may still be taken out.
    void close()
    {
        boost::lock_guard<boost::mutex> lock(d_mutex);
        d_closed = true;
        d_changed.notify_all();
    }

    //! Throws everything away; returns how much it was.
    std::size_t clear()
    {
        boost::lock_guard<boost::mutex> lock(d_mutex);
        const std::size_t count = d_items.size();
        d_items.clear();
        d_changed.notify_all();
        return count;
    }

    std::size_t size() const
    {
        boost::lock_guard<boost::mutex> lock(d_mutex);
        return d_items.size();
    }

private:
    const std::size_t d_limit;
    const overflow_policy d_policy;
    bool d_closed = false;
    std::deque<T> d_items;
    mutable boost::mutex d_mutex;
    boost::condition_variable d_changed;
};

} // namespace udeepsc
} // namespace gr
