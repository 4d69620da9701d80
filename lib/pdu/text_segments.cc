// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_segments.h"

#include <algorithm>
#include <sstream>

namespace gr {
namespace udeepsc {
namespace {

bool ends_sentence(const std::string& word)
{
    return word.back() == '.' || word.back() == '!' || word.back() == '?';
}

} // namespace

std::vector<std::string> text_segments(const std::string& text, int max_words)
{
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    std::vector<std::string> segments;
    const std::size_t limit = max_words;
    for (std::size_t begin = 0; begin < words.size();) {
        std::size_t end = std::min(begin + limit, words.size());
        if (end < words.size()) {
            for (std::size_t cut = end; cut > begin + limit / 2 && cut > begin; cut--) {
                if (ends_sentence(words[cut - 1])) {
                    end = cut;
                    break;
                }
            }
        }
        std::string segment = words[begin];
        for (std::size_t i = begin + 1; i < end; i++) {
            segment += ' ' + words[i];
        }
        segments.push_back(std::move(segment));
        begin = end;
    }
    return segments;
}

} // namespace udeepsc
} // namespace gr
