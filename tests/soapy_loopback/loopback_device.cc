// SPDX-License-Identifier: GPL-3.0-or-later
#include "loopback_device.h"

#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Formats.hpp>
#include <SoapySDR/Registry.hpp>

#include <cmath>
#include <stdexcept>

namespace {

double number(const SoapySDR::Kwargs& args, const std::string& key, double otherwise)
{
    const auto found = args.find(key);
    return found == args.end() ? otherwise : std::stod(found->second);
}

} // namespace

LoopbackDevice::LoopbackDevice(const SoapySDR::Kwargs& args)
    : d_loss_db(number(args, "loss", 40))
    , d_noise(number(args, "noise", 0))
    , d_cfo(number(args, "cfo", 0))
    , d_external_clock(number(args, "external", 0) != 0)
{
    d_ends[SOAPY_SDR_TX].antenna = "TX";
    d_ends[SOAPY_SDR_RX].antenna = "RX";
}

double LoopbackDevice::carrier(const End& end) const
{
    double sum = 0;
    for (const auto& part : end.frequency) {
        sum += part.second;
    }
    return sum;
}

// With d_mutex held.
void LoopbackDevice::set_air()
{
    const End &tx = d_ends[SOAPY_SDR_TX], &rx = d_ends[SOAPY_SDR_RX];
    Air::Path path;
    const bool heard = std::fabs(carrier(tx) - carrier(rx)) < 1 && tx.rate == rx.rate;
    path.amplitude = heard ? std::pow(10.0, (tx.gain + rx.gain - d_loss_db) / 20.0) : 0.0;
    path.noise = d_noise;
    path.cfo = d_cfo;
    d_air.set_path(path);
}

std::vector<std::string> LoopbackDevice::getStreamFormats(int, size_t) const
{
    return { SOAPY_SDR_CF32 };
}

SoapySDR::Stream* LoopbackDevice::setupStream(int direction,
                                              const std::string& format,
                                              const std::vector<size_t>&,
                                              const SoapySDR::Kwargs&)
{
    if (format != SOAPY_SDR_CF32) {
        throw std::runtime_error("format " + format + ", expected CF32");
    }
    return reinterpret_cast<SoapySDR::Stream*>(&d_ends[direction]);
}

int LoopbackDevice::activateStream(SoapySDR::Stream* stream, int, long long, size_t)
{
    const bool transmits = stream == reinterpret_cast<void*>(&d_ends[SOAPY_SDR_TX]);
    transmits ? d_air.set_transmitting(true) : d_air.set_receiving(true);
    return 0;
}

int LoopbackDevice::deactivateStream(SoapySDR::Stream* stream, int, long long)
{
    const bool transmits = stream == reinterpret_cast<void*>(&d_ends[SOAPY_SDR_TX]);
    transmits ? d_air.set_transmitting(false) : d_air.set_receiving(false);
    return 0;
}

int LoopbackDevice::readStream(SoapySDR::Stream*,
                               void* const* buffers,
                               size_t count,
                               int& flags,
                               long long& time_ns,
                               long timeout_us)
{
    flags = 0;
    time_ns = 0;
    const auto given
        = d_air.receive(static_cast<std::complex<float>*>(buffers[0]), count, timeout_us);
    return given ? static_cast<int>(given) : SOAPY_SDR_TIMEOUT;
}

int LoopbackDevice::writeStream(SoapySDR::Stream*,
                                const void* const* buffers,
                                size_t count,
                                int&,
                                long long,
                                long timeout_us)
{
    const auto taken = d_air.send(
        static_cast<const std::complex<float>*>(buffers[0]), count, timeout_us);
    return taken ? static_cast<int>(taken) : SOAPY_SDR_TIMEOUT;
}

std::vector<std::string> LoopbackDevice::listAntennas(int direction, size_t) const
{
    if (direction == SOAPY_SDR_TX) {
        return { "TX" };
    }
    return { "RX", "LNA" };
}

void LoopbackDevice::setAntenna(int direction, size_t, const std::string& name)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_ends[direction].antenna = name;
}

std::string LoopbackDevice::getAntenna(int direction, size_t) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_ends[direction].antenna;
}

bool LoopbackDevice::hasDCOffsetMode(int direction, size_t) const
{
    return direction == SOAPY_SDR_RX;
}

void LoopbackDevice::setDCOffsetMode(int direction, size_t, bool automatic)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_ends[direction].automatic_dc = automatic;
}

bool LoopbackDevice::getDCOffsetMode(int direction, size_t) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_ends[direction].automatic_dc;
}

void LoopbackDevice::setGain(int direction, size_t, const std::string&, double value)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_ends[direction].gain = value;
    set_air();
}

double LoopbackDevice::getGain(int direction, size_t, const std::string&) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_ends[direction].gain;
}

SoapySDR::Range LoopbackDevice::getGainRange(int, size_t, const std::string&) const
{
    return { 0, 60 };
}

std::vector<std::string> LoopbackDevice::listFrequencies(int, size_t) const
{
    return { "RF", "BB" };
}

void LoopbackDevice::setFrequency(int direction,
                                  size_t,
                                  const std::string& name,
                                  double frequency,
                                  const SoapySDR::Kwargs&)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_ends[direction].frequency[name] = frequency;
    set_air();
}

double LoopbackDevice::getFrequency(int direction, size_t, const std::string& name) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    const auto& parts = d_ends[direction].frequency;
    const auto found = parts.find(name);
    return found == parts.end() ? 0.0 : found->second;
}

SoapySDR::RangeList
LoopbackDevice::getFrequencyRange(int, size_t, const std::string& name) const
{
    if (name == "BB") {
        return { { -5e6, 5e6 } };
    }
    return { { 100e6, 1e9 }, { 2e9, 3e9 } };
}

void LoopbackDevice::setSampleRate(int direction, size_t, double rate)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    // As a device that divides a clock of 60 MHz.
    d_ends[direction].rate = 60e6 / std::round(60e6 / rate);
    set_air();
}

double LoopbackDevice::getSampleRate(int direction, size_t) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_ends[direction].rate;
}

SoapySDR::RangeList LoopbackDevice::getSampleRateRange(int, size_t) const
{
    return { { 100e3, 20e6 } };
}

std::vector<std::string> LoopbackDevice::listClockSources() const
{
    return { "internal", "external" };
}

void LoopbackDevice::setClockSource(const std::string& source)
{
    std::lock_guard<std::mutex> lock(d_mutex);
    d_clock = source;
}

std::string LoopbackDevice::getClockSource() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_clock;
}

SoapySDR::ArgInfo LoopbackDevice::getSensorInfo(const std::string& key) const
{
    SoapySDR::ArgInfo info;
    info.key = key;
    info.type = SoapySDR::ArgInfo::BOOL;
    return info;
}

std::string LoopbackDevice::readSensor(const std::string& key) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    if (key != "ref_locked") {
        throw std::runtime_error("no sensor " + key);
    }
    return d_clock == "internal" || d_external_clock ? "true" : "false";
}

SoapySDR::ArgInfoList LoopbackDevice::getSettingInfo() const
{
    SoapySDR::ArgInfo info;
    info.key = "unplugged";
    info.type = SoapySDR::ArgInfo::BOOL;
    return { info };
}

void LoopbackDevice::writeSetting(const std::string& key, const std::string& value)
{
    if (key == "unplugged" && value == "true") {
        d_air.unplug();
    }
}

namespace {

SoapySDR::KwargsList find(const SoapySDR::Kwargs& args)
{
    const auto driver = args.find("driver");
    // Never found by a search: nobody wants to see it in a list of devices.
    if (driver == args.end() || driver->second != "udeepsc_loopback") {
        return {};
    }
    return { args };
}

SoapySDR::Device* make(const SoapySDR::Kwargs& args)
{
    return new LoopbackDevice(args);
}

const SoapySDR::Registry
    s_registry("udeepsc_loopback", find, make, SOAPY_SDR_ABI_VERSION);

} // namespace
