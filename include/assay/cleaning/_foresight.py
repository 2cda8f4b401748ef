"""What the steps to come will ask of the columns, so that one scan finds it, and what they change.

A few rows are taken through the steps beforehand: each step's numbers come out roughly, and so
where the values lie that the next one will ask for. After the scan every step changes what is
known as it changes the rows. One that drops rows, or writes a column anew, ends what is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from assay.cleaning._known import Known
from assay.cleaning._outliers import bounds_of, fit_outliers, nearest_bounds
from assay.cleaning._state import ColumnFit, Value
from assay.policy.cleaning import (
    DeduplicateStep,
    Forest,
    ImputeStep,
    Iqr,
    OutliersStep,
    ParseStep,
    ScaleStep,
    Step,
    ZScore,
)
from assay.statistics.profile import Profile
from assay.statistics.profile_scan import ProfileRequest, profile_sample, scan_profiles

_MOMENTS: Final = "moments"
_MEDIAN: Final = 0.5
_QUARTILES: Final = (0.25, 0.75)
Ask = float | str
"""A quantile's share, or the moments."""


def asks(step: Step) -> dict[str, tuple[Ask, ...]]:
    """What a step asks of its columns that one scan can tell of many."""
    if isinstance(step, ScaleStep):
        return dict.fromkeys(step.columns, (_MOMENTS,)) if step.method == "standardise" else {}
    if isinstance(step, ImputeStep):
        by_method: dict[str, tuple[Ask, ...]] = {"mean": (_MOMENTS,), "median": (_MEDIAN,)}
        return {n: by_method[how.method] for n, how in step.columns.items()
                if how.method in by_method}  # fmt: skip
    if not isinstance(step, OutliersStep) or isinstance(step.by, Forest):
        return {}
    if isinstance(step.by, ZScore):
        return dict.fromkeys(step.columns, (_MOMENTS,))
    return dict.fromkeys(step.columns, _QUARTILES if isinstance(step.by, Iqr) else (_MEDIAN,))


def gathered(known: Known, steps: Sequence[Step]) -> Known:
    """With what the first of some steps asks, and what later ones will, found in one scan."""
    lacking = [name for name in asks(steps[0]) if name not in known.profiles]
    if known.pilot is None or not lacking:
        return known
    types = known.table.schema()
    names = dict.fromkeys(name for step in steps for name in asks(step))
    columns = [n for n in names
               if n in types and types[n].is_numeric() and n not in known.profiles]  # fmt: skip
    wanted = foreseen(profile_sample(known.pilot, columns), steps, known.table)
    return replace(known, profiles={**known.profiles, **scan_profiles(known.table, wanted)})


def foreseen(
    profiles: Mapping[str, Profile], steps: Iterable[Step], table: Any
) -> dict[str, ProfileRequest]:
    """What to find out of the columns that a sample has profiles of; ``table`` has their types."""
    wanted = {n: ProfileRequest(p.frame, heavy=p.frequent()) for n, p in profiles.items()}
    for step in steps:
        for name, asked in asks(step).items():
            if name in profiles:
                wanted[name] = _with(wanted[name], profiles[name], asked)
        fits = _expected(step, Known(table, None, profiles))
        for name, fit in fits.items():
            if isinstance(step, OutliersStep) and _moves(step, fit):
                tails = profiles[name].tails(*bounds_of(fit))
                spans = wanted[name].spans + tuple(tails or ())
                wanted[name] = replace(wanted[name], spans=spans)
        profiles = after(step, fits, profiles, table)
    return {name: one for name, one in wanted.items() if one.moments or one.spans}


def _with(wanted: ProfileRequest, profile: Profile, asked: Iterable[Ask]) -> ProfileRequest:
    spans = tuple(profile.span(share) for share in asked if isinstance(share, float))
    return replace(wanted, moments=wanted.moments or not spans, spans=wanted.spans + spans)


def _expected(step: Step, sample: Known) -> dict[str, ColumnFit]:
    """Roughly what a step's fit will be, for the columns of which a sample can say so."""
    names = [name for name in asks(step) if name in sample.profiles]
    if isinstance(step, OutliersStep) and isinstance(step.by, ZScore | Iqr) and names:
        return fit_outliers(sample, step.model_copy(update={"columns": tuple(names)}))
    if not isinstance(step, ImputeStep):
        return {}
    found = {}
    for name in names:
        profile = sample.profiles[name]
        moments = profile.moments()
        median = step.columns[name].method == "median"
        fill = profile.quantile(_MEDIAN) if median else moments and moments.mean
        found[name] = ColumnFit(n=profile.n, values={"fill": fill})
    return found


def after(
    step: Step, fits: Mapping[str, ColumnFit], profiles: Mapping[str, Profile], table: Any
) -> dict[str, Profile]:
    """What is known once a step has changed the rows, with what was fitted for it."""
    if isinstance(step, DeduplicateStep) or _drops(step):
        return {}
    if isinstance(step, ScaleStep):
        return dict(profiles)
    found = {}
    for name, profile in profiles.items():
        changed: Profile | None = profile
        if name in step.columns:
            changed = _changed(step, fits.get(name), profile, table[name].type())
        if changed is not None:
            found[name] = changed
    return found


def _drops(step: Step) -> bool:
    """Whether a step may drop rows for the sake of a column."""
    if isinstance(step, OutliersStep):
        return step.action == "drop"
    if isinstance(step, ImputeStep):
        return any(how.method == "drop" for how in step.columns.values())
    return isinstance(step, ParseStep) and any(
        how.on_error == "drop" for how in step.columns.values()
    )


def _changed(step: Step, fit: ColumnFit | None, profile: Profile, dtype: Any) -> Profile | None:
    """The profile of a column that a step names; None where it isn't known."""
    if isinstance(step, OutliersStep) and (step.action == "flag" or isinstance(step.by, Forest)):
        return profile
    if fit is None or not isinstance(step, OutliersStep | ImputeStep):
        return None
    if fit.fault is not None:
        return profile
    if isinstance(step, ImputeStep):
        fill = _as(dtype, fit.values["fill"])
        return None if fill is None else profile.filled(fill)
    low, high = bounds_of(fit)
    if step.action == "null":
        return profile.emptied(low, high)
    least, most = (_as(dtype, end) for end in nearest_bounds(dtype, fit))
    return None if least is None or most is None else profile.clipped(low, high, least, most)


def _moves(step: OutliersStep, fit: ColumnFit) -> bool:
    return step.action in {"clip", "null"} and fit.fault is None


def _as(dtype: Any, value: Value) -> float | None:
    """A number as a column of this type holds it; None where that isn't known here."""
    if value is None or isinstance(value, bool | str):
        return None
    # The engine's own rounding to narrower types isn't known here.
    return float(value) if dtype.is_float64() or dtype.is_integer() else None
