"""The plan of a scan: what the next steps need to know of the columns, found in one scan.

A small sample goes through the steps first. It shows roughly what each step fits, and so where the
values lie that the next step needs. After the scan each step changes the profiles of columns as it
changes the rows. A step that may drop rows, or that rewrites a column, ends what is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ibis import Table

from assay.cleaning.steps import CleaningStep
from assay.statistics.columns import ColumnNumbers
from assay.statistics.profile import Profile
from assay.statistics.profile_scan import ProfileRequest, profile_sample, scan_profiles

Steps = Sequence[CleaningStep[Any]]


def with_profiles(numbers: ColumnNumbers, steps: Steps) -> ColumnNumbers:
    """Add the profiles that the first of some steps needs, and with them what later ones need."""
    lacking = [name for name in steps[0].needs() if name not in numbers.profiles]
    if numbers.sample is None or not lacking:
        return numbers
    types = numbers.table.schema()
    names = dict.fromkeys(name for step in steps for name in step.needs())
    columns = [
        name for name in names
        if name in types and types[name].is_numeric() and name not in numbers.profiles
    ]  # fmt: skip
    requests = plan_requests(profile_sample(numbers.sample, columns), steps, numbers.table)
    found = scan_profiles(numbers.table, requests)
    return replace(numbers, profiles={**numbers.profiles, **found})


def plan_requests(
    profiles: Mapping[str, Profile], steps: Steps, table: Table
) -> dict[str, ProfileRequest]:
    """Plan what to find of the columns that have profiles in a sample of a table."""
    requests = {n: ProfileRequest(p.frame, heavy=p.frequent()) for n, p in profiles.items()}
    for step in steps:
        for name, needs in step.needs().items():
            if name in profiles:
                shares = [share for share in needs if share is not None]
                spans = tuple(profiles[name].span(share) for share in shares)
                requests[name] = _extended(requests[name], spans, moments=None in needs)
        fits = step.estimate(ColumnNumbers(table, None, profiles))
        for name, spans in step.changed_spans(fits, profiles).items():
            requests[name] = _extended(requests[name], spans)
        profiles = step.profiles_after(fits, profiles, table.schema())
    return {name: one for name, one in requests.items() if one.moments or one.spans}


def _extended(
    request: ProfileRequest, spans: tuple[tuple[float, float], ...], *, moments: bool = False
) -> ProfileRequest:
    return replace(request, moments=request.moments or moments, spans=request.spans + spans)
