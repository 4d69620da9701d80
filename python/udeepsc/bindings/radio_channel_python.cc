// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_class.h"
#include "docstrings.h"

#include <gnuradio/udeepsc/radio_channel.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::udeepsc;
using udeepsc_phy::RadioChannelConfig;

// Longer than a function should be: a list, read from top to bottom.
void bind_radio_channel(py::module& m)
{
    block_class<radio_channel>(m, "radio_channel", doc::radio_channel::summary)
        .def(py::init([](double snr_db,
                         double gain_db,
                         double phase,
                         double cfo,
                         double delay,
                         double clock_ppm,
                         double phase_noise,
                         const std::string& multipath,
                         const std::string& fading,
                         double doppler,
                         double rician_k_db,
                         unsigned samples_per_symbol,
                         std::uint64_t seed,
                         const udeepsc_phy::HardwareFaults& faults) {
                 RadioChannelConfig config;
                 config.esn0_db = snr_db;
                 config.gain_db = gain_db;
                 config.phase = phase;
                 config.cfo = cfo;
                 config.delay = delay;
                 config.clock_ppm = clock_ppm;
                 config.phase_noise = phase_noise;
                 config.multipath = multipath;
                 config.fading = fading;
                 config.doppler = doppler;
                 config.rician_k_db = rician_k_db;
                 config.samples_per_symbol = samples_per_symbol;
                 config.seed = seed;
                 config.faults = faults;
                 return radio_channel::make(config);
             }),
             py::arg("snr_db") = 20.0,
             py::arg("gain_db") = 0.0,
             py::arg("phase") = 0.0,
             py::arg("cfo") = 0.0,
             py::arg("delay") = 0.0,
             py::arg("clock_ppm") = 0.0,
             py::arg("phase_noise") = 0.0,
             py::arg("multipath") = "none",
             py::arg("fading") = "none",
             py::arg("doppler") = 0.0,
             py::arg("rician_k_db") = 10.0,
             py::arg("samples_per_symbol") = 2,
             py::arg("seed") = 1,
             py::arg_v("faults", udeepsc_phy::HardwareFaults(), "hardware_faults()"))
        .def("set_faults",
             &radio_channel::set_faults,
             py::arg("faults"),
             doc::radio_channel::set_faults)
        .def(
            "faults",
            [](const radio_channel& c) { return c.config().faults; },
            doc::radio_channel::faults)
        .def("restart", &radio_channel::restart, doc::radio_channel::restart)
        .def("set_snr_db",
             &radio_channel::set_snr_db,
             py::arg("snr_db"),
             doc::radio_channel::set_snr_db)
        .def("set_gain_db",
             &radio_channel::set_gain_db,
             py::arg("gain_db"),
             doc::radio_channel::set_gain_db)
        .def("set_phase",
             &radio_channel::set_phase,
             py::arg("phase"),
             doc::radio_channel::set_phase)
        .def("set_cfo",
             &radio_channel::set_cfo,
             py::arg("cfo"),
             doc::radio_channel::set_cfo)
        .def("set_delay",
             &radio_channel::set_delay,
             py::arg("delay"),
             doc::radio_channel::set_delay)
        .def("set_clock_ppm",
             &radio_channel::set_clock_ppm,
             py::arg("clock_ppm"),
             doc::radio_channel::set_clock_ppm)
        .def("set_phase_noise",
             &radio_channel::set_phase_noise,
             py::arg("phase_noise"),
             doc::radio_channel::set_phase_noise)
        .def("set_multipath",
             &radio_channel::set_multipath,
             py::arg("multipath"),
             doc::radio_channel::set_multipath)
        .def("set_fading",
             &radio_channel::set_fading,
             py::arg("fading"),
             doc::radio_channel::set_fading)
        .def("set_doppler",
             &radio_channel::set_doppler,
             py::arg("doppler"),
             doc::radio_channel::set_doppler)
        .def("set_rician_k_db",
             &radio_channel::set_rician_k_db,
             py::arg("rician_k_db"),
             doc::radio_channel::set_rician_k_db)
        .def(
            "snr_db",
            [](const radio_channel& c) { return c.config().esn0_db; },
            doc::radio_channel::snr_db)
        .def(
            "gain_db",
            [](const radio_channel& c) { return c.config().gain_db; },
            doc::radio_channel::gain_db)
        .def(
            "phase",
            [](const radio_channel& c) { return c.config().phase; },
            doc::radio_channel::phase)
        .def(
            "cfo",
            [](const radio_channel& c) { return c.config().cfo; },
            doc::radio_channel::cfo)
        .def(
            "delay",
            [](const radio_channel& c) { return c.config().delay; },
            doc::radio_channel::delay)
        .def(
            "clock_ppm",
            [](const radio_channel& c) { return c.config().clock_ppm; },
            doc::radio_channel::clock_ppm)
        .def(
            "phase_noise",
            [](const radio_channel& c) { return c.config().phase_noise; },
            doc::radio_channel::phase_noise)
        .def(
            "multipath",
            [](const radio_channel& c) { return c.config().multipath; },
            doc::radio_channel::multipath)
        .def(
            "fading",
            [](const radio_channel& c) { return c.config().fading; },
            doc::radio_channel::fading)
        .def(
            "doppler",
            [](const radio_channel& c) { return c.config().doppler; },
            doc::radio_channel::doppler)
        .def(
            "rician_k_db",
            [](const radio_channel& c) { return c.config().rician_k_db; },
            doc::radio_channel::rician_k_db);
}
