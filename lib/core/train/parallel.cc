// SPDX-License-Identifier: GPL-3.0-or-later
#include "parallel.h"

#include <udeepsc_core/error.h>

#ifdef UDEEPSC_HAVE_GLOO
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

namespace udeepsc_core {

namespace {

class Alone : public Peers
{
public:
    void average(const std::vector<torch::Tensor>&) override {}
};

#ifdef UDEEPSC_HAVE_GLOO
class GlooPeers : public Peers
{
public:
    GlooPeers(const std::string& meeting_file, int rank, int workers) : d_workers(workers)
    {
        auto store = c10::make_intrusive<c10d::FileStore>(meeting_file, workers);
        auto options = c10d::ProcessGroupGloo::Options::create();
        options->devices.push_back(
            c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
        options->timeout = std::chrono::minutes(30);
        d_group = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, workers, options);
    }

    void average(const std::vector<torch::Tensor>& tensors) override
    {
        // One message instead of hundreds: the tensors travel as one long vector.
        torch::NoGradGuard no_grad;
        std::vector<torch::Tensor> flat;
        for (const auto& t : tensors)
            flat.push_back(t.reshape({ -1 }).to(torch::kCPU, torch::kFloat));
        std::vector<torch::Tensor> message { torch::cat(flat) };
        d_group->allreduce(message)->wait();
        message[0].div_(d_workers);
        int64_t at = 0;
        for (const auto& t : tensors) {
            auto target = t;
            target.copy_(message[0].narrow(0, at, t.numel()).view_as(t));
            at += t.numel();
        }
    }

private:
    int d_workers;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> d_group;
};
#endif

} // namespace

std::unique_ptr<Peers> Peers::join(const std::string& meeting_file, int rank, int workers)
{
    if (workers <= 1)
        return std::make_unique<Alone>();
#ifdef UDEEPSC_HAVE_GLOO
    try {
        return std::make_unique<GlooPeers>(meeting_file, rank, workers);
    } catch (const std::exception& e) {
        throw Error("training worker " + std::to_string(rank) + " of " + std::to_string(workers) +
                    " cannot reach the others: " + e.what());
    }
#else
    (void)meeting_file;
    (void)rank;
    throw Error("training with " + std::to_string(workers) +
                " workers: this build has no c10d/Gloo; use --workers 1");
#endif
}

} // namespace udeepsc_core
