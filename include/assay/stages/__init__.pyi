from ._calibrate import calibrate_drift, write_calibration
from ._check import check_project
from ._clean import clean
from ._cleaned import CleanedVersion, derived_columns, open_cleaned
from ._commit import commit
from ._data_docs import build_data_docs, pending_data_docs
from ._drafts import OpenDraft, open_drafts
from ._gates import DoesNotApply, drift, fairness
from ._history import score_history
from ._ingest import ingest
from ._new import draft_dataset
from ._notify import notify
from ._office import Office
from ._pin import pin, unbegun
from ._protect import protect
from ._rebuild import rebuild_catalog
from ._release import abandon, release
from ._respond import known_silences, respond, told_incident, told_incidents
from ._suggest import Suggested, proposed, suggest_suite
from ._sweep import apply_sweep, plan_sweep
from ._tell import tell
from ._ticket import Asked, StageResult, Ticket, render_result
from ._trial import Trial, try_gate
from ._validate import validate
from ._verify import verify
from ._versions_end import restore_version
from ._weekly import send_weekly, weekly_digests

__all__ = [
    "Asked",
    "CleanedVersion",
    "DoesNotApply",
    "Office",
    "OpenDraft",
    "StageResult",
    "Suggested",
    "Ticket",
    "Trial",
    "abandon",
    "apply_sweep",
    "build_data_docs",
    "calibrate_drift",
    "check_project",
    "clean",
    "commit",
    "derived_columns",
    "draft_dataset",
    "drift",
    "fairness",
    "ingest",
    "known_silences",
    "notify",
    "open_cleaned",
    "open_drafts",
    "pending_data_docs",
    "pin",
    "plan_sweep",
    "proposed",
    "protect",
    "rebuild_catalog",
    "release",
    "render_result",
    "respond",
    "restore_version",
    "score_history",
    "send_weekly",
    "suggest_suite",
    "tell",
    "told_incident",
    "told_incidents",
    "try_gate",
    "unbegun",
    "validate",
    "verify",
    "weekly_digests",
    "write_calibration",
]
