// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_class.h"
#include "docstrings.h"

#include <gnuradio/udeepsc/burst_demodulator.h>
#include <gnuradio/udeepsc/burst_detector.h>
#include <gnuradio/udeepsc/burst_framer.h>
#include <gnuradio/udeepsc/burst_source.h>
#include <gnuradio/udeepsc/csi_feedback.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::udeepsc;

namespace {

// Longer than a function should be: a list, read from top to bottom.
void bind_transmitter(py::module& m)
{
    py::enum_<frame_grouping>(m, "frame_grouping", doc::frame_grouping::summary)
        .value("sample", frame_grouping::sample, doc::frame_grouping::sample)
        .value("payload", frame_grouping::payload, doc::frame_grouping::payload);

    py::enum_<frame_positions>(m, "frame_positions", doc::frame_positions::summary)
        .value("untold", frame_positions::untold, doc::frame_positions::untold)
        .value("mask", frame_positions::mask, doc::frame_positions::mask);

    py::enum_<frame_check>(m, "frame_check", doc::frame_check::summary)
        .value("none", frame_check::none, doc::frame_check::none)
        .value("crc16", frame_check::crc16, doc::frame_check::crc16);

    py::enum_<burst_idle>(m, "burst_idle", doc::burst_idle::summary)
        .value("zeros", burst_idle::zeros, doc::burst_idle::zeros)
        .value("nothing", burst_idle::nothing, doc::burst_idle::nothing);

    py::enum_<burst_tags>(m, "burst_tags", doc::burst_tags::summary)
        .value("none", burst_tags::none, doc::burst_tags::none)
        .value("sob_eob", burst_tags::sob_eob, doc::burst_tags::sob_eob)
        .value("length", burst_tags::length, doc::burst_tags::length);

    block_class<burst_framer>(m, "burst_framer", doc::burst_framer::summary)
        .def(py::init([](const std::string& model,
                         const std::string& profile,
                         frame_grouping grouping,
                         int pending,
                         int max_frame_symbols,
                         double hold_ms,
                         int address,
                         int destination,
                         frame_positions positions,
                         frame_check check,
                         const std::string& key,
                         const std::string& protection,
                         double peak_limit_db,
                         int first_frame,
                         int copies) {
                 return burst_framer::make(model,
                                           profile,
                                           { grouping,
                                             pending,
                                             max_frame_symbols,
                                             hold_ms,
                                             address,
                                             destination,
                                             positions,
                                             check,
                                             key,
                                             protection,
                                             peak_limit_db,
                                             first_frame,
                                             copies });
             }),
             py::arg("model"),
             py::arg("profile") = "standard",
             py::arg("grouping") = frame_grouping::sample,
             py::arg("pending") = 256,
             py::arg("max_frame_symbols") = 16384,
             py::arg("hold_ms") = 50.0,
             py::arg("address") = 0,
             py::arg("destination") = 255,
             py::arg("positions") = frame_positions::untold,
             py::arg("check") = frame_check::none,
             py::arg("key") = "",
             py::arg("protection") = "",
             py::arg("peak_limit_db") = 100.0,
             py::arg("first_frame") = 0,
             py::arg("copies") = 1)
        .def("set_destination",
             &burst_framer::set_destination,
             py::arg("destination"),
             doc::burst_framer::set_destination)
        .def("destination", &burst_framer::destination, doc::burst_framer::destination)
        .def("set_max_frame_symbols",
             &burst_framer::set_max_frame_symbols,
             py::arg("symbols"),
             doc::burst_framer::set_max_frame_symbols)
        .def("max_frame_symbols",
             &burst_framer::max_frame_symbols,
             doc::burst_framer::max_frame_symbols)
        .def("samples_sent", &burst_framer::samples_sent, doc::burst_framer::samples_sent)
        .def("set_profile",
             &burst_framer::set_profile,
             py::arg("profile"),
             release_gil(),
             doc::burst_framer::set_profile)
        .def("profile", &burst_framer::profile, doc::burst_framer::profile)
        .def("set_model",
             &burst_framer::set_model,
             py::arg("path"),
             release_gil(),
             doc::burst_framer::set_model);

    block_class<burst_source>(m, "burst_source", doc::burst_source::summary)
        .def(py::init([](burst_idle idle,
                         burst_tags tags,
                         const std::string& length_tag,
                         double amplitude,
                         int gap,
                         int lead_in,
                         double lead,
                         double rate,
                         int queue,
                         overflow_policy policy) {
                 return burst_source::make({ idle,
                                             tags,
                                             length_tag,
                                             amplitude,
                                             gap,
                                             lead_in,
                                             lead,
                                             rate,
                                             queue,
                                             policy });
             }),
             py::arg("idle") = burst_idle::zeros,
             py::arg("tags") = burst_tags::sob_eob,
             py::arg("length_tag") = "packet_len",
             py::arg("amplitude") = 1.0,
             py::arg("gap") = 0,
             py::arg("lead_in") = 0,
             py::arg("lead") = 0.0,
             py::arg("rate") = 0.0,
             py::arg("queue") = 16,
             py::arg("policy") = overflow_policy::block)
        .def("set_amplitude",
             &burst_source::set_amplitude,
             py::arg("amplitude"),
             doc::burst_source::set_amplitude)
        .def("amplitude", &burst_source::amplitude, doc::burst_source::amplitude)
        .def(
            "set_gap", &burst_source::set_gap, py::arg("gap"), doc::burst_source::set_gap)
        .def("gap", &burst_source::gap, doc::burst_source::gap)
        .def("set_lead_in",
             &burst_source::set_lead_in,
             py::arg("lead_in"),
             doc::burst_source::set_lead_in)
        .def("lead_in", &burst_source::lead_in, doc::burst_source::lead_in)
        .def("set_device_time",
             &burst_source::set_device_time,
             py::arg("seconds"),
             doc::burst_source::set_device_time);
}

// Longer than a function should be: a list, read from top to bottom.
void bind_receiver(py::module& m)
{
    block_class<burst_detector>(m, "burst_detector", doc::burst_detector::summary)
        .def(py::init(&burst_detector::make),
             py::arg("profile") = "standard",
             py::arg("false_alarm_rate") = 1e-6,
             py::arg("policy") = overflow_policy::block,
             py::arg("max_cfo") = 0.02,
             py::arg("copies") = 1)
        .def("set_profile",
             &burst_detector::set_profile,
             py::arg("profile"),
             release_gil(),
             doc::burst_detector::set_profile)
        .def("profile", &burst_detector::profile, doc::burst_detector::profile)
        .def("set_false_alarm_rate",
             &burst_detector::set_false_alarm_rate,
             py::arg("false_alarm_rate"),
             release_gil(),
             doc::burst_detector::set_false_alarm_rate)
        .def("false_alarm_rate",
             &burst_detector::false_alarm_rate,
             doc::burst_detector::false_alarm_rate)
        .def("set_max_cfo",
             &burst_detector::set_max_cfo,
             py::arg("max_cfo"),
             release_gil(),
             doc::burst_detector::set_max_cfo)
        .def("max_cfo", &burst_detector::max_cfo, doc::burst_detector::max_cfo)
        .def("threshold", &burst_detector::threshold, doc::burst_detector::threshold);

    block_class<burst_demodulator>(
        m, "burst_demodulator", doc::burst_demodulator::summary)
        .def(py::init(&burst_demodulator::make),
             py::arg("model"),
             py::arg("profile") = "standard",
             py::arg("window") = 8,
             py::arg("queue") = 64,
             py::arg("policy") = overflow_policy::block,
             py::arg("address") = 0,
             py::arg("key") = "",
             py::arg("copies") = 1)
        .def("set_profile",
             &burst_demodulator::set_profile,
             py::arg("profile"),
             release_gil(),
             doc::burst_demodulator::set_profile)
        .def("profile", &burst_demodulator::profile, doc::burst_demodulator::profile)
        .def("set_model",
             &burst_demodulator::set_model,
             py::arg("path"),
             release_gil(),
             doc::burst_demodulator::set_model)
        .def("set_window",
             &burst_demodulator::set_window,
             py::arg("window"),
             doc::burst_demodulator::set_window)
        .def("window", &burst_demodulator::window, doc::burst_demodulator::window)
        .def("snr_db", &burst_demodulator::snr_db, doc::burst_demodulator::snr_db);

    py::enum_<feedback_link>(m, "feedback_link", doc::feedback_link::summary)
        .value("local", feedback_link::local, doc::feedback_link::local)
        .value("udp_sender", feedback_link::udp_sender, doc::feedback_link::udp_sender)
        .value("udp_receiver",
               feedback_link::udp_receiver,
               doc::feedback_link::udp_receiver);
    block_class<csi_feedback>(m, "csi_feedback", doc::csi_feedback::summary)
        .def(py::init([](feedback_link link,
                         const std::string& address,
                         double time_constant,
                         double interval_ms,
                         double timeout_s,
                         double worst_snr_db,
                         const std::string& key,
                         bool predict) {
                 return csi_feedback::make({ link,
                                             address,
                                             time_constant,
                                             interval_ms,
                                             timeout_s,
                                             worst_snr_db,
                                             key,
                                             predict });
             }),
             py::arg("link") = feedback_link::local,
             py::arg("address") = "127.0.0.1:52001",
             py::arg("time_constant") = 0.7,
             py::arg("interval_ms") = 0.0,
             py::arg("timeout_s") = 2.0,
             py::arg("worst_snr_db") = -6.0,
             py::arg("key") = "",
             py::arg("predict") = false,
             release_gil())
        .def("set_predict",
             &csi_feedback::set_predict,
             py::arg("predict"),
             doc::csi_feedback::set_predict)
        .def("predict", &csi_feedback::predict, doc::csi_feedback::predict)
        .def("set_time_constant",
             &csi_feedback::set_time_constant,
             py::arg("time_constant"),
             doc::csi_feedback::set_time_constant)
        .def("time_constant",
             &csi_feedback::time_constant,
             doc::csi_feedback::time_constant)
        .def("set_interval_ms",
             &csi_feedback::set_interval_ms,
             py::arg("interval_ms"),
             doc::csi_feedback::set_interval_ms)
        .def("interval_ms", &csi_feedback::interval_ms, doc::csi_feedback::interval_ms)
        .def("set_timeout_s",
             &csi_feedback::set_timeout_s,
             py::arg("timeout_s"),
             doc::csi_feedback::set_timeout_s)
        .def("timeout_s", &csi_feedback::timeout_s, doc::csi_feedback::timeout_s)
        .def("set_worst_snr_db",
             &csi_feedback::set_worst_snr_db,
             py::arg("worst_snr_db"),
             doc::csi_feedback::set_worst_snr_db)
        .def("worst_snr_db", &csi_feedback::worst_snr_db, doc::csi_feedback::worst_snr_db)
        .def("snr_db", &csi_feedback::snr_db, doc::csi_feedback::snr_db)
        .def("silences", &csi_feedback::silences, doc::csi_feedback::silences)
        .def("port", &csi_feedback::port, doc::csi_feedback::port);
}

} // namespace

void bind_burst_blocks(py::module& m)
{
    bind_transmitter(m);
    bind_receiver(m);
}
