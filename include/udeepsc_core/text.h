// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

//! True where every byte belongs to a well-formed UTF-8 sequence (no surrogates, no
//! overlong forms). The empty text is valid.
bool is_valid_utf8(const std::string& text);

//! Replace each ill-formed UTF-8 sequence by U+FFFD.
std::string repair_utf8(const std::string& text);

/*!
 * \brief Put a sentence into the convention of the SST-2 corpus.
 *
 * Lower case, one space between tokens, punctuation apart from words and contractions
 * split as in the Penn Treebank: `It's great, can't wait.` becomes
 * `it 's great , ca n't wait .`. Compatibility characters are folded (NFKC case folding),
 * typographic quotes become `` and '', bytes that are no UTF-8 become U+FFFD.
 *
 * Text already in the convention comes back as it is, so it is safe to apply twice. Never
 * throws on any bytes.
 */
std::string normalize_sentence(const std::string& text);

//! Split at white space (space, tab, line ends); no empty words.
std::vector<std::string> split_words(const std::string& text);

} // namespace udeepsc_core
