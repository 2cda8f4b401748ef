"""The command: train, models, experiments, reproduce."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mini_model
import mini_project
import pytest

from assay.cli._main import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home in which three days are released, and nothing is trained."""
    root = tmp_path_factory.mktemp("command")
    train = mini_project.Train(mini_project.write_project(root / "project"), root / "home")
    mini_model.release_days(train, mini_model.DAYS[:3])
    mini_model.write_model(train.project)
    return train


@pytest.fixture
def assay(home: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command; gives its exit code and what it printed."""
    monkeypatch.setenv("ASSAY_PROJECT", str(home.project))
    monkeypatch.setenv("ASSAY_HOME", str(home.home))

    def command(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(list(words))
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return command


def test_a_model_is_trained_listed_compared_and_reproduced(
    home: Any, assay: Any, tmp_path: Path
) -> None:
    code, said = assay("train", "passing", "--dry-run")
    assert code == 0
    assert "visits@3: 3 batches" in said
    assert "not trained before" in said
    assert assay("models", "list") == (0, "passing: no version yet\n  champion: none\n")

    code, said = assay("train", "passing", "--snapshots", "2..3", "--reason", "history")
    assert code == 0, said
    assert "passing@1" in said
    assert "passing@2: is the champion" in said
    assert "roc_auc" in said
    code, said = assay("train", "passing", "--json")
    (body,) = json.loads(said)["runs"]
    assert (body["known"], body["version"], body["state"]) == (True, "passing@2", "champion")

    code, said = assay("experiments", "list", "--json")
    assert [e["name"] for e in json.loads(said)["experiments"]] == ["passing@2", "passing@1"]
    code, said = assay("experiments", "compare", "passing@1", "passing@2")
    assert code == 0, said
    assert "1 batches added: 2024-01-03" in said
    assert "On the same rows" in said
    page = tmp_path / "difference.html"
    two = ("experiments", "compare", "passing@1", "passing@2")
    code, said = assay(*two, "--explain", "--html", str(page))
    assert code == 0, said
    assert "data: visits: 1 added, 2 batches the same" in said
    assert "What made the difference between passing@1 and passing@2" in page.read_text()
    code, said = assay(*two, "--explain", "--json")
    assert json.loads(said)["crossings"][1] == {"second": ["data"], "how": "registered"}
    code, said = assay(*two, "--html", str(page))
    assert "only an explanation has a page" in said
    drawing = tmp_path / "trend.svg"
    code, said = assay("experiments", "trend", "passing", "--svg", str(drawing), "--json")
    states = [(v["name"], v["state"], v["champion"]) for v in json.loads(said)["versions"]]
    assert states == [("passing@1", "promoted", False), ("passing@2", "promoted", True)]
    assert json.loads(said)["least"] == 0.6
    assert "at least 0.6" in drawing.read_text()
    trend = ("experiments", "trend", "passing", "--metric", "accuracy", "--html", str(page))
    code, said = assay(*trend, "--svg", str(drawing), "--by-time")
    assert code == 0, said
    assert said.startswith("passing: accuracy")
    assert "By time" in page.read_text()
    assert "no version of the model has this metric" in assay(*trend[:4], "acuracy")[1]
    code, said = assay("experiments", "show", "passing")
    assert "visits@3" in said
    code, said = assay("reproduce", "passing@2", "--json")
    assert code == 0
    assert json.loads(said)["same"] is True
    code, said = assay("models", "list", "passing", "--json")
    (listed,) = json.loads(said)["models"]
    assert listed["champion"] == "passing@2"
    assert len(listed["promotions"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "pasing"), "Did you mean 'passing'"),
        (("train", "passing", "--snapshots", "two"), "no range of snapshots"),
        (("train", "passing", "--snapshot", "99"), "99"),
        (("reproduce", "nothing@1"), "no version of this model"),
        (("models", "promote", "nothing@1", "--reason", "x"), "no version of this model"),
    ],
)
def test_what_is_not_there_is_said(assay: Any, words: tuple[str, ...], said: str) -> None:
    code, printed = assay(*words)
    assert code == 2
    assert said in printed


def test_a_held_version_is_exit_code_1(home: Any, assay: Any, tmp_path: Path) -> None:
    mini_model.write_model(
        home.project, gates=mini_model.performance(limits=[{"metric": "roc_auc", "min": 0.999}])
    )
    try:
        code, said = assay("train", "passing")
    finally:
        mini_model.write_model(home.project)
    assert code == 1, said
    assert "held by performance; the champion stays" in said
    code, said = assay("experiments", "trend", "passing")
    assert said.rstrip().endswith("held")


def test_a_version_is_explained_to_a_reader(home: Any, assay: Any, tmp_path: Path) -> None:
    ways = {"rows": 3, "each": 1, "actionable": ["score"], "plausible": 0.99}
    section = {"importance": {"repeats": 1, "rows": 100}, "counterfactuals": ways}
    mini_model.write_model(home.project, explain=section)
    code, said = assay("train", "passing")
    assert code == 0, said
    code, said = assay("explain", "passing", "--json")
    assert code == 0, said
    body = json.loads(said)
    row = next(row for row in body["explanation"]["rows"] if row["ways"])
    assert row["ways"][0]["changes"][0]["now"]
    page = tmp_path / "explain.html"
    words = ("explain", body["version"], "--row", str(row["id"]), "--batch", row["batch"])
    code, said = assay(*words)
    assert code == 0, said
    assert "asked for" in said
    assert "score" in said
    assert assay(*words, "--html", str(page))[0] == 0
    assert "→" in page.read_text()
    code, said = assay("explain", "passing", "--row", "999999")
    assert code == 2
    assert "no such row" in said
