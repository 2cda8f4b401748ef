"""The one door to skops, which writes models without pickle.

While it is imported, skops asks every module that is loaded for each function of ``scipy.special``.
Modules that answer with a warning about an old name (Airflow's do, a thousand times) aren't heard.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from skops.io import dumps, get_untrusted_types, loads

__all__ = ["dumps", "get_untrusted_types", "loads"]
