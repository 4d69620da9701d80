// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*! What one layer of a transmission is sent with. */
struct LayerProtection {
    //! Of its symbols' power against the mean of all: -16 to 15.5 dB, in steps of 0.5
    double power_db = 0;
    int repetitions = 1; //!< how often its symbols are sent, 1 to 8

    //! Energy of one codebook index against an unprotected one's, linear.
    double energy() const;
    //! Throws Error naming the field that is out of range; \p where comes before it.
    void validate(const std::string& where) const;
};

/*! Unequal protection of the layers, the first one's first; none: all alike. */
using Protection = std::vector<LayerProtection>;

//! Of layer 0, 1 ...; a layer beyond the table is sent as it is.
LayerProtection protection_of(const Protection& protection, int layer);

/*!
 * \brief Reads {"layers": [{"power_db": 3, "repetitions": 2}, ...]}; further fields at
 * the top say where the table comes from and are not read.
 *
 * Errors: Error naming the file and the field.
 */
Protection read_protection(const std::string& path);

} // namespace udeepsc_core
