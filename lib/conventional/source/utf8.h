// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace udeepsc_conventional {

//! A question mark in place of each byte that belongs to no well-formed UTF-8 sequence.
std::string valid_utf8(const std::string& text);

} // namespace udeepsc_conventional
