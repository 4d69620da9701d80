// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*! How semantic_memory remembers. */
struct UDEEPSC_API semantic_memory_options {
    bool memory = true; //!< questions get what came before; false: their own frame alone
    int entries = 64; //!< most of one transmitter, 1..65536
    int features = 0; //!< most feature vectors of one transmitter, 0: no limit
    int bytes = 0; //!< most bytes of one transmitter, 4 a number; 0: no limit
    //! What goes when that is full: "fifo", "freshness", "value", "correlation" or
    //! "joint".
    std::string rule = "fifo";
    double fifo_weight = 0.25; //!< of the order of arrival in the joint rule, >= 0
    double freshness_weight = 0.25; //!< of the age against deadline_s in the joint rule
    double value_weight = 0.25; //!< of the key value in the joint rule
    double correlation_weight = 0.25; //!< of the likeness to the others in the joint rule
    double deadline_s = 0; //!< older entries are forgotten, 0..1e9 s; 0: none are
    //! Cosine from which two entries say the same and become one, 0..1; with
    //! "correlation" and "joint".
    double duplicate = 0.98;
    //! A frame number so far ahead of the last begins a new story, and the old one is
    //! forgotten, 0..127; 0: none does.
    int gap_frames = 64;
    int csi = 0; //!< Es/N0 remembered of each transmitter's frames, 0..65536; 0: none
    //! File with learnt values, as "udeepsc bench rules --save" writes it, for entries
    //! that bring no key value; "": those have the value 0.
    std::string scorer = "";
    //! File with a space that modalities share, as "udeepsc bench space --save" writes
    //! it, in which the correlation rule compares entries of all of them; "": those of
    //! one task and modality are compared.
    std::string space = "";
    //! File that the context is read from at the start, if it is there, and written to at
    //! the end; "": none.
    std::string snapshot = "";

    //! Throws std::invalid_argument naming the field, what it holds and what it may hold.
    void validate() const;
};

/*!
 * \brief What the receiver remembers: answers that no single frame can give.
 * \ingroup udeepsc
 *
 * Between vq_lookup and unified_decoder. Features of modalities that their task remembers
 * (field memory of its input in the model's configuration) are kept, for each transmitter
 * apart, and not passed on; those of the others go on with what is kept as their context.
 * PDUs of tasks without memory pass as they are.
 *
 * <b>Ports</b>
 * - in "in": f32vector [vectors, dim] of vq_lookup. Reads task, modality, shape,
 *   frame_id, noise_var, kept, layer, source (0 where it is missing), value (a double:
 *   contribution to answers), and reference, which only a view shows.
 * - in "memory": true or false, as set_memory().
 * - in "clear": any message, as clear().
 * - out "out": PDUs of "in"; those of a task with memory have the key context: a vector
 *   of PDUs, oldest first, each with age, modality, shape and noise_var. An age of -1 is
 *   of the frame of the PDU itself: a picture that a question is about.
 * - out "contents": what is held, for a view: a dict after each change.
 * - out "snr": where csi is more than 0, after each frame of a task with memory a dict
 *   with snr_db, the Es/N0 that the transmitter's next frame is predicted to have (of the
 *   last csi of them, by include/udeepsc_phy/snr_predictor.h), and source. For
 *   feature_selector, or csi_feedback with a time constant of 0.
 *
 * Where frame_id is missing the block counts. A frame number far behind the last of its
 * task, or gap_frames ahead of it, is a transmitter that begins anew: what it said before
 * is forgotten. Of more entries than the model takes, those of best score go along.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, and
 * udeepsc_core::Error for a file that is no model and for a scorer, space or snapshot
 * that is cut, foreign or of another model. PDUs of tasks with memory are dropped as "bad
 * key", "wrong modality", "wrong type", "wrong shape", "not finite", "other model" or
 * "bad sample" (larger than the whole memory).
 *
 * <b>Source</b>: "Large Model Empowered Semantic Communications", III.A.
 */
class UDEEPSC_API semantic_memory : virtual public pdu_block {
public:
    typedef std::shared_ptr<semantic_memory> sptr;

    //! \param model path or name of a model file
    //! \param options capacity, rule and file
    static sptr make(const std::string& model,
                     const semantic_memory_options& options = {});

    //! What comes is remembered either way, so that switching on answers at once.
    virtual void set_memory(bool memory) = 0;
    virtual bool memory() const = 0;
    virtual void set_entries(int entries) = 0;
    virtual int entries() const = 0;
    virtual void set_rule(const std::string& rule) = 0;
    virtual std::string rule() const = 0;
    virtual void set_deadline_s(double deadline_s) = 0;
    virtual double deadline_s() const = 0;
    //! Another model; what the old one made is forgotten. Throws and keeps the old one if
    //! it is unusable.
    virtual void set_model(const std::string& path) = 0;

    //! Forgets everything.
    virtual void clear() = 0;
    //! Writes the context to a file; throws udeepsc_core::Error.
    virtual void save(const std::string& path) = 0;
    //! Reads it in place of what is held; throws udeepsc_core::Error and keeps that.
    virtual void load(const std::string& path) = 0;

    //! Entries of all transmitters.
    virtual int size() const = 0;
    //! Entries of the channel, of all transmitters.
    virtual int csi_size() const = 0;
    //! Questions that found nothing remembered.
    virtual std::uint64_t without_context() const = 0;
    //! Questions that found more than the model takes.
    virtual std::uint64_t context_cut() const = 0;
};

} // namespace udeepsc
} // namespace gr
