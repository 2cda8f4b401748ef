from ._data_docs import build_data_docs, pending_data_docs
from ._evidence import read_evidence
from ._registry import accept_history, rebuild_catalog, verify
from ._sweep import apply_sweep, asked_of_sweep, plan_sweep

__all__ = [
    "accept_history",
    "apply_sweep",
    "asked_of_sweep",
    "build_data_docs",
    "pending_data_docs",
    "plan_sweep",
    "read_evidence",
    "rebuild_catalog",
    "verify",
]
