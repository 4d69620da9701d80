// SPDX-License-Identifier: GPL-3.0-or-later
#include "code_thresholds.h"
#include "commands.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <memory>

using namespace udeepsc_conventional;

namespace {

struct Options {
    std::string code = "ldpc";
    std::vector<std::string> mcs;
    std::vector<std::size_t> symbols { 32, 128, 512, 2048, 8192 };
    std::uint64_t seed = 1;
    bool json = false, table = false;
};

void print_point(const Options& o,
                 const Mcs& mcs,
                 std::size_t symbols,
                 const CodeThreshold& t)
{
    const auto bits
        = CodedLink::information_bits(code_family_from_string(o.code), mcs, symbols);
    if (o.json) {
        const nlohmann::ordered_json line
            = { { "code", o.code },         { "mcs", to_string(mcs) },
                { "symbols", symbols },     { "information_bits", bits },
                { "esn0_db", t.esn0_db },   { "payload_error_rate", 0.01 },
                { "payloads", t.payloads }, { "seed", o.seed } };
        std::cout << line.dump() << std::endl;
        return;
    }
    std::printf("%-6s %-11s %6zu symbols %7zu bits  1 %% lost at %7.3f dB\n",
                o.code.c_str(),
                to_string(mcs).c_str(),
                symbols,
                bits,
                t.esn0_db);
    std::fflush(stdout);
}

void run(const Options& o)
{
    const auto family = code_family_from_string(o.code);
    std::vector<Mcs> chosen;
    for (const auto& name : o.mcs)
        chosen.push_back(mcs_from_string(name));
    for (const auto& mcs : chosen.empty() ? mcs_table() : chosen) {
        std::string row;
        for (const auto symbols : o.symbols) {
            if (CodedLink::information_bits(family, mcs, symbols) == 0) {
                row += "NEVER, ";
                continue;
            }
            const auto threshold = measure_code_threshold(family, mcs, symbols, o.seed);
            if (!o.table)
                print_point(o, mcs, symbols, threshold);
            char number[32];
            std::snprintf(number, sizeof(number), "%.4ff, ", threshold.esn0_db);
            row += number;
        }
        if (o.table)
            std::cout << "    { " << row.substr(0, row.size() - 2) << " }, // "
                      << to_string(mcs) << std::endl;
    }
}

} // namespace

void add_bench_codes_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    auto* command = bench.add_subcommand(
        "codes", "measure at which Es/N0 the conventional channel codes begin to work");
    command->add_option("--code", o->code, "ldpc or turbo");
    command->add_option("--mcs", o->mcs, "such as 16qam-2/3; all if none is given")
        ->delimiter(',');
    command->add_option("--symbols", o->symbols, "complex channel uses of a payload")
        ->delimiter(',');
    command->add_option("--seed", o->seed, "of bits and noise");
    command->add_flag("--json", o->json, "one JSON line a threshold");
    command->add_flag("--table", o->table, "as the library's source has it");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] { run(*o); });
}
