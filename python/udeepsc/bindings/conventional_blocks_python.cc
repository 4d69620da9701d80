// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_class.h"
#include "docstrings.h"

#include <gnuradio/udeepsc/conventional_decoder.h>
#include <gnuradio/udeepsc/conventional_encoder.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace gr::udeepsc;

namespace {

conventional_options make_options(const std::string& scheme,
                                  const std::string& mcs,
                                  const std::string& training,
                                  int order)
{
    conventional_options options;
    options.scheme = scheme;
    options.mcs = mcs;
    options.training = training;
    options.order = order;
    return options;
}

// Keyword arguments of conventional_options, the same for both blocks.
#define OPTION_PARAMETERS                                                                \
    const std::string &scheme, const std::string &mcs, const std::string &training,      \
        int order
#define OPTION_VALUES make_options(scheme, mcs, training, order)
#define OPTION_ARGUMENTS                                                                 \
    py::arg("scheme") = "jpeg-ldpc", py::arg("mcs") = "adaptive",                        \
    py::arg("training") = "", py::arg("order") = 4

} // namespace

void bind_conventional_blocks(py::module& m)
{
    block_class<conventional_encoder>(
        m, "conventional_encoder", doc::conventional_encoder::summary)
        .def(py::init([](int symbols, double snr_db, OPTION_PARAMETERS) {
                 return conventional_encoder::make(symbols, snr_db, OPTION_VALUES);
             }),
             py::arg("symbols") = 512,
             py::arg("snr_db") = 12.0,
             OPTION_ARGUMENTS)
        .def("set_symbols",
             &conventional_encoder::set_symbols,
             py::arg("symbols"),
             doc::conventional_encoder::set_symbols)
        .def(
            "symbols", &conventional_encoder::symbols, doc::conventional_encoder::symbols)
        .def("set_snr_db",
             &conventional_encoder::set_snr_db,
             py::arg("snr_db"),
             doc::conventional_encoder::set_snr_db)
        .def("snr_db", &conventional_encoder::snr_db, doc::conventional_encoder::snr_db)
        .def("set_mcs",
             &conventional_encoder::set_mcs,
             py::arg("mcs"),
             release_gil(),
             doc::conventional_encoder::set_mcs)
        .def("mcs", &conventional_encoder::mcs, doc::conventional_encoder::mcs);

    block_class<conventional_decoder>(
        m, "conventional_decoder", doc::conventional_decoder::summary)
        .def(py::init(
                 [](int height, int width, double default_noise_var, OPTION_PARAMETERS) {
                     return conventional_decoder::make(
                         height, width, default_noise_var, OPTION_VALUES);
                 }),
             py::arg("height") = 32,
             py::arg("width") = 32,
             py::arg("default_noise_var") = 0.1,
             OPTION_ARGUMENTS)
        .def("set_mcs",
             &conventional_decoder::set_mcs,
             py::arg("mcs"),
             release_gil(),
             doc::conventional_decoder::set_mcs)
        .def("mcs", &conventional_decoder::mcs, doc::conventional_decoder::mcs)
        .def("set_default_noise_var",
             &conventional_decoder::set_default_noise_var,
             py::arg("noise_var"),
             doc::conventional_decoder::set_default_noise_var)
        .def("default_noise_var",
             &conventional_decoder::default_noise_var,
             doc::conventional_decoder::default_noise_var)
        .def("damaged",
             &conventional_decoder::damaged,
             doc::conventional_decoder::damaged);
}
