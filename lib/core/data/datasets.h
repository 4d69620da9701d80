// SPDX-License-Identifier: GPL-3.0-or-later
// Data sets by name: each is a file of its own, datasets.cc has the table.
#pragma once

#include "../kinds/modality.h"

#include <udeepsc_core/dataset.h>

#include <map>
#include <memory>
#include <string>

namespace udeepsc_core {

/*! What is wanted of a data set. */
struct DatasetRequest {
    std::string name; //!< whole, such as "folder:flowers"
    std::string argument; //!< behind the colon or hyphen, "" for none
    std::string data_dir, split;
    std::string target_column; //!< that a table must have, "" for none
    int max_bad = 10;
    std::map<std::string, std::shared_ptr<const Modality>>
        modalities; //!< the task's, by name
    std::map<std::string, int> memory; //!< frames of them that the task remembers

    //! Name of the task's only modality of this kind. Error if there is none, or several.
    std::string modality_of_kind(const std::string& kind) const;
    //! Name of the one modality of this kind among the task's. Error if there is none, or
    //! several.
    std::string modality_among(const std::string& kind) const;
    //! As modality_among(), of those that the task remembers, or of the others.
    std::string modality_with_memory(const std::string& kind, bool remembered) const;
    //! Name of the task's only modality. Error if there are several.
    std::string only_modality() const;
};

//! Samples that lie in memory; Error for none.
std::shared_ptr<const Dataset> in_memory(DatasetInfo info, std::vector<Sample> samples);

std::shared_ptr<const Dataset> open_babi(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_cifar10(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_intention(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_picture_memory(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_mnist(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_sst2(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_folder(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_tiles(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_tsv(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_easyvqa(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_daquar(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_vqa2(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_mosi(const DatasetRequest& request);
std::shared_ptr<const Dataset> open_fsdd(const DatasetRequest& request);

} // namespace udeepsc_core
