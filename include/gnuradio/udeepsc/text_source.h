// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>
#include <gnuradio/udeepsc/source_options.h>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Sends sentences, each as a PDU.
 * \ingroup udeepsc
 *
 * A longer text goes out in segments of at most `max_words` words, cut after a sentence
 * end where there is one in the second half of a segment. Empty lines are skipped.
 *
 * <b>Ports</b>
 * - in "trigger": any message sends the list once more; a symbol, a pair (key . symbol)
 *   or a PDU of UTF-8 is a text to send instead.
 * - out "out": u8vector UTF-8; writes frame_id, task, modality, shape, text_id, segment,
 *   t_source and reference: the label where `labels` names one, else the segment itself.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for
 * labels that are not one for each text, and for a file that cannot be read.
 */
class UDEEPSC_API text_source : virtual public pdu_block {
public:
    typedef std::shared_ptr<text_source> sptr;

    //! \param texts to send, in this order
    //! \param file text file with one text a line, sent after `texts`; "" for none
    //! \param task name from the model file
    //! \param labels class name of each text, those of the file included, or empty
    //! \param max_words most words in a segment, 1..4096
    //! \param options when and how fast
    static sptr make(const std::vector<std::string>& texts,
                     const std::string& file,
                     const std::string& task,
                     const std::vector<std::string>& labels = {},
                     int max_words = 24,
                     const source_options& options = {});

    //! PDUs per second, 0..1e6; 0: as fast as the next block takes them.
    virtual void set_pace(double pace) = 0;
    virtual double pace() const = 0;
    //! Task of the PDUs that follow.
    virtual void set_task(const std::string& task) = 0;
    virtual std::string task() const = 0;
};

} // namespace udeepsc
} // namespace gr
