# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks that send meaning instead of bits: U-DeepSC in a GNU Radio flowgraph."""

import sys as _sys
from pathlib import Path as _Path

from .udeepsc_python import *
from .udeepsc_python import VERSION as __version__
from .radio_settings import RadioError, parse_radio, radio_with

if HAS_NETWORKS:
    from .camera_source import camera_source
    from .intention_router import intention_router
    from .microphone_source import microphone_source
    from .qt_memory_view import qt_memory_view
    from .qt_task_view import qt_task_view
    from .question_planner import question_planner
    from .question_source import question_source
    from .result_file_sink import result_file_sink
    from .udeepsc_node import udeepsc_node
    from .story_source import story_source
    from .udeepsc_rx import udeepsc_rx
    from .udeepsc_tx import udeepsc_tx
    from .voice_activity_detector import voice_activity_detector

# A flowgraph may name a model that lies beside it, wherever it is started from.
if HAS_NETWORKS and _sys.argv and _sys.argv[0] not in ('', '-c', '-m'):
    add_model_folder(str(_Path(_sys.argv[0]).resolve().parent))
