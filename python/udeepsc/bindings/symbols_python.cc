// SPDX-License-Identifier: GPL-3.0-or-later
#include "complex_arrays.h"

#include <udeepsc_phy/soft_demapper.h>
#include <udeepsc_phy/theory.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;
using namespace udeepsc_phy;

namespace {

void bind_constellations(py::module& m)
{
    m.def(
        "constellation",
        [](const std::string& modulation) {
            return to_array(Constellation(modulation_from_string(modulation)).points());
        },
        py::arg("modulation"),
        "Points [M] by their label, mean energy 1; bpsk, qpsk, 16qam, 64qam or 256qam.");
    m.def(
        "llrs",
        [](const std::string& modulation,
           const complex_array& symbols,
           double noise_var,
           bool max_log) {
            const SoftDemapper demapper(modulation_from_string(modulation),
                                        max_log ? SoftDemapper::Metric::max_log
                                                : SoftDemapper::Metric::exact);
            const auto bits = demapper.constellation().bits_per_symbol();
            const auto values
                = demapper.llrs(to_complexes(symbols), ChannelState(noise_var));
            return py::array_t<float>(std::vector<py::ssize_t> { symbols.size(), bits },
                                      values.data());
        },
        py::arg("modulation"),
        py::arg("symbols"),
        py::arg("noise_var"),
        py::arg("max_log") = false,
        "LLRs ln P(b=0)/P(b=1) [symbols, bits], MSB first; noise_var: N0 a symbol.");
    m.def(
        "hard_labels",
        [](const std::string& modulation, const complex_array& symbols) {
            const SoftDemapper demapper(modulation_from_string(modulation));
            return to_array(demapper.hard_labels(to_complexes(symbols)));
        },
        py::arg("modulation"),
        py::arg("symbols"),
        "Label of the nearest point of each symbol.");
}

//! Of a modulation's name and Es/N0 in dB.
void bind_error_rates(py::module& m)
{
    const auto bind = [&m](const char* name, double (*rate)(Modulation, double)) {
        m.def(
            name,
            [rate](const std::string& modulation, double esn0_db) {
                return rate(modulation_from_string(modulation), esn0_db);
            },
            py::arg("modulation"),
            py::arg("esn0_db"),
            "In theory: uncoded, Gray labels, nearest point.");
    };
    bind("symbol_error_rate_awgn", symbol_error_rate_awgn);
    bind("bit_error_rate_awgn", bit_error_rate_awgn);
    bind("symbol_error_rate_rayleigh", symbol_error_rate_rayleigh);
    bind("bit_error_rate_rayleigh", bit_error_rate_rayleigh);
}

} // namespace

void bind_symbols(py::module& m)
{
    bind_constellations(m);
    bind_error_rates(m);
}
