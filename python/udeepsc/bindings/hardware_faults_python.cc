// SPDX-License-Identifier: GPL-3.0-or-later
#include "docstrings.h"

#include <udeepsc_phy/hardware_faults.h>
#include <pybind11/pybind11.h>

#include <string>

namespace py = pybind11;
using udeepsc_phy::HardwareFaults;

namespace {

//! Faults by name; what is not named is off.
HardwareFaults faults_from(const py::kwargs& values)
{
    HardwareFaults faults;
    const py::object made = py::cast(&faults, py::return_value_policy::reference);
    for (const auto& item : values) {
        const auto name = py::str(item.first).cast<std::string>();
        if (name.rfind("_", 0) == 0 || name == "validate"
            || !py::hasattr(made, item.first)) {
            throw py::type_error("hardware_faults: no fault '" + name
                                 + "'; help(udeepsc.hardware_faults) lists them");
        }
        py::setattr(made, item.first, item.second);
    }
    faults.validate();
    return faults;
}

} // namespace

// Longer than a function should be: a list, read from top to bottom.
void bind_hardware_faults(py::module& m)
{
    py::class_<HardwareFaults>(m, "hardware_faults", doc::HardwareFaults::summary)
        .def(py::init(&faults_from))
        .def("validate", &HardwareFaults::validate)
        .def_readwrite("clip_db", &HardwareFaults::clip_db, doc::HardwareFaults::clip_db)
        .def_readwrite("pa_db", &HardwareFaults::pa_db, doc::HardwareFaults::pa_db)
        .def_readwrite("pa_smoothness",
                       &HardwareFaults::pa_smoothness,
                       doc::HardwareFaults::pa_smoothness)
        .def_readwrite("dc_dbc", &HardwareFaults::dc_dbc, doc::HardwareFaults::dc_dbc)
        .def_readwrite(
            "iq_gain_db", &HardwareFaults::iq_gain_db, doc::HardwareFaults::iq_gain_db)
        .def_readwrite("iq_phase_deg",
                       &HardwareFaults::iq_phase_deg,
                       doc::HardwareFaults::iq_phase_deg)
        .def_readwrite(
            "agc_step_db", &HardwareFaults::agc_step_db, doc::HardwareFaults::agc_step_db)
        .def_readwrite(
            "agc_period", &HardwareFaults::agc_period, doc::HardwareFaults::agc_period)
        .def_readwrite("pulse_sir_db",
                       &HardwareFaults::pulse_sir_db,
                       doc::HardwareFaults::pulse_sir_db)
        .def_readwrite(
            "pulse_duty", &HardwareFaults::pulse_duty, doc::HardwareFaults::pulse_duty)
        .def_readwrite("pulse_period",
                       &HardwareFaults::pulse_period,
                       doc::HardwareFaults::pulse_period)
        .def_readwrite("narrowband_sir_db",
                       &HardwareFaults::narrowband_sir_db,
                       doc::HardwareFaults::narrowband_sir_db)
        .def_readwrite("narrowband_offset",
                       &HardwareFaults::narrowband_offset,
                       doc::HardwareFaults::narrowband_offset)
        .def_readwrite("narrowband_width",
                       &HardwareFaults::narrowband_width,
                       doc::HardwareFaults::narrowband_width)
        .def_readwrite(
            "drop_period", &HardwareFaults::drop_period, doc::HardwareFaults::drop_period)
        .def_readwrite("drop_samples",
                       &HardwareFaults::drop_samples,
                       doc::HardwareFaults::drop_samples)
        .def_readwrite("drop_tag_rate",
                       &HardwareFaults::drop_tag_rate,
                       doc::HardwareFaults::drop_tag_rate);
}
