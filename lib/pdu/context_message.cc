// SPDX-License-Identifier: GPL-3.0-or-later
#include "context_message.h"

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_core::FeatureBlock;
using udeepsc_core::HeldEntry;

constexpr std::size_t MOST_ENTRIES = 65536; // that a store holds of one source

pmt::pmt_t entry_message(const HeldEntry& held)
{
    const auto& entry = *held.entry;
    const auto& block = entry.block;
    pdu data(pmt::make_dict(),
             pmt::init_f32vector(block.features.data.size(), block.features.data));
    data.set(keys::modality(), pmt::intern(block.modality));
    data.set(keys::shape(), make_shape({ block.features.rows, block.features.cols }));
    data.set(keys::age(), pmt::from_long(held.age));
    data.set(keys::frame_id(), pmt::from_uint64(entry.frame));
    data.set(keys::noise_var(), pmt::from_double(block.noise_var));
    if (block.layer != 0) {
        data.set(keys::layer(), pmt::from_long(block.layer));
    }
    if (!block.positions.empty()) {
        data.set(keys::kept(),
                 pmt::init_s32vector(block.positions.size(), block.positions));
    }
    return data.message();
}

pmt::pmt_t source_message(int source, const std::vector<HeldEntry>& entries)
{
    const std::size_t count = entries.size();
    std::vector<std::uint64_t> frames, moments;
    std::vector<std::int32_t> ages, vectors;
    std::vector<double> ages_s, values, scores, noise;
    pmt::pmt_t tasks = pmt::make_vector(count, pmt::PMT_NIL);
    pmt::pmt_t modalities = pmt::make_vector(count, pmt::PMT_NIL);
    pmt::pmt_t texts = pmt::make_vector(count, pmt::PMT_NIL);
    for (std::size_t i = 0; i < count; i++) {
        const auto& held = entries[i];
        const auto& entry = *held.entry;
        frames.push_back(entry.frame);
        moments.push_back(held.moment);
        ages.push_back(held.age);
        vectors.push_back(entry.block.features.rows);
        ages_s.push_back(held.age_s);
        values.push_back(held.value);
        scores.push_back(held.score);
        noise.push_back(entry.block.noise_var);
        pmt::vector_set(tasks, i, pmt::intern(entry.task));
        pmt::vector_set(modalities, i, pmt::intern(entry.block.modality));
        // No symbol: those are kept for ever.
        const std::vector<std::uint8_t> text(entry.text.begin(), entry.text.end());
        pmt::vector_set(texts, i, pmt::init_u8vector(text.size(), text));
    }
    pmt::pmt_t dict = pmt::make_dict();
    const auto set = [&](const pmt::pmt_t& key, const pmt::pmt_t& value) {
        dict = pmt::dict_add(dict, key, value);
    };
    set(keys::source(), pmt::from_long(source));
    set(keys::frame_id(), pmt::init_u64vector(count, frames));
    set(keys::age(), pmt::init_s32vector(count, ages));
    set(keys::value(), pmt::init_f64vector(count, values));
    set(keys::noise_var(), pmt::init_f64vector(count, noise));
    set(pmt::mp("age_s"), pmt::init_f64vector(count, ages_s));
    set(pmt::mp("score"), pmt::init_f64vector(count, scores));
    set(pmt::mp("moment"), pmt::init_u64vector(count, moments));
    set(pmt::mp("vectors"), pmt::init_s32vector(count, vectors));
    set(keys::task(), tasks);
    set(keys::modality(), modalities);
    set(pmt::mp("words"), texts);
    return dict;
}

// What a simulation says was sent, for a view.
std::string text_of(const pdu& data)
{
    const pmt::pmt_t said = pmt::dict_ref(data.meta, keys::reference(), pmt::PMT_NIL);
    if (pmt::is_symbol(said)) {
        return pmt::symbol_to_string(said);
    }
    constexpr std::size_t LONGEST = 512; // a picture is no text
    if (!pmt::is_u8vector(said) || pmt::length(said) > LONGEST) {
        return "";
    }
    const auto bytes = pmt::u8vector_elements(said);
    return { bytes.begin(), bytes.end() };
}

// Features with what belongs to them.
void read_features(const pdu& data, FeatureBlock& block)
{
    block.layer = static_cast<int>(data.number(keys::layer()).value_or(0));
    block.features.data = data.reals();
    const auto shape = data.shape(2);
    block.features.rows = shape[0];
    block.features.cols = shape[1];
    block.noise_var = noise_var_of(data, 1, 0).front();
    block.positions = data.integers(keys::kept()).value_or(std::vector<int>());
    if (block.positions.size() != static_cast<std::size_t>(block.features.rows)) {
        block.positions.clear();
    }
}

FeatureBlock block_of(const pdu& data)
{
    FeatureBlock block;
    block.modality = data.symbol(keys::modality()).value_or("");
    const auto age = data.number(keys::age());
    if (!age || !(*age >= -1 && *age <= 1 << 30)) {
        throw bad_pdu(reasons::BAD_KEY, "an entry of the context has no age");
    }
    block.age = static_cast<int>(*age);
    read_features(data, block);
    return block;
}
} // namespace

int source_of(const pdu& data)
{
    const double source = data.number(keys::source()).value_or(0);
    if (!(source >= 0 && source <= 255)) {
        throw bad_pdu(reasons::BAD_KEY, "key \"source\" is not 0..255");
    }
    return static_cast<int>(source);
}

udeepsc_core::ContextEntry
entry_of(const pdu& data, const std::string& task, const std::string& modality)
{
    udeepsc_core::ContextEntry entry;
    entry.source = source_of(data);
    entry.task = task;
    entry.block.modality = modality;
    read_features(data, entry.block);
    if (const auto value = data.number(keys::value())) {
        entry.value = *value; // else the store's scorer says it
    }
    entry.text = text_of(data);
    return entry;
}

pmt::pmt_t context_message(const std::vector<HeldEntry>& entries)
{
    pmt::pmt_t context = pmt::make_vector(entries.size(), pmt::PMT_NIL);
    for (std::size_t i = 0; i < entries.size(); i++) {
        pmt::vector_set(context, i, entry_message(entries[i]));
    }
    return context;
}

std::vector<FeatureBlock> context_of(const pdu& data)
{
    const pmt::pmt_t context = pmt::dict_ref(data.meta, keys::context(), pmt::PMT_NIL);
    std::vector<FeatureBlock> blocks;
    if (pmt::is_null(context)) {
        return blocks;
    }
    if (!pmt::is_vector(context) || pmt::length(context) > MOST_ENTRIES) {
        throw bad_pdu(reasons::BAD_KEY, "key \"context\" is no vector of entries");
    }
    for (std::size_t i = 0; i < pmt::length(context); i++) {
        blocks.push_back(block_of(pdu(pmt::vector_ref(context, i))));
    }
    return blocks;
}

pmt::pmt_t contents_message(udeepsc_core::ContextStore& store, double now)
{
    const auto numbers = store.sources();
    pmt::pmt_t sources = pmt::make_vector(numbers.size(), pmt::PMT_NIL);
    for (std::size_t i = 0; i < numbers.size(); i++) {
        pmt::vector_set(
            sources, i, source_message(numbers[i], store.held(numbers[i], now)));
    }
    pmt::pmt_t dict = pmt::make_dict();
    dict = pmt::dict_add(dict, pmt::mp("sources"), sources);
    return pmt::dict_add(
        dict, pmt::mp("capacity"), pmt::from_long(store.options().entries));
}

pmt::pmt_t with_counts(pmt::pmt_t stats, const udeepsc_core::ContextStore& store)
{
    const auto& counts = store.counts();
    const std::pair<const char*, std::uint64_t> more[]
        = { { "held", static_cast<std::uint64_t>(store.size()) },
            { "stored", counts.stored },
            { "merged", counts.merged },
            { "repeated", counts.repeated },
            { "late", counts.late },
            { "evicted", counts.evicted },
            { "expired", counts.expired },
            { "restarts", counts.restarts },
            { "clock_backwards", counts.clock_backwards } };
    for (const auto& one : more) {
        stats
            = pmt::dict_add(stats, pmt::intern(one.first), pmt::from_uint64(one.second));
    }
    return stats;
}

} // namespace udeepsc
} // namespace gr
