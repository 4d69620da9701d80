// SPDX-License-Identifier: GPL-3.0-or-later
// Processes that train together: where they meet, and starting them on this machine.
#pragma once

#include <string>

/*! As in udeepsc_core::TrainRun; host empty where nobody said one. */
struct MeetingPlace {
    std::string host;
    int port = 29500;
    int rank = 0, world_size = 1;
};

//! From torchrun's variables (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT), or else from
//! SLURM's (SLURM_PROCID, SLURM_NTASKS, and SLURM_LAUNCH_NODE_IPADDR where MASTER_ADDR is
//! not set). Throws Error for numbers that are none.
MeetingPlace rendezvous_of_environment();

//! "HOST:PORT", an IPv6 address in brackets. Throws Error.
void parse_address(const std::string& text, std::string& host, int& port);

//! Starts this program so many times, with the same arguments but --workers, as ranks
//! that meet on the loopback device. Waits for all; ends the rest when one fails. True if
//! none did.
bool run_ranks(int count);
