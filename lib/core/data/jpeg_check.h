// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core {

/*!
 * \brief Error, beginning with \p where, for a JPEG file with a Huffman table of more
 * than 255 codes, or of more than their lengths allow.
 *
 * stb_image before version 2.28 writes or reads beside its table with them. Of a file
 * that is no JPEG, or ends early, it says the rest itself.
 *
 * Source: ITU-T T.81, Annex B.
 */
void require_sound_jpeg(const std::string& where, const std::vector<std::uint8_t>& file);

} // namespace udeepsc_core
