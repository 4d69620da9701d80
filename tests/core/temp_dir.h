// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../temp_dir.h"

#include <udeepsc_core/error.h>

#include <gtest/gtest.h>

#include <functional>
#include <string>

//! The text of the Error that \p body throws; a test failure where it throws none.
inline std::string error_of(const std::function<void()>& body)
{
    try {
        body();
    } catch (const udeepsc_core::Error& e) {
        return e.what();
    }
    ADD_FAILURE() << "expected an Error";
    return {};
}

#define EXPECT_SAYS(text, part)                                                          \
    EXPECT_NE(std::string(text).find(part), std::string::npos)                           \
        << "message: " << (text) << "\n  expected to contain: " << (part)
