// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/torch.h>
#include <torch/version.h>

namespace udeepsc_core {

// LibTorch renamed the switches with 2.4.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
inline bool autocast_is_on(torch::DeviceType device)
{
    return at::autocast::is_autocast_enabled(device);
}
inline void set_autocast(torch::DeviceType device, bool on)
{
    at::autocast::set_autocast_dtype(device, torch::kBFloat16);
    at::autocast::set_autocast_enabled(device, on);
}
#else
inline bool autocast_is_on(torch::DeviceType device)
{
    return device == torch::kCUDA ? at::autocast::is_enabled()
                                  : at::autocast::is_cpu_enabled();
}
inline void set_autocast(torch::DeviceType device, bool on)
{
    if (device == torch::kCUDA) {
        at::autocast::set_autocast_gpu_dtype(torch::kBFloat16);
        at::autocast::set_enabled(on);
    } else {
        at::autocast::set_autocast_cpu_dtype(torch::kBFloat16);
        at::autocast::set_cpu_enabled(on);
    }
}
#endif

/*! Mixed precision (bf16) while it lives. */
class Autocast {
public:
    Autocast(torch::DeviceType device, bool on)
        : d_device(device)
        , d_on(on)
    {
        if (d_on)
            set_autocast(d_device, true);
    }
    ~Autocast()
    {
        if (d_on) {
            set_autocast(d_device, false);
            at::autocast::clear_cache();
        }
    }
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
    torch::DeviceType d_device;
    bool d_on;
};

/*! fp32 while it lives, inside of Autocast: for distances between nearby codewords. */
class NoAutocast {
public:
    explicit NoAutocast(torch::DeviceType device)
        : d_device(device)
        , d_was_on(autocast_is_on(device))
    {
        if (d_was_on)
            set_autocast(d_device, false);
    }
    ~NoAutocast()
    {
        if (d_was_on)
            set_autocast(d_device, true);
    }
    NoAutocast(const NoAutocast&) = delete;
    NoAutocast& operator=(const NoAutocast&) = delete;

private:
    torch::DeviceType d_device;
    bool d_was_on;
};

} // namespace udeepsc_core
