"""Versions of batches, and snapshots of data sets."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli._console import (
    follow,
    now,
    open_services,
    print_json,
    progress,
    results,
    show,
    table_of,
)
from assay.cli._options import AsJson, Author, Dataset
from assay.cli._rerun import outdated_of, print_outdated
from assay.errors import InputError, RegistryError, did_you_mean
from assay.reasons import gate_word

if TYPE_CHECKING:
    from assay.engine import Session
    from assay.records.indexing import ListedSnapshot
    from assay.records.versions import Snapshot
    from assay.stages.services import Services

app = typer.Typer(
    no_args_is_help=True, help="What was released when, what is in it, and what changed."
)
Which = Annotated[
    str,
    typer.Argument(
        help="A version id (or its beginning), a batch (its released version), or @N for the whole "
        "of snapshot N."
    ),
]


@app.command("list")
def list_versions(
    dataset: Dataset,
    most: Annotated[int, typer.Option(help="Show so many snapshots at most; 0 for all.")] = 50,
    as_json: AsJson = False,
) -> int:
    """Snapshots of a data set, newest first, and what each released.

    `assay versions show DATASET @N` gives all that snapshot N holds.
    """
    services = open_services(dataset, reading=True)
    follow(services)
    catalog = services.catalog
    snapshots, pointer = catalog.snapshots.listed(dataset), catalog.snapshots.pointer(dataset)
    stones, rest = catalog.versions.tombstones(dataset), catalog.versions.unreleased(dataset)
    if as_json:
        known, versions = services.registry.pointer(dataset), catalog.versions.all(dataset)
        return print_json({"dataset": dataset, "pointer": known, "snapshots": snapshots,
                           "versions": versions, "tombstones": stones})  # fmt: skip
    shown = snapshots[-most:] if most else snapshots
    _print_snapshots(shown, pointer)
    if earlier := len(snapshots) - len(shown):
        results.print(f"  {earlier} earlier snapshots: --most 0 shows all")
    print_outdated(dataset, outdated_of(services, dataset))
    for t in stones:
        what = f"expired, back until {t.stay.until}" if t.stay else "expired"
        results.print(f"  {what}: {t.batch} {t.version[:12]}, {t.why}")
    for v in rest:
        results.print(f"  candidate, never released: {v.batch} {v.version[:12]}")
    return 0


def _print_snapshots(snapshots: list[ListedSnapshot], pointer: int | None) -> None:
    table = table_of(("", "snapshot", "batch", "version", "batches", "when", "by", "reason"))
    for s in reversed(snapshots):
        table.add_row(
            "→" if pointer == s.number else "",
            str(s.number),
            s.batch or f"−{len(s.withdrawn)}",
            s.version[:12] if s.version else "withdrawn",
            str(s.size),
            f"{s.at:%Y-%m-%d %H:%M}",
            s.author,
            s.reason,
        )
    results.print(table)


@app.command("show")
def show_version(dataset: Dataset, which: Which, as_json: AsJson = False) -> int:
    """One version: its objects, counts, lineage and verdicts; or what a snapshot holds."""
    from assay.stages.versions import derived_columns

    services = open_services(dataset, reading=True)
    number = _numbered(which)
    if number is not None:
        return _show_snapshot(services.registry.snapshot(dataset, number), as_json)
    batch, version = find_version(services, dataset, which)
    found = services.registry.find(dataset, batch, version)
    out = services.catalog.snapshots.version_of(dataset, batch) == version
    counts = _counts(found.counts if found else {}, out=out)
    verdicts = services.catalog.verdicts.find(dataset, batch, version)
    lineage = services.catalog.versions.lineage(dataset, batch, version)
    derived = derived_columns(services, dataset, batch, version)
    body = {
        **({**found.model_dump(mode="json"), "counts": counts} if found else {}),
        "released": out,
        "lineage": lineage,
        "derived": derived,
        "verdicts": [v.verdict for v in verdicts],
    }
    lines = [f"{dataset} {batch} {version}" + ("" if out else ", not with readers")]
    if found:
        lines += [f"  {n}: {o.file}, {o.size:,} bytes" for n, o in found.objects.items()]
        lines += ["  rows: " + ", ".join(f"{n} {k}" for k, n in counts.items())]
    lines += [f"  made from {e.kind} {e.name} {e.ref[:12]}" for e in lineage]
    lines += [
        f"  derived {name} = {made['expression']}  (from {', '.join(made['roots'])})"
        for name, made in derived.items()
    ]
    for record in verdicts:
        codes = list(dict.fromkeys(r.code for r in record.verdict.reasons))
        word = gate_word(record.verdict.outcome, codes)
        lines.append(f"  {record.verdict.gate}: {word} {', '.join(codes)}".rstrip())
    return show(body, as_json, lines)


def _show_snapshot(snapshot: Snapshot, as_json: bool) -> int:
    """Number, time and reason of a snapshot, and the version of each of its batches."""
    lines = [
        f"snapshot {snapshot.number} of {snapshot.dataset}, {snapshot.at:%Y-%m-%d %H:%M} UTC, "
        f"by {snapshot.author}: {snapshot.reason}",
        *(f"  {batch} {version}" for batch, version in sorted(snapshot.batches.items())),
    ]
    return show(snapshot, as_json, lines)


def _counts(counts: Mapping[str, int], *, out: bool) -> dict[str, int]:
    """What was counted when it was committed; what was held then is released once it is out."""
    return {"released" if out and name == "held" else name: n for name, n in counts.items()}


@app.command()
def diff(dataset: Dataset, left: Which, right: Which, as_json: AsJson = False) -> int:
    """What changed from one version to another: schema, rows by key, distributions."""
    from assay.versioning import diff_versions, render_diff_json, render_diff_text

    services = open_services(reading=True)
    contract = services.project.contract(dataset)
    with progress("comparing"), services.session() as session:
        tables = [_table(services, session, dataset, which) for which in (left, right)]
        key = [n for n in contract.primary_key if all(n in t.columns for t in tables)]
        if any(which.startswith("@") for which in (left, right)):
            key = []  # a key is unique within its batch
        found = diff_versions(session, tables[0], tables[1], key, contract.classified)
    return show(render_diff_json(found), as_json, render_diff_text(found))


@app.command()
def verify(
    dataset: Annotated[
        str | None, typer.Argument(help="Name of the data set; all by default.")
    ] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Put damaged objects back from this machine's cache or working folders.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Hash again, in the object store itself, everything that the releases promise.

    Exit code 1 names each damage by data set, batch, version and object.
    """
    from assay.stages import upkeep
    from assay.versioning import render_verification

    services = open_services(dataset)
    with progress("hashing every object"):
        found = upkeep.verify(services, dataset, repair=repair)
    return show(found, as_json, render_verification(found), int(not found.sound))


@app.command()
def migrate(as_json: AsJson = False) -> int:
    """Carry the registry over to the layout that stays quick in a long history.

    The first release does the same. Update all hosts before: earlier code can't write to it then.
    """
    services = open_services()
    with progress("reading every snapshot twice"):
        done = services.registry.migrate(at=now())
    text = "The registry was carried over." if done else "The registry has the present layout."
    return show({"migrated": done}, as_json, text)


@app.command()
def rollback(
    dataset: Dataset,
    snapshot: Annotated[int, typer.Argument(help="Number of the snapshot to go back to.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; on record for ever.")],
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Point readers at an earlier snapshot, on record; nothing is deleted."""
    from assay.stages.index import follow_registry

    services = open_services(dataset)
    who = author or getpass.getuser()
    pointer = services.registry.rollback(dataset, snapshot, reason=reason, author=who, at=now())
    follow_registry(services)
    text = f"{dataset} points at snapshot {pointer.snapshot} now (of {pointer.latest})."
    return show(pointer, as_json, text)


@app.command()
def rows(
    dataset: Dataset,
    which: Which,
    ids: Annotated[
        list[int] | None,
        typer.Option("--id", min=0, help="A row number of the version, `__id`; repeatable."),
    ] = None,
    landed: Annotated[
        list[int] | None,
        typer.Option("--landed", min=0, help="A landing row number, `__row`; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Which landed row a row of a version is, and the reverse: for those who may read landing.

    It needs the registry key. What it prints belongs to restricted places alone: a landing row
    number is the place in the source, which is often sorted by a clear key.

    Example: assay versions rows flights 2013-02-04 --id 17 --landed 3
    """
    from assay.stages.versions import find_rows

    if not ids and not landed:
        raise typer.BadParameter("give --id, --landed or both", param_hint="--id")
    services = open_services(dataset)
    if _numbered(which) is not None:
        raise InputError("rows are those of one batch", got=which, do="Name one batch.")
    batch, version = find_version(services, dataset, which)
    with services.session() as session:
        found = find_rows(services, session, dataset, batch, version, ids or (), landed or ())
    text = "\n".join(f"__id {row['id']}  __row {row['landed']}" for row in found)
    show({"version": version, "rows": found}, as_json, text)
    return 0


def find_version(services: Services, dataset: str, which: str) -> tuple[str, str]:
    """Batch and full id of the one version that a person means."""
    follow(services)
    found = services.catalog.versions.named(dataset, which)
    released = services.catalog.snapshots.version_of(dataset, which)
    if released is not None:
        return which, released
    near = [v for v in found if v.version.startswith(which)]
    if len(near) == 1:
        return near[0].batch, near[0].version
    if candidates := [v.version for v in found if v.batch == which]:
        raise RegistryError(
            "the batch isn't released", where=dataset, got=which,
            expected="the id of one of its candidates: " + ", ".join(v[:12] for v in candidates),
        )  # fmt: skip
    known = _released(services, dataset)
    raise RegistryError(
        "no such version" if not near else "several versions begin so",
        where=dataset,
        got=which,
        expected="a version id, or a released batch: " + (", ".join(known) or "none yet"),
        do=did_you_mean(which, known) or None,
    )


def _numbered(which: str) -> int | None:
    """The number in ``@N``."""
    digits = which.removeprefix("@")
    return int(digits) if digits != which and digits.isascii() and digits.isdigit() else None


def _released(services: Services, dataset: str) -> Mapping[str, str]:
    if services.registry.pointer(dataset) is None:
        return {}
    return services.registry.snapshot(dataset).batches


def _table(services: Services, session: Session, dataset: str, which: str) -> Any:
    from assay.engine import data_columns

    number = _numbered(which)
    if number is not None:
        batches = services.registry.snapshot(dataset, number).batches
    else:
        batches = dict([find_version(services, dataset, which)])
    fetch, read = services.registry.fetch, session.read_parquet
    found = [read(fetch(dataset, batch, version)) for batch, version in batches.items()]
    tables = [table.select(data_columns(table)) for table in found]
    return tables[0].union(*tables[1:]) if tables[1:] else tables[0]
