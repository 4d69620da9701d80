// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame/frame_layout.h"
#include "frame/reference_symbols.h"
#include "frame/root_raised_cosine.h"

#include <udeepsc_phy/frame.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <set>

using namespace udeepsc_phy;
using detail::FrameLayout;

namespace {

//! The message of the std::invalid_argument that f throws, or "" if it throws none.
std::string refusal(const std::function<void()>& f)
{
    try {
        f();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

//! Peak over all delays but 0 of |sum a_i a_(i+k) exp(2 pi j f i)|, f = 0 or |f| <=
//! max_cfo.
double sidelobe(const std::vector<float>& a, double max_cfo)
{
    const int n = static_cast<int>(a.size());
    const double step = 0.25 / n;
    const int steps = static_cast<int>(max_cfo / step);
    double peak = 0.0;
    for (int k = 1; k < n; k++) {
        for (int f = -steps; f <= steps; f++) {
            const auto turn = std::polar(1.0, 2.0 * M_PI * f * step);
            std::complex<double> sum = 0.0, phasor = 1.0;
            for (int i = 0; i + k < n; i++) {
                sum += phasor * double(a[i] * a[i + k]);
                phasor *= turn;
            }
            peak = std::max(peak, std::abs(sum));
        }
    }
    return peak;
}

} // namespace

TEST(Frame, ProfilesValidate)
{
    for (const auto& name : FrameProfile::names()) {
        const auto profile = FrameProfile::from_name(name);
        EXPECT_EQ(profile.name, name);
        EXPECT_NO_THROW(profile.validate());
    }
    EXPECT_EQ(FrameProfile::from_name("standard").preamble_symbols, 256u);
    EXPECT_EQ(FrameProfile::from_name("multipath").preamble_symbols, 512u);
    EXPECT_EQ(FrameProfile::from_name("ofdm").waveform, Waveform::ofdm);
    const auto text = refusal([] { FrameProfile::from_name("Standard"); });
    EXPECT_NE(text.find("Standard"), std::string::npos);
    EXPECT_NE(text.find("expected standard, multipath"), std::string::npos);
}

// Each field out of its range: refused under its name.
TEST(Frame, ProfileErrorsNameTheField)
{
    const auto refused = [](const char* field, auto change) {
        FrameProfile profile;
        change(profile);
        const auto text = refusal([&] { profile.validate(); });
        EXPECT_EQ(text.rfind(std::string(field) + ": got ", 0), 0u) << field << text;
        EXPECT_NE(text.find("expected"), std::string::npos);
        EXPECT_THROW(FrameLayout { profile }, std::invalid_argument);
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    refused("waveform", [](auto& p) { p.waveform = static_cast<Waveform>(7); });
    refused("samples_per_symbol", [](auto& p) { p.samples_per_symbol = 1; });
    refused("samples_per_symbol", [](auto& p) { p.samples_per_symbol = 9; });
    refused("rolloff", [](auto& p) { p.rolloff = 0; });
    refused("rolloff", [=](auto& p) { p.rolloff = nan; });
    refused("filter_span", [](auto& p) { p.filter_span = 2; });
    refused("filter_span", [](auto& p) { p.filter_span = 21; });
    refused("ramp_symbols", [](auto& p) { p.ramp_symbols = 257; });
    refused("preamble_symbols", [](auto& p) { p.preamble_symbols = 200; });
    refused("header_repetition", [](auto& p) { p.header_repetition = 0; });
    refused("pilot_symbols", [](auto& p) { p.pilot_symbols = 0; });
    refused("data_symbols", [](auto& p) { p.data_symbols = 0; });
    refused("channel_taps", [](auto& p) { p.channel_taps = 0; });
    refused("max_cfo", [](auto& p) { p.max_cfo = -0.01; });
    refused("max_cfo", [](auto& p) { p.max_cfo = 0.201; });
    refused("max_cfo", [=](auto& p) { p.max_cfo = nan; });
    refused("max_payload_symbols", [](auto& p) { p.max_payload_symbols = 65536; });
    refused("max_payloads", [](auto& p) { p.max_payloads = 0; });
    refused("max_payloads", [](auto& p) { p.max_payloads = 65; });
}

TEST(Frame, HeaderErrorsNameTheField)
{
    const auto refused = [](const char* field, auto change) {
        PayloadHeader header;
        header.symbols = 1;
        EXPECT_NO_THROW(header.validate());
        change(header);
        const auto text = refusal([&] { header.validate(); });
        EXPECT_EQ(text.rfind(field, 0), 0u) << field << ": " << text;
    };
    refused("frame_id", [](auto& h) { h.frame_id = 256; });
    refused("task", [](auto& h) { h.task = 16; });
    refused("modality", [](auto& h) { h.modality = 3; });
    refused("layer", [](auto& h) { h.layer = 8; });
    refused("candidates", [](auto& h) { h.candidates = 257; });
    refused("positions", [](auto& h) { h.positions = { 0 }; });
    refused("positions", [](auto& h) {
        h.candidates = 8;
        h.vectors = 1;
    });
    refused("positions", [](auto& h) {
        h.candidates = 8;
        h.vectors = 2;
        h.positions = { 3, 3 };
    });
    refused("positions", [](auto& h) {
        h.candidates = 8;
        h.vectors = 1;
        h.positions = { 8 };
    });
    refused("model", [](auto& h) { h.model = 256; });
    refused("modulation", [](auto& h) { h.modulation = static_cast<Modulation>(5); });
    refused("vectors", [](auto& h) { h.vectors = 128; });
    refused("power_db", [](auto& h) { h.power_db = 16; });
    refused("power_db", [](auto& h) { h.power_db = 0.25; });
    refused("power_db", [](auto& h) { h.power_db = NAN; });
    refused("repetitions", [](auto& h) { h.repetitions = 0; });
    refused("repetitions", [](auto& h) { h.repetitions = 9; });
    refused("symbols", [](auto& h) { h.symbols = 0; });
    refused("symbols", [](auto& h) { h.symbols = 8192; });
}

// s_n = s_(n-18) + s_(n-23): the recurrence that x^23 + x^18 + 1 stands for.
TEST(Frame, PrbsFollowsItsPolynomial)
{
    const auto s = detail::prbs_signs(detail::PILOT_SEED, 5000);
    for (std::size_t n = 23; n < s.size(); n++) {
        ASSERT_EQ(s[n], s[n - 18] * s[n - 23]);
    }
    // Before it has fed itself, the generator's taps read the seed, oldest bit first.
    const auto seed_bit = [](int i) { return (detail::PILOT_SEED >> i) & 1; };
    for (int n = 0; n < 18; n++) {
        EXPECT_EQ(s[n] < 0, seed_bit(22 - n) != seed_bit(17 - n)) << n;
    }
}

// The table of docs/frame-format.md: the first 64 bits, hexadecimal.
TEST(Frame, KnownSequencesAreThoseOfTheDocumentation)
{
    const auto hex = [](const std::vector<float>& signs) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 64; i++) {
            bits = bits << 1 | (signs.at(i) < 0.0f);
        }
        return bits;
    };
    EXPECT_EQ(hex(detail::preamble_signs(64)), 0x149c5d0e2ff997a1u);
    EXPECT_EQ(hex(detail::preamble_signs(128)), 0xb20dade7702212e8u);
    EXPECT_EQ(hex(detail::preamble_signs(256)), 0xfdb8c69540287a8au);
    EXPECT_EQ(hex(detail::preamble_signs(512)), 0x9d4f9a6979ae8c98u);
    EXPECT_EQ(hex(detail::prbs_signs(detail::PILOT_SEED, 64)), 0xc37ad7584078a09eu);
    EXPECT_EQ(hex(detail::prbs_signs(detail::PAYLOAD_SCRAMBLER_SEED, 64)),
              0x52d07e11bf784ca0u);
    EXPECT_EQ(hex(detail::prbs_signs(detail::TRAINING_SEED, 64)), 0x9219e7a24a27d61du);
    EXPECT_EQ(hex(detail::prbs_signs(detail::RAMP_SEED, 64)) >> 48, 0xd3b4u);
    EXPECT_EQ(hex(detail::prbs_signs(detail::HEADER_SCRAMBLER_SEED, 64)),
              0x5ac48004a9012312u);
}

/*
 * Far below the main peak in every respect. 3 sqrt(n) would be the peak of a sequence
 * taken at random over as many delays and offsets; the searched ones stay under 2.2 (512:
 * the last is at 2.19).
 */
TEST(Frame, PreamblesHaveOnePeak)
{
    for (unsigned n : detail::preamble_lengths()) {
        const auto a = detail::preamble_signs(n);
        ASSERT_EQ(a.size(), n);
        double sum = 0.0, early = 0.0;
        for (float x : a) {
            ASSERT_EQ(std::abs(x), 1.0f);
            sum += x;
        }
        EXPECT_LE(std::abs(sum), 2.0) << n;
        // As the channel sees it: delays of up to 16 symbols.
        for (unsigned k = 1; k <= 16; k++) {
            double c = 0.0;
            for (unsigned i = 0; i + k < n; i++) {
                c += a[i] * a[i + k];
            }
            early += c * c / 16;
        }
        EXPECT_LE(std::sqrt(early), 0.6 * std::sqrt(n)) << n;
        EXPECT_LE(sidelobe(a, 0.0), 1.9 * std::sqrt(n)) << n;
        EXPECT_LE(sidelobe(a, 0.02), 2.2 * std::sqrt(n)) << n;
    }
    EXPECT_THROW(detail::preamble_signs(100), std::invalid_argument);
}

TEST(Frame, RootRaisedCosineHasUnitEnergyAndNoIsi)
{
    for (unsigned sps : { 2u, 3u, 4u, 8u }) {
        for (double rolloff : { 0.2, 0.25, 0.35, 0.5, 1.0 }) {
            const auto h = detail::root_raised_cosine(sps, rolloff, 20);
            ASSERT_EQ(h.size(), 20 * sps + 1);
            double energy = 0.0;
            for (std::size_t i = 0; i < h.size(); i++) {
                ASSERT_TRUE(std::isfinite(h[i]));
                EXPECT_EQ(h[i], h[h.size() - 1 - i]);
                energy += h[i] * h[i];
            }
            EXPECT_NEAR(energy, 1.0, 1e-6);
            // The pulse and its matched filter, a whole number of symbols apart.
            double isi = 0.0;
            for (std::size_t shift = sps; shift < h.size(); shift += sps) {
                double r = 0.0;
                for (std::size_t i = 0; i + shift < h.size(); i++) {
                    r += h[i] * h[i + shift];
                }
                isi += 2.0 * r * r;
            }
            // Cutting the pulse leaves some; less the faster it decays.
            const double limit = rolloff >= 0.35 ? 1e-5 : 1e-4;
            EXPECT_LT(isi, limit) << sps << " " << rolloff;
        }
    }
}

// Counting symbol by symbol, as the definition reads, for bodies of every length.
TEST(Frame, LayoutPutsPilotsAfterEveryGroupAndAtTheEnd)
{
    FrameProfile profile;
    profile.data_symbols = 5;
    profile.pilot_symbols = 3;
    const FrameLayout layout(profile);
    for (std::size_t body = 1; body <= 40; body++) {
        std::size_t symbol = profile.preamble_symbols, group = 0;
        for (std::size_t i = 0; i < body; i++) {
            ASSERT_EQ(layout.body_symbol(i), symbol++);
            const bool last = i + 1 == body;
            if ((i + 1) % 5 == 0 || last) {
                if (!last) {
                    ASSERT_EQ(layout.pilot_symbol(group), symbol);
                }
                const auto run = layout.reference_runs(body)[group + 1];
                ASSERT_EQ(run.first, std::ptrdiff_t(symbol));
                ASSERT_EQ(run.values.size(), 3u);
                for (int k = 0; k < 3; k++) {
                    ASSERT_EQ(run.values[k], layout.pilots()[3 * group + k]);
                }
                symbol += 3;
                group++;
            }
        }
        ASSERT_EQ(layout.pilot_groups(body), group);
        ASSERT_EQ(layout.reference_runs(body).size(), group + 1);
        ASSERT_EQ(layout.frame_symbols(body), symbol);
        ASSERT_EQ(layout.symbol_sample(-8), 20u);
        ASSERT_EQ(layout.burst_samples(body), 2 * (symbol + 16 - 1) + 41);
    }
    // 2 (88 + 16 + 8) coded bits of a header, 2 (8 * 12 + 16 + 8) of a description of 12.
    EXPECT_EQ(layout.header_length(), 5u * 224);
    EXPECT_EQ(layout.body_length(0, 30), 5 * 224u + 30);
    EXPECT_EQ(layout.body_length(12, 30), 5 * (224u + 240u) + 30);
    EXPECT_EQ(layout.max_body_length(), 5 * (224u + 4128u) + 32768);
    EXPECT_EQ(layout.reference_runs_before(2).size(), 3u);
    EXPECT_EQ(layout.reference_runs_before(2)[2].first, std::ptrdiff_t(256 + 5 + 3 + 5));
}

// No symbol is two things, and none is nothing.
TEST(Frame, EverySymbolOfAFrameIsOneThing)
{
    for (const auto& name : { "standard", "multipath", "short" }) {
        const FrameLayout layout(FrameProfile::from_name(name));
        for (std::size_t payload : { 1u, 27u, 28u, 29u, 1000u, 32768u }) {
            const std::size_t body = layout.body_length(0, payload);
            std::set<std::size_t> seen;
            for (std::size_t i = 0; i < body; i++) {
                EXPECT_TRUE(seen.insert(layout.body_symbol(i)).second);
            }
            for (const auto& run : layout.reference_runs(body)) {
                for (std::size_t i = 0; i < run.values.size(); i++) {
                    EXPECT_TRUE(seen.insert(run.first + i).second);
                }
            }
            EXPECT_EQ(seen.size(), layout.frame_symbols(body));
            EXPECT_EQ(*seen.rbegin(), layout.frame_symbols(body) - 1);
        }
    }
}
