"""label suggest: files, data sets, policies, exit codes, and independence of the rows' order."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from assay.stages.authoring._check import policy_models
from assay.stages.run import chain

QUICK = ("--no-curve", "--seed", 3)


def write(path: Path, *, labelled: int = 60, shuffled: int | None = None, extra: str = "") -> Path:
    """Three hundred things, the first of them labelled; a thing is big if its size is above 0."""
    draw, rows = random.Random(1), []
    for row in range(300):
        size = draw.gauss(0, 1)
        label = ("big" if size > 0 else "small") if row < labelled else ""
        rows.append(f"key{row},{size:.4f},{draw.choice(['red', 'blue'])},{label}{extra}")
    if shuffled is not None:
        random.Random(shuffled).shuffle(rows)
    heads = "id,size,colour,label" + (",round,inclusion" if extra else "")
    path.write_text("\n".join([heads, *rows]))
    return path


@pytest.fixture(autouse=True)
def no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "absent" / "home"))


def test_rows_of_a_file_are_chosen_with_reasons(assay: Any, tmp_path: Path) -> None:
    path, out = write(tmp_path / "things.csv"), tmp_path / "next.parquet"
    call = ("label", "suggest", path, "--budget", 30, "--key", "id", "--out", out, *QUICK)

    shown, said = assay(*call), assay(*call, "--json")

    assert shown.code == said.code == 0
    assert "60 labels, 240 rows without one" in shown.out
    assert [one["reason"] for one in said.json["chosen"]] == ["margin", "k_means", "random"]
    assert [one["rows"] for one in said.json["chosen"]] == [18, 6, 6]
    assert said.json["worth"] is None
    rows = pq.read_table(out).to_pylist()
    assert list(rows[0]) == ["place", "id", "reason", "score", "inclusion"]
    assert [row["place"] for row in rows] == list(range(30))
    assert all(int(row["id"][3:]) >= 60 for row in rows)
    assert {row["inclusion"] for row in rows if row["reason"] != "random"} == {1.0}
    for row in (row for row in rows if row["reason"] == "random"):
        assert row["inclusion"] == pytest.approx(6 / 216)
    assert {row["score"] for row in rows if row["reason"] == "random"} == {None}


def test_the_order_of_the_rows_changes_nothing(assay: Any, tmp_path: Path) -> None:
    def chosen(seed: int, *key: str, rows: int | None = None) -> list[dict[str, Any]]:
        path, out = write(tmp_path / "things.csv", shuffled=rows), tmp_path / "next.parquet"
        call = ("label", "suggest", path, "--budget", 20, "--out", out, "--no-curve")
        take = ("--take", "divergence=0.4", "--take", "core_set=0.3")
        said = assay(*call, *take, *key, "--seed", seed)
        assert said.code == 0
        return pq.read_table(out).to_pylist()

    first = chosen(3, "--key", "id")
    assert first == chosen(3, "--key", "id", rows=7)
    unnamed = [[row["score"] for row in chosen(4, rows=rows)] for rows in (None, 7)]
    assert unnamed[0] == unnamed[1]
    assert unnamed[0] != [row["score"] for row in first]


def test_what_labels_have_given_is_shown_by_round(assay: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "things.csv", labelled=120, extra=",2,0.5")
    said = assay("label", "suggest", path, "--budget", 20, "--key", "id")
    assert said.code == 0
    for head in ("by 120 labels", "by as many at random", "gain of another round"):
        assert head in said.out


def test_without_labels_rows_differ_and_it_is_said(assay: Any, tmp_path: Path) -> None:
    said = assay("label", "suggest", write(tmp_path / "things.csv", labelled=0), "--budget", 10,
                 "--json")  # fmt: skip
    assert said.code == 0
    assert [one["reason"] for one in said.json["chosen"]] == ["k_means", "random"]
    assert "there are no labels yet" in said.err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ((), "needed where no policy says it"),
        (("--budget", 5, "--label", "lable"), "Did you mean 'label'?"),
        (("--budget", 5, "--key", "colour"), "have the key of another row"),
        (("--budget", 5, "--take", "margin=0.95"), "too little for the random share"),
        (("--budget", 5, "--take", "guess=0.5"), "no such strategy"),
        (("--budget", 5, "--take", "margin"), "isn't STRATEGY=SHARE"),
        (("--budget", 5, "--without", "no"), "no such column"),
        (("--budget", 5, "--labels", "x.csv"), "is of a data set"),
    ],
)
def test_what_is_wrong_is_said(
    assay: Any, tmp_path: Path, more: tuple[Any, ...], message: str
) -> None:
    said = assay("label", "suggest", write(tmp_path / "things.csv"), *more)
    assert said.code == 2
    assert message in " ".join(said.err.split())


def test_a_file_without_an_empty_label_is_refused(assay: Any, tmp_path: Path) -> None:
    said = assay("label", "suggest", write(tmp_path / "t.csv", labelled=300), "--budget", 5)
    assert said.code == 2
    assert "every row has a label" in said.err


def policy_of_visits(**more: Any) -> dict[str, Any]:
    return {
        "instruction": {
            "question": "Did the visit go well?",
            "answers": [{"value": v, "definition": f"It is {v}."} for v in ("well", "badly")],
        },
        "show": [{"column": "score", "display": "value"}],
        "round": {"budget": 25, "deadline_days": 7},
        "selection": {"random": 0.2, "parts": [
            {"strategy": "margin", "share": 0.6},
            {"strategy": "margin", "share": 0.2, "where": "score > 50"},
        ]},
        "double_labelling": 0.2,
        "gold_rate": 0.05,
        "review": {"least_posterior": 0.8, "least_agreement": 0.7, "unanimous_share": 0.1},
        "stop": {"gain": 0.01, "probability": 0.9, "labels": 50},
        "experts": ["team"],
        **more,
    }  # fmt: skip


def put(services: Any, policy: dict[str, Any]) -> Path:
    path = services.project / "include" / "policies" / "visits" / "labelling.yaml"
    path.write_text(yaml.safe_dump(policy))
    return path


def test_released_rows_are_chosen_as_the_policy_says(
    assay: Any, tmp_path: Path, services: Any
) -> None:
    put(services, policy_of_visits())
    out = tmp_path / "next.parquet"
    first = assay("label", "suggest", "visits", "--out", out)
    assert first.code == 0, first.err
    assert "there are no labels yet" in first.err
    rows = pq.read_table(out)
    key = rows.column_names[1:-3]
    assert rows.num_rows == 25

    many = assay("label", "suggest", "visits", "--budget", 60, "--out", out, "--take",
                 "k_means=0.5")  # fmt: skip
    assert many.code == 0
    labels = tmp_path / "labels.csv"
    heads = [*key, "label", "round", "inclusion"]
    lines = [
        ",".join([*(str(row[k]) for k in key), "well" if i % 2 else "badly", "1",
                  str(row["inclusion"])])
        for i, row in enumerate(pq.read_table(out).to_pylist())
    ]  # fmt: skip
    labels.write_text("\n".join([",".join(heads), *lines]))

    second = assay("label", "suggest", "visits", "--labels", labels, "--out", out)
    assert second.code == 0, second.err
    assert "60 labels" in second.out
    assert "margin where score > 50" in second.out
    assert "stop: 60 labels are there" in second.out
    chosen = {tuple(str(row[k]) for k in key) for row in pq.read_table(out).to_pylist()}
    given = {tuple(line.split(",")[: len(key)]) for line in lines}
    assert len(chosen) == 25
    assert not chosen & given

    later = lines[0].replace(",badly,1,", ",well,2,").rsplit(",", 1)[0] + ","
    labels.write_text("\n".join([",".join(heads), later, *lines]))
    again = assay("label", "suggest", "visits", "--labels", labels)
    assert again.code == 0, again.err
    assert "60 labels" in again.out

    labels.write_text("\n".join([",".join(heads), *lines, lines[0]]))
    twice = assay("label", "suggest", "visits", "--labels", labels)
    assert twice.code == 2
    assert "have two labels" in twice.err


def test_no_version_derives_from_the_labelling_policy() -> None:
    assert "labelling" in policy_models()
    assert "labelling" not in chain.policy_models()


def test_check_refuses_what_annotators_must_not_see(assay: Any, services: Any) -> None:
    shown = [{"column": c, "display": "value"} for c in ("score", "person", "passed", "scor")]
    parts = [{"strategy": "margin", "share": 0.8, "where": "scre > 50"}]
    path = put(services, policy_of_visits(show=shown, selection={"random": 0.2, "parts": parts}))
    said = assay("check", "--dataset", "visits", "--no-gx")
    assert said.code == 2
    text = " ".join((said.out + said.err).split())
    assert "hides this column" in text or "classified column" in text
    assert "a label would give the answer away" in text
    assert "Did you mean 'score'?" in text
    assert "rounds have no period" in text
    retention = path.with_name("retention.yaml")
    period = "  labelling: {counts_from: landed_at, max_age_days: 90}\n"
    retention.write_text(retention.read_text() + period)
    put(services, policy_of_visits())
    assert assay("check", "--dataset", "visits", "--no-gx").code == 0
    path.unlink()
    assert assay("check", "--dataset", "visits", "--no-gx").code == 0
