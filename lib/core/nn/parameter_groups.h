// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

namespace udeepsc_core {

/*! A module that has parameters which weight decay would only spoil: positions, queries,
 * codewords. */
class WithoutDecay {
public:
    virtual ~WithoutDecay() = default;
    //! Names of parameters, or of submodules with all of theirs, as registered.
    virtual std::vector<std::string> without_decay() const = 0;
};

/*! A parameter and how the optimiser has to treat it. */
struct GroupedParameter {
    std::string name;
    torch::Tensor parameter;
    bool decays = false; //!< matrices, unless their module says otherwise
};

//! All parameters of a module in the order in which they are registered.
std::vector<GroupedParameter> grouped_parameters(const torch::nn::Module& module);

//! Lets a module start from the values of another's parameters of the same names and
//! sizes.
void start_alike(const torch::nn::Module& from, torch::nn::Module& to);

} // namespace udeepsc_core
