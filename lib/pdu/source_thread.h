// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/source_options.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

namespace gr {
namespace udeepsc {

/*!
 * \brief The thread of a source: waits for the start or a trigger, keeps the pace.
 *
 * `Item` is what the source's list holds: a picture's file, a text. One pass calls
 * `send_item` for every item, which sends PDUs through paced() and stops early when that
 * says so.
 */
template <typename Item> class source_thread {
public:
    using send_function = std::function<void(const Item&)>;

    source_thread(pdu_block_impl& owner,
                  std::vector<Item> items,
                  const source_options& options,
                  send_function send_item)
        : d_owner(owner)
        , d_items(std::move(items))
        , d_options(options)
        , d_send_item(std::move(send_item))
        , d_pace(options.pace)
    { }

    ~source_thread() { stop(); }

    void start()
    {
        stop();
        d_stopping = false;
        if (d_options.start == source_start::at_start) {
            trigger_all();
        }
        d_thread = std::thread([this] { run(); });
    }

    void stop()
    {
        if (!d_thread.joinable()) {
            return;
        }
        {
            std::lock_guard<std::mutex> lock(d_mutex);
            d_stopping = true;
            d_orders.clear();
        }
        d_changed.notify_all();
        d_thread.join();
    }

    //! Orders that wait are bounded: a trigger that comes too fast is refused.
    void trigger_all() { order({ d_items, d_options.repeat }); }
    void trigger(const Item& item) { order({ { item }, 1 }); }

    void set_pace(double pace)
    {
        require_range("pace", pace, 0, 1e6);
        d_pace = pace;
    }
    double pace() const { return d_pace; }

    //! Waits for the PDU's turn; false if the source is being stopped.
    bool wait_for_turn()
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        const double pace = d_pace;
        if (pace > 0) {
            d_changed.wait_until(lock, d_next, [this] { return d_stopping.load(); });
            const auto period = std::chrono::duration_cast<steady_clock::duration>(
                std::chrono::duration<double>(1 / pace));
            // Late by much (a slow file, a changed pace): go on from now, no catching up.
            d_next = std::max(d_next + period, steady_clock::now() - period);
        }
        while (!d_stopping && d_owner.congested()) {
            d_changed.wait_for(lock, std::chrono::microseconds(500));
        }
        return !d_stopping;
    }

private:
    struct pass {
        std::vector<Item> items;
        int repeat; // 0: without end
    };

    static constexpr std::size_t s_order_limit = 64;

    void order(pass&& wanted)
    {
        {
            std::lock_guard<std::mutex> lock(d_mutex);
            if (d_orders.size() < s_order_limit) {
                d_orders.push_back(std::move(wanted));
                d_changed.notify_all();
                return;
            }
        }
        d_owner.drop(reasons::QUEUE_FULL, "too many triggers wait");
    }

    void run()
    {
        for (;;) {
            pass current;
            {
                std::unique_lock<std::mutex> lock(d_mutex);
                d_changed.wait(lock, [this] { return d_stopping || !d_orders.empty(); });
                if (d_stopping) {
                    return;
                }
                current = std::move(d_orders.front());
                d_orders.pop_front();
                d_next = steady_clock::now();
            }
            send_pass(current);
        }
    }

    void send_pass(const pass& current)
    {
        for (int i = 0; current.repeat == 0 || i < current.repeat; i++) {
            const std::uint64_t sent_before = d_owner.sent();
            for (const Item& item : current.items) {
                if (d_stopping) {
                    return;
                }
                try {
                    d_send_item(item);
                } catch (const bad_pdu& e) {
                    d_owner.drop(e.reason(), e.what());
                } catch (const std::exception& e) {
                    d_owner.drop(reasons::BAD_SAMPLE, e.what());
                }
            }
            if (current.repeat == 0 && d_owner.sent() == sent_before) {
                return; // nothing in the list can be sent: do not spin
            }
        }
    }

    pdu_block_impl& d_owner;
    const std::vector<Item> d_items;
    const source_options d_options;
    const send_function d_send_item;
    std::atomic<double> d_pace;
    std::atomic<bool> d_stopping { false };
    std::mutex d_mutex;
    std::condition_variable d_changed;
    std::deque<pass> d_orders;
    steady_clock::time_point d_next; // earliest time of the next PDU
    std::thread d_thread;
};

//! Seconds of the monotonic clock, for the key t_source.
inline double seconds_now()
{
    return std::chrono::duration<double>(steady_clock::now().time_since_epoch()).count();
}

} // namespace udeepsc
} // namespace gr
