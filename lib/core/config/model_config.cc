// SPDX-License-Identifier: GPL-3.0-or-later
#include "json_fields.h"
#include "parse_json.h"

#include "../kinds/modality.h"
#include "../kinds/output.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace udeepsc_core {

namespace {

const std::map<std::string, int> s_bits_per_symbol
    = { { "bpsk", 1 }, { "qpsk", 2 }, { "16qam", 4 }, { "64qam", 6 }, { "256qam", 8 } };

constexpr std::int64_t MAX_PARAMETERS = std::int64_t(1) << 28; // 1 GiB as float32

void check(bool good, const std::string& field, const std::string& expected)
{
    if (!good)
        throw Error("configuration: " + field + ": expected " + expected);
}

// Says at which section an Error of one of its kinds arose.
template <class Function> auto at_section(const std::string& where, Function f)
{
    try {
        return f();
    } catch (const Error& e) {
        throw Error(where + ": " + e.what());
    }
}

EncoderConfig read_encoder(const std::string& modality, const json& object)
{
    const auto where = "encoders." + modality;
    JsonReader reader(object, where);
    EncoderConfig c;
    c.modality = modality;
    std::string kind = modality;
    reader.text({ "kind", "", "of modality" }, kind, {});
    const auto made = at_section(where, [&] { return make_modality(kind); });
    c.visit(reader);
    if (c.ffn == 0)
        c.ffn = 4 * c.dim;
    if (c.fsm_dim == 0)
        c.fsm_dim = std::max(8, c.dim / 4);
    made->visit(reader);
    reader.finish();
    c.kind = made;
    return c;
}

json write_encoder(EncoderConfig c)
{
    json object = json::object();
    if (c.modality != c.kind->kind())
        object["kind"] = c.kind->kind();
    JsonWriter writer(object);
    c.visit(writer);
    const_cast<Modality&>(*c.kind).visit(writer); // a writer changes nothing
    return object;
}

TaskConfig read_task(const json& object)
{
    TaskConfig t;
    JsonReader reader(object, "tasks[]");
    reader.text({ "name", "", "what the task is called", true }, t.name, {});
    const auto where = "tasks." + t.name;
    JsonReader fields(object, where);
    std::string name, kind;
    fields.text({ "name", "", "what the task is called", true }, name, {});
    fields.text({ "output", "", "kind of what comes out", true }, kind, {});
    const auto output = at_section(where + ".output", [&] { return make_output(kind); });
    t.visit(fields);
    output->visit(fields);
    for (const auto& item :
         require_object(fields.child("inputs"), where + ".inputs").items()) {
        JsonReader in(item.value(), where + ".inputs." + item.key());
        TaskModality m;
        m.modality = item.key();
        m.visit(in);
        in.finish();
        t.inputs.push_back(m);
    }
    fields.finish();
    t.output = output;
    return t;
}

json write_task(TaskConfig t)
{
    json inputs = json::object();
    for (const auto& m : t.inputs) {
        inputs[m.modality] = to_json_object(m);
        if (m.layers.empty())
            inputs[m.modality].erase("layers");
    }
    json object
        = { { "name", t.name }, { "output", t.output->kind() }, { "inputs", inputs } };
    JsonWriter writer(object);
    t.visit(writer);
    if (t.data.empty())
        object.erase("data");
    const_cast<Output&>(*t.output).visit(writer); // a writer changes nothing
    return object;
}

// Of attention and feed-forward, the matrices alone.
std::int64_t layer_parameters(std::int64_t dim, std::int64_t ffn)
{
    return 4 * dim * dim + 2 * dim * ffn;
}

void validate_encoder(const EncoderConfig& c)
{
    const auto where = "encoders." + c.modality;
    check(c.kind != nullptr, where, "a kind of modality");
    check(c.dim > 0 && c.heads > 0 && c.dim % c.heads == 0,
          where + ".heads",
          "a divisor of dim");
    check(c.ffn > 0, where + ".ffn", "1 or more");
    check(c.fsm_dim > 0, where + ".fsm_dim", "1 or more");
    c.kind->validate(where);
}

void validate_task(const ModelConfig& model, const TaskConfig& t)
{
    const auto at = "tasks." + t.name + ".";
    check(t.output != nullptr, at + "output", "a kind of output");
    check(!t.inputs.empty(), at + "inputs", "at least one modality");
    for (const auto& m : t.inputs) {
        check(model.find_encoder(m.modality) != nullptr,
              at + "inputs." + m.modality,
              "a modality with an encoder");
        check(m.max_vectors == 0
                  || (m.min_vectors >= 1 && m.min_vectors <= m.max_vectors),
              at + "inputs." + m.modality + ".min_vectors",
              "1 to max_vectors");
    }
    for (const auto& m : t.inputs)
        check(m.layers.empty() == !t.output->layered(),
              at + "inputs." + m.modality + ".layers",
              t.output->layered() ? "the sizes of the layers"
                                  : "none with this kind of output");
    if (t.aligned)
        check(t.inputs.size() == 1 && t.inputs[0].max_vectors == 0
                  && !t.inputs[0].send_task_token,
              at + "aligned",
              "one modality, all vectors sent, no task token");
    if (t.has_memory())
        check(!t.aligned && !t.output->query_per_vector(),
              at + "inputs",
              "memory 0 in a task whose queries are the received vectors");
    t.output->validate(model, t);
}

json parse(const std::string& text)
{
    try {
        return parse_json<json>(text);
    } catch (const Error& e) {
        throw Error(std::string("configuration: ") + e.what());
    } catch (const json::exception& e) {
        throw Error("configuration is no JSON: " + printable(e.what()));
    }
}

ModelConfig read_model(const json& root)
{
    JsonReader reader(root, "configuration");
    ModelConfig c;
    c.visit(reader);
    const auto section
        = [&](const char* key) -> const json& { return reader.child(key); };
    for (const auto& item :
         require_object(section("encoders"), "configuration.encoders").items())
        c.encoders.push_back(read_encoder(item.key(), item.value()));
    JsonReader decoder(section("decoder"), "decoder");
    c.decoder.visit(decoder);
    decoder.finish();
    if (c.decoder.ffn == 0)
        c.decoder.ffn = 4 * c.decoder.dim;
    JsonReader codebook(section("codebook"), "codebook");
    c.codebook.visit(codebook);
    codebook.finish();
    for (const auto& t : require_array(section("tasks"), "configuration.tasks"))
        c.tasks.push_back(read_task(t));
    reader.finish();
    c.validate();
    return c;
}

} // namespace

int EncoderConfig::max_positions() const
{
    return kind->max_positions();
}

int TaskModality::indices_in(std::size_t count) const
{
    return std::accumulate(
        layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(count), 0);
}

const TaskModality& TaskConfig::input(const std::string& modality) const
{
    std::string known;
    for (const auto& m : inputs) {
        if (m.modality == modality)
            return m;
        known += (known.empty() ? "" : ", ") + m.modality;
    }
    throw Error("task " + name + " has no modality \"" + modality + "\"; it has "
                + known);
}

bool TaskConfig::has_memory() const
{
    return std::any_of(
        inputs.begin(), inputs.end(), [](const auto& m) { return m.memory > 0; });
}

std::vector<std::string> TaskConfig::classes() const
{
    return output->classes();
}

ModelConfig ModelConfig::from_json(const std::string& text)
{
    const auto root = parse(text);
    if (root.is_object() && root.contains("model") && !root.contains("encoders"))
        return read_model(root.at("model"));
    return read_model(root);
}

ModelConfig ModelConfig::from_file(const std::string& path)
{
    const auto bytes = read_file(path, std::uint64_t(1) << 24);
    return at_section(path, [&] { return from_json({ bytes.begin(), bytes.end() }); });
}

std::string ModelConfig::to_json() const
{
    json j = to_json_object(*this);
    j["encoders"] = json::object();
    for (const auto& e : encoders)
        j["encoders"][e.modality] = write_encoder(e);
    j["decoder"] = to_json_object(decoder);
    j["codebook"] = to_json_object(codebook);
    j["tasks"] = json::array();
    for (const auto& t : tasks)
        j["tasks"].push_back(write_task(t));
    return j.dump();
}

void ModelConfig::validate() const
{
    check(!name.empty(), "name", "a name");
    check(!encoders.empty(), "encoders", "at least one");
    for (const auto& e : encoders)
        validate_encoder(e);
    check(decoder.dim > 0 && decoder.heads > 0 && decoder.dim % decoder.heads == 0,
          "decoder.heads",
          "a divisor of decoder.dim");
    check(s_bits_per_symbol.count(modulation),
          "modulation",
          "bpsk, qpsk, 16qam, 64qam or 256qam");
    check((codebook.entries & (codebook.entries - 1)) == 0,
          "codebook.entries",
          "a power of two from 2 to 1024, got " + std::to_string(codebook.entries));
    if (mapping == "symbol")
        check(codebook.entries == 1 << bits_per_symbol(),
              "codebook.entries",
              "the constellation's size with mapping \"symbol\"");
    check(!tasks.empty(), "tasks", "at least one");
    std::set<std::string> names;
    for (const auto& t : tasks) {
        check(names.insert(t.name).second, "tasks", "no task twice, got " + t.name);
        validate_task(*this, t);
    }
    // A slip of the pen, or a damaged model file, must not ask for all memory there is.
    check(least_parameters() <= MAX_PARAMETERS,
          "sizes",
          "a network of at most " + std::to_string(MAX_PARAMETERS)
              + " parameters, got at least " + std::to_string(least_parameters()));
}

const EncoderConfig* ModelConfig::find_encoder(const std::string& modality) const
{
    for (const auto& e : encoders)
        if (e.modality == modality)
            return &e;
    return nullptr;
}

const EncoderConfig& ModelConfig::encoder(const std::string& modality) const
{
    if (const auto* found = find_encoder(modality))
        return *found;
    throw Error("model " + name + " has no encoder for modality \"" + modality + "\"");
}

const TaskConfig& ModelConfig::task(const std::string& task_name) const
{
    std::string known;
    for (const auto& t : tasks) {
        if (t.name == task_name)
            return t;
        known += (known.empty() ? "" : ", ") + t.name;
    }
    throw Error("model " + name + " has no task \"" + task_name + "\"; it has " + known);
}

std::int64_t ModelConfig::least_parameters() const
{
    const std::int64_t width = decoder.dim;
    std::int64_t total = decoder.layers * layer_parameters(width, decoder.ffn);
    for (const auto& e : encoders) {
        total
            += (e.semantic_layers + e.selection_modules) * layer_parameters(e.dim, e.ffn);
        total += e.max_positions() * (e.dim + width);
        total += e.kind->least_parameters(e.dim);
    }
    for (const auto& t : tasks) {
        total += t.queries * width + t.output->least_parameters(*this, t);
        for (const auto& m : t.inputs) {
            const auto vectors = std::max(1, encoder(m.modality).max_positions());
            const auto largest = m.layers.empty()
                ? m.subvectors
                : m.indices_in(m.layers.size()) / vectors;
            total += largest * static_cast<std::int64_t>(codebook.subvector_dim)
                * (encoder(m.modality).dim + width);
        }
    }
    return total;
}

int ModelConfig::bits_per_index() const
{
    int bits = 0;
    while ((1 << bits) < codebook.entries)
        ++bits;
    return bits;
}

int ModelConfig::bits_per_symbol() const
{
    return s_bits_per_symbol.at(modulation);
}

int ModelConfig::symbols_for(int indices) const
{
    if (mapping == "symbol")
        return indices;
    const int bits = indices * bits_per_index();
    return (bits + bits_per_symbol() - 1) / bits_per_symbol();
}

} // namespace udeepsc_core
