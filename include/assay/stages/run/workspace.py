"""Where the artefacts of a run of a batch are: the only module that knows the names of their files.

It reads and writes typed artefacts: ``workspace.observed.read(session)``,
``workspace.state.write(text)``; see :mod:`assay.stages.artefacts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from assay.errors import InputError
from assay.stages.artefacts import (
    Declared,
    FileArtefact,
    TableArtefact,
    Workspace,
    sealed_at,
    table_at,
    text_at,
)


@dataclass(frozen=True)
class BatchWorkspace(Workspace):
    """The artefacts of a run of a batch; its key is data set, batch and version id.

    Parameters
    ----------
    input_sha : str, optional
        SHA-256 of the landed input, which names the folder of the landed rows.
    period : str, optional
        The period whose key seals the audit partition.
    reference : str, optional
        The one drift reference that the run is held against, where a person chose one.
    """

    input_sha: str | None = None
    period: str | None = None
    reference: str | None = None

    # Tables between the stages: their rows have landing numbers and mostly landing order.
    marks_raw = table_at("work", "marks_raw.parquet")
    observed = table_at("work", "observed.parquet")
    cleaned = table_at("work", "cleaned.parquet")
    dropped = table_at("work", "marks_clean_dropped.parquet")
    change_log = table_at("work", "change_log.parquet")
    marks_clean = table_at("work", "marks_clean.parquet")
    row_numbers = table_at("work", "row_numbers.parquet")
    # Objects of the version: their rows have its own numbers and order.
    sealed_row_numbers = sealed_at("work", "rows.sealed", stored_as="rows")
    committed_observed = table_at("work", "committed_observed.parquet", stored_as="observed")
    committed_changes = table_at("work", "committed_changes.parquet", stored_as="changes")
    candidate = table_at("work", "candidate.parquet", stored_as="data")
    scaled = table_at("work", "scaled.parquet", stored_as="scaled")
    # Of the version's rows, by their own numbers.
    suspected_labels = table_at("work", "suspected_labels.parquet")
    # What cleaning was fitted to.
    state = text_at("work", "state.json", stored_as="state")
    scaler = text_at("work", "scaler.json", stored_as="scaler")
    # Restricted: clear values of classified columns or landing row numbers are in them.
    quarantined_raw = table_at("quarantine", "raw.parquet")
    quarantined_clean = table_at("quarantine", "clean.parquet")
    changed_values = table_at("quarantine", "changes.parquet")
    failing_raw = text_at("quarantine", "validate_raw.json")
    failing_clean = text_at("quarantine", "validate_clean.json")
    # What people and other tools read.
    overview = text_at("reports", "report.html")
    validation_raw = text_at("reports", "validate_raw.json")
    validation_clean = text_at("reports", "validate_clean.json")
    cleaning = text_at("reports", "cleaning.json", stored_as="cleaning")

    @property
    def landed(self) -> TableArtefact:
        """The landed rows, which belong to the input and not to the version.

        Raises
        ------
        InputError
            If the input hasn't landed.
        """
        if self.input_sha is None:
            raise InputError("the run's input hasn't landed", where=" ".join(self.key[:2]))
        by_input = replace(self, key=(*self.key[:2], self.input_sha))
        return TableArtefact(by_input, "landed", "landing", "rows.parquet")

    @property
    def audit(self) -> FileArtefact:
        """Protected attributes that ``protect`` removes, sealed with the key of a period."""
        return FileArtefact(self, "audit", "audit", f"{self.period}.sealed")

    @property
    def drift_rows(self) -> FileArtefact:
        """Numbers of the rows behind the shifts."""
        of = f"_{self.reference}" if self.reference else ""
        return FileArtefact(self, "drift_rows", "reports", f"drift_rows{of}.parquet")

    def stored(self) -> dict[str, Path]:
        """Object of a version → path of the artefact that it is made from.

        A stage sees those that it may read.
        """
        declared = (d for d in vars(BatchWorkspace).values() if isinstance(d, Declared))
        seen = None if self.reads is None else {*self.reads, *self.written}
        return {
            d.stored_as: self.artefact(d.name).path
            for d in declared
            if d.stored_as and (seen is None or d.name in seen)
        }
