// SPDX-License-Identifier: GPL-3.0-or-later
#include "air.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using std::chrono::microseconds;

void Air::set_path(const Path& path)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_path = path;
}

void Air::set_transmitting(bool on)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_transmitting = on;
    d_changed.notify_all();
}

void Air::set_receiving(bool on)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_receiving = on;
    d_waiting.clear();
    d_changed.notify_all();
}

void Air::unplug()
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_unplugged = true;
    d_changed.notify_all();
}

std::size_t
Air::send(const std::complex<float>* samples, std::size_t count, long timeout_us)
{
    std::unique_lock<std::mutex> lock(d_mutex);
    const auto room = [&] {
        return !d_unplugged && (!d_receiving || d_waiting.size() < MOST_WAITING);
    };
    if (!d_changed.wait_for(lock, microseconds(timeout_us), room)) {
        return 0;
    }
    if (d_receiving) {
        d_waiting.insert(d_waiting.end(), samples, samples + count);
        d_changed.notify_all();
    }
    return count;
}

std::size_t Air::receive(std::complex<float>* samples, std::size_t count, long timeout_us)
{
    std::unique_lock<std::mutex> lock(d_mutex);
    const auto there
        = [&] { return !d_unplugged && (!d_transmitting || !d_waiting.empty()); };
    if (!d_changed.wait_for(lock, microseconds(timeout_us), there)) {
        return 0;
    }
    if (!d_waiting.empty()) {
        count = std::min(count, d_waiting.size());
    }
    for (std::size_t i = 0; i < count; i++) {
        samples[i] = through(d_waiting.empty() ? 0.0f : d_waiting.front());
        if (!d_waiting.empty()) {
            d_waiting.pop_front();
        }
    }
    d_changed.notify_all();
    return count;
}

std::complex<float> Air::through(std::complex<float> sample)
{
    d_cycles += d_path.cfo - std::floor(d_cycles + d_path.cfo);
    const auto turn = std::polar(d_path.amplitude, 2 * M_PI * d_cycles);
    const auto noise = static_cast<float>(d_path.noise / std::sqrt(2.0));
    const std::complex<float> y = sample * std::complex<float>(turn)
        + noise * std::complex<float>(d_normal(d_random), d_normal(d_random));
    // The converter's ends.
    return { std::clamp(y.real(), -1.0f, 1.0f), std::clamp(y.imag(), -1.0f, 1.0f) };
}
