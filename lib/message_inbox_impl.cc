// SPDX-License-Identifier: GPL-3.0-or-later
#include "message_inbox_impl.h"

#include <gnuradio/io_signature.h>
#include <algorithm>
#include <iterator>
#include <set>

namespace gr {
namespace udeepsc {

message_inbox::sptr message_inbox::make(const std::vector<std::string>& ports,
                                        int limit,
                                        overflow_policy policy)
{
    require_range("limit", limit, 1, 1000000);
    const std::set<std::string> names(ports.begin(), ports.end());
    if (names.empty() || names.size() != ports.size() || names.count("")) {
        throw std::invalid_argument("ports: got " + std::to_string(ports.size())
                                    + " names, expected at least one, each once");
    }
    if (policy == overflow_policy::block) {
        throw std::invalid_argument(
            "policy: got block, expected drop_oldest or drop_newest");
    }
    return gnuradio::make_block_sptr<message_inbox_impl>(ports, limit, policy);
}

message_inbox_impl::message_inbox_impl(const std::vector<std::string>& ports,
                                       std::size_t limit,
                                       overflow_policy policy)
    : gr::block(
        "message_inbox", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_limit(limit)
    , d_policy(policy)
{
    for (const auto& port : ports) {
        box& to = d_boxes[port];
        add_input(port, [this, &to](const pmt::pmt_t& msg) {
            count_received();
            put(to, msg);
        });
    }
}

void message_inbox_impl::put(box& to, const pmt::pmt_t& msg)
{
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        to.come++;
        if (to.messages.size() < d_limit) {
            to.messages.push_back(msg);
            return;
        }
        to.lost++;
        if (d_policy == overflow_policy::drop_oldest) {
            to.messages.pop_front();
            to.messages.push_back(msg);
        }
    }
    // Of a window that shows the newest this is no fault: counted, not logged.
    if (d_policy == overflow_policy::drop_newest) {
        drop(reasons::QUEUE_FULL, "the reader is slower than the flowgraph");
    }
}

const message_inbox_impl::box& message_inbox_impl::at(const std::string& port) const
{
    const auto found = d_boxes.find(port);
    if (found == d_boxes.end()) {
        throw std::invalid_argument("port: there is none called \"" + port + "\"");
    }
    return found->second;
}

std::vector<pmt::pmt_t> message_inbox_impl::take(const std::string& port,
                                                 std::size_t most)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    at(port); // throws for a name that is none
    auto& messages = d_boxes[port].messages;
    const auto end = messages.begin() + std::min(most, messages.size());
    std::vector<pmt::pmt_t> taken(std::make_move_iterator(messages.begin()),
                                  std::make_move_iterator(end));
    messages.erase(messages.begin(), end);
    return taken;
}

std::uint64_t message_inbox_impl::come(const std::string& port) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return at(port).come;
}

std::uint64_t message_inbox_impl::lost(const std::string& port) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return at(port).lost;
}

int message_inbox_impl::queue_depth() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    std::size_t depth = 0;
    for (const auto& entry : d_boxes) {
        depth += entry.second.messages.size();
    }
    return static_cast<int>(depth);
}

} // namespace udeepsc
} // namespace gr
