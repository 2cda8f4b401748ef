"""A run's working folder, and stages that remember what they finished."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from assay.errors import InputError
from assay.lake import clear_aside, publish
from assay.page import PageContext
from assay.stages.run._lease import keep_lease, working
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.services import Services
from assay.verdict import Verdict

JUDGING: Final = 3
"""Version of the code that judges; raise it when a gate would judge the same rows otherwise."""

OVERVIEW: Final = "report.html"
"""The page of a run as a whole, to which the gates' pages lead back."""


class Finished(BaseModel):
    """What a stage found, kept in the working folder so that a repeated run finds it.

    It counts for the code that found it: a mended gate judges again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    judging: int = JUDGING
    result: StageResult
    verdict: Verdict | None = None


def version_of(ticket: Ticket) -> str:
    """The version that a run makes.

    Raises
    ------
    InputError
        Before the input has landed, when nobody knows it yet.
    """
    if ticket.version is None:
        raise InputError("the run's input hasn't landed", where=f"{ticket.dataset} {ticket.batch}")
    return ticket.version


def work_path(services: Services, ticket: Ticket, name: str) -> Path:
    """A file of the run's working folder."""
    return services.lake.make("work", ticket.dataset, ticket.batch, version_of(ticket), name)


def quarantine_path(services: Services, ticket: Ticket, name: str) -> Path:
    """A file of the run in the quarantine zone."""
    return services.lake.make("quarantine", ticket.dataset, ticket.batch, version_of(ticket), name)


def report_path(services: Services, ticket: Ticket, name: str) -> Path:
    """A file of the run in the reports zone."""
    return services.lake.make("reports", ticket.dataset, ticket.batch, version_of(ticket), name)


def page_context(ticket: Ticket) -> PageContext:
    """Say what a gate's page is about, and which page it leads back to."""
    return PageContext(f"{ticket.dataset} {ticket.batch}", back=OVERVIEW)


def write_text(path: Path, text: str) -> Path:
    """Write a text file aside and publish it by rename."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    aside.write_text(text, encoding="utf-8")
    publish(aside, path)
    return path


def write_json(path: Path, value: Any) -> Path:
    """Write a JSON file aside and publish it by rename."""
    return write_text(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))


def once(
    services: Services, ticket: Ticket, stage: str, work: Callable[[], Finished]
) -> StageResult:
    """Do a stage's work, or find it done; record its verdict and prolong the run's lease.

    The working folder is named after all that the stage depends on, so what lies there finished
    is what the work would give again.
    """
    path = work_path(services, ticket, f"{stage}.json")
    finished = _found(path)
    if finished is None:
        with working(services, ticket):
            clear_left_aside(services, ticket)
            finished = work()
        write_text(path, finished.model_dump_json(indent=1))
    else:
        keep_lease(services, ticket)
    if finished.verdict is not None:
        record(services, ticket, finished.verdict)
    return finished.result


def _found(path: Path) -> Finished | None:
    """What an earlier run of this very code finished."""
    if not path.is_file():
        return None
    found = Finished.model_validate_json(path.read_text(encoding="utf-8"))
    return found if found.judging == JUDGING else None


def clear_left_aside(services: Services, ticket: Ticket) -> None:
    """Remove what a killed run of this version wrote aside."""
    for zone in ("work", "quarantine", "reports"):
        clear_aside(services.lake.path(zone, ticket.dataset, ticket.batch, version_of(ticket)))


def record(services: Services, ticket: Ticket, verdict: Verdict) -> None:
    """Put a verdict into the catalog."""
    services.catalog.verdicts.record(
        ticket.dataset,
        ticket.batch,
        ticket.version or ticket.run_id,
        verdict,
        at=services.clock(),
        run_id=ticket.run_id,
    )
