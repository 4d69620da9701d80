// SPDX-License-Identifier: GPL-3.0-or-later
#include "task_sink_impl.h"

#include <gnuradio/io_signature.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/result.h>
#include <chrono>
#include <cmath>
#include <limits>

namespace gr {
namespace udeepsc {
namespace {

constexpr double NOT_KNOWN = std::numeric_limits<double>::quiet_NaN();
constexpr int PICTURES_KEPT = 16;

double seconds_now()
{
    return std::chrono::duration<double>(steady_clock::now().time_since_epoch()).count();
}

void read_payload(received_result& result, const pdu& data)
{
    const udeepsc_core::ResultKind* kind = nullptr;
    try {
        kind = &udeepsc_core::result_kind(result.output);
    } catch (const udeepsc_core::Error& e) {
        throw bad_pdu(reasons::BAD_KEY, std::string("key \"output\": ") + e.what());
    }
    // What the kind makes of any result tells of which type its payloads are.
    udeepsc_core::TaskResult any;
    any.probabilities = { 1.0F };
    udeepsc_core::Payload payload;
    if (kind->payload(any).is_bytes()) {
        payload.bytes = data.bytes();
    } else {
        payload.reals = data.reals();
    }
    payload.shape = data.integers(keys::shape()).value_or(std::vector<int>());
    udeepsc_core::TaskResult read;
    try {
        read = kind->result(payload);
    } catch (const udeepsc_core::Error& e) {
        throw bad_pdu(reasons::WRONG_SHAPE, e.what());
    }
    result.picture = std::move(read.picture);
    result.height = read.height;
    result.width = read.width;
    result.sentence = std::move(read.sentence);
    result.probabilities = std::move(read.probabilities);
    result.value = read.score;
    result.label = static_cast<int>(data.number(keys::label()).value_or(-1));
    result.class_name = data.symbol(keys::class_name()).value_or("");
    result.missing = data.symbol(keys::missing()).value_or("");
}

received_result read_result(const pdu& data)
{
    received_result result;
    result.frame_id = data.unsigned_number(keys::frame_id()).value_or(0);
    result.task = data.symbol(keys::task()).value_or("");
    result.output = data.symbol(keys::output()).value_or("");
    read_payload(result, data);
    result.snr_db = data.number(keys::snr_db()).value_or(NOT_KNOWN);
    result.noise_var = data.number(keys::noise_var()).value_or(NOT_KNOWN);
    result.kept = data.integers(keys::kept()).value_or(std::vector<int>());
    result.candidates = static_cast<int>(data.number(keys::candidates()).value_or(0));
    result.symbols = static_cast<int>(data.number(keys::symbols()).value_or(0));
    result.source = data.symbol(keys::picture()).value_or("");
    const auto tile = data.integers(keys::tile());
    if (tile && tile->size() == 2) {
        result.tile_row = tile->at(0);
        result.tile_column = tile->at(1);
    }
    const auto sent_at = data.number(keys::t_source());
    result.delay_ms = sent_at ? 1000 * (seconds_now() - *sent_at) : NOT_KNOWN;
    return result;
}

} // namespace

task_sink::sptr task_sink::make(
    const std::string& task, int keep, const std::string& record, int columns, int rows)
{
    require_range("keep", keep, 0, 1000000);
    require_range("columns", columns, 1, 256);
    require_range("rows", rows, 1, 256);
    return gnuradio::make_block_sptr<task_sink_impl>(task, keep, record, columns, rows);
}

task_sink_impl::task_sink_impl(
    const std::string& task, int keep, const std::string& record, int columns, int rows)
    : gr::block(
        "task_sink", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_task(task)
    , d_keep(keep)
    , d_columns(columns)
    , d_rows(rows)
    , d_record(record)
    , d_board(PICTURES_KEPT)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
}

// A picture's tiles say where they belong, or, over a radio, their numbers do.
void task_sink_impl::lay_tile(const received_result& result, const pdu& data)
{
    if (!result.source.empty()) {
        d_board.lay(result.source,
                    data.integers(keys::picture_size()).value_or(std::vector<int>()),
                    data.integers(keys::tile()).value_or(std::vector<int>()),
                    result.picture,
                    result.height,
                    result.width);
        return;
    }
    if (!data.unsigned_number(keys::sample())) {
        return; // not from a radio: a picture by itself
    }
    const std::uint64_t tiles = std::uint64_t { 1 } * d_columns * d_rows;
    const int place = static_cast<int>(result.frame_id % tiles);
    d_board.lay("picture " + std::to_string(result.frame_id / tiles),
                { d_rows * result.height, d_columns * result.width },
                { place / d_columns, place % d_columns },
                result.picture,
                result.height,
                result.width);
}

void task_sink_impl::handle(const pmt::pmt_t& msg)
{
    const pdu data(msg);
    received_result result = read_result(data);
    if (!d_task.empty() && result.task != d_task) {
        throw bad_pdu(reasons::UNKNOWN_TASK,
                      "result of task \"" + result.task + "\", expected " + d_task);
    }
    const pmt::pmt_t reference
        = pmt::dict_ref(data.meta, keys::reference(), pmt::PMT_NIL);

    pmt::pmt_t stats;
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        // First what may find fault with the PDU, so that a dropped one leaves no trace.
        if (!result.picture.empty()) {
            lay_tile(result, data);
        }
        result.score = d_scores[result.task].add(result, reference);
        stats = task_stats(result);
        d_results.push_back(result);
        if (d_results.size() > d_keep) {
            d_results.pop_front();
        }
        d_count++;
    }
    if (!d_record.write(result)) {
        d_logger->error(
            "the record cannot be written any more (disk full?): results from "
            "frame {} on are not in it",
            result.frame_id);
    }
    count_sent();
    d_arrived.notify_all();
    publish_stats(stats);
}

pmt::pmt_t task_sink_impl::task_stats(const received_result& result) const
{
    const task_score& score = d_scores.at(result.task);
    pmt::pmt_t dict = pmt::make_dict();
    dict = pmt::dict_add(dict, keys::task(), pmt::intern(result.task));
    dict = pmt::dict_add(dict, pmt::mp("count"), pmt::from_uint64(score.count()));
    dict = pmt::dict_add(
        dict, pmt::mp("mean_score"), pmt::from_double(score.mean_of_scores()));
    dict = pmt::dict_add(dict, pmt::mp("score"), pmt::from_double(result.score));
    return dict;
}

std::uint64_t task_sink_impl::count(const std::string& task) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    if (task.empty()) {
        return d_count;
    }
    const auto found = d_scores.find(task);
    return found == d_scores.end() ? 0 : found->second.count();
}

std::uint64_t task_sink_impl::scored(const std::string& task) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    std::uint64_t total = 0;
    for (const auto& entry : d_scores) {
        if (task.empty() || task == entry.first) {
            total += entry.second.scored();
        }
    }
    return total;
}

double task_sink_impl::mean_score(const std::string& task) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    const auto found = d_scores.find(task);
    return found == d_scores.end() ? NOT_KNOWN : found->second.corpus_score();
}

double task_sink_impl::bleu1(const std::string& task) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    const auto found = d_scores.find(task);
    return found == d_scores.end() ? NOT_KNOWN : found->second.bleu1();
}

std::vector<std::string> task_sink_impl::tasks() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    std::vector<std::string> names;
    for (const auto& entry : d_scores) {
        names.push_back(entry.first);
    }
    return names;
}

std::vector<received_result> task_sink_impl::results() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return { d_results.begin(), d_results.end() };
}

std::vector<std::string> task_sink_impl::pictures() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_board.names();
}

std::vector<std::uint8_t>
task_sink_impl::picture(const std::string& name, int& height, int& width) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    const auto& whole = d_board.at(name);
    height = whole.height;
    width = whole.width;
    return whole.rgb;
}

bool task_sink_impl::wait_for(std::uint64_t n, double timeout_s) const
{
    std::unique_lock<std::mutex> lock(d_mutex);
    return d_arrived.wait_for(lock, std::chrono::duration<double>(timeout_s), [this, n] {
        return d_count >= n;
    });
}

void task_sink_impl::reset()
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_count = 0;
    d_results.clear();
    d_scores.clear();
    d_board.clear();
}

} // namespace udeepsc
} // namespace gr
