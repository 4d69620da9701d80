// SPDX-License-Identifier: GPL-3.0-or-later
#include "inference.h"

namespace udeepsc_core {

void prepare_for_inference(Network& network, torch::ScalarType type)
{
    torch::NoGradGuard no_grad;
    network->eval();
    for (auto& p : network->parameters())
        p.set_requires_grad(false);
    for (const auto& module : network->modules(false))
        if (auto* packable = dynamic_cast<Packable*>(module.get()))
            packable->pack(type);
}

} // namespace udeepsc_core
