// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <random>

/*! Samples between a transmitter and a receiver that run in threads of their own. */
class Air {
public:
    struct Path {
        double amplitude = 1.0; //!< factor on the samples; 0: another frequency
        double noise = 0.0; //!< rms of each sample
        double cfo = 0.0; //!< cycles a sample
    };

    void set_path(const Path& path);
    void set_transmitting(bool on);
    void set_receiving(bool on);
    void unplug();

    //! Samples taken, 0 after \p timeout_us. Where nobody receives they go nowhere.
    std::size_t
    send(const std::complex<float>* samples, std::size_t count, long timeout_us);
    //! Samples given, 0 after \p timeout_us. Where nobody transmits it is noise alone.
    std::size_t receive(std::complex<float>* samples, std::size_t count, long timeout_us);

private:
    std::complex<float> through(std::complex<float> sample);

    static constexpr std::size_t MOST_WAITING = 1 << 16;

    std::mutex d_mutex;
    std::condition_variable d_changed;
    std::deque<std::complex<float>> d_waiting;
    Path d_path;
    bool d_transmitting = false, d_receiving = false, d_unplugged = false;
    double d_cycles = 0.0;
    std::mt19937 d_random { 1 };
    std::normal_distribution<float> d_normal;
};
