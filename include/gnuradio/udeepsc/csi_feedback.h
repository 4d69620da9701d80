// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

//! How csi_feedback is joined to the other side.
enum class feedback_link {
    local, //!< receiver and transmitter are in one flowgraph
    udp_sender, //!< beside the receiver: port "snr" in, datagrams out
    udp_receiver, //!< beside the transmitter: datagrams in, port "snr" out
};

/*! Parameters of csi_feedback. */
struct UDEEPSC_API csi_feedback_options {
    feedback_link link = feedback_link::local;
    //! Host and port of the receiving end, "127.0.0.1:52001" or "[::1]:52001": where
    //! udp_sender sends to and udp_receiver listens (port 0: any that is free). local:
    //! not used.
    std::string address = "127.0.0.1:52001";
    //! Of the exponential smoothing, in reports, 0..1e6; 0: none. The share of a new
    //! report is 1 - exp(-1 / time_constant): 0.7 follows a step to 94 % in two reports.
    double time_constant = 0.7;
    //! Least time between two reports that leave this block, ms, 0..1e6; the newest of
    //! those that come faster leaves when the time is over.
    double interval_ms = 0;
    //! Silence after which worst_snr_db leaves in place of a report, s, 0..1e6; 0: never.
    //! udp_sender does not use it.
    double timeout_s = 2;
    //! dB, -100..100: what holds as long as nothing is heard.
    double worst_snr_db = -6;
    //! A file with a key, the same at both ends of a UDP link: reports are signed, and no
    //! others are taken. "": they are not.
    std::string key = "";
    //! In place of the smoothed report a prediction of the next one leaves, made of those
    //! before it (include/udeepsc_phy/snr_predictor.h). udp_receiver does not use it.
    bool predict = false;

    //! Throws std::invalid_argument naming the field, what it holds and what it may hold.
    void validate() const;
};

/*!
 * \brief The receiver's Es/N0, back to the transmitter's feature_selector.
 * \ingroup udeepsc
 *
 * Smoothing and prediction are by dB, and where the reports come in: beside the receiver.
 * Silence is noticed where they are used: beside the transmitter. A silent receiver
 * probably hears nothing, so the transmitter then sends as for worst_snr_db; with the
 * first report after that the smoothing begins anew.
 *
 * <b>Ports</b>
 * - in "snr": Es/N0 in dB, as feature_selector takes it. Not for udp_receiver.
 * - out "snr": dict with snr_db. Not for udp_sender.
 *
 * A datagram has 20 bytes, big endian: "USNR", version 1 (u32), session (u32, drawn at
 * the sender's start), number (u32, rising), Es/N0 in 1/1000 dB (i32). What is none is a
 * "bad datagram", one that another has overtaken an "old datagram"; one that the system
 * refuses to send is "not sent". udp_receiver takes the reports of one address and port,
 * the first that it hears, until nothing came from there for timeout_s (2 s where that is
 * 0); others are an "other peer". A number more than 1000 beyond the last is a "datagram
 * ahead"; of more than 1000 reports a second the rest are "too many datagrams". Nothing
 * is encrypted or signed.
 *
 * With a key a datagram has 36 bytes: "USNR", version 2 (u32), number (u64: milliseconds
 * since 1970, or one more than the last), Es/N0, and the first 16 bytes of the tag of
 * these (include/udeepsc_phy/authenticator.h). Whoever has the key is taken, from any
 * address; what has no such tag is "not authentic", a number not beyond the last an "old
 * datagram".
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for an
 * address that cannot be resolved or bound and a key that cannot be read.
 */
class UDEEPSC_API csi_feedback : virtual public pdu_block {
public:
    typedef std::shared_ptr<csi_feedback> sptr;

    static sptr make(const csi_feedback_options& options = {});

    virtual void set_time_constant(double reports) = 0;
    virtual double time_constant() const = 0;
    virtual void set_predict(bool predict) = 0;
    virtual bool predict() const = 0;
    virtual void set_interval_ms(double interval_ms) = 0;
    virtual double interval_ms() const = 0;
    virtual void set_timeout_s(double timeout_s) = 0;
    virtual double timeout_s() const = 0;
    virtual void set_worst_snr_db(double snr_db) = 0;
    virtual double worst_snr_db() const = 0;

    //! The last that left this block; NaN before the first.
    virtual double snr_db() const = 0;
    //! Times that nothing was heard for timeout_s.
    virtual std::uint64_t silences() const = 0;
    //! Port that udp_receiver listens at; 0 for the others.
    virtual int port() const = 0;
};

} // namespace udeepsc
} // namespace gr
