// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>
#include <gnuradio/udeepsc/source_options.h>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Sends sound files, each as a PDU.
 * \ingroup udeepsc
 *
 * Any sample rate and number of channels; the semantic encoder mixes and resamples. A
 * file that cannot be read is dropped, counted ("bad sample") and logged; the next one
 * follows.
 *
 * <b>Ports</b>
 * - in "trigger": any message sends the list once more; a symbol, a pair (key . symbol)
 *   or a PDU of UTF-8 sends the file of that name instead.
 * - out "out": f32vector [frames, channels], full scale -1 to 1; writes frame_id, task,
 *   modality (speech), shape, sample_rate (Hz), t_source and reference: the label where
 *   `labels` names one, else the file's name.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for
 * labels that are not one for each file.
 */
class UDEEPSC_API sound_source : virtual public pdu_block {
public:
    typedef std::shared_ptr<sound_source> sptr;

    //! \param files sounds to send, in this order
    //! \param task name from the model file
    //! \param labels class name of each file, as many as files, or empty
    //! \param options when and how fast
    static sptr make(const std::vector<std::string>& files,
                     const std::string& task,
                     const std::vector<std::string>& labels = {},
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
