// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "list_source.h"
#include <gnuradio/udeepsc/image_source.h>
#include <udeepsc_core/picture.h>

namespace gr {
namespace udeepsc {

class image_source_impl : public list_source<image_source> {
public:
    image_source_impl(std::vector<list_item> items,
                      const std::string& task,
                      int tile,
                      const source_options& options,
                      bool whole);

    ~image_source_impl() override { stop(); }

private:
    void send_item(const list_item& wanted) override;

    const int d_tile;
    const bool d_whole;
    std::uint64_t d_frame_id = 0; // source's thread only
};

} // namespace udeepsc
} // namespace gr
