// SPDX-License-Identifier: GPL-3.0-or-later
#include <gnuradio/udeepsc/pdu_keys.h>

namespace gr {
namespace udeepsc {
namespace keys {

// Interned on first use: a symbol made during static initialisation could come before the
// symbol table of pmt exists.
#define UDEEPSC_KEY(name)                                                                \
    const pmt::pmt_t& name()                                                             \
    {                                                                                    \
        static const pmt::pmt_t s_##name = pmt::intern(#name);                           \
        return s_##name;                                                                 \
    }

UDEEPSC_KEY(frame_id)
UDEEPSC_KEY(task)
UDEEPSC_KEY(modality)
UDEEPSC_KEY(shape)
UDEEPSC_KEY(snr_db)
UDEEPSC_KEY(noise_var)
UDEEPSC_KEY(model_id)
UDEEPSC_KEY(reference)
UDEEPSC_KEY(tx_gain)
UDEEPSC_KEY(kept)
UDEEPSC_KEY(candidates)
UDEEPSC_KEY(bits_per_index)
UDEEPSC_KEY(modulation)
UDEEPSC_KEY(mcs)
UDEEPSC_KEY(mapping)
UDEEPSC_KEY(symbols)
UDEEPSC_KEY(h)
UDEEPSC_KEY(channel)
UDEEPSC_KEY(output)
UDEEPSC_KEY(label)
UDEEPSC_KEY(class_name)
UDEEPSC_KEY(picture)
UDEEPSC_KEY(picture_size)
UDEEPSC_KEY(tile)
UDEEPSC_KEY(tiles)
UDEEPSC_KEY(text_id)
UDEEPSC_KEY(segment)
UDEEPSC_KEY(sample_rate)
UDEEPSC_KEY(layer)
UDEEPSC_KEY(layers)
UDEEPSC_KEY(probabilities)
UDEEPSC_KEY(missing)
UDEEPSC_KEY(t_source)
UDEEPSC_KEY(context)
UDEEPSC_KEY(age)
UDEEPSC_KEY(value)
UDEEPSC_KEY(remembered)
UDEEPSC_KEY(source)
UDEEPSC_KEY(destination)
UDEEPSC_KEY(integrity)
UDEEPSC_KEY(control)
UDEEPSC_KEY(samples)
UDEEPSC_KEY(payload_keys)
UDEEPSC_KEY(profile)
UDEEPSC_KEY(overhead)
UDEEPSC_KEY(sample)
UDEEPSC_KEY(first_sample)
UDEEPSC_KEY(end_sample)
UDEEPSC_KEY(timing)
UDEEPSC_KEY(cfo)
UDEEPSC_KEY(rho)
UDEEPSC_KEY(clock_ppm)
UDEEPSC_KEY(power)

#undef UDEEPSC_KEY

} // namespace keys
} // namespace udeepsc
} // namespace gr
