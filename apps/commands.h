// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

// Each adds one subcommand with its options and what it does.
void add_info_command(CLI::App& app);
void add_prepare_command(CLI::App& app);
void add_train_command(CLI::App& app);
void add_configuration_command(CLI::App& app);
void add_eval_command(CLI::App& app);
void add_baseline_command(CLI::App& app);
void add_key_command(CLI::App& app);
void add_bench_command(CLI::App& app);
//! "phy" below "bench".
void add_bench_phy_command(CLI::App& bench);
//! "faults" below "bench".
void add_bench_faults_command(CLI::App& bench);
//! "codes" below "bench".
void add_bench_codes_command(CLI::App& bench);
//! "csi" below "bench".
void add_bench_csi_command(CLI::App& bench);
//! "layers" below "bench".
void add_bench_layers_command(CLI::App& bench);
//! "protection" below "bench".
void add_bench_protection_command(CLI::App& bench);
//! "memory" below "bench".
void add_bench_memory_command(CLI::App& bench);
//! "rules" below "bench".
void add_bench_rules_command(CLI::App& bench);
//! "masks" below "bench".
void add_bench_masks_command(CLI::App& bench);
//! "space" below "bench".
void add_bench_space_command(CLI::App& bench);
