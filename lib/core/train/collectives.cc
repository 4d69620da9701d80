// SPDX-License-Identifier: GPL-3.0-or-later
#include "collectives.h"

#include <udeepsc_core/error.h>

#ifdef UDEEPSC_HAVE_GLOO
#ifndef USE_C10D_GLOO // some LibTorch's CMake files say it
#define USE_C10D_GLOO
#endif
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <future>
#include <stdexcept>
#include <thread>

namespace udeepsc_core {

#ifdef UDEEPSC_HAVE_GLOO
namespace {

// LibTorch 2.4 and later take libuv, which not every build of it has; the plain server
// that all have is good for thousands of processes.
template <class Options>
auto without_libuv(Options& options, int) -> decltype(options.useLibUV, void())
{
    options.useLibUV = false;
}
template <class Options> void without_libuv(Options&, long) { }

} // namespace
#endif

namespace {

class Alone : public Collectives {
public:
    void average(const std::vector<torch::Tensor>&) override { }
    void sum(const std::vector<torch::Tensor>&) override { }
    void broadcast(const std::vector<torch::Tensor>&) override { }
    std::string broadcast(const std::string& text) override { return text; }
};

#ifdef UDEEPSC_HAVE_GLOO

std::string first_line(const std::exception& e)
{
    const std::string text = e.what();
    return text.substr(0, text.find('\n'));
}

// The address of this machine that a connection to host would come from: the one under
// which the others reach it. No packet is sent.
std::string own_address(const std::string& host, int port)
{
    addrinfo hints {}, *found = nullptr;
    hints.ai_socktype = SOCK_DGRAM;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0
        || !found)
        throw Error("rendezvous: host \"" + host + "\" is not known here");
    std::string address = "127.0.0.1";
    const int fd = socket(found->ai_family, SOCK_DGRAM, 0);
    sockaddr_storage own {};
    socklen_t size = sizeof own;
    char name[NI_MAXHOST];
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0
        && getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0
        && getnameinfo(reinterpret_cast<sockaddr*>(&own),
                       size,
                       name,
                       sizeof name,
                       nullptr,
                       0,
                       NI_NUMERICHOST)
            == 0)
        address = name;
    if (fd >= 0)
        close(fd);
    freeaddrinfo(found);
    return address;
}

// Gloo writes to sockets whose other end may be gone. That is an error to tell of, not a
// signal to die from in silence.
void ignore_broken_pipes()
{
    struct sigaction now { };
    if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
        std::signal(SIGPIPE, SIG_IGN);
}

// What goes wrong is told by our errors, in one line; c10d's own lines, stack traces
// among them, are for who sets TORCH_CPP_LOG_LEVEL.
void quieten_c10d()
{
    setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0);
    c10::initLogging();
}

// LibTorch 2.6 waits without end for an answer of whoever listens there.
c10::intrusive_ptr<c10d::TCPStore> meet(const std::string& host,
                                        const c10d::TCPStoreOptions& options)
{
    std::packaged_task<c10::intrusive_ptr<c10d::TCPStore>()> make(
        [host, options] { return c10::make_intrusive<c10d::TCPStore>(host, options); });
    auto made = make.get_future();
    std::thread(std::move(make)).detach();
    if (made.wait_for(2 * options.timeout) != std::future_status::ready)
        throw std::runtime_error("what listens there does not answer");
    return made.get();
}

class GlooCollectives : public Collectives {
    // A broken exchange mostly means that another process is gone.
    template <class Function> auto guarded(Function f)
    {
        try {
            return f();
        } catch (const std::exception& e) {
            throw Error("rank " + std::to_string(d_rendezvous.rank) + " of "
                        + std::to_string(d_rendezvous.world_size)
                        + " lost the others (one of them ended, or the network did): "
                        + first_line(e));
        }
    }

public:
    explicit GlooCollectives(const Rendezvous& r)
        : d_rendezvous(r)
    {
        ignore_broken_pipes();
        quieten_c10d();
        const auto timeout
            = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * r.timeout_s));
        c10d::TCPStoreOptions options;
        options.port = static_cast<std::uint16_t>(r.port);
        options.isServer = r.rank == 0;
        options.numWorkers = c10::nullopt; // who is missing is found out below, by name
        options.waitWorkers = false;
        options.timeout = timeout;
        without_libuv(options, 0);
        try {
            d_store = meet(r.host, options);
        } catch (const std::exception& e) {
            throw Error("rendezvous: rank " + std::to_string(r.rank) + " of "
                        + std::to_string(r.world_size)
                        + (r.rank == 0 ? " cannot listen at " : " found no rank 0 at ")
                        + r.host + ":" + std::to_string(r.port) + ": " + first_line(e));
        }
        wait_for_all(timeout);
        auto gloo = c10d::ProcessGroupGloo::Options::create();
        gloo->devices.push_back(
            c10d::ProcessGroupGloo::createDeviceForHostname(own_address(r.host, r.port)));
        gloo->timeout = timeout;
        d_group = guarded([&] {
            return c10::make_intrusive<c10d::ProcessGroupGloo>(
                d_store, r.rank, r.world_size, gloo);
        });
    }

    void average(const std::vector<torch::Tensor>& tensors) override
    {
        exchange(tensors,
                 [&](torch::Tensor& message) { message.div_(d_rendezvous.world_size); });
    }

    void sum(const std::vector<torch::Tensor>& tensors) override
    {
        exchange(tensors, [](torch::Tensor&) {});
    }

    void broadcast(const std::vector<torch::Tensor>& tensors) override
    {
        torch::NoGradGuard no_grad;
        if (d_rendezvous.rank != 0)
            for (auto tensor : tensors)
                tensor.zero_();
        sum(tensors);
    }

    std::string broadcast(const std::string& text) override
    {
        const auto key = "text/" + std::to_string(d_texts++);
        return guarded([&] {
            if (d_rendezvous.rank == 0) {
                d_store->set(key, std::vector<std::uint8_t>(text.begin(), text.end()));
                return text;
            }
            const auto bytes = d_store->get(key);
            return std::string(bytes.begin(), bytes.end());
        });
    }

private:
    // Everybody leaves a note; whose is not there in time is missing.
    void wait_for_all(std::chrono::milliseconds timeout)
    {
        const auto note = [](int rank) { return "rank/" + std::to_string(rank); };
        if (leave(note(d_rendezvous.rank)) > 1)
            throw Error(meeting() + ": another process is rank "
                        + std::to_string(d_rendezvous.rank) + " already");
        const auto until = std::chrono::steady_clock::now() + timeout;
        std::string missing;
        for (int rank = 0; rank < d_rendezvous.world_size; ++rank)
            if (rank != d_rendezvous.rank && !comes(note(rank), until))
                missing += (missing.empty() ? "" : ", ") + std::to_string(rank);
        if (!missing.empty())
            throw Error(meeting() + ": rank " + missing + " of "
                        + std::to_string(d_rendezvous.world_size)
                        + " did not come within " + std::to_string(timeout.count() / 1000)
                        + " s");
    }

    std::string meeting() const
    {
        return "rendezvous at " + d_rendezvous.host + ":"
            + std::to_string(d_rendezvous.port);
    }

    // How many have left this note now.
    std::int64_t leave(const std::string& note)
    {
        try {
            return d_store->add(note, 1);
        } catch (const std::exception& e) {
            throw broken_store(e);
        }
    }

    // False if the note is not there in time. A wait that ends earlier has lost the
    // store.
    bool comes(const std::string& note, std::chrono::steady_clock::time_point until)
    {
        const auto started = std::chrono::steady_clock::now();
        const auto left = std::max(
            std::chrono::duration_cast<std::chrono::milliseconds>(until - started),
            std::chrono::milliseconds(10));
        try {
            d_store->wait({ note }, left);
        } catch (const std::exception& e) {
            if (std::chrono::steady_clock::now() - started < 0.9 * left)
                throw broken_store(e);
            return false;
        }
        return true;
    }

    Error broken_store(const std::exception& e) const
    {
        return Error(meeting() + ": rank " + std::to_string(d_rendezvous.rank) + " of "
                     + std::to_string(d_rendezvous.world_size)
                     + " lost rank 0, or what answers there is none: " + first_line(e));
    }

    // One message instead of hundreds: the tensors travel as one long vector.
    template <class Function>
    void exchange(const std::vector<torch::Tensor>& tensors, Function then)
    {
        if (tensors.empty())
            return;
        torch::NoGradGuard no_grad;
        std::vector<torch::Tensor> flat;
        for (const auto& t : tensors)
            flat.push_back(t.detach().reshape({ -1 }).to(torch::kCPU, torch::kFloat));
        std::vector<torch::Tensor> message { torch::cat(flat) };
        guarded([&] { d_group->allreduce(message)->wait(); });
        then(message[0]);
        std::int64_t at = 0;
        for (const auto& t : tensors) {
            auto target = t.detach();
            target.copy_(message[0].narrow(0, at, t.numel()).view_as(t));
            at += t.numel();
        }
    }

    Rendezvous d_rendezvous;
    c10::intrusive_ptr<c10d::TCPStore> d_store;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> d_group;
    int d_texts = 0;
};
#endif

} // namespace

std::unique_ptr<Collectives> Collectives::join(const Rendezvous& rendezvous)
{
    if (rendezvous.world_size <= 1)
        return std::make_unique<Alone>();
    if (rendezvous.rank < 0 || rendezvous.rank >= rendezvous.world_size)
        throw Error("rendezvous: rank is " + std::to_string(rendezvous.rank)
                    + ", expected 0 to " + std::to_string(rendezvous.world_size - 1));
    if (!(rendezvous.timeout_s > 0)) // also not a number
        throw Error("rendezvous: timeout is " + std::to_string(rendezvous.timeout_s)
                    + " s, expected more than 0");
#ifdef UDEEPSC_HAVE_GLOO
    return std::make_unique<GlooCollectives>(rendezvous);
#else
    throw Error("training with " + std::to_string(rendezvous.world_size)
                + " processes: this build has no c10d/Gloo; train with one");
#endif
}

} // namespace udeepsc_core
