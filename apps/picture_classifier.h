// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/transceiver.h>

#include <memory>
#include <string>
#include <vector>

/*!
 * \brief Tells what pictures show that a conventional scheme has brought, with a model
 * trained on clean ones.
 *
 * The classes' names are those of another task, which knows what was sent.
 */
class PictureClassifier {
public:
    //! \param model file of a model \param task one of its tasks, which gives labels
    //! \param told_as whose classes the labels are numbered as
    //! Error for a task that does not take a picture and give labels, or whose classes
    //! \p told_as does not have.
    PictureClassifier(const std::string& model,
                      const std::string& task,
                      const udeepsc_core::TaskInfo& told_as);

    //! Puts a label into each of these results, which have a picture each.
    void classify(std::vector<udeepsc_core::TaskResult>& pictures) const;

private:
    std::shared_ptr<const udeepsc_core::Transceiver> d_model;
    std::string d_task, d_modality;
    std::vector<int> d_labels; // of the classifier's classes in the other task
};
