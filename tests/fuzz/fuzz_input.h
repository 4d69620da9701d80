// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

/*!
 * \brief What libFuzzer and replay.cc call with each input.
 *
 * Bad input may end in the exception that the door's header documents, which the target
 * catches, and in nothing else: any other exception, signal or report of a sanitizer is a
 * fault.
 */
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

//! Ends the program, as a failed assert() does in every kind of build.
inline void require(bool holds, const char* what)
{
    if (!holds) {
        std::fprintf(stderr, "fuzz: does not hold: %s\n", what);
        std::abort();
    }
}

/*! An input as a row of numbers and texts; behind its end they are zeros and empty. */
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : d_next(data)
        , d_left(size)
    { }

    std::size_t left() const { return d_left; }

    template <typename T> T number()
    {
        T value {};
        const std::size_t bytes = std::min(sizeof(T), d_left);
        if (bytes > 0) // the empty input lies nowhere
            std::memcpy(&value, d_next, bytes);
        skip(bytes);
        return value;
    }
    std::uint8_t byte() { return number<std::uint8_t>(); }

    //! One of 0 ... count - 1; count is at most 256.
    unsigned choice(unsigned count) { return byte() % count; }

    std::string text(std::size_t most)
    {
        const std::size_t bytes = std::min(most, d_left);
        std::string taken(reinterpret_cast<const char*>(d_next), bytes);
        skip(bytes);
        return taken;
    }

    //! Up to the next byte 0xff, which no UTF-8 has, or to the end.
    std::string part()
    {
        std::size_t bytes = 0;
        while (bytes < d_left && d_next[bytes] != 0xff) {
            ++bytes;
        }
        std::string taken = text(bytes);
        skip(std::min<std::size_t>(1, d_left));
        return taken;
    }

    std::string rest() { return text(d_left); }

private:
    void skip(std::size_t bytes)
    {
        d_next += bytes;
        d_left -= bytes;
    }

    const std::uint8_t* d_next;
    std::size_t d_left;
};

/*! An input as a file, for doors that take a path. In memory: nothing is left behind. */
class InputFile {
public:
    InputFile(const void* data, std::size_t size)
        : d_descriptor(::memfd_create("fuzz", MFD_CLOEXEC))
    {
        const auto written = ::write(d_descriptor, data, size);
        require(written == static_cast<ssize_t>(size), "the input fits into a file");
    }
    explicit InputFile(const std::string& bytes)
        : InputFile(bytes.data(), bytes.size())
    { }
    ~InputFile() { ::close(d_descriptor); }
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(d_descriptor); }

private:
    int d_descriptor;
};

} // namespace fuzz
