// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/frame.h>

#include <memory>

namespace udeepsc_phy UDEEPSC_PHY_API {

struct DetectorConfig {
    FrameProfile profile;
    double false_alarm_rate = 1e-7; //!< Pfa a sample
    //! Bursts whose header cannot be read come with the samples of the longest frame: a
    //! CopyReceiver may read them yet.
    bool keep_unread = false;
    //! \throws std::invalid_argument naming the field.
    void validate() const;
};

/*! Where a preamble begins and how far off the carrier is. */
struct Detection {
    std::uint64_t sample
        = 0; //!< of the stream: the preamble's first symbol, to the nearest sample
    double timing = 0; //!< the fraction of a sample to add, -0.5 to 0.5
    double cfo = 0; //!< cycles per symbol
    double rho = 0; //!< the CFAR statistic, 0 to 1
};

/*! A detection and the samples around it, for a BurstDemodulator. */
struct DetectedBurst {
    Detection detection;
    std::uint64_t first_sample = 0; //!< of the stream: what samples[0] is
    std::vector<std::complex<float>> samples;
};

/*!
 * \brief Finds preambles in a stream: partial matched filters, a transform over the
 * carrier offset, constant false alarm rate.
 *
 * rho = max over the offsets of |Y|^2 / (L sum |r|^2); in white noise of any power
 * P(rho > t) = (1 - t)^(L-1) for one offset. Samples that are not finite count as zeros.
 * Not safe to share between threads.
 */
class BurstDetector {
public:
    explicit BurstDetector(const DetectorConfig& config);
    ~BurstDetector();

    const DetectorConfig& config() const;
    double threshold() const; //!< of rho
    //! Bursts given up since the start because too many (64) waited at a time.
    std::uint64_t dropped() const;

    /*!
     * Takes the next \p n samples of the stream; returns the bursts that are complete:
     * each with the samples of its frame, whose length its header says; those of a header
     * alone where there is none that can be read, unless keep_unread says otherwise.
     * Bursts may overlap in the stream; they come in the order in which they begin.
     */
    std::vector<DetectedBurst> push(const std::complex<float>* samples, std::size_t n);

    //! The bursts that still wait for samples, as they are; the stream goes on
    //! afterwards.
    std::vector<DetectedBurst> flush();

    //! Forgets everything; the next sample is number 0.
    void reset();

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace udeepsc_phy
