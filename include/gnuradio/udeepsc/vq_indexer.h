// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief Names each sub-vector by its nearest codeword.
 * \ingroup udeepsc
 *
 * <b>Ports</b>
 * - in "in": f32vector [kept, subvectors * subvector_dim]. Reads task, modality, shape.
 * - out "out": u16vector [kept, subvectors] of indices; writes shape, bits_per_index,
 *   tx_gain, modulation, mapping, model_id. Of a task in layers one PDU a layer, which
 *   has layer (0 is the first) and layers, how many there are.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for an
 * empty path, and udeepsc_core::Error for a file that is no usable model. PDUs are
 * dropped as "unknown task", "wrong modality", "wrong type", "wrong shape", "not finite",
 * "queue full", "network" or "stopped".
 *
 * <b>Source</b>: U-DeepSC, Section V.A, eq. 21-23.
 */
class UDEEPSC_API vq_indexer : virtual public pdu_block {
public:
    typedef std::shared_ptr<vq_indexer> sptr;

    //! \param model path or name of a model file, such as "lite"
    //! \param layers of tasks in layers send the first so many, 0..8; 0: all of them
    //! \param options how to run it
    static sptr
    make(const std::string& model, int layers = 0, const inference_options& options = {});

    //! From the next sample on.
    virtual void set_layers(int layers) = 0;
    virtual int layers() const = 0;

    //! Loads another model while running; throws and keeps the old one if it is unusable.
    virtual void set_model(const std::string& path) = 0;
};

} // namespace udeepsc
} // namespace gr
