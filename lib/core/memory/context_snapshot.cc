// SPDX-License-Identifier: GPL-3.0-or-later
// A context store to and from a file: a safetensors file whose tensors are the numbers of
// all entries, one after the other, and a JSON text that says whose they are.
#include "../config/json_fields.h"
#include "../config/parse_json.h"
#include "context_state.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/safetensors.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace udeepsc_core {
namespace {

const char* const s_format = "udeepsc-context";
const char* const s_version = "1";

/*! An entry without its numbers, as it stands in the file. */
struct Record {
    int source = 0, layer = 0, rows = 0, cols = 0;
    std::string task, modality, text;
    std::int64_t frame = 0, moment = 0, order = 0, positions = 0, embedding = 0;
    double age_s = 0, value = 0, noise_var = 0;

    void visit(FieldVisitor& f)
    {
        constexpr std::int64_t MANY = std::int64_t(1) << 62;
        constexpr int MOST = 1 << 24; // numbers of one entry
        const auto field = [](const char* key) { return Field { key, "", "", true }; };
        f.integer(field("source"), source, 0, 255);
        f.text(field("task"), task, {});
        f.text(field("modality"), modality, {});
        f.integer(field("layer"), layer, 0, 65535);
        f.integer(field("frame"), frame, 0, MANY);
        f.real(field("age_s"), age_s, 0, 1e12);
        f.real(field("value"), value, -1e300, 1e300);
        f.integer(field("moment"), moment, 0, MANY);
        f.integer(field("order"), order, 0, MANY);
        f.real(field("noise_var"), noise_var, 0, 1e30);
        f.integer(field("rows"), rows, 1, MOST);
        f.integer(field("cols"), cols, 1, MOST);
        f.integer(field("positions"), positions, 0, MOST);
        f.integer(field("embedding"), embedding, 0, MOST);
        f.text(field("text"), text, {});
    }
};

Record record_of(const ContextSlot& slot, double now)
{
    const auto& e = *slot.entry;
    Record r;
    r.source = e.source;
    r.layer = e.block.layer;
    r.rows = e.block.features.rows;
    r.cols = e.block.features.cols;
    r.task = e.task;
    r.modality = e.block.modality;
    r.text = e.text;
    r.frame = static_cast<std::int64_t>(e.frame);
    r.moment = static_cast<std::int64_t>(slot.moment);
    r.order = static_cast<std::int64_t>(slot.order);
    r.positions = static_cast<std::int64_t>(e.block.positions.size());
    r.embedding = static_cast<std::int64_t>(e.embedding.size());
    r.age_s = std::max(0.0, now - e.time);
    r.value = slot.value;
    r.noise_var = e.block.noise_var;
    return r;
}

RawTensor empty_tensor(const char* name, DType dtype)
{
    return { name, dtype, { 0 }, {} };
}

template <class T> void append(RawTensor& tensor, const T* values, std::size_t count)
{
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values);
    tensor.data.insert(tensor.data.end(), bytes, bytes + count * sizeof(T));
    tensor.shape.front() += static_cast<std::int64_t>(count);
}

/*! Hands out a tensor's numbers in turn. */
class Numbers {
public:
    Numbers(const SafetensorsFile& file, const char* name, DType dtype)
        : d_name(name)
    {
        for (const auto& tensor : file.tensors)
            if (tensor.name == name && tensor.dtype == dtype && tensor.shape.size() == 1)
                d_tensor = &tensor;
        if (!d_tensor)
            throw Error("tensor '" + d_name + "' is missing or of another type");
    }

    template <class T> std::vector<T> take(std::int64_t count)
    {
        const auto left
            = static_cast<std::int64_t>((d_tensor->data.size() - d_at) / sizeof(T));
        if (count > left)
            throw Error("an entry asks for " + std::to_string(count) + " numbers of '"
                        + d_name + "', found " + std::to_string(left));
        std::vector<T> values(static_cast<std::size_t>(count));
        const std::size_t bytes = values.size() * sizeof(T);
        if (bytes > 0)
            std::memcpy(values.data(), d_tensor->data.data() + d_at, bytes);
        d_at += bytes;
        return values;
    }

    std::string text() const { return { d_tensor->data.begin(), d_tensor->data.end() }; }

    void finish() const
    {
        if (d_at != d_tensor->data.size())
            throw Error("numbers of '" + d_name + "' belong to no entry");
    }

private:
    const std::string d_name;
    const RawTensor* d_tensor = nullptr;
    std::size_t d_at = 0;
};

json parse_entries(const SafetensorsFile& file)
{
    // A store holds up to 256 * 65536 entries; the file's size bounds them before.
    JsonLimits limits;
    limits.values = std::size_t(1) << 28;
    limits.text_bytes = 1 << 16;
    try {
        const auto all
            = parse_json<json>(Numbers(file, "entries", DType::u8).text(), limits);
        require_array(all, "entries");
        return all;
    } catch (const json::exception&) {
        throw Error("the list of entries is no JSON");
    }
}

void require_metadata(const SafetensorsFile& file, const std::string& model_id)
{
    const auto value = [&](const char* key) {
        const auto found = file.metadata.find(key);
        return found == file.metadata.end() ? std::string() : found->second;
    };
    if (value("format") != s_format)
        throw Error("found the format \"" + printable(value("format"), 80)
                    + "\", expected \"" + s_format + "\"");
    if (value("version") != s_version)
        throw Error("found version \"" + printable(value("version"), 80)
                    + "\", expected \"" + s_version + "\"");
    if (value("model_id") != model_id)
        throw Error("found entries of model \"" + printable(value("model_id"), 80)
                    + "\", expected \"" + model_id + "\"");
    if (value("content_hash") != content_hash(file))
        throw Error("the content is damaged: its hash is " + content_hash(file)
                    + ", expected " + printable(value("content_hash"), 80));
}

} // namespace

void ContextStore::save(const std::string& path, double now) const
{
    json entries = json::array();
    auto features = empty_tensor("features", DType::f32);
    auto positions = empty_tensor("positions", DType::i32);
    auto embeddings = empty_tensor("embeddings", DType::f32);
    for (const auto& source : d_state->sources)
        for (const auto& slot : source.second.slots) {
            auto record = record_of(slot, std::max(now, source.second.newest_time));
            json object = json::object();
            JsonWriter writer(object);
            record.visit(writer);
            entries.push_back(std::move(object));
            const auto& e = *slot.entry;
            const auto& f = e.block.features.data;
            append(features, f.data(), f.size());
            append(positions, e.block.positions.data(), e.block.positions.size());
            append(embeddings, e.embedding.data(), e.embedding.size());
        }
    auto list = empty_tensor("entries", DType::u8);
    const std::string text = entries.dump(-1, ' ', false, json::error_handler_t::replace);
    append(list, text.data(), text.size());
    SafetensorsFile file;
    file.tensors = { list, features, positions, embeddings };
    file.metadata = { { "format", s_format },
                      { "version", s_version },
                      { "model_id", d_state->options.model_id } };
    file.metadata["content_hash"] = content_hash(file);
    write_safetensors(path, file);
}

namespace {

ContextEntry entry_of(Record& record, const std::string& model_id, double now)
{
    ContextEntry e;
    e.source = record.source;
    e.task = record.task;
    e.model_id = model_id;
    e.time = now - record.age_s;
    e.frame = static_cast<std::uint64_t>(record.frame);
    e.value = record.value;
    e.text = record.text;
    e.block.modality = record.modality;
    e.block.layer = record.layer;
    e.block.noise_var = static_cast<float>(record.noise_var);
    e.block.features.rows = record.rows;
    e.block.features.cols = record.cols;
    return e;
}

} // namespace

void ContextStore::load(const std::string& path, double now)
{
    const SafetensorsFile file = read_safetensors(path);
    auto fresh = std::make_unique<State>();
    fresh->options = d_state->options;
    fresh->scorer = d_state->scorer;
    fresh->pairs = d_state->pairs;
    fresh->counts = d_state->counts;
    fresh->next_id = d_state->next_id;
    try {
        require_metadata(file, d_state->options.model_id);
        Numbers features(file, "features", DType::f32);
        Numbers positions(file, "positions", DType::i32);
        Numbers embeddings(file, "embeddings", DType::f32);
        for (const auto& item : parse_entries(file)) {
            JsonReader reader(item, "entry");
            Record record;
            record.visit(reader);
            reader.finish();
            auto entry = entry_of(record, d_state->options.model_id, now);
            entry.block.features.data
                = features.take<float>(std::int64_t(record.rows) * record.cols);
            entry.block.positions = positions.take<int>(record.positions);
            entry.embedding = embeddings.take<float>(record.embedding);
            fresh->restore(std::move(entry),
                           static_cast<std::uint64_t>(record.moment),
                           static_cast<std::uint64_t>(record.order));
        }
        features.finish();
        positions.finish();
        embeddings.finish();
    } catch (const Error& e) {
        throw Error("reading the context '" + path + "': " + e.what());
    }
    for (auto& source : fresh->sources)
        fresh->evict(source.second, source.second.newest_time);
    d_state = std::move(fresh);
}

void ContextStore::State::restore(ContextEntry&& entry,
                                  std::uint64_t moment,
                                  std::uint64_t order)
{
    check(entry);
    Source& source = sources[entry.source];
    if (!source.slots.empty() && order <= source.slots.back().order)
        throw Error("entries are out of order");
    source.next_order = order + 1;
    source.newest_time = std::max(source.newest_time, entry.time);
    auto& newest = source.newest_frame[{ entry.task, entry.block.modality }];
    newest = std::max(newest, entry.frame);
    next_moment = std::max(next_moment, moment + 1);
    ContextSlot slot;
    slot.id = next_id++;
    slot.moment = moment;
    slot.order = order;
    slot.value = entry.value;
    slot.scored = static_cast<bool>(scorer);
    slot.entry = std::make_shared<const ContextEntry>(std::move(entry));
    describe(slot);
    source.put(source.slots.size(), std::move(slot));
}

} // namespace udeepsc_core
