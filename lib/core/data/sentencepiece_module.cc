// SPDX-License-Identifier: GPL-3.0-or-later
#include "sentencepiece_api.h"

#include <udeepsc_core/api.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <exception>

namespace {

class Sentences : public sentencepiece::SentenceIterator {
public:
    explicit Sentences(const std::vector<std::string>& sentences)
        : d_sentences(sentences)
    { }
    bool done() const override { return d_next >= d_sentences.size(); }
    void Next() override { ++d_next; }
    const std::string& value() const override { return d_sentences[d_next]; }
    sentencepiece::util::Status status() const override { return {}; }

private:
    const std::vector<std::string>& d_sentences;
    std::size_t d_next = 0;
};

std::string text_of(const sentencepiece::util::Status& status)
{
    return status.ok() ? std::string() : status.ToString();
}

//! What the library says of its work. It promises a status, and throws all the same, as
//! at a piece that begins with a zero.
template <typename Work> std::string fault_of(const Work& work)
{
    try {
        return text_of(work());
    } catch (const std::exception& e) {
        return e.what();
    }
}

class Module : public udeepsc_core::SentencePieceApi {
public:
    std::string load(const std::string& model) override
    {
        return fault_of([&] { return d_processor.LoadFromSerializedProto(model); });
    }
    std::string encode(const std::string& text, std::vector<int>& ids) const override
    {
        return fault_of([&] { return d_processor.Encode(text, &ids); });
    }
    std::string decode(const std::vector<int>& ids, std::string& text) const override
    {
        return fault_of([&] { return d_processor.Decode(ids, &text); });
    }
    int size() const override { return d_processor.GetPieceSize(); }
    int pad_id() const override { return d_processor.pad_id(); }
    int unknown_id() const override { return d_processor.unk_id(); }
    std::string train(const std::vector<std::pair<std::string, std::string>>& options,
                      const std::vector<std::string>& sentences,
                      std::string& model) const override
    {
        Sentences iterator(sentences);
        return fault_of([&] {
            return sentencepiece::SentencePieceTrainer::Train(
                { options.begin(), options.end() }, &iterator, &model);
        });
    }

private:
    sentencepiece::SentencePieceProcessor d_processor;
};

} // namespace

extern "C" UDEEPSC_CORE_API udeepsc_core::SentencePieceApi* udeepsc_make_sentencepiece()
{
    return new Module;
}
