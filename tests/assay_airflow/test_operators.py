"""Operators by themselves, and what is never tried again."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay.catalog import Catalog
from assay.errors import AssayError, InputError, LeaseError, PolicyError, SuiteError, UndecidedError
from assay.stages.run import (
    Asked,
    DoesNotApply,
    Finished,
    Run,
    RunSpec,
    StageResult,
    chain,
    resume,
)
from assay.stages.run._records import keep_record, keep_spec
from assay.stages.run._spec import Pinned
from assay.verdict import Outcome, Reason, Verdict
from assay_airflow.assets import dataset_asset
from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.hooks.services import open_services
from assay_airflow.operators.broken import BrokenContractOperator
from assay_airflow.operators.incidents import RespondOperator
from assay_airflow.operators.notify import NotifyOperator
from assay_airflow.operators.release import ReleaseOperator
from assay_airflow.operators.stage import StageOperator

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
    monkeypatch.setattr("assay.stages.work.working", lambda _: nullcontext())
    _WORKED.clear()
    return _WORKED


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))


DATASET, BATCH = "airlines", "2013"
_TOKENS = count(1)


def _stage(name: str) -> StageOperator:
    return StageOperator(task_id=name, dataset=DATASET)


def _context(batch: str = BATCH, attempt: int = 1, of: int = 1) -> dict[str, Any]:
    """A task's view of its run, as far as the operators read it."""
    run = SimpleNamespace(
        run_id="manual__1", dag_id="release__airlines", run_type="manual", partition_key=batch
    )
    ti = SimpleNamespace(try_number=attempt, max_tries=of - 1)
    return {"dag_run": run, "run_id": run.run_id, "params": {}, "ti": ti}


def _left(*results: StageResult, **asked: Any) -> dict[str, Any]:
    """The context of a task after a run whose stages left some results, under seal."""
    services = open_services()
    spec = RunSpec(
        dataset=DATASET, batch=BATCH, run_id="manual__1", run_type="manual",
        started=datetime(2013, 2, 4, tzinfo=UTC), token=next(_TOKENS), asked=Asked(**asked),
        pinned=Pinned(hashes=_HASHES | {"contract": services.project.contract(DATASET).hash}),
    )  # fmt: skip
    run = Run(services, spec)
    keep_spec(run)
    for result in results:
        verdict = Verdict(
            gate=result.stage, outcome=result.outcome, policy_hash="h", on_inconclusive="hold"
        )
        finished = Finished(result=result, verdict=verdict, input_sha=_SHA, version=_VERSION)
        run = run.finished(result.stage, finished)
        keep_record(run, result.stage, finished)
    return _context()


def _read() -> Run | None:
    return resume(open_services(), DATASET, BATCH, "manual__1")


_SHA, _VERSION = "a" * 64, "b" * 32
_HASHES = {f"policy {noun}": "h" for noun in ("", "quality", "drift", "fairness")}
_GOOD = StageResult(stage="ingest")
_HELD = StageResult(stage="validate_raw", outcome=Outcome.FAIL, holds=True, reasons=("x",))


def test_a_stage_works_while_nothing_holds_the_batch_and_hands_the_run_on(
    working: list[str],
) -> None:
    assert _stage("validate_raw").execute(_left(_GOOD))["rows"] == {"in": 1}
    after = _read()
    assert after is not None
    assert list(after.done) == ["ingest", "validate_raw"]


def test_a_stage_is_skipped_once_the_batch_is_held(working: list[str]) -> None:
    stage, left = _stage("protect"), _left(_GOOD, _HELD)
    with pytest.raises(AirflowSkipException, match="validate_raw holds the batch"):
        stage.execute(left)
    assert working == []


def test_a_run_that_asked_to_force_goes_on_but_not_without_input(working: list[str]) -> None:
    stage = _stage("protect")
    left = _left(_GOOD, _HELD, force=True, reason="x")
    stage.execute(left)
    assert len(working) == 1
    missing = StageResult(stage="ingest", outcome=Outcome.FAIL, holds=True)
    left = _left(missing, force=True, reason="x")
    with pytest.raises(AirflowSkipException, match="ingest holds the batch"):
        _stage("validate_raw").execute(left)


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
    stage = _stage("protect")
    context = _left(_GOOD)
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
        _stage("protect").execute(_left(_GOOD))


@pytest.mark.parametrize("working", ["_raise"], indirect=True)
@pytest.mark.parametrize("error", [PolicyError("x"), OSError("x"), AirflowSkipException("x")])
def test_errors_that_quote_no_row_pass_as_they_are(error: Exception, working: list[str]) -> None:
    _ERRORS.append(error)
    with pytest.raises(type(error)) as caught:
        _stage("protect").execute(_left(_GOOD))
    assert caught.value is error


def test_a_run_is_what_its_sealed_records_tell() -> None:
    assert _read() is None
    _left(_GOOD, _HELD)
    ended = _read()
    assert ended is not None
    assert (list(ended.done), ended.held_by) == (["ingest", "validate_raw"], "validate_raw")
    _left(_GOOD, StageResult(stage="fairness"), StageResult(stage="drift"))
    parallel = _read()
    assert parallel is not None
    assert list(parallel.done) == ["ingest", "drift", "fairness"]


def test_a_stage_of_a_run_that_was_never_pinned_fails(working: list[str]) -> None:
    with pytest.raises(AirflowFailException, match="Clear the task 'pin'"):
        _stage("ingest").execute(_context())
    assert working == []


def test_a_contract_that_does_not_load_fails_with_its_error() -> None:
    with pytest.raises(AirflowFailException, match=r"planes\.odcs\.yaml:7"):
        BrokenContractOperator(task_id="pin", error="planes.odcs.yaml:7 grain").execute({})


def test_somebody_is_told_of_a_run_whose_first_task_failed(tmp_path: Path) -> None:
    notify = NotifyOperator(task_id="notify", dataset="airlines")
    told = notify.execute(_context())
    assert told["incidents"] == {"run/stage_crashed": "opened"}
    assert set(told["messages"].values()) == {"sent"}
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog' / 'catalog.db'}")
    (incident,) = catalog.incidents.find("airlines", state="open")
    assert incident.failing == ("2013",)
    message = incident.batches[0].reasons[0]["message"]
    assert (
        message == "pin left no result, and no error: its process was stopped, so the run "
        "decided nothing"
    )
    assert list((tmp_path / "messages").iterdir())


def test_nobody_is_told_of_a_run_that_another_run_kept_from_its_batch(tmp_path: Path) -> None:
    notify = NotifyOperator(task_id="notify", dataset="airlines")
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog' / 'catalog.db'}")
    catalog.migrate()
    now = datetime.now(UTC)
    catalog.leases.acquire("airlines", "2013", "another", now=now, ttl=timedelta(minutes=9))
    assert notify.execute(_context()) == {}
    assert catalog.incidents.find("airlines") == []


def test_a_run_without_a_batch_says_so_in_its_log(tmp_path: Path) -> None:
    notify = NotifyOperator(task_id="notify", dataset="airlines")
    assert "names no batch" in notify.execute(_context(""))["problem"]


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
    notify = NotifyOperator(task_id="notify", dataset=DATASET)
    _left(_GOOD, _HELD)
    if raises:
        with pytest.raises(OSError, match="x"):
            notify.execute(_context(attempt=attempt, of=4))
    else:
        assert notify.execute(_context(attempt=attempt, of=4))["problem"] in {
            "OSError",
            "no policy.",
        }


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


def test_nothing_is_released_where_nothing_was_expected(working: list[str]) -> None:
    context, services = _left(), open_services()
    run = _read()
    assert run is not None
    lease = services.catalog.leases.acquire(
        DATASET, BATCH, "manual__1", now=services.clock(), ttl=timedelta(minutes=5)
    )
    run = replace(run, spec=run.spec.model_copy(update={"token": lease.token}))
    keep_spec(run)
    services.catalog.batches.start(
        DATASET, BATCH, "manual__1", run_type="manual", at=services.clock(), token=lease.token
    )
    found = StageResult(stage="ingest", outcome=None, state="not_expected", rows={"in": 0})
    keep_record(run, "ingest", Finished(result=found))

    with pytest.raises(AirflowSkipException, match="no delivery is expected"):
        _stage("validate_raw").execute(context)
    with pytest.raises(AirflowSkipException, match="Not expected"):
        ReleaseOperator(task_id="release", dataset=DATASET).execute(context)

    assert services.catalog.batches.states(DATASET) == {BATCH: "not_expected"}


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
