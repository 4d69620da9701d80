// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/metrics.h>
#include <udeepsc_core/protection.h>
#include <udeepsc_core/transceiver.h>

#include <complex>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*! A link of the caller's own between modulator and look-up, such as a whole modem. */
class EvalLink {
public:
    virtual ~EvalLink() = default;
    //! Sends one sample's symbols, of so many feature vectors, at this Es/N0, and puts
    //! what arrives, equalised, in their place. Gives its noise variance, one value or
    //! one a symbol; nothing if the payload was lost.
    virtual std::vector<float>
    pass(std::vector<std::complex<float>>& symbols, int vectors, double snr_db) = 0;
};

/*! What to measure of a model. */
struct EvalOptions {
    std::string data_dir;
    std::string task;
    std::string split = "test"; //!< "test", "val" or "train"
    //! "awgn", "rayleigh" or "rician" (one gain a sample, which the receiver knows),
    //! "none"
    std::string channel = "awgn";
    double k_factor_db = 10; //!< rician: line of sight to scattered power
    std::shared_ptr<EvalLink>
        link; //!< in place of the channel, whose name is then its own
    //! Look-up "soft" or "hard"; "analog": of a task in layers the vectors are sent
    //! without a codebook
    std::string decode = "soft";
    std::string selection = "fsm"; //!< or "random": the baseline of Fig. 10
    std::vector<std::string> datasets; //!< in place of those that the task names
    int max_bad = 10; //!< unreadable files or lines that are skipped
    bool csi_at_transmitter = false; //!< under fading the selector is given |h|^2 Es/N0
    bool memory = true; //!< false: what came before the present frame is not sent
    //! Labels of less probability count as "unknown", a class that the task must have
    double least_probability = 0;
    double lose = 0; //!< share of the earlier frames that are lost, at random
    /*!
     * Elements (symbols) of each frame that are not sent: "none"; all but those that a
     * learnt file values most, "learnt" of each frame, which costs symbols that tell
     * which, or "order": on average; all but the first, "theory"; "random", from a seed
     * that both ends know
     */
    std::string mask = "none";
    std::string mask_file; //!< of ElementMasks; empty: what is not sent is 0
    //! Of each frame, those included that tell which elements are sent; 0: as
    //! elements_at() says
    int mask_symbols = 0;
    double mask_least_snr_db = 0; //!< Es/N0 down to which all are sent
    int symbols = 0; //!< send exactly this many symbols a sample; 0: as f_n says
    //! Of outputs in layers: decode the first so many, a result each; empty: 1, 2 ... all
    std::vector<int> layers;
    Protection protection; //!< of each layer; empty: all are sent alike
    int replaced_layer = 0; //!< arrives as replaced_by says, counted from 1; 0: none
    //! "noise" that is taken for the layer, "other": that of another sample, or "lost":
    //! the receiver knows that it is not there
    std::string replaced_by = "noise";
    std::int64_t limit = 0; //!< most samples, spread evenly; 0: all
    std::uint64_t seed = 1; //!< of the channel, and of random selection
    int batch = 64;

    void validate() const; //!< throws Error naming the field
};

/*! Quality of one task at one SNR. */
struct EvalResult {
    std::string task, dataset, channel, metric;
    double snr_db = 0;
    int layer = 0; //!< layers 1 to this were decoded; 0: the output has none
    double value = 0, ci95 = 0;
    std::map<std::string, double> also; //!< further scores, e.g. "bleu1"
    double symbols_mean = 0; //!< payload symbols a sample
    double bits_mean = 0; //!< index bits a sample
    double vectors_mean = 0; //!< feature vectors a sample
    double energy_mean = 0; //!< measured mean symbol energy; Es/N0 is meant for 1
    double codebook_use = 0; //!< share of the codewords used at least once
    std::int64_t n = 0;
    std::int64_t lost = 0; //!< payloads that a link lost; scored as decoded from nothing.
                           //!< And earlier frames that were lost, which are not there
    std::int64_t skipped = 0; //!< samples that the model does not take (too long)
    std::vector<double> each; //!< score of each sample; empty where there is none (bleu4)
    std::map<std::string, std::vector<double>>
        each_also; //!< of further scores, whose means they have
};

/*!
 * \brief Mean difference a - b of two results for the same samples, with the ci95 of the
 * differences: samples that are hard for both do not widen it. Error where a sample has
 * no score of its own, or the results are not for as many samples.
 */
Estimate paired_difference(const EvalResult& a, const EvalResult& b);
//! The same of a further score, such as "recall".
Estimate
paired_difference(const EvalResult& a, const EvalResult& b, const std::string& score);

/*!
 * \brief Runs a data set through transmitter, channel and receiver, the same calls that
 * the blocks make.
 *
 * Es/N0 is per complex symbol; the channel adds noise of variance 10^(-snr/10) to symbols
 * of mean energy 1. One result an SNR; of outputs in layers one a layer and SNR, all of
 * them from the same transmission.
 */
std::vector<EvalResult> evaluate(const Transceiver& model,
                                 const EvalOptions& options,
                                 const std::vector<double>& snr_db);

} // namespace udeepsc_core
