// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/context_store.h>
#include <udeepsc_phy/snr_predictor.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace gr {
namespace udeepsc {

/*!
 * \brief What the channel was, as entries of a memory: the Es/N0 of past frames of each
 * transmitter, and what it will be.
 *
 * A store of its own: frames would push sentences out, and are worth nothing to a
 * question. Not thread-safe.
 */
class csi_memory {
public:
    //! Kind of such an entry: its task and its modality.
    static constexpr const char* KIND = "csi";

    //! reports: most of one transmitter, 1 or more
    csi_memory(int reports, const std::string& model_id)
        : d_store(options_of(reports, model_id))
        , d_model_id(model_id)
    { }

    //! Of a frame that came with this noise, > 0. Gives the next one's Es/N0 in dB.
    double add(int source, double noise_var, double time_s)
    {
        const double snr_db = std::clamp(-10 * std::log10(noise_var), -100.0, 100.0);
        udeepsc_core::ContextEntry entry;
        entry.source = source;
        entry.task = entry.block.modality = KIND;
        entry.model_id = d_model_id;
        entry.time = time_s;
        entry.frame = d_frames++;
        entry.block.noise_var = static_cast<float>(noise_var);
        entry.block.features = { 1, 1, { static_cast<float>(snr_db) } };
        entry.value = 0;
        d_store.add(std::move(entry));
        auto& predictor = d_predictors[source];
        predictor.add(snr_db);
        return std::clamp(predictor.next(), -100.0, 100.0);
    }

    //! Oldest first.
    std::vector<udeepsc_core::HeldEntry> held(int source, double now_s)
    {
        return d_store.held(source, now_s);
    }
    int size() const { return d_store.size(); }

private:
    static udeepsc_core::ContextStoreOptions options_of(int reports,
                                                        const std::string& model_id)
    {
        udeepsc_core::ContextStoreOptions options;
        options.entries = reports;
        options.model_id = model_id;
        return options;
    }

    udeepsc_core::ContextStore d_store;
    const std::string d_model_id;
    std::uint64_t d_frames = 0;
    std::map<int, udeepsc_phy::SnrPredictor> d_predictors; // by source
};

} // namespace udeepsc
} // namespace gr
