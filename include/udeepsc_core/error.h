// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <stdexcept>
#include <string>

namespace udeepsc_core UDEEPSC_CORE_API {

/*!
 * \brief The one exception that leaves this library.
 *
 * The text names what was being done, where (file, tensor, line, field), what was found
 * and what was expected.
 */
class Error : public std::runtime_error {
public:
    explicit Error(const std::string& text)
        : std::runtime_error(text)
    { }
};

} // namespace udeepsc_core
