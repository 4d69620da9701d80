// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

namespace udeepsc_core UDEEPSC_CORE_API {

//! Threads that each operator may use, of LibTorch and of the BLAS that is bound, for the
//! whole process. For programs, before the first operator: beside other threads that
//! multiply see set_threads() in transceiver.h.
void set_process_threads(int threads);

} // namespace udeepsc_core
