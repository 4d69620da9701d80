// SPDX-License-Identifier: GPL-3.0-or-later
#include "unified_decoder_impl.h"
#include "context_message.h"

#include <algorithm>
#include <gnuradio/io_signature.h>
#include <algorithm>
#include <chrono>
#include <iterator>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_core::TaskInfo;

constexpr double MAX_GATHER_MS = 60000;

steady_clock::duration milliseconds(double ms)
{
    return std::chrono::duration_cast<steady_clock::duration>(
        std::chrono::duration<double, std::milli>(ms));
}

void require_gather_ms(double gather_ms)
{
    require_range("gather_ms", gather_ms, 0, MAX_GATHER_MS);
}

// Of the present frame. Of a task with memory the others come as context.
std::vector<std::string> present_modalities(const TaskInfo& task)
{
    std::vector<std::string> present;
    for (const auto& modality : task.modalities) {
        const auto memory = task.memory.find(modality);
        if (memory == task.memory.end() || memory->second == 0) {
            present.push_back(modality);
        }
    }
    return present;
}

} // namespace

unified_decoder::sptr unified_decoder::make(const std::string& model,
                                            double default_noise_var,
                                            int pending,
                                            double gather_ms,
                                            int layers,
                                            const inference_options& options)
{
    options.validate();
    require_positive("default_noise_var", default_noise_var, 1e10);
    require_range("pending", pending, 1, 65536);
    require_gather_ms(gather_ms);
    require_layers(layers);
    return gnuradio::make_block_sptr<unified_decoder_impl>(
        model, default_noise_var, pending, gather_ms, layers, options);
}

unified_decoder_impl::unified_decoder_impl(const std::string& model,
                                           double default_noise_var,
                                           int pending,
                                           double gather_ms,
                                           int layers,
                                           const inference_options& options)
    : gr::block("unified_decoder",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_default_noise_var(default_noise_var)
    , d_gather_ms(gather_ms)
    , d_layers(layers)
    , d_model(model, options.dtype)
    , d_gatherer(pending)
    , d_worker(
          *this,
          options,
          [this](const auto& task, const auto&, const auto& inputs) {
              return infer(task, inputs);
          },
          render)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

unified_decoder_impl::~unified_decoder_impl()
{
    stop_watching();
}

bool unified_decoder_impl::start()
{
    stop_watching();
    d_worker.start();
    d_stopping = false;
    d_watcher = std::thread([this] { watch(); });
    return true;
}

bool unified_decoder_impl::stop()
{
    stop_watching();
    submit_all(d_gatherer.expired(steady_clock::time_point::max()));
    d_worker.stop();
    return true;
}

void unified_decoder_impl::stop_watching()
{
    if (!d_watcher.joinable()) {
        return;
    }
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        d_stopping = true;
    }
    d_changed.notify_all();
    d_watcher.join();
}

void unified_decoder_impl::watch()
{
    std::unique_lock<std::mutex> lock(d_mutex);
    while (!d_stopping) {
        const auto oldest = d_gatherer.oldest();
        const auto patience = milliseconds(d_gather_ms);
        if (!oldest) {
            d_changed.wait(lock);
            continue;
        }
        d_changed.wait_until(lock, *oldest + patience);
        auto leaving = d_gatherer.expired(steady_clock::now() - patience);
        lock.unlock(); // the queue may hold us
        submit_all(std::move(leaving));
        lock.lock();
    }
}

void unified_decoder_impl::set_default_noise_var(double noise_var)
{
    require_positive("default_noise_var", noise_var, 1e10);
    d_default_noise_var = noise_var;
}

void unified_decoder_impl::set_gather_ms(double gather_ms)
{
    require_gather_ms(gather_ms);
    d_gather_ms = gather_ms;
    d_changed.notify_all();
}

void unified_decoder_impl::set_layers(int layers)
{
    require_layers(layers);
    d_layers = layers;
}

std::vector<std::string> unified_decoder_impl::parts_of(const TaskInfo& task) const
{
    const int all = std::max(1, task.layer_count()), asked = d_layers;
    const int count = asked == 0 ? all : std::min(asked, all);
    std::vector<std::string> parts;
    for (const auto& modality : present_modalities(task)) {
        for (int layer = 0; layer < count; layer++) {
            parts.push_back(part_name(modality, static_cast<std::size_t>(layer)));
        }
    }
    return parts;
}

void unified_decoder_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    const model_sptr model = d_model.get();
    const route to = route_of(data, model->info());
    udeepsc_core::FeatureBlock block;
    block.modality = to.modality;
    block.layer = static_cast<int>(data.number(keys::layer()).value_or(0));
    block.features = features_of(data);
    block.noise_var = noise_var_of(data, 1, d_default_noise_var).front();
    block.positions = data.integers(keys::kept()).value_or(std::vector<int>());
    if (block.positions.size() != static_cast<std::size_t>(block.features.rows)) {
        block.positions.clear();
    }
    model->check(to.task, block);
    const auto layer = static_cast<std::size_t>(block.layer);

    const TaskInfo& task = model->info().task(to.task);
    const auto modalities = present_modalities(task);
    if (std::find(modalities.begin(), modalities.end(), to.modality)
        == modalities.end()) {
        throw bad_pdu(reasons::WRONG_MODALITY,
                      "task " + to.task + " remembers " + to.modality
                          + ": semantic_memory has to come before");
    }
    auto context = context_of(data);
    for (const auto& entry : context) {
        model->check(to.task, entry);
    }
    const auto frame_id = data.unsigned_number(keys::frame_id());
    const auto parts = parts_of(task);
    const auto name = part_name(to.modality, layer);
    if (std::find(parts.begin(), parts.end(), name) == parts.end()) {
        return; // a layer above those that are asked for
    }
    if (parts.size() > 1 && !frame_id) {
        throw bad_pdu(reasons::BAD_KEY, "key \"frame_id\" is missing");
    }
    std::vector<gatherer::sample> leaving;
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        leaving = d_gatherer.add(
            task.name,
            parts.size(),
            frame_id.value_or(0),
            name,
            { std::move(data), std::move(block), std::move(context), arrived });
    }
    d_changed.notify_all();
    submit_all(std::move(leaving));
}

void unified_decoder_impl::submit_all(std::vector<gatherer::sample>&& samples)
{
    const model_sptr model = d_model.get();
    for (auto& sample : samples) {
        try {
            submit(std::move(sample), model->info().task(sample.task));
        } catch (const std::exception& e) {
            drop(reasons::UNKNOWN_TASK, e.what());
        }
    }
}

// Every part of a sample brings the same context: one of them will do. A question that
// came before anything was remembered lacks what it asks for.
void unified_decoder_impl::add_context(gatherer::sample& sample,
                                       const TaskInfo& task,
                                       input& blocks,
                                       pdu& data,
                                       std::string& missing)
{
    for (auto& found : sample.parts) {
        part& one = found.second;
        if (!pmt::dict_has_key(one.data.meta, keys::context())) {
            continue;
        }
        const auto remembered
            = std::count_if(one.context.begin(),
                            one.context.end(),
                            [](const auto& block) { return block.age >= 0; });
        data.set(keys::remembered(), pmt::from_long(remembered));
        data.meta = pmt::dict_delete(data.meta, keys::context());
        for (const auto& memory : task.memory) {
            const bool came = std::any_of(
                one.context.begin(), one.context.end(), [&](const auto& block) {
                    return block.modality == memory.first;
                });
            if (memory.second > 0 && !came) {
                missing += (missing.empty() ? "" : ",") + memory.first;
            }
        }
        std::move(one.context.begin(), one.context.end(), std::back_inserter(blocks));
        return;
    }
}

void unified_decoder_impl::submit(gatherer::sample&& sample, const TaskInfo& task)
{
    std::string missing;
    input blocks;
    std::vector<int> kept;
    double symbols = 0, candidates = 0;
    pmt::pmt_t reference = pmt::PMT_NIL;
    const part* first = nullptr;
    const auto parts = parts_of(task);
    for (const auto& name : parts) {
        const auto found = sample.parts.find(name);
        if (found == sample.parts.end()) {
            missing += (missing.empty() ? "" : ",") + name;
            continue;
        }
        part& one = found->second;
        first = first ? first : &one;
        blocks.push_back(std::move(one.block));
        const auto positions
            = one.data.integers(keys::kept()).value_or(std::vector<int>());
        kept.insert(kept.end(), positions.begin(), positions.end());
        symbols += one.data.number(keys::symbols()).value_or(0);
        candidates += one.data.number(keys::candidates()).value_or(0);
        const auto said = pmt::dict_ref(one.data.meta, keys::reference(), pmt::PMT_NIL);
        // A class is said by whoever knows it; a modality's own payload is the last
        // resort.
        if (pmt::is_null(reference)
            || (pmt::is_u8vector(reference) && !pmt::is_null(said)
                && !pmt::is_u8vector(said))) {
            reference = said;
        }
    }
    pdu data = first->data;
    add_context(sample, task, blocks, data, missing);
    if (parts.size() > 1) {
        data.set(keys::kept(), pmt::init_s32vector(kept.size(), kept));
        data.set(keys::symbols(), pmt::from_long(static_cast<long>(symbols)));
        data.set(keys::candidates(), pmt::from_long(static_cast<long>(candidates)));
        if (!pmt::is_null(reference)) {
            data.set(keys::reference(), reference);
        }
    }
    if (!missing.empty()) {
        d_incomplete++;
        data.set(keys::missing(), pmt::intern(missing));
    }
    const auto arrived = first->arrived;
    d_worker.submit({ std::move(data), task.name, missing, std::move(blocks), arrived });
}

std::vector<unified_decoder_impl::output>
unified_decoder_impl::infer(const std::string& task,
                            const std::vector<input>& inputs) const
{
    const model_sptr model = d_model.get();
    std::vector<output> outputs;
    for (auto& result : model->decode(task, inputs)) {
        outputs.push_back({ std::move(result), model });
    }
    return outputs;
}

pmt::pmt_t unified_decoder_impl::render(pdu data, const output& decoded)
{
    const auto& info = decoded.model->info();
    const auto& result = decoded.result;
    const auto& task = info.task(data.symbol(keys::task()).value_or(""));
    const auto payload = udeepsc_core::result_kind(task.output).payload(result);
    // What comes in layers is a picture to whoever knows nothing of layers.
    data.set(keys::output(), pmt::intern(result.layers > 0 ? "picture" : task.output));
    data.set(keys::model_id(), pmt::intern(info.id));
    data.set(keys::shape(), make_shape(payload.shape));
    if (payload.is_bytes()) {
        data.payload = pmt::init_u8vector(payload.bytes.size(), payload.bytes);
    } else {
        data.payload = pmt::init_f32vector(payload.reals.size(), payload.reals);
    }
    if (result.layers > 0) {
        data.set(keys::layers(), pmt::from_long(result.layers));
        data.set(keys::probabilities(),
                 pmt::init_f32vector(result.probabilities.size(), result.probabilities));
    }
    if (result.label >= 0) {
        const auto label = static_cast<std::size_t>(result.label);
        data.set(keys::label(), pmt::from_long(result.label));
        data.set(keys::class_name(),
                 pmt::intern(label < task.classes.size() ? task.classes[label]
                                                         : std::to_string(label)));
    }
    return data.message();
}

} // namespace udeepsc
} // namespace gr
