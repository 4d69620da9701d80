// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace udeepsc_core {

/*!
 * \brief Looks through a SentencePiece model before the library loads it.
 *
 * The library takes the character map of a model's normaliser as it is: a map that points
 * outside of itself ends the program at the first sentence.
 *
 * Errors: Error for a map that does, for one that makes more than 256 bytes of a
 * character, for pieces longer than 512 bytes or more than 262144 of them, for more than
 * 16 MiB, and for bytes that are no message of protocol buffers.
 */
void require_sound_sentencepiece(const std::vector<std::uint8_t>& model);

} // namespace udeepsc_core
