// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "csi_memory.h"
#include "model_summary.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/semantic_memory.h>
#include <udeepsc_core/context_store.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace gr {
namespace udeepsc {

class semantic_memory_impl : public semantic_memory, public pdu_block_impl {
public:
    semantic_memory_impl(const std::string& model,
                         const semantic_memory_options& options);
    ~semantic_memory_impl() override;

    bool start() override;
    bool stop() override;

    void set_memory(bool memory) override;
    bool memory() const override { return d_memory; }
    void set_entries(int entries) override;
    int entries() const override;
    void set_rule(const std::string& rule) override;
    std::string rule() const override;
    void set_deadline_s(double deadline_s) override;
    double deadline_s() const override;
    void set_model(const std::string& path) override;

    void clear() override;
    void save(const std::string& path) override;
    void load(const std::string& path) override;

    int size() const override;
    int csi_size() const override;
    std::uint64_t without_context() const override { return d_without_context; }
    std::uint64_t context_cut() const override { return d_context_cut; }
    pmt::pmt_t stats() const override;

private:
    using frames_remembered = std::map<std::string, int>; // most, by modality

    void handle(const pmt::pmt_t& msg);
    void remember_channel(const pdu& data);
    void remember(const pdu& data, const std::string& task, const std::string& modality);
    pmt::pmt_t with_context(pdu data,
                            const std::string& task,
                            const frames_remembered& most,
                            int source);
    //! The context has not all that is held for it. Under the lock.
    bool is_cut(const std::vector<udeepsc_core::HeldEntry>& context,
                int source,
                const std::string& task,
                const frames_remembered& most);
    void change(const std::function<void(semantic_memory_options&)>& set);
    void show_contents();
    udeepsc_core::ContextStoreOptions store_options() const;
    void use(std::shared_ptr<const model_summary> model);

    const pmt::pmt_t d_contents = pmt::intern("contents");
    const pmt::pmt_t d_snr = pmt::intern("snr");
    std::atomic<bool> d_memory;
    std::atomic<std::uint64_t> d_without_context { 0 };
    std::atomic<std::uint64_t> d_context_cut { 0 };

    mutable std::mutex d_mutex; // of all that follows
    semantic_memory_options d_options;
    std::shared_ptr<const model_summary> d_model;
    std::map<std::string, frames_remembered> d_tasks; // those with memory
    std::map<std::string, std::vector<std::string>> d_present; // their other modalities
    std::unique_ptr<udeepsc_core::ContextStore> d_store;
    std::unique_ptr<csi_memory> d_csi; // where it is asked for
    // Number of the next frame, by source, task and modality, where PDUs bring none.
    std::map<std::string, std::uint64_t> d_next_frame;
};

} // namespace udeepsc
} // namespace gr
