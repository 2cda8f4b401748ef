"""Operators by themselves, and what is never tried again."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay.catalog import Catalog
from assay.errors import AssayError, InputError, LeaseError, PolicyError, SuiteError, UndecidedError
from assay.stages.run import Asked, DoesNotApply, Finished, Run, RunSpec, StageResult, chain
from assay.verdict import Outcome, Reason
from assay_airflow.assets import dataset_asset
from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.hooks.services import open_services
from assay_airflow.operators._runs import hand_on, read_ended_run, read_run
from assay_airflow.operators.broken import BrokenContractOperator
from assay_airflow.operators.incidents import RespondOperator
from assay_airflow.operators.notify import NotifyOperator
from assay_airflow.operators.release import ReleaseOperator
from assay_airflow.operators.stage import StageOperator


class _Left:
    """A task's view of its run, as far as the operators read it: what tasks leave for others."""

    def __init__(self) -> None:
        self.task_id = ""
        self.values: dict[tuple[str, str], Any] = {}

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.values.get((task_ids, key))

    def xcom_push(self, key: str, value: Any) -> None:
        self.values[self.task_id, key] = value

    def context(self, task: str, after: str | None = None) -> dict[str, Any]:
        self.task_id = task
        return {"ti": self, "task": SimpleNamespace(upstream_task_ids={after} if after else set())}


_WORKED: list[str] = []


def _count(run: Run) -> Finished:
    _WORKED.append(run.batch)
    return Finished(result=StageResult(stage="protect", rows={"in": len(run.done)}))


_ERRORS: list[Exception] = []


def _raise(run: Run) -> Finished:
    raise _ERRORS[-1]


@pytest.fixture
def working(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The chain with stages that only count, or raise; every batch's stages that worked."""
    work = f"{__name__}:{getattr(request, 'param', '_count')}"
    plain = tuple(replace(s, work=work, policy=None, reads=(), writes=()) for s in chain.STAGES)
    monkeypatch.setattr(chain, "STAGES", plain)
    monkeypatch.setattr("assay.stages.run._perform.working", lambda _: nullcontext())
    _WORKED.clear()
    return _WORKED


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))


def _left(*results: StageResult, **asked: Any) -> _Left:
    """What a run has left whose stages gave some results, the last one last."""
    spec = RunSpec(
        dataset="a", batch="2013", run_id="manual__1", run_type="manual",
        started=datetime(2013, 2, 4, tzinfo=UTC), token=1, asked=Asked(**asked),
    )  # fmt: skip
    left, run = _Left(), Run(open_services(), spec)
    hand_on(run, left.context("pin"))
    for result in results:
        run = run.finished(result.stage, result)
        hand_on(run, left.context(result.stage))
    return left


_GOOD = StageResult(stage="ingest")
_HELD = StageResult(stage="validate_raw", outcome=Outcome.FAIL, holds=True, reasons=("x",))


def test_a_stage_works_while_nothing_holds_the_batch_and_hands_the_run_on(
    working: list[str],
) -> None:
    stage, left = StageOperator(task_id="validate_raw"), _left(_GOOD)
    context = left.context("validate_raw", after="ingest")
    assert stage.execute(context)["rows"] == {"in": 1}
    after = read_run(open_services(), context, ["validate_raw"])
    assert list(after.done) == ["ingest", "validate_raw"]


def test_a_stage_is_skipped_once_the_batch_is_held(working: list[str]) -> None:
    stage, left = StageOperator(task_id="protect"), _left(_GOOD, _HELD)
    with pytest.raises(AirflowSkipException, match="validate_raw holds the batch"):
        stage.execute(left.context("protect", after="validate_raw"))
    assert working == []


def test_a_run_that_asked_to_force_goes_on_but_not_without_input(working: list[str]) -> None:
    stage = StageOperator(task_id="protect")
    left = _left(_GOOD, _HELD, force=True, reason="x")
    stage.execute(left.context("protect", after="validate_raw"))
    assert len(working) == 1
    missing = StageResult(stage="ingest", outcome=Outcome.FAIL, holds=True)
    left = _left(missing, force=True, reason="x")
    with pytest.raises(AirflowSkipException, match="ingest holds the batch"):
        StageOperator(task_id="validate_raw").execute(left.context("validate_raw", after="ingest"))


@pytest.mark.parametrize("working", ["_raise"], indirect=True)
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ValueError("Could not convert 'N14228'"), RuntimeError),
        (TypeError("'N14228' is no number"), TypeError),
    ],
)
def test_an_unforeseen_error_quotes_no_row(
    error: Exception,
    raised: type[Exception],
    working: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _ERRORS.append(error)
    stage = StageOperator(task_id="protect")
    context = _left(_GOOD).context("protect", after="ingest")
    with pytest.raises(raised, match=type(error).__name__) as caught:
        stage.execute(context)
    assert "N14228" not in str(caught.value)
    assert caught.value.__suppress_context__
    monkeypatch.setenv("ASSAY_DEBUG", "1")
    with pytest.raises(type(error), match="N14228"):
        stage.execute(context)


@pytest.mark.parametrize("working", ["_raise"], indirect=True)
def test_a_stage_that_does_not_apply_is_skipped_with_its_reason(working: list[str]) -> None:
    _ERRORS.append(DoesNotApply("A register has no groups."))
    with pytest.raises(AirflowSkipException, match="A register has no groups"):
        StageOperator(task_id="protect").execute(_left(_GOOD).context("protect", after="ingest"))


@pytest.mark.parametrize("working", ["_raise"], indirect=True)
@pytest.mark.parametrize("error", [PolicyError("x"), OSError("x"), AirflowSkipException("x")])
def test_errors_that_quote_no_row_pass_as_they_are(error: Exception, working: list[str]) -> None:
    _ERRORS.append(error)
    with pytest.raises(type(error)) as caught:
        StageOperator(task_id="protect").execute(_left(_GOOD).context("protect", after="ingest"))
    assert caught.value is error


def test_a_run_ends_with_what_its_last_tasks_left() -> None:
    assert read_ended_run(open_services(), _Left().context("release")) is None
    ended = read_ended_run(open_services(), _left(_GOOD, _HELD).context("release"))
    assert ended is not None
    assert ended.held_by == "validate_raw"
    began = read_ended_run(open_services(), _left().context("release"))
    assert began is not None
    assert (dict(began.done), began.held_by) == ({}, None)


def test_results_of_parallel_gates_are_joined() -> None:
    drift, fairness = StageResult(stage="drift"), StageResult(stage="fairness")
    left, other = _left(_GOOD, drift), _left(_GOOD, fairness)
    left.values |= {k: v for k, v in other.values.items() if k[0] == "fairness"}
    ended = read_ended_run(open_services(), left.context("release"))
    assert ended is not None
    assert list(ended.done) == ["ingest", "drift", "fairness"]


def test_a_contract_that_does_not_load_fails_with_its_error() -> None:
    with pytest.raises(AirflowFailException, match=r"planes\.odcs\.yaml:7"):
        BrokenContractOperator(task_id="load", error="planes.odcs.yaml:7 grain").execute({})


def _first_failed(batch: str, state: str | None = "failed") -> dict[str, Any]:
    """What notify sees of a run whose first task ended so, and left nothing."""
    left, run_id = _Left(), f"manual__{batch}"
    left.get_task_states = lambda **_: {run_id: {"pin": state}}  # type: ignore[attr-defined]
    left.try_number, left.max_tries = 1, 0  # type: ignore[attr-defined]
    run = SimpleNamespace(
        run_id=run_id, dag_id="release__airlines", run_type="scheduled", partition_key=batch
    )
    return {
        **left.context("notify"), "dag": SimpleNamespace(dag_id=run.dag_id), "dag_run": run,
        "run_id": run_id, "params": {},
    }  # fmt: skip


def test_somebody_is_told_of_a_run_whose_first_task_failed(tmp_path: Path) -> None:
    notify = NotifyOperator(task_id="notify", dataset="airlines")
    told = notify.execute(_first_failed("2013"))
    assert told["incidents"] == {"run/stage_crashed": "opened"}
    assert set(told["messages"].values()) == {"sent"}
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog' / 'catalog.db'}")
    (incident,) = catalog.incidents.find("airlines", state="open")
    assert incident.failing == ("2013",)
    assert incident.batches[0].reasons[0]["message"] == "pin ended in an error"
    assert list((tmp_path / "messages").iterdir())


def test_nobody_is_told_of_a_run_that_another_run_kept_from_its_batch(tmp_path: Path) -> None:
    notify = NotifyOperator(task_id="notify", dataset="airlines")
    assert notify.execute(_first_failed("2013", None)) == {}, "it never came to its first task"
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog' / 'catalog.db'}")
    catalog.migrate()
    now = datetime.now(UTC)
    catalog.leases.acquire("airlines", "2013", "another", now=now, ttl=timedelta(minutes=9))
    assert notify.execute(_first_failed("2013")) == {}
    assert catalog.incidents.find("airlines") == []


def test_a_run_without_a_batch_says_so_in_its_log(tmp_path: Path) -> None:
    notify = NotifyOperator(task_id="notify", dataset="airlines")
    assert "names no batch" in notify.execute(_first_failed(""))["problem"]


def _attempt(number: int) -> dict[str, Any]:
    """What a task sees at its ``number``-th attempt of four, after a stage that was held."""
    left = _left(_GOOD, _HELD)
    left.try_number, left.max_tries = number, 3  # type: ignore[attr-defined]
    left.get_task_states = lambda **_: {}  # type: ignore[attr-defined]
    return {**left.context("notify"), "dag": SimpleNamespace(dag_id="d"), "run_id": "r"}


@pytest.mark.parametrize(
    ("error", "attempt", "raises"),
    [(OSError("x"), 1, True), (OSError("x"), 4, False), (PolicyError("no policy"), 1, False)],
)
def test_telling_is_tried_again_and_never_fails(
    monkeypatch: pytest.MonkeyPatch, error: Exception, attempt: int, raises: bool
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("assay.stages.run.notify", broken)
    notify = NotifyOperator(task_id="notify", dataset="a")
    if raises:
        with pytest.raises(OSError, match="x"):
            notify.execute(_attempt(attempt))
    else:
        assert notify.execute(_attempt(attempt))["problem"] in {"OSError", "no policy."}


def test_who_triggered_the_run_is_who_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog' / 'catalog.db'}")
    catalog.migrate()
    reason = Reason(code="x", outcome=Outcome.FAIL, message="m")
    catalog.incidents.open_or_update(
        "gone", "c", "2013", reasons=[reason], at=datetime(2013, 2, 4, tzinfo=UTC)
    )
    asked = {"incident": 1, "action": "dismiss", "until": None, "reason": "Known.", "batch": None}
    context = {"params": asked, "dag_run": SimpleNamespace(triggering_user_name="ann")}
    respond = RespondOperator(task_id="respond")
    assert respond.execute(context) == {"incident": 1, "change": "closed", "by": "ann"}
    assert [(r.author, r.reason) for r in catalog.responses.find(1)] == [("ann", "Known.")]
    assert respond.execute(context)["change"] == "unchanged", "a task that is repeated"
    nobody = {**context, "dag_run": SimpleNamespace(triggering_user_name=None)}
    with pytest.raises(InputError, match="nobody knows who asked"):
        respond.execute(nobody)


def test_the_release_alone_updates_the_asset() -> None:
    assert ReleaseOperator(task_id="release", dataset="a").outlets == [dataset_asset("a")]
    assert dataset_asset("a").uri == "assay://datasets/a"
    assert "release" not in chain.names()


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (LeaseError("x"), RetryAction.RETRY),
        (UndecidedError("x"), RetryAction.RETRY),
        (PolicyError("x"), RetryAction.FAIL),
        (SuiteError("x"), RetryAction.FAIL),
        (AssayError("x"), RetryAction.FAIL),
        (TypeError("x"), RetryAction.FAIL),
        (OSError("x"), RetryAction.DEFAULT),
        (ConnectionError("x"), RetryAction.DEFAULT),
    ],
)
def test_only_what_may_mend_itself_is_tried_again(error: Exception, action: RetryAction) -> None:
    policy = TASK_DEFAULTS["retry_policy"]
    assert policy.evaluate(error, try_number=1, max_tries=3).action is action
