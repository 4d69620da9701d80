// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

class FieldVisitor;

/*! One stretch of the training; the phases of Algorithm 1 follow each other. */
struct PhaseConfig {
    std::int64_t steps = 0;
    bool digital = true; //!< phase 2: codebook and constellation; phase 1: real features
    bool train_ratio
        = true; //!< phase 2: f_n learns too, with its size as a loss (eq. 20)
    double snr_min_db = -6, snr_max_db = 12; //!< Es/N0, drawn uniformly for every sample
    std::int64_t widen_steps
        = 0; //!< snr_min_db starts at snr_max_db and falls over these
    bool top_selection
        = false; //!< keep the best vectors as in inference, not by sampling
    bool train_selection = true; //!< false: the selection modules stay as they are

    void visit(FieldVisitor& fields);
};

/*! One of several receivers of the same layers, k of alpha_lk and beta_lk. */
struct ReceiverTraining {
    double snr_min_db = -6, snr_max_db = 12; //!< Es/N0, drawn uniformly for every sample
    std::vector<double> picture_weights; //!< alpha of each layer; empty: the task's
    std::vector<double> label_weights; //!< beta of each layer; empty: the task's

    void visit(FieldVisitor& fields);
};

/*! How often a task is trained and with what. */
struct TaskTraining {
    double weight = 1; //!< chance of being drawn, relative to the others
    int batch = 64; //!< samples a step and process
    double loss_weight = 1;
    std::vector<std::string> data; //!< sets to train on, in place of the task's own
    bool mirror = true; //!< pictures: half of them as in a mirror
    //! Of outputs in layers: who listens, a share of the samples each; empty: one, in the
    //! phase's range of Es/N0, with the weights that the task names
    std::vector<ReceiverTraining> receivers;

    void visit(FieldVisitor& fields);
};

struct TrainConfig {
    std::string model_config; //!< JSON text of the ModelConfig
    std::map<std::string, TaskTraining> tasks;
    std::vector<PhaseConfig> phases;
    double learning_rate = 1e-3, final_learning_rate = 1e-5; //!< AdamW; cosine between
    std::int64_t warmup_steps = 300;
    double weight_decay = 5e-3;
    double gradient_clip = 1.0; //!< norm
    double label_smoothing = 0.0; //!< of the label tasks
    double auxiliary_weight
        = 0.3; //!< of a label loss at the semantic encoder's end, see docs/training.md
    double receiver_auxiliary_weight
        = 0; //!< of such a loss after the channel decoder, tasks without memory
    double selection_weight = 1.0; //!< of eq. 19, 20
    double ratio_weight = 0.01; //!< of |delta| in eq. 20, or of what is below
    double ratio_target = 0; //!< in place of |delta| the square of the difference between
                             //!< f_n's mean over the phase's Es/N0 and this; 0: |delta|
    double ratio_rate = 1; //!< learning rate of f_n in multiples of the others'
    double word_dropout = 0.1; //!< share of words hidden in text classification
    double rayleigh = 0.2; //!< share of samples through block Rayleigh fading, known at
                           //!< the receiver; each modality fades for itself
    double blind = 0.25; //!< share of samples of outputs in layers whose transmitter is
                         //!< given an Es/N0 drawn for itself, not the receiver's
    bool csi_at_transmitter
        = false; //!< the transmitter knows |h|^2; false: the mean alone
    bool air_gradient = true; //!< false: transmitter and receiver learn apart, see
                              //!< docs/training.md
    bool mixed_ranks = false; //!< each process draws a task of its own in each step
    std::uint64_t seed = 1;
    std::string split = "train";
    int checkpoint_every = 500; //!< steps

    //! Reads {"model": ..., "training": ...}. A file without "training" trains as
    //! default_training() says. Throws Error naming the field.
    static TrainConfig from_file(const std::string& path);
    std::int64_t total_steps() const;
    /*!
     * \brief The same network for one rate alone, to compare one in layers with.
     *
     * Tasks in layers keep their first layer and get a second one, so that both together
     * have \p symbols; only both together count in the loss.
     *
     * Errors: Error where no task is in layers, or the first layer has as many symbols.
     */
    TrainConfig at_one_rate(int symbols) const;
    void visit(FieldVisitor& fields);
};

/*! What a training has come to. */
struct TrainProgress {
    std::int64_t step = 0, total = 0;
    double steps_per_second = 0;
    std::map<std::string, double> scores; //!< by task, mean since the last report
};

/*! Where and how a training runs; nothing here changes what is learnt. */
struct TrainRun {
    std::string data_dir;
    std::string out_dir; //!< checkpoint, log and model are written here, by rank 0
    std::string
        tokenizer; //!< SentencePiece model or vocab.txt; made from the data if empty
    std::string start_from; //!< model file whose weights to begin with, may be empty
    std::string bert; //!< folder of a published BERT for the text encoder to begin with
    std::string vit; //!< folder of a published ViT for the image encoder to begin with
    //! Of the processes that train together: host and port of rank 0, see
    //! docs/training.md
    std::string rendezvous_host = "127.0.0.1";
    int rendezvous_port = 0;
    int rank = 0, world_size = 1;
    double timeout_s = 300; //!< for the other processes to come, and to answer
    std::string device = "cpu"; //!< or "cuda"
    bool autocast = false; //!< bf16 where the arithmetic allows it
    double max_minutes = 0; //!< stop with a checkpoint after so long; 0: never
    int max_bad = 10; //!< unreadable files or lines that are skipped
    bool must_resume = false; //!< Error where there is no checkpoint to go on from
    std::function<void(const TrainProgress&)>
        progress; //!< called by rank 0, may be empty
};

/*!
 * \brief Trains by Algorithm 1, from the checkpoint in out_dir if there is one.
 *
 * A run that is killed and started again gives bit for bit the weights of one that was
 * not (same processor, same number of processes). Writes out_dir/log.jsonl,
 * out_dir/checkpoint.safetensors and out_dir/model.safetensors; gives the last one's
 * path. Throws Error.
 */
std::string train(const TrainConfig& config, const TrainRun& run);

/*! What prepare() found of one task's data. */
struct PreparedTask {
    std::string task, data, split;
    std::size_t samples = 0, skipped = 0;
    std::vector<std::string> classes;
};

//! Makes the tokenizer from the training texts and checks every data file that the
//! configuration's tasks need.
std::vector<PreparedTask> prepare(const TrainConfig& config, const TrainRun& run);

} // namespace udeepsc_core
