// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/udeepsc/api.h>
#include <cstdint>
#include <string>

namespace gr {
namespace udeepsc {

/*!
 * \brief What every block of this module counts.
 *
 * <b>Ports</b>: any message to "stats" is answered on "stats" with the dictionary that
 * stats() gives.
 *
 * <b>Errors</b>: a PDU that the block cannot use is dropped, counted under its reason and
 * logged once per reason; it never stops the flowgraph. The reasons are "not a pdu",
 * "wrong type", "wrong shape", "unknown task", "wrong modality", "not finite", "bad snr",
 * "bad channel", "bad key", "bad sample", "queue full", "incomplete", "network",
 * "stopped"; of bursts "no header", "bad header", "other version", "cut", "lost
 * description", "other address", "other model" and "duplicate"; of the feedback link "bad
 * datagram", "old datagram", "datagram ahead", "too many datagrams", "other peer" and
 * "not sent".
 *
 * <b>End</b>: a block whose neighbour upstream is done (a file has ended) first finishes
 * what waits, then is done too. So a flowgraph that begins with a finite stream ends by
 * itself, with nothing lost; one that begins with a source of messages does not.
 */
class UDEEPSC_API pdu_block : virtual public gr::block {
public:
    typedef std::shared_ptr<pdu_block> sptr;

    //! PDUs that came in.
    virtual std::uint64_t received() const = 0;
    //! PDUs that went out.
    virtual std::uint64_t sent() const = 0;
    //! PDUs dropped for any reason.
    virtual std::uint64_t dropped() const = 0;
    //! PDUs dropped for one reason; 0 for a reason that does not exist.
    virtual std::uint64_t dropped(const std::string& reason) const = 0;
    //! PDUs waiting in the block.
    virtual int queue_depth() const = 0;
    //! Mean time from receiving a PDU to sending its result, in ms.
    virtual double latency_ms() const = 0;
    //! All of the above: dict with received, sent, dropped (dict by reason), queue_depth,
    //! latency_ms and block.
    virtual pmt::pmt_t stats() const = 0;
};

} // namespace udeepsc
} // namespace gr
