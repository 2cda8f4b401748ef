"""Cleaning one file with one policy, for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ibis import Table

from assay.cleaning._clean import Cleaned, clean
from assay.cleaning._fit import fit
from assay.cleaning._fitted_state import FittedOn, FittedState
from assay.cleaning._html import render_html
from assay.cleaning._judge import judge_cleaning
from assay.cleaning._report import CleaningReport
from assay.cleaning._scaler import scale
from assay.cleaning.steps import steps_of
from assay.engine import ROW, FileDigest, Session, open_session
from assay.errors import InputError, PolicyError
from assay.page import PageContext
from assay.policy import load_policy
from assay.policy.cleaning import CleaningPolicy
from assay.verdict import Verdict


@dataclass(frozen=True)
class CleanedFile:
    """What was written, the report on it, and the verdict."""

    out: FileDigest
    report: CleaningReport
    verdict: Verdict
    beside: dict[str, Path]


def clean_file(
    data: Path | str,
    policy: Path | str,
    out: Path | str,
    reference: Path | str | None = None,
    report: Path | str | None = None,
    spill: Path | None = None,
) -> CleanedFile:
    """Clean a CSV or Parquet file into another one.

    Parameters
    ----------
    data : path or URL
        What to clean.
    policy : path
        The cleaning policy; column roles come from its ``roles:``.
    out : path
        The file to write, Parquet or CSV by its ending; it keeps ``__row``, the row's number in
        ``data``, which the change log refers to.
    reference : path or URL, optional
        What to fit on. Without it the steps are fitted on ``data``, and the report says so.
    report : path, optional
        Where to write the report: a page to read where its name ends in ``.html``, with the
        numbers beside it (``.json``), else these alone. Beside it come the fitted state
        (``.state.json``) and the change log (``.changes.parquet``); beside ``out`` the scaler
        (``.scaler.json``) and a derived file (``.scaled.parquet``) where the policy has them.
    spill : Path, optional
        Folder for temporary files, as :func:`assay.engine.open_session` has it.

    Raises
    ------
    PolicyError
        If the policy doesn't load, is refused, or scales without a reference.
    InputError
        If the data can't be read, or ``out`` ends in neither ``.parquet`` nor ``.csv``.
    """
    target = Path(out)
    if target.suffix not in {".parquet", ".csv"}:
        raise InputError("the cleaned file is Parquet or CSV", got=target.name,
                         expected="NAME.parquet or NAME.csv")  # fmt: skip
    for source in (data, reference):
        if source is not None and target.exists() and Path(source).resolve() == target.resolve():
            what, do = (
                "the cleaned file would replace what it is made from",
                "Give --out another name.",
            )
            raise InputError(what, where=str(out), do=do)
    loaded = load_policy(policy, CleaningPolicy)
    if reference is None and any(step.scaling() for step in loaded.steps):
        raise PolicyError(
            "scaling is refused without a reference",
            where=str(policy),
            expected="a released reference to fit the scaler on",
            do="Name one with --reference.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_session(spill) as session:
        source = table = _typed(session, session.open_data(data), loaded)
        if reference is not None:
            source = _typed(session, session.open_data(reference), loaded)
        fitted_on: FittedOn = "batch" if reference is None else "reference"
        fitted = fit(session, source, loaded, fitted_on=fitted_on)
        cleaned = clean(session, table, loaded, fitted)
        rows, parquet = cleaned.table, target.suffix == ".parquet"
        written = (session.write_parquet(rows, target, [ROW], presorted=True) if parquet
                   else session.write_csv(rows, target, [ROW]))  # fmt: skip
        beside = _scaler(session, cleaned, target)
        verdict = judge_cleaning(cleaned.report, loaded)
        if report is not None:
            context = PageContext(Path(str(data)).name)
            beside |= _report(session, cleaned, verdict, fitted, Path(report), context)
    return CleanedFile(written, cleaned.report, verdict, beside)


def _typed(session: Session, table: Table, policy: CleaningPolicy) -> Table:
    """Give columns without any value their type, where a step needs numbers: CSV has only text."""
    names = {name for step in steps_of(policy) for name in step.number_columns()}
    texts = [n for n in sorted(names) if n in table.columns and table[n].type().is_string()]
    if not texts:
        return table
    values = session.one(table.aggregate(**{n: table[n].count() for n in texts}))
    return table.mutate(**{n: table[n].cast("float64") for n in texts if values[n] == 0})


def _scaler(session: Session, cleaned: Cleaned, out: Path) -> dict[str, Path]:
    found = {}
    if cleaned.scaler_text is not None:
        found["scaler"] = out.with_suffix(".scaler.json")
        found["scaler"].write_text(cleaned.scaler_text, encoding="utf-8")
    if cleaned.scaler is not None:
        found["scaled"] = out.with_suffix(".scaled.parquet")
        rows = session.read_parquet(out) if out.suffix == ".parquet" else cleaned.table
        scaled = scale(rows, cleaned.scaler).select(ROW, *cleaned.scaler["columns"])
        session.export_parquet(scaled, found["scaled"], [ROW])
    return found


def _report(
    session: Session,
    cleaned: Cleaned,
    verdict: Verdict,
    fitted: FittedState,
    path: Path,
    context: PageContext,
) -> dict[str, Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"report": path}
    if path.suffix == ".html":
        page = render_html(verdict, cleaned.report, context)
        path.write_text(page, encoding="utf-8")
        found["numbers"] = path.with_suffix(".json")
    numbers = found.get("numbers", path)
    numbers.write_text(cleaned.report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    state, log = path.with_suffix(".state.json"), path.with_suffix(".changes.parquet")
    state.write_text(fitted.to_json(), encoding="utf-8")
    session.write_parquet(cleaned.change_log, log, [ROW, "step", "column"])
    return {**found, "state": state, "change_log": log}
