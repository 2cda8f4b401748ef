"""The small project with a labelling policy, and people who fill in their sheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from assay.labelling.platforms import Sheets
from assay.stages.labels import rounds
from assay.stages.labels.rounds._folder import SHEETS, RoundFolder

PEOPLE = ("ada", "grace", "emmy")
EXPERT = "hilbert"
POLICY = """\
instruction:
  question: Is the score high?
  answers:
    - {value: high, definition: 50 or more.}
    - {value: low, definition: Less than 50.}
show:
  - {column: score, display: value, title: Score}
  - {column: team, display: masked}
round: {budget: 40, deadline_days: 7}
selection: {random: 0.5, parts: [{strategy: k_means, share: 0.5}]}
double_labelling: 0.5
gold_rate: 0.1
review: {least_posterior: 0.8, least_agreement: 0.7, unanimous_share: 0.1}
agreement: [{figure: raw_agreement, min: 0.5, rationale: A test.}]
stop: {gain: 0.001, probability: 0.9, labels: 400}
price: {amount: 0.5, currency: EUR, rationale: A test.}
annotators: [ada, grace, emmy]
experts: [hilbert]
"""
Says = Callable[[dict[str, str], str], str]


def prepare(train: Any, policy: str = POLICY) -> Any:
    """Give visits a labelling policy, a period for its rounds, and a data set of labels."""
    policies = train.project / "include" / "policies" / "visits"
    (policies / "labelling.yaml").write_text(policy)
    retention = (policies / "retention.yaml").read_text()
    period = "  labelling: {counts_from: landed_at, max_age_days: 400}\n"
    (policies / "retention.yaml").write_text(retention + period)
    rounds.draft_labels(train.services, "visits")
    return train


def truth(row: dict[str, str], _: str) -> str:
    """What a careful person answers."""
    return "high" if float(row["Score"]) >= 50 else "low"


def sheets(folder: RoundFolder) -> Sheets:
    """The sheets in the round's own folder."""
    return Sheets(folder.path / SHEETS)


def fill(
    folder: RoundFolder, says: Says = truth, who: Iterable[str] = PEOPLE, of: str = ""
) -> None:
    """Let people fill in their sheets."""
    for name in who:
        edit(sheet(folder, name, of), lambda row, own=name: says(row, own))


def sheet(folder: RoundFolder, who: str, of: str = "") -> Path:
    """A person's sheet."""
    project = f"{folder.round.name}-{of}" if of else folder.round.name
    return folder.path / SHEETS / project / f"{who}.csv"


def edit(path: Path, answer: Callable[[dict[str, str]], str | None]) -> None:
    """Write answers into a sheet, as a spreadsheet does: aside, then renamed.

    None leaves one as it is.
    """
    text = path.read_text(encoding="utf-8-sig")
    sign = ";" if text.startswith("task;") else ","
    rows = list(csv.DictReader(io.StringIO(text), delimiter=sign))
    for row in rows:
        given = answer(row)
        row["answer"] = row["answer"] if given is None else given
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    aside = path.with_suffix(".saving")
    aside.write_text(out.getvalue(), encoding="utf-8")
    aside.replace(path)
