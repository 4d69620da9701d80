// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "source_thread.h"
#include <gnuradio/udeepsc/sound_source.h>

namespace gr {
namespace udeepsc {

class sound_source_impl : public sound_source, public pdu_block_impl {
public:
    struct item {
        std::string file;
        std::string label; // "" where there is none
    };

    sound_source_impl(std::vector<item> items,
                      const std::string& task,
                      const source_options& options);

    bool start() override;
    bool stop() override;
    void set_pace(double pace) override { d_thread.set_pace(pace); }
    double pace() const override { return d_thread.pace(); }
    void set_task(const std::string& task) override;
    std::string task() const override;

private:
    void send_sound(const item& wanted);

    mutable std::mutex d_mutex;
    std::string d_task; // guarded by d_mutex
    std::uint64_t d_frame_id = 0; // source's thread only
    source_thread<item> d_thread;
};

} // namespace udeepsc
} // namespace gr
