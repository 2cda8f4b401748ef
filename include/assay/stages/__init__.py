"""The stages of a run: where rooms meet.

Rooms never import each other. A stage takes a run's :class:`Ticket`, loads the contract and the
policy, calls one room, writes what came of it to the lake and the catalog, and returns a small
:class:`StageResult`. The Airflow operators call these functions and nothing else; so may a test or
a script. Every stage may be killed at any line and run again: what it finished it finds, because
everything is written aside and renamed, into a folder named after what it derives from.
"""

from assay.stages._calibrate import calibrate_drift, write_calibration
from assay.stages._check import check_project
from assay.stages._clean import clean
from assay.stages._cleaned import CleanedVersion, derived_columns, open_cleaned
from assay.stages._commit import commit
from assay.stages._data_docs import build_data_docs, pending_data_docs
from assay.stages._gates import DoesNotApply, drift, fairness
from assay.stages._history import score_history
from assay.stages._ingest import ingest
from assay.stages._notify import notify
from assay.stages._office import Office
from assay.stages._pin import pin, unbegun
from assay.stages._protect import protect
from assay.stages._rebuild import rebuild_catalog
from assay.stages._release import abandon, release
from assay.stages._respond import known_silences, respond, told_incident, told_incidents
from assay.stages._suggest import Suggested, proposed, suggest_suite
from assay.stages._sweep import apply_sweep, plan_sweep
from assay.stages._tell import tell
from assay.stages._ticket import Asked, StageResult, Ticket, render_result
from assay.stages._validate import validate
from assay.stages._verify import verify
from assay.stages._versions_end import restore_version
from assay.stages._weekly import send_weekly, weekly_digests

__all__ = [
    "Asked",
    "CleanedVersion",
    "DoesNotApply",
    "Office",
    "StageResult",
    "Suggested",
    "Ticket",
    "abandon",
    "apply_sweep",
    "build_data_docs",
    "calibrate_drift",
    "check_project",
    "clean",
    "commit",
    "derived_columns",
    "drift",
    "fairness",
    "ingest",
    "known_silences",
    "notify",
    "open_cleaned",
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
    "unbegun",
    "validate",
    "verify",
    "weekly_digests",
    "write_calibration",
]
