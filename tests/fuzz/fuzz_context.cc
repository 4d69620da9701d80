// SPDX-License-Identifier: GPL-3.0-or-later
// A receiver's memory: its snapshot file, behind a hash that is right, and frames in any
// order.
#include "fuzz_input.h"

#include <udeepsc_core/context_store.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/safetensors.h>

#include <cmath>
#include <vector>

using namespace udeepsc_core;

namespace {

ContextStoreOptions options_of(fuzz::Input& input)
{
    ContextStoreOptions options;
    options.model_id = "m";
    options.entries = 1 + static_cast<int>(input.choice(6));
    options.features = input.choice(12);
    options.bytes = 8 * input.choice(12);
    options.late_frames = static_cast<int>(input.choice(8));
    options.gap_frames = static_cast<int>(input.choice(128));
    options.moment_s = input.choice(3);
    const char* const rules[] = { "fifo", "freshness", "value", "correlation", "joint" };
    options.rule = UpdateRule::named(rules[input.choice(5)]);
    if (input.choice(2) == 0)
        options.deadline_s["t"] = 1 + input.choice(8);
    return options;
}

std::vector<float> numbers(fuzz::Input& input, std::size_t count)
{
    std::vector<float> values;
    for (std::size_t i = 0; i < count; ++i)
        values.push_back(input.choice(8) == 0 ? input.number<float>()
                                              : static_cast<float>(input.byte()) - 128);
    return values;
}

ContextEntry entry_of(fuzz::Input& input)
{
    ContextEntry entry;
    entry.source = static_cast<int>(input.choice(3));
    entry.task = input.choice(4) == 0 ? "u" : "t";
    entry.model_id = input.choice(32) == 0 ? "n" : "m";
    entry.time = input.choice(16) == 0 ? input.number<double>() : input.byte();
    entry.frame = input.choice(16) == 0 ? input.number<std::uint64_t>() : input.byte();
    entry.value = input.choice(16) == 0 ? input.number<double>() : input.byte();
    entry.block.modality = input.choice(3) == 0 ? "a" : "b";
    entry.block.noise_var = input.choice(16) == 0 ? input.number<float>() : 0.1F;
    entry.block.features.rows = 1 + static_cast<int>(input.choice(3));
    entry.block.features.cols = 1 + static_cast<int>(input.choice(3));
    entry.block.features.data = numbers(
        input,
        static_cast<std::size_t>(entry.block.features.rows * entry.block.features.cols));
    entry.embedding = numbers(input, input.choice(4) == 0 ? 2 : 0);
    return entry;
}

void check(ContextStore& store, double now)
{
    const auto& options = store.options();
    for (const int source : store.sources()) {
        const auto held = store.held(source, now);
        fuzz::require(held.size() <= static_cast<std::size_t>(options.entries),
                      "no more entries than the capacity");
        fuzz::require(options.features == 0 || store.features(source) <= options.features,
                      "no more feature vectors than the capacity");
        fuzz::require(options.bytes == 0 || store.bytes(source) <= options.bytes,
                      "no more bytes than the capacity");
        for (std::size_t i = 0; i < held.size(); ++i) {
            fuzz::require(held[i].age_s >= 0, "no age is negative");
            fuzz::require(std::isfinite(held[i].score), "scores are finite");
            fuzz::require(i == 0 || held[i].age < held[i - 1].age, "oldest first");
        }
    }
}

void run(fuzz::Input& input)
{
    ContextStore store(options_of(input));
    while (input.left() > 0) {
        try {
            store.add(entry_of(input));
        } catch (const Error&) { }
        check(store, 300);
    }
}

std::string le64(std::uint64_t value)
{
    std::string bytes;
    for (int i = 0; i < 8; ++i)
        bytes += static_cast<char>(value >> (8 * i));
    return bytes;
}

// A snapshot with these entries, its hash as it should be.
std::string snapshot_of(const std::string& entries, const std::string& features)
{
    SafetensorsFile file;
    const auto add = [&](const char* name, DType dtype, const std::string& data) {
        const auto count = static_cast<std::int64_t>(data.size() / size_of(dtype));
        file.tensors.push_back({ name, dtype, { count }, { data.begin(), data.end() } });
    };
    add("features", DType::f32, features);
    add("positions", DType::i32, "");
    add("embeddings", DType::f32, "");
    add("entries", DType::u8, entries);
    std::string header = R"({"__metadata__":{"format":"udeepsc-context","version":"1",)"
                         R"("model_id":"m","content_hash":")"
        + content_hash(file) + "\"}";
    std::string data;
    for (const auto& tensor : file.tensors) {
        header += ",\"" + tensor.name + R"(":{"dtype":")" + name(tensor.dtype)
            + R"(","shape":[)" + std::to_string(tensor.shape[0]) + R"(],"data_offsets":[)"
            + std::to_string(data.size()) + ","
            + std::to_string(data.size() + tensor.data.size()) + "]}";
        data.append(tensor.data.begin(), tensor.data.end());
    }
    header += "}";
    return le64(header.size()) + header + data;
}

void load(const std::string& bytes)
{
    const fuzz::InputFile file(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                               bytes.size());
    ContextStoreOptions options;
    options.model_id = "m";
    ContextStore store(options);
    try {
        store.load(file.path(), 5);
    } catch (const Error&) {
        fuzz::require(store.size() == 0, "what is refused changes nothing");
        return;
    }
    check(store, 5);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    switch (input.choice(3)) {
    case 0:
        run(input);
        break;
    case 1:
        load(input.text(size));
        break;
    default: {
        const std::size_t floats = 4 * input.choice(8);
        std::string features;
        for (std::size_t i = 0; i < floats; ++i)
            features += static_cast<char>(input.byte() & 0x3f); // finite
        load(snapshot_of(input.text(input.left()), features));
    }
    }
    return 0;
}
