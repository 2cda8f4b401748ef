"""The batch lands, and from then on the run's version is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assay.contract import Contract
from assay.engine import engine_version, round12
from assay.ingest import Landing, judge_landing, land
from assay.lake import clear_aside
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.quality import QualityPolicy
from assay.quality import load_suite
from assay.records.versions import Derivation
from assay.stages.run._lease import working
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._work import record
from assay.stages.services import Services
from assay.verdict import Measurement

ARRIVAL: Final = "arrival_latency"
TRANSFORM: Final = 5
"""Version of the code that turns landed rows into released ones; raise it when bytes change."""


def ingest(
    services: Services, ticket: Ticket, credentials: Mapping[str, str] | None = None
) -> tuple[Ticket, StageResult]:
    """Land the batch, judge whether it came whole, and name the version that it will give.

    Raises
    ------
    RegistryError
        If this host has another key than the others; nothing is written then.
    """
    contract = services.project.contract(ticket.dataset)
    policy = services.policy(contract, "quality", QualityPolicy)
    if contract.identifiers:
        name = f"pseudonym v{services.key.version}"
        services.registry.agree(name, services.key.fingerprint, at=services.clock())
    with working(services, ticket), services.session() as session:
        clear_aside(services.lake.path("landing", ticket.dataset, ticket.batch), folders=True)
        landing = land(
            session, contract, ticket.batch, services.lake, credentials=credentials or {}
        )
    verdict = judge_landing(landing, policy)
    if landing.rows_path is not None and landing.input_sha256 is not None:
        derived = derivation(services, contract, ticket, landing.input_sha256)
        ticket = ticket.model_copy(
            update={
                "input_sha": landing.input_sha256,
                "version": services.registry.version_id(ticket.dataset, ticket.batch, derived),
            }
        )
    arrival = arrival_latency(services, contract, ticket)
    measured = (*verdict.measurements, arrival)
    record(services, ticket, verdict.model_copy(update={"measurements": measured}))
    result = StageResult.judged(
        "ingest", verdict, rows={"in": landing.rows or 0}, files=_files(services, landing)
    )
    detail = {**result.detail, "hours_after_batch": arrival.value}
    return ticket, result.model_copy(update={"detail": detail})


def arrival_latency(services: Services, contract: Contract, ticket: Ticket) -> Measurement:
    """Hours from the end of a batch to the first run that found this input of it.

    Read it beside the batches before: an upstream that grows late shows in it. It is the catalog's
    alone and no gate judges it, since it is of the clock and not of the data: a backfill lands
    years late.
    """
    _, end = contract.partition.bounds(ticket.batch)
    runs = services.catalog.batches.history(ticket.dataset, ticket.batch)
    same = [r.started for r in runs if ticket.input_sha and r.input_sha == ticket.input_sha]
    hours = (min([ticket.started, *same]) - end).total_seconds() / 3600
    return Measurement(name=ARRIVAL, value=round12(hours), unit="hours")


def _files(services: Services, landing: Landing) -> dict[str, str]:
    found = {"landing": landing.folder, "rows": landing.rows_path}
    return {name: services.relative(path) for name, path in found.items() if path is not None}


def derivation(
    services: Services, contract: Contract, ticket: Ticket, input_sha256: str
) -> Derivation:
    """All that the run's version derives from; the fitted state follows from what is in it."""
    quality = services.policy(contract, "quality", QualityPolicy)
    cleaning = services.policy(contract, "cleaning", CleaningPolicy)
    policies = {
        "quality": quality,
        "cleaning": cleaning,
        "privacy": services.policy(contract, "privacy", PrivacyPolicy),
        "drift": services.policy(contract, "drift", DriftPolicy),
        "fairness": services.policy(contract, "fairness", FairnessPolicy),
    }
    suites = {
        name: load_suite(services.project.suite(contract.dataset, name), quality.parameters).hash
        for name in ("raw", "clean")
    }
    key = f"v{services.key.version}:{services.key.fingerprint}" if contract.identifiers else None
    pinned = ticket.pinned
    return Derivation(
        input_sha256=input_sha256,
        contract=contract.hash,
        suites=suites,
        policies={name: policy.hash for name, policy in policies.items()},
        references={name: tuple(b.values()) for name, b in pinned.references.items()},
        tables={name: tuple(b.values()) for name, b in pinned.tables.items()},
        pseudonym_key=key,
        transform_version=_transform(cleaning),
    )


def _transform(cleaning: CleaningPolicy) -> str:
    """Our own version and those of the libraries that can change a byte."""
    from importlib.metadata import version

    parts = [str(TRANSFORM), engine_version()]
    parts += [f"{name} {version(name)}" for name in cleaning.needed_libraries()]
    return ", ".join(parts)
