// SPDX-License-Identifier: GPL-3.0-or-later
#include <gnuradio/udeepsc/burst_demodulator.h>
#include <gnuradio/udeepsc/burst_detector.h>
#include <gnuradio/udeepsc/burst_framer.h>
#include <gnuradio/udeepsc/burst_source.h>
#include <gnuradio/udeepsc/csi_feedback.h>
#include <gnuradio/udeepsc/radio_channel.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::udeepsc;
using udeepsc_phy::RadioChannelConfig;

namespace {

template <typename T>
using block_class
    = py::class_<T, pdu_block, gr::block, gr::basic_block, std::shared_ptr<T>>;

// Making FFTW plans or reading a file: other Python threads go on.
using release_gil = py::call_guard<py::gil_scoped_release>;

// Longer than a function should be: a list, read from top to bottom.
void bind_transmitter(py::module& m)
{
    py::enum_<frame_grouping>(
        m, "frame_grouping", "What burst_framer puts into one frame.")
        .value("sample", frame_grouping::sample, "the modalities of one sample")
        .value("payload", frame_grouping::payload, "one PDU");

    py::enum_<burst_idle>(
        m, "burst_idle", "What burst_source gives while no burst waits.")
        .value("zeros", burst_idle::zeros, "silence, without end")
        .value("nothing", burst_idle::nothing, "no samples");

    py::enum_<burst_tags>(m, "burst_tags", "How burst_source marks its bursts.")
        .value("none", burst_tags::none)
        .value("sob_eob", burst_tags::sob_eob, "tx_sob and tx_eob")
        .value("length", burst_tags::length, "a length tag");

    block_class<burst_framer>(m,
                              "burst_framer",
                              "Symbols to bursts of samples.\n\n"
                              "in: c32vector of symbols; out: c32vector of samples.")
        .def(py::init(&burst_framer::make),
             py::arg("model"),
             py::arg("profile") = "standard",
             py::arg("grouping") = frame_grouping::sample,
             py::arg("pending") = 256)
        .def("set_profile", &burst_framer::set_profile, py::arg("profile"), release_gil())
        .def("profile", &burst_framer::profile)
        .def("set_model",
             &burst_framer::set_model,
             py::arg("path"),
             release_gil(),
             "Another model while running.");

    block_class<burst_source>(m,
                              "burst_source",
                              "Bursts as PDUs to a stream.\n\n"
                              "in: c32vector of samples; output 0: complex samples.")
        .def(py::init([](burst_idle idle,
                         burst_tags tags,
                         const std::string& length_tag,
                         double amplitude,
                         int gap,
                         int queue,
                         overflow_policy policy) {
                 return burst_source::make(
                     { idle, tags, length_tag, amplitude, gap, queue, policy });
             }),
             py::arg("idle") = burst_idle::zeros,
             py::arg("tags") = burst_tags::sob_eob,
             py::arg("length_tag") = "packet_len",
             py::arg("amplitude") = 1.0,
             py::arg("gap") = 0,
             py::arg("queue") = 16,
             py::arg("policy") = overflow_policy::block)
        .def("set_amplitude",
             &burst_source::set_amplitude,
             py::arg("amplitude"),
             "Factor on the samples of the bursts that follow.")
        .def("amplitude", &burst_source::amplitude)
        .def("set_gap",
             &burst_source::set_gap,
             py::arg("gap"),
             "Samples of silence after each of the bursts that follow.")
        .def("gap", &burst_source::gap);
}

// Longer than a function should be: a list, read from top to bottom.
void bind_channel(py::module& m)
{
    block_class<radio_channel>(m,
                               "radio_channel",
                               "What lies between two radios.\n\n"
                               "input 0, output 0: complex samples; snr: Es/N0 in dB.\n"
                               "Frequencies in cycles per sample, times in samples.")
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
                         std::uint64_t seed) {
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
             py::arg("seed") = 1)
        .def("restart",
             &radio_channel::restart,
             "New gains where doppler is 0; the delay.")
        .def("set_snr_db", &radio_channel::set_snr_db, py::arg("snr_db"), "Es/N0 in dB.")
        .def("set_gain_db", &radio_channel::set_gain_db, py::arg("gain_db"))
        .def("set_phase", &radio_channel::set_phase, py::arg("phase"), "Radians.")
        .def("set_cfo", &radio_channel::set_cfo, py::arg("cfo"), "Cycles per sample.")
        .def("set_delay", &radio_channel::set_delay, py::arg("delay"), "Samples.")
        .def("set_clock_ppm", &radio_channel::set_clock_ppm, py::arg("clock_ppm"))
        .def("set_phase_noise",
             &radio_channel::set_phase_noise,
             py::arg("phase_noise"),
             "Radians rms a sample.")
        .def("set_multipath", &radio_channel::set_multipath, py::arg("multipath"))
        .def("set_fading", &radio_channel::set_fading, py::arg("fading"))
        .def("set_doppler",
             &radio_channel::set_doppler,
             py::arg("doppler"),
             "Cycles per sample.")
        .def("set_rician_k_db", &radio_channel::set_rician_k_db, py::arg("rician_k_db"))
        .def("snr_db", [](const radio_channel& c) { return c.config().esn0_db; })
        .def("gain_db", [](const radio_channel& c) { return c.config().gain_db; })
        .def("phase", [](const radio_channel& c) { return c.config().phase; })
        .def("cfo", [](const radio_channel& c) { return c.config().cfo; })
        .def("delay", [](const radio_channel& c) { return c.config().delay; })
        .def("clock_ppm", [](const radio_channel& c) { return c.config().clock_ppm; })
        .def("phase_noise", [](const radio_channel& c) { return c.config().phase_noise; })
        .def("multipath", [](const radio_channel& c) { return c.config().multipath; })
        .def("fading", [](const radio_channel& c) { return c.config().fading; })
        .def("doppler", [](const radio_channel& c) { return c.config().doppler; })
        .def("rician_k_db",
             [](const radio_channel& c) { return c.config().rician_k_db; });
}

// Longer than a function should be: a list, read from top to bottom.
void bind_receiver(py::module& m)
{
    block_class<burst_detector>(
        m,
        "burst_detector",
        "Finds bursts in a stream.\n\n"
        "input 0: complex samples; out: c32vector for each burst.")
        .def(py::init(&burst_detector::make),
             py::arg("profile") = "standard",
             py::arg("false_alarm_rate") = 1e-6,
             py::arg("policy") = overflow_policy::block)
        .def("set_profile",
             &burst_detector::set_profile,
             py::arg("profile"),
             release_gil())
        .def("profile", &burst_detector::profile)
        .def("set_false_alarm_rate",
             &burst_detector::set_false_alarm_rate,
             py::arg("false_alarm_rate"),
             release_gil(),
             "Probability of a detection in noise, per sample.")
        .def("false_alarm_rate", &burst_detector::false_alarm_rate)
        .def("threshold", &burst_detector::threshold, "What rho has to exceed.");

    block_class<burst_demodulator>(
        m,
        "burst_demodulator",
        "Detected bursts to equalised symbols.\n\n"
        "in: c32vector of samples; out: c32vector with the keys noise_var, snr_db, "
        "task,\n"
        "modality, frame_id ...; snr: dict with snr_db for every frame.")
        .def(py::init(&burst_demodulator::make),
             py::arg("model"),
             py::arg("profile") = "standard",
             py::arg("window") = 8,
             py::arg("queue") = 64,
             py::arg("policy") = overflow_policy::block)
        .def("set_profile",
             &burst_demodulator::set_profile,
             py::arg("profile"),
             release_gil())
        .def("profile", &burst_demodulator::profile)
        .def("set_model",
             &burst_demodulator::set_model,
             py::arg("path"),
             release_gil(),
             "Another model while running.")
        .def("set_window",
             &burst_demodulator::set_window,
             py::arg("window"),
             "Frames of a task among which a repeated number is a duplicate.")
        .def("window", &burst_demodulator::window)
        .def("snr_db",
             &burst_demodulator::snr_db,
             "Es/N0 of the last frame in dB, or NaN.");

    py::enum_<feedback_link>(m, "feedback_link", "How csi_feedback meets the other side.")
        .value("local", feedback_link::local, "both sides in one flowgraph")
        .value("udp_sender", feedback_link::udp_sender, "beside the receiver")
        .value("udp_receiver", feedback_link::udp_receiver, "beside the transmitter");

    block_class<csi_feedback>(
        m,
        "csi_feedback",
        "The receiver's Es/N0 back to the feature_selector.\n\n"
        "snr in: a number or a dict with snr_db; snr out: such a dict.")
        .def(py::init([](feedback_link link,
                         const std::string& address,
                         double time_constant,
                         double interval_ms,
                         double timeout_s,
                         double worst_snr_db) {
                 return csi_feedback::make({ link,
                                             address,
                                             time_constant,
                                             interval_ms,
                                             timeout_s,
                                             worst_snr_db });
             }),
             py::arg("link") = feedback_link::local,
             py::arg("address") = "127.0.0.1:52001",
             py::arg("time_constant") = 0.7,
             py::arg("interval_ms") = 0.0,
             py::arg("timeout_s") = 2.0,
             py::arg("worst_snr_db") = -6.0,
             release_gil())
        .def("set_time_constant",
             &csi_feedback::set_time_constant,
             py::arg("time_constant"),
             "Of the smoothing, in reports.")
        .def("time_constant", &csi_feedback::time_constant)
        .def("set_interval_ms",
             &csi_feedback::set_interval_ms,
             py::arg("interval_ms"),
             "Least time between two reports that leave.")
        .def("interval_ms", &csi_feedback::interval_ms)
        .def("set_timeout_s",
             &csi_feedback::set_timeout_s,
             py::arg("timeout_s"),
             "Silence after which worst_snr_db holds; 0: never.")
        .def("timeout_s", &csi_feedback::timeout_s)
        .def("set_worst_snr_db", &csi_feedback::set_worst_snr_db, py::arg("worst_snr_db"))
        .def("worst_snr_db", &csi_feedback::worst_snr_db)
        .def("snr_db", &csi_feedback::snr_db, "The last that left, in dB, or NaN.")
        .def("silences", &csi_feedback::silences, "Times that nothing was heard.")
        .def("port", &csi_feedback::port, "UDP port of udp_receiver, else 0.");
}

} // namespace

void bind_burst_blocks(py::module& m)
{
    bind_transmitter(m);
    bind_channel(m);
    bind_receiver(m);
}
