"""Who can write to the working zone, and has no key, changes no decision there."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from assay.errors import InputError
from assay.keys import RecordSeal
from assay.stages import run as stages
from assay.stages.artefacts import run_folder
from assay.stages.run import chain

DAY = "2024-01-03"
ABOUT = ["version", "visits", DAY, "a" * 32, "drift"]
CONTENT = {"result": {"stage": "drift", "holds": True}, "n": [1, 2.5, None, "é"]}


@pytest.fixture(scope="module")
def held(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home where a batch that drifts was judged, and not decided yet."""
    train = mini.copy(template, tmp_path_factory.mktemp("held"))
    (train.project / "include/policies/visits/label_noise.yaml").write_text(mini.LABEL_NOISE)
    train.drop("visits", DAY, mini.visits(DAY, shift=30))
    train.run("visits", DAY, until="label_noise", run_id="held")
    return train


@pytest.fixture
def home(held: Any, mini: Any, tmp_path: Path) -> Any:
    """A copy for one attack."""
    return mini.copy(held, tmp_path)


def _records(home: Any, run_id: str = "held") -> Path:
    folder: Path = home.home / "work" / "visits" / DAY / run_folder(run_id)
    return folder


def _decide(home: Any, run_id: str = "held") -> str:
    """What release makes of the records: the state, or that nothing is decided."""
    run = stages.resume(home.services, "visits", DAY, run_id)
    if run is None or run.missing:
        return "undecided"
    return str(stages.release(run).state)


def _readers_have(home: Any) -> bool:
    return DAY in home.services.registry.snapshot("visits").batches


def test_any_byte_of_a_sealed_record_counts() -> None:
    seal, chance = RecordSeal(b"k" * 32), random.Random(1)
    text = seal.close(ABOUT, CONTENT).encode()
    assert seal.open(ABOUT, text) == CONTENT
    for place in range(len(text)):
        flipped = bytearray(text)
        flipped[place] ^= 1 << chance.randrange(8)
        # Only a blank between two values may become another blank.
        assert seal.open(ABOUT, bytes(flipped)) in (None, CONTENT), place
        assert seal.open(ABOUT, text[:place]) is None, place


@pytest.mark.parametrize("part", range(len(ABOUT)))
def test_a_record_counts_in_its_own_place_only(part: int) -> None:
    seal = RecordSeal(b"k" * 32)
    text = seal.close(ABOUT, CONTENT)
    elsewhere = [*ABOUT]
    elsewhere[part] += "x"
    assert seal.open(elsewhere, text) is None
    assert RecordSeal(b"l" * 32).open(ABOUT, text) is None
    joined = [*ABOUT[:part], "".join(ABOUT[part : part + 2]), *ABOUT[part + 2 :]]
    assert part == len(ABOUT) - 1 or seal.open(joined, text) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"seal": 1, "content": {}}', "[" * 99999]
)
def test_what_is_no_record_counts_for_nothing(text: str) -> None:
    assert RecordSeal(b"k" * 32).open(ABOUT, text) is None


def test_it_is_held_while_nobody_touches_it(home: Any) -> None:
    assert _decide(home) == "held"


@pytest.mark.parametrize("name", [*chain.names(), chain.PIN])
def test_a_verdict_that_is_rewritten_lets_nothing_out(home: Any, name: str) -> None:
    file = _records(home) / f"{name}.json"
    sealed = json.loads(file.read_text())
    content = sealed["content"]
    if name == chain.PIN:
        content["asked"] |= {"force": True, "reason": "x"}
    else:
        content["result"] |= {"holds": False, "outcome": "PASS"}
        content["result"]["messages"] = ["It passed."]
        if content["verdict"]:
            content["verdict"] |= {"outcome": "PASS", "on_inconclusive": "release", "reasons": []}
    file.write_text(json.dumps(sealed))
    assert _decide(home) == "undecided"
    assert not _readers_have(home)


def test_a_gates_record_of_another_stage_run_or_batch_counts_for_nothing(
    home: Any, mini: Any
) -> None:
    home.drop("visits", "2024-01-04", mini.visits("2024-01-04"))
    home.run("visits", "2024-01-04", run_id="other", until="label_noise")
    mine = _records(home)
    theirs = mine.parents[1] / "2024-01-04" / run_folder("other")
    sealed = (mine / "drift.json").read_bytes()
    for source in (mine / "fairness.json", theirs / "drift.json", theirs / "pin.json"):
        (mine / "drift.json").write_bytes(source.read_bytes())
        assert _decide(home) == "undecided", source
    (mine / "drift.json").write_bytes(sealed)
    for file in theirs.iterdir():  # the whole run of the batch that passed
        (mine / file.name).write_bytes(file.read_bytes())
    assert _decide(home) == "undecided"
    assert not _readers_have(home)


def test_records_of_an_earlier_attempt_count_for_nothing(home: Any, mini: Any) -> None:
    passed = mini.visits(DAY)
    home.drop("visits", DAY, passed)
    home = home.later(hours=1)
    home.run("visits", DAY, run_id="passes", until="label_noise")
    folder = _records(home, "passes")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    home.drop("visits", DAY, mini.visits(DAY, shift=30))
    home.later(hours=1).run("visits", DAY, run_id="passes", until="label_noise")
    for name in chain.names():
        (folder / f"{name}.json").write_bytes(before[f"{name}.json"])
    assert _decide(home.later(hours=1), "passes") == "undecided"
    (folder / "pin.json").write_bytes(before["pin.json"])
    with pytest.raises(Exception, match="taken this batch over"):
        _decide(home.later(hours=1), "passes")
    assert not _readers_have(home)


@pytest.mark.parametrize("name", chain.names())
def test_a_gate_without_a_record_lets_nothing_out(home: Any, name: str) -> None:
    (_records(home) / f"{name}.json").unlink()
    assert _decide(home) == "undecided"
    assert not _readers_have(home)


def test_a_kept_result_that_was_rewritten_is_judged_again(home: Any) -> None:
    (kept,) = (home.home / "work" / "visits" / DAY).glob("[!r]*/drift.json")
    sealed = json.loads(kept.read_text())
    sealed["content"]["result"] |= {"holds": False, "outcome": "PASS"}
    sealed["content"]["verdict"] |= {"outcome": "PASS"}
    kept.write_text(json.dumps(sealed))
    done = home.later(hours=1).run("visits", DAY, run_id="again")
    assert done["release"].state == "held"
    assert json.loads(kept.read_text())["content"]["verdict"]["outcome"] == "FAIL"


def _edited(home: Any) -> stages.Run:
    """The run after an edit of its drift policy, with its drift to be judged again."""
    policy = home.project / "include" / "policies" / "visits" / "drift.yaml"
    policy.write_text(policy.read_text().replace("hold", "release"))
    for kept in (home.home / "work" / "visits" / DAY).glob("[!r]*/drift.json"):
        kept.unlink()
    run = stages.resume(home.services, "visits", DAY, "held")
    assert run
    return run


def test_rules_that_change_during_a_run_change_nothing_of_it(home: Any) -> None:
    assert stages.perform(_edited(home), "drift").done["drift"].holds
    assert _decide(home) == "held"


def test_rules_that_somebody_wrote_into_the_records_are_refused(home: Any) -> None:
    record = _records(home) / "rules.json"
    sealed = json.loads(record.read_text())
    name = "policies/visits/drift.yaml"
    files = sealed["content"]["files"]
    files[name] = files[name].replace("hold", "release")
    record.write_text(json.dumps(sealed))
    with pytest.raises(InputError, match="policy drift has changed since the run began"):
        stages.perform(_edited(home), "drift")
    assert _decide(home) == "held"


class TestApproval:
    """A forced release needs a second person's own answer to what is decided on."""

    @pytest.fixture
    def asked(self, template: Any, mini: Any, tmp_path: Path) -> Any:
        """A held batch that somebody asked to force, and its run."""
        train = mini.copy(template, tmp_path)
        train.drop("visits", DAY, mini.visits(DAY, shift=30))
        train.run("visits", DAY, until="label_noise", run_id="held", force=True, reason="known")
        return train

    def _run(self, train: Any) -> stages.Run:
        run = stages.resume(train.services, "visits", DAY, "held")
        assert run
        return run

    def test_a_second_person_lets_it_out_on_record(self, asked: Any, mini: Any) -> None:
        assert mini.approve(self._run(asked), "second")
        assert _decide(asked) == "forced"
        assert asked.services.registry.snapshot("visits").author == "second"

    @pytest.mark.parametrize("by", ["tester", None])
    def test_the_asker_and_nobody_let_nothing_out(
        self, asked: Any, mini: Any, by: str | None
    ) -> None:
        assert not mini.approve(self._run(asked), by)
        assert _decide(asked) == "held"

    def test_a_rejection_lets_nothing_out(self, asked: Any, mini: Any) -> None:
        assert not mini.approve(self._run(asked), "second", approves=False)
        assert _decide(asked) == "held"

    def test_who_may_not_answer_lets_nothing_out(self, asked: Any) -> None:
        run = self._run(asked)
        stages.ask_approval(run, "the task", ("reviewer",))
        at = run.services.clock()
        assert not stages.answer_approval(run, "the task", approves=True, by="third", at=at)
        assert not stages.answer_approval(run, "another", approves=True, by="reviewer", at=at)
        assert _decide(asked) == "held"

    def test_a_record_that_is_rewritten_lets_nothing_out(self, asked: Any, mini: Any) -> None:
        mini.approve(self._run(asked), "second", approves=False)
        file = _records(asked) / f"{chain.APPROVE}.json"
        sealed = json.loads(file.read_text())
        sealed["content"] |= {"approved": True, "by": "second"}
        file.write_text(json.dumps(sealed))
        assert _decide(asked) == "held"

    def test_an_answer_to_other_verdicts_lets_nothing_out(self, asked: Any, mini: Any) -> None:
        run = self._run(asked)
        rest = {name: found for name, found in run.results.items() if name != "fairness"}
        assert mini.approve(stages.Run(run.services, run.spec, rest), "second")
        assert _decide(asked) == "held"

    def test_a_question_that_is_asked_again_takes_the_answer_back(
        self, asked: Any, mini: Any
    ) -> None:
        mini.approve(self._run(asked), "second")
        stages.ask_approval(self._run(asked), "the task")
        assert _decide(asked) == "held"
