// SPDX-License-Identifier: GPL-3.0-or-later
#include "bundle.h"

#include "../config/parse_json.h"
#include "../kinds/modality.h"
#include "printable.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/model_files.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

namespace udeepsc_core {

namespace {

const char* const s_format = "udeepsc-model";
const char* const s_versions[] = { "1", "2" }; // that are read; the last one is written
const char* const s_tokenizer = "tokenizer"; // U8 tensor: the tokenizer's own file
constexpr std::size_t MAX_TRAINING_BYTES = 1 << 16;
constexpr int MAX_FAULTS = 50; // that one message lists

torch::ScalarType scalar_type(DType dtype)
{
    switch (dtype) {
    case DType::f32:
        return torch::kFloat;
    case DType::f16:
        return torch::kHalf;
    case DType::bf16:
        return torch::kBFloat16;
    case DType::f64:
        return torch::kDouble;
    case DType::i64:
        return torch::kLong;
    case DType::i32:
        return torch::kInt;
    default:
        return torch::kByte;
    }
}

bool may_be_weight(DType dtype)
{
    return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

std::string shape_text(const std::vector<int64_t>& shape)
{
    std::ostringstream out;
    out << '[';
    for (std::size_t i = 0; i < shape.size(); ++i)
        out << (i ? ", " : "") << shape[i];
    out << ']';
    return out.str();
}

// Parameters and buffers by name. Batch normalisation's step counter is an integer that
// inference does not need.
std::vector<std::pair<std::string, torch::Tensor>> state_of(const Network& network)
{
    std::vector<std::pair<std::string, torch::Tensor>> state;
    for (const auto& p : network->named_parameters())
        state.emplace_back(p.key(), p.value());
    for (const auto& b : network->named_buffers())
        if (b.value().is_floating_point())
            state.emplace_back(b.key(), b.value());
    return state;
}

// The file's tokenizer, of the kind that its header names; earlier files leave that to
// the text encoder's configuration.
std::shared_ptr<const Tokenizer> tokenizer_of(const SafetensorsFile& file,
                                              const Modality& text)
{
    const auto tensor = std::find_if(file.tensors.begin(),
                                     file.tensors.end(),
                                     [](const auto& t) { return t.name == s_tokenizer; });
    if (tensor == file.tensors.end())
        throw Error("has a text encoder but no tensor \"tokenizer\"");
    if (tensor->dtype != DType::u8)
        throw Error("tensor \"tokenizer\" is of type " + std::string(name(tensor->dtype))
                    + ", expected U8");
    const auto kind = file.metadata.find(s_tokenizer);
    return make_tokenizer(
        kind == file.metadata.end() ? text.tokenizer_kind() : kind->second, tensor->data);
}

// Of the file's metadata, which require_version() has seen.
ModelConfig config_of(const std::map<std::string, std::string>& metadata)
{
    auto config = ModelConfig::from_json(metadata.at("config"));
    if (metadata.at("format_version") == "1") // before a task named its data sets
        for (auto& task : config.tasks)
            if (task.data.empty() && task.inputs.size() == 1)
                task.data
                    = config.encoder(task.inputs[0].modality).kind->version_1_data();
    return config;
}

void require_version(const std::map<std::string, std::string>& metadata,
                     const std::string& path)
{
    const auto format = metadata.find("format");
    if (format == metadata.end() || format->second != s_format)
        throw Error(
            "model " + path
            + ": a safetensors file, but no U-DeepSC model (its header has no format \""
            + s_format + "\")");
    const auto version = metadata.find("format_version");
    if (version == metadata.end()
        || std::find(std::begin(s_versions), std::end(s_versions), version->second)
            == std::end(s_versions))
        throw Error("model " + path + ": format version \""
                    + (version == metadata.end() ? "" : printable(version->second, 40))
                    + "\", expected \"1\" or \"2\"");
    if (!metadata.count("config"))
        throw Error("model " + path + ": header has no \"config\"");
    const auto hash = metadata.find("content_hash");
    if (hash == metadata.end() || hash->second.size() != 16
        || hash->second.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw Error("model " + path + ": content_hash is \""
                    + (hash == metadata.end() ? "" : printable(hash->second, 40))
                    + "\", expected 16 hexadecimal digits, as in every model file that "
                      "udeepsc has written");
}

// It need not be JSON, but where it is, whoever prints it goes through all of it.
std::string training_of(const std::map<std::string, std::string>& metadata)
{
    const auto found = metadata.find("training");
    if (found == metadata.end())
        return "{}";
    const auto& text = found->second;
    if (text.size() > MAX_TRAINING_BYTES)
        throw Error("training: found " + std::to_string(text.size())
                    + " bytes, expected at most " + std::to_string(MAX_TRAINING_BYTES));
    try {
        parse_json<nlohmann::json>(text);
    } catch (const nlohmann::json::exception&) {
    } catch (const Error& e) {
        throw Error(std::string("training: ") + e.what());
    }
    return text;
}

// Before anything of the network's size is allocated
void require_enough_weights(const ModelConfig& config,
                            const std::vector<RawTensor>& tensors)
{
    std::int64_t elements = 0;
    for (const auto& t : tensors)
        if (may_be_weight(t.dtype))
            elements += static_cast<std::int64_t>(t.data.size() / size_of(t.dtype));
    if (config.least_parameters() > elements)
        throw Error("its configuration needs at least "
                    + std::to_string(config.least_parameters())
                    + " weights, the file has " + std::to_string(elements));
}

} // namespace

ModelConfig model_config_of(const std::map<std::string, std::string>& metadata,
                            const std::string& path)
{
    require_version(metadata, path);
    try {
        return config_of(metadata);
    } catch (const Error& e) {
        throw Error("model " + path + ": " + e.what());
    }
}

torch::Tensor to_torch(const RawTensor& raw)
{
    const auto type = scalar_type(raw.dtype);
    auto tensor = torch::empty(raw.shape, torch::TensorOptions().dtype(type));
    // Not memcpy: a tensor of no elements lies nowhere.
    std::copy(
        raw.data.begin(), raw.data.end(), static_cast<std::uint8_t*>(tensor.data_ptr()));
    return tensor.is_floating_point() ? tensor.to(torch::kFloat) : tensor;
}

RawTensor to_raw(const std::string& name, const torch::Tensor& tensor, DType dtype)
{
    const auto t = tensor.detach().to(torch::kCPU).to(scalar_type(dtype)).contiguous();
    RawTensor raw;
    raw.name = name;
    raw.dtype = dtype;
    raw.shape = t.sizes().vec();
    const auto* bytes = static_cast<const std::uint8_t*>(t.data_ptr());
    raw.data.assign(bytes, bytes + t.numel() * t.element_size());
    return raw;
}

void copy_into(Network& network,
               const std::vector<RawTensor>& tensors,
               const std::string& prefix,
               const std::string& where)
{
    std::map<std::string, const RawTensor*> found;
    for (const auto& t : tensors)
        if (t.name.compare(0, prefix.size(), prefix) == 0)
            found[t.name.substr(prefix.size())] = &t;

    std::string faults;
    int count = 0;
    const auto add_fault = [&](const std::string& fault) {
        if (++count <= MAX_FAULTS)
            faults += "\n  " + fault;
    };
    torch::NoGradGuard no_grad;
    for (auto& entry : state_of(network)) {
        const auto it = found.find(entry.first);
        if (it == found.end()) {
            add_fault("missing " + entry.first + " "
                      + shape_text(entry.second.sizes().vec()));
            continue;
        }
        if (!may_be_weight(it->second->dtype))
            add_fault(entry.first + " is of type " + name(it->second->dtype)
                      + ", expected F32, F16 or BF16");
        else if (it->second->shape != entry.second.sizes().vec())
            add_fault(entry.first + " is " + shape_text(it->second->shape) + ", expected "
                      + shape_text(entry.second.sizes().vec()));
        else
            entry.second.copy_(to_torch(*it->second));
        found.erase(it);
    }
    for (const auto& rest : found)
        if (rest.first != s_tokenizer)
            add_fault("extra " + rest.first + " " + shape_text(rest.second->shape));
    if (count > MAX_FAULTS)
        faults += "\n  and " + std::to_string(count - MAX_FAULTS) + " more";
    if (!faults.empty())
        throw Error(where + ": tensors do not fit the configuration:" + faults);
}

std::vector<RawTensor>
tensors_of(const Network& network, const std::string& prefix, DType dtype)
{
    std::vector<RawTensor> tensors;
    for (const auto& entry : state_of(network))
        tensors.push_back(to_raw(prefix + entry.first, entry.second, dtype));
    return tensors;
}

Bundle read_bundle(const std::string& path)
{
    require_version(read_safetensors_metadata(path), path);
    const auto file = read_safetensors(path);
    Bundle bundle;
    bundle.hash = content_hash(file);
    const auto& metadata = file.metadata;
    if (metadata.at("content_hash") != bundle.hash)
        throw Error("model " + path + ": damaged: its contents hash to " + bundle.hash
                    + ", its header says " + metadata.at("content_hash"));
    try {
        bundle.training = training_of(metadata);
        const auto config = config_of(metadata);
        require_enough_weights(config, file.tensors);
        bundle.network = Network(config);
    } catch (const Error& e) {
        throw Error("model " + path + ": " + e.what());
    }
    copy_into(bundle.network, file.tensors, "", "model " + path);

    try {
        for (const auto& e : bundle.network->config().encoders) {
            if (!e.kind->needs_tokenizer())
                continue;
            if (!bundle.tokenizer)
                bundle.tokenizer = tokenizer_of(file, *e.kind);
            e.kind->check_tokenizer(*bundle.tokenizer);
        }
    } catch (const Error& e) {
        throw Error("model " + path + ": " + e.what());
    }
    bundle.network->eval();
    return bundle;
}

void write_bundle(const std::string& path, const Bundle& bundle, bool half)
{
    SafetensorsFile file;
    file.tensors = tensors_of(bundle.network, "", half ? DType::f16 : DType::f32);
    // Amplitudes and batch statistics are few, and fp16 has too short a range for them.
    std::map<std::string, torch::Tensor> buffers;
    for (const auto& b : bundle.network->named_buffers())
        buffers[b.key()] = b.value();
    for (auto& t : file.tensors)
        if (buffers.count(t.name))
            t = to_raw(t.name, buffers[t.name], DType::f32);
    std::string tokenizer_kind;
    if (bundle.tokenizer) {
        tokenizer_kind = bundle.tokenizer->kind();
        RawTensor t;
        t.name = s_tokenizer;
        t.dtype = DType::u8;
        t.data = bundle.tokenizer->serialize();
        t.shape = { static_cast<int64_t>(t.data.size()) };
        file.tensors.push_back(t);
    }
    file.metadata = { { "format", s_format },
                      { "format_version", *std::rbegin(s_versions) },
                      { "config", bundle.network->config().to_json() },
                      { "training", bundle.training } };
    if (!tokenizer_kind.empty())
        file.metadata[s_tokenizer] = tokenizer_kind;
    file.metadata["content_hash"] = content_hash(file);
    write_safetensors(path, file);
}

} // namespace udeepsc_core
