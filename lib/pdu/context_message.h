// SPDX-License-Identifier: GPL-3.0-or-later
// Entries of a context store as messages, and back.
#pragma once

#include "pdu.h"
#include <udeepsc_core/context_store.h>

#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

//! The key source, 0 where it is missing; throws bad_pdu unless it is 0..255.
int source_of(const pdu& data);

//! What a PDU of features brings to a store; without time, frame and model. Throws
//! bad_pdu.
udeepsc_core::ContextEntry
entry_of(const pdu& data, const std::string& task, const std::string& modality);

//! Value of the key context: a vector of PDUs, in the order of the entries.
pmt::pmt_t context_message(const std::vector<udeepsc_core::HeldEntry>& entries);

//! Blocks of the key context, with their ages; nothing where it is missing. Throws
//! bad_pdu for one that is none of what context_message() makes.
std::vector<udeepsc_core::FeatureBlock> context_of(const pdu& data);

//! What a view shows: a dict with capacity (entries of one source) and sources, a vector
//! with a dict for each source: source, and a vector for each property of its entries,
//! oldest first.
pmt::pmt_t contents_message(udeepsc_core::ContextStore& store, double now);

//! A block's counters with those of its store.
pmt::pmt_t with_counts(pmt::pmt_t stats, const udeepsc_core::ContextStore& store);

} // namespace udeepsc
} // namespace gr
