// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace gr {
namespace udeepsc {

/*!
 * \brief Calls a function again and again, in a thread of its own.
 */
class interval_thread {
public:
    //! what: must not throw
    interval_thread(std::chrono::milliseconds interval, std::function<void()> what)
        : d_interval(interval)
        , d_what(std::move(what))
    { }
    ~interval_thread() { stop(); }

    void start()
    {
        stop();
        d_stopping = false;
        d_thread = std::thread([this] { run(); });
    }

    void stop()
    {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_stopping = true;
        }
        d_wake.notify_all();
        if (d_thread.joinable()) {
            d_thread.join();
        }
    }

private:
    void run()
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        while (!d_wake.wait_for(lock, d_interval, [this] { return d_stopping; })) {
            lock.unlock();
            d_what();
            lock.lock();
        }
    }

    const std::chrono::milliseconds d_interval;
    const std::function<void()> d_what;
    std::mutex d_mutex; // of d_stopping
    std::condition_variable d_wake;
    bool d_stopping = false;
    std::thread d_thread;
};

} // namespace udeepsc
} // namespace gr
