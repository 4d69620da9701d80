// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "source_thread.h"
#include <gnuradio/udeepsc/text_source.h>

namespace gr {
namespace udeepsc {

class text_source_impl : public text_source, public pdu_block_impl {
public:
    struct item {
        std::string text;
        std::string label; // "" where there is none
    };

    text_source_impl(std::vector<item> items,
                     const std::string& task,
                     int max_words,
                     const source_options& options);

    bool start() override;
    bool stop() override;
    void set_pace(double pace) override { d_thread.set_pace(pace); }
    double pace() const override { return d_thread.pace(); }
    void set_task(const std::string& task) override;
    std::string task() const override;

private:
    void send_text(const item& wanted);
    pdu
    segment_pdu(const item& wanted, const std::string& text, int segment, int segments);

    mutable std::mutex d_mutex;
    std::string d_task; // guarded by d_mutex
    const int d_max_words;
    std::uint64_t d_frame_id = 0; // source's thread only, as is d_text_id
    long d_text_id = 0;
    source_thread<item> d_thread;
};

} // namespace udeepsc
} // namespace gr
