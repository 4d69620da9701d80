// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a fuzz target without libFuzzer: every file of the folders given, then as many
// inputs made of them by a seeded generator. Names the first input that takes too long or
// too much memory, and leaves what ended the program in the file fault.input.
#include "fuzz_input.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

// Sanitizers make a program several times slower and larger.
#if defined(FUZZ_SANITIZED)
constexpr double SLOWER = 10, LARGER = 4;
#else
constexpr double SLOWER = 1, LARGER = 1;
#endif
constexpr double MAX_SECONDS = 1 * SLOWER; // of processor time
constexpr double MAX_MIB = 512 * LARGER; // more than before the first input
constexpr std::size_t MAX_INPUT = 1 << 14; // of those that are made
const char* const FAULT_FILE = "fault.input";

// For the signal handler.
const Bytes* s_current = nullptr;

void keep_current()
{
    const int file = ::open(FAULT_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file >= 0 && s_current) {
        if (::write(file, s_current->data(), s_current->size()) < 0)
            ::unlink(FAULT_FILE);
        ::close(file);
    }
}

extern "C" void on_fault(int signal)
{
    keep_current();
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

double processor_seconds()
{
    timespec now {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double peak_mib()
{
    rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

[[noreturn]] void fail(const std::string& name, const std::string& text)
{
    keep_current();
    std::cerr << "replay: " << name << ": " << text << "; it is in " << FAULT_FILE
              << "\n";
    std::exit(1);
}

/*! Runs inputs and watches what they take. */
class Runner {
public:
    void run(const Bytes& input, const std::string& name)
    {
        s_current = &input;
        const double began = processor_seconds();
        LLVMFuzzerTestOneInput(input.data(), input.size());
        const double seconds = processor_seconds() - began;
        // What a target makes once, such as a model, is made for the first input.
        if (d_runs++ == 0)
            d_mib = peak_mib();
        else if (seconds > MAX_SECONDS)
            fail(name,
                 "took " + std::to_string(seconds) + " s, expected at most "
                     + std::to_string(MAX_SECONDS));
        if (peak_mib() - d_mib > MAX_MIB)
            fail(name,
                 "took " + std::to_string(peak_mib() - d_mib) + " MiB, expected at most "
                     + std::to_string(MAX_MIB));
    }
    std::size_t runs() const { return d_runs; }

private:
    std::size_t d_runs = 0;
    double d_mib = 0;
};

class Mutator {
public:
    Mutator(const std::vector<Bytes>& corpus, unsigned seed)
        : d_corpus(corpus)
        , d_random(seed)
    { }

    Bytes make()
    {
        Bytes input = d_corpus[below(d_corpus.size())];
        if (input.size() > MAX_INPUT)
            input.resize(MAX_INPUT);
        for (std::size_t edits = 1 + below(6); edits > 0; --edits)
            edit(input);
        return input;
    }

private:
    std::size_t below(std::size_t count) { return d_random() % count; }

    void edit(Bytes& input)
    {
        static const std::uint8_t s_telling[]
            = { 0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', '\n', '\t', '9', '-' };
        const std::size_t at = below(input.size() + 1);
        const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t count = std::min(input.size() - at, 1 + below(16));
        switch (below(6)) {
        case 0:
            input.erase(place, place + static_cast<std::ptrdiff_t>(count));
            break;
        case 1:
            input.insert(place, s_telling[below(std::size(s_telling))]);
            break;
        case 2:
            std::fill_n(place, count, s_telling[below(std::size(s_telling))]);
            break;
        case 3: {
            const Bytes copy(place, place + static_cast<std::ptrdiff_t>(count));
            const auto to = static_cast<std::ptrdiff_t>(below(input.size() + 1));
            input.insert(input.begin() + to, copy.begin(), copy.end());
            break;
        }
        case 4: { // the end of another
            const Bytes& other = d_corpus[below(d_corpus.size())];
            const std::size_t from = below(other.size() + 1);
            input.erase(place, input.end());
            input.insert(input.end(),
                         other.begin() + static_cast<std::ptrdiff_t>(from),
                         other.end());
            input.resize(std::min(input.size(), MAX_INPUT));
            break;
        }
        default:
            if (at < input.size())
                input[at] ^= static_cast<std::uint8_t>(1u << below(8));
        }
    }

    const std::vector<Bytes>& d_corpus;
    std::mt19937 d_random;
};

std::vector<fs::path> files_in(const fs::path& folder)
{
    std::vector<fs::path> files;
    if (fs::is_directory(folder))
        for (const auto& entry : fs::directory_iterator(folder))
            files.push_back(entry.path());
    else if (fs::exists(folder))
        files.push_back(folder);
    std::sort(files.begin(), files.end());
    return files;
}

int usage()
{
    std::cerr << "usage: replay_TARGET EXECUTIONS SEED FOLDER_OR_FILE...\n";
    return 2;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 4)
        return usage();
    const std::size_t executions = std::strtoul(argv[1], nullptr, 10);
    const auto seed = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    for (const int signal : { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT })
        ::signal(signal, on_fault);

    Runner runner;
    std::vector<Bytes> corpus { {} };
    runner.run(corpus[0], "the empty input");
    for (int i = 3; i < argc; ++i)
        for (const auto& path : files_in(argv[i])) {
            std::ifstream file(path, std::ios::binary);
            corpus.emplace_back(std::istreambuf_iterator<char>(file),
                                std::istreambuf_iterator<char>());
            runner.run(corpus.back(), path.string());
        }
    if (corpus.size() == 1) {
        std::cerr << "replay: found no files, expected a corpus\n";
        return 2;
    }
    Mutator mutator(corpus, seed);
    for (std::size_t i = 0; i < executions; ++i)
        runner.run(mutator.make(), "input " + std::to_string(i) + " of seed " + argv[2]);
    std::cout << runner.runs() << " executions, " << corpus.size() << " files, "
              << processor_seconds() << " s, peak " << peak_mib() << " MiB\n";
    return 0;
}
