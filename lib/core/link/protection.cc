// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/protection.h>

#include "../config/parse_json.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>

namespace udeepsc_core {

namespace {

using json = nlohmann::json;

constexpr std::size_t MOST_LAYERS = 8; // as many as a frame can tell apart
constexpr double LEAST_DB = -16, MOST_DB = 15.5, STEP_DB = 0.5;
constexpr int MOST_REPETITIONS = 8;
constexpr std::uint64_t MOST_BYTES = 1 << 20;

LayerProtection layer_of(const json& given, const std::string& where)
{
    if (!given.is_object())
        throw Error(where + ": expected an object with power_db and repetitions");
    LayerProtection layer;
    for (const auto& field : given.items()) {
        const auto& value = field.value();
        if (field.key() == "power_db" && value.is_number())
            layer.power_db = value.get<double>();
        else if (field.key() == "repetitions" && value.is_number_unsigned())
            layer.repetitions = static_cast<int>(std::min<std::uint64_t>(
                value.get<std::uint64_t>(), MOST_REPETITIONS + 1));
        else
            throw Error(where + ": cannot use \"" + printable(field.key())
                        + "\", expected numbers power_db and repetitions");
    }
    layer.validate(where);
    return layer;
}

} // namespace

double LayerProtection::energy() const
{
    return repetitions * std::pow(10.0, power_db / 10);
}

void LayerProtection::validate(const std::string& where) const
{
    const double steps = power_db / STEP_DB;
    if (!(power_db >= LEAST_DB && power_db <= MOST_DB) || steps != std::round(steps))
        throw Error(where + ": power_db is " + std::to_string(power_db)
                    + ", expected -16 to 15.5 dB in steps of 0.5");
    if (repetitions < 1 || repetitions > MOST_REPETITIONS)
        throw Error(where + ": repetitions is " + std::to_string(repetitions)
                    + ", expected 1 to 8");
}

LayerProtection protection_of(const Protection& protection, int layer)
{
    const auto number = static_cast<std::size_t>(layer);
    return number < protection.size() ? protection[number] : LayerProtection();
}

Protection read_protection(const std::string& path)
{
    const auto where = "protection " + path;
    const auto bytes = read_file(path, MOST_BYTES);
    json all;
    try {
        all = parse_json<json>({ bytes.begin(), bytes.end() });
    } catch (const std::exception& e) { // of our limits, or of the parser
        throw Error(where + ": " + printable(e.what()));
    }
    const auto layers = all.is_object() ? all.find("layers") : all.end();
    if (layers == all.end() || !layers->is_array() || layers->empty()
        || layers->size() > MOST_LAYERS)
        throw Error(where + ": expected \"layers\", an array of 1 to 8 objects");
    Protection protection;
    for (std::size_t l = 0; l < layers->size(); ++l)
        protection.push_back(
            layer_of((*layers)[l], where + ": layer " + std::to_string(l + 1)));
    return protection;
}

} // namespace udeepsc_core
