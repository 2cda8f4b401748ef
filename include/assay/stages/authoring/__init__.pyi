from ._calibrate import calibrate_drift, write_calibration
from ._check import check_project
from ._contract_rules import not_judged
from ._draft import draft_dataset
from ._from_source import draft_from_source
from ._open_decisions import open_drafts
from ._suggest import Suggested, proposed, suggest_suite
from ._try_gate import try_gate

__all__ = [
    "Suggested",
    "calibrate_drift",
    "check_project",
    "draft_dataset",
    "draft_from_source",
    "not_judged",
    "open_drafts",
    "proposed",
    "suggest_suite",
    "try_gate",
    "write_calibration",
]
