// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Keeps messages until a program takes them: for windows and other slow readers.
 * \ingroup udeepsc
 *
 * No sender ever waits for the reader. A handler in Python costs each message a change
 * of thread and of Python's lock; here a program takes many at once.
 *
 * <b>Ports</b>
 * - in, as named: any messages.
 *
 * <b>Errors</b>: what does not fit is dropped, counted under "queue full".
 */
class UDEEPSC_API message_inbox : virtual public pdu_block {
public:
    typedef std::shared_ptr<message_inbox> sptr;

    //! \param ports names of the input ports, at least one, each once
    //! \param limit messages kept at each port, 1..1000000
    //! \param policy what goes when there are more: drop_oldest or drop_newest
    static sptr make(const std::vector<std::string>& ports,
                     int limit,
                     overflow_policy policy = overflow_policy::drop_newest);

    //! Takes at most so many messages out, oldest first. Throws std::invalid_argument for
    //! a port that does not exist.
    virtual std::vector<pmt::pmt_t> take(const std::string& port, std::size_t most) = 0;
    //! Messages that have come in at a port, those that were dropped included.
    virtual std::uint64_t come(const std::string& port) const = 0;
    //! Messages of a port that were dropped.
    virtual std::uint64_t lost(const std::string& port) const = 0;
};

} // namespace udeepsc
} // namespace gr
