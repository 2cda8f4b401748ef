from ._data_docs import build_data_docs, pending_data_docs
from ._rebuild import rebuild_catalog
from ._sweep import apply_sweep, plan_sweep
from ._verify import verify

__all__ = [
    "apply_sweep",
    "build_data_docs",
    "pending_data_docs",
    "plan_sweep",
    "rebuild_catalog",
    "verify",
]
