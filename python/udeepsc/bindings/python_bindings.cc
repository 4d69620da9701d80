// SPDX-License-Identifier: GPL-3.0-or-later
#include <pybind11/pybind11.h>

namespace py = pybind11;

void bind_core(py::module& m);
void bind_pdu_block(py::module& m);
void bind_network_blocks(py::module& m);
void bind_memory_blocks(py::module& m);
void bind_phy(py::module& m);
void bind_hardware_faults(py::module& m);
void bind_burst_blocks(py::module& m);
void bind_radio_channel(py::module& m);
void bind_conventional_blocks(py::module& m);
void bind_radio_blocks(py::module& m);
void bind_sources_and_sink(py::module& m);

PYBIND11_MODULE(udeepsc_python, m)
{
    // The base classes of the blocks.
    py::module::import("gnuradio.gr");
    m.attr("VERSION") = UDEEPSC_VERSION;

    bind_pdu_block(m);
    bind_radio_blocks(m);
    bind_hardware_faults(m);
    bind_phy(m);
    bind_burst_blocks(m);
    bind_radio_channel(m);
    bind_conventional_blocks(m);
#ifdef UDEEPSC_HAVE_MODELS
    bind_core(m);
    bind_network_blocks(m);
    bind_memory_blocks(m);
    bind_sources_and_sink(m);
    m.attr("HAS_NETWORKS") = true;
#else
    m.attr("HAS_NETWORKS") = false; // the modem alone
#endif
}
