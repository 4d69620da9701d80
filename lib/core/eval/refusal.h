// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/result.h>

#include <map>
#include <string>
#include <vector>

namespace udeepsc_core {

/*!
 * \brief Answers that are said to be unknown: of a task with a class "unknown" those of
 * little probability too.
 */
class Refusal {
public:
    //! least: probability from which an answer is given; 0: always. Error where it is
    //! above 0 and no class is called "unknown".
    Refusal(const std::vector<std::string>& classes, double least);

    //! Refuses an answer of too little probability, and counts what became of it.
    void apply(TaskResult& result, const Sample& sent);
    //! "unknown_refused" and "known_right", shares of those samples; nothing where no
    //! class is called "unknown".
    void write(std::map<std::string, double>& also) const;

private:
    int d_unknown; // number of the class, -1: none
    double d_least;
    double d_known = 0, d_known_right = 0, d_strange = 0, d_strange_refused = 0;
};

} // namespace udeepsc_core
