// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/semantic_memory.h>
#include <udeepsc_core/context_store.h>

namespace gr {
namespace udeepsc {

//! The same for the store; without model and deadlines.
udeepsc_core::ContextStoreOptions
context_store_options(const semantic_memory_options& options);

} // namespace udeepsc
} // namespace gr
