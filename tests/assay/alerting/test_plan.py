import json
from datetime import datetime

import pytest
from pydantic import ValidationError

from assay.alerting import AlertContext, incident_checks, plan_messages
from assay.alerting._message import Message
from assay.alerting._render import render_email
from assay.catalog import Catalog
from assay.policy.alerting import AlertingPolicy
from assay.records.incidents import IncidentChange
from assay.verdict import Outcome, Reason, Verdict


def reason(outcome: Outcome = Outcome.FAIL, code: str = "drift_found") -> Reason:
    numbers = {"psi": 0.4, "level": "SECRET", "psi_limit": 0.2, "missing": None}
    return Reason(code=code, outcome=outcome, message="SECRET", column="age", numbers=numbers)


def messages(
    change: IncidentChange, policy: AlertingPolicy, context: AlertContext
) -> list[Message]:
    return [planned.message for planned in plan_messages(change, policy, context)]


def change(catalog: Catalog, now: datetime, batch: str = "b1", *reasons: Reason) -> IncidentChange:
    return catalog.incidents.open_or_update(
        "flights", "drift/drift_found", batch, reasons=reasons or [reason()], at=now
    )


def test_the_checks_of_a_verdict(policy: AlertingPolicy) -> None:
    reasons = (
        reason(),
        reason(Outcome.WARN, "null_share_high"),
        reason(Outcome.INCONCLUSIVE, "too_few_rows"),
        reason(),
    )
    verdict = Verdict(
        gate="drift",
        outcome=Outcome.FAIL,
        reasons=reasons,
        policy_hash="p",
        on_inconclusive="hold",
    )
    assert incident_checks(verdict, policy) == {
        "drift/drift_found": [reasons[0], reasons[3]],
        "drift/too_few_rows": [reasons[2]],
    }


def test_one_message_a_place(
    catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime
) -> None:
    slack, email = messages(change(catalog, now), policy, context)
    assert (slack.transport, slack.to) == ("slack", ("#flights",))
    assert (email.transport, email.to) == ("email", ("ann@example.org", "bob@example.org"))
    assert {m.kind for m in (slack, email)} == {"opened"}
    assert slack.owner == "Flight operations"
    assert slack.batches[0].reasons[0].runbook.endswith("/runbooks/drift_found.md")
    assert Message.model_validate(json.loads(json.dumps(slack.body()))) == slack


def test_nothing_of_the_data_is_in_it(
    catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime
) -> None:
    for message in messages(change(catalog, now), policy, context):
        assert "SECRET" not in message.model_dump_json()
        assert message.batches[0].reasons[0].numbers == {"psi": 0.4, "psi_limit": 0.2}
        assert "example.org" not in message.key


def test_what_a_figure_is_of_goes_with_it(
    catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime
) -> None:
    of = "good result: income = >50K; rows: rows with a known label"
    described = reason(code="disparity").model_copy(update={"about": of})
    for message in messages(change(catalog, now, "b1", described), policy, context):
        assert message.batches[0].reasons[0].about == of
        line = next(x for x in render_email(message)[1].splitlines() if x.startswith("  - "))
        assert line.startswith("  - age: A group's outcomes differ from the reference group's by")
        assert line.endswith(f": PSI 0.4, limit 0.2; {of}.")


def test_a_batch_that_joins_edits_and_a_repeat_says_nothing(
    catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime
) -> None:
    opened = messages(change(catalog, now), policy, context)
    joined = messages(change(catalog, now, "b2"), policy, context)
    assert [(m.kind, m.transport) for m in joined] == [
        ("opened", "slack"),
        ("opened", "email"),
        ("updated", "slack"),
        ("updated", "email"),
    ]
    assert [m.key for m in joined if m.kind == "opened"] == [m.key for m in opened]
    assert messages(change(catalog, now, "b2"), policy, context) == []


def test_closing_answers_the_opening(
    catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime
) -> None:
    opened = plan_messages(change(catalog, now), policy, context)
    (closed,) = catalog.incidents.resolve_batch("flights", "b1", how="forced", at=now)
    closing = plan_messages(closed, policy, context)
    assert [p.thread for p in closing] == [p.thread for p in opened]
    assert {p.hold for p in closing} == {None}
    closing = [p.message for p in closing]
    assert {m.kind for m in closing} == {"closed"}
    assert closing[0].batches[0].state == "forced"


def test_routes_match_by_outcome_and_reason(
    catalog: Catalog, context: AlertContext, now: datetime
) -> None:
    routes = [
        {"outcomes": ["INCONCLUSIVE"], "slack": "#quiet"},
        {"reasons": ["drift_found"], "slack": "#drift"},
        {"slack": "#drift", "email": ["b@example.org", "a@example.org", "a@example.org"]},
    ]
    policy = AlertingPolicy.model_validate(
        {"opens": ["FAIL"], "owner": "Ann", "runbooks": "docs/", "routes": routes}
    )
    planned = messages(change(catalog, now), policy, context)
    assert [m.to for m in planned] == [("#drift",), ("a@example.org", "b@example.org")]
    assert planned[0].owner == "Ann"
    assert planned[0].batches[0].reasons[0].runbook == "docs/drift_found.md"


def test_an_incident_that_gets_worse_reaches_new_places(
    catalog: Catalog, policy: AlertingPolicy, context: AlertContext, now: datetime
) -> None:
    first = messages(change(catalog, now, "b1", reason(Outcome.INCONCLUSIVE)), policy, context)
    assert [m.transport for m in first] == ["email"]
    worse = messages(change(catalog, now, "b2"), policy, context)
    assert [(m.kind, m.transport) for m in worse][:2] == [("opened", "slack"), ("opened", "email")]


@pytest.mark.parametrize(
    "broken",
    [
        {"opens": ["PASS"]},
        {"routes": [{"outcomes": ["FAIL"]}]},
        {"routes": [{"slack": "flights channel"}]},
        {"routes": [{"email": ["ann@example.org\nBcc: all@example.org"]}]},
    ],
)
def test_a_policy_that_tells_nobody_or_too_many_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AlertingPolicy.model_validate({"opens": ["FAIL"], "routes": [], **broken})
