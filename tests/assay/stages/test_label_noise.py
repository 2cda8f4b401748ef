"""Label noise through the stages: held where labels were flipped, released where they weren't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from assay.errors import AssayError
from assay.policy.label_noise import LabelNoisePolicy
from assay.stages import run as stages
from assay.stages.authoring._check import check_project
from assay.stages.run import chain
from assay.stages.run._derivation import derivation
from assay.stages.versions import outdated
from assay.verdict import Outcome

DAY = "2024-01-03"
GATE = "label_noise"
POLICY = """\
on_inconclusive: hold
label: passed
without: [seen]
groups: [team, site]
folds: 3
alpha: 0.05
least_rows: 200
least_number: 20
most_rows: 5000
max_estimated: {warn: 0.06, fail: 0.08, rationale: Twice what days without errors have.}
"""
CHECKED = """\
checked:
  dataset: checked
  key: [age, score]
  label: passed
  max_share: {fail: 0.05, rationale: One label in twenty.}
"""
LABELS = """\
      - {name: age, logicalType: integer, primaryKey: true}
      - {name: score, logicalType: number, primaryKey: true, primaryKeyPosition: 2}
      - {name: passed, logicalType: integer}
"""


def labelled(mini: Any, *, flipped: float = 0.0, rare: int = 0, seed: int = 1) -> list[list[Any]]:
    """A day whose label follows from the score, some of them wrong, a few of a third kind."""
    random = np.random.default_rng(seed)
    rows = [list(row) for row in mini.visit_rows(DAY)]
    for place, row in enumerate(rows):
        row[3] = row[3] or "50.5"
        row[5] = int(float(row[3]) > 50)
        if random.random() < flipped:
            row[5] = 1 - row[5]
        if place < rare:
            row[5] = 7
    return rows


def asked(train: Any, policy: str = POLICY, dataset: str = "visits") -> Any:
    path = train.project / "include" / "policies" / dataset / f"{GATE}.yaml"
    path.write_text(policy, encoding="utf-8")
    return train


def judged(train: Any, mini: Any, rows: list[list[Any]], **more: Any) -> dict[str, Any]:
    train.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))
    found: dict[str, Any] = train.run("visits", DAY, **more)
    return found


def verdict(train: Any) -> Any:
    found = train.services.catalog.verdicts.find("visits", DAY)
    return next(r.verdict for r in reversed(found) if r.verdict.gate == GATE)


def artefact(train: Any, zone: str, file: str) -> Path:
    (path,) = (train.home / zone).glob(f"visits/{DAY}/*/{file}")
    return Path(path)


def test_right_labels_are_released(ready: Any, mini: Any) -> None:
    done = judged(asked(ready), mini, labelled(mini))
    assert (done[GATE].outcome, done["release"].state) == (Outcome.PASS, "released")
    assert verdict(ready).detail["features"] == 5  # all but label, key and date


def test_flipped_labels_are_held_and_no_row_is_changed(ready: Any, mini: Any) -> None:
    rows = labelled(mini, flipped=0.15)
    done = judged(asked(ready), mini, rows)
    assert (done[GATE].outcome, done["release"].state) == (Outcome.FAIL, "held")
    assert done[GATE].reasons == ("label_noise_above_limit",)
    assert "by the estimate of a detector" in done[GATE].messages[0]

    candidate = pq.read_table(artefact(ready, "work", "candidate.parquet")).to_pandas()
    suspects = pq.read_table(artefact(ready, "work", "suspected_labels.parquet")).to_pandas()
    assert len(candidate) == len(rows) - 2  # two ages that nobody reaches
    assert sorted(candidate.passed) == sorted(r[5] for r in rows[2:])
    assert suspects.columns.tolist() == ["place", "__id", "margin"]
    assert (np.diff(suspects.margin) <= 0).all()
    found = candidate.set_index("__id").loc[suspects["__id"]]
    wrong = (found.score > 50).astype(int) != found.passed
    planted = ((candidate.score > 50).astype(int) != candidate.passed).sum()
    assert wrong.mean() > 0.6 and wrong.sum() > 0.75 * planted  # noqa: PT018

    page = artefact(ready, "reports", f"{GATE}.html").read_text(encoding="utf-8")
    assert f"{suspects['__id'][0]:,}" in page
    assert "team = a" in page
    assert "MRK" not in page


def test_a_label_that_is_too_rare_is_inconclusive(ready: Any, mini: Any) -> None:
    done = judged(asked(ready), mini, labelled(mini, rare=8))
    assert (done[GATE].outcome, done["release"].state) == (Outcome.INCONCLUSIVE, "held")
    assert done[GATE].reasons == ("label_noise_not_measured",)
    assert "fewer than 20 rows have the label 7" in done[GATE].messages[0]


@pytest.fixture
def with_checked(ready: Any, mini: Any) -> Any:
    """The same home with a data set of rows that an expert checked."""
    grain = "{grain: day, timezone: UTC, first: 2024-01-01, last: 2024-12-31}"
    policies = {
        "cleaning": "on_inconclusive: hold\nsteps: []\n", "drift": mini.IDLE,
        "fairness": mini.IDLE, "privacy": "columns: {}\n",
    }  # fmt: skip
    suites = {w: [mini.expect("expect_column_values_to_not_be_null", "age")]
              for w in ("raw", "clean")}  # fmt: skip
    mini.write_dataset(ready.project, "checked", partition=grain, columns=LABELS,
                       policies=policies, suites=suites)  # fmt: skip
    return asked(ready, POLICY + CHECKED)


def test_checked_rows_decide_where_there_are_some(with_checked: Any, mini: Any) -> None:
    """Labels that no column predicts look wrong to the detector; an expert knows better."""
    train, rows = with_checked, labelled(mini, flipped=0.15)
    assert [str(p) for p in check_project(train.services.project, gx=False)] == []
    first = judged(train, mini, rows)
    assert first[GATE].outcome is Outcome.FAIL  # nothing is checked yet
    held = train.batch("visits", DAY)["version"]

    drawn = np.random.default_rng(5).permutation(500)[:400]
    checked = [(rows[i][2], rows[i][3], rows[i][5]) for i in drawn if i > 1]
    train.drop("checked", DAY, mini.as_csv(("age", "score", "passed"), checked))
    assert train.run("checked", DAY)["release"].state == "released"

    second = train.run("visits", DAY)
    assert (second[GATE].outcome, second["release"].state) == (Outcome.PASS, "released")
    found = {m.name: m for m in verdict(train).measurements}
    assert found["wrong_labels_checked"].value == 0
    assert found["wrong_labels_checked"].n == len(checked)
    assert found["wrong_labels_checked"].detail["high"] < 0.05
    assert found["wrong_labels_estimated"].value > 0.08
    assert train.batch("visits", DAY)["version"] != held


def test_a_data_set_without_the_file_is_not_judged_and_derives_from_what_it_has(
    ready: Any, mini: Any
) -> None:
    done = judged(ready, mini, labelled(mini, flipped=0.5), run_id="one", until=GATE)
    assert GATE not in done
    run = stages.resume(ready.services, "visits", DAY, "one")
    assert run is not None
    nouns = set(chain.policy_models()) - {GATE}
    assert set(derivation(run).policies) == nouns
    with pytest.raises(stages.DoesNotApply, match=r"has no label_noise\.yaml"):
        stages.perform(run, GATE)
    assert ready.run("visits", DAY, run_id="one")["release"].state == "released"
    assert "because the data set has no label_noise.yaml" in (
        artefact(ready, "reports", "report.html").read_text(encoding="utf-8")
    )
    assert outdated(ready.services, "visits") == []

    released = ready.batch("visits", DAY)["version"]
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["version"] == released
    asked(ready)
    assert [o.changed for o in outdated(ready.services, "visits") if o.batch == DAY] == [
        (f"policy {GATE}",)
    ]


def test_a_file_that_comes_or_goes_after_the_start_counts_for_the_next_run(
    ready: Any, mini: Any
) -> None:
    ready.drop("visits", DAY, mini.as_csv(mini.HEADER, labelled(mini)))
    ready.run("visits", DAY, until=chain.PIN, run_id="before")
    asked(ready)
    run = stages.resume(ready.services, "visits", DAY, "before")
    for name in chain.names():
        run = mini.perform(run, name)
    assert GATE not in run.done
    assert stages.release(run).state == "released"


def test_what_the_contracts_dont_have_is_refused(with_checked: Any) -> None:
    text = POLICY + CHECKED
    asked(with_checked, text.replace("label: passed\n  max", "label: pased\n  max")
          .replace("[team, site]", "[team, person]"))  # fmt: skip
    faults = [str(p) for p in check_project(with_checked.services.project, gx=False)]
    assert len(faults) == 2
    assert any("no such column in checked" in f and "passed" in f for f in faults)
    assert any("needs a closed list of levels" in f for f in faults)
    asked(with_checked, text.replace("dataset: checked", "dataset: cheked"))
    (fault,) = check_project(with_checked.services.project, gx=False)
    assert "no such data set" in str(fault)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("least_number: 20", "least_number: 2", "below folds"),
        ("alpha: 0.05\n", "", "alpha is missing"),
        ("warn: 0.06", "warn: 0.09", "never be reached"),
        ("most_rows: 5000", "most_rows: 100", "below least_rows"),
        ("[seen]", "[passed]", "neither left out nor a group"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(
    ready: Any, old: str, new: str, why: str
) -> None:
    asked(ready, POLICY.replace(old, new))
    contract = ready.services.project.contract("visits")
    with pytest.raises(AssayError, match=why):
        ready.services.policy(contract, LabelNoisePolicy)
