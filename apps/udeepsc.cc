// SPDX-License-Identifier: GPL-3.0-or-later
//
// udeepsc: the command line of the core library.
#include "commands.h"

#include <udeepsc_core/error.h>

#include <CLI/CLI.hpp>

#include <malloc.h>

#include <cstdio>
#include <stdexcept>

int main(int argc, char** argv)
{
    // Keep glibc from handing every large tensor back to the kernel after each use: a
    // training step would take twenty thousand page faults.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);

    CLI::App app {
        "Semantic communication (U-DeepSC): train, look at, evaluate and time models",
        "udeepsc"
    };
    app.set_version_flag("--version", UDEEPSC_VERSION);
    app.require_subcommand(1);
    add_info_command(app);
    add_prepare_command(app);
    add_train_command(app);
    add_configuration_command(app);
    add_eval_command(app);
    add_baseline_command(app);
    add_key_command(app);
    add_bench_command(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e);
    } catch (const udeepsc_core::Error& e) {
        std::fprintf(stderr, "udeepsc: %s\n", e.what());
        return 1;
    } catch (const std::invalid_argument& e) { // how the modem refuses an option
        std::fprintf(stderr, "udeepsc: %s\n", e.what());
        return 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "udeepsc: unexpected: %s\n", e.what());
        return 1;
    }
    return 0;
}
