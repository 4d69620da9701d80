// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "source_thread.h"
#include <gnuradio/udeepsc/sample_source.h>
#include <udeepsc_core/dataset.h>

namespace gr {
namespace udeepsc {

class sample_source_impl : public sample_source, public pdu_block_impl {
public:
    using dataset_sptr = std::shared_ptr<const udeepsc_core::Dataset>;

    sample_source_impl(const std::string& task,
                       dataset_sptr data,
                       std::vector<std::size_t> numbers,
                       bool repeats_picture,
                       const source_options& options);

    bool start() override;
    bool stop() override;
    void set_pace(double pace) override { d_thread.set_pace(pace); }
    double pace() const override { return d_thread.pace(); }
    int size() const override { return d_size; }

private:
    //! Frame numbers that what came before a sample is ahead of the one before:
    //! semantic_memory's gap_frames.
    static constexpr std::uint64_t s_new_story = 64;
    void send_sample(std::size_t number);
    //! One modality of the frame d_frame_id; target: null for an earlier frame. False
    //! where the flowgraph is stopped.
    bool send_input(const std::string& modality,
                    const udeepsc_core::SourceSample& input,
                    const udeepsc_core::Target* target);
    // What a receiver ought to find of the sample
    pmt::pmt_t reference_of(const udeepsc_core::Target& target,
                            const pmt::pmt_t& payload) const;

    const std::string d_task;
    const dataset_sptr d_data;
    const bool d_repeats_picture; // whatever class the sample has too
    const int d_size;
    std::uint64_t d_frame_id = 0; // source's thread only
    source_thread<std::size_t> d_thread;
};

} // namespace udeepsc
} // namespace gr
