// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

//! What burst_source gives while no burst waits.
enum class burst_idle {
    zeros, //!< silence, without end: for what wants a steady stream
    nothing, //!< no samples: for a radio that is told where bursts begin and end
};

//! How burst_source marks its bursts.
enum class burst_tags {
    none,
    sob_eob, //!< tx_sob on the first sample, tx_eob on the last: UHD's way
    length, //!< a length tag on the first sample: tagged streams' way
};

/*! How burst_source makes a stream. */
struct UDEEPSC_API burst_source_options {
    burst_idle idle = burst_idle::zeros;
    burst_tags tags = burst_tags::sob_eob;
    std::string length_tag = "packet_len"; //!< name of the length tag, not empty
    double amplitude = 1; //!< factor on the samples, 0 < a <= 1e6
    int gap = 0; //!< samples of silence after every burst, 0..1e8
    int lead_in = 0; //!< samples of silence before every burst, 0..1e8
    double lead = 0; //!< seconds from now to tx_time, 0: none; 0..10
    double rate = 0; //!< samples per second, which tx_time asks for; 0..1e10
    int queue = 16; //!< bursts that may wait, 1..65536
    overflow_policy policy = overflow_policy::block;

    //! Throws std::invalid_argument naming the field, what it holds and what it may hold;
    //! also where lead is given without rate, with tags other than sob_eob or with
    //! silence between the bursts: a stream without end has no times.
    void validate() const;
};

/*!
 * \brief Bursts as PDUs -> a stream of samples.
 * \ingroup udeepsc
 *
 * Lead-in and gap belong to their burst: the tags enclose them, and a radio sends them:
 * its amplifier is up when the burst comes, and its filters are flushed. An idle block
 * sleeps; a setter and "stats" work all the same.
 *
 * With a lead each burst also gets tx_time: when its first sample leaves this block plus
 * the lead, but not before the one in front has ended. So its samples are in the radio
 * before it begins, whatever the computer does meanwhile, and none is late. The radio's
 * time is the computer's clock (seconds since 1970), which is how GNU Radio sets a USRP
 * with "PC Clock", until set_device_time() says what it is.
 *
 * <b>Ports</b>
 * - in "in": c32vector of samples, at least one, all finite.
 * - out 0: complex samples. On the first of a burst the tag "burst", a dict of the PDU's
 *   keys, behind the lead-in, besides those that `tags` and `lead` ask for on its first.
 *
 * queue_depth() counts the bursts that wait, the one being sent included; sent() those
 * sent whole; what waits when the flowgraph stops is dropped as "stopped".
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument naming the parameter.
 * PDUs are dropped as "wrong type", "wrong shape" (no samples), "not finite", "queue
 * full" or "stopped".
 */
class UDEEPSC_API burst_source : virtual public pdu_block {
public:
    typedef std::shared_ptr<burst_source> sptr;

    static sptr make(const burst_source_options& options = {});

    //! Factor on the samples of the bursts that follow, 0 < a <= 1e6.
    virtual void set_amplitude(double amplitude) = 0;
    virtual double amplitude() const = 0;
    //! Samples of silence after each of the bursts that follow, 0..1e8.
    virtual void set_gap(int gap) = 0;
    virtual int gap() const = 0;
    //! Samples of silence before each of the bursts that follow, 0..1e8.
    virtual void set_lead_in(int lead_in) = 0;
    virtual int lead_in() const = 0;
    //! What the radio's clock shows now, in seconds, finite and not negative: tx_time
    //! counts on from there. The two clocks drift apart by some microseconds a second, so
    //! tell it now and then.
    virtual void set_device_time(double seconds) = 0;
};

} // namespace udeepsc
} // namespace gr
