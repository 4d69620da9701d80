// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>

namespace udeepsc_core {

/*!
 * \brief Text out of a file, as a message may quote it.
 *
 * Control characters, which a terminal would obey, become \\x1b and the like; line breaks
 * and tabs \\n, \\r and \\t; bytes that are no UTF-8 the replacement character. What is
 * longer than \p most_bytes is cut and ends in "...".
 */
std::string printable(const std::string& text, std::size_t most_bytes = 200);

//! Line breaks and tabs are none.
bool has_control_characters(const std::string& utf8);

} // namespace udeepsc_core
