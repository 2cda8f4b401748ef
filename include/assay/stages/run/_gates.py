"""The gates after the commit: drift and fairness of the candidate."""

from __future__ import annotations

from typing import TypeVar

from assay import drift as drift_room
from assay import fairness as fairness_room
from assay.contract import Contract
from assay.drift import DriftMeasurements, DriftReport, judge_drift, measure_drift
from assay.engine import Session
from assay.fairness import FairnessReport, judge_fairness, measure_fairness, measure_treatment
from assay.policy import OptionalGatePolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.stages.run._attribution import OBJECTS, TABLES, explained
from assay.stages.run._audit import with_audit
from assay.stages.run._row_treatment import touched
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._tables import released, worked
from assay.stages.run._work import Finished, once, page_context, report_path, write_text
from assay.stages.services import Services

PolicyT = TypeVar("PolicyT", bound=OptionalGatePolicy)


class DoesNotApply(Exception):  # noqa: N818 - no error: the policy says so
    """The policy says that a gate doesn't apply, and why."""


def _applying(policy: PolicyT) -> PolicyT:
    if not policy.applies:
        raise DoesNotApply(policy.reason)
    return policy


def drift(services: Services, ticket: Ticket) -> StageResult:
    """Judge the observed table, and separately the candidate, against each pinned reference.

    Raises
    ------
    DoesNotApply
        If the policy says ``applies: false``.
    """
    contract = services.project.contract(ticket.dataset)
    policy = _applying(services.policy(contract, "drift", DriftPolicy))
    # A run against one reference only says less than one against all: neither stands for the other.
    asked = ticket.asked.reference
    stage = "drift" if asked is None else f"drift_{asked}"
    return once(services, ticket, stage, lambda: _drifted(services, ticket, contract, policy))


def _drifted(
    services: Services, ticket: Ticket, contract: Contract, policy: DriftPolicy
) -> Finished:
    with services.session() as session:
        measured = [
            _measured(services, ticket, session, contract, policy, table, name)
            for name in (_references(ticket, policy) or ["reference"])
            for table in TABLES
        ]
        verdict = explained(
            services, ticket, session, judge_drift(measured, policy), contract, policy
        )
    found = DriftReport(comparisons=tuple(measured))
    page = drift_room.render_html(verdict, found, page_context(ticket))
    report = write_text(report_path(services, ticket, "drift.html"), page)
    result = StageResult.judged("drift", verdict, report=services.relative(report))
    return Finished(result=result, verdict=verdict)


def _references(ticket: Ticket, policy: DriftPolicy) -> list[str]:
    """The references to judge against: the form's one, or all of the policy's."""
    if ticket.asked.reference is not None:
        return [ticket.asked.reference]
    return list(policy.references)


def _measured(
    services: Services,
    ticket: Ticket,
    session: Session,
    contract: Contract,
    policy: DriftPolicy,
    table: str,
    name: str,
) -> DriftMeasurements:
    batches = ticket.pinned.references.get(name, {})
    reference = (
        released(services, session, ticket.dataset, batches, OBJECTS[table]) if batches else None
    )
    return measure_drift(
        session,
        reference,
        worked(services, ticket, session, TABLES[table]),
        policy,
        contract=contract,
        table=table,
        reference_name=name,
        batches=sorted(batches),
        bootstrap=ticket.pinned.bootstrap,
        note=ticket.pinned.unavailable.get(name),
    )


def fairness(services: Services, ticket: Ticket) -> StageResult:
    """Compare outcomes between groups of people in the candidate.

    Raises
    ------
    DoesNotApply
        If the policy says ``applies: false``.
    """
    contract = services.project.contract(ticket.dataset)
    policy = _applying(services.policy(contract, "fairness", FairnessPolicy))
    return once(services, ticket, "fairness", lambda: _compared(services, ticket, contract, policy))


def _compared(
    services: Services, ticket: Ticket, contract: Contract, policy: FairnessPolicy
) -> Finished:
    privacy = services.policy(contract, "privacy", PrivacyPolicy)
    levels = privacy.closed_levels({c.name: c.levels for c in contract.columns})
    with services.session() as session:
        candidate, observed = (
            worked(services, ticket, session, TABLES[t]) for t in reversed(TABLES)
        )
        seen = with_audit(services, ticket, session, candidate)
        measured = measure_fairness(session, seen, policy, contract.roles, levels)
        # Our own work may be uneven as well: who was set aside, whose values were changed.
        marked, treatments = touched(services, ticket, session, observed)
        seen = with_audit(services, ticket, session, marked)
        treated = measure_treatment(session, seen, policy, treatments, levels)
    verdict = judge_fairness(measured, policy, treated)
    found = FairnessReport.of(verdict)
    page = fairness_room.render_html(verdict, found, page_context(ticket))
    report = write_text(report_path(services, ticket, "fairness.html"), page)
    result = StageResult.judged("fairness", verdict, report=services.relative(report))
    return Finished(result=result, verdict=verdict)
