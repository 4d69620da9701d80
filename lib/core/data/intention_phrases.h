// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace udeepsc_core {

/*! How people ask for one thing. {WORD} stands for any of the words of that name. */
struct IntentionPhrases {
    std::string intention; //!< name of the task that is asked for, or UNKNOWN_INTENTION
    std::vector<std::string> training;
    std::vector<std::string> unseen; //!< other wordings, for validation and test
};

constexpr const char* UNKNOWN_INTENTION = "unknown";

const std::vector<IntentionPhrases>& intention_phrases();
//! What may stand for {WORD}: alternatives by name.
const std::vector<std::pair<std::string, std::vector<std::string>>>& intention_words();

} // namespace udeepsc_core
