// SPDX-License-Identifier: GPL-3.0-or-later
#include "csi_feedback_impl.h"
#include "signed_snr_datagram.h"

#include <gnuradio/io_signature.h>
#include <algorithm>
#include <chrono>
#include <random>

namespace gr {
namespace udeepsc {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Silence after which another peer may report, where timeout_s is 0.
constexpr double PEER_TIMEOUT_S = 2;

[[noreturn]] void bad_address(const std::string& address, const std::string& what)
{
    throw std::invalid_argument("address is \"" + address + "\": " + what);
}

std::chrono::steady_clock::duration seconds(double s)
{
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(s));
}

std::optional<udeepsc_phy::Authenticator> read_key(const std::string& path)
{
    if (path.empty()) {
        return std::nullopt;
    }
    return udeepsc_phy::Authenticator(path);
}

} // namespace

void csi_feedback_options::validate() const
{
    require_range("time_constant", time_constant, 0, 1e6);
    require_range("interval_ms", interval_ms, 0, 1e6);
    require_range("timeout_s", timeout_s, 0, 1e6);
    require_range("worst_snr_db", worst_snr_db, -100, 100);
}

csi_feedback::sptr csi_feedback::make(const csi_feedback_options& options)
{
    options.validate();
    return gnuradio::make_block_sptr<csi_feedback_impl>(options);
}

csi_feedback_impl::csi_feedback_impl(const csi_feedback_options& options)
    : gr::block(
        "csi_feedback", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_link(options.link)
    , d_key(read_key(options.key))
    , d_time_constant(options.time_constant)
    , d_interval_ms(options.interval_ms)
    , d_timeout_s(options.timeout_s)
    , d_worst_snr_db(options.worst_snr_db)
    , d_predict(options.predict)
    , d_socket(d_io)
    , d_interval_timer(d_io)
    , d_silence_timer(d_io)
{
    // Every end has both ports, so that a flowgraph may change its link and stay as it
    // is.
    add_input("snr", [this](const pmt::pmt_t& msg) {
        count_received();
        const double snr_db = snr_from_message(msg);
        if (d_link != feedback_link::udp_receiver) {
            asio::post(d_io, [this, snr_db] { heard(snr_db); });
        }
    });
    message_port_register_out(d_out);
    if (d_link != feedback_link::local) {
        open_socket(options.address);
    }
}

csi_feedback_impl::~csi_feedback_impl()
{
    stop();
}

// "host:port"; an IPv6 address in brackets.
void csi_feedback_impl::open_socket(const std::string& address)
{
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0) {
        bad_address(address, "expected host:port");
    }
    std::string host = address.substr(0, colon);
    const std::string service = address.substr(colon + 1);
    if (service.empty() || service.size() > 5
        || service.find_first_not_of("0123456789") != std::string::npos
        || std::stoul(service) > 65535) {
        bad_address(address, "port is \"" + service + "\", expected 0..65535");
    }
    if (d_link == feedback_link::udp_sender && std::stoul(service) == 0) {
        bad_address(address, "port is 0, expected the one that the receiver listens at");
    }
    if (host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    error_code error;
    udp::resolver resolver(d_io);
    const auto found = resolver.resolve(host, service, error);
    if (error || found.empty()) {
        bad_address(address, error ? error.message() : "no such host");
    }
    d_peer = found.begin()->endpoint();
    d_socket.open(d_peer.protocol(), error);
    if (!error && d_link == feedback_link::udp_receiver) {
        d_socket.bind(d_peer, error);
    }
    if (error) {
        bad_address(address, error.message());
    }
}

int csi_feedback_impl::port() const
{
    error_code error;
    return d_link == feedback_link::udp_receiver ? d_socket.local_endpoint(error).port()
                                                 : 0;
}

bool csi_feedback_impl::start()
{
    stop();
    d_io.restart();
    asio::post(d_io, [this] { begin(); });
    d_thread = std::thread([this] { run(); });
    return true;
}

void csi_feedback_impl::run()
{
    const auto keep_running = asio::make_work_guard(d_io);
    while (!d_io.stopped()) {
        try {
            d_io.run();
        } catch (const std::exception& e) {
            // Publishing throws where the block that subscribed is no more.
            drop(reasons::NOT_SENT, e.what());
        }
    }
}

bool csi_feedback_impl::stop()
{
    if (d_thread.joinable()) {
        asio::post(d_io, [this] { end(); });
        d_thread.join();
    }
    return true;
}

void csi_feedback_impl::set_time_constant(double reports)
{
    require_range("time_constant", reports, 0, 1e6);
    d_time_constant = reports;
}

void csi_feedback_impl::set_interval_ms(double interval_ms)
{
    require_range("interval_ms", interval_ms, 0, 1e6);
    d_interval_ms = interval_ms;
}

void csi_feedback_impl::set_timeout_s(double timeout_s)
{
    require_range("timeout_s", timeout_s, 0, 1e6);
    d_timeout_s = timeout_s;
    asio::post(d_io, [this] { watch_for_silence(); });
}

void csi_feedback_impl::set_worst_snr_db(double snr_db)
{
    require_range("worst_snr_db", snr_db, -100, 100);
    d_worst_snr_db = snr_db;
}

void csi_feedback_impl::begin()
{
    d_smoother.forget();
    d_predictor.forget();
    d_silent = false;
    d_waiting = false;
    d_last_left = steady_clock::time_point::min();
    d_sender.forget();
    if (d_link == feedback_link::udp_sender) {
        d_session = std::random_device {}();
        d_number = 0;
    }
    if (d_link == feedback_link::udp_receiver) {
        receive();
    }
    watch_for_silence();
}

void csi_feedback_impl::end()
{
    d_interval_timer.cancel();
    d_silence_timer.cancel();
    error_code ignored;
    d_socket.cancel(ignored);
    d_io.stop();
}

void csi_feedback_impl::heard(double snr_db)
{
    d_silent = false;
    if (d_link == feedback_link::udp_receiver) {
        d_smoother.add(snr_db, 0); // udp_sender has smoothed or predicted already
    } else {
        d_predictor.add(snr_db);
        if (d_predict) {
            d_smoother.add(std::clamp(d_predictor.next(), -100.0, 100.0), 0);
        } else {
            d_smoother.add(snr_db, d_time_constant);
        }
    }
    watch_for_silence();
    leave_when_due();
}

void csi_feedback_impl::leave_when_due()
{
    if (d_waiting) {
        return; // what is newest then leaves
    }
    const auto interval = seconds(d_interval_ms / 1000);
    const auto now = steady_clock::now();
    if (d_last_left == steady_clock::time_point::min() || now - d_last_left >= interval) {
        leave(*d_smoother.value());
        return;
    }
    d_waiting = true;
    d_interval_timer.expires_at(d_last_left + interval);
    d_interval_timer.async_wait([this](const error_code& error) {
        d_waiting = false;
        if (!error && d_smoother.value()) {
            leave(*d_smoother.value());
        }
    });
}

void csi_feedback_impl::leave(double snr_db)
{
    d_last_left = steady_clock::now();
    d_snr_db = snr_db;
    if (d_link == feedback_link::udp_sender) {
        send_datagram(snr_db);
        return;
    }
    message_port_pub(
        d_out, pmt::dict_add(pmt::make_dict(), keys::snr_db(), pmt::from_double(snr_db)));
    count_sent();
}

void csi_feedback_impl::watch_for_silence()
{
    d_silence_timer.cancel();
    const double timeout_s = d_timeout_s;
    if (timeout_s <= 0 || d_silent || d_link == feedback_link::udp_sender) {
        return;
    }
    d_silence_timer.expires_after(seconds(timeout_s));
    d_silence_timer.async_wait([this](const error_code& error) {
        // A report may have come after the time was over and before this ran.
        if (!error && d_silence_timer.expiry() <= steady_clock::now()) {
            went_silent();
        }
    });
}

void csi_feedback_impl::went_silent()
{
    d_silent = true;
    if (d_silences++ == 0) {
        d_logger->warn("no Es/N0 heard for {} s: {} dB until one is; more of this kind "
                       "are only counted",
                       d_timeout_s.load(),
                       d_worst_snr_db.load());
    }
    d_smoother.forget();
    d_predictor.forget();
    leave(d_worst_snr_db);
}

void csi_feedback_impl::receive()
{
    d_socket.async_receive_from(asio::buffer(d_buffer),
                                d_peer,
                                [this](const error_code& error, std::size_t size) {
                                    if (error == asio::error::operation_aborted) {
                                        return;
                                    }
                                    if (error) {
                                        drop(reasons::BAD_DATAGRAM, error.message());
                                    } else {
                                        take_datagram(size);
                                    }
                                    receive();
                                });
}

void csi_feedback_impl::take_datagram(std::size_t size)
{
    count_received();
    if (d_key) {
        take_signed_datagram(size);
        return;
    }
    const auto report = snr_datagram::parse(d_buffer.data(), size);
    if (!report) {
        drop(reasons::BAD_DATAGRAM,
             std::to_string(size) + " bytes from " + d_peer.address().to_string());
        return;
    }
    const double timeout_s = d_timeout_s;
    const auto silence = seconds(timeout_s > 0 ? timeout_s : PEER_TIMEOUT_S);
    if (const char* reason
        = d_sender.refuse(d_peer, *report, steady_clock::now(), silence)) {
        drop(reason,
             "number " + std::to_string(report->number) + " from "
                 + d_peer.address().to_string() + ", the last is "
                 + std::to_string(d_sender.number()));
        return;
    }
    heard(report->snr_db);
}

void csi_feedback_impl::take_signed_datagram(std::size_t size)
{
    const auto report = signed_snr_datagram::parse(d_buffer.data(), size, *d_key);
    if (!report) {
        drop(reasons::NOT_AUTHENTIC,
             std::to_string(size) + " bytes from " + d_peer.address().to_string());
        return;
    }
    if (report->number <= d_last_signed) {
        drop(reasons::OLD_DATAGRAM,
             "number " + std::to_string(report->number) + ", the last is "
                 + std::to_string(d_last_signed));
        return;
    }
    d_last_signed = report->number;
    heard(report->snr_db);
}

void csi_feedback_impl::send_datagram(double snr_db)
{
    error_code error;
    if (d_key) {
        const auto bytes = signed_snr_datagram { d_counter.next(), snr_db }.bytes(*d_key);
        d_socket.send_to(asio::buffer(bytes), d_peer, 0, error);
    } else {
        const auto bytes = snr_datagram { d_session, ++d_number, snr_db }.bytes();
        d_socket.send_to(asio::buffer(bytes), d_peer, 0, error);
    }
    if (error) {
        drop(reasons::NOT_SENT, error.message());
    } else {
        count_sent();
    }
}

} // namespace udeepsc
} // namespace gr
