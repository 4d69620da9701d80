// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "list_source.h"
#include <gnuradio/udeepsc/sound_source.h>

namespace gr {
namespace udeepsc {

class sound_source_impl : public list_source<sound_source> {
public:
    sound_source_impl(std::vector<list_item> items,
                      const std::string& task,
                      const source_options& options);

    ~sound_source_impl() override { stop(); }

private:
    void send_item(const list_item& wanted) override;

    std::uint64_t d_frame_id = 0; // source's thread only
};

} // namespace udeepsc
} // namespace gr
