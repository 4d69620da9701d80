// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/picture.h>

#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core {

//! Whether a file begins like a binary PGM or PPM.
bool is_pnm(const std::vector<std::uint8_t>& file);

/*!
 * \brief The picture of a binary PGM or PPM, of any maximal value up to 65535.
 *
 * Not by stb_image: version 2.27 reads behind a grey one of 16 bits, and what a file
 * lacks it takes from memory as it is.
 *
 * Errors: Error, beginning with \p where, for a damaged header, more than \p max_pixels
 * and fewer values than the header says.
 *
 * Source: the manual pages pgm(5) and ppm(5) of Netpbm.
 */
Picture decode_pnm(const std::string& where,
                   const std::vector<std::uint8_t>& file,
                   std::size_t max_pixels);

} // namespace udeepsc_core
