"""A round of labelling through its steps: planned, answered, decided, landed and released."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import label_rounds as support
import pytest

from assay.errors import AssayError, InputError
from assay.stages.labels import rounds
from assay.stages.labels.rounds import _folder as kept

CLEAR = "MRK"
"""How each identifier begins before it is protected."""


@pytest.fixture(scope="module")
def prepared(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return support.prepare(mini.copy(template, tmp_path_factory.mktemp("labels")))


@pytest.fixture(scope="module")
def planned(prepared: Any) -> Any:
    """A home with a round that is planned and published."""
    folder = plan(prepared)
    rounds.publish_round(prepared.services, folder, support.sheets(folder))
    return prepared


@pytest.fixture
def home(planned: Any, mini: Any, tmp_path: Path) -> Any:
    return mini.copy(planned, tmp_path)


def plan(train: Any, **more: Any) -> Any:
    services = train.services
    rounds.plan_round(services, "visits", author="tester", **more)
    return rounds.find_round(services, "visits")


def newest(train: Any) -> Any:
    return rounds.find_round(train.services, "visits")


def collect(train: Any, **more: Any) -> Any:
    folder = newest(train)
    return rounds.collect_answers(train.services, folder, support.sheets(folder), **more)


def adjudicate(train: Any) -> Any:
    folder = newest(train)
    return rounds.adjudicate_round(train.services, folder, support.sheets(folder))


def land(train: Any, **more: Any) -> Any:
    folder = newest(train)
    return rounds.land_labels(
        train.services, folder, support.sheets(folder), author="tester", **more
    )


def decide(train: Any) -> Any:
    adjudicate(train)
    return land(train, leave_waiting=True)


def landed_rows(train: Any, found: Any) -> list[dict[str, str]]:
    return list(csv.DictReader((train.home / found.path).open()))


def test_a_whole_round_is_released(home: Any, mini: Any) -> None:
    support.fill(newest(home))
    assert collect(home).progress.complete
    first = adjudicate(home)
    support.fill(newest(home), who=(support.EXPERT,), of="review")
    second = adjudicate(home)
    found = land(home)
    home.run(found.dataset, found.batch)

    assert first.waiting == sum(first.chosen.values()) > 0
    assert (second.waiting, second.corrected) == (0, 0)
    assert all((one.accuracy.value or 0) > 0.99 for one in second.annotators)
    assert home.batch(found.dataset, found.batch)["state"] == "released"
    rows = landed_rows(home, found)
    assert len(rows) == found.rows == 40
    assert {row["reason"] for row in rows} == {"k_means", "random"}
    assert {row["decided_by"] for row in rows} == {"annotators", "expert"}
    assert all(row["person"].startswith("v1:") for row in rows)
    assert {row["round"] for row in rows} == {"1"}
    assert found.left_out == 0
    (use,) = home.services.registry.uses("label_round")
    assert (use.delivers.dataset, use.details["rows"]) == ("visits_labels", "40")
    assert not support.sheet(newest(home), "ada").parent.exists()


def test_labels_are_what_the_rows_are(home: Any, mini: Any) -> None:
    """The key leads from a label to the row that was shown."""
    import pyarrow.parquet as pq

    support.fill(newest(home))
    collect(home)
    adjudicate(home)
    rows = landed_rows(home, land(home, leave_waiting=True))

    registry = home.services.registry
    _, versions = registry.partitions("visits", None)
    score = {}
    for one in versions.values():
        table = pq.read_table(registry.open(one.objects["data"]), columns=["person", "score"])
        score |= dict(zip(table["person"].to_pylist(), table["score"].to_pylist(), strict=True))
    assert len(rows) > 20
    assert all((score[row["person"]] >= 50) == (row["label"] == "high") for row in rows)


def test_each_step_twice_is_once(home: Any) -> None:
    first = newest(home)
    again = rounds.plan_round(home.services, "visits", author="tester")
    assert (again.new, again.round) == (False, first.round)
    support.fill(first, who=("ada",))
    before = support.sheet(first, "ada").read_bytes()
    support.sheet(first, "emmy").unlink()

    sent = rounds.publish_round(home.services, first, support.sheets(first))

    assert (sent.made, sent.found) == (1, 2)
    assert support.sheet(first, "ada").read_bytes() == before
    new = collect(home)
    assert new.new > 0
    assert collect(home).new == 0
    assert len(newest(home).annotations()) == new.new
    support.fill(first)
    collect(home)
    adjudicate(home)
    assert adjudicate(home).waiting == adjudicate(home).waiting
    landed = land(home, leave_waiting=True)
    text = (home.home / landed.path).read_text()
    twice = land(home, leave_waiting=True)
    assert (landed.new, twice.new, (home.home / twice.path).read_text()) == (True, False, text)
    assert len(home.services.registry.uses("label_round")) == 1


def test_what_people_see_is_theirs_and_no_more(home: Any) -> None:
    folder = newest(home)
    tasks = {who: {t.id for t in folder.tasks() if folder.person(who) in t.annotators}
             for who in support.PEOPLE}  # fmt: skip
    for who in support.PEOPLE:
        text = support.sheet(folder, who).read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["task"] for row in rows} == tasks[who]
        assert list(rows[0]) == ["task", "Score", "team", "answer"]
        assert {row["team"] for row in rows} == {"(hidden)"}
        assert CLEAR not in text
        assert "v1:" not in text
    assert sum(len(t.annotators) == 2 for t in folder.tasks()) == 20
    instruction = support.sheet(folder, "ada").with_name("instruction.txt").read_text()
    assert "high: 50 or more." in instruction


def test_names_are_in_one_record_and_the_sheets_alone(home: Any) -> None:
    support.fill(newest(home))
    collect(home)
    adjudicate(home)
    found = land(home, leave_waiting=True)
    holding = [
        str(path.relative_to(home.home))
        for path in home.home.rglob("*") if path.is_file()
        if any(name.encode() in path.read_bytes() for name in ("emmy", "grace"))
    ]  # fmt: skip
    assert {Path(one).name for one in holding} <= {"names.json", "policy.json"}
    assert found.rows > 0


def test_answers_are_refused_with_a_reason(home: Any) -> None:
    folder = newest(home)
    support.fill(folder, who=("ada",))
    ada, grace = support.sheet(folder, "ada"), support.sheet(folder, "grace")
    theirs = ada.read_text()
    lonely = [t.id for t in folder.tasks() if t.annotators == (folder.person("ada"),)]
    grace.write_text(theirs)
    ada.with_name("mallory.csv").write_text(theirs)
    support.edit(ada, lambda row: "perhaps" if row["task"] == lonely[0] else None)
    ada.write_text(ada.read_text() + "nothing;1;x;high\n")

    found = collect(home)

    assert found.refused["wrong_person"] >= len(lonely)
    assert found.refused["unknown_person"] == theirs.count("\n") - 1
    assert (found.refused["unknown_answer"], found.refused["unknown_task"]) == (1, 1)
    kept_answers = newest(home).annotations()
    assert not any(one.task == lonely[0] for one in kept_answers)
    stranger = {one.annotator for one in newest(home).refused()} - set(folder.round.annotators)
    assert all(who.startswith("v1:") for who in stranger)


def test_a_changed_answer_is_another_annotation(home: Any) -> None:
    folder = newest(home)
    support.fill(folder)
    collect(home)
    one = folder.tasks()[0]
    who = folder.names[one.annotators[0]]
    other = {"high": "low", "low": "high"}
    support.edit(support.sheet(folder, who),
                 lambda row: other[row["answer"]] if row["task"] == one.id else None)  # fmt: skip

    found = collect(home)

    assert (found.new, found.edited) == (1, 1)
    mine = [a for a in newest(home).annotations() if (a.task, a.annotator) == (
        one.id, one.annotators[0])]  # fmt: skip
    assert [a.number for a in mine] == [1, 2]
    assert mine[0].answer != mine[1].answer


def test_a_closed_round_takes_nothing(home: Any) -> None:
    folder = newest(home)
    support.fill(folder, who=("ada",))
    collect(home, close=True)
    support.fill(folder)

    found = collect(home)

    assert found.new == 0
    assert found.refused == {"round_closed": found.progress.asked - found.progress.given}
    assert adjudicate(home).answered == 0
    assert land(home, leave_waiting=True).left_out > 0


def test_an_open_round_isnt_decided(home: Any) -> None:
    support.fill(newest(home), who=("ada",))
    collect(home)

    with pytest.raises(InputError, match="answers are missing"):
        adjudicate(home)
    with pytest.raises(InputError, match="round is open"):
        land(home)

    late = home.later(days=8)
    assert rounds.round_status(late.services, "visits")[0].over
    assert adjudicate(late).answered == 0
    assert newest(home).has("closed")


def test_rows_that_wait_for_an_expert_are_not_delivered(home: Any) -> None:
    """Where two people disagree, there is no label until an expert decides."""
    support.fill(newest(home), lambda row, who: "high" if who == "ada" else "low")
    collect(home)
    found = adjudicate(home)
    with pytest.raises(InputError, match="wait for an expert"):
        land(home)
    support.fill(newest(home), who=(support.EXPERT,), of="review")
    done = adjudicate(home)

    assert sum(found.chosen.values()) > 5
    assert done.waiting == 0
    rows = landed_rows(home, land(home, accept="a test"))
    assert sum(row["decided_by"] == "expert" for row in rows) == done.answered
    assert all(row["confidence"] == "1.0" for row in rows if row["decided_by"] == "expert")


def test_too_little_agreement_holds_the_labels(prepared: Any, mini: Any, tmp_path: Path) -> None:
    home = mini.copy(prepared, tmp_path)
    path = home.project / "include" / "policies" / "visits" / "labelling.yaml"
    text = path.read_text().replace("double_labelling: 0.5", "double_labelling: 1")
    path.write_text(text.replace("min: 0.5", "min: 0.9"))
    shutil.rmtree(home.home / "labelling" / "visits", ignore_errors=True)
    folder = plan(home)
    rounds.publish_round(home.services, folder, support.sheets(folder))
    support.fill(folder, lambda row, who: "high" if who == "ada" else "low")
    collect(home)
    adjudicate(home)

    assert rounds.agree_on_round(newest(home)).outcome == "FAIL"
    with pytest.raises(InputError, match="agree too little"):
        land(home, leave_waiting=True)
    assert land(home, leave_waiting=True, accept="a test").new


class Killed(BaseException):
    """A process that ends between two steps."""


@pytest.mark.parametrize("name", ["closed", "review_tasks", "review_published", "landed"])
def test_a_kill_after_any_record_loses_and_doubles_nothing(
    home: Any, mini: Any, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    support.fill(newest(home))
    collect(home)
    smooth = mini.copy(home, tmp_path / "smooth")
    write = kept.RoundFolder.write

    def dies(self: Any, record: str, content: Any) -> None:
        write(self, record, content)
        if record == name:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(kept.RoundFolder, "write", dies)
        with pytest.raises(Killed):
            decide(home)

    outcomes = []
    for one in (home, smooth):
        found = decide(one)
        outcomes.append((landed_rows(one, found), len(one.services.registry.uses("label_round"))))
    assert outcomes[0] == outcomes[1]


def test_a_kill_while_a_round_is_written_leaves_none(
    prepared: Any, mini: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = mini.copy(prepared, tmp_path)
    shutil.rmtree(home.home / "labelling" / "visits", ignore_errors=True)

    def dies(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(kept, "replace_folder", dies)
        with pytest.raises(Killed):
            plan(home)
    assert rounds.rounds_of(home.services, "visits") == []
    assert plan(home).number == 1


def test_a_record_that_was_edited_is_refused(home: Any) -> None:
    path = newest(home).path / "tasks.json"
    content = json.loads(path.read_text())
    content["content"][0]["gold"] = "high"
    path.write_text(json.dumps(content))

    with pytest.raises(InputError, match="isn't as it was written"):
        collect(home)


def test_the_next_round_asks_other_rows_and_knows_the_experts_answers(home: Any) -> None:
    support.fill(newest(home))
    collect(home)
    adjudicate(home)
    support.fill(newest(home), who=(support.EXPERT,), of="review")
    adjudicate(home)
    found = land(home)
    home.run(found.dataset, found.batch)
    expert = [r["person"] for r in landed_rows(home, found) if r["decided_by"] == "expert"]
    asked = {t.key for t in newest(home).tasks()}

    second = plan(home, annotators=["ada", "grace"])

    assert second.number == 2
    gold = {t.key[0]: t for t in second.tasks() if t.reason == "gold"}
    assert set(gold) <= set(expert)
    assert gold
    others = {t.key for t in second.tasks() if t.reason != "gold"}
    assert not others & asked
    rounds.publish_round(home.services, second, support.sheets(second))
    support.fill(second, who=("ada", "grace"))
    collect(home)
    people = adjudicate(home).annotators
    assert all(one.gold.value == 1 for one in people)
    again = land(home, leave_waiting=True)
    rows = landed_rows(home, again)
    assert again.batch == found.batch
    assert {row["round"] for row in rows} == {"1", "2"}
    assert len({row["person"] for row in rows}) == len(rows)


def test_a_round_needs_a_period_a_policy_and_people(
    prepared: Any, mini: Any, tmp_path: Path
) -> None:
    home = mini.copy(prepared, tmp_path)
    policies = home.project / "include" / "policies" / "visits"
    retention, policy = (policies / f"{n}.yaml" for n in ("retention", "labelling"))
    whole, text = retention.read_text(), policy.read_text()

    def refused(match: str, **more: Any) -> None:
        with pytest.raises(AssayError, match=match):
            rounds.plan_round(home.services, "visits", author="tester", **more)

    shutil.rmtree(home.home / "labelling" / "visits", ignore_errors=True)
    retention.write_text(whole.replace("max_age_days: 400", "max_age_days: 7"))
    refused("no period that is longer")
    retention.write_text(whole)
    policy.write_text(text.replace("column: team, display: masked", "column: team, display: value"))
    refused("values of a classified column would be shown")
    policy.write_text(text.replace("annotators: [ada, grace, emmy]\n", ""))
    refused("somebody who answers")
    refused("named twice", annotators=["ada", "ada"])
    refused("two people", annotators=["ada"])
    policy.unlink()
    refused("labelling")


def test_a_round_ends_with_its_period(home: Any) -> None:
    from assay.lake import Lake
    from assay.retention._inventory import take_inventory

    found = take_inventory(
        Lake(home.home), (), (), latest={}, pointers={}, live={}, committed=(),
        batch_end=lambda *_: None,
    )  # fmt: skip
    mine = [one for one in found.items if one.zone == "labelling"]
    assert [one.dataset for one in mine] == ["visits"]
    assert not [one for one in found.unclaimed if one.startswith("labelling")]


def test_status_says_how_far_it_is(home: Any) -> None:
    empty = rounds.round_status(home.services, "visits")[0]
    support.fill(newest(home), who=("ada", "grace"))
    collect(home)
    some = rounds.round_status(home.services, "visits")[0]

    assert (empty.state, empty.progress.given) == ("published", 0)
    assert 0 < some.progress.given < some.progress.asked
    given = dict(some.progress.by_annotator)
    missing = newest(home).person("emmy")
    assert given.pop(missing)[0] == 0
    assert all(done == asked for done, asked in given.values())
    assert some.agreement["raw_agreement"].value == 1
    assert timedelta(days=6) < some.deadline - home.services.clock() < timedelta(days=7)


def test_a_row_that_is_asked_again_keeps_the_chance_that_chose_it() -> None:
    import pandas as pd

    from assay.stages.labels._labelled_rows import _newest
    from assay.stages.labels.rounds._land import ABOUT, _again

    def row(label: str, number: int, inclusion: float | None) -> list[Any]:
        own = {"label": label, "round": number, "inclusion": inclusion}
        return ["key", *(own.get(name) for name in ABOUT)]

    again = dict(zip(("key", *ABOUT), _again(row("b", 2, None), {("key",): row("a", 1, 0.25)}),
                     strict=True))  # fmt: skip
    assert (again["label"], again["round"], again["inclusion"]) == ("b", 2, 0.25)
    assert _again(row("b", 2, 0.5), {("key",): row("a", 1, 0.25)})[-2] == 0.5

    given = pd.DataFrame(
        {"label": ["b", "a", "c"], "round": [2, 1, 1], "inclusion": [None, 0.25, 1.0]},
        index=["k", "k", "l"],
    )
    found = _newest(given)
    assert found.loc["k"].to_dict() == {"label": "b", "round": 1, "inclusion": 0.25}
    assert len(_newest(pd.concat([given, given]))) == 6
