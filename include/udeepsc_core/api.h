// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

//! Of a namespace in a public header: what stands there is exported. Everything else in
//! the library is hidden.
#define UDEEPSC_CORE_API __attribute__((visibility("default")))
