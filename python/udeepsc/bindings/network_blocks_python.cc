// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_class.h"
#include "docstrings.h"

#include <gnuradio/udeepsc/feature_selector.h>
#include <gnuradio/udeepsc/semantic_encoder.h>
#include <gnuradio/udeepsc/unified_decoder.h>
#include <gnuradio/udeepsc/vq_indexer.h>
#include <gnuradio/udeepsc/vq_lookup.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace gr::udeepsc;

namespace {

inference_options make_options(const std::string& dtype,
                               int threads,
                               int batch,
                               double max_wait_ms,
                               int queue,
                               overflow_policy policy)
{
    inference_options options;
    options.dtype = dtype;
    options.threads = threads;
    options.batch = batch;
    options.max_wait_ms = max_wait_ms;
    options.queue = queue;
    options.policy = policy;
    return options;
}

// Keyword arguments of inference_options, the same for every block.
#define OPTION_PARAMETERS                                                                \
    const std::string &dtype, int threads, int batch, double max_wait_ms, int queue,     \
        overflow_policy policy
#define OPTION_VALUES make_options(dtype, threads, batch, max_wait_ms, queue, policy)
#define OPTION_ARGUMENTS                                                                 \
    py::arg("dtype") = "fp32", py::arg("threads") = 1, py::arg("batch") = 8,             \
    py::arg("max_wait_ms") = 0.0, py::arg("queue") = 64,                                 \
    py::arg("policy") = overflow_policy::block

} // namespace

// Longer than a function should be: a list, read from top to bottom.
void bind_network_blocks(py::module& m)
{
    py::enum_<lookup_mode>(m, "lookup_mode", doc::lookup_mode::summary)
        .value("hard", lookup_mode::hard, doc::lookup_mode::hard)
        .value("soft", lookup_mode::soft, doc::lookup_mode::soft);

    block_class<semantic_encoder>(m, "semantic_encoder", doc::semantic_encoder::summary)
        .def(py::init([](const std::string& model, OPTION_PARAMETERS) {
                 return semantic_encoder::make(model, OPTION_VALUES);
             }),
             py::arg("model"),
             OPTION_ARGUMENTS)
        .def("set_model",
             &semantic_encoder::set_model,
             py::arg("path"),
             release_gil(),
             doc::semantic_encoder::set_model);

    block_class<feature_selector>(m, "feature_selector", doc::feature_selector::summary)
        .def(py::init([](const std::string& model, double snr_db, OPTION_PARAMETERS) {
                 return feature_selector::make(model, snr_db, OPTION_VALUES);
             }),
             py::arg("model"),
             py::arg("snr_db"),
             OPTION_ARGUMENTS)
        .def("set_snr_db",
             &feature_selector::set_snr_db,
             py::arg("snr_db"),
             doc::feature_selector::set_snr_db)
        .def("snr_db", &feature_selector::snr_db, doc::feature_selector::snr_db)
        .def("set_model",
             &feature_selector::set_model,
             py::arg("path"),
             release_gil(),
             doc::feature_selector::set_model);

    block_class<vq_indexer>(m, "vq_indexer", doc::vq_indexer::summary)
        .def(py::init([](const std::string& model, int layers, OPTION_PARAMETERS) {
                 return vq_indexer::make(model, layers, OPTION_VALUES);
             }),
             py::arg("model"),
             py::arg("layers") = 0,
             OPTION_ARGUMENTS)
        .def("set_layers",
             &vq_indexer::set_layers,
             py::arg("layers"),
             doc::vq_indexer::set_layers)
        .def("layers", &vq_indexer::layers, doc::vq_indexer::layers)
        .def("set_model",
             &vq_indexer::set_model,
             py::arg("path"),
             release_gil(),
             doc::vq_indexer::set_model);

    block_class<vq_lookup>(m, "vq_lookup", doc::vq_lookup::summary)
        .def(py::init([](const std::string& model,
                         lookup_mode mode,
                         double default_noise_var,
                         OPTION_PARAMETERS) {
                 return vq_lookup::make(model, mode, default_noise_var, OPTION_VALUES);
             }),
             py::arg("model"),
             py::arg("mode") = lookup_mode::soft,
             py::arg("default_noise_var") = 0.1,
             OPTION_ARGUMENTS)
        .def("set_mode", &vq_lookup::set_mode, py::arg("mode"), doc::vq_lookup::set_mode)
        .def("mode", &vq_lookup::mode, doc::vq_lookup::mode)
        .def("set_default_noise_var",
             &vq_lookup::set_default_noise_var,
             py::arg("noise_var"),
             doc::vq_lookup::set_default_noise_var)
        .def("default_noise_var",
             &vq_lookup::default_noise_var,
             doc::vq_lookup::default_noise_var)
        .def("set_model",
             &vq_lookup::set_model,
             py::arg("path"),
             release_gil(),
             doc::vq_lookup::set_model);

    block_class<unified_decoder>(m, "unified_decoder", doc::unified_decoder::summary)
        .def(py::init([](const std::string& model,
                         double default_noise_var,
                         int pending,
                         double gather_ms,
                         int layers,
                         OPTION_PARAMETERS) {
                 return unified_decoder::make(
                     model, default_noise_var, pending, gather_ms, layers, OPTION_VALUES);
             }),
             py::arg("model"),
             py::arg("default_noise_var") = 0.1,
             py::arg("pending") = 256,
             py::arg("gather_ms") = 200.0,
             py::arg("layers") = 0,
             OPTION_ARGUMENTS)
        .def("set_layers",
             &unified_decoder::set_layers,
             py::arg("layers"),
             doc::unified_decoder::set_layers)
        .def("layers", &unified_decoder::layers, doc::unified_decoder::layers)
        .def("set_gather_ms",
             &unified_decoder::set_gather_ms,
             py::arg("gather_ms"),
             doc::unified_decoder::set_gather_ms)
        .def("gather_ms", &unified_decoder::gather_ms, doc::unified_decoder::gather_ms)
        .def("incomplete", &unified_decoder::incomplete, doc::unified_decoder::incomplete)
        .def("set_default_noise_var",
             &unified_decoder::set_default_noise_var,
             py::arg("noise_var"),
             doc::unified_decoder::set_default_noise_var)
        .def("default_noise_var",
             &unified_decoder::default_noise_var,
             doc::unified_decoder::default_noise_var)
        .def("set_model",
             &unified_decoder::set_model,
             py::arg("path"),
             release_gil(),
             doc::unified_decoder::set_model);
}
