// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace udeepsc_core {

/*!
 * \brief SentencePiece behind a wall.
 *
 * Debian's libsentencepiece exports a protobuf of its own, libtorch_cpu brings another;
 * in one link the two take each other's symbols and the program dies before main(). So
 * the code that calls SentencePiece is a module of its own (sentencepiece_module.cc),
 * loaded at run time with its symbols kept to itself.
 *
 * Nothing here throws; an error is a text, empty if all went well.
 */
class SentencePieceApi {
public:
    virtual ~SentencePieceApi() = default;
    virtual std::string load(const std::string& model) = 0;
    virtual std::string encode(const std::string& text, std::vector<int>& ids) const = 0;
    virtual std::string decode(const std::vector<int>& ids, std::string& text) const = 0;
    virtual int size() const = 0;
    virtual int pad_id() const = 0;
    virtual int unknown_id() const = 0;
    //! options: as the trainer's command line takes them
    virtual std::string
    train(const std::vector<std::pair<std::string, std::string>>& options,
          const std::vector<std::string>& sentences,
          std::string& model) const = 0;
};

//! An empty processor from the module. Throws Error if the module cannot be loaded.
std::unique_ptr<SentencePieceApi> make_sentencepiece();

} // namespace udeepsc_core
