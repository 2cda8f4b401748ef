"""The released rows that are learned from, and the half that isn't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.contract import Contract
from assay.errors import InputError
from assay.policy.privacy import PrivacyPolicy
from assay.policy.synthesis import SynthesisPolicy
from assay.records.uses import SnapshotPart
from assay.records.versions import digest_of
from assay.stages.access import read_as_task
from assay.stages.services import Services
from assay.synthesis import CodedTable, code_table, describe_columns
from assay.versioning import PartitionRows

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Halves:
    """Real rows in two halves.

    Parameters
    ----------
    learned, held : CodedTable
        The half that is learned from, whose levels all are known, and the other.
    numbered : dict of str to pyarrow.DataType
        Columns that name a row: they get running numbers.
    ruled : tuple of str
        Columns of which the contract's rules hold: those that privacy leaves as they are.
    source : SnapshotPart
        The snapshot that the rows are of.
    """

    learned: CodedTable
    held: CodedTable
    numbered: dict[str, pa.DataType]
    ruled: tuple[str, ...]
    source: SnapshotPart

    @property
    def both(self) -> CodedTable:
        """All rows."""
        return CodedTable(self.learned.columns, {
            name: np.concatenate([self.learned.values[name], self.held.values[name]])
            for name in self.learned.values
        })  # fmt: skip


def read_halves(services: Services, contract: Contract, policy: SynthesisPolicy) -> Halves:
    """Read released rows at random, and split them in halves.

    Raises
    ------
    InputError
        If nothing is released, there are fewer than 200 rows, or a column can't be learned from.
    """
    if services.registry.pointer(contract.dataset) is None:
        raise InputError("the data set has no release yet", got=contract.dataset,
                         do=f"Run release__{contract.dataset} first.")  # fmt: skip
    found, versions = services.registry.partitions(contract.dataset, None)
    files = read_as_task(services, contract.dataset, versions, "synthesis", found.number)
    rows = PartitionRows(files, frozenset(contract.column_names))
    there = set(rows.columns())
    names = [n for n in contract.column_names if n in there and n not in policy.leave_out]
    numbered = [n for n in names if _names_a_row(contract, n)]
    random = np.random.default_rng(policy.seed)
    most = min(policy.most_rows, rows.count)
    chosen = random.choice(rows.count, most, replace=False, shuffle=False)
    learned, held = _split(rows.take(names, np.sort(chosen)), contract, policy, numbered, random)
    return Halves(
        learned, held, {n: rows.schema.field(n).type for n in numbered},
        _as_they_were(services, contract, names),
        SnapshotPart(
            dataset=contract.dataset, number=found.number, digest=digest_of(versions)
        ),
    )  # fmt: skip


def _names_a_row(contract: Contract, name: str) -> bool:
    return contract.primary_key == (name,) or name in {c.name for c in contract.identifiers}


def _split(
    rows: pa.Table, contract: Contract, policy: SynthesisPolicy, numbered: list[str],
    random: np.random.Generator,
) -> tuple[CodedTable, CodedTable]:  # fmt: skip
    least = 200
    if rows.num_rows < least:
        raise InputError(
            "too few rows to learn from", where=contract.dataset, got=f"{rows.num_rows} rows",
            expected=f"at least {least} released rows",
        )  # fmt: skip
    order = random.permutation(rows.num_rows)
    half = rows.num_rows // 2
    first = rows.take(order[:half])
    columns = describe_columns(
        first, [n for n in rows.column_names if n not in numbered],
        closed={c.name for c in contract.columns if c.levels is not None},
        least_number=policy.least_number, most_levels=policy.most_levels,
    )  # fmt: skip
    learned = code_table(first, columns)
    return learned.take(learned.known), code_table(rows.take(order[half : 2 * half]), columns)


def _as_they_were(services: Services, contract: Contract, names: list[str]) -> tuple[str, ...]:
    """Columns whose released values are those that arrived."""
    treated = services.policy(contract, PrivacyPolicy).columns
    kept = {n for n, one in treated.items() if one.treatment == "keep"}
    return tuple(n for n in names if n not in treated or n in kept)
