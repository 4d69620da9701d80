// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <type_traits>

namespace udeepsc_core {

using json = nlohmann::ordered_json;

namespace {

const std::map<std::string, int> s_bits_per_symbol = {
    { "bpsk", 1 }, { "qpsk", 2 }, { "16qam", 4 }, { "64qam", 6 }, { "256qam", 8 }
};

// Reads the fields of one JSON object and remembers which were asked for, so that a
// misspelt field is an error and not a silent default.
class Fields
{
public:
    Fields(const json& object, std::string where) : d_json(object), d_where(std::move(where))
    {
        if (!object.is_object())
            throw Error(d_where + ": expected a JSON object, got " + object.type_name());
    }

    template <class T>
    void read(const char* key, T& value)
    {
        d_known.insert(key);
        const auto it = d_json.find(key);
        if (it == d_json.end())
            return;
        try {
            value = it->template get<T>();
        } catch (const json::exception&) {
            refuse(key, *it);
        }
        // The library turns 24.9 and 2^32 + 24 into the integer 24.
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
            if (json(value) != *it || !it->is_number_integer())
                refuse(key, *it);
    }

    template <class T>
    void require(const char* key, T& value)
    {
        if (!d_json.contains(key))
            throw Error(d_where + "." + key + ": missing");
        read(key, value);
    }

    const json& child(const char* key)
    {
        d_known.insert(key);
        if (!d_json.contains(key))
            throw Error(d_where + "." + key + ": missing");
        return d_json.at(key);
    }

    bool has(const char* key) const { return d_json.contains(key); }

    void finish() const
    {
        for (const auto& item : d_json.items())
            if (!d_known.count(item.key()))
                throw Error(d_where + ": unknown field \"" + item.key() + "\"");
    }

private:
    [[noreturn]] void refuse(const char* key, const json& value) const
    {
        throw Error(d_where + "." + key + ": cannot use " +
                    value.dump(-1, ' ', false, json::error_handler_t::replace));
    }

    const json& d_json;
    std::string d_where;
    std::set<std::string> d_known;
};

EncoderConfig read_encoder(const std::string& modality, const json& object)
{
    Fields fields(object, "encoders." + modality);
    EncoderConfig c;
    c.modality = modality;
    fields.require("dim", c.dim);
    fields.require("heads", c.heads);
    fields.require("semantic_layers", c.semantic_layers);
    fields.read("selection_modules", c.selection_modules);
    c.ffn = 4 * c.dim;
    fields.read("ffn", c.ffn);
    c.fsm_dim = std::max(8, c.dim / 4);
    fields.read("fsm_dim", c.fsm_dim);
    fields.read("dropout", c.dropout);
    if (modality == "image") {
        fields.read("image_size", c.image_size);
        fields.read("patch", c.patch);
        fields.read("embedding", c.embedding);
        fields.read("stem", c.stem);
    } else if (modality == "text") {
        fields.read("tokenizer", c.tokenizer);
        fields.require("vocabulary", c.vocabulary);
        fields.require("max_tokens", c.max_tokens);
    } else {
        fields.require("features", c.features);
        fields.require("max_frames", c.max_frames);
    }
    fields.finish();
    return c;
}

json write_encoder(const EncoderConfig& c)
{
    json j = { { "dim", c.dim },
               { "heads", c.heads },
               { "semantic_layers", c.semantic_layers },
               { "selection_modules", c.selection_modules },
               { "ffn", c.ffn },
               { "fsm_dim", c.fsm_dim },
               { "dropout", c.dropout } };
    if (c.modality == "image") {
        j["image_size"] = c.image_size;
        j["patch"] = c.patch;
        j["embedding"] = c.embedding;
        j["stem"] = c.stem;
    } else if (c.modality == "text") {
        j["tokenizer"] = c.tokenizer;
        j["vocabulary"] = c.vocabulary;
        j["max_tokens"] = c.max_tokens;
    } else {
        j["features"] = c.features;
        j["max_frames"] = c.max_frames;
    }
    return j;
}

// Names for classes that are only counted: "0", "1", ...
std::vector<std::string> numbered_classes(std::size_t count)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back(std::to_string(i));
    return names;
}

TaskConfig read_task(const json& object)
{
    Fields fields(object, "tasks[]");
    TaskConfig t;
    fields.require("name", t.name);
    fields.require("output", t.output);
    if (fields.has("classes") && object.at("classes").is_number_unsigned()) {
        std::size_t count = 0;
        fields.read("classes", count);
        if (count > 100000)
            throw Error("tasks." + t.name + ".classes: expected at most 100000");
        t.classes = numbered_classes(count);
    } else {
        fields.read("classes", t.classes);
    }
    fields.read("queries", t.queries);
    fields.read("aligned", t.aligned);
    for (const auto& item : fields.child("inputs").items()) {
        Fields in(item.value(), "tasks." + t.name + ".inputs." + item.key());
        TaskModality m;
        m.modality = item.key();
        in.read("subvectors", m.subvectors);
        in.read("min_vectors", m.min_vectors);
        in.read("max_vectors", m.max_vectors);
        in.read("send_task_token", m.send_task_token);
        in.finish();
        t.inputs.push_back(m);
    }
    fields.finish();
    return t;
}

json write_task(const TaskConfig& t)
{
    json inputs = json::object();
    for (const auto& m : t.inputs)
        inputs[m.modality] = { { "subvectors", m.subvectors },
                               { "min_vectors", m.min_vectors },
                               { "max_vectors", m.max_vectors },
                               { "send_task_token", m.send_task_token } };
    json j = { { "name", t.name },
               { "output", t.output },
               { "inputs", inputs },
               { "queries", t.queries },
               { "aligned", t.aligned } };
    if (!t.classes.empty() && t.classes == numbered_classes(t.classes.size()))
        j["classes"] = t.classes.size();
    else if (!t.classes.empty())
        j["classes"] = t.classes;
    return j;
}

void check(bool good, const std::string& field, const std::string& expected)
{
    if (!good)
        throw Error("configuration: " + field + ": expected " + expected);
}

constexpr std::int64_t MAX_PARAMETERS = std::int64_t(1) << 28; // 1 GiB as float32

// Of attention and feed-forward, the matrices alone.
std::int64_t layer_parameters(std::int64_t dim, std::int64_t ffn)
{
    return 4 * dim * dim + 2 * dim * ffn;
}

void validate_encoder(const EncoderConfig& c)
{
    const std::string at = "encoders." + c.modality + ".";
    check(c.dim > 0 && c.dim <= 8192, at + "dim", "1 to 8192, got " + std::to_string(c.dim));
    check(c.heads > 0 && c.dim % c.heads == 0, at + "heads", "a divisor of dim");
    check(c.semantic_layers >= 0 && c.semantic_layers <= 64, at + "semantic_layers", "0 to 64");
    check(c.selection_modules >= 1 && c.selection_modules <= 8, at + "selection_modules", "1 to 8");
    check(c.ffn > 0 && c.ffn <= 32768, at + "ffn", "1 to 32768");
    check(c.fsm_dim > 0 && c.fsm_dim <= 8192, at + "fsm_dim", "1 to 8192");
    check(c.dropout >= 0 && c.dropout < 1, at + "dropout", "0 <= dropout < 1");
    if (c.modality == "image") {
        check(c.image_size > 0 && c.image_size <= 1024, at + "image_size", "1 to 1024");
        check(c.patch > 0 && c.image_size % c.patch == 0,
              at + "patch",
              "a divisor of image_size");
        check(c.max_positions() <= 4096, at + "patch", "at most 4096 patches");
        check(c.embedding == "patch" || c.embedding == "conv", at + "embedding", "patch or conv");
        if (c.embedding == "conv") {
            check(c.patch == 4, at + "patch", "4 with the conv embedding");
            check(c.stem.size() == 2 && std::min(c.stem[0], c.stem[1]) > 0 &&
                      std::max(c.stem[0], c.stem[1]) <= 4096,
                  at + "stem",
                  "two channel counts, 1 to 4096");
        }
    } else if (c.modality == "text") {
        check(c.tokenizer == "sentencepiece" || c.tokenizer == "wordpiece",
              at + "tokenizer",
              "sentencepiece or wordpiece");
        check(c.vocabulary > 0 && c.vocabulary <= 1000000, at + "vocabulary", "1 to 1000000");
        check(c.max_tokens > 0 && c.max_tokens <= 4096, at + "max_tokens", "1 to 4096");
    } else {
        check(c.features > 0 && c.features <= 65536, at + "features", "1 to 65536");
        check(c.max_frames > 0 && c.max_frames <= 4096, at + "max_frames", "1 to 4096");
    }
}

} // namespace

int EncoderConfig::max_positions() const
{
    if (modality == "image")
        return (image_size / patch) * (image_size / patch);
    return modality == "text" ? max_tokens : max_frames;
}

const TaskModality& TaskConfig::input(const std::string& modality) const
{
    for (const auto& m : inputs)
        if (m.modality == modality)
            return m;
    std::string known;
    for (const auto& m : inputs)
        known += (known.empty() ? "" : ", ") + m.modality;
    throw Error("task " + name + " has no modality \"" + modality + "\"; it has " + known);
}

std::string TaskConfig::metric() const
{
    if (output == "picture")
        return "psnr_db";
    return output == "sentence" ? "bleu4" : "accuracy";
}

ModelConfig ModelConfig::from_json(const std::string& text)
{
    json root;
    try {
        root = json::parse(text);
    } catch (const json::exception& e) {
        throw Error(std::string("configuration is no JSON: ") + e.what());
    }
    Fields fields(root, "configuration");
    ModelConfig c;
    fields.require("name", c.name);
    for (const auto& item : fields.child("encoders").items())
        c.encoders.push_back(read_encoder(item.key(), item.value()));
    {
        Fields d(fields.child("decoder"), "decoder");
        d.require("dim", c.decoder.dim);
        d.require("heads", c.decoder.heads);
        d.require("layers", c.decoder.layers);
        c.decoder.ffn = 4 * c.decoder.dim;
        d.read("ffn", c.decoder.ffn);
        d.read("picture_head", c.decoder.picture_head);
        d.read("dropout", c.decoder.dropout);
        d.finish();
    }
    {
        Fields b(fields.child("codebook"), "codebook");
        b.require("entries", c.codebook.entries);
        b.require("subvector_dim", c.codebook.subvector_dim);
        b.read("beta", c.codebook.beta);
        b.finish();
    }
    fields.require("modulation", c.modulation);
    fields.require("mapping", c.mapping);
    fields.read("noise_conditioning", c.noise_conditioning);
    const auto& tasks = fields.child("tasks");
    if (!tasks.is_array())
        throw Error("configuration.tasks: expected an array");
    for (const auto& t : tasks)
        c.tasks.push_back(read_task(t));
    fields.finish();
    c.validate();
    return c;
}

ModelConfig ModelConfig::from_file(const std::string& path)
{
    std::ifstream in(path);
    if (!in)
        throw Error("configuration " + path + ": cannot be opened");
    std::stringstream text;
    text << in.rdbuf();
    try {
        return from_json(text.str());
    } catch (const Error& e) {
        throw Error(path + ": " + e.what());
    }
}

std::string ModelConfig::to_json() const
{
    json j;
    j["name"] = name;
    j["encoders"] = json::object();
    for (const auto& e : encoders)
        j["encoders"][e.modality] = write_encoder(e);
    j["decoder"] = { { "dim", decoder.dim },       { "heads", decoder.heads },
                     { "layers", decoder.layers }, { "ffn", decoder.ffn },
                     { "dropout", decoder.dropout }, { "picture_head", decoder.picture_head } };
    j["codebook"] = { { "entries", codebook.entries },
                      { "subvector_dim", codebook.subvector_dim },
                      { "beta", codebook.beta } };
    j["modulation"] = modulation;
    j["mapping"] = mapping;
    j["noise_conditioning"] = noise_conditioning;
    j["tasks"] = json::array();
    for (const auto& t : tasks)
        j["tasks"].push_back(write_task(t));
    return j.dump();
}

void ModelConfig::validate() const
{
    check(!name.empty(), "name", "a name");
    check(!encoders.empty(), "encoders", "at least one");
    std::set<std::string> modalities;
    for (const auto& e : encoders) {
        check(e.modality == "image" || e.modality == "text" || e.modality == "speech",
              "encoders." + e.modality,
              "image, text or speech");
        modalities.insert(e.modality);
        validate_encoder(e);
    }
    check(decoder.dim > 0 && decoder.dim <= 8192, "decoder.dim", "1 to 8192");
    check(decoder.heads > 0 && decoder.dim % decoder.heads == 0,
          "decoder.heads",
          "a divisor of decoder.dim");
    check(decoder.layers >= 1 && decoder.layers <= 64, "decoder.layers", "1 to 64");
    check(decoder.ffn > 0 && decoder.ffn <= 32768, "decoder.ffn", "1 to 32768");
    check(decoder.dropout >= 0 && decoder.dropout < 1, "decoder.dropout", "0 <= dropout < 1");
    check(decoder.picture_head == "linear" || decoder.picture_head == "conv",
          "decoder.picture_head",
          "linear or conv");
    check(s_bits_per_symbol.count(modulation), "modulation", "bpsk, qpsk, 16qam, 64qam or 256qam");
    check(mapping == "symbol" || mapping == "bits", "mapping", "symbol or bits");
    check(codebook.entries >= 2 && codebook.entries <= 1024 &&
              (codebook.entries & (codebook.entries - 1)) == 0,
          "codebook.entries",
          "a power of two from 2 to 1024, got " + std::to_string(codebook.entries));
    check(codebook.subvector_dim >= 1 && codebook.subvector_dim <= 1024,
          "codebook.subvector_dim",
          "1 to 1024");
    if (mapping == "symbol")
        check(codebook.entries == 1 << bits_per_symbol(),
              "codebook.entries",
              "the constellation's size with mapping \"symbol\"");
    check(!tasks.empty(), "tasks", "at least one");
    std::set<std::string> names;
    for (const auto& t : tasks) {
        const std::string at = "tasks." + t.name + ".";
        check(names.insert(t.name).second, "tasks", "no task twice, got " + t.name);
        check(t.output == "label" || t.output == "picture" || t.output == "sentence",
              at + "output",
              "label, picture or sentence");
        check(!t.inputs.empty(), at + "inputs", "at least one modality");
        check(t.queries >= 1 && t.queries <= 4096, at + "queries", "1 to 4096");
        for (const auto& m : t.inputs) {
            check(modalities.count(m.modality), at + "inputs." + m.modality, "a modality with an encoder");
            check(m.subvectors >= 1 && m.subvectors <= 1024, at + "subvectors", "1 to 1024");
            check(m.max_vectors == 0 || (m.min_vectors >= 1 && m.min_vectors <= m.max_vectors),
                  at + "min_vectors",
                  "1 to max_vectors");
        }
        if (t.output == "label")
            check(t.classes.size() >= 2, at + "classes", "at least two names");
        if (t.output == "picture") {
            const auto& image = encoder("image");
            check(t.queries == image.max_positions(), at + "queries", "one a patch");
        }
        if (t.output == "sentence") {
            check(t.inputs.size() == 1 && t.inputs[0].modality == "text" &&
                      t.inputs[0].max_vectors == 0 && !t.inputs[0].send_task_token,
                  at + "inputs",
                  "text alone, all vectors sent: a sentence has as many tokens as vectors came");
            check(t.queries >= encoder("text").max_tokens, at + "queries", "one a token");
        }
        if (t.aligned)
            check(t.inputs.size() == 1 && t.inputs[0].max_vectors == 0 && !t.inputs[0].send_task_token,
                  at + "aligned",
                  "one modality, all vectors sent, no task token");
    }
    // A slip of the pen, or a damaged model file, must not ask for all memory there is.
    check(least_parameters() <= MAX_PARAMETERS,
          "sizes",
          "a network of at most " + std::to_string(MAX_PARAMETERS) + " parameters, got at least " +
              std::to_string(least_parameters()));
}

const EncoderConfig& ModelConfig::encoder(const std::string& modality) const
{
    for (const auto& e : encoders)
        if (e.modality == modality)
            return e;
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
    const ModelConfig& c = *this;
    const std::int64_t width = c.decoder.dim;
    std::int64_t total = c.decoder.layers * layer_parameters(width, c.decoder.ffn);
    for (const auto& e : c.encoders) {
        const std::int64_t dim = e.dim;
        total += (e.semantic_layers + e.selection_modules) * layer_parameters(dim, e.ffn);
        total += e.max_positions() * (dim + width);
        total += (e.modality == "text" ? e.vocabulary : e.features) * dim;
        if (e.stem.size() == 2)
            total += 9 * (e.stem[0] * static_cast<std::int64_t>(e.stem[1]) + e.stem[1] * dim);
    }
    for (const auto& t : c.tasks) {
        total += (t.queries + static_cast<std::int64_t>(t.classes.size())) * width;
        if (t.output == "sentence")
            total += c.encoder("text").vocabulary + c.encoder("text").dim * width;
        for (const auto& m : t.inputs)
            total += m.subvectors * static_cast<std::int64_t>(c.codebook.subvector_dim) *
                     (c.encoder(m.modality).dim + width);
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

int ModelConfig::bits_per_symbol() const { return s_bits_per_symbol.at(modulation); }

int ModelConfig::symbols_for(int indices) const
{
    if (mapping == "symbol")
        return indices;
    const int bits = indices * bits_per_index();
    return (bits + bits_per_symbol() - 1) / bits_per_symbol();
}

} // namespace udeepsc_core
