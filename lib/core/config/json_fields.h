// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fields.h"

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <string_view>

namespace udeepsc_core {

using json = nlohmann::ordered_json;

//! Throws Error unless value is an object (array); where: how the message names it.
const json& require_object(const json& value, std::string_view where);
const json& require_array(const json& value, std::string_view where);

/*!
 * \brief Reads a section from a JSON object.
 *
 * Errors: Error naming section and field, what it holds and what it may hold. finish()
 * refuses fields that nobody asked for, so that a misspelt one is no silent default.
 */
class JsonReader : public FieldVisitor {
public:
    JsonReader(const json& object, std::string where);

    void integer(const Field& field, int& value, int low, int high) override;
    void integer(const Field& field,
                 std::int64_t& value,
                 std::int64_t low,
                 std::int64_t high) override;
    void real(const Field& field, double& value, double low, double high) override;
    void flag(const Field& field, bool& value) override;
    void text(const Field& field,
              std::string& value,
              const std::vector<std::string>& allowed) override;
    void
    integers(const Field& field, std::vector<int>& value, int low, int high) override;
    void reals(const Field& field,
               std::vector<double>& value,
               double low,
               double high) override;
    void range(const Field& field, double& low, double& high) override;
    void texts(const Field& field, std::vector<std::string>& value) override;
    void names(const Field& field, std::vector<std::string>& value) override;

    bool has(const char* key) const { return d_json.contains(key); }
    //! A section inside this one; Error where it is missing.
    const json& child(const char* key);
    void finish() const;

private:
    // The value of the field, null where it is not there
    const json* find(const Field& field);
    [[noreturn]] void
    refuse(const char* key, const json& value, const std::string& expected) const;

    const json& d_json;
    std::string d_where;
    std::set<std::string> d_known;
};

/*! Writes a section into a JSON object. */
class JsonWriter : public FieldVisitor {
public:
    explicit JsonWriter(json& object)
        : d_json(object)
    { }

    void integer(const Field& field, int& value, int, int) override { put(field, value); }
    void
    integer(const Field& field, std::int64_t& value, std::int64_t, std::int64_t) override
    {
        put(field, value);
    }
    void real(const Field& field, double& value, double, double) override
    {
        put(field, value);
    }
    void flag(const Field& field, bool& value) override { put(field, value); }
    void
    text(const Field& field, std::string& value, const std::vector<std::string>&) override
    {
        put(field, value);
    }
    void integers(const Field& field, std::vector<int>& value, int, int) override
    {
        put(field, value);
    }
    void reals(const Field& field, std::vector<double>& value, double, double) override
    {
        put(field, value);
    }
    void range(const Field& field, double& low, double& high) override
    {
        put(field, json::array({ low, high }));
    }
    void texts(const Field& field, std::vector<std::string>& value) override
    {
        put(field, value);
    }
    void names(const Field& field, std::vector<std::string>& value) override;

private:
    template <class T> void put(const Field& field, const T& value)
    {
        d_json[field.key] = value;
    }

    json& d_json;
};

//! The section's fields as JSON. Sections are visited as changeable, hence the copy.
template <class Section> json to_json_object(Section section)
{
    json object = json::object();
    JsonWriter writer(object);
    section.visit(writer);
    return object;
}

} // namespace udeepsc_core
