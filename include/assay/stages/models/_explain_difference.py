"""What made the difference between two versions: refits of their crossings, and Shapley parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from assay.errors import InputError
from assay.stages.models._compare import DataDifference, data_differences
from assay.stages.models._crossings import FACTORS, Crossings, Side, check_code
from assay.stages.models._data import missing_versions
from assay.stages.models._ingredients import libraries
from assay.stages.models._learned import fresh_rows
from assay.stages.models._table import table_of
from assay.stages.models._versions import find_version
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training import Predictions
    from assay.training.compare import Crossing, Explanation, Factor

Progress = Callable[[int, int, str], None]
Chosen = tuple[int, int, int]


def explain_difference(
    services: Services, a: str, b: str, progress: Progress = lambda *_: None
) -> Explanation:
    """Split the change of each metric from one version to another into the parts of its causes.

    The crossings of {data, preprocessing, hyperparameters} of the two are refitted, at most six
    beside the two registered models; a factor that is equal in both has none. All of them predict
    the test rows of the second version that neither has learned from. A refit that was done before
    is found, so a comparison that was stopped goes on where it was.

    Parameters
    ----------
    progress : callable
        Takes the refits that are done, those that are needed, and what is refitted next.

    Raises
    ------
    InputError
        If a version isn't there, the two learn different labels, nothing differs between them, the
        model file has no budget (``compare.refits``) or one that is too small, or no test row is
        left.
    """
    from assay.training.compare import Explanation, split_metrics

    sides = Side(services, find_version(services, a)), Side(services, find_version(services, b))
    names = {"a": sides[0].version.name, "b": sides[1].version.name}
    if missing := _missing(services, sides):
        return Explanation(**names, missing=missing)
    _check(sides)
    factors = _factors(sides)
    differing = tuple(factor.name for factor in factors if factor.says)
    wanted = _wanted(differing)
    _check_budget(services, sides[1].version.model, max(len(wanted) - 2, 0))
    crossings = Crossings(services, sides, _fresh(services, sides))
    said, how = _said(crossings, wanted, names, progress)
    rows = crossings.rows()
    return Explanation(
        **names, rows=rows.rows, factors=factors,
        crossings=tuple(_crossing(c, differing, h) for c, h in zip(wanted, how, strict=True)),
        metrics=split_metrics(sides[1].file, rows, said, differing), notes=tuple(_notes(sides)),
    )  # fmt: skip


def _missing(services: Services, sides: Sequence[Side]) -> tuple[str, ...]:
    """The versions of the data of either that are gone, each once."""
    used = {u.digest: u for side in sides for u in side.record.data}
    return tuple(dict.fromkeys(m for u in used.values() for m in missing_versions(services, u)))


def _check(sides: tuple[Side, Side]) -> None:
    for side in sides:
        if side.record.own_code:
            raise InputError(
                "own code has fitted it, so it can't be refitted", got=side.version.name,
                do="Compare two versions that assay train made.",
            )  # fmt: skip
    first, second = (side.file for side in sides)
    labels = [f.label.model_dump(exclude={"meaning"}) for f in (first, second)]
    classes = [side.fitted.classes for side in sides]
    if labels[0] != labels[1] or classes[0] != classes[1]:
        raise InputError(
            "the two learn different labels, so their metrics can't be compared",
            where=f"{sides[0].version.name} and {sides[1].version.name}",
        )  # fmt: skip
    for side in sides:
        check_code(side)


def _factors(sides: tuple[Side, Side]) -> tuple[Factor, ...]:
    """Each factor with how it differs.

    Raises
    ------
    InputError
        If none does.
    """
    from assay.training.compare import Factor

    was, now = (side.factors for side in sides)
    said = {"data": _data_words, "preprocessing": _preprocessing_words,
            "hyperparameters": _hyperparameter_words}  # fmt: skip
    found = tuple(
        Factor(name=name, says=tuple(said[name](*sides)) if was[name] != now[name] else ())
        for name in said
    )
    if not any(factor.says for factor in found):
        raise InputError(
            "nothing differs between the two: data, preprocessing and hyperparameters are the same",
            where=f"{sides[0].version.name} and {sides[1].version.name}",
        )  # fmt: skip
    return found


def _data_words(a: Side, b: Side) -> Iterator[str]:
    for one in data_differences(a.record.data, b.record.data):
        yield _batch_words(one)
    for key in ("where", "batches"):
        was, now = (getattr(side.file.data, key) for side in (a, b))
        if was != now:
            yield f"data.{key} was {was!r}, is {now!r}"
    if a.file.split != b.file.split:
        yield "another split"


def _batch_words(one: DataDifference) -> str:
    changes = {"added": one.added, "removed": one.removed, "replaced": one.replaced}
    said = [f"{len(batches)} {word}" for word, batches in changes.items() if batches]
    counted = f"{', '.join(said)}, " if said else ""
    return f"{one.dataset}: {counted}{one.kept} batches the same"


def _preprocessing_words(a: Side, b: Side) -> Iterator[str]:
    was, now = a.file.features, b.file.features
    if added := [name for name in now if name not in was]:
        yield f"features added: {', '.join(added)}"
    if removed := [name for name in was if name not in now]:
        yield f"features removed: {', '.join(removed)}"
    steps = [list(side.record.preprocessing) for side in (a, b)]
    for word, lines, others in (("without", *steps), ("with", *steps[::-1])):
        yield from (f"{word} {line}" for line in lines if line not in others)
    if set(was) == set(now) and set(steps[0]) == set(steps[1]):
        yield "another order or other joined columns"


def _hyperparameter_words(a: Side, b: Side) -> Iterator[str]:
    was, now = a.record.parameters, b.record.parameters
    changed = [n for n in dict.fromkeys([*was, *now]) if was.get(n) != now.get(n)]
    for name in changed:
        yield f"{name}: {was.get(name, 'not set')} → {now.get(name, 'not set')}"
    if not changed:
        yield "another search or other own code"


def _notes(sides: tuple[Side, Side]) -> Iterator[str]:
    """Libraries of a run that are others now: a part of the change may come with them."""
    now = libraries()
    for side in sides:
        others = {n: v for n, v in side.record.libraries.items() if now.get(n) != v}
        for name, version in others.items():
            yield (
                f"{side.version.name} was trained with {name} {version}; refits are made with "
                f"{now.get(name, 'none')}, so a part of the change may come from there"
            )


def _wanted(differing: Sequence[str]) -> list[Chosen]:
    """Each crossing as the side of its data, preprocessing and hyperparameters, first to last.

    A factor that is equal in both is the second's. The first factor that differs changes fastest.
    """
    found = []
    for sides in product((0, 1), repeat=len(differing)):
        by = dict(zip(differing[::-1], sides, strict=True))
        found.append(tuple(by.get(name, 1) for name in FACTORS))
    return found  # type: ignore[return-value]


def _check_budget(services: Services, model: str, refits: int) -> None:
    budget = services.project.model(model).compare
    if refits > (budget.refits if budget else 0):
        raise InputError(
            "the refits that are needed aren't allowed",
            where=f"compare.refits of the model file {model}",
            got="nothing" if budget is None else budget.refits, expected=f"at least {refits}",
            do=f"Write compare: {{refits: {refits}}} there if their time is worth it.",
        )  # fmt: skip


def _fresh(services: Services, sides: tuple[Side, Side]) -> Any:
    """Mask of the rows of the second's table that it tests and the first hasn't learned from."""
    from assay.training import split_rows

    table = table_of(services, sides[1].record.data, sides[1].file)
    fresh = split_rows(table, sides[1].file).test & fresh_rows(services, sides[0].version, table)
    if not fresh.any():
        raise InputError(
            "the first has learned from every test row of the second",
            where=f"{sides[0].version.name} and {sides[1].version.name}",
        )  # fmt: skip
    return fresh


def _said(
    crossings: Crossings, wanted: Sequence[Chosen], names: dict[str, str], progress: Progress
) -> tuple[list[Predictions], list[str]]:
    """What each crossing says of the test rows, and where that comes from."""
    said: list[Predictions] = []
    how: list[str] = []
    needed = len(wanted) - 2
    for place, chosen in enumerate(wanted):
        if place in {0, len(wanted) - 1}:
            said.append(crossings.registered(0 if place == 0 else 1))
            how.append("registered")
            continue
        pairs = zip(FACTORS, chosen, strict=True)
        progress(place - 1, needed, ", ".join(f"{n} of {names['ab'[s]]}" for n, s in pairs))
        found = crossings.kept(chosen)
        how.append("refitted" if found is None else "found")
        said.append(crossings.refit(chosen) if found is None else found)
    progress(needed, needed, "")
    return said, how


def _crossing(chosen: Chosen, differing: Sequence[str], how: str) -> Crossing:
    from assay.training.compare import Crossing

    pairs = zip(FACTORS, chosen, strict=True)
    second = tuple(name for name, side in pairs if side and name in differing)
    return Crossing.model_validate({"second": second, "how": how})
