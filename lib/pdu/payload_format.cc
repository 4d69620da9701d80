// SPDX-License-Identifier: GPL-3.0-or-later
#include "payload_format.h"

#ifdef UDEEPSC_HAVE_MODELS
#include "model_summary.h"
#endif
#include "raw_payloads.h"

namespace gr {
namespace udeepsc {

payload_format_sptr make_payload_format(const std::string& model)
{
    if (model.empty()) {
        return std::make_shared<raw_payloads>();
    }
#ifdef UDEEPSC_HAVE_MODELS
    return std::make_shared<model_summary>(model);
#else
    throw std::invalid_argument(
        "model '" + model
        + "': this build has no networks (ENABLE_TORCH is OFF), "
          "expected an empty name: bytes and symbols as they are");
#endif
}

} // namespace udeepsc
} // namespace gr
