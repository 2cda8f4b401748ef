"""Reason codes: why a batch failed, was held or was let through, with the room that says so.

A code is what a reader meets first, in a message, in ``assay status`` or in a log. It leads to its
runbook (``include/docs/runbooks/<code>.md``: how to look, what to do) and to its room.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from assay.verdict import NOT_JUDGED, Outcome, Verdict

RUNBOOKS: Final = "include/docs/runbooks"
"""The folder of the runbooks in the project."""
RUNBOOK_PAGES: Final = "docs/runbooks"
"""The place of the runbooks among Assay's pages in Airflow."""

_PASS, _WARN, _UNDECIDED, _FAIL = Outcome.PASS, Outcome.WARN, Outcome.INCONCLUSIVE, Outcome.FAIL


class ReasonCode(StrEnum):
    """The code of a reason, and what it means.

    Attributes
    ----------
    rooms : tuple of str
        The rooms that give it.
    outcome : Outcome
        The outcome that it usually has. A reason has an outcome of its own: a gate may give a code
        another one if its runbook says so.
    meaning : str
        What it means, in one sentence.

    Examples
    --------
    >>> ReasonCode("too_large").rooms, ReasonCode.TOO_LARGE.outcome.value
    (('ingest',), 'FAIL')
    >>> ReasonCode.TOO_LARGE.runbook
    'include/docs/runbooks/too_large.md'
    """

    rooms: tuple[str, ...]
    outcome: Outcome
    meaning: str

    def __new__(cls, code: str, rooms: str, outcome: Outcome, meaning: str) -> ReasonCode:
        """Make a member that is its code's text."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.rooms, member.outcome, member.meaning = tuple(rooms.split()), outcome, meaning
        return member

    @property
    def runbook(self) -> str:
        """Path of its runbook in the project."""
        return f"{RUNBOOKS}/{self.value}.md"

    @property
    def judges(self) -> bool:
        """Whether a reason of this code says that something was judged."""
        return self.outcome is not Outcome.PASS

    # fmt: off

    # The run, and the definition of a data set.
    EARLIER_BATCH_UNDECIDED = ("earlier_batch_undecided", "stages", _FAIL,
        "A batch that could be part of the reference is not decided yet, so the run stops.")
    NOT_LOADED = ("not_loaded", "stages", _FAIL,
        "The contract or the drift policy doesn't load, so the data set has no DAG.")
    BATCH_LATE = ("batch_late", "stages", _FAIL,
        "A batch that the contract expects isn't there when its service level says that it is due.")
    HISTORY_REWOUND = ("history_rewound", "versioning", _FAIL,
        "The registry's history doesn't follow from the last one seen, so that all writing stops.")
    OBJECT_DAMAGED = ("object_damaged", "stages", _FAIL,
        "The object store doesn't hold the bytes that a version was committed with.")
    RECALLED = ("recalled", "stages", _FAIL,
        "A version that readers had turned out to be bad, and was recalled by a person.")
    STAGE_CRASHED = ("stage_crashed", "stages", _FAIL,
        "A stage ended in an error, so the run could not decide about the batch.")

    # A round of labelling.
    PLATFORM_FAILS = ("platform_fails", "stages", _FAIL,
        "The platform on which people label doesn't answer, refuses, or has lost the round.")
    ROUND_UNANSWERED = ("round_unanswered", "stages", _FAIL,
        "The deadline of a round of labelling is over, and nobody has answered.")
    AGREEMENT_BELOW_LIMIT = ("agreement_below_limit", "stages", _FAIL,
        "The annotators of a round agree less than the labelling policy asks for.")

    # More than one gate.
    EMPTY_BATCH = ("empty_batch", "drift fairness feedback ingest labelling", _UNDECIDED,
        "The batch has no row that the gate could measure.")
    NOT_APPLICABLE = ("not_applicable", "drift fairness labelling training", _PASS,
        "The gate's policy says that the gate doesn't apply, and why.")
    COLUMN_MISSING = ("column_missing", "drift fairness labelling", _FAIL,
        "A column that the gate's policy names is not in the table.")
    SPREAD_ZERO = ("spread_zero", "drift", _UNDECIDED,
        "Half of the reference's values are equal, so a distance has no unit.")

    # Protection.
    PERSONAL_DATA_UNDECLARED = ("personal_data_undeclared", "privacy", _FAIL,
        "A column looks personal, and the contract doesn't classify it.")
    UNCLASSIFIED = ("unclassified", "privacy", _PASS,
        "The contract classifies no column, so there was nothing to protect.")

    # Landing.
    SOURCE_MISSING = ("source_missing", "ingest", _FAIL,
        "The source has no input for this batch.")
    NOT_A_REGULAR_FILE = ("not_a_regular_file", "ingest", _FAIL,
        "The input is a link, a pipe, a device or a folder, and only a regular file is read.")
    EMPTY_FILE = ("empty_file", "ingest", _FAIL,
        "The file has no bytes, or not even a header.")
    TOO_LARGE = ("too_large", "ingest", _FAIL,
        "The input holds more than the contract allows: bytes as they are read, or columns.")
    TRUNCATED = ("truncated", "ingest", _FAIL,
        "The end of the input is missing.")
    PAGES_INCOMPLETE = ("pages_incomplete", "ingest", _FAIL,
        "The pages of an endpoint repeat, don't end, or hold another number of rows than it says.")
    UNDECODABLE = ("undecodable", "ingest", _FAIL,
        "The bytes have another format, compression or encoding than the contract says.")
    MALFORMED = ("malformed", "ingest", _FAIL,
        "A record doesn't fit its file, for example a line with too many fields.")
    SCHEMA_MISMATCH = ("schema_mismatch", "ingest", _FAIL,
        "A column of the contract is missing, or its values are nested, binary or durations.")
    DUPLICATE_COLUMNS = ("duplicate_columns", "ingest", _FAIL,
        "Two columns of the input have the same name.")
    EXTRA_COLUMNS = ("extra_columns", "ingest", _WARN,
        "The input has columns that the contract doesn't know; they are not landed.")
    TYPE_DIFFERS = ("type_differs", "ingest", _WARN,
        "A Parquet column has another type than the contract declares; it is read as text.")
    LOCAL_TIME_UNCLEAR = ("local_time_unclear", "ingest", _WARN,
        "Local times exist twice or never, because the clock is changed; their rows are unparsed.")

    # Validation.
    CRITICAL_EXPECTATION_UNMET = ("critical_expectation_unmet", "quality", _FAIL,
        "A critical expectation of the whole batch is not met.")
    WARNING_EXPECTATION_UNMET = ("warning_expectation_unmet", "quality", _WARN,
        "An expectation of severity warning is not met.")
    EXPECTATION_NOT_JUDGED = ("expectation_not_judged", "quality", _UNDECIDED,
        "An expectation could not be judged, for example because its column is missing.")
    ROWS_QUARANTINED = ("rows_quarantined", "quality", _WARN,
        "Rows fail a critical expectation and are quarantined; the rest of the batch continues.")
    QUARANTINE_SHARE_ABOVE_LIMIT = ("quarantine_share_above_limit", "quality", _FAIL,
        "A larger share of the rows is quarantined than the quality policy allows.")
    NO_ROWS_LEFT = ("no_rows_left", "quality", _FAIL,
        "No row of the batch is left.")
    QUALITY_SCORE_BELOW_LIMIT = ("quality_score_below_limit", "quality", _FAIL,
        "A dimension of quality scores below the limit of the quality policy.")
    QUALITY_SCORE_NOT_MEASURED = ("quality_score_not_measured", "quality", _UNDECIDED,
        "No expectation of a dimension that the quality policy limits could be judged.")

    # Cleaning.
    CLEANING_BUDGET_EXCEEDED = ("cleaning_budget_exceeded", "cleaning", _FAIL,
        "Cleaning changed or dropped a larger share than its budget allows.")
    CLEANING_EMPTY_BATCH = ("cleaning_empty_batch", "cleaning", _UNDECIDED,
        "No row reached cleaning.")
    CLEANING_N_TOO_SMALL = ("cleaning_n_too_small", "cleaning", _UNDECIDED,
        "The reference has too few values in the column to fit the outlier step.")
    CLEANING_NO_VALUES = ("cleaning_no_values", "cleaning", _UNDECIDED,
        "The reference has no value in a column that a step imputes or scales.")
    CLEANING_SCALING_REFUSED = ("cleaning_scaling_refused", "cleaning", _WARN,
        "There is no pinned reference to fit the scaler on, so none was made.")
    CLEANING_SPREAD_ZERO = ("cleaning_spread_zero", "cleaning", _UNDECIDED,
        "The column has no spread in the reference, so the step has no unit for a distance.")

    # Drift.
    BOOTSTRAP_BATCH = ("bootstrap_batch", "drift", _PASS,
        "The drift policy releases this batch without a comparison.")
    NO_REFERENCE = ("no_reference", "drift", _UNDECIDED,
        "There is nothing to compare the batch with.")
    DRIFT_NOT_ENOUGH_ROWS = ("drift_not_enough_rows", "drift", _UNDECIDED,
        "With so few rows the effect reaches its limit by chance alone.")
    TOO_MANY_LEVELS = ("too_many_levels", "drift", _UNDECIDED,
        "A column has more levels than the drift policy lets be compared.")
    DRIFT_DETECTED = ("drift_detected", "drift", _FAIL,
        "A column has another distribution than the reference, by more than the limit.")
    JOINT_SHIFT_DETECTED = ("joint_shift_detected", "drift", _FAIL,
        "A classifier that sees all columns distinguishes the batch from the reference.")
    UNSEEN_CATEGORY = ("unseen_category", "drift", _FAIL,
        "More rows than allowed have a level that the reference doesn't have.")
    MISSING_SHARE_CHANGED = ("missing_share_changed", "drift", _FAIL,
        "The share of missing values in a column changed by more than the limit.")
    COLUMN_TYPE = ("column_type", "drift", _FAIL,
        "A column has a type that its drift test can't order.")
    SHIFT_HIDDEN_BY_CLEANING = ("shift_hidden_by_cleaning", "drift", _WARN,
        "A column has shifted in the rows as they arrived, and cleaning hides the shift.")
    CONCEPT_CHANGED = ("concept_changed", "drift", _FAIL,
        "The relation of label, prediction and score changed by more than the limit.")
    CONCEPT_UNDECIDED = ("concept_undecided", "drift", _UNDECIDED,
        "A change of the relation of label, prediction and score may be within the limit or not.")
    LABELS_LATE = ("labels_late", "drift feedback", _WARN,
        "Fewer rows have their label than the policy asks for.")

    # Predictions and their outcomes.
    FEEDBACK_BEYOND_LIMIT = ("feedback_beyond_limit", "feedback", _FAIL,
        "A figure of the predictions is beyond the limit in the model file.")
    FEEDBACK_WORSE_THAN_TEST = ("feedback_worse_than_test", "feedback", _FAIL,
        "A figure of the predictions is worse than on the test rows by more than the margin.")
    FEEDBACK_UNDECIDED = ("feedback_undecided", "feedback", _UNDECIDED,
        "A figure of the predictions may keep its limit or not.")
    FEEDBACK_SLICE_TOO_SMALL = ("feedback_slice_too_small", "feedback", _WARN,
        "Levels of a slice have fewer outcomes than the least number, so they aren't judged.")
    ESTIMATED_BEYOND_LIMIT = ("estimated_beyond_limit", "feedback", _WARN,
        "Before the outcomes are there, a figure is estimated to be beyond its limit.")

    # Fairness.
    DISPARITY = ("disparity", "fairness", _FAIL,
        "A group's outcomes differ from the reference group's by more than the limit.")
    DISPARITY_UNDECIDED = ("disparity_undecided", "fairness", _UNDECIDED,
        "A group's difference from the reference group may be within the limit or not.")
    DIRECTION_REVERSES = ("direction_reverses", "fairness", _WARN,
        "A group's difference changes its direction within the levels of a control feature.")
    FAVOURABLE_OUTCOME_ABSENT = ("favourable_outcome_absent", "fairness", _UNDECIDED,
        "No row has the favourable outcome.")
    OUTCOME_MISSING = ("outcome_missing", "fairness", _WARN,
        "Rows have no label or no prediction, so they are in no rate that needs it.")
    GROUP_TOO_SMALL = ("group_too_small", "fairness", _WARN,
        "A group has fewer rows than the least number, so its rate is not shown.")
    REFERENCE_GROUP_ABSENT = ("reference_group_absent", "fairness", _UNDECIDED,
        "The group that all others are compared with has no row.")
    REQUIRED_GROUP_ABSENT = ("required_group_absent", "fairness", _UNDECIDED,
        "A group that the fairness policy requires has no row.")
    NOTHING_COMPARED = ("nothing_compared", "fairness", _UNDECIDED,
        "No group of an attribute has enough rows to be compared.")

    # Labels.
    LABEL_NOISE_ABOVE_LIMIT = ("label_noise_above_limit", "labelling", _FAIL,
        "A larger share of the labels is wrong than the label noise policy allows.")
    LABEL_NOISE_UNDECIDED = ("label_noise_undecided", "labelling", _UNDECIDED,
        "The share of wrong labels may be above the limit or not.")
    LABEL_NOISE_NOT_MEASURED = ("label_noise_not_measured", "labelling", _UNDECIDED,
        "There is too little to learn from: few rows, a rare label, or no column.")

    # Models.
    METRIC_BEYOND_LIMIT = ("metric_beyond_limit", "stages", _FAIL,
        "A model's figure on its test rows is beyond the limit of its file, interval and all.")
    METRIC_UNDECIDED = ("metric_undecided", "stages", _UNDECIDED,
        "The interval of a model's figure holds the limit, or the figure has none.")
    CHAMPION_BETTER = ("champion_better", "stages", _FAIL,
        "On the same rows the champion is better than the model by more than the file allows.")
    CHAMPION_UNDECIDED = ("champion_undecided", "stages", _UNDECIDED,
        "The comparison with the champion is inconclusive, or there was none.")
    PREDICTION_FLIPS = ("prediction_flips", "training", _FAIL,
        "More predictions than allowed change if a protected attribute alone is changed.")
    PREDICTION_FLIP_UNDECIDED = ("prediction_flip_undecided", "training", _UNDECIDED,
        "The share of predictions that follow a protected attribute may keep the limit or not.")
    CONSTANT_NOT_BEATEN = ("constant_not_beaten", "training", _FAIL,
        "The model is no better than one that says the same of every row.")
    ANSWER_IN_ONE_FEATURE = ("answer_in_one_feature", "training", _FAIL,
        "One feature alone reaches the score of the model, so it may give the answer away.")
    LEARNED_BY_HEART = ("learned_by_heart", "training", _FAIL,
        "The model does better on training rows than on test rows by more than the limit.")
    NOISE_LEARNED = ("noise_learned", "training", _FAIL,
        "Fitted on permuted labels the model is better than chance, so labels leak.")
    ROWS_ON_BOTH_SIDES = ("rows_on_both_sides", "training", _FAIL,
        "More test rows than allowed have an equal training row.")
    SANITY_UNDECIDED = ("sanity_undecided", "training", _UNDECIDED,
        "Whether a limit of the sanity gate is kept can't be said from so few rows.")
    PROXY_FEATURE = ("proxy_feature", "training", _WARN,
        "A feature predicts a protected attribute better than the limit.")
    RECOURSE_UNEVEN = ("recourse_uneven", "training", _WARN,
        "The way to the favourable prediction is rarer or dearer for a group of people.")
    RECOURSE_UNDECIDED = ("recourse_undecided", "training", _WARN,
        "Whether recourse differs between groups by more than the limit can't be said.")

    # Synthetic rows.
    SYNTHETIC_COLUMN_DIFFERS = ("synthetic_column_differs", "synthesis", _FAIL,
        "Made rows have another distribution of a column than real ones, by more than the limit.")
    SYNTHETIC_PAIR_DIFFERS = ("synthetic_pair_differs", "synthesis", _FAIL,
        "Made rows have another joint distribution of two columns, by more than the limit.")
    SYNTHETIC_LESS_USEFUL = ("synthetic_less_useful", "synthesis", _FAIL,
        "A model that learned from made rows is worse on real ones by more than the limit.")
    SYNTHETIC_TOO_CLOSE = ("synthetic_too_close", "synthesis", _FAIL,
        "Made rows are nearer to the rows that were learned from than to others.")
    SYNTHETIC_MEMBERSHIP = ("synthetic_membership", "synthesis", _FAIL,
        "Made rows give away which real rows were learned from.")
    SYNTHETIC_COPY = ("synthetic_copy", "synthesis", _FAIL,
        "A made row is equal to a real row that few others are equal to.")
    SYNTHETIC_RARE = ("synthetic_rare", "synthesis", _FAIL,
        "More made rows than allowed have quasi-identifiers that few real rows have.")
    SYNTHETIC_BIAS = ("synthetic_bias", "synthesis", _FAIL,
        "A group's share, rate or disparate impact changes by more than the limit in made rows.")
    SYNTHETIC_UNDECIDED = ("synthetic_undecided", "synthesis", _UNDECIDED,
        "Whether made rows keep a limit can't be said from so few rows.")


def unjudging(codes: Iterable[str]) -> tuple[str, ...]:
    """Those of some codes that say why nothing was judged.

    Examples
    --------
    >>> unjudging(["drift_detected", "bootstrap_batch"])
    ('bootstrap_batch',)
    """
    known = {code.value for code in ReasonCode if not code.judges}
    return tuple(code for code in dict.fromkeys(codes) if code in known)


def unjudged_rooms(codes: Iterable[str]) -> list[str]:
    """The rooms that judged nothing, by some codes.

    Examples
    --------
    >>> unjudged_rooms(["bootstrap_batch"])
    ['drift']
    """
    silent = set(unjudging(codes))
    return sorted({room for code in ReasonCode if code in silent for room in code.rooms})


def is_noted(outcome: str, code: str) -> bool:
    """Whether a batch's record names a reason: a PASS has none but that drift wasn't judged."""
    return outcome != Outcome.PASS or code == ReasonCode.BOOTSTRAP_BATCH


def gate_word(outcome: str, codes: Iterable[str]) -> str:
    """The word for what a gate found: PASS only where something was judged.

    Examples
    --------
    >>> gate_word("PASS", ["bootstrap_batch"]), gate_word("PASS", []), gate_word("FAIL", [])
    ('NOT JUDGED', 'PASS', 'FAIL')
    """
    return NOT_JUDGED if outcome == Outcome.PASS and unjudging(codes) else str(outcome)


def verdict_word(verdict: Verdict) -> str:
    """The word for a verdict: its outcome, or that nothing was judged."""
    return gate_word(verdict.outcome, (reason.code for reason in verdict.reasons))


def batch_word(outcome: str, codes: Iterable[str]) -> str:
    """The word for a batch: the outcome of the gates that judged it, and those that didn't.

    Examples
    --------
    >>> batch_word("WARN", ["rows_quarantined", "bootstrap_batch"])
    'WARN, drift not judged'
    """
    rooms = unjudged_rooms(codes)
    return f"{outcome}, {' and '.join(rooms)} not judged" if rooms else str(outcome)
