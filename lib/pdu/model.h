// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"
#include <udeepsc_core/transceiver.h>

#include <memory>
#include <mutex>
#include <string>

namespace gr {
namespace udeepsc {

using model_sptr = std::shared_ptr<const udeepsc_core::Transceiver>;

/*!
 * \brief The model of a block: one that is checked and warm, and may be replaced.
 *
 * A replacement is loaded outside the lock; whoever holds the old one finishes with it.
 */
class model_holder {
public:
    //! Throws std::invalid_argument for an empty path, udeepsc_core::Error for a file
    //! that is no usable model.
    model_holder(const std::string& path, const std::string& dtype);

    model_sptr get() const;
    void set(const std::string& path);

private:
    const std::string d_dtype;
    mutable std::mutex d_mutex;
    model_sptr d_model;
};

//! Task and modality of a PDU. Throws bad_pdu for those the model does not know; a
//! missing modality is that of a task that has only one.
struct route {
    std::string task;
    std::string modality;
};
route route_of(const pdu& data, const udeepsc_core::ModelInfo& info);

//! Payload and shape [rows, columns] as a matrix.
udeepsc_core::FeatureMatrix features_of(const pdu& data);

//! Writes shape, model_id and the payload of a matrix.
pmt::pmt_t feature_message(pdu data,
                           const udeepsc_core::FeatureMatrix& features,
                           const std::string& model_id);

//! A value together with the id of the model that made it.
template <typename T> struct made_by {
    T value;
    std::string model_id;
};

} // namespace udeepsc
} // namespace gr
