"""A gate run by hand: the verdicts that a run would give on a file, without a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assay.contract import Contract
from assay.engine import Session
from assay.ingest import judge_landing
from assay.policy.quality import QualityPolicy
from assay.project import SUITES
from assay.quality import Validation, judge_validation, load_suite, validate, write_quarantine
from assay.stages.authoring._local_file import arrive, batch_of, columns_to_redact, released_tables
from assay.stages.run._result import StageResult, render_result
from assay.stages.run._validate import Which, referred_datasets, whole_suite
from assay.stages.services import Services
from assay.verdict import Verdict


@dataclass(frozen=True)
class Trial:
    """The verdicts that the gates of a run would give on a file.

    Read ``verdict``, the graver of those of landing and of validation. ``validation`` is None
    where the file wouldn't land. ``notes`` say what could not be judged by hand, and why.
    """

    verdicts: tuple[Verdict, ...]
    validation: Validation | None
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict."""
        return max(self.verdicts, key=lambda v: v.outcome.severity)

    def document(self) -> dict[str, Any]:
        """Great Expectations' validation result, with the verdicts and notes as JSON data."""
        found = self.validation.document() if self.validation else {"success": False}
        return {
            **found,
            "verdict": self.verdict.outcome.value,
            "holds": self.verdict.holds,
            "gates": [v.model_dump(mode="json") for v in self.verdicts],
            "notes": list(self.notes),
        }

    def lines(self) -> list[str]:
        """The verdicts as in a task's log."""
        return [render_result(StageResult.judged(v.gate, v)) for v in self.verdicts]


def try_gate(
    services: Services, dataset: str, data: Path | str, suite: str = "raw", *,
    batch: str | None = None, engine: Literal["compiled", "gx"] = "compiled",
    parameters: Mapping[str, Any] | None = None, redact: Collection[str] = (),
    quarantine: Path | None = None,
) -> Trial:  # fmt: skip
    """Judge a file by contract, suite and quality policy, as the stage ``validate_*`` does.

    Parameters
    ----------
    data : path or URL
        The rows as they arrive; with the suite ``clean``, as they are released.
    suite : str
        ``raw``, ``clean``, or the path of another suite for the rows as they arrive.
    batch : str, optional
        The batch that the file is; by its name where that holds one key.
    parameters : mapping, optional
        They come before the policy's.
    redact : collection of str
        Columns that show no value, beside those that the contract classifies.
    quarantine : Path, optional
        Folder for ``quarantine.parquet``.

    Raises
    ------
    InputError
        If there is no such file, the batch isn't in the calendar, or a column to redact isn't in
        the data.
    """
    contract = services.project.contract(dataset)
    policy = services.policy(contract, QualityPolicy)
    which: Which = "clean" if suite == "clean" else "raw"
    path = services.project.suite(dataset, suite) if suite in SUITES else Path(suite)
    loaded = load_suite(path, {**policy.parameters, **(parameters or {})})
    batch = contract.partition.parse(batch) if batch else batch_of(data, contract)
    with services.session() as session:
        table, arrived = _rows(session, contract, data, which, policy)
        wanted = referred_datasets(contract, loaded)
        references = released_tables(services, session, wanted)
        notes = tuple(_notes(contract, which, batch, wanted - {*references}))
        if table is None:
            return Trial(arrived, None, notes)
        found = validate(
            session, table, whole_suite(contract, loaded, references, which, batch), engine=engine,
            redact=contract.classified | columns_to_redact(table, redact),
            gx_max_rows=policy.gx.max_rows,
        )  # fmt: skip
        if quarantine is not None:
            quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
            to, of = quarantine / "quarantine.parquet", batch or Path(str(data)).name
            write_quarantine(session, found, table, to, batch=of, time=services.clock())
    return Trial((*arrived, judge_validation(found, policy, f"validate_{which}")), found, notes)


def _rows(
    session: Session, contract: Contract, data: Path | str, which: Which, policy: QualityPolicy
) -> tuple[Any, tuple[Verdict, ...]]:
    """The rows to judge, None if there are none, and the verdict of landing."""
    if which == "clean":
        return session.open_data(data), ()
    landing = arrive(session, contract, data)
    rows = landing.rows_path
    table = None if rows is None else session.read_parquet(rows)
    return table, (judge_landing(landing, policy),)


def _notes(
    contract: Contract, which: Which, batch: str | None, unreleased: Collection[str]
) -> list[str]:
    """What a run would judge and this can't."""
    notes = [
        f"not released yet: {name}; references to it can't be judged, and no run begins before"
        for name in sorted(unreleased)
    ]
    dated = contract.partition.column is not None or contract.freshness
    if which == "raw" and batch is None and dated:
        notes.append(
            "batch not known: whether rows lie in it and are fresh isn't judged; use --batch"
        )
    return notes
