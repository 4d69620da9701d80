// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief Finds bursts in a stream: samples in, one PDU for each preamble.
 * \ingroup udeepsc
 *
 * Constant false alarm rate at any noise power; carrier offset to +-0.02 cycles a symbol,
 * or up to +-0.2, any timing, overlapping bursts. Samples that are not finite count as
 * zeros. A burst goes out when the samples of its frame are there, whose length its
 * header tells, or when the stream ends.
 *
 * A radio that lost samples puts rx_time on the next one, as gr-uhd does. There the
 * stream ends and another begins: a burst across the gap goes out as far as it came, and
 * no preamble is put together from both sides.
 *
 * <b>Ports</b>
 * - in 0: complex samples, profile's samples per symbol.
 * - out "out": c32vector, the samples around a burst; writes sample, first_sample,
 * timing, cfo, rho, profile. Numbers of samples count from the start of the flowgraph.
 *
 * In a simulation burst_source's tag "burst" arrives with the samples: its keys
 * (reference, picture, tile ...) are passed on, so that task_sink can score. Detection
 * does not look at them, and over a real radio there are none.
 *
 * <b>Parameters</b>
 * - profile: "standard", "multipath", "short" or "ofdm", the transmitter's
 * - false_alarm_rate: probability of a detection in noise, per sample, 1e-15..1e-2
 * - policy: block holds the stream back while the next block is slow (a radio may then
 *   overflow), drop_newest drops the burst ("queue full"); there is no drop_oldest here
 * - max_cfo: carrier offset searched, +-cycles a symbol, 0..0.2. Above 0.03 the search
 *   takes several times as long: docs/over-the-air.md has figures
 * - copies: burst_demodulator's, 1..8; above 1 a burst whose header cannot be read goes
 *   out with the samples of the longest frame
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument naming the parameter.
 *
 * <b>Source</b>: include/udeepsc_phy/burst_detector.h.
 */
class UDEEPSC_API burst_detector : virtual public pdu_block {
public:
    typedef std::shared_ptr<burst_detector> sptr;

    static sptr make(const std::string& profile = "standard",
                     double false_alarm_rate = 1e-6,
                     overflow_policy policy = overflow_policy::block,
                     double max_cfo = 0.02,
                     int copies = 1);

    //! Begins anew with the next sample; the bursts that wait for samples go out as they
    //! are.
    virtual void set_profile(const std::string& profile) = 0;
    virtual std::string profile() const = 0;
    //! As set_profile().
    virtual void set_false_alarm_rate(double rate) = 0;
    virtual double false_alarm_rate() const = 0;
    //! As set_profile().
    virtual void set_max_cfo(double max_cfo) = 0;
    virtual double max_cfo() const = 0;
    //! What rho has to exceed.
    virtual double threshold() const = 0;
};

} // namespace udeepsc
} // namespace gr
