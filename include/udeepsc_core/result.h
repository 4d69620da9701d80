// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/metrics.h>
#include <udeepsc_core/sample.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*! What the receiver made of one sample. */
struct TaskResult {
    std::string task;
    int label = -1; //!< output "label": the most probable class
    std::vector<float> probabilities; //!< of every class
    std::vector<std::uint8_t> picture; //!< output "picture": [height, width, 3] RGB
    int height = 0, width = 0;
    std::string sentence; //!< output "sentence", UTF-8
    double score = 0; //!< output "score"
    //! Outputs in layers have picture, label and probabilities, from so many layers; 0:
    //! not in layers
    int layers = 0;
    int unused_layers = 0; //!< that came, but not one before them
};

/*! A result as a vector of bytes or of reals, as it travels in a PDU. */
struct Payload {
    std::vector<std::uint8_t> bytes;
    std::vector<float> reals; //!< in place of bytes
    std::vector<int> shape; //!< [height, width, 3], [bytes], [classes] or [1]

    bool is_bytes() const { return reals.empty(); }
};

/*! Score of many results of one task. */
struct TaskScore {
    Estimate main; //!< of the task's metric
    std::map<std::string, double> also; //!< further scores, e.g. "bleu1"
    std::vector<double> each; //!< score of each sample; empty where there is none (bleu4)
    std::map<std::string, std::vector<double>>
        each_also; //!< of further scores, whose means they have
};

/*! Collects results with what they ought to be, and scores them in the end. */
class Scorer {
public:
    virtual ~Scorer() = default;
    virtual void add(const TaskResult& result, const Sample& sent) = 0;
    virtual TaskScore score() const = 0;
};

/*!
 * \brief What is done outside the network with results of one kind of output: "label",
 * "picture", "sentence" or "score". Results are never compared by the kind's name
 * elsewhere.
 */
class ResultKind {
public:
    virtual ~ResultKind() = default;

    virtual const char* kind() const = 0;
    //! "accuracy", "psnr_db", "bleu4" ...
    virtual const char* metric() const = 0;

    virtual Payload payload(const TaskResult& result) const = 0;
    //! Undoes payload(). Error where it is no payload of this kind.
    virtual TaskResult result(const Payload& payload) const = 0;
    //! One line for a person. classes: names of the labels, may be empty
    virtual std::string shown(const TaskResult& result,
                              const std::vector<std::string>& classes) const = 0;
    //! Score of one result by itself; nothing where `sent` says nothing to compare with.
    virtual std::optional<double> sample_score(const TaskResult& result,
                                               const Sample& sent) const = 0;
    //! The metric is one of the whole corpus, no mean over samples (BLEU).
    virtual bool is_of_corpus() const { return false; }
    virtual std::unique_ptr<Scorer> scorer() const = 0;
};

//! Error naming the kinds there are, if this is none of them.
const ResultKind& result_kind(const std::string& name);

} // namespace udeepsc_core
