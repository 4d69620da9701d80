// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/transceiver.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <memory>

using namespace udeepsc_core;

namespace {

struct Options {
    std::vector<std::string> models;
    bool json = false;
};

void print(const ModelInfo& info)
{
    std::printf(
        "model       %s  (%.2f M parameters)\n", info.id.c_str(), info.parameters / 1e6);
    std::printf("modulation  %s, %s\n",
                info.modulation.c_str(),
                info.mapping == "symbol" ? "one index = one constellation point"
                                         : "index bits, Gray labelled");
    std::printf("codebook    %d codewords of %d reals for each modality\n",
                info.codewords,
                info.subvector_dim);
    if (info.snr_max_db > info.snr_min_db)
        std::printf("trained for %g to %g dB Es/N0\n", info.snr_min_db, info.snr_max_db);
    for (const auto& t : info.tasks) {
        std::printf("%-26s gives a %s, measured by %s\n",
                    t.name.c_str(),
                    t.output.c_str(),
                    t.metric.c_str());
        for (const auto& m : t.modalities) {
            if (t.max_vectors.at(m) == 0)
                std::printf("    %-8s every vector, %d indices each\n",
                            m.c_str(),
                            t.subvectors.at(m));
            else
                std::printf("    %-8s %d to %d vectors, %d indices each\n",
                            m.c_str(),
                            t.min_vectors.at(m),
                            t.max_vectors.at(m),
                            t.subvectors.at(m));
        }
    }
    for (const auto& m : info.modalities) {
        std::string shape;
        for (int n : m.shape)
            shape += (shape.empty() ? "" : " x ") + std::to_string(n);
        std::printf("%-26s %s, at most %s, %d feature vectors\n",
                    m.name.c_str(),
                    m.kind.c_str(),
                    shape.c_str(),
                    m.max_positions);
    }
    std::printf("training    %s\n", info.training.c_str());
}

// Nothing checks this text when a model is read: where it is no JSON it stays a text.
nlohmann::ordered_json training_of(const ModelInfo& info)
{
    auto training = nlohmann::ordered_json::parse(info.training, nullptr, false);
    return training.is_discarded() ? nlohmann::ordered_json(info.training) : training;
}

void print_json(const ModelInfo& info)
{
    nlohmann::ordered_json j = { { "id", info.id },
                                 { "path", info.path },
                                 { "parameters", info.parameters },
                                 { "config", nlohmann::ordered_json::parse(info.config) },
                                 { "training", training_of(info) } };
    for (const auto& t : info.tasks)
        for (const auto& m : t.modalities)
            j["tx_gain"][t.name][m] = t.tx_gain.at(m);
    // A file's name need not be UTF-8.
    std::cout << j.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
              << std::endl;
}

} // namespace

void add_info_command(CLI::App& app)
{
    auto o = std::make_shared<Options>();
    auto* command = app.add_subcommand("info", "say what a model file holds");
    command->add_option("model", o->models, "model files")->required();
    command->add_flag("--json", o->json, "everything, as JSON");
    command->callback([o] {
        bool failed = false;
        for (const auto& path : o->models) {
            try {
                const auto model = Transceiver::load(path);
                if (o->json)
                    print_json(model->info());
                else
                    print(model->info());
            } catch (const Error& e) {
                std::fprintf(stderr, "udeepsc: %s\n", e.what());
                failed = true;
            }
        }
        if (failed)
            throw CLI::RuntimeError(1);
    });
}
