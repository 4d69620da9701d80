// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/metrics.h>

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>

namespace udeepsc_core {

namespace {

constexpr double Z95 = 1.959963984540054; // normal quantile of 0.975
constexpr std::size_t MAX_ORDER = 4;

void require_same_size(const char* metric, std::size_t found, std::size_t expected)
{
    if (found != expected) {
        throw Error(std::string(metric) + ": found " + std::to_string(found)
                    + " received values, expected " + std::to_string(expected)
                    + ", as many as in the reference");
    }
    if (expected == 0) {
        throw Error(std::string(metric) + ": found nothing to compare, expected some");
    }
}

double db_of_squared_error(double sum, std::size_t count)
{
    const double mean_squared = sum / static_cast<double>(count);
    if (mean_squared <= 0.0) {
        return MAX_PSNR_DB;
    }
    return std::min(MAX_PSNR_DB, 10.0 * std::log10(255.0 * 255.0 / mean_squared));
}

int level(std::uint8_t value)
{
    return value;
}
int level(float value)
{
    return to_8bit(value);
}

template <typename Sample>
double psnr_of_range(const Sample* received, const Sample* reference, std::size_t count)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        const double difference = level(received[i]) - level(reference[i]);
        sum += difference * difference;
    }
    return db_of_squared_error(sum, count);
}

template <typename Sample>
Estimate mean_psnr(const std::vector<Sample>& received,
                   const std::vector<Sample>& reference,
                   std::size_t samples_per_picture)
{
    require_same_size("PSNR", received.size(), reference.size());
    if (samples_per_picture == 0 || reference.size() % samples_per_picture != 0) {
        throw Error("PSNR: found " + std::to_string(reference.size())
                    + " samples, expected a multiple of "
                    + std::to_string(samples_per_picture) + " per picture");
    }
    std::vector<double> values;
    for (std::size_t at = 0; at < reference.size(); at += samples_per_picture) {
        values.push_back(psnr_of_range(
            received.data() + at, reference.data() + at, samples_per_picture));
    }
    return mean(values);
}

//! What a sentence adds to the corpus's BLEU; sums of these give BLEU of any sample.
struct NgramCounts {
    std::array<double, MAX_ORDER> matches {};
    std::array<double, MAX_ORDER> received {};
    std::array<double, MAX_ORDER> reference {};
    double received_words = 0.0;
    double reference_words = 0.0;

    void add(const NgramCounts& other)
    {
        for (std::size_t n = 0; n < MAX_ORDER; ++n) {
            matches[n] += other.matches[n];
            received[n] += other.received[n];
            reference[n] += other.reference[n];
        }
        received_words += other.received_words;
        reference_words += other.reference_words;
    }
};

using Ngram = std::vector<std::string>;

std::map<Ngram, int> ngrams(const std::vector<std::string>& words, std::size_t order)
{
    std::map<Ngram, int> counts;
    for (std::size_t at = 0; at + order <= words.size(); ++at) {
        const auto first = words.begin() + static_cast<std::ptrdiff_t>(at);
        ++counts[Ngram(first, first + static_cast<std::ptrdiff_t>(order))];
    }
    return counts;
}

NgramCounts count_ngrams(const std::string& received, const std::string& reference)
{
    const auto received_words = split_words(received);
    const auto reference_words = split_words(reference);
    NgramCounts counts;
    counts.received_words = static_cast<double>(received_words.size());
    counts.reference_words = static_cast<double>(reference_words.size());
    for (std::size_t n = 0; n < MAX_ORDER; ++n) {
        const auto expected = ngrams(reference_words, n + 1);
        for (const auto& [ngram, count] : expected) {
            counts.reference[n] += count;
        }
        for (const auto& [ngram, count] : ngrams(received_words, n + 1)) {
            counts.received[n] += count;
            const auto found = expected.find(ngram);
            if (found != expected.end()) {
                counts.matches[n] += std::min(count, found->second);
            }
        }
    }
    return counts;
}

double bleu_of(const NgramCounts& counts, std::size_t max_order)
{
    double log_sum = 0.0;
    int orders = 0;
    for (std::size_t n = 0; n < max_order; ++n) {
        if (counts.received[n] == 0.0 && counts.reference[n] == 0.0) {
            continue;
        }
        if (counts.matches[n] == 0.0) {
            return 0.0;
        }
        log_sum += std::log(counts.matches[n] / counts.received[n]);
        ++orders;
    }
    if (orders == 0) {
        return 1.0; // nothing was said and nothing came
    }
    const double brevity = counts.received_words < counts.reference_words
        ? std::exp(1.0 - counts.reference_words / counts.received_words)
        : 1.0;
    return brevity * std::exp(log_sum / orders);
}

//! Half the distance between the 2.5 % and the 97.5 % quantile.
double half_width(std::vector<double> values)
{
    if (values.empty()) {
        return 0.0;
    }
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double q) {
        const double at = q * static_cast<double>(values.size() - 1);
        const auto low = static_cast<std::size_t>(at);
        const std::size_t high = std::min(low + 1, values.size() - 1);
        return values[low]
            + (at - static_cast<double>(low)) * (values[high] - values[low]);
    };
    return (quantile(0.975) - quantile(0.025)) / 2.0;
}

} // namespace

Estimate accuracy(std::size_t correct, std::size_t total)
{
    if (total == 0 || correct > total) {
        throw Error("accuracy: found " + std::to_string(correct) + " of "
                    + std::to_string(total)
                    + " right, expected 0 to all of at least one");
    }
    const auto n = static_cast<double>(total);
    const double p = static_cast<double>(correct) / n;
    const double half = Z95 / (1.0 + Z95 * Z95 / n)
        * std::sqrt(p * (1.0 - p) / n + Z95 * Z95 / (4.0 * n * n));
    return { p, half };
}

Estimate accuracy(const std::vector<int>& predicted, const std::vector<int>& expected)
{
    require_same_size("accuracy", predicted.size(), expected.size());
    std::size_t correct = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        correct += predicted[i] == expected[i];
    }
    return accuracy(correct, expected.size());
}

Estimate mean(const std::vector<double>& samples)
{
    if (samples.empty()) {
        throw Error("mean: found no samples, expected at least one");
    }
    const auto n = static_cast<double>(samples.size());
    double sum = 0.0;
    for (const double sample : samples) {
        sum += sample;
    }
    const double value = sum / n;
    if (samples.size() == 1) {
        return { value, 0.0 };
    }
    double squares = 0.0;
    for (const double sample : samples) {
        squares += (sample - value) * (sample - value);
    }
    return { value, Z95 * std::sqrt(squares / (n - 1.0) / n) };
}

std::uint8_t to_8bit(float value)
{
    if (!(value > 0.0f)) { // also NaN
        return 0;
    }
    return static_cast<std::uint8_t>(std::lround(std::min(value, 1.0f) * 255.0f));
}

double psnr_db(const std::vector<std::uint8_t>& received,
               const std::vector<std::uint8_t>& reference)
{
    require_same_size("PSNR", received.size(), reference.size());
    return psnr_of_range(received.data(), reference.data(), reference.size());
}

double psnr_db(const std::vector<float>& received, const std::vector<float>& reference)
{
    require_same_size("PSNR", received.size(), reference.size());
    return psnr_of_range(received.data(), reference.data(), reference.size());
}

Estimate psnr(const std::vector<std::uint8_t>& received,
              const std::vector<std::uint8_t>& reference,
              std::size_t samples_per_picture)
{
    return mean_psnr(received, reference, samples_per_picture);
}

Estimate psnr(const std::vector<float>& received,
              const std::vector<float>& reference,
              std::size_t samples_per_picture)
{
    return mean_psnr(received, reference, samples_per_picture);
}

Bleu bleu(const std::vector<std::string>& received,
          const std::vector<std::string>& reference,
          int resamples,
          std::uint64_t seed)
{
    require_same_size("BLEU", received.size(), reference.size());
    std::vector<NgramCounts> sentences;
    NgramCounts total;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        sentences.push_back(count_ngrams(received[i], reference[i]));
        total.add(sentences.back());
    }

    // The standard's distributions differ between libraries; its engine does not.
    std::mt19937_64 random(seed);
    std::vector<double> bleu1;
    std::vector<double> bleu4;
    for (int r = 0; r < resamples; ++r) {
        NgramCounts sample;
        for (std::size_t i = 0; i < sentences.size(); ++i) {
            sample.add(sentences[random() % sentences.size()]);
        }
        bleu1.push_back(bleu_of(sample, 1));
        bleu4.push_back(bleu_of(sample, MAX_ORDER));
    }
    return { { bleu_of(total, 1), half_width(bleu1) },
             { bleu_of(total, MAX_ORDER), half_width(bleu4) } };
}

} // namespace udeepsc_core
