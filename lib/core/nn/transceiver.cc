// SPDX-License-Identifier: GPL-3.0-or-later
#include "../blas.h"
#include "../seed.h"
#include "inference.h"
#include "torch_transceiver.h"

#include <udeepsc_core/model_files.h>
#include <udeepsc_core/threads.h>

#include <ATen/Parallel.h>

#include <cmath>
#include <filesystem>
#include <mutex>

namespace udeepsc_core {

namespace fs = std::filesystem;

torch::Tensor to_tensor(const FeatureMatrix& m)
{
    return torch::from_blob(
               const_cast<float*>(m.data.data()), { m.rows, m.cols }, torch::kFloat)
        .clone();
}

FeatureMatrix to_matrix(const torch::Tensor& t)
{
    const auto c = t.to(torch::kFloat).contiguous();
    FeatureMatrix m;
    m.rows = static_cast<int>(c.size(0));
    m.cols = static_cast<int>(c.size(1));
    m.data.assign(c.data_ptr<float>(), c.data_ptr<float>() + c.numel());
    return m;
}

void check_matrix(const FeatureMatrix& m, int cols, int max_rows, const std::string& what)
{
    const auto size = static_cast<std::size_t>(m.rows)
        * static_cast<std::size_t>(std::max(0, m.cols));
    if (m.rows < 1 || m.rows > max_rows || m.cols != cols || m.data.size() != size)
        throw Error(what + ": got [" + std::to_string(m.rows) + ", "
                    + std::to_string(m.cols) + "] with " + std::to_string(m.data.size())
                    + " values, expected [1 to " + std::to_string(max_rows) + ", "
                    + std::to_string(cols) + "]");
    for (float v : m.data)
        if (!std::isfinite(v))
            throw Error(what + ": holds NaN or infinity");
}

TorchTransceiver::TorchTransceiver(Bundle bundle,
                                   const std::string& path,
                                   const Options& options)
    : d_bundle(std::move(bundle))
    , d_network(d_bundle.network)
    , d_config(d_network->config())
{
    if (options.dtype != "fp32" && options.dtype != "bf16")
        throw Error("model precision: got \"" + options.dtype
                    + "\", expected fp32 or bf16");
    d_info = describe(d_bundle, path);
    prepare_for_inference(d_network,
                          options.dtype == "bf16" ? torch::kBFloat16 : torch::kFloat);
}

SourceSample TorchTransceiver::blank(const std::string& modality) const
{
    return kind(modality).blank();
}

SourceSample TorchTransceiver::random_sample(const std::string& modality,
                                             std::mt19937& random) const
{
    return kind(modality).random(random);
}

SourceSample TorchTransceiver::read_sample(const std::string& modality,
                                           const std::string& path) const
{
    return kind(modality).read_file(path);
}

namespace {

// A vocabulary that spells any ASCII text, for models without a trained tokenizer.
std::shared_ptr<const Tokenizer> character_tokenizer()
{
    std::string vocabulary = "[PAD]\n[UNK]\n";
    for (char c = '!'; c <= '~'; ++c) {
        if (c >= 'A' && c <= 'Z')
            continue;
        vocabulary += std::string(1, c) + "\n##" + c + "\n";
    }
    return make_tokenizer("wordpiece", { vocabulary.begin(), vocabulary.end() });
}

Bundle random_bundle(const std::string& config, std::uint64_t seed)
{
    const auto model = config.find('{') == std::string::npos
        ? ModelConfig::from_file(config)
        : ModelConfig::from_json(config);
    Bundle bundle;
    for (const auto& e : model.encoders)
        if (e.kind->needs_tokenizer()) {
            bundle.tokenizer = character_tokenizer();
            e.kind->check_tokenizer(*bundle.tokenizer);
        }
    torch::manual_seed(seed);
    bundle.network = Network(model);
    bundle.hash = "random-" + std::to_string(seed);
    return bundle;
}

} // namespace

std::shared_ptr<const Transceiver> Transceiver::load(const std::string& name,
                                                     const Options& options)
{
    const auto path = find_model(name);
    static std::mutex lock;
    static std::map<std::string, std::weak_ptr<const Transceiver>> loaded;
    std::error_code fault;
    const auto real = fs::weakly_canonical(path, fault);
    const auto changed
        = fs::last_write_time(path, fault); // a new file under the old name
    const auto key = (fault ? path : real.string()) + "|" + options.dtype + "|"
        + (fault ? "" : std::to_string(changed.time_since_epoch().count()));
    const std::lock_guard<std::mutex> guard(lock);
    if (auto shared = loaded[key].lock())
        return shared;
    std::shared_ptr<const Transceiver> fresh;
    try {
        fresh = std::make_shared<TorchTransceiver>(read_bundle(path), path, options);
    } catch (const c10::Error& e) {
        throw Error("model " + path + ": " + e.what_without_backtrace());
    }
    loaded[key] = fresh;
    return fresh;
}

std::shared_ptr<const Transceiver> Transceiver::load(const std::string& name)
{
    return load(name, Options());
}

std::shared_ptr<const Transceiver>
Transceiver::random(const std::string& config, std::uint64_t seed, const Options& options)
{
    return std::make_shared<TorchTransceiver>(random_bundle(config, seed), "", options);
}

void write_random_model(const std::string& config,
                        std::uint64_t seed,
                        const std::string& path)
{
    write_bundle(path, random_bundle(config, seed), false);
}

void seed_random_selection(std::uint64_t seed)
{
    torch::manual_seed(seed);
}

void set_threads(int threads)
{
    at::set_num_threads(std::max(1, threads));
    // OpenBLAS has one setting for all threads of the process: changed once, not by every
    // worker while others multiply.
    static std::once_flag once;
    std::call_once(once, [] { set_blas_threads(1); });
}

void set_process_threads(int threads)
{
    set_threads(threads);
    set_blas_threads(std::max(1, threads));
}

} // namespace udeepsc_core
