// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <udeepsc_phy/authenticator.h>

#include <cstdio>
#include <memory>

void add_key_command(CLI::App& app)
{
    auto path = std::make_shared<std::string>();
    auto* command = app.add_subcommand(
        "key", "Write a new random key, which two ends share, into a new file");
    command->add_option("FILE", *path, "file that is made; copy it to the other end")
        ->required();
    command->callback([path] {
        udeepsc_phy::Authenticator::write_key(*path);
        std::printf("%s: a new key, for your eyes only\n", path->c_str());
    });
}
