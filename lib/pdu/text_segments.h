// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

//! Cuts a text into segments of at most max_words words, after a sentence end where there
//! is one in the second half of a segment. White space becomes single blanks; a text of
//! white space gives none.
std::vector<std::string> text_segments(const std::string& text, int max_words);

} // namespace udeepsc
} // namespace gr
