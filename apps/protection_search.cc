// SPDX-License-Identifier: GPL-3.0-or-later
#include "protection_search.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace udeepsc_core;

namespace {

constexpr double STEP_DB = 0.5;
constexpr int LARGEST_EXCHANGE = 6; // steps at once, so that a flat stretch is no end
constexpr double LEAST_GAIN = 1e-6;

double linear(double db)
{
    return std::pow(10.0, db / 10);
}

/*! A division of the energy, and what it is worth. */
class Division {
public:
    Division(const std::vector<int>& sizes, const DamageTable& damage)
        : d_sizes(sizes)
        , d_damage(damage)
        , d_energy_db(sizes.size(), 0.0)
    { }

    const std::vector<double>& energy_db() const { return d_energy_db; }

    // The best exchange between two layers; false if none helps.
    bool improve()
    {
        const double now = quality(d_energy_db);
        double best = now + LEAST_GAIN;
        auto found = d_energy_db;
        for (std::size_t more = 0; more < d_sizes.size(); ++more)
            for (std::size_t less = 0; less < d_sizes.size(); ++less)
                for (int steps = 1; more != less && steps <= LARGEST_EXCHANGE; ++steps) {
                    auto tried = d_energy_db;
                    tried[more] += STEP_DB * steps;
                    while (too_much(tried) && tried[less] > lowest(less))
                        tried[less] -= STEP_DB;
                    if (too_much(tried) || tried[more] > highest(more))
                        continue;
                    const double reached = quality(tried);
                    if (reached > best) {
                        best = reached;
                        found = tried;
                    }
                }
        const bool better = found != d_energy_db;
        d_energy_db = found;
        return better;
    }

private:
    double quality(const std::vector<double>& energy_db) const
    {
        double sum = 0;
        for (const auto& receiver : d_damage)
            for (std::size_t l = 0; l < energy_db.size(); ++l)
                sum += receiver[l].at(energy_db[l]);
        return sum / static_cast<double>(d_damage.size());
    }

    bool too_much(const std::vector<double>& energy_db) const
    {
        double spent = 0, allowed = 0;
        for (std::size_t l = 0; l < d_sizes.size(); ++l) {
            spent += d_sizes[l] * linear(energy_db[l]);
            allowed += d_sizes[l];
        }
        return spent > allowed * (1 + 1e-9);
    }

    double lowest(std::size_t layer) const
    {
        return d_damage.front()[layer].energy_db.front();
    }
    double highest(std::size_t layer) const
    {
        return d_damage.front()[layer].energy_db.back();
    }

    const std::vector<int>& d_sizes;
    const DamageTable& d_damage;
    std::vector<double> d_energy_db;
};

} // namespace

double DamageCurve::at(double db) const
{
    const auto above = std::lower_bound(energy_db.begin(), energy_db.end(), db);
    if (above == energy_db.begin())
        return quality.front();
    if (above == energy_db.end())
        return quality.back();
    const auto i = static_cast<std::size_t>(above - energy_db.begin());
    const double share = (db - energy_db[i - 1]) / (energy_db[i] - energy_db[i - 1]);
    return quality[i - 1] + share * (quality[i] - quality[i - 1]);
}

std::vector<double> best_energies(const std::vector<int>& sizes,
                                  const DamageTable& damage)
{
    if (damage.empty())
        throw Error("protection: no receiver, expected at least one");
    for (const auto& receiver : damage)
        if (receiver.size() != sizes.size())
            throw Error("protection: got damage of " + std::to_string(receiver.size())
                        + " layers, expected " + std::to_string(sizes.size()));
    Division division(sizes, damage);
    while (division.improve()) { }
    return division.energy_db();
}

Protection protection_for(const std::vector<double>& energy_db, double most_power_db)
{
    Protection protection;
    for (double energy : energy_db) {
        LayerProtection layer;
        const auto power = [&] { return energy - 10 * std::log10(layer.repetitions); };
        while (power() > most_power_db && layer.repetitions < 8)
            ++layer.repetitions;
        // Rounded down: the energy is not to grow.
        layer.power_db = STEP_DB * std::floor(power() / STEP_DB + 1e-9);
        layer.validate("protection");
        protection.push_back(layer);
    }
    return protection;
}
