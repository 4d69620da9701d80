// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace udeepsc_core {

/*! What is to be known of one field of a configuration beside its type and value. */
struct Field {
    const char* key;
    const char* unit; //!< "" where it has none
    const char* meaning; //!< half a sentence
    bool required = false;
};

/*!
 * \brief Goes through the fields of one section of a configuration.
 *
 * Each section names its fields once, in a function visit(FieldVisitor&); a reader, a
 * writer and the table of docs/configuration.md go through them with visitors of their
 * own. The value that a section has when it is made is the default.
 */
class FieldVisitor {
public:
    virtual ~FieldVisitor() = default;

    virtual void integer(const Field& field, int& value, int low, int high) = 0;
    virtual void
    integer(const Field& field, std::int64_t& value, std::int64_t low, std::int64_t high)
        = 0;
    virtual void real(const Field& field, double& value, double low, double high) = 0;
    virtual void flag(const Field& field, bool& value) = 0;
    //! allowed: empty where any text will do
    virtual void
    text(const Field& field, std::string& value, const std::vector<std::string>& allowed)
        = 0;
    virtual void integers(const Field& field, std::vector<int>& value, int low, int high)
        = 0;
    virtual void
    reals(const Field& field, std::vector<double>& value, double low, double high)
        = 0;
    //! [low, high]
    virtual void range(const Field& field, double& low, double& high) = 0;
    virtual void texts(const Field& field, std::vector<std::string>& value) = 0;
    //! Names, or how many there are: then they are "0", "1", ...
    virtual void names(const Field& field, std::vector<std::string>& value) = 0;
};

} // namespace udeepsc_core
