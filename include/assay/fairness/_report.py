"""What the text and the page of a fairness verdict show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from assay.fairness._counts import RateName
from assay.fairness._labels import Labels, with_labels
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

    ``rates`` are by (group, level); level None is all rows.
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


@dataclass(frozen=True)
class FairnessReport:
    """The measurements of a verdict, sorted into what a reader looks at.

    ``comparisons`` are the judged figures. ``treatment_gaps`` are the differences of treatment
    whose interval doesn't hold 0, and ``greatest_gaps`` the figures that fairlearn computed.
    """

    groups: tuple[Measurement, ...]
    rates: tuple[Panel, ...]
    comparisons: tuple[Measurement, ...]
    conditional: tuple[Within, ...]
    representations: tuple[Measurement, ...]
    treatments: tuple[Panel, ...]
    treatment_gaps: tuple[Measurement, ...]
    greatest_gaps: tuple[Measurement, ...]

    @classmethod
    def of(cls, verdict: Verdict, labels: Labels | None = None) -> FairnessReport:
        """Sort the measurements of a verdict; ``labels`` say what the codes of a column mean."""
        named = tuple(with_labels(m, labels or {}) for m in verdict.measurements)
        verdict = verdict.model_copy(update={"measurements": named})

        def chosen(wanted: Callable[[Measurement], bool]) -> tuple[Measurement, ...]:
            return tuple(m for m in verdict.measurements if wanted(m))

        return cls(
            groups=chosen(lambda m: m.name == "rows"),
            rates=_panels(verdict, lambda m: m.name in _RATES),
            comparisons=chosen(lambda m: "p_adjusted" in m.detail),
            conditional=_withins(verdict),
            representations=chosen(lambda m: m.name == "representation"),
            treatments=_panels(verdict, lambda m: m.name.startswith("rate of ")),
            treatment_gaps=chosen(_is_treatment_gap),
            greatest_gaps=chosen(lambda m: m.name.startswith("fairlearn.")),
        )


def _is_treatment_gap(m: Measurement) -> bool:
    if not m.name.startswith("difference of ") or _GIVEN in m.name:
        return False
    return bool(m.detail["low"] > 0 or m.detail["high"] < 0)


def _panels(verdict: Verdict, wanted: Callable[[Measurement], bool]) -> tuple[Panel, ...]:
    found: dict[tuple[str, str], list[Measurement]] = {}
    for m in verdict.measurements:
        if wanted(m):
            note = f"good result: {m.detail['favourable']}; {m.detail['rows']}"
            found.setdefault((f"{m.name} by {m.column}", note), []).append(m)
    return tuple(Panel(title, note, tuple(ms)) for (title, note), ms in found.items())


def _withins(verdict: Verdict) -> tuple[Within, ...]:
    """Conditional rates beside the marginal ones."""
    found: dict[tuple[str, str], list[Measurement]] = {}
    for m in verdict.measurements:
        if _GIVEN in m.name:
            found.setdefault((m.name.removeprefix("difference of "), m.column or ""), []).append(m)
    return tuple(_within(verdict, *key, members) for key, members in found.items())


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
        note=f"good result: {members[0].detail['favourable']}; "
        f"{members[0].detail['rows'].split(', ')[0]}",
        levels=tuple(dict.fromkeys(m.detail["given"] for m in inside)),
        rates=rates,
        differences=tuple(m for m in members if m.name != name),
    )


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
        f"{column} = {' or '.join(favourable[role])}"
        for role, column in columns.items()
        if column is not None
    ]
    meaning = verdict.detail["meaning"]
    text = " and ".join(parts) or "no outcome column was found"
    return f"{text} ({meaning})" if meaning else text
