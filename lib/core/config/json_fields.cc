// SPDX-License-Identifier: GPL-3.0-or-later
#include "json_fields.h"

#include "../files/printable.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace udeepsc_core {

namespace {

constexpr std::size_t MAX_NAMES = 100000;

std::string shown(const json& value)
{
    return printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 80);
}

template <class T> std::string between(T low, T high)
{
    std::ostringstream out;
    out << low << " to " << high;
    return out.str();
}

// The library turns 24.9 and 2^32 + 24 into the integer 24.
template <class T> bool read_integer(const json& value, T& into)
{
    if (!value.is_number_integer())
        return false;
    const T read = value.get<T>();
    if (json(read) != value)
        return false;
    into = read;
    return true;
}

bool read_strings(const json& value, std::vector<std::string>& into)
{
    if (!value.is_array())
        return false;
    std::vector<std::string> read;
    for (const auto& item : value) {
        if (!item.is_string())
            return false;
        read.push_back(item.get<std::string>());
    }
    into = std::move(read);
    return true;
}

std::vector<std::string> numbered_names(std::size_t count)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back(std::to_string(i));
    return names;
}

} // namespace

const json& require_object(const json& value, std::string_view where)
{
    if (!value.is_object())
        throw Error(std::string(where) + ": expected a JSON object, got "
                    + value.type_name());
    return value;
}

const json& require_array(const json& value, std::string_view where)
{
    if (!value.is_array())
        throw Error(std::string(where) + ": expected an array, got " + value.type_name());
    return value;
}

JsonReader::JsonReader(const json& object, std::string where)
    : d_json(require_object(object, where))
    , d_where(std::move(where))
{ }

const json* JsonReader::find(const Field& field)
{
    d_known.insert(field.key);
    const auto it = d_json.find(field.key);
    if (it != d_json.end())
        return &*it;
    if (field.required)
        throw Error(d_where + "." + field.key + ": missing; it is " + field.meaning);
    return nullptr;
}

void JsonReader::refuse(const char* key,
                        const json& value,
                        const std::string& expected) const
{
    throw Error(d_where + "." + key + ": cannot use " + shown(value) + ", expected "
                + expected);
}

void JsonReader::integer(const Field& field, int& value, int low, int high)
{
    std::int64_t wide = value;
    integer(field, wide, std::int64_t(low), std::int64_t(high));
    value = static_cast<int>(wide);
}

void JsonReader::integer(const Field& field,
                         std::int64_t& value,
                         std::int64_t low,
                         std::int64_t high)
{
    const auto* found = find(field);
    if (found && (!read_integer(*found, value) || value < low || value > high))
        refuse(field.key, *found, "a whole number, " + between(low, high));
}

void JsonReader::real(const Field& field, double& value, double low, double high)
{
    const auto* found = find(field);
    if (!found)
        return;
    if (found->is_number())
        value = found->get<double>();
    if (!found->is_number() || !(value >= low && value <= high))
        refuse(field.key, *found, "a number, " + between(low, high));
}

void JsonReader::flag(const Field& field, bool& value)
{
    const auto* found = find(field);
    if (found && !found->is_boolean())
        refuse(field.key, *found, "true or false");
    if (found)
        value = found->get<bool>();
}

void JsonReader::text(const Field& field,
                      std::string& value,
                      const std::vector<std::string>& allowed)
{
    const auto* found = find(field);
    if (!found)
        return;
    if (found->is_string())
        value = found->get<std::string>();
    const bool known = allowed.empty()
        || std::find(allowed.begin(), allowed.end(), value) != allowed.end();
    if (found->is_string() && known)
        return;
    std::string list;
    for (const auto& one : allowed)
        list += (list.empty() ? "" : ", ") + one;
    refuse(field.key, *found, allowed.empty() ? "a text" : "one of " + list);
}

void JsonReader::integers(const Field& field, std::vector<int>& value, int low, int high)
{
    const auto* found = find(field);
    if (!found)
        return;
    const auto expected = "an array of whole numbers, each " + between(low, high);
    if (!found->is_array())
        refuse(field.key, *found, expected);
    value.clear();
    for (const auto& item : *found) {
        int read = 0;
        if (!read_integer(item, read) || read < low || read > high)
            refuse(field.key, *found, expected);
        value.push_back(read);
    }
}

void JsonReader::reals(const Field& field,
                       std::vector<double>& value,
                       double low,
                       double high)
{
    const auto* found = find(field);
    if (!found)
        return;
    const auto expected = "an array of numbers, each " + between(low, high);
    if (!found->is_array())
        refuse(field.key, *found, expected);
    value.clear();
    for (const auto& item : *found) {
        const double read = item.is_number() ? item.get<double>() : NAN;
        if (!(read >= low && read <= high))
            refuse(field.key, *found, expected);
        value.push_back(read);
    }
}

void JsonReader::range(const Field& field, double& low, double& high)
{
    const auto* found = find(field);
    if (!found)
        return;
    const auto& v = *found;
    if (!v.is_array() || v.size() != 2 || !v[0].is_number() || !v[1].is_number()
        || v[0].get<double>() > v[1].get<double>())
        refuse(field.key, v, "[low, high]");
    low = v[0].get<double>();
    high = v[1].get<double>();
}

void JsonReader::texts(const Field& field, std::vector<std::string>& value)
{
    const auto* found = find(field);
    if (found && !read_strings(*found, value))
        refuse(field.key, *found, "an array of texts");
}

void JsonReader::names(const Field& field, std::vector<std::string>& value)
{
    const auto* found = find(field);
    if (!found)
        return;
    const auto expected = "an array of names, or how many there are, at most "
        + std::to_string(MAX_NAMES);
    std::int64_t count = 0;
    if (read_integer(*found, count)) {
        if (count < 0 || count > static_cast<std::int64_t>(MAX_NAMES))
            refuse(field.key, *found, expected);
        value = numbered_names(static_cast<std::size_t>(count));
    } else if (!read_strings(*found, value)) {
        refuse(field.key, *found, expected);
    }
}

const json& JsonReader::child(const char* key)
{
    d_known.insert(key);
    if (!d_json.contains(key))
        throw Error(d_where + "." + key + ": missing");
    return d_json.at(key);
}

void JsonReader::finish() const
{
    for (const auto& item : d_json.items())
        if (!d_known.count(item.key()))
            throw Error(d_where + ": unknown field \"" + item.key() + "\"");
}

void JsonWriter::names(const Field& field, std::vector<std::string>& value)
{
    if (!value.empty() && value == numbered_names(value.size()))
        put(field, value.size());
    else if (!value.empty())
        put(field, value);
}

} // namespace udeepsc_core
