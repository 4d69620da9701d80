// SPDX-License-Identifier: GPL-3.0-or-later
#include "processes.h"

#include <udeepsc_core/error.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

using udeepsc_core::Error;

namespace {

constexpr int s_most_ranks = 1 << 20;
constexpr int s_last_port = 65535;

int number_of(const std::string& name, const std::string& text, int low, int high)
{
    std::size_t used = 0;
    long value = -1;
    try {
        value = std::stol(text, &used);
    } catch (const std::exception&) { }
    if (used != text.size() || value < low || value > high)
        throw Error(name + " is \"" + text + "\", expected a number from "
                    + std::to_string(low) + " to " + std::to_string(high));
    return static_cast<int>(value);
}

void read_number(const char* variable, int low, int high, int& value)
{
    if (const char* text = std::getenv(variable))
        value = number_of(variable, text, low, high);
}

// torchrun's agent may keep a store of its own at MASTER_ADDR:MASTER_PORT.
bool is_port_taken_by_torchrun()
{
    const char* said = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
    return said && std::string(said) == "True";
}

// A port that nobody uses now.
int free_port()
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in own {};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&own), size) == 0
        && getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0;
    if (fd >= 0)
        close(fd);
    if (!bound)
        throw Error("train: no free port on the loopback device");
    return ntohs(own.sin_port);
}

// This program's arguments without --workers.
std::vector<std::string> own_arguments()
{
    std::ifstream in("/proc/self/cmdline", std::ios::binary);
    const std::string all { std::istreambuf_iterator<char>(in), {} };
    std::vector<std::string> arguments;
    for (std::size_t at = 0; at < all.size();) {
        const auto end = all.find('\0', at);
        arguments.push_back(all.substr(at, end - at));
        at = end + 1;
    }
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--workers")
            ++i; // and its value
        else if (arguments[i].rfind("--workers=", 0) != 0)
            kept.push_back(arguments[i]);
    }
    return kept;
}

pid_t start(const std::vector<std::string>& arguments)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::vector<char*> argv;
    for (const auto& a : arguments)
        argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    execv("/proc/self/exe", argv.data());
    _exit(127);
}

} // namespace

MeetingPlace rendezvous_of_environment()
{
    MeetingPlace place;
    read_number("SLURM_PROCID", 0, s_most_ranks - 1, place.rank);
    read_number("SLURM_NTASKS", 1, s_most_ranks, place.world_size);
    if (const char* host = std::getenv("SLURM_LAUNCH_NODE_IPADDR"))
        place.host = host;
    read_number("RANK", 0, s_most_ranks - 1, place.rank);
    read_number("WORLD_SIZE", 1, s_most_ranks, place.world_size);
    read_number("MASTER_PORT", 1, s_last_port - 1, place.port);
    if (is_port_taken_by_torchrun())
        ++place.port;
    if (const char* host = std::getenv("MASTER_ADDR"))
        place.host = host;
    return place;
}

void parse_address(const std::string& text, std::string& host, int& port)
{
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
        throw Error("rendezvous: got \"" + text + "\", expected HOST:PORT");
    host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    port = number_of("rendezvous port", text.substr(colon + 1), 1, s_last_port);
}

bool run_ranks(int count)
{
    const auto meeting = "127.0.0.1:" + std::to_string(free_port());
    std::vector<pid_t> ranks;
    for (int rank = 0; rank < count; ++rank) {
        auto arguments = own_arguments();
        for (const auto& more : { std::string("--rendezvous"),
                                  meeting,
                                  std::string("--rank"),
                                  std::to_string(rank),
                                  std::string("--world-size"),
                                  std::to_string(count) })
            arguments.push_back(more);
        const pid_t pid = start(arguments);
        if (pid < 0)
            throw Error("train: cannot start rank " + std::to_string(rank));
        ranks.push_back(pid);
    }
    bool failed = false;
    while (!ranks.empty()) {
        int status = 0;
        const pid_t ended = wait(&status);
        if (ended < 0)
            break;
        ranks.erase(std::remove(ranks.begin(), ranks.end(), ended), ranks.end());
        if (status != 0 && !failed) {
            failed = true; // the others could only wait for it
            for (pid_t pid : ranks)
                kill(pid, SIGTERM);
        }
    }
    return !failed;
}
