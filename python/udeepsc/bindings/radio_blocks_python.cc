// SPDX-License-Identifier: GPL-3.0-or-later
#include "docstrings.h"

#include <gnuradio/udeepsc/block_fading_channel.h>
#include <gnuradio/udeepsc/digital_modulator.h>
#include <pybind11/complex.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace gr::udeepsc;

// Longer than a function should be: a list, read from top to bottom.
void bind_radio_blocks(py::module& m)
{
    py::enum_<modulation_type>(m, "modulation_type", doc::modulation_type::summary)
        .value("from_pdu", modulation_type::from_pdu, doc::modulation_type::from_pdu)
        .value("bpsk", modulation_type::bpsk, doc::modulation_type::bpsk)
        .value("qpsk", modulation_type::qpsk, doc::modulation_type::qpsk)
        .value("qam16", modulation_type::qam16, doc::modulation_type::qam16)
        .value("qam64", modulation_type::qam64, doc::modulation_type::qam64)
        .value("qam256", modulation_type::qam256, doc::modulation_type::qam256);

    py::enum_<index_mapping>(m, "index_mapping", doc::index_mapping::summary)
        .value("from_pdu", index_mapping::from_pdu, doc::index_mapping::from_pdu)
        .value("symbol", index_mapping::symbol, doc::index_mapping::symbol)
        .value("bits", index_mapping::bits, doc::index_mapping::bits);

    py::enum_<channel_type>(m, "channel_type", doc::channel_type::summary)
        .value("none", channel_type::none, doc::channel_type::none)
        .value("awgn", channel_type::awgn, doc::channel_type::awgn)
        .value("rayleigh", channel_type::rayleigh, doc::channel_type::rayleigh)
        .value("rician", channel_type::rician, doc::channel_type::rician);

    py::class_<digital_modulator,
               pdu_block,
               gr::block,
               gr::basic_block,
               std::shared_ptr<digital_modulator>>(
        m, "digital_modulator", doc::digital_modulator::summary)
        .def(py::init(&digital_modulator::make),
             py::arg("modulation") = modulation_type::from_pdu,
             py::arg("mapping") = index_mapping::from_pdu)
        .def("set_modulation",
             &digital_modulator::set_modulation,
             py::arg("modulation"),
             doc::digital_modulator::set_modulation)
        .def("modulation",
             &digital_modulator::modulation,
             doc::digital_modulator::modulation)
        .def("set_mapping",
             &digital_modulator::set_mapping,
             py::arg("mapping"),
             doc::digital_modulator::set_mapping)
        .def("mapping", &digital_modulator::mapping, doc::digital_modulator::mapping);

    py::class_<block_fading_channel,
               pdu_block,
               gr::block,
               gr::basic_block,
               std::shared_ptr<block_fading_channel>>(
        m, "block_fading_channel", doc::block_fading_channel::summary)
        .def(py::init(&block_fading_channel::make),
             py::arg("model"),
             py::arg("snr_db"),
             py::arg("k_factor_db") = 10.0,
             py::arg("seed") = 1)
        .def("set_model",
             &block_fading_channel::set_model,
             py::arg("model"),
             doc::block_fading_channel::set_model)
        .def("model", &block_fading_channel::model, doc::block_fading_channel::model)
        .def("set_snr_db",
             &block_fading_channel::set_snr_db,
             py::arg("snr_db"),
             doc::block_fading_channel::set_snr_db)
        .def("snr_db", &block_fading_channel::snr_db, doc::block_fading_channel::snr_db)
        .def("set_k_factor_db",
             &block_fading_channel::set_k_factor_db,
             py::arg("k_factor_db"),
             doc::block_fading_channel::set_k_factor_db)
        .def("k_factor_db",
             &block_fading_channel::k_factor_db,
             doc::block_fading_channel::k_factor_db)
        .def("restart",
             &block_fading_channel::restart,
             doc::block_fading_channel::restart);
}
