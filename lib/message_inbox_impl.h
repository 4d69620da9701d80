// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/message_inbox.h>

#include <deque>
#include <map>
#include <mutex>

namespace gr {
namespace udeepsc {

class message_inbox_impl : public message_inbox, public pdu_block_impl {
public:
    message_inbox_impl(const std::vector<std::string>& ports,
                       std::size_t limit,
                       overflow_policy policy);

    std::vector<pmt::pmt_t> take(const std::string& port, std::size_t most) override;
    std::uint64_t come(const std::string& port) const override;
    std::uint64_t lost(const std::string& port) const override;
    int queue_depth() const override;

private:
    struct box {
        std::deque<pmt::pmt_t> messages;
        std::uint64_t come = 0;
        std::uint64_t lost = 0;
    };

    void put(box& to, const pmt::pmt_t& msg);
    const box& at(const std::string& port) const;

    const std::size_t d_limit;
    const overflow_policy d_policy;
    mutable std::mutex d_mutex;
    std::map<std::string, box> d_boxes; // by port; none is added after the constructor
};

} // namespace udeepsc
} // namespace gr
