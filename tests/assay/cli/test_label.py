"""label agree: files, released data sets, pseudonyms, exit codes."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

NAMES = ("Ada Byron", "Grace Hopper", "Emmy Noether")


def write(path: Path, tasks: int, answers: str = "bad fair good", wrong: float = 0.2) -> Path:
    """Annotations by three people; every fifth task is skipped by one of them."""
    draw, labels = random.Random(3), answers.split()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "annotator", "label", "language"])
        for task in range(tasks):
            truth, language = draw.choice(labels), draw.choice(["de", "en"])
            for name in NAMES:
                given = draw.choice(labels) if draw.random() < wrong else truth
                skip = task % 5 == 0 and name == NAMES[0]
                writer.writerow([f"t{task}", name, "" if skip else given, language])
    return path


def test_every_figure_is_shown_and_nobody_is_named(
    assay: Any, tmp_path: Path, services: Any
) -> None:
    path = write(tmp_path / "annotations.csv", 120)

    shown = assay("label", "agree", path, "--by", "language")
    said = assay("label", "agree", path, "--by", "language", "--json")
    again = assay("label", "agree", path, "--by", "language", "--json")

    assert shown.code == said.code == 0
    assert not any(part in shown.out + said.out for name in NAMES for part in name.split())
    assert said.out == again.out
    report = said.json
    assert (report["tasks"], report["annotators"], report["skipped"]) == (120, 3, 24)
    alpha = report["overall"]["figures"]["krippendorff_alpha"]
    assert alpha["low"] < alpha["value"] < alpha["high"]
    assert f"{alpha['value']:.3f}  {alpha['low']:.3f} to {alpha['high']:.3f}" in shown.out
    assert [one["of"] for one in report["classes"]] == [["bad"], ["fair"], ["good"]]
    assert [one["of"] for one in report["slices"]] == [["language", "de"], ["language", "en"]]
    assert len(report["pairs"]) == 3
    assert all(len(name) == len("v1:") + 32 for one in report["pairs"] for name in one["of"])


def test_an_order_weighs_disagreements(assay: Any, tmp_path: Path, services: Any) -> None:
    path = write(tmp_path / "annotations.csv", 60)
    call = ("label", "agree", path, "--level", "ordinal", "--json")

    up = assay(*call, "--order", "bad, fair, good").json
    down = assay(*call, "--order", "good,fair,bad").json
    other = assay(*call, "--order", "fair,bad,good").json
    lacking = assay(*call, "--order", "bad,good")

    def alpha(report: Any) -> float:
        return report["overall"]["figures"]["krippendorff_alpha"]["value"]

    assert alpha(up) == pytest.approx(alpha(down))
    assert alpha(up) != pytest.approx(alpha(other))
    assert lacking.code == 2
    assert "'fair'" in lacking.err


def test_numbers_have_alpha_alone(assay: Any, tmp_path: Path, services: Any) -> None:
    path = write(tmp_path / "annotations.csv", 60, "1 2 3.5 9")
    report = assay("label", "agree", path, "--level", "interval", "--json").json
    assert list(report["overall"]["figures"]) == ["krippendorff_alpha"]
    assert report["classes"] == []
    words = assay("label", "agree", write(tmp_path / "words.csv", 9), "--level", "interval")
    assert words.code == 2
    assert "isn't a number" in words.err


def test_few_tasks_are_inconclusive(assay: Any, tmp_path: Path, services: Any) -> None:
    said = assay("label", "agree", write(tmp_path / "few.csv", 8))
    assert said.code == 3
    assert "fewer than" in said.out


def test_without_a_project_pseudonyms_are_of_one_call(
    assay: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "absent" / "home"))
    write(tmp_path / "annotations.csv", 40)
    said, again = (assay("label", "agree", "annotations.csv", "--json") for _ in range(2))
    assert said.code == 0
    assert "pseudonyms are of this call alone" in said.err
    assert said.json["pairs"][0]["of"] != again.json["pairs"][0]["of"]
    assert said.json["overall"] == again.json["overall"]
    assert [p.name for p in tmp_path.iterdir()] == ["annotations.csv"]


def test_a_released_data_set_keeps_its_pseudonyms(assay: Any, services: Any) -> None:
    call = ("label", "agree", "visits", "--task", "site", "--annotator", "person")
    said = assay(*call, "--label", "passed", "--json")
    wrong = assay(*call, "--label", "pased")

    assert said.code == 3  # eight sites
    assert said.json["annotations"] > 500
    assert (said.json["pairs"], said.json["pairs_of_few_tasks"] > 1000) == ([], True)
    assert wrong.code == 2
    assert "Did you mean 'passed'?" in wrong.err


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,a,x\n1,a,y\n", "second ones of the same task by the same annotator"),
        ("1,a,x\n,b,y\n", "1 rows have no task"),
        ("1,,x\n1,b,y\n", "1 rows have no annotator"),
    ],
)
def test_contradictions_are_refused(
    assay: Any, tmp_path: Path, services: Any, rows: str, message: str
) -> None:
    path = tmp_path / "annotations.csv"
    path.write_text("task,annotator,label\n" + rows)
    said = assay("label", "agree", path)
    assert said.code == 2
    assert message in said.err


def test_of_many_pairs_those_that_share_most_are_shown(
    assay: Any, tmp_path: Path, services: Any
) -> None:
    path = tmp_path / "annotations.csv"
    rows = [f"{task},p{who},{task % 2}" for who in range(8) for task in range(30 + who)]
    path.write_text("task,annotator,label\n" + "\n".join(rows))
    shown = assay("label", "agree", path)
    assert "8 more pairs share fewer tasks; JSON has them" in shown.out


def annotated(path: Path) -> Path:
    """A hundred tasks by a careful, a fair and a careless person, twenty of them gold tasks."""
    draw = random.Random(5)
    rows = ["task,annotator,label,known"]
    for task in range(100):
        truth = draw.choice("ab")
        for name, wrong in zip(NAMES, (0.02, 0.1, 0.4), strict=True):
            given = draw.choice("ab".replace(truth, "")) if draw.random() < wrong else truth
            rows.append(f"t{task:02},{name},{given},{truth if task < 20 else ''}")
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize("method", ["dawid_skene", "majority"])
def test_one_label_a_task_and_how_each_person_labels(
    assay: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "absent" / "home"))
    path, out = annotated(tmp_path / "annotations.csv"), tmp_path / "labels.parquet"
    call = ("label", "aggregate", path, "--out", out, "--gold", "known", "--method", method)

    said, shown = assay(*call, "--json"), assay(*call)

    assert said.code == shown.code == 0
    assert not any(part in shown.out + said.out for name in NAMES for part in name.split())
    people = said.json["annotators"]
    assert [one["annotations"] for one in people] == [100] * 3
    assert all(one["gold"]["n"] == 20 for one in people)
    by_skill = sorted(one["accuracy"]["value"] for one in people)
    assert by_skill[0] < 0.75 < by_skill[1]
    for one in people:
        assert one["accuracy"]["low"] < one["accuracy"]["value"] <= one["accuracy"]["high"]
    rows = pq.read_table(out).to_pylist()
    assert [row["task"] for row in rows] == [f"t{task:02}" for task in range(100)]
    assert {row["annotations"] for row in rows} == {3}
    assert {row["label"] for row in rows} == {"a", "b"}
    assert all(0.5 < row["confidence"] <= 1 for row in rows)
    assert "gold tasks right" in shown.out
    assert f"wrote {out}: 100 rows" in shown.out


def test_an_answer_that_nobody_gave_is_refused(assay: Any, tmp_path: Path) -> None:
    path = tmp_path / "annotations.csv"
    path.write_text("task,annotator,label,known\n1,a,x,z\n1,b,y,z\n")
    said = assay("label", "aggregate", path, "--out", tmp_path / "o.parquet", "--gold", "known")
    assert said.code == 2
    assert "a label that nobody gave" in said.err


def test_flipped_labels_are_found_and_listed(
    assay: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "absent" / "home"))
    draw, out = random.Random(2), tmp_path / "suspects.parquet"
    wrong = set(draw.sample(range(400), 20))
    rows = ["id,size,colour,label"]
    for row in range(400):
        big = draw.random() < 0.5
        size = draw.gauss(5 if big else 0, 1)
        given = "big" if big != (row in wrong) else "small"
        rows.append(f"key{row},{size:.3f},{draw.choice(['red', 'blue'])},{given}")
    (tmp_path / "things.csv").write_text("\n".join(rows))
    call = ("label", "noise", tmp_path / "things.csv", "--by", "colour", "--out", out)

    said, shown = assay(*call, "--json"), assay(*call)
    misspelt = assay("label", "noise", tmp_path / "things.csv", "--by", "color")

    assert said.code == shown.code == 0
    assert said.json["left_out"] == ["id"]
    assert said.json["share"]["n"] == 400
    assert list(said.json["by_group"]) == ["colour = blue", "colour = red"]
    found = pq.read_table(out).to_pydict()
    assert len(wrong & set(found["row"])) >= 17
    assert len(found["row"]) <= 30
    assert all(a != b for a, b in zip(found["label"], found["proposed"], strict=True))
    assert "estimated share of wrong labels" in shown.out
    assert "Did you mean 'colour'?" in misspelt.err


def test_an_expert_gets_doubtful_tasks_and_no_answer(
    assay: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "absent" / "home"))
    path, out = annotated(tmp_path / "annotations.csv"), tmp_path / "review.parquet"
    call = ("label", "aggregate", path, "--out", tmp_path / "labels.parquet", "--review", out)
    limits = ("--least-posterior", 0.8, "--least-agreement", 0.9, "--unanimous-share", 0.5)

    assert assay(*call).code == 2
    assert assay(*call, *limits).code == 0

    rows = pq.read_table(out).to_pylist()
    assert set(rows[0]) == {"place", "task", "reason", "inclusion"}
    assert {row["reason"] for row in rows} >= {"disagreement", "unanimous"}
    for row in rows:
        assert row["inclusion"] == (0.5 if row["reason"] == "unanimous" else 1)
