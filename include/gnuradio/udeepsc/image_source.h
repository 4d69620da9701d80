// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>
#include <gnuradio/udeepsc/source_options.h>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Cuts picture files into square tiles and sends each as a PDU; or each picture as
 * one tile.
 * \ingroup udeepsc
 *
 * A picture that cannot be read is dropped, counted ("bad sample") and logged; the next
 * one follows.
 *
 * <b>Ports</b>
 * - in "trigger": any message sends the list once more; a symbol, a pair (key . symbol)
 *   or a PDU of UTF-8 sends the file of that name instead.
 * - out "out": u8vector [tile, tile, 3] RGB; writes frame_id, task, modality, shape,
 *   picture, picture_size, tile, tiles, t_source and reference: the label where `labels`
 *   names one, else the tile itself.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for
 * labels that are not one for each file.
 */
class UDEEPSC_API image_source : virtual public pdu_block {
public:
    typedef std::shared_ptr<image_source> sptr;

    //! \param files pictures to send, in this order
    //! \param task name from the model file
    //! \param labels class name of each file, as many as files, or empty
    //! \param tile edge of a tile in pixels, 8..1024; what the model takes
    //! \param options when and how fast
    //! \param whole the middle square of a picture, scaled to one tile: for tasks that
    //! ask what it shows
    static sptr make(const std::vector<std::string>& files,
                     const std::string& task,
                     const std::vector<std::string>& labels = {},
                     int tile = 32,
                     const source_options& options = {},
                     bool whole = false);

    //! PDUs per second, 0..1e6; 0: as fast as the next block takes them.
    virtual void set_pace(double pace) = 0;
    virtual double pace() const = 0;
    //! Task of the PDUs that follow.
    virtual void set_task(const std::string& task) = 0;
    virtual std::string task() const = 0;
};

} // namespace udeepsc
} // namespace gr
