// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/attributes.h>

#ifdef gnuradio_udeepsc_EXPORTS
#define UDEEPSC_API __GR_ATTR_EXPORT
#else
#define UDEEPSC_API __GR_ATTR_IMPORT
#endif
