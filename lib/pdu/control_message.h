// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "payload_format.h"
#include <udeepsc_phy/frame.h>

namespace gr {
namespace udeepsc {

//! "text", "csi" or "acknowledgement".
const char* name_of(udeepsc_phy::ControlMessage::Kind kind);

//! What a PDU with the key control asks to send. Throws bad_pdu.
udeepsc_phy::ControlMessage control_message_of(const pdu& data,
                                               const payload_format& format);

//! The PDU of a message that came: the same keys. Throws bad_pdu for a task that the
//! model does not have.
pdu pdu_of(const udeepsc_phy::ControlMessage& message, const payload_format& format);

} // namespace udeepsc
} // namespace gr
