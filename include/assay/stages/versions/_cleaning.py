"""The cleaning of a committed version: its change log, a rule undone, the log replayed."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibis import Table

from assay import engine
from assay.cleaning import FittedState, replay, scale
from assay.cleaning.undo import Difference, undo
from assay.engine import FileDigest, Session
from assay.errors import InputError, RegistryError, did_you_mean
from assay.lake import digest
from assay.stages.run._clean import unmarked
from assay.stages.run._row_numbers import as_rows, by_landing, by_version, read_row_numbers
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services


@dataclass(frozen=True)
class Replayed:
    """The result of a change log that was applied again.

    ``same`` is the answer: whether the bytes are those of the version. ``set_aside`` counts cleaned
    rows that validation then quarantined; they are in no version.
    """

    changes: int
    rows_in: int
    rows: int
    set_aside: int
    sha256: str
    expected: str

    @property
    def same(self) -> bool:
        """Whether the replay gave the bytes of the version."""
        return self.sha256 == self.expected


@dataclass(frozen=True)
class ReplayedRules:
    """The effect of some rules of a change log alone.

    ``changes`` of the log were applied to ``rows_in`` rows, of which ``dropped`` were dropped.
    ``cells`` counts the cells that differ, by column, with the derived columns.
    """

    changes: int
    rows_in: int
    dropped: int
    cells: dict[str, int]


@dataclass(frozen=True)
class CleanedVersion:
    """A version with the fitted state of its cleaning."""

    services: Services
    dataset: str
    batch: str
    version: str
    state: FittedState

    @property
    def name(self) -> str:
        """Data set, batch and the beginning of the version's id."""
        return f"{self.dataset} {self.batch} ({self.version[:12]})"

    def changes(
        self, session: Session, rule: str | None = None, column: str | None = None
    ) -> list[dict[str, Any]]:
        """List the changes of each rule by column: how many, and the numbers of their rows.

        Raises
        ------
        InputError
            If the version was made before logs were kept with it.
        """
        log = _chosen(as_rows(self._stored(session, "changes")), _given(rule), _given(column))
        grouped = log.group_by("step", "rule", "column").aggregate(
            changes=lambda t: t.count(),
            rows=lambda t: t[engine.ROW].collect(order_by=t[engine.ROW]),
        )
        return session.rows(grouped.order_by("step", "rule", "column"))

    def values(
        self, session: Session, rule: str | None = None, column: str | None = None
    ) -> list[dict[str, Any]]:
        """List every change with its values, from the restricted zone.

        Raises
        ------
        InputError
            If no values were kept, or the caller may not read the zone.
        """
        key = (self.dataset, self.batch, self.version)
        path = BatchWorkspace(self.services.lake, key).changed_values.path
        try:
            if found := path.is_file():
                path.open("rb").close()
        except PermissionError:
            raise InputError(
                "you may not read the restricted zone", where=self.name,
                do="Ask its owner, or look at the log without --values.",
            ) from None  # fmt: skip
        if not found:
            raise InputError(
                "no values were kept of this version's changes", where=self.name,
                got=f"change_log: {self.state.policy.change_log}", expected="change_log: values",
                do="Without --values the log shows which rows and columns each rule changed. "
                "Values are removed when their period in the quarantine zone ends.",
            )  # fmt: skip
        kept = self._numbered(session, session.read_parquet(path))
        log = _chosen(kept, _given(rule), _given(column))
        number = engine.ID if engine.ID in log.columns else engine.ROW
        return session.rows(log.order_by(number, "step", "column"))

    def undo(
        self, session: Session, rule: str | None, column: str | None, to: Path | None = None
    ) -> Difference:
        """Clean the observed rows without a rule; count the differences, write the table to a file.

        Rows that validation set aside after cleaning are in neither table.
        """
        log, before, released = self._tables(session)
        undone = undo(session, before, self.state.policy, self.state, rule, column).table
        aside = _set_aside(self._replayed(session, before, log), released)
        left = undone.anti_join(aside, engine.ROW)
        if to is not None:
            self._write(session, left, _writable(to))
        return Difference.between(released, left)

    def replay(self, session: Session) -> Replayed:
        """Apply the change log to the observed rows, and write the result as the version was."""
        log, before, released = self._tables(session)
        table = self._replayed(session, before, log)
        aside = _set_aside(table, released)
        nonce = self.services.registry.nonce(self.version, "data")
        rows, path = table.anti_join(aside, engine.ROW), session.aside() / "replayed.parquet"
        written = self._write(session, rows, path, nonce)
        return Replayed(
            changes=session.value(log.count()),
            rows_in=session.value(before.count()),
            rows=written.rows,
            set_aside=session.value(aside.count()),
            sha256=written.sha256,
            expected=digest(self._fetch("data")),
        )

    def replay_only(
        self, session: Session, rules: Collection[str], columns: Collection[str],
        to: Path | None = None,
    ) -> ReplayedRules:  # fmt: skip
        """Apply some rules of the change log alone; count their effect, write the table to a file.

        The effect is counted against the observed rows without any rule: parsed, with the derived
        columns. Rows that validation set aside after cleaning are in neither table.

        Parameters
        ----------
        rules, columns : collection of str
            Only changes by these rules, of these columns; all where there is none.
        to : Path, optional
            Parquet file to write.

        Raises
        ------
        InputError
            If the log has no such rule, or no change of such a column by these rules.
        """
        log, before, released = self._tables(session)
        chosen = _chosen(log, rules, columns)
        aside = _set_aside(self._replayed(session, before, log), released)
        none, some = (
            self._replayed(session, before, changes).anti_join(aside, engine.ROW)
            for changes in (log.limit(0), chosen)
        )
        if to is not None:
            self._write(session, some, _writable(to))
        found, changes = Difference.between(none, some), session.value(chosen.count())
        return ReplayedRules(changes, session.value(none.count()), found.gone, found.cells)

    def export_scaled(self, session: Session, to: Path) -> tuple[int, list[str]]:
        """Write the version's rows, scaled; return the number of rows and the scaled columns.

        The file is for training, so that it has the data's own columns alone, in the order of the
        version's rows: a row number would be one more feature.

        Raises
        ------
        InputError
            If the version has no scaler.
        """
        try:
            path = self._fetch("scaler")
        except RegistryError as exc:
            raise InputError(
                "the version has no scaler", where=self.name,
                expected="a scale step in the cleaning policy, and a released reference",
            ) from exc  # fmt: skip
        spec = json.loads(path.read_text(encoding="utf-8"))
        table = scale(self._landed(session, "data"), spec)
        written = self._write(session, table, _writable(to), numbers=False)
        return written.rows, list(spec["columns"])

    def _write(
        self, session: Session, table: Table, path: Path, nonce: str | None = None, *,
        numbers: bool = True,
    ) -> FileDigest:  # fmt: skip
        """Write rows as the version has its own: with its row numbers or not, in its order."""
        out = self._numbered(session, table)
        order = [engine.ID]
        if engine.ID not in out.columns:
            key = self.services.project.contract(self.dataset).primary_key
            order = [*(name for name in key if name in out.columns), engine.ROW]
        own = [] if numbers else [n for n in (engine.ID, engine.ROW) if n in out.columns]
        return session.write_parquet(out, path, order, nonce, without=own)

    def _numbered(self, session: Session, table: Table) -> Table:
        """Landed rows with the version's own numbers, if it has any."""
        numbers = self._row_numbers(session)
        return table if numbers is None else by_version(table, numbers)

    def _tables(self, session: Session) -> tuple[Table, Table, Table]:
        """The change log, the observed rows and the released ones."""
        log, observed, data = (self._landed(session, n) for n in ("changes", "observed", "data"))
        return log, unmarked(observed), data

    def _replayed(self, session: Session, before: Table, log: Table) -> Table:
        return replay(session, before, self.state.policy, self.state, log)

    def _landed(self, session: Session, name: str) -> Table:
        """An object's rows with their landing numbers, by whose order cleaning worked."""
        numbers = self._row_numbers(session)
        table = self._stored(session, name)
        return table if numbers is None else by_landing(table, numbers)

    def _row_numbers(self, session: Session) -> Table | None:
        key = self.dataset, self.batch, self.version
        return read_row_numbers(self.services, session, *key)

    def _stored(self, session: Session, name: str) -> Table:
        return session.read_parquet(self._fetch(name))

    def _fetch(self, name: str) -> Path:
        return self.services.registry.fetch(self.dataset, self.batch, self.version, name)


def open_cleaned(services: Services, dataset: str, batch: str, version: str) -> CleanedVersion:
    """Find a version with its fitted state.

    Raises
    ------
    RegistryError
        If there is no such version, or it was committed without a change log.
    """
    state = _state(services, dataset, batch, version)
    return CleanedVersion(services, dataset, batch, version, state)


def derived_columns(
    services: Services, dataset: str, batch: str, version: str
) -> dict[str, dict[str, Any]]:
    """Find the lineage of a version's derived columns, from its own fitted state."""
    found = services.registry.find(dataset, batch, version)
    if found is None or "state" not in found.objects:
        return {}
    return _state(services, dataset, batch, version).derived


def derived_in(state: Path) -> dict[str, dict[str, Any]]:
    """The lineage of derived columns in the file of a fitted state."""
    return _load_state(state).derived


def _state(services: Services, dataset: str, batch: str, version: str) -> FittedState:
    return _load_state(services.registry.fetch(dataset, batch, version, "state"))


def _load_state(path: Path) -> FittedState:
    content = json.loads(path.read_text(encoding="utf-8"))
    content.pop("nonce", None)
    return FittedState.from_json(json.dumps(content))


def _given(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def _chosen(log: Table, rules: Collection[str], columns: Collection[str]) -> Table:
    """Select the log's changes by these rules, of these columns."""
    for kind, names in (("rule", rules), ("column", columns)):
        if not names:
            continue
        named = log.filter(log[kind].notnull()).select(kind).distinct().order_by(kind)
        known = named.to_pyarrow()[kind].to_pylist()
        for name in (n for n in names if n not in known):
            by = f" by {', '.join(rules)}" if kind == "column" and rules else ""
            raise InputError(
                f"the change log has no such {kind}{by}", got=name,
                expected=f"one of: {', '.join(known)}" if known else "no change at all",
                do=did_you_mean(name, known) or None,
            )  # fmt: skip
        log = log.filter(log[kind].isin(list(names)))
    return log


def _set_aside(table: Table, released: Table) -> Table:
    """Select the numbers of cleaned rows that are in no version."""
    return table.select(engine.ROW).anti_join(released.select(engine.ROW), engine.ROW)


def _writable(path: Path) -> Path:
    if path.suffix != ".parquet":
        raise InputError("the file is Parquet", got=path.name, expected="NAME.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
