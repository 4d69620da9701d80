// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/torch.h>
#include <torch/version.h>

namespace udeepsc_core {

/*! Mixed precision (bf16) while it lives; LibTorch renamed the switches with 2.4. */
class Autocast {
public:
    Autocast(torch::DeviceType device, bool on)
        : d_device(device)
        , d_on(on)
    {
        if (d_on)
            set(true);
    }
    ~Autocast()
    {
        if (d_on) {
            set(false);
            at::autocast::clear_cache();
        }
    }
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
    void set(bool on)
    {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
        at::autocast::set_autocast_dtype(d_device, torch::kBFloat16);
        at::autocast::set_autocast_enabled(d_device, on);
#else
        if (d_device == torch::kCUDA) {
            at::autocast::set_autocast_gpu_dtype(torch::kBFloat16);
            at::autocast::set_enabled(on);
        } else {
            at::autocast::set_autocast_cpu_dtype(torch::kBFloat16);
            at::autocast::set_cpu_enabled(on);
        }
#endif
    }

    torch::DeviceType d_device;
    bool d_on;
};

} // namespace udeepsc_core
