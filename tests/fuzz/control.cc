// SPDX-License-Identifier: GPL-3.0-or-later
// A target with every fault that replay.cc has to see; its first byte chooses.
#include "fuzz_input.h"

#include <csignal>
#include <ctime>
#include <stdexcept>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const char fault = size > 0 ? static_cast<char>(data[0]) : '-';
    if (fault == 'a')
        fuzz::require(false, "this input is sound");
    if (fault == 'e')
        throw std::runtime_error("of no door");
    if (fault == 's')
        ::raise(SIGSEGV);
    if (fault == 't') {
        const std::clock_t began = std::clock();
        while (std::clock() - began < 11 * CLOCKS_PER_SEC / 10) { }
    }
    if (fault == 'm') {
        std::vector<char> much(std::size_t(600) << 20, 1);
        fuzz::require(much[size] == 1, "memory holds what was written");
    }
    return 0;
}
