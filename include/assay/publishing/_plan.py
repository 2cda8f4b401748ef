"""What has to be done so that what is published is what should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from assay.document import content_hash
from assay.publishing._found import Found
from assay.publishing._statements import LATEST, view_queries, wanted_grants
from assay.publishing._wanted import BATCH, VERSION, Wanted

Kind = Literal[
    "prepare", "retype", "add_column", "drop_column", "load", "drop_view", "attach", "point",
    "view", "protect", "revoke", "grant", "drop",
]  # fmt: skip
_OWN = frozenset({BATCH, VERSION})


@dataclass(frozen=True)
class Step:
    """One change.

    Parameters
    ----------
    kind : str
    subject : tuple of str
        What it changes: a version, a column and its type, a view, a right.
    says : str
        The change as a sentence.
    """

    kind: Kind
    subject: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class PublishingPlan:
    """The changes in their order; none where everything is as it should be.

    Parameters
    ----------
    drift : bool
        Whether the wanted snapshot is the published one, so that each step repairs what somebody
        changed in the database, or follows a policy that has changed.
    """

    dataset: str
    snapshot: int
    steps: tuple[Step, ...]
    drift: bool

    @property
    def hash(self) -> str:
        """SHA-256 of the plan: it is applied only if it is still the same then."""
        return content_hash([self.dataset, self.snapshot, [asdict(step) for step in self.steps]])


def plan_publishing(wanted: Wanted, found: Found) -> PublishingPlan:
    """Compare what should be published with what is, and list the changes."""
    steps = tuple(_steps(wanted, found))
    drift = bool(steps) and found.snapshot == wanted.snapshot
    return PublishingPlan(wanted.dataset, wanted.snapshot, steps, drift)


def _steps(wanted: Wanted, found: Found) -> Iterator[Step]:
    if not found.owned:
        yield Step("prepare", (), f"make the schema {wanted.dataset}")
    yield from _columns(wanted, found)
    yield from _versions(wanted, found)
    queries = view_queries(wanted)
    stale = {
        name for name, view in found.views.items()
        if name not in queries or view.query != queries[name] or not view.as_made
    }  # fmt: skip
    retyped = any(step.kind == "retype" for step in _columns(wanted, found))
    if retyped or LATEST in stale:  # the others read from it, or from what changes
        stale |= set(found.views)
    for name in sorted(stale, key=_last_first):
        why = "" if found.views[name].query else ", which nobody declared"
        yield Step("drop_view", (name,), f"drop the view {name}{why}")
    yield from _snapshots(wanted, found)
    yield from _extra_columns(wanted, found)
    for name, query in queries.items():
        if name not in found.views or name in stale:
            yield Step("view", (name, query), f"make the view {name}")
    if found.owned and not found.protected:
        yield Step("protect", (), "shield the table rows by row-level security without a policy")
    yield from _rights(wanted, found, stale)
    for version in sorted((found.tables | found.loaded.keys()) - wanted.versions.keys()):
        yield Step("drop", (version,), f"drop version {version[:12]}, which no snapshot holds")


def _last_first(name: str) -> tuple[bool, str]:
    """Views of readers first: they read from `latest`."""
    return not name.startswith("latest_for_"), name


def _columns(wanted: Wanted, found: Found) -> Iterator[Step]:
    there = {c.name: c.type for c in found.columns}
    for column in wanted.columns:
        subject = (column.name, column.type)
        if found.owned and column.name not in there:
            yield Step("add_column", subject, f"add the column {column.name} ({column.type})")
        elif found.owned and there[column.name] != column.type:
            was = there[column.name]
            yield Step("retype", subject, f"make {column.name} {column.type}; it is {was}")


def _extra_columns(wanted: Wanted, found: Found) -> Iterator[Step]:
    """Columns that no version has any more; no view shows them."""
    for name in sorted({c.name for c in found.columns} - {c.name for c in wanted.columns} - _OWN):
        yield Step("drop_column", (name,), f"drop the column {name}, which no version has")


def _versions(wanted: Wanted, found: Found) -> Iterator[Step]:
    for version, one in wanted.versions.items():
        known = found.loaded.get(version)
        whole = known is not None and known.digest == one.digest and version in found.tables
        if not whole:
            yield Step("load", (version,), f"load {one.batch}, version {version[:12]}")
        if not whole or version not in found.attached:
            yield Step("attach", (version,), f"attach {one.batch} to rows")


def _snapshots(wanted: Wanted, found: Found) -> Iterator[Step]:
    asked = {n: tuple(sorted(versions)) for n, versions in wanted.snapshots.items()}
    if found.snapshot != wanted.snapshot:
        was = "nothing" if found.snapshot is None else f"snapshot {found.snapshot}"
        says = f"point latest at snapshot {wanted.snapshot}; it shows {was}"
        yield Step("point", (str(wanted.snapshot),), says)
    elif asked != dict(found.snapshots):
        says = "list the versions of the readable snapshots as they are"
        yield Step("point", (str(wanted.snapshot),), says)


def _rights(wanted: Wanted, found: Found, dropped: set[str]) -> Iterator[Step]:
    """Rights too few and too many; those of a dropped view went with it."""
    asked = wanted_grants(wanted)
    kept = {g for g in found.grants if g[0].partition(".")[0] not in dropped}
    for name, role, right in sorted(kept - asked):
        what = f"the table or view {name}" if name else "the schema"
        yield Step("revoke", (name, role, right), f"take {right} on {what} from {role}")
    for name, role, right in sorted(asked - kept):
        what = name or "the schema"
        yield Step("grant", (name, role, right), f"give {role} {right} on {what}")
