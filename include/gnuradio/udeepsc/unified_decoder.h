// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief One receiver for every task: features to class, picture or sentence.
 * \ingroup udeepsc
 *
 * Modalities of one sample meet by frame_id; a sample waits until all that its task has
 * are there, at most `gather_ms`, and no longer than until `pending` younger samples wait
 * too. Then what came of it is decoded, and it is counted as incomplete(). So do the
 * layers of a task in layers: decoded are those before the first that is missing, and a
 * sample without layer 1 is dropped as "network".
 *
 * <b>Ports</b>
 * - in "in": f32vector [vectors, dim] of vq_lookup. Reads task, modality, shape,
 * noise_var (default_noise_var where it is missing), kept, layer, for tasks of several
 * modalities frame_id, and of tasks with memory context, which semantic_memory writes:
 * these take of the modalities that they remember no other.
 * - out "out": by the task's output: "picture" u8vector [height, width, 3], "sentence"
 *   u8vector UTF-8, "label" f32vector of probabilities, "score" f32vector [1]; writes
 * output, shape, model_id, for labels label and class_name, for samples of which
 * modalities never came missing, and where there is a context remembered: how many
 * entries it has. A task in layers gives a picture; it writes label, class_name and
 * probabilities too, and layers, from how many it was made. Of several modalities it adds
 * symbols and candidates up, joins kept, and takes the reference of the first that names
 * a class, or else of the first.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for an
 * empty path, and udeepsc_core::Error for a file that is no usable model. PDUs are
 * dropped as "bad key", "bad sample", "unknown task", "wrong modality", "wrong type",
 * "wrong shape", "not finite", "queue full", "network" or "stopped".
 *
 * <b>Source</b>: U-DeepSC, Sections V.B and VI.A, eq. 24-32.
 */
class UDEEPSC_API unified_decoder : virtual public pdu_block {
public:
    typedef std::shared_ptr<unified_decoder> sptr;

    //! \param model path or name of a model file, such as "lite"
    //! \param default_noise_var noise power per complex symbol where the PDU names
    //!        none, > 0, at most 1e10
    //! \param pending samples that may wait for their other modalities, 1..65536
    //! \param gather_ms longest that a sample waits for them, 0..60000 ms
    //! \param layers of tasks in layers wait for the first so many and leave the others
    //!        alone, 0..8; 0: for all that the task has
    //! \param options how to run it
    static sptr make(const std::string& model,
                     double default_noise_var = 0.1,
                     int pending = 256,
                     double gather_ms = 200,
                     int layers = 0,
                     const inference_options& options = {});

    virtual void set_default_noise_var(double noise_var) = 0;
    virtual double default_noise_var() const = 0;
    virtual void set_gather_ms(double gather_ms) = 0;
    virtual double gather_ms() const = 0;
    virtual void set_layers(int layers) = 0;
    virtual int layers() const = 0;
    //! Samples decoded from less than all of their modalities or layers.
    virtual std::uint64_t incomplete() const = 0;
    //! Loads another model while running; throws and keeps the old one if it is unusable.
    virtual void set_model(const std::string& path) = 0;
};

} // namespace udeepsc
} // namespace gr
