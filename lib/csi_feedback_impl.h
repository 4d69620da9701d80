// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include "report_counter.h"
#include "snr_peer.h"
#include "snr_smoother.h"
#include <gnuradio/udeepsc/csi_feedback.h>
#include <udeepsc_phy/authenticator.h>
#include <udeepsc_phy/snr_predictor.h>

#include <boost/asio.hpp>
#include <array>
#include <limits>
#include <optional>
#include <thread>

namespace gr {
namespace udeepsc {

/*!
 * Reports, timers and datagrams meet in one thread, which runs d_io; what belongs to it
 * needs no lock.
 */
class csi_feedback_impl : public csi_feedback, public pdu_block_impl {
public:
    explicit csi_feedback_impl(const csi_feedback_options& options);
    ~csi_feedback_impl() override;

    bool start() override;
    bool stop() override;

    void set_time_constant(double reports) override;
    double time_constant() const override { return d_time_constant; }
    void set_predict(bool predict) override { d_predict = predict; }
    bool predict() const override { return d_predict; }
    void set_interval_ms(double interval_ms) override;
    double interval_ms() const override { return d_interval_ms; }
    void set_timeout_s(double timeout_s) override;
    double timeout_s() const override { return d_timeout_s; }
    void set_worst_snr_db(double snr_db) override;
    double worst_snr_db() const override { return d_worst_snr_db; }

    double snr_db() const override { return d_snr_db; }
    std::uint64_t silences() const override { return d_silences; }
    int port() const override;

private:
    using udp = boost::asio::ip::udp;
    using timer = boost::asio::steady_timer;

    void run(); // the thread
    // All of these run in it.
    void begin();
    void end();
    void heard(double snr_db); // a report came in, by message or datagram
    void leave_when_due(); // the newest value leaves now, or when its time comes
    void leave(double snr_db); // publishes or sends
    void watch_for_silence();
    void went_silent();
    void receive();
    void take_datagram(std::size_t size);
    void take_signed_datagram(std::size_t size);
    void send_datagram(double snr_db);

    void open_socket(const std::string& address);

    const feedback_link d_link;
    const std::optional<udeepsc_phy::Authenticator> d_key;
    const pmt::pmt_t d_out = pmt::intern("snr");
    std::atomic<double> d_time_constant, d_interval_ms, d_timeout_s, d_worst_snr_db;
    std::atomic<bool> d_predict;
    std::atomic<double> d_snr_db { std::numeric_limits<double>::quiet_NaN() };
    std::atomic<std::uint64_t> d_silences { 0 };

    boost::asio::io_context d_io;
    udp::socket d_socket;
    udp::endpoint d_peer; // where datagrams go to, or came from
    timer d_interval_timer, d_silence_timer;
    std::thread d_thread;

    // Of the thread of d_io.
    snr_smoother d_smoother;
    udeepsc_phy::SnrPredictor d_predictor; // learns also while it is not asked
    steady_clock::time_point d_last_left;
    bool d_waiting = false; // the interval timer runs
    bool d_silent = false;
    std::array<unsigned char, 64> d_buffer;
    std::uint32_t d_session = 0; // own
    std::uint32_t d_number = 0; // of the last datagram sent
    snr_peer<udp::endpoint> d_sender; // whose reports are taken
    report_counter d_counter; // of signed datagrams sent
    std::uint64_t d_last_signed = 0; // number of the last one taken, also before a stop
};

} // namespace udeepsc
} // namespace gr
