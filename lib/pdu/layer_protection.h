// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

/*! What one layer is sent with: udeepsc_core::LayerProtection, which a build without the
 * networks does not have. */
struct layer_protection {
    double power_db = 0; //!< against the mean of all
    unsigned repetitions = 1;
};

/*! Of the layers, the first one's first.
 * \param path file of udeepsc_core::read_protection(); empty: all are sent alike
 * \throws std::exception naming what is wrong with it */
std::vector<layer_protection> read_layer_protection(const std::string& path);

//! Of layer 0, 1 ...; a layer beyond the table is sent as it is.
layer_protection protection_of(const std::vector<layer_protection>& protection,
                               unsigned layer);

} // namespace udeepsc
} // namespace gr
