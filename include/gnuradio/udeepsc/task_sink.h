// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>
#include <vector>

namespace gr {
namespace udeepsc {

/*! One sample as it came out of the receiver. */
struct UDEEPSC_API received_result {
    std::uint64_t frame_id = 0; //!< number of the sample
    std::string task; //!< name from the model file
    std::string output; //!< "label", "picture", "sentence" or "score"
    int label = -1; //!< most probable class
    std::string class_name; //!< its name
    std::vector<float> probabilities; //!< of all classes, in the model's order
    std::vector<std::uint8_t> picture; //!< [height, width, 3] RGB
    int height = 0, width = 0; //!< of the picture, pixels
    std::string sentence; //!< UTF-8
    double value = 0; //!< of output "score"
    std::string shown; //!< the result in one line
    std::string missing; //!< modalities that never came, with commas
    std::string reference; //!< sentence or class name sent, where known
    //! Accuracy of this sample (0 or 1), PSNR in dB, or BLEU-4 of this sentence; NaN
    //! where no reference is known.
    double score = 0;
    double snr_db = 0; //!< Es/N0 the selector chose for; NaN: not said
    double noise_var = 0; //!< after equalisation; NaN: not said
    int candidates = 0; //!< feature vectors the selector chose from
    std::vector<int> kept; //!< positions of the feature vectors sent
    int symbols = 0; //!< complex symbols sent
    std::string source; //!< name of the picture, for a tile
    int tile_row = 0, tile_column = 0; //!< of a tile in its picture, in tiles
    double delay_ms = 0; //!< source to sink, ms; NaN: not said
};

/*!
 * \brief The end of the chain: scores, keeps and records what the receiver made.
 * \ingroup udeepsc
 *
 * Scores against the key "reference" where a PDU has it, puts the tiles of a picture
 * together again and keeps the last results for Python. A record that can no longer be
 * written (disk full) is logged once; everything else goes on.
 *
 * <b>Ports</b>
 * - in "in": results of unified_decoder. Reads task, output, label, class_name,
 * reference, shape, picture, picture_size, tile, tiles, snr_db, noise_var, kept,
 * candidates, symbols, frame_id, sample, t_source.
 * - out "stats": after every result, dict with task, count, score and mean_score, the
 * mean of the scores so far; the counters of pdu_block on request.
 *
 * <b>Errors</b>: make() throws std::invalid_argument for keep, columns or rows out of
 * range and for a record that cannot be opened. PDUs are dropped as "unknown task"
 * (another than `task`), "bad key", "wrong type", "wrong shape" or "not finite".
 */
class UDEEPSC_API task_sink : virtual public pdu_block {
public:
    typedef std::shared_ptr<task_sink> sptr;

    //! \param task only results of this task count; "" takes all
    //! \param keep results kept for results(), the oldest go first, 0..1000000
    //! \param record JSON-lines file, one line per result; "" for none
    //! \param columns tiles in a row of a picture, 1..256, where results do not say, but
    //! came over a radio (key sample): then a tile's number tells its place
    //! \param rows such rows in a picture, 1..256
    static sptr make(const std::string& task = "",
                     int keep = 1000,
                     const std::string& record = "",
                     int columns = 8,
                     int rows = 8);

    //! Results taken, of one task or ("") of all.
    virtual std::uint64_t count(const std::string& task = "") const = 0;
    //! Results that could be scored.
    virtual std::uint64_t scored(const std::string& task = "") const = 0;
    //! Accuracy, mean PSNR in dB, or corpus BLEU-4 (of the last 10000 sentences) of a
    //! task; NaN if nothing was scored.
    virtual double mean_score(const std::string& task) const = 0;
    //! Corpus BLEU-1 of a task whose output is a sentence; NaN if nothing was scored.
    virtual double bleu1(const std::string& task) const = 0;
    //! Names of the tasks seen.
    virtual std::vector<std::string> tasks() const = 0;
    //! The last results, oldest first.
    virtual std::vector<received_result> results() const = 0;
    //! Names of the pictures put together from tiles; the last 16 are kept. Those of
    //! tiles that bring no name are "picture 0", "picture 1" ... by their numbers.
    virtual std::vector<std::string> pictures() const = 0;
    //! RGB bytes of such a picture, missing tiles grey; [height, width, 3].
    //! Throws std::invalid_argument for a name that is none.
    virtual std::vector<std::uint8_t>
    picture(const std::string& name, int& height, int& width) const = 0;
    //! Waits until count() reaches `n`. False if `timeout_s` seconds pass first.
    virtual bool wait_for(std::uint64_t n, double timeout_s) const = 0;
    //! Forgets results, scores and pictures; the counters of pdu_block go on.
    virtual void reset() = 0;
};

} // namespace udeepsc
} // namespace gr
