// SPDX-License-Identifier: GPL-3.0-or-later
#include <gnuradio/udeepsc/feature_selector.h>
#include <gnuradio/udeepsc/semantic_encoder.h>
#include <gnuradio/udeepsc/unified_decoder.h>
#include <gnuradio/udeepsc/vq_indexer.h>
#include <gnuradio/udeepsc/vq_lookup.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace gr::udeepsc;

namespace {

template <typename T>
using block_class
    = py::class_<T, pdu_block, gr::block, gr::basic_block, std::shared_ptr<T>>;

using release_gil = py::call_guard<py::gil_scoped_release>;

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
    py::enum_<lookup_mode>(m, "lookup_mode", "How vq_lookup turns symbols into features.")
        .value("hard", lookup_mode::hard, "nearest codeword")
        .value("soft", lookup_mode::soft, "posterior mean of the codewords");

    block_class<semantic_encoder>(
        m,
        "semantic_encoder",
        "Pictures, texts and speech to Transformer features.\n\n"
        "in: u8vector [height, width, 3] or UTF-8, or f32vector [frames, features];\n"
        "out: f32vector [tokens + 1, dim].")
        .def(py::init([](const std::string& model, OPTION_PARAMETERS) {
                 return semantic_encoder::make(model, OPTION_VALUES);
             }),
             py::arg("model"),
             OPTION_ARGUMENTS)
        .def("set_model",
             &semantic_encoder::set_model,
             py::arg("path"),
             release_gil(),
             "Loads another model while running.");

    block_class<feature_selector>(
        m,
        "feature_selector",
        "Keeps the features worth sending at this Es/N0.\n\n"
        "in: f32vector [tokens + 1, dim]; snr: a number in dB;\n"
        "out: f32vector [kept, subvectors * subvector_dim].")
        .def(py::init([](const std::string& model, double snr_db, OPTION_PARAMETERS) {
                 return feature_selector::make(model, snr_db, OPTION_VALUES);
             }),
             py::arg("model"),
             py::arg("snr_db"),
             OPTION_ARGUMENTS)
        .def("set_snr_db",
             &feature_selector::set_snr_db,
             py::arg("snr_db"),
             "Es/N0 in dB, -100..100, for the PDUs that follow.")
        .def("snr_db", &feature_selector::snr_db, "Es/N0 in dB.")
        .def("set_model",
             &feature_selector::set_model,
             py::arg("path"),
             release_gil(),
             "Loads another model while running.");

    block_class<vq_indexer>(m,
                            "vq_indexer",
                            "Names each sub-vector by its nearest codeword.\n\n"
                            "in: f32vector [kept, subvectors * subvector_dim];\n"
                            "out: u16vector [kept, subvectors].")
        .def(py::init([](const std::string& model, OPTION_PARAMETERS) {
                 return vq_indexer::make(model, OPTION_VALUES);
             }),
             py::arg("model"),
             OPTION_ARGUMENTS)
        .def("set_model",
             &vq_indexer::set_model,
             py::arg("path"),
             release_gil(),
             "Loads another model while running.");

    block_class<vq_lookup>(
        m,
        "vq_lookup",
        "Received symbols back into features, hard or soft.\n\n"
        "in: c32vector of equalised symbols; out: f32vector [vectors, dim].")
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
        .def("set_mode", &vq_lookup::set_mode, py::arg("mode"), "Hard or soft look-up.")
        .def("mode", &vq_lookup::mode, "Hard or soft look-up.")
        .def("set_default_noise_var",
             &vq_lookup::set_default_noise_var,
             py::arg("noise_var"),
             "Noise power per complex symbol where a PDU names none, > 0.")
        .def("default_noise_var", &vq_lookup::default_noise_var, "Noise power, linear.")
        .def("set_model",
             &vq_lookup::set_model,
             py::arg("path"),
             release_gil(),
             "Loads another model while running.");

    block_class<unified_decoder>(
        m,
        "unified_decoder",
        "Features to class, picture or sentence: one receiver for every task.\n\n"
        "in: f32vector [vectors, dim]; out: u8vector picture or sentence, or f32vector\n"
        "of probabilities with the keys label and class_name.")
        .def(py::init([](const std::string& model,
                         double default_noise_var,
                         int pending,
                         double gather_ms,
                         OPTION_PARAMETERS) {
                 return unified_decoder::make(
                     model, default_noise_var, pending, gather_ms, OPTION_VALUES);
             }),
             py::arg("model"),
             py::arg("default_noise_var") = 0.1,
             py::arg("pending") = 256,
             py::arg("gather_ms") = 200.0,
             OPTION_ARGUMENTS)
        .def("set_gather_ms",
             &unified_decoder::set_gather_ms,
             py::arg("gather_ms"),
             "Longest that a sample waits for its other modalities, 0..60000 ms.")
        .def("gather_ms", &unified_decoder::gather_ms, "ms.")
        .def("incomplete",
             &unified_decoder::incomplete,
             "Samples decoded from less than all of their modalities.")
        .def("set_default_noise_var",
             &unified_decoder::set_default_noise_var,
             py::arg("noise_var"),
             "Noise power per complex symbol where a PDU names none, > 0.")
        .def("default_noise_var",
             &unified_decoder::default_noise_var,
             "Noise power, linear.")
        .def("set_model",
             &unified_decoder::set_model,
             py::arg("path"),
             release_gil(),
             "Loads another model while running.");
}
