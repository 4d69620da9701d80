// SPDX-License-Identifier: GPL-3.0-or-later
#include "semantic_memory_impl.h"
#include "context_message.h"
#include "memory_options.h"

#include <gnuradio/io_signature.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_core::ContextEntry;
using udeepsc_core::ContextStore;

double now_s()
{
    return std::chrono::duration<double>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

semantic_memory::sptr semantic_memory::make(const std::string& model,
                                            const semantic_memory_options& options)
{
    options.validate();
    return gnuradio::make_block_sptr<semantic_memory_impl>(model, options);
}

semantic_memory_impl::semantic_memory_impl(const std::string& model,
                                           const semantic_memory_options& options)
    : gr::block("semantic_memory",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_memory(options.memory)
    , d_options(options)
{
    if (model.empty()) {
        throw std::invalid_argument("model is \"\", expected a model file");
    }
    use(std::make_shared<const model_summary>(model));
    if (!options.snapshot.empty() && std::filesystem::exists(options.snapshot)) {
        d_store->load(options.snapshot, now_s());
    }
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_input("memory", [this](const pmt::pmt_t& msg) {
        if (!pmt::is_bool(msg)) {
            throw bad_pdu(reasons::WRONG_TYPE, "port memory takes true or false");
        }
        set_memory(pmt::to_bool(msg));
    });
    add_input("clear", [this](const pmt::pmt_t&) { clear(); });
    add_pdu_output();
    message_port_register_out(d_contents);
    message_port_register_out(d_snr);
}

semantic_memory_impl::~semantic_memory_impl() = default;

bool semantic_memory_impl::start()
{
    show_contents(); // of the snapshot
    return true;
}

bool semantic_memory_impl::stop()
{
    std::string path;
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        path = d_options.snapshot;
    }
    if (path.empty()) {
        return true;
    }
    try {
        save(path);
    } catch (const std::exception& e) {
        d_logger->error("the memory was not saved: {}", e.what());
    }
    return true;
}

// From the constructor or under the lock.
void semantic_memory_impl::use(std::shared_ptr<const model_summary> model)
{
    const learnt_memory learnt(d_options, model->id());
    d_model = std::move(model);
    d_tasks.clear();
    d_present.clear();
    for (const auto& task : d_model->config().tasks) {
        if (!task.has_memory()) {
            continue;
        }
        for (const auto& input : task.inputs) {
            if (input.memory > 0) {
                d_tasks[task.name][input.modality] = input.memory;
            } else {
                d_present[task.name].push_back(input.modality);
            }
        }
    }
    d_next_frame.clear();
    d_store = std::make_unique<ContextStore>(store_options());
    learnt.give_to(*d_store);
    if (d_options.csi > 0) {
        d_csi = std::make_unique<csi_memory>(d_options.csi, d_model->id());
    }
}

udeepsc_core::ContextStoreOptions semantic_memory_impl::store_options() const
{
    auto options = context_store_options(d_options);
    options.model_id = d_model->id();
    if (d_options.deadline_s > 0) {
        for (const auto& task : d_tasks) {
            options.deadline_s[task.first] = d_options.deadline_s;
        }
    }
    return options;
}

void semantic_memory_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const std::string task = data.symbol(keys::task()).value_or("");
    frames_remembered most;
    std::string modality = data.symbol(keys::modality()).value_or("");
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        const auto found = d_tasks.find(task);
        if (found != d_tasks.end()) {
            most = found->second;
            const auto& present = d_present[task];
            if (!most.count(modality)
                && std::find(present.begin(), present.end(), modality) == present.end()) {
                throw bad_pdu(reasons::WRONG_MODALITY,
                              "task " + task + " has no modality \"" + modality + "\"");
            }
        }
    }
    if (!most.empty()) {
        remember_channel(data);
    }
    if (most.count(modality)) {
        remember(data, task, modality);
        show_contents();
        return;
    }
    pmt::pmt_t message = msg;
    if (!most.empty()) {
        const int source = source_of(data);
        message = with_context(std::move(data), task, most, source);
    }
    wait_for_room();
    send(message, arrived);
}

void semantic_memory_impl::remember_channel(const pdu& data)
{
    const double noise_var = noise_var_of(data, 1, 0).front();
    const int source = source_of(data);
    double next = 0;
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        if (!d_csi || !(noise_var > 0)) {
            return;
        }
        next = d_csi->add(source, noise_var, now_s());
    }
    pmt::pmt_t dict = pmt::make_dict();
    dict = pmt::dict_add(dict, keys::snr_db(), pmt::from_double(next));
    dict = pmt::dict_add(dict, keys::source(), pmt::from_long(source));
    message_port_pub(d_snr, dict);
}

void semantic_memory_impl::remember(const pdu& data,
                                    const std::string& task,
                                    const std::string& modality)
{
    ContextEntry entry = entry_of(data, task, modality);
    entry.time = now_s();
    const auto frame = data.unsigned_number(keys::frame_id());
    const auto made_by = data.symbol(keys::model_id());

    std::lock_guard<std::mutex> lock(d_mutex);
    if (made_by && *made_by != d_model->id()) {
        throw bad_pdu(reasons::OTHER_MODEL,
                      "features of model " + *made_by + ", this one's is "
                          + d_model->id());
    }
    entry.model_id = d_model->id();
    auto& next
        = d_next_frame[std::to_string(entry.source) + '\n' + task + '\n' + modality];
    entry.frame = frame.value_or(next);
    next = entry.frame + 1;
    d_store->add(std::move(entry)); // an Error is a "bad sample"
}

bool semantic_memory_impl::is_cut(const std::vector<udeepsc_core::HeldEntry>& context,
                                  int source,
                                  const std::string& task,
                                  const frames_remembered& most)
{
    frames_remembered left = most;
    for (const auto& one : context) {
        left[one.entry->block.modality] -= one.age >= 0;
    }
    if (std::all_of(
            left.begin(), left.end(), [](const auto& l) { return l.second > 0; })) {
        return false;
    }
    const auto all = d_store->held(source, now_s());
    const auto wanted = std::count_if(all.begin(), all.end(), [&](const auto& one) {
        return one.entry->task == task && most.count(one.entry->block.modality);
    });
    return static_cast<std::size_t>(wanted) > context.size();
}

pmt::pmt_t semantic_memory_impl::with_context(pdu data,
                                              const std::string& task,
                                              const frames_remembered& most,
                                              int source)
{
    const auto frame = data.unsigned_number(keys::frame_id());
    std::lock_guard<std::mutex> lock(d_mutex);
    auto context = d_store->context(source, task, most, now_s(), frame);
    if (!d_memory) {
        context.erase(std::remove_if(context.begin(),
                                     context.end(),
                                     [](const auto& one) { return one.age >= 0; }),
                      context.end());
        if (!context.empty()) {
            data.set(keys::context(), context_message(context));
        }
        return data.message();
    }
    const bool cut = is_cut(context, source, task, most);
    if (cut && d_context_cut++ == 0) {
        d_logger->warn(
            "more is remembered than model {} takes: the entries of best score "
            "go along; more of this kind is only counted",
            d_model->id());
    }
    if (context.empty() && d_without_context++ == 0) {
        d_logger->warn("a question of task {} before anything was remembered of source "
                       "{}: it is answered without context; more of this kind are only "
                       "counted",
                       task,
                       source);
    }
    data.set(keys::context(), context_message(context));
    return data.message();
}

void semantic_memory_impl::show_contents()
{
    if (!pmt::is_pair(message_subscribers(d_contents))) {
        return; // nobody looks
    }
    pmt::pmt_t dict = pmt::make_dict();
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        dict = contents_message(*d_store, now_s());
        dict = pmt::dict_add(dict, pmt::mp("rule"), pmt::intern(d_options.rule));
    }
    dict = pmt::dict_add(dict, pmt::mp("memory"), pmt::from_bool(d_memory));
    dict = pmt::dict_add(dict, pmt::mp("stats"), stats());
    message_port_pub(d_contents, dict);
}

void semantic_memory_impl::set_memory(bool memory)
{
    d_memory = memory;
    show_contents();
}

// Takes effect whole or not at all.
void semantic_memory_impl::change(
    const std::function<void(semantic_memory_options&)>& set)
{
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        const semantic_memory_options before = d_options;
        try {
            set(d_options);
            d_options.validate();
            d_store->set_options(store_options());
        } catch (...) {
            d_options = before;
            throw;
        }
    }
    show_contents();
}

void semantic_memory_impl::set_entries(int entries)
{
    change([&](auto& options) { options.entries = entries; });
}

void semantic_memory_impl::set_rule(const std::string& rule)
{
    change([&](auto& options) { options.rule = rule; });
}

void semantic_memory_impl::set_deadline_s(double deadline_s)
{
    change([&](auto& options) { options.deadline_s = deadline_s; });
}

int semantic_memory_impl::entries() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_options.entries;
}

std::string semantic_memory_impl::rule() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_options.rule;
}

double semantic_memory_impl::deadline_s() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_options.deadline_s;
}

void semantic_memory_impl::set_model(const std::string& path)
{
    auto fresh = std::make_shared<const model_summary>(path);
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        if (fresh->id() == d_model->id()) {
            return; // what is remembered stays of use
        }
        use(std::move(fresh));
    }
    show_contents();
}

void semantic_memory_impl::clear()
{
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        d_store->clear();
        d_next_frame.clear();
    }
    show_contents();
}

void semantic_memory_impl::save(const std::string& path)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_store->save(path, now_s());
}

void semantic_memory_impl::load(const std::string& path)
{
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        d_store->load(path, now_s());
    }
    show_contents();
}

int semantic_memory_impl::size() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_store->size();
}

int semantic_memory_impl::csi_size() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_csi ? d_csi->size() : 0;
}

pmt::pmt_t semantic_memory_impl::stats() const
{
    pmt::pmt_t dict = pdu_block_impl::stats();
    std::lock_guard<std::mutex> lock(d_mutex);
    dict = with_counts(dict, *d_store);
    dict = pmt::dict_add(
        dict, pmt::mp("without_context"), pmt::from_uint64(d_without_context));
    return pmt::dict_add(dict, pmt::mp("context_cut"), pmt::from_uint64(d_context_cut));
}

} // namespace udeepsc
} // namespace gr
