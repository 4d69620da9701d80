// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../files/printable.h"

#include <udeepsc_core/error.h>

#include <nlohmann/json.hpp>

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

/*! Goes through a JSON text without keeping any of it. */
template <class Json> class JsonGuard : public nlohmann::json_sax<Json> {
public:
    explicit JsonGuard(const JsonLimits& limits)
        : d_limits(limits)
    { }

    bool null() override { return count(); }
    bool boolean(bool) override { return count(); }
    bool number_integer(typename Json::number_integer_t) override { return count(); }
    bool number_unsigned(typename Json::number_unsigned_t) override { return count(); }
    bool number_float(typename Json::number_float_t, const std::string&) override
    {
        return count();
    }
    bool binary(typename Json::binary_t&) override { return count(); }
    bool string(std::string& text) override
    {
        see_text(text);
        return count();
    }
    bool start_object(std::size_t) override { return open(); }
    bool start_array(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(std::string& name) override
    {
        see_key(name, d_keys.back());
        return true;
    }
    //! Whoever keeps the values says what is wrong here.
    bool parse_error(std::size_t,
                     const std::string&,
                     const nlohmann::json::exception&) override
    {
        return false;
    }

private:
    bool count()
    {
        if (++d_values > d_limits.values)
            throw Error("found more than " + std::to_string(d_limits.values) + " values");
        return true;
    }

    bool open()
    {
        if (d_keys.size() == d_limits.depth)
            throw Error("found objects or arrays nested deeper than "
                        + std::to_string(d_limits.depth));
        d_keys.emplace_back();
        return count();
    }

    bool close()
    {
        d_keys.pop_back();
        return true;
    }

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
    Json::sax_parse(text, &guard);
    return Json::parse(text);
}

} // namespace udeepsc_core
