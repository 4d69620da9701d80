// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_class.h"
#include "docstrings.h"

#include <gnuradio/udeepsc/semantic_memory.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace gr::udeepsc;

// Longer than a function should be: a list, read from top to bottom.
void bind_memory_blocks(py::module& m)
{
    block_class<semantic_memory>(m, "semantic_memory", doc::semantic_memory::summary)
        .def(py::init([](const std::string& model,
                         bool memory,
                         int entries,
                         int features,
                         int bytes,
                         const std::string& rule,
                         double fifo_weight,
                         double freshness_weight,
                         double value_weight,
                         double correlation_weight,
                         double deadline_s,
                         double duplicate,
                         int gap_frames,
                         int csi,
                         const std::string& scorer,
                         const std::string& space,
                         const std::string& snapshot) {
                 return semantic_memory::make(model,
                                              { memory,
                                                entries,
                                                features,
                                                bytes,
                                                rule,
                                                fifo_weight,
                                                freshness_weight,
                                                value_weight,
                                                correlation_weight,
                                                deadline_s,
                                                duplicate,
                                                gap_frames,
                                                csi,
                                                scorer,
                                                space,
                                                snapshot });
             }),
             py::arg("model"),
             py::arg("memory") = true,
             py::arg("entries") = 64,
             py::arg("features") = 0,
             py::arg("bytes") = 0,
             py::arg("rule") = "fifo",
             py::arg("fifo_weight") = 0.25,
             py::arg("freshness_weight") = 0.25,
             py::arg("value_weight") = 0.25,
             py::arg("correlation_weight") = 0.25,
             py::arg("deadline_s") = 0.0,
             py::arg("duplicate") = 0.98,
             py::arg("gap_frames") = 64,
             py::arg("csi") = 0,
             py::arg("scorer") = "",
             py::arg("space") = "",
             py::arg("snapshot") = "",
             release_gil())
        .def("set_memory",
             &semantic_memory::set_memory,
             py::arg("memory"),
             release_gil(),
             doc::semantic_memory::set_memory)
        .def("memory", &semantic_memory::memory, doc::semantic_memory::memory)
        .def("set_entries",
             &semantic_memory::set_entries,
             py::arg("entries"),
             release_gil(),
             doc::semantic_memory::set_entries)
        .def("entries", &semantic_memory::entries, doc::semantic_memory::entries)
        .def("set_rule",
             &semantic_memory::set_rule,
             py::arg("rule"),
             release_gil(),
             doc::semantic_memory::set_rule)
        .def("rule", &semantic_memory::rule, doc::semantic_memory::rule)
        .def("set_deadline_s",
             &semantic_memory::set_deadline_s,
             py::arg("deadline_s"),
             release_gil(),
             doc::semantic_memory::set_deadline_s)
        .def("deadline_s", &semantic_memory::deadline_s, doc::semantic_memory::deadline_s)
        .def("set_model",
             &semantic_memory::set_model,
             py::arg("path"),
             release_gil(),
             doc::semantic_memory::set_model)
        .def("clear", &semantic_memory::clear, release_gil(), doc::semantic_memory::clear)
        .def("save",
             &semantic_memory::save,
             py::arg("path"),
             release_gil(),
             doc::semantic_memory::save)
        .def("load",
             &semantic_memory::load,
             py::arg("path"),
             release_gil(),
             doc::semantic_memory::load)
        .def("size", &semantic_memory::size, doc::semantic_memory::size)
        .def("csi_size", &semantic_memory::csi_size, doc::semantic_memory::csi_size)
        .def("without_context",
             &semantic_memory::without_context,
             doc::semantic_memory::without_context)
        .def("context_cut",
             &semantic_memory::context_cut,
             doc::semantic_memory::context_cut);
}
