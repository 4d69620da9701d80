// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "source_thread.h"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

/*! What a source of files or texts sends. */
struct list_item {
    std::string content; // name of a file, or the text
    std::string label; // class name, "" where there is none
};

//! labels: none, or one for each of the contents. what: how an error names them.
inline std::vector<list_item> labelled(const std::vector<std::string>& contents,
                                       const std::vector<std::string>& labels,
                                       const std::string& what)
{
    if (!labels.empty() && labels.size() != contents.size()) {
        throw std::invalid_argument("labels has " + std::to_string(labels.size())
                                    + " entries, expected none or one for each of the "
                                    + std::to_string(contents.size()) + " " + what);
    }
    std::vector<list_item> items;
    for (std::size_t i = 0; i < contents.size(); i++) {
        items.push_back({ contents[i], labels.empty() ? "" : labels[i] });
    }
    return items;
}

//! Words of a message: a symbol, or the second half of a pair that is a symbol (a QT GUI
//! Message Edit Box with a key) or bytes (a PDU from a socket). Nothing for other
//! messages.
inline std::optional<std::string> words_of(const pmt::pmt_t& msg)
{
    const pmt::pmt_t words = pmt::is_pair(msg) ? pmt::cdr(msg) : msg;
    if (pmt::is_symbol(words)) {
        return pmt::symbol_to_string(words);
    }
    if (pmt::is_pair(msg) && pmt::is_u8vector(words)) {
        const auto bytes = pmt::u8vector_elements(words);
        return std::string(bytes.begin(), bytes.end());
    }
    return std::nullopt;
}

/*!
 * \brief What the sources of files and texts share: the list, the task, pace and trigger.
 *
 * A block calls stop() in its destructor: the thread calls send_item() until then.
 */
template <typename Block> class list_source : public Block, public pdu_block_impl {
public:
    bool start() override
    {
        d_thread.start();
        return true;
    }
    bool stop() override
    {
        d_thread.stop();
        return true;
    }
    void set_pace(double pace) override { d_thread.set_pace(pace); }
    double pace() const override { return d_thread.pace(); }
    void set_task(const std::string& task) override
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        d_task = task;
    }
    std::string task() const override
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        return d_task;
    }

protected:
    list_source(std::vector<list_item> items,
                const std::string& task,
                const source_options& options)
        : d_task(task)
        , d_thread(*this, std::move(items), options, [this](const list_item& i) {
            send_item(i);
        })
    {
        // Words are something to send instead of the list.
        add_input("trigger", [this](const pmt::pmt_t& msg) {
            const auto words = words_of(msg);
            if (words) {
                d_thread.trigger({ *words, "" });
            } else {
                d_thread.trigger_all();
            }
        });
        add_pdu_output();
    }

    //! In the source's thread. An exception drops the item and is counted.
    virtual void send_item(const list_item& item) = 0;
    //! Waits for a PDU's turn; false if the source is being stopped.
    bool wait_for_turn() { return d_thread.wait_for_turn(); }

private:
    mutable std::mutex d_mutex;
    std::string d_task; // guarded by d_mutex
    source_thread<list_item> d_thread;
};

} // namespace udeepsc
} // namespace gr
