// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../files/printable.h"

#include <udeepsc_core/error.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace udeepsc_core {

/*! What a JSON text out of a file may hold: a small file must not ask for much memory,
 * nor for deep recursion in whoever goes through its values. */
struct JsonLimits {
    std::size_t depth = 64; //!< objects and arrays in one another
    std::size_t values = 1 << 18; //!< in all
    std::size_t keys = 1 << 10; //!< of one object
    std::size_t key_bytes = 256;
    std::size_t text_bytes = 1 << 12;
};

/*! Looks at each value that the parser meets before the parser keeps it. */
template <class Json> class JsonGuard {
public:
    explicit JsonGuard(const JsonLimits& limits)
        : d_limits(limits)
    { }

    //! depth: of the objects and arrays around the value
    void see(std::size_t depth, typename Json::parse_event_t event, const Json& value)
    {
        using Event = typename Json::parse_event_t;
        const bool opens = event == Event::object_start || event == Event::array_start;
        if (opens && depth >= d_limits.depth)
            throw Error("found objects or arrays nested deeper than "
                        + std::to_string(d_limits.depth));
        if (opens) {
            d_keys.resize(depth);
            d_keys.emplace_back();
        }
        if ((opens || event == Event::value) && ++d_values > d_limits.values)
            throw Error("found more than " + std::to_string(d_limits.values) + " values");
        if (event == Event::key)
            see_key(value.template get_ref<const std::string&>(), d_keys.at(depth - 1));
        else if (event == Event::value && value.is_string())
            see_text(value.template get_ref<const std::string&>());
    }

private:
    void see_key(const std::string& key, std::set<std::string>& keys) const
    {
        const auto fail = [&](const std::string& fault) {
            throw Error("found the name '" + printable(key, 80) + "' " + fault);
        };
        if (key.size() > d_limits.key_bytes)
            fail("of " + std::to_string(key.size()) + " bytes, expected at most "
                 + std::to_string(d_limits.key_bytes));
        if (has_control_characters(key))
            fail("with control characters");
        // The parser keeps the last of two equal keys without a word.
        if (!keys.insert(key).second)
            fail("twice, expected once");
        if (keys.size() > d_limits.keys)
            throw Error("found an object of more than " + std::to_string(d_limits.keys)
                        + " names");
    }

    void see_text(const std::string& text) const
    {
        const auto fail = [&](const std::string& fault) {
            throw Error("found the text '" + printable(text, 80) + "' " + fault);
        };
        if (text.size() > d_limits.text_bytes)
            fail("of " + std::to_string(text.size()) + " bytes, expected at most "
                 + std::to_string(d_limits.text_bytes));
        if (has_control_characters(text))
            fail("with control characters");
    }

    const JsonLimits d_limits;
    std::size_t d_values = 0;
    std::vector<std::set<std::string>> d_keys; // of each object or array that is open
};

/*!
 * \brief JSON text to values, within limits.
 *
 * Errors: Error for what is beyond the limits, for a name that an object has twice and
 * for control characters other than line breaks and tabs; Json::exception for what is no
 * JSON.
 */
template <class Json>
Json parse_json(const std::string& text, const JsonLimits& limits = {})
{
    JsonGuard<Json> guard(limits);
    return Json::parse(text,
                       [&](int depth, typename Json::parse_event_t event, Json& value) {
                           guard.see(static_cast<std::size_t>(depth), event, value);
                           return true;
                       });
}

} // namespace udeepsc_core
