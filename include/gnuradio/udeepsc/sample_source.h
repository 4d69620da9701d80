// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>
#include <gnuradio/udeepsc/source_options.h>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Sends the samples of a data set, all modalities of each under one frame_id.
 * \ingroup udeepsc
 *
 * The same data sets, read by the same code, as training and evaluation use: CIFAR-10,
 * SST-2, a folder of pictures, sounds or texts per class, a table of several modalities
 * (docs/configuration.md, Data sets).
 *
 * <b>Ports</b>
 * - in "trigger": any message sends the samples once more.
 * - out "out": one PDU for each modality of a sample: u8vector (picture [height, width,
 * 3], UTF-8 text) or f32vector (vectors [vectors, features], waveform [frames, channels]
 * with sample_rate); writes frame_id, task, modality, shape, t_source and reference: the
 * class name, the score, or else the payload itself.
 *
 * Of tasks with memory the frames that came before a sample go first, under numbers of
 * their own, the first of them 64 beyond the last of the sample before: by that
 * semantic_memory knows that another story begins.
 *
 * <b>Errors</b>: std::invalid_argument or udeepsc_core::Error for a model, task or data
 * set that cannot be used.
 */
class UDEEPSC_API sample_source : virtual public pdu_block {
public:
    typedef std::shared_ptr<sample_source> sptr;

    //! \param model path or name of a model file, such as "lite"
    //! \param task of the model; it names the data sets and the modalities
    //! \param data_dir folder in which data sets lie
    //! \param datasets in place of those that the task names; empty: those
    //! \param split "train", "val", "trainval" or "test"
    //! \param limit most samples of a pass, spread evenly; 0: all
    //! \param options when and how fast
    static sptr make(const std::string& model,
                     const std::string& task,
                     const std::string& data_dir,
                     const std::vector<std::string>& datasets = {},
                     const std::string& split = "test",
                     int limit = 0,
                     const source_options& options = {});

    virtual void set_pace(double pace) = 0;
    virtual double pace() const = 0;
    //! Samples of a pass.
    virtual int size() const = 0;
};

} // namespace udeepsc
} // namespace gr
