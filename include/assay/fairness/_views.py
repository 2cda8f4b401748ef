"""The parts of a fairness verdict that its text and its page both show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from assay.fairness._counts import RateName
from assay.verdict import Measurement, Verdict

_RATES = frozenset(get_args(RateName))
_GIVEN = " given "


@dataclass(frozen=True)
class Panel:
    """Rates of one kind side by side: what they are, what is favourable, which rows they count."""

    title: str
    note: str
    members: tuple[Measurement, ...]


@dataclass(frozen=True)
class Within:
    """One rate of one attribute, over all rows and in each level of a control feature.

    Parameters
    ----------
    levels : tuple of str
        In the order of their rows.
    rates : mapping
        (group, level) to the rate there; level None is all rows.
    differences : tuple of Measurement
        Of each group from the reference group.
    """

    rate: str
    attribute: str
    control: str
    note: str
    levels: tuple[str, ...]
    rates: dict[tuple[str, str | None], Measurement]
    differences: tuple[Measurement, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that have a rate over all rows."""
        return tuple(group for group, level in self.rates if level is None)


def panels(verdict: Verdict) -> list[Panel]:
    """Rates of all groups, by attribute and rate."""
    return _panels(verdict, lambda m: m.name in _RATES)


def treatment_panels(verdict: Verdict) -> list[Panel]:
    """Rates at which our own work touched each group's rows."""
    return _panels(verdict, lambda m: m.name.startswith("rate of "))


def _panels(verdict: Verdict, wanted: Callable[[Measurement], bool]) -> list[Panel]:
    found: dict[tuple[str, str], list[Measurement]] = {}
    for m in verdict.measurements:
        if wanted(m):
            note = f"favourable: {m.detail['favourable']}; {m.detail['rows']}"
            found.setdefault((f"{m.name} by {m.column}", note), []).append(m)
    return [Panel(title, note, tuple(members)) for (title, note), members in found.items()]


def withins(verdict: Verdict) -> list[Within]:
    """Conditional rates beside the marginal ones."""
    found: dict[tuple[str, str], list[Measurement]] = {}
    for m in verdict.measurements:
        if _GIVEN in m.name:
            found.setdefault((m.name.removeprefix("difference of "), m.column or ""), []).append(m)
    return [_within(verdict, *key, members) for key, members in found.items()]


def _within(verdict: Verdict, name: str, attribute: str, members: list[Measurement]) -> Within:
    rate, _, control = name.partition(_GIVEN)
    rates: dict[tuple[str, str | None], Measurement] = {
        (m.group or "", None): m
        for m in verdict.measurements
        if m.name == rate and m.column == attribute
    }
    inside = [m for m in members if m.name == name]
    rates |= {(m.group or "", m.detail["given"]): m for m in inside}
    return Within(
        rate=rate,
        attribute=attribute,
        control=control,
        note=f"favourable: {members[0].detail['favourable']}; "
        f"{members[0].detail['rows'].split(', ')[0]}",
        levels=tuple(dict.fromkeys(m.detail["given"] for m in inside)),
        rates=rates,
        differences=tuple(m for m in members if m.name != name),
    )


def representations(verdict: Verdict) -> list[Measurement]:
    """Shares of rows beside shares of a population."""
    return [m for m in verdict.measurements if m.name == "representation"]


def treatment_gaps(verdict: Verdict) -> list[Measurement]:
    """Differences of treatment whose interval doesn't hold 0."""
    return [
        m
        for m in verdict.measurements
        if m.name.startswith("difference of ")
        and _GIVEN not in m.name
        and (m.detail["low"] > 0 or m.detail["high"] < 0)
    ]


def comparisons(verdict: Verdict) -> list[Measurement]:
    """The judged cells."""
    return [m for m in verdict.measurements if "p_adjusted" in m.detail]


def fairlearn_figures_of(verdict: Verdict) -> list[Measurement]:
    """The figures that fairlearn computed."""
    return [m for m in verdict.measurements if m.name.startswith("fairlearn.")]


def group_rows(verdict: Verdict) -> list[Measurement]:
    """Rows of every group."""
    return [m for m in verdict.measurements if m.name == "rows"]


def figure(value: float | None) -> str:
    """A number for people: four digits, a dash where there is none.

    Examples
    --------
    >>> figure(0.3580231), figure(None), figure(0)
    ('0.3580', '–', '0')
    """
    if value is None:
        return "–"
    if value == 0:
        return "0"
    return f"{value:.2g}" if abs(value) < 0.001 else f"{value:.4f}"


def interval(m: Measurement) -> str:
    """A measurement's interval; no upper end where there is none."""
    return ends(m.detail.get("low"), m.detail.get("high"))


def ends(low: float | None, high: float | None) -> str:
    """An interval in words.

    Examples
    --------
    >>> ends(0.1, 0.25), ends(0.5, None), ends(None, None)
    ('0.1000 to 0.2500', '0.5000 or more', '–')
    """
    if low is None:
        return "–"
    return f"{figure(low)} to {figure(high)}" if high is not None else f"{figure(low)} or more"


def favourable_line(verdict: Verdict) -> str:
    """What is favourable and what that means, from the policy and the data's columns."""
    favourable, columns = verdict.detail["favourable"], verdict.detail["columns"]
    parts = [
        f"{column} in ({', '.join(favourable[role])})"
        for role, column in columns.items()
        if column is not None
    ]
    meaning = verdict.detail["meaning"]
    text = " and ".join(parts) or "no outcome column was found"
    return f"{text}: {meaning}" if meaning else text
