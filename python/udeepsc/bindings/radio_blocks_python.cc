// SPDX-License-Identifier: GPL-3.0-or-later
#include <gnuradio/udeepsc/block_fading_channel.h>
#include <gnuradio/udeepsc/digital_modulator.h>
#include <pybind11/complex.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace gr::udeepsc;

// Longer than a function should be: a list, read from top to bottom.
void bind_radio_blocks(py::module& m)
{
    py::enum_<modulation_type>(
        m, "modulation_type", "Constellation of digital_modulator.")
        .value("from_pdu", modulation_type::from_pdu, "what the model wants")
        .value("bpsk", modulation_type::bpsk)
        .value("qpsk", modulation_type::qpsk)
        .value("qam16", modulation_type::qam16)
        .value("qam64", modulation_type::qam64)
        .value("qam256", modulation_type::qam256);

    py::enum_<index_mapping>(m, "index_mapping", "How an index becomes symbols.")
        .value("from_pdu", index_mapping::from_pdu, "what the model wants")
        .value("symbol", index_mapping::symbol, "one index is one constellation point")
        .value("bits", index_mapping::bits, "Gray-labelled bits");

    py::enum_<channel_type>(m, "channel_type", "Gain of block_fading_channel.")
        .value("none", channel_type::none, "gain 1, no noise")
        .value("awgn", channel_type::awgn, "gain 1")
        .value("rayleigh", channel_type::rayleigh, "complex normal gain")
        .value("rician", channel_type::rician, "line of sight and scatter");

    py::class_<digital_modulator,
               pdu_block,
               gr::block,
               gr::basic_block,
               std::shared_ptr<digital_modulator>>(
        m,
        "digital_modulator",
        "Puts codebook indices on constellation points.\n\n"
        "in: u16vector; out: c32vector of mean energy 1.")
        .def(py::init(&digital_modulator::make),
             py::arg("modulation") = modulation_type::from_pdu,
             py::arg("mapping") = index_mapping::from_pdu)
        .def("set_modulation", &digital_modulator::set_modulation, py::arg("modulation"))
        .def("modulation", &digital_modulator::modulation)
        .def("set_mapping", &digital_modulator::set_mapping, py::arg("mapping"))
        .def("mapping", &digital_modulator::mapping);

    py::class_<block_fading_channel,
               pdu_block,
               gr::block,
               gr::basic_block,
               std::shared_ptr<block_fading_channel>>(
        m,
        "block_fading_channel",
        "One gain per PDU, exact noise, equalised by the known gain.\n\n"
        "in: c32vector; snr: Es/N0 in dB; out: c32vector with the key noise_var.")
        .def(py::init(&block_fading_channel::make),
             py::arg("model"),
             py::arg("snr_db"),
             py::arg("k_factor_db") = 10.0,
             py::arg("seed") = 1)
        .def("set_model", &block_fading_channel::set_model, py::arg("model"))
        .def("model", &block_fading_channel::model)
        .def("set_snr_db",
             &block_fading_channel::set_snr_db,
             py::arg("snr_db"),
             "Es/N0 in dB, -100..100.")
        .def("snr_db", &block_fading_channel::snr_db, "Es/N0 in dB.")
        .def("set_k_factor_db",
             &block_fading_channel::set_k_factor_db,
             py::arg("k_factor_db"),
             "Rician K in dB, -100..100.")
        .def("k_factor_db", &block_fading_channel::k_factor_db, "Rician K in dB.");
}
