from ._data_docs import build_data_docs, pending_data_docs
from ._registry import accept_history, rebuild_catalog, verify
from ._sweep import apply_sweep, plan_sweep

__all__ = [
    "accept_history",
    "apply_sweep",
    "build_data_docs",
    "pending_data_docs",
    "plan_sweep",
    "rebuild_catalog",
    "verify",
]
