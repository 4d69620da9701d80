// SPDX-License-Identifier: GPL-3.0-or-later
// What the table in outputs.cc lists: each kind is a file of its own.
#pragma once

#include "output.h"

namespace udeepsc_core {

std::shared_ptr<Output> make_label_output();
std::shared_ptr<Output> make_picture_output();
std::shared_ptr<Output> make_layered_picture_output();
std::shared_ptr<Output> make_sentence_output();
std::shared_ptr<Output> make_score_output();

} // namespace udeepsc_core
