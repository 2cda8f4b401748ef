"""Incidents of a round: its platform fails, nobody answers, or annotators agree too little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assay.errors import AssayError
from assay.labelling.platforms import PlatformError
from assay.reasons import ReasonCode
from assay.stages.incidents._one_reason import close_incident, open_incident
from assay.stages.labels.rounds._agree import AgreedRound
from assay.stages.labels.rounds._folder import RoundFolder
from assay.stages.services import Services
from assay.verdict import Outcome

_ROOM = "labelling"


@contextmanager
def watched(services: Services, folder: RoundFolder) -> Iterator[None]:
    """Open the round's incident where its platform fails, and close it where it doesn't."""
    try:
        yield
    except PlatformError as error:
        report(services, folder, ReasonCode.PLATFORM_FAILS, error)
        raise
    close(services, folder, ReasonCode.PLATFORM_FAILS)


def report(services: Services, folder: RoundFolder, code: ReasonCode, error: AssayError) -> None:
    """Open an incident of a round; an open one is kept, so that people are notified once."""
    message = str(error.problems[0])
    open_incident(services, folder.dataset, _batch(folder), code, message, room=_ROOM)


def close(services: Services, folder: RoundFolder, *codes: ReasonCode) -> None:
    """Close incidents of a round, those of them that are open."""
    for code in codes:
        close_incident(services, folder.dataset, _batch(folder), code, room=_ROOM)


def report_agreement(services: Services, folder: RoundFolder, found: AgreedRound) -> None:
    """Open an incident where a limit of agreement is missed; landing the round closes it."""
    failed = [one for one in found.limits if one.outcome is Outcome.FAIL]
    if failed:
        missed = ", ".join(f"{one.figure} below {one.least:g}" for one in failed)
        error = AssayError(
            "the annotators agree too little", got=missed,
            do="Land the round with a reason, or drop it and make the instruction clearer.",
        )  # fmt: skip
        report(services, folder, ReasonCode.AGREEMENT_BELOW_LIMIT, error)


def end_incidents(services: Services, folder: RoundFolder) -> None:
    """Close all incidents of a round that has landed."""
    close(services, folder, ReasonCode.PLATFORM_FAILS, ReasonCode.ROUND_UNANSWERED,
          ReasonCode.AGREEMENT_BELOW_LIMIT)  # fmt: skip


def _batch(folder: RoundFolder) -> str:
    return f"round {folder.number}"
