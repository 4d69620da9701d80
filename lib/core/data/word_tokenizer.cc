// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/error.h>
#include <udeepsc_core/tokenizer.h>

#include <algorithm>
#include <map>

namespace udeepsc_core {

namespace {

// A word seen once teaches nothing but how an unknown one looks.
constexpr std::size_t LEAST_COUNT = 2;

// Letters and digits of ASCII, and all bytes of other letters, make words.
bool is_of_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || c >= 0x80;
}

std::vector<std::string> words_of(const std::string& utf8)
{
    std::vector<std::string> words;
    bool within = false;
    for (const char c : utf8) {
        const bool letter = is_of_word(static_cast<unsigned char>(c));
        if (letter && !within) {
            words.emplace_back();
        }
        if (letter) {
            words.back() += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
        }
        within = letter;
    }
    return words;
}

} // namespace

WordTokenizer::WordTokenizer(const std::vector<std::uint8_t>& vocab)
    : d_vocabulary(vocab)
{ }

std::shared_ptr<const WordTokenizer>
WordTokenizer::learn(const std::vector<std::string>& texts, int vocab_size)
{
    std::map<std::string, std::size_t> counts;
    for (const std::string& text : texts) {
        for (const std::string& word : words_of(repair_utf8(text))) {
            ++counts[word];
        }
    }
    std::vector<std::pair<std::string, std::size_t>> words;
    for (const auto& word : counts) {
        if (word.second >= LEAST_COUNT) {
            words.push_back(word);
        }
    }
    std::stable_sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
        return a.second > b.second;
    });
    if (words.empty() || vocab_size < 3) {
        throw Error(
            "learning a vocabulary of words: found " + std::to_string(words.size())
            + " words twice in " + std::to_string(texts.size()) + " texts for "
            + std::to_string(vocab_size) + " tokens, expected one and at least 3 tokens");
    }
    words.resize(std::min(words.size(), static_cast<std::size_t>(vocab_size - 2)));
    std::string vocabulary = "[PAD]\n[UNK]\n";
    for (const auto& word : words) {
        vocabulary += word.first + "\n";
    }
    return std::make_shared<WordTokenizer>(
        std::vector<std::uint8_t>(vocabulary.begin(), vocabulary.end()));
}

std::vector<int> WordTokenizer::encode(const std::string& utf8) const
{
    std::vector<int> ids;
    for (const std::string& word : words_of(repair_utf8(utf8))) {
        const int id = d_vocabulary.id_of(word);
        ids.push_back(id < 0 ? unknown_id() : id);
    }
    if (ids.empty() && !split_words(utf8).empty()) {
        ids.push_back(unknown_id());
    }
    return ids;
}

std::string WordTokenizer::decode(const std::vector<int>& ids) const
{
    return d_vocabulary.decode(ids);
}

} // namespace udeepsc_core
