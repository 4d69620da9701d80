// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

//! How vq_lookup turns noisy symbols into features.
enum class lookup_mode {
    hard, //!< the codeword of the nearest symbols
    soft, //!< the mean of all codewords, weighted by their posterior probability
};

/*!
 * \brief Received symbols back into features.
 * \ingroup udeepsc
 *
 * Soft look-up is what makes quality fall gracefully as the noise grows.
 *
 * <b>Ports</b>
 * - in "in": c32vector of equalised symbols, as many as a whole number of feature vectors
 *   takes. Reads task, modality, noise_var (double, or f32vector with one per symbol;
 *   default_noise_var where it is missing).
 * - out "out": f32vector [vectors, subvectors * subvector_dim]; writes shape, noise_var
 *   (the mean), model_id.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for an
 * empty path, and udeepsc_core::Error for a file that is no usable model. PDUs are
 * dropped as "bad key", "unknown task", "wrong modality", "wrong type", "wrong shape",
 * "not finite", "queue full", "network" or "stopped".
 *
 * <b>Source</b>: U-DeepSC, Section V.A; the posterior mean is ours.
 */
class UDEEPSC_API vq_lookup : virtual public pdu_block {
public:
    typedef std::shared_ptr<vq_lookup> sptr;

    //! \param model path or name of a model file, such as "lite"
    //! \param mode hard or soft
    //! \param default_noise_var noise power per complex symbol where the PDU names none,
    //!        > 0, at most 1e10; mean symbol energy is 1
    //! \param options how to run it
    static sptr make(const std::string& model,
                     lookup_mode mode = lookup_mode::soft,
                     double default_noise_var = 0.1,
                     const inference_options& options = {});

    virtual void set_mode(lookup_mode mode) = 0;
    virtual lookup_mode mode() const = 0;
    virtual void set_default_noise_var(double noise_var) = 0;
    virtual double default_noise_var() const = 0;
    //! Loads another model while running; throws and keeps the old one if it is unusable.
    virtual void set_model(const std::string& path) = 0;
};

} // namespace udeepsc
} // namespace gr
