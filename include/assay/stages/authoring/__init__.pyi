from ._calibrate import calibrate_drift, write_calibration
from ._check import check_project
from ._contract_rules import not_judged
from ._draft import draft_dataset
from ._open_decisions import OpenDraft, open_drafts
from ._suggest import Suggested, proposed, suggest_suite
from ._try_gate import Trial, try_gate

__all__ = [
    "OpenDraft",
    "Suggested",
    "Trial",
    "calibrate_drift",
    "check_project",
    "draft_dataset",
    "not_judged",
    "open_drafts",
    "proposed",
    "suggest_suite",
    "try_gate",
    "write_calibration",
]
