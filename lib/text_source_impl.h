// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "list_source.h"
#include <gnuradio/udeepsc/text_source.h>

namespace gr {
namespace udeepsc {

class text_source_impl : public list_source<text_source> {
public:
    text_source_impl(std::vector<list_item> items,
                     const std::string& task,
                     int max_words,
                     const source_options& options);

    ~text_source_impl() override { stop(); }

private:
    void send_item(const list_item& wanted) override;
    pdu segment_pdu(const list_item& wanted,
                    const std::string& text,
                    int segment,
                    int segments);

    const int d_max_words;
    std::uint64_t d_frame_id = 0; // source's thread only, as is d_text_id
    long d_text_id = 0;
};

} // namespace udeepsc
} // namespace gr
