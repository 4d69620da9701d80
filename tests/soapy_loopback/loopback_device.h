// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "air.h"

#include <SoapySDR/Device.hpp>

#include <map>
#include <mutex>

/*!
 * A device of SoapySDR whose transmitter is heard by its receiver:
 * driver=udeepsc_loopback.
 *
 * Arguments: loss (dB between the two at gains of 0, 40), noise (rms of each sample, 0),
 * cfo (cycles a sample, 0), external (1: the external reference is there). The converter
 * ends at 1, as a real one does. It keeps no pace: the receiver takes what the
 * transmitter gives.
 */
class LoopbackDevice : public SoapySDR::Device {
public:
    explicit LoopbackDevice(const SoapySDR::Kwargs& args);

    std::string getDriverKey() const override { return "udeepsc_loopback"; }
    size_t getNumChannels(int) const override { return 1; }
    bool getFullDuplex(int, size_t) const override { return true; }

    std::vector<std::string> getStreamFormats(int, size_t) const override;
    SoapySDR::Stream* setupStream(int direction,
                                  const std::string& format,
                                  const std::vector<size_t>& channels,
                                  const SoapySDR::Kwargs& args) override;
    void closeStream(SoapySDR::Stream*) override { }
    size_t getStreamMTU(SoapySDR::Stream*) const override { return 4096; }
    int activateStream(SoapySDR::Stream* stream, int, long long, size_t) override;
    int deactivateStream(SoapySDR::Stream* stream, int, long long) override;
    int readStream(SoapySDR::Stream*,
                   void* const* buffers,
                   size_t count,
                   int& flags,
                   long long& time_ns,
                   long timeout_us) override;
    int writeStream(SoapySDR::Stream*,
                    const void* const* buffers,
                    size_t count,
                    int& flags,
                    long long time_ns,
                    long timeout_us) override;

    std::vector<std::string> listAntennas(int direction, size_t) const override;
    void setAntenna(int direction, size_t, const std::string& name) override;
    std::string getAntenna(int direction, size_t) const override;

    bool hasDCOffsetMode(int direction, size_t) const override;
    void setDCOffsetMode(int direction, size_t, bool automatic) override;
    bool getDCOffsetMode(int direction, size_t) const override;

    std::vector<std::string> listGains(int, size_t) const override { return { "PGA" }; }
    void setGain(int direction, size_t, const std::string&, double value) override;
    double getGain(int direction, size_t, const std::string&) const override;
    SoapySDR::Range getGainRange(int, size_t, const std::string&) const override;

    std::vector<std::string> listFrequencies(int, size_t) const override;
    void setFrequency(int direction,
                      size_t,
                      const std::string& name,
                      double frequency,
                      const SoapySDR::Kwargs&) override;
    double getFrequency(int direction, size_t, const std::string& name) const override;
    SoapySDR::RangeList
    getFrequencyRange(int, size_t, const std::string& name) const override;

    void setSampleRate(int direction, size_t, double rate) override;
    double getSampleRate(int direction, size_t) const override;
    SoapySDR::RangeList getSampleRateRange(int, size_t) const override;

    std::vector<std::string> listClockSources() const override;
    void setClockSource(const std::string& source) override;
    std::string getClockSource() const override;
    std::vector<std::string> listSensors() const override { return { "ref_locked" }; }
    SoapySDR::ArgInfo getSensorInfo(const std::string& key) const override;
    std::string readSensor(const std::string& key) const override;

    SoapySDR::ArgInfoList getSettingInfo() const override;
    //! "unplugged" = "true": no sample comes or goes any more.
    void writeSetting(const std::string& key, const std::string& value) override;

private:
    //! What each direction is set to.
    struct End {
        std::string antenna;
        double gain = 0.0, rate = 1e6;
        std::map<std::string, double> frequency;
        bool automatic_dc = false;
    };

    double carrier(const End& end) const;
    void set_air();

    mutable std::mutex d_mutex; //!< of what follows
    End d_ends[2];
    std::string d_clock = "internal";
    double d_loss_db, d_noise, d_cfo;
    bool d_external_clock;
    Air d_air;
};
