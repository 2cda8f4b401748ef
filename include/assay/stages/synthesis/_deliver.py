"""Made rows as a batch of a data set of their own, which says that they are synthetic."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.contract import Contract
from assay.engine import ROW, FileDigest, Session
from assay.lake import write_text
from assay.page import PageContext
from assay.records.uses import Output, Use
from assay.stages.authoring import draft_dataset
from assay.stages.index import follow_registry
from assay.stages.services import Services
from assay.stages.synthesis._choose import Candidate
from assay.stages.synthesis._released import Halves
from assay.synthesis.judging import render_html
from assay.synthetic import SYNTHETIC, synthetic_of

if TYPE_CHECKING:
    import pyarrow as pa


def as_table(rows: pa.Table, halves: Halves, contract: Contract) -> pa.Table:
    """The rows in the contract's order of columns, numbered, each marked as synthetic.

    A column that names a row has running numbers from 1, or texts such as ``synthetic-1``.
    """
    import pyarrow as pa

    n = rows.num_rows
    for name, kind in halves.numbered.items():
        numbers = np.arange(1, n + 1)
        texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        made = [f"synthetic-{i}" for i in numbers.tolist()] if texts else numbers
        rows = rows.append_column(name, pa.array(made).cast(kind))
    ordered = [name for name in contract.column_names if name in rows.column_names]
    return rows.select(ordered).append_column(SYNTHETIC, pa.array(np.ones(n, dtype=bool)))


def write_rows(session: Session, table: pa.Table, path: Path) -> FileDigest:
    """Write the rows as Parquet, in the order in which they were made."""
    numbered = table.append_column(ROW, [np.arange(table.num_rows)])
    aside = session.set_aside(numbered)
    return session.write_parquet(aside, path, order_by=[ROW], without=[ROW])


def record_synthetic(
    services: Services, halves: Halves, chosen: Candidate, batch: str, written: FileDigest,
    author: str,
) -> None:  # fmt: skip
    """Put rows that are about to be delivered on record, as a use of what they were learned from.

    Recorded first, so that no batch is released whose origin nobody knows; a file that isn't
    delivered after all is made again with the same bytes, and found.
    """
    dataset = synthetic_of(halves.source.dataset)
    mark = services.registry.mark(written.sha256)
    services.registry.record_use(Use(
        kind="synthetic_set",
        id=services.registry.use_id("synthetic_set", [dataset, batch, halves.source.digest, mark]),
        subject=dataset, reads=(halves.source,),
        delivers=Output(dataset=dataset, batch=batch, mark=mark),
        author=author, at=services.clock(),
        details={"method": chosen.method, "rows": str(written.rows),
                 "policy": chosen.verdict.policy_hash},
    ))  # fmt: skip
    follow_registry(services, wholly=False)


def write_report(
    services: Services, contract: Contract, batch: str, version: str, chosen: Candidate
) -> Path:
    """Write the page and the verdict among the reports of the synthetic data set."""
    name = synthetic_of(contract.dataset)
    page = services.lake.make("reports", name, batch, version, "synthesis.html")
    context = PageContext(f"{name} {batch}", labels=contract.labels)
    write_text(page, render_html(chosen.verdict, chosen.report, context))
    known: dict[str, Any] = {
        "synthetic": True, "method": chosen.method,
        "verdict": chosen.verdict.model_dump(mode="json"),
    }  # fmt: skip
    write_text(page.with_suffix(".json"), json.dumps(known, indent=1, sort_keys=True) + "\n")
    return page


def draft_synthetic(
    session: Session, services: Services, contract: Contract, path: Path, batch: str
) -> list[str]:
    """Draft contract, suites and policies of the synthetic data set, where it has none.

    Returns
    -------
    list of str
        The files that were written.
    """
    from assay.onboarding import write_dataset

    name = synthetic_of(contract.dataset)
    if name in services.project.datasets():
        return []
    plan = draft_dataset(session, path, name, first=batch, owner=contract.owner)
    place = f"contracts/{name}.odcs.yaml"
    files = {**plan.files, place: _saying_so(plan.files[place], contract.dataset)}
    return [str(one) for one in write_dataset(replace(plan, files=files), services.project.include)]


def _saying_so(text: str, dataset: str) -> str:
    """The drafted contract with what is certain: its rows are synthetic, and a column says so."""
    purpose = f"Synthetic rows, made like those of {dataset}; no row is about anybody."
    head, _, rest = text.partition("description:\n")
    text = f"{head}description:\n  purpose: {purpose}\ntags: [synthetic]\n" + rest.split("\n", 1)[1]
    own = (
        f"      - name: {SYNTHETIC}\n        logicalType: boolean\n        required: true\n"
        "        description: True, because the row was made.\n        enum: [{value: true}]\n"
    )
    # Its draft is from the sample alone; each column is a list's entry, and the lines below it.
    return re.sub(rf"      - name: ['\"]?{SYNTHETIC}['\"]?\n(        .*\n)*", own, text)
