"""The first files of a data set that comes from a database or a REST endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from assay.contract import Contract, load_contract
from assay.document import load_document
from assay.engine import Session
from assay.errors import InputError
from assay.ingest import write_sample
from assay.lake import private_folder
from assay.onboarding import DatasetPlan
from assay.stages.authoring._draft import draft_dataset

Entry = Mapping[str, Any]
"""An entry of a contract's ``servers``."""
_AROUND: Final = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:assay:sample
name: sample
version: 0.1.0
status: draft
description: {purpose: A sample.}
team: {name: none}
customProperties: [{property: partition, value: {grain: GRAIN, first: "FIRST"}}]
schema: [{name: sample, properties: [{name: x, logicalType: string}]}]
servers:
"""


def draft_from_source(
    session: Session,
    spill: Path | None,
    source: str,
    name: str,
    *,
    query: str | None = None,
    batches: Sequence[str],
    credentials: Callable[[str | None], Mapping[str, str]],
    most: int,
    grain: Literal["day", "month", "year"] = "day",
    first: str | None = None,
    owner: str = "unassigned",
) -> tuple[DatasetPlan, tuple[str, ...]]:
    """Draft contract, suites and policies from the first rows of some batches.

    The rows lie in a private folder of the spill zone, which is removed in the end.

    Parameters
    ----------
    spill : Path, optional
        The home's spill zone.
    source : str
        A YAML file with an entry of ``servers``, as the contract will have it; or, with ``query``,
        the id of a connection.
    query : str, optional
        One SELECT over the connection.
    batches : sequence of str
        Keys of the batches that are sampled.
    credentials : callable
        The connection that the entry names → what the source needs.
    most : int
        Rows at most, of each batch.

    Returns
    -------
    tuple
        The plan, and the names of columns that were left out because they hold nested values.

    Raises
    ------
    InputError
        If the entry isn't one of a database or an endpoint, or its source can't be read.
    """
    entry = _entry(source, query)
    with private_folder(spill) as folder:
        contract = _contract(entry, grain, min(batches), folder)
        known = credentials(contract.source.connection)
        samples = [
            write_sample(contract, batch, _made(folder / batch), known, most=most)
            for batch in sorted(set(batches))
        ]
        paths = [str(path) for path, _ in samples]
        data = paths if len(paths) > 1 else paths[0]
        plan = draft_dataset(session, data, name, grain=grain, first=first, owner=owner)
    files = {n: _with_entry(t, entry) if n.startswith("contracts/") else t
             for n, t in plan.files.items()}  # fmt: skip
    nested = dict.fromkeys(name for _, names in samples for name in names)
    return replace(plan, files=files), tuple(nested)


def _entry(source: str, query: str | None) -> Entry:
    if query is None:
        return {"server": "source", **load_document(source).value}
    custom = {"connection": source, "query": query}
    return {
        "server": "database",
        "type": "custom",
        "customProperties": [{"property": n, "value": v} for n, v in custom.items()],
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _contract(entry: Entry, grain: str, first: str, folder: Path) -> Contract:
    around = _AROUND.replace("GRAIN", grain).replace("FIRST", first)
    path = folder / "sample.odcs.yaml"
    path.write_text(around + "\n".join(_lines(entry)) + "\n", encoding="utf-8")
    contract = load_contract(path)
    contract.partition.parse(first)
    if contract.source.kind == "files":
        raise InputError("a sample of files is read as it is", do="Name the file itself.")
    return contract


def _lines(entry: Entry) -> list[str]:
    """The entry as the one item of a list in YAML."""
    text = yaml.safe_dump([dict(entry)], sort_keys=False, allow_unicode=True, width=10_000)
    return [f"  {line}" for line in text.splitlines()]


def _with_entry(contract: str, entry: Entry) -> str:
    """A drafted contract with the entry in the place of the drafted source."""
    lines = contract.splitlines()
    start = lines.index("servers:") + 1
    end = next(n for n in range(start, len(lines)) if not lines[n].startswith(" "))
    return "\n".join([*lines[:start], *_lines(entry), *lines[end:]]) + "\n"
