// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/protection.h>

#include <vector>

/*! What a receiver makes of a transmission when one layer alone is sent with more energy
 * or less. */
struct DamageCurve {
    std::vector<double> energy_db; //!< rising, with 0 among them
    std::vector<double> quality; //!< at each

    //! Between two points on a straight line, beyond the ends as at the end.
    double at(double db) const;
};

//! [receiver][layer]
using DamageTable = std::vector<std::vector<DamageCurve>>;

/*!
 * \brief Energy of each layer, dB, with the best mean quality over all receivers.
 *
 * What each layer's energy changes is taken to add up. From equal energies, half a
 * decibel at a time goes from one layer to another, the most useful exchange first, until
 * none helps. The energy of a sample, the sum over layers of symbols and their energy,
 * stays at most that of equal energies. Throws Error for a table that is not of as many
 * layers as \p sizes.
 */
std::vector<double> best_energies(const std::vector<int>& sizes,
                                  const DamageTable& damage);

//! The same as power of at most \p most_power_db and, for what is beyond it, repetitions.
udeepsc_core::Protection protection_for(const std::vector<double>& energy_db,
                                        double most_power_db);
