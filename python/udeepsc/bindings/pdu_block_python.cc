// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_class.h"
#include "docstrings.h"

#include <gnuradio/udeepsc/congestion.h>
#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/message_inbox.h>
#include <gnuradio/udeepsc/pdu_block.h>
#include <gnuradio/udeepsc/pdu_keys.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::udeepsc;

namespace {

void bind_keys(py::module& m)
{
    auto k = m.def_submodule("keys", "Names of the keys in a PDU's dictionary.");
    for (const auto& key : { keys::frame_id(),     keys::task(),
                             keys::modality(),     keys::shape(),
                             keys::snr_db(),       keys::noise_var(),
                             keys::model_id(),     keys::reference(),
                             keys::tx_gain(),      keys::kept(),
                             keys::candidates(),   keys::bits_per_index(),
                             keys::modulation(),   keys::mapping(),
                             keys::symbols(),      keys::h(),
                             keys::channel(),      keys::output(),
                             keys::label(),        keys::class_name(),
                             keys::picture(),      keys::picture_size(),
                             keys::tile(),         keys::tiles(),
                             keys::text_id(),      keys::segment(),
                             keys::t_source(),     keys::profile(),
                             keys::overhead(),     keys::sample(),
                             keys::first_sample(), keys::end_sample(),
                             keys::timing(),       keys::cfo(),
                             keys::rho(),          keys::clock_ppm(),
                             keys::power(),        keys::mcs() }) {
        const std::string name = pmt::symbol_to_string(key);
        k.attr(name.c_str()) = name;
    }
}

// No block for a flowgraph of one's own, but a part of qt_task_view and of apps/soak:
// hence the underscore.
void bind_message_inbox(py::module& m)
{
    block_class<message_inbox>(m, "_message_inbox", doc::message_inbox::summary)
        .def(py::init(&message_inbox::make),
             py::arg("ports"),
             py::arg("limit"),
             py::arg("policy") = overflow_policy::drop_newest)
        .def("take",
             &message_inbox::take,
             py::arg("port"),
             py::arg("most"),
             doc::message_inbox::take)
        .def("come", &message_inbox::come, py::arg("port"), doc::message_inbox::come)
        .def("lost", &message_inbox::lost, py::arg("port"), doc::message_inbox::lost);
}

} // namespace

void bind_pdu_block(py::module& m)
{
    bind_keys(m);

    py::enum_<overflow_policy>(m, "overflow_policy", doc::overflow_policy::summary)
        .value("block", overflow_policy::block, doc::overflow_policy::block)
        .value("drop_oldest",
               overflow_policy::drop_oldest,
               doc::overflow_policy::drop_oldest)
        .value("drop_newest",
               overflow_policy::drop_newest,
               doc::overflow_policy::drop_newest);

    py::class_<pdu_block, gr::block, gr::basic_block, std::shared_ptr<pdu_block>>(
        m, "pdu_block", doc::pdu_block::summary)
        .def("received", &pdu_block::received, doc::pdu_block::received)
        .def("sent", &pdu_block::sent, doc::pdu_block::sent)
        .def("dropped",
             py::overload_cast<>(&pdu_block::dropped, py::const_),
             doc::pdu_block::dropped)
        .def("dropped",
             py::overload_cast<const std::string&>(&pdu_block::dropped, py::const_),
             py::arg("reason"),
             doc::pdu_block::dropped_2)
        .def("queue_depth", &pdu_block::queue_depth, doc::pdu_block::queue_depth)
        .def("latency_ms", &pdu_block::latency_ms, doc::pdu_block::latency_ms)
        .def("stats", &pdu_block::stats, doc::pdu_block::stats);

    bind_message_inbox(m);

    m.def(
        "congested",
        [](gr::basic_block& sender, const std::string& port) {
            return congested(sender, pmt::intern(port));
        },
        py::arg("sender"),
        py::arg("port") = "out",
        "Whether a sender should hold back: 16 messages or more wait behind this port.");
}
