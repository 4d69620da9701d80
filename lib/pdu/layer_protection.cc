// SPDX-License-Identifier: GPL-3.0-or-later
#include "layer_protection.h"

#ifdef UDEEPSC_HAVE_MODELS
#include <udeepsc_core/protection.h>
#endif

#include <stdexcept>

namespace gr {
namespace udeepsc {

std::vector<layer_protection> read_layer_protection(const std::string& path)
{
    std::vector<layer_protection> protection;
    if (path.empty()) {
        return protection;
    }
#ifdef UDEEPSC_HAVE_MODELS
    for (const auto& layer : udeepsc_core::read_protection(path)) {
        protection.push_back(
            { layer.power_db, static_cast<unsigned>(layer.repetitions) });
    }
    return protection;
#else
    throw std::invalid_argument("protection '" + path
                                + "': this build has no networks (ENABLE_TORCH is OFF), "
                                  "expected an empty name: there are no layers");
#endif
}

layer_protection protection_of(const std::vector<layer_protection>& protection,
                               unsigned layer)
{
    return layer < protection.size() ? protection[layer] : layer_protection();
}

} // namespace udeepsc
} // namespace gr
