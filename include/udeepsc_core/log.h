// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <string>

namespace udeepsc_core UDEEPSC_CORE_API {

//! Lines for the user, through spdlog's logger "udeepsc" on standard error. An
//! application that registers a logger of that name first decides where they go.
void log_info(const std::string& text);
void log_warning(const std::string& text);
void log_error(const std::string& text);

} // namespace udeepsc_core
