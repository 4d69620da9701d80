// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/text.h>

#include <udeepsc_core/error.h>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <set>

namespace udeepsc_core {

namespace {

constexpr UChar32 REPLACEMENT = 0xfffd;

void append_utf8(std::string& out, UChar32 c)
{
    char bytes[U8_MAX_LENGTH];
    int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, c);
    out.append(bytes, static_cast<std::size_t>(length));
}

//! Call visit(code point, or -1 for an ill-formed sequence) for all of the text.
template <typename Visit> void for_each_code_point(const std::string& text, Visit visit)
{
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    const auto length = static_cast<std::ptrdiff_t>(text.size());
    std::ptrdiff_t i = 0;
    while (i < length) {
        UChar32 c;
        U8_NEXT(bytes, i, length, c);
        visit(c);
    }
}

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

bool ends_with(const std::string& text, const std::string& end)
{
    return text.size() >= end.size()
        && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

//! What NFKC would turn into something else, or leave where the corpus has ASCII.
const char* ascii_equivalent(UChar32 c)
{
    switch (c) {
    case 0x2018: // single quotes; most are apostrophes
    case 0x2019:
    case 0x201b:
    case 0x2032:
    case 0x00b4:
        return "'";
    case 0x201c: // opening double quotes
    case 0x201e:
    case 0x00ab:
        return " `` ";
    case 0x201d: // closing double quotes
    case 0x00bb:
        return " '' ";
    case 0x2033:
        return "\"";
    case 0x2014: // em dash
    case 0x2015:
        return " -- ";
    case 0x2010: // hyphens, en dash, minus
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2212:
        return "-";
    default:
        return nullptr;
    }
}

//! Valid UTF-8 with ASCII quotes and dashes and no control characters.
std::string plain_characters(const std::string& text)
{
    std::string plain;
    plain.reserve(text.size());
    for_each_code_point(text, [&](UChar32 c) {
        if (c < 0) {
            append_utf8(plain, REPLACEMENT);
        } else if (const char* ascii = ascii_equivalent(c)) {
            plain += ascii;
        } else if (u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR) {
            plain += ' ';
        } else {
            append_utf8(plain, c);
        }
    });
    return plain;
}

//! The same, folded.
std::string fold_characters(const std::string& text)
{
    const std::string plain = plain_characters(text);
    UErrorCode status = U_ZERO_ERROR;
    const auto* fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
    std::string folded;
    icu::StringByteSink<std::string> sink(&folded);
    if (fold) {
        fold->normalizeUTF8(
            0,
            icu::StringPiece(plain.data(), static_cast<int32_t>(plain.size())),
            sink,
            nullptr,
            status);
    }
    if (U_FAILURE(status)) {
        throw Error(std::string("folding text: ICU says ") + u_errorName(status));
    }
    return plain_characters(folded); // of a subscript minus, folding makes a minus
}

std::size_t run_length(const std::string& text, std::size_t at, const char* of)
{
    const std::size_t end = text.find_first_not_of(of, at);
    return (end == std::string::npos ? text.size() : end) - at;
}

/*!
 * First pass: spaces around everything that is a token wherever it stands. What depends
 * on the word it is part of (apostrophes, a full stop) is left to the second pass.
 */
std::string space_punctuation(const std::string& text)
{
    std::string out;
    out.reserve(text.size() * 2);
    bool in_quotes = false;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        const char before = at > 0 ? text[at - 1] : ' ';
        std::size_t length = 1;
        bool apart = false;
        std::string token;

        if (c == '-' || c == '.') {
            length = run_length(text, at, c == '-' ? "-" : ".");
            apart = length > 1;
        } else if (c == '?' || c == '!') {
            length = run_length(text, at, "?!");
            apart = true;
        } else if (c == '`' || c == '\'') {
            const std::size_t run = run_length(text, at, c == '`' ? "`" : "'");
            length = run >= 2 ? 2 : 1;
            apart = run >= 2;
        } else if (c == '"') {
            const char after = at + 1 < text.size() ? text[at + 1] : ' ';
            const bool opens = is_space(before)
                ? !is_space(after) || !in_quotes
                : std::string("([{<`").find(before) != std::string::npos;
            in_quotes = opens;
            token = opens ? "``" : "''";
            apart = true;
        } else if (c == ',' || c == ':') {
            const char after = at + 1 < text.size() ? text[at + 1] : ' ';
            const bool in_number = is_digit(before) && is_digit(after); // 2,500 and 10:30
            const bool in_address = c == ':' && text.compare(at, 3, "://") == 0;
            apart = !in_number && !in_address;
        } else {
            apart = std::string(";()[]{}<>%$#=").find(c) != std::string::npos;
        }

        if (token.empty()) {
            token = text.substr(at, length);
        }
        out += apart ? " " + token + " " : token;
        at += length;
    }
    return out;
}

//! Words that keep their full stop. Without those that are also common words at the end
//! of a sentence.
const std::set<std::string>& abbreviations()
{
    static const std::set<std::string> s_words = {
        "al",  "apr",  "aug", "ave", "blvd", "bros", "capt", "co",   "corp", "dec",
        "dr",  "etc",  "feb", "gen", "gov",  "hon",  "inc",  "jan",  "jr",   "lt",
        "ltd", "mr",   "mrs", "ms",  "mt",   "nov",  "oct",  "prof", "rev",  "sen",
        "sep", "sept", "sgt", "sr",  "st",   "vol",  "vs",
    };
    return s_words;
}

//! \p word without its full stop.
bool is_abbreviation(const std::string& word, const std::string& next_word)
{
    if (word == "no") {
        return !next_word.empty() && is_digit(next_word[0]); // no. 1
    }
    if (word.size() == 1) {
        return is_letter(word[0]) && word != "i"; // an initial
    }
    if (abbreviations().count(word)) {
        return true;
    }
    for (std::size_t i = 0; i < word.size(); ++i) { // e.t, j.r.r
        const bool fits = i % 2 == 0 ? is_letter(word[i]) : word[i] == '.';
        if (!fits) {
            return false;
        }
    }
    return word.size() % 2 == 1;
}

//! Words whose leading apostrophe belongs to them.
bool keeps_leading_apostrophe(const std::string& word)
{
    static const std::set<std::string> s_words = {
        "'s", "'m",  "'d",   "'ll",    "'re",  "'ve",   "'em",
        "'n", "'n'", "'til", "'cause", "'tis", "'twas", "'bout",
    };
    return s_words.count(word) || (word.size() > 1 && is_digit(word[1]));
}

bool keeps_trailing_apostrophe(const std::string& word)
{
    return word == "'n'" || word == "ol'" || word == "o'";
}

//! Split a word without outer punctuation: ca n't, it 's, can not, gon na.
void split_contraction(std::string word, std::vector<std::string>& out)
{
    static const std::pair<const char*, std::size_t> s_compounds[] = {
        { "cannot", 3 }, { "gonna", 3 }, { "gotta", 3 },
        { "wanna", 3 },  { "gimme", 3 }, { "lemme", 3 },
    };
    for (const auto& [compound, first] : s_compounds) {
        if (word == compound) {
            out.push_back(word.substr(0, first));
            out.push_back(word.substr(first));
            return;
        }
    }

    std::vector<std::string> tail;
    for (bool found = true; found;) {
        found = false;
        for (const char* ending : { "n't", "'s", "'m", "'d", "'ll", "'re", "'ve" }) {
            const std::string text = ending;
            if (word.size() > text.size() && ends_with(word, text)) {
                tail.push_back(text);
                word.resize(word.size() - text.size());
                found = true;
                break;
            }
        }
    }
    out.push_back(word);
    out.insert(out.end(), tail.rbegin(), tail.rend());
}

//! Second pass: one word between spaces.
void split_word(std::string word,
                const std::string& next_word,
                std::vector<std::string>& out)
{
    while (word.size() > 1 && (word[0] == '`' || word[0] == '\'') && word != "``"
           && word != "''" && !keeps_leading_apostrophe(word)) {
        out.push_back("`"); // an apostrophe in front of a word opens a quotation
        word.erase(0, 1);
    }
    std::vector<std::string> tail;
    while (word.size() > 1) {
        const char last = word.back();
        const std::string body = word.substr(0, word.size() - 1);
        const bool quote = (last == '\'' || last == '`') && word != "''" && word != "``"
            && !keeps_trailing_apostrophe(word);
        const bool stop = last == '.' && body.back() != '.'
            && !is_abbreviation(body, tail.empty() ? next_word : "");
        if (!quote && !stop) {
            break;
        }
        tail.push_back(std::string(1, last));
        word = body;
    }
    split_contraction(word, out);
    out.insert(out.end(), tail.rbegin(), tail.rend());
}

std::string normalize_once(const std::string& text)
{
    const auto words = split_words(space_punctuation(text));
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < words.size(); ++i) {
        split_word(words[i], i + 1 < words.size() ? words[i + 1] : "", tokens);
    }
    std::string out;
    for (const std::string& token : tokens) {
        out += (out.empty() ? "" : " ") + token;
    }
    return out;
}

} // namespace

bool is_valid_utf8(const std::string& text)
{
    bool valid = true;
    for_each_code_point(text, [&](UChar32 c) { valid = valid && c >= 0; });
    return valid;
}

std::string repair_utf8(const std::string& text)
{
    std::string out;
    out.reserve(text.size());
    for_each_code_point(text,
                        [&](UChar32 c) { append_utf8(out, c < 0 ? REPLACEMENT : c); });
    return out;
}

std::vector<std::string> split_words(const std::string& text)
{
    std::vector<std::string> words;
    std::size_t at = 0;
    while (at < text.size()) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        const std::size_t start = at;
        while (at < text.size() && !is_space(text[at])) {
            ++at;
        }
        words.push_back(text.substr(start, at - start));
    }
    return words;
}

std::string normalize_sentence(const std::string& text)
{
    // A split can bare another one (it's.'s); ordinary text is settled after the first
    // pass and proves it in the second. A pass only adds spaces, so this ends.
    std::string before = fold_characters(text);
    std::string after = normalize_once(before);
    while (after != before) {
        before = std::move(after);
        after = normalize_once(before);
    }
    return after;
}

} // namespace udeepsc_core
