"""What the release train did to single rows: filled, flagged, clipped, changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from assay.records.models import DataUsed
from assay.stages.models._data import ID, read_blocks, read_versions
from assay.stages.services import Services

if TYPE_CHECKING:
    import pyarrow as pa

_FLAGS: Final = {"__imputed": "imputed", "__outlier": "outlier"}
_ENDS: Final = {"clip": "clipped", "null": "emptied"}
_CHANGES: Final = "changes"


def cleaned_rows(services: Services, described: DataUsed) -> Iterator[tuple[str, frozenset[int]]]:
    """``imputed: column``, ``clipped: column`` … → rows, by the flags and log of their version."""
    yield from _flagged(services, described)
    yield from _logged(services, described)


def _flagged(services: Services, described: DataUsed) -> Iterator[tuple[str, frozenset[int]]]:
    """By the boolean columns that cleaning adds."""
    (version,) = read_versions(services, described).values()
    names = [n for n in _names(services, version) if n.endswith(tuple(_FLAGS))]
    (block,) = read_blocks(services, described, names, "feedback").values()
    for name in (n for n in names if n in block.column_names):
        column, _, flag = name.rpartition("__")
        rows = block.filter(block.column(name))
        yield f"{_FLAGS[f'__{flag}']}: {column}", frozenset(rows.column(ID).to_pylist())


def _names(services: Services, version: Any) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_schema(services.registry.open(version.objects["data"])).names)


def _logged(services: Services, described: DataUsed) -> Iterator[tuple[str, frozenset[int]]]:
    """By the change log: what the boolean columns don't say."""
    import pyarrow.parquet as pq

    (version,) = read_versions(services, described).values()
    if _CHANGES not in version.objects:
        return
    log = pq.read_table(services.registry.open(version.objects[_CHANGES]))
    if ID not in log.column_names:  # made before versions had row numbers of their own
        return
    rows: dict[str, set[int]] = {}
    for rule, column, number in _changes(log):
        if column is None or rule.startswith("impute") or rule.endswith(".flag"):
            continue
        word = _ENDS.get(rule.rpartition(".")[2], f"changed by {rule}")
        rows.setdefault(f"{word}: {column}", set()).add(number)
    yield from ((name, frozenset(ids)) for name, ids in rows.items())


def _changes(log: pa.Table) -> Iterator[tuple[str, str | None, int]]:
    columns = (log.column(name).to_pylist() for name in ("rule", "column", ID))
    return zip(*columns, strict=True)
