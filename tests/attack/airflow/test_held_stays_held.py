"""Whatever a user edits, marks or clears in Airflow, a batch that is held stays held."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from assay.stages.run import chain

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

DAG = "release__ticks"
TASKS = (chain.PIN, *chain.names(), chain.APPROVE, chain.RELEASE, chain.NOTIFY)
ROLES = ("vera", "una", "otto", "admin")
_REASON = "It is a holiday."
_AGO = iter(range(12, 29))


def _run(office: Any, **asked: Any) -> tuple[str, str]:
    """A run of a batch with too few rows; the batch and the run."""
    batch = office.drop_ticks(next(_AGO), rows=2)
    return batch, office.trigger(DAG, batch=batch, **asked)


def _held(office: Any, batch: str) -> None:
    """Readers lack the batch, and its record says so; no event announced it."""
    assert batch not in office.pointer("ticks")
    assert office.record("ticks", batch).state not in {"released", "forced"}
    assert not [e for e in office.events("ticks") if e["partition_key"] == batch]


def _lies(value: Any) -> Any:
    """A value with every field that a decision could rest on turned round."""
    if isinstance(value, list):
        return [_lies(item) for item in value]
    if not isinstance(value, dict):
        return value
    truths = {
        "holds": False, "outcome": "PASS", "reasons": [], "approved": True, "by": "reviewer",
        "force": True, "state": "released", "snapshot": 1, "bootstrap": True,
    }  # fmt: skip
    return {key: truths.get(key, _lies(item)) for key, item in value.items()}


class Attacker:
    """One user at the API of one run; counts what the API let through."""

    def __init__(self, office: Any, user: str, run_id: str) -> None:
        self.office, self.client, self.run_id = office, office.client(user), run_id
        self.at, self.done = f"/api/v2/dags/{DAG}/dagRuns/{run_id}", 0

    def _try(self, method: str, path: str, **body: Any) -> httpx.Response:
        answer: httpx.Response = self.client.request(method, path, json=body)
        self.done += answer.is_success
        return answer

    def edit_xcoms(self) -> None:
        """Turn every XCom round, and add those that a decision might look for."""
        made = {
            chain.APPROVE: {"approved": True, "by": "reviewer"},
            chain.RELEASE: {"stage": "release", "state": "released", "snapshot": 1},
        }
        for task in TASKS:
            place = f"{self.at}/taskInstances/{task}/xcomEntries"
            listed = self.office.client().get(place).json().get("xcom_entries", [])
            for key in {entry["key"] for entry in listed} | {"return_value", "run"}:
                kept = self.office.client().get(f"{place}/{key}").json().get("value")
                lie = _lies(kept) if kept else made.get(task, _lies({"holds": True}))
                if self._try("PATCH", f"{place}/{key}", value=lie).status_code == 404:
                    self._try("POST", place, key=key, value=lie)

    def edit_notes_and_variables(self) -> None:
        """Write what looks like a decision wherever text can be written."""
        self._try("PATCH", self.at, note="approved")
        for task in TASKS:
            self._try("PATCH", f"{self.at}/taskInstances/{task}", note="approved by reviewer")
        for key in ("approve_force", "force", "assay_force"):
            self._try("POST", "/api/v2/variables", key=key, value='{"approved": true}')

    def mark(self, task: str, state: str) -> None:
        """Set the state of a task."""
        self._try("PATCH", f"{self.at}/taskInstances/{task}", new_state=state)

    def end(self, state: str) -> None:
        """Set the state of the run."""
        self._try("PATCH", self.at, state=state)

    def clear(self, *tasks: str) -> bool:
        """Have tasks run again, and wait; whether the API allowed it."""
        answer = self._try(
            "POST", f"/api/v2/dags/{DAG}/clearTaskInstances", dry_run=False, dag_run_id=self.run_id,
            task_ids=list(tasks), only_failed=False, reset_dag_runs=True,
        )  # fmt: skip
        return answer.is_success

    def answer(self, option: str) -> httpx.Response:
        """Answer the question whether the batch is forced."""
        path = f"{self.at}/taskInstances/{chain.APPROVE}/-1/hitlDetails"
        return self._try("PATCH", path, chosen_options=[option], params_input={})


@pytest.fixture(scope="module")
def held(office: Any) -> tuple[str, str]:
    """A batch that a gate held, and its run."""
    batch, run_id = _run(office)
    assert office.end(DAG, run_id, 300)["state"] == "failed"
    _held(office, batch)
    return batch, run_id


@pytest.mark.parametrize("user", ROLES)
def test_edits_of_a_held_run_release_nothing(office: Any, held: tuple[str, str], user: str) -> None:
    batch, run_id = held
    attacker = Attacker(office, user, run_id)
    attacker.edit_xcoms()
    attacker.edit_notes_and_variables()
    if attacker.clear(chain.RELEASE, chain.NOTIFY):
        office.end(DAG, run_id, 300)
    _held(office, batch)
    assert (attacker.done > 0) == (user != "vera")


def _orders() -> Iterator[Any]:
    """Tasks to mark, with which state, and tasks to clear afterwards, one after another."""
    chance = random.Random(10)
    for state in ("success", "skipped", "failed"):
        marked = chance.sample(TASKS, chance.randint(3, len(TASKS)))
        yield pytest.param(tuple(marked), state, (chain.RELEASE,), marks=pytest.mark.slow)
    yield TASKS, "success", ()
    yield ("validate_raw", "validate_clean", "drift"), "success", ("clean", "release")
    yield (chain.APPROVE, "validate_raw"), "success", (chain.PIN, chain.RELEASE)


@pytest.mark.parametrize(("marked", "state", "cleared"), list(_orders()))
def test_marks_and_clears_release_nothing(
    office: Any,
    held: tuple[str, str],
    marked: tuple[str, ...],
    state: str,
    cleared: tuple[str, ...],
) -> None:
    batch, run_id = held
    attacker = Attacker(office, "admin", run_id)
    for task in marked:
        attacker.mark(task, state)
    for task in cleared:
        attacker.edit_xcoms()
        assert attacker.clear(task)
        office.end(DAG, run_id, 300)
    _held(office, batch)
    assert attacker.done


def test_who_asked_to_force_is_no_second_person(office: Any) -> None:
    batch, run_id = _run(office, force=True, reason=_REASON)
    office.question(DAG, run_id)
    attacker = Attacker(office, "admin", run_id)
    if not attacker.answer("Approve").is_success:  # the answer isn't taken: try to do without
        attacker.edit_xcoms()
        attacker.mark(chain.APPROVE, "success")
        attacker.edit_xcoms()
    _decided(office, run_id)
    _held(office, batch)
    attacker.edit_xcoms()
    attacker.clear(chain.RELEASE)
    _decided(office, run_id)
    _held(office, batch)
    attacker.end("failed")
    _held(office, batch)


def _decided(office: Any, run_id: str) -> None:
    """Wait until a run has ended, or the question stands again for somebody else."""
    over = {"success", "failed", "skipped", "upstream_failed"}

    def is_over() -> bool:
        states = office.states(DAG, run_id)
        return states[chain.APPROVE] == "awaiting_input" or states[chain.RELEASE] in over

    office.until(f"{run_id} to decide or to ask", is_over, 300)


def test_a_rejection_cannot_be_turned_round(office: Any) -> None:
    batch, run_id = _run(office, force=True, reason=_REASON)
    office.question(DAG, run_id)
    office.decide("reviewer", DAG, run_id, "Reject")
    office.end(DAG, run_id, 300)
    attacker = Attacker(office, "admin", run_id)
    assert attacker.answer("Approve").status_code in {403, 409}
    attacker.edit_xcoms()
    attacker.mark(chain.APPROVE, "success")
    assert attacker.clear(chain.RELEASE)
    office.end(DAG, run_id, 300)
    _held(office, batch)


def test_a_question_that_is_cleared_is_asked_again_and_marking_it_answers_nothing(
    office: Any,
) -> None:
    batch, run_id = _run(office, force=True, reason=_REASON)
    office.question(DAG, run_id)
    attacker = Attacker(office, "otto", run_id)
    assert attacker.clear(chain.APPROVE)
    office.question(DAG, run_id)
    attacker.mark(chain.APPROVE, "success")
    office.end(DAG, run_id, 300)
    _held(office, batch)


def test_a_second_person_releases_it_in_their_own_name(office: Any) -> None:
    batch, run_id = _run(office, force=True, reason=_REASON)
    office.question(DAG, run_id)
    assert Attacker(office, "vera", run_id).answer("Approve").status_code == 403
    office.decide("reviewer", DAG, run_id, "Approve")
    assert office.end(DAG, run_id, 300)["state"] == "success"
    assert office.record("ticks", batch).state == "forced"
    snapshot = max(office.catalog.snapshots.find("ticks"), key=lambda s: s.number)
    assert (snapshot.author, batch in snapshot.batches) == ("reviewer", True)
