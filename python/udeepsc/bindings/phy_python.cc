// SPDX-License-Identifier: GPL-3.0-or-later
#include "complex_arrays.h"
#include "docstrings.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/radio_channel.h>
#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <tuple>

namespace py = pybind11;
using namespace udeepsc_phy;
namespace {

// Longer than a function should be: a list, read from top to bottom.
void bind_frame(py::module& m)
{
    py::class_<FrameProfile>(m, "frame_profile", doc::FrameProfile::summary)
        .def(py::init(&FrameProfile::from_name), py::arg("name") = "standard")
        .def_static("names", &FrameProfile::names)
        .def("validate", &FrameProfile::validate)
        .def_readwrite("name", &FrameProfile::name)
        .def_readwrite("samples_per_symbol",
                       &FrameProfile::samples_per_symbol,
                       doc::FrameProfile::samples_per_symbol)
        .def_readwrite("rolloff", &FrameProfile::rolloff, doc::FrameProfile::rolloff)
        .def_readwrite(
            "filter_span", &FrameProfile::filter_span, doc::FrameProfile::filter_span)
        .def_readwrite(
            "ramp_symbols", &FrameProfile::ramp_symbols, doc::FrameProfile::ramp_symbols)
        .def_readwrite("preamble_symbols",
                       &FrameProfile::preamble_symbols,
                       doc::FrameProfile::preamble_symbols)
        .def_readwrite("header_repetition",
                       &FrameProfile::header_repetition,
                       doc::FrameProfile::header_repetition)
        .def_readwrite("pilot_symbols",
                       &FrameProfile::pilot_symbols,
                       doc::FrameProfile::pilot_symbols)
        .def_readwrite(
            "data_symbols", &FrameProfile::data_symbols, doc::FrameProfile::data_symbols)
        .def_readwrite(
            "channel_taps", &FrameProfile::channel_taps, doc::FrameProfile::channel_taps)
        .def_readwrite("max_cfo", &FrameProfile::max_cfo, doc::FrameProfile::max_cfo)
        .def_readwrite("max_payload_symbols",
                       &FrameProfile::max_payload_symbols,
                       doc::FrameProfile::max_payload_symbols)
        .def_readwrite(
            "max_payloads", &FrameProfile::max_payloads, doc::FrameProfile::max_payloads);
}

// Longer than a function should be: a list, read from top to bottom.
void bind_contents(py::module& m)
{
    py::class_<PayloadHeader>(m, "payload_header", doc::PayloadHeader::summary)
        .def(py::init([](unsigned frame_id,
                         unsigned task,
                         unsigned modality,
                         unsigned model,
                         const std::string& modulation,
                         unsigned vectors,
                         unsigned layer) {
                 PayloadHeader header;
                 header.layer = layer;
                 header.frame_id = frame_id;
                 header.task = task;
                 header.modality = modality;
                 header.model = model;
                 header.modulation = modulation_from_string(modulation);
                 header.vectors = vectors;
                 return header;
             }),
             py::arg("frame_id") = 0,
             py::arg("task") = 0,
             py::arg("modality") = 0,
             py::arg("model") = 0,
             py::arg("modulation") = "qpsk",
             py::arg("vectors") = 1,
             py::arg("layer") = 0)
        .def_readwrite("layer", &PayloadHeader::layer, doc::PayloadHeader::layer)
        .def_readwrite(
            "candidates", &PayloadHeader::candidates, doc::PayloadHeader::candidates)
        .def_readwrite(
            "positions", &PayloadHeader::positions, doc::PayloadHeader::positions)
        .def_readwrite("checked", &PayloadHeader::checked, doc::PayloadHeader::checked)
        .def_readwrite("power_db", &PayloadHeader::power_db, doc::PayloadHeader::power_db)
        .def_readwrite(
            "repetitions", &PayloadHeader::repetitions, doc::PayloadHeader::repetitions)
        .def_readwrite("frame_id", &PayloadHeader::frame_id, doc::PayloadHeader::frame_id)
        .def_readwrite("task", &PayloadHeader::task, doc::PayloadHeader::task)
        .def_readwrite("modality", &PayloadHeader::modality, doc::PayloadHeader::modality)
        .def_readwrite("model", &PayloadHeader::model, doc::PayloadHeader::model)
        .def_property(
            "modulation",
            [](const PayloadHeader& h) { return to_string(h.modulation); },
            [](PayloadHeader& h, const std::string& name) {
                h.modulation = modulation_from_string(name);
            })
        .def_readwrite("vectors", &PayloadHeader::vectors, doc::PayloadHeader::vectors)
        .def_readwrite("symbols", &PayloadHeader::symbols, doc::PayloadHeader::symbols);

    using Kind = ControlMessage::Kind;
    py::class_<ControlMessage> message(
        m, "control_message", doc::ControlMessage::summary);
    py::enum_<Kind>(message, "kinds", "What it says.")
        .value("csi", Kind::csi)
        .value("acknowledgement", Kind::acknowledgement)
        .value("text", Kind::text);
    message.def(py::init<>())
        .def_readwrite("kind", &ControlMessage::kind)
        .def_readwrite(
            "frame_id", &ControlMessage::frame_id, doc::ControlMessage::frame_id)
        .def_readwrite("task", &ControlMessage::task, doc::ControlMessage::task)
        .def_readwrite("esn0_db", &ControlMessage::esn0_db, doc::ControlMessage::esn0_db)
        .def_readwrite("text", &ControlMessage::text, doc::ControlMessage::text);

    py::class_<Framer>(m, "framer", doc::Framer::summary)
        .def(py::init<const FrameProfile&>(), py::arg("profile"))
        .def(
            "frame",
            [](const Framer& framer,
               const std::vector<std::pair<PayloadHeader, complex_array>>& payloads,
               unsigned source,
               unsigned destination) {
                std::vector<Payload> wanted;
                for (const auto& one : payloads) {
                    Payload payload { one.first, to_complexes(one.second) };
                    payload.header.symbols
                        = static_cast<unsigned>(payload.symbols.size());
                    wanted.push_back(std::move(payload));
                }
                return to_array(framer.frame(wanted, { source, destination }));
            },
            py::arg("payloads"),
            py::arg("source") = 0,
            py::arg("destination") = BROADCAST,
            "payloads: a list of (payload_header, symbols).")
        .def(
            "control_frame",
            [](const Framer& framer,
               const ControlMessage& one,
               unsigned source,
               unsigned destination) {
                return to_array(framer.frame(one, { source, destination }));
            },
            py::arg("message"),
            py::arg("source") = 0,
            py::arg("destination") = BROADCAST,
            "A burst that carries a control_message.")
        .def("burst_samples",
             &Framer::burst_samples,
             py::arg("payload_symbols"),
             doc::Framer::burst_samples)
        .def("overhead_symbols",
             &Framer::overhead_symbols,
             py::arg("payload_symbols"),
             doc::Framer::overhead_symbols);
}

// Longer than a function should be: a list, read from top to bottom.
void bind_receiver(py::module& m)
{
    py::class_<DetectedBurst>(m, "detected_burst", doc::DetectedBurst::summary)
        .def(py::init([](const complex_array& samples,
                         std::uint64_t sample,
                         std::uint64_t first_sample,
                         double timing,
                         double cfo,
                         double rho) {
                 return DetectedBurst { { sample, timing, cfo, rho },
                                        first_sample,
                                        to_complexes(samples) };
             }),
             py::arg("samples"),
             py::arg("sample"),
             py::arg("first_sample") = 0,
             py::arg("timing") = 0.0,
             py::arg("cfo") = 0.0,
             py::arg("rho") = 0.0)
        .def_property_readonly("sample",
                               [](const DetectedBurst& b) { return b.detection.sample; })
        .def_property_readonly("timing",
                               [](const DetectedBurst& b) { return b.detection.timing; })
        .def_property_readonly("cfo",
                               [](const DetectedBurst& b) { return b.detection.cfo; })
        .def_property_readonly("rho",
                               [](const DetectedBurst& b) { return b.detection.rho; })
        .def_readonly("first_sample",
                      &DetectedBurst::first_sample,
                      doc::DetectedBurst::first_sample)
        .def_property_readonly(
            "samples", [](const DetectedBurst& b) { return to_array(b.samples); });

    py::class_<BurstDetector>(m, "burst_detector", doc::BurstDetector::summary)
        .def(py::init([](const FrameProfile& profile, double false_alarm_rate) {
                 DetectorConfig config;
                 config.profile = profile;
                 config.false_alarm_rate = false_alarm_rate;
                 return std::make_unique<BurstDetector>(config);
             }),
             py::arg("profile"),
             py::arg("false_alarm_rate") = 1e-6)
        .def("threshold", &BurstDetector::threshold, doc::BurstDetector::threshold)
        .def(
            "push",
            [](BurstDetector& detector, const complex_array& samples) {
                return detector.push(samples.data(), samples.size());
            },
            py::arg("samples"))
        .def("flush", &BurstDetector::flush, doc::BurstDetector::flush)
        .def("reset", &BurstDetector::reset, doc::BurstDetector::reset);
    py::class_<ReceivedPayload>(m, "received_payload", doc::ReceivedPayload::summary)
        .def_readonly("header", &ReceivedPayload::header)
        .def_property_readonly(
            "symbols", [](const ReceivedPayload& p) { return to_array(p.symbols); })
        .def_property_readonly(
            "noise_var", [](const ReceivedPayload& p) { return to_array(p.noise_var); })
        .def_property_readonly(
            "integrity",
            [](const ReceivedPayload& p) {
                return std::vector { "not_checked", "intact", "damaged" }.at(
                    static_cast<std::size_t>(p.integrity));
            },
            "\"not_checked\", \"intact\" or \"damaged\".");

    py::class_<ReceivedFrame>(m, "received_frame", doc::ReceivedFrame::summary)
        .def_property_readonly("fault",
                               [](const ReceivedFrame& f) { return to_string(f.fault); })
        .def_property_readonly("source",
                               [](const ReceivedFrame& f) { return f.addresses.source; })
        .def_property_readonly(
            "destination", [](const ReceivedFrame& f) { return f.addresses.destination; })
        .def_readonly("payloads", &ReceivedFrame::payloads)
        .def_readonly("message", &ReceivedFrame::message, doc::ReceivedFrame::message)
        .def_readonly("sample", &ReceivedFrame::sample, doc::ReceivedFrame::sample)
        .def_readonly(
            "end_sample", &ReceivedFrame::end_sample, doc::ReceivedFrame::end_sample)
        .def_readonly("timing", &ReceivedFrame::timing, doc::ReceivedFrame::timing)
        .def_readonly("cfo", &ReceivedFrame::cfo, doc::ReceivedFrame::cfo)
        .def_readonly(
            "clock_ppm", &ReceivedFrame::clock_ppm, doc::ReceivedFrame::clock_ppm)
        .def_readonly("snr_db", &ReceivedFrame::snr_db, doc::ReceivedFrame::snr_db)
        .def_readonly("power", &ReceivedFrame::power, doc::ReceivedFrame::power);

    py::class_<BurstDemodulator>(m, "burst_demodulator", doc::BurstDemodulator::summary)
        .def(py::init<const FrameProfile&>(), py::arg("profile"))
        .def("demodulate",
             py::overload_cast<const DetectedBurst&>(&BurstDemodulator::demodulate),
             py::arg("burst"));
}

// Longer than a function should be: a list, read from top to bottom.
void bind_channel(py::module& m)
{
    py::class_<RadioChannelConfig>(
        m, "radio_channel_config", doc::RadioChannelConfig::summary)
        .def(py::init<>())
        .def("validate", &RadioChannelConfig::validate)
        .def_readwrite(
            "esn0_db", &RadioChannelConfig::esn0_db, doc::RadioChannelConfig::esn0_db)
        .def_readwrite(
            "gain_db", &RadioChannelConfig::gain_db, doc::RadioChannelConfig::gain_db)
        .def_readwrite(
            "phase", &RadioChannelConfig::phase, doc::RadioChannelConfig::phase)
        .def_readwrite("cfo", &RadioChannelConfig::cfo, doc::RadioChannelConfig::cfo)
        .def_readwrite(
            "delay", &RadioChannelConfig::delay, doc::RadioChannelConfig::delay)
        .def_readwrite("clock_ppm",
                       &RadioChannelConfig::clock_ppm,
                       doc::RadioChannelConfig::clock_ppm)
        .def_readwrite("phase_noise",
                       &RadioChannelConfig::phase_noise,
                       doc::RadioChannelConfig::phase_noise)
        .def_readwrite("multipath",
                       &RadioChannelConfig::multipath,
                       doc::RadioChannelConfig::multipath)
        .def_readwrite(
            "fading", &RadioChannelConfig::fading, doc::RadioChannelConfig::fading)
        .def_readwrite(
            "doppler", &RadioChannelConfig::doppler, doc::RadioChannelConfig::doppler)
        .def_readwrite("rician_k_db",
                       &RadioChannelConfig::rician_k_db,
                       doc::RadioChannelConfig::rician_k_db)
        .def_readwrite("samples_per_symbol",
                       &RadioChannelConfig::samples_per_symbol,
                       doc::RadioChannelConfig::samples_per_symbol)
        .def_readwrite("seed", &RadioChannelConfig::seed, doc::RadioChannelConfig::seed)
        .def_readwrite(
            "faults", &RadioChannelConfig::faults, doc::RadioChannelConfig::faults);

    py::class_<RadioChannel>(m, "radio_channel", doc::RadioChannel::summary)
        .def(py::init<const RadioChannelConfig&>(), py::arg("config"))
        .def("set_config",
             &RadioChannel::set_config,
             py::arg("config"),
             doc::RadioChannel::set_config)
        .def("restart", &RadioChannel::restart, doc::RadioChannel::restart)
        .def(
            "apply",
            [](RadioChannel& channel, const complex_array& x) {
                return to_array(channel.apply(x.data(), x.size()));
            },
            py::arg("x"))
        .def(
            "losses",
            [](const RadioChannel& channel) {
                std::vector<std::pair<std::size_t, std::uint64_t>> losses;
                for (const auto& loss : channel.losses()) {
                    losses.emplace_back(loss.index, loss.sample);
                }
                return losses;
            },
            "A list of (index in what apply() gave, sample counted with those lost).");

    m.def("multipath_profiles", &multipath_profiles);
    m.def(
        "multipath_profile",
        [](const std::string& name) {
            std::vector<std::tuple<double, double, double>> paths;
            for (const auto& path : multipath_profile(name)) {
                paths.emplace_back(path.delay, path.power, path.phase);
            }
            return paths;
        },
        py::arg("name"),
        "A list of (delay in symbols, mean power, phase in radians).");
}

} // namespace

void bind_symbols(py::module& m);

void bind_phy(py::module& m)
{
    auto phy = m.def_submodule(
        "phy", "The burst modem outside a flowgraph: arrays in, arrays out.");
    bind_symbols(phy);
    bind_frame(phy);
    bind_contents(phy);
    bind_receiver(phy);
    bind_channel(phy);
}
