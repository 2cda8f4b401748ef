"""Events of OpenLineage on their way: into a file of the home, or to a receiver.

Who keeps an event never waits for a receiver: it goes into a file of the day, or into the catalog's
outbox, from where the next alerts run sends it. A receiver that is down, slow or refuses holds
nothing up and loses nothing for thirty days.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from assay.errors import InputError
from assay.lineage.openlineage import TaskData, without_people
from assay.records.outbox import OutboxItem
from assay.stages.services import Services

FILE: Final = "file"
SETTING: Final = "ASSAY_OPENLINEAGE"
NAMESPACE: Final = "ASSAY_OPENLINEAGE_NAMESPACE"
_KEY: Final = "ASSAY_OPENLINEAGE_KEY"
_ENDPOINT: Final = "/api/v1/lineage"
_DAYS: Final = 30
_LARGEST: Final = 100_000_000
"""Bytes of the file of a day; what comes after is dropped."""
_CLAIM: Final = timedelta(minutes=10)
_PATIENCE_S: Final = 5.0
_REFUSED: Final = frozenset({400, 413, 415, 422})
"""What a receiver answers about an event that it will never take."""


def events_place(environ: Mapping[str, str]) -> str | None:
    """Where events go: ``file``, the address of a receiver, or None for nowhere.

    Raises
    ------
    InputError
        If the setting is neither.
    """
    said = environ.get(SETTING, "").strip()
    if said in {"", "off"}:
        return None
    if said == FILE:
        return FILE
    parts = urlsplit(said)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise InputError(
            "no place for events of OpenLineage", where=SETTING, got=said,
            expected="off, file, or an address such as https://marquez.example.org",
        )  # fmt: skip
    return said if parts.path.strip("/") else parts._replace(path=_ENDPOINT).geturl()


def namespace_of(environ: Mapping[str, str]) -> str:
    """The namespace of this installation's jobs and data sets."""
    return environ.get(NAMESPACE) or "assay"


def keep_event(services: Services, event: Mapping[str, Any], place: str) -> bool:
    """Keep an event for its readers, without what isn't allowed in it; False if it is dropped.

    Parameters
    ----------
    event : mapping
        As OpenLineage has it in JSON.
    place : str
        As :func:`events_place` gives it.
    """
    said, now = without_people(event), services.clock()
    if place != FILE:
        run, kind = said.get("run", {}).get("runId", ""), said.get("eventType", "")
        key = f"openlineage/{run}/{kind}/{said.get('eventTime', '')}"
        return services.catalog.events.add(key, said, at=now)
    return _append(services, json.dumps(said, sort_keys=True, ensure_ascii=True), now)


def _append(services: Services, line: str, now: datetime) -> bool:
    """Append a line to the file of the day; the files of more than thirty days ago go."""
    path = services.lake.make("lineage", f"{now:%Y-%m-%d}.jsonl")
    if not path.exists():
        oldest = f"{now - timedelta(days=_DAYS):%Y-%m-%d}.jsonl"
        for old in path.parent.glob("????-??-??.jsonl"):
            if old.name < oldest:
                old.unlink(missing_ok=True)
    elif path.stat().st_size > _LARGEST:
        return False
    text = f"{line}\n".encode()
    # One write at the end of the file: lines of several processes don't mix.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return os.write(handle, text) == len(text)
    finally:
        os.close(handle)


def keep_run(
    services: Services,
    environ: Mapping[str, str],
    job: str,
    task_data: TaskData,
    started: datetime,
    *,
    failed: bool = False,
) -> bool:
    """Keep the two events of something that a command did; False if events go nowhere.

    Raises
    ------
    InputError
        If events go somewhere and the client that makes them isn't installed.
    """
    place = events_place(environ)
    if place is None:
        return False
    try:
        from assay.lineage.openlineage import as_parts, run_events, to_dict
    except ImportError as error:
        raise InputError(
            "the client of OpenLineage isn't installed", where=SETTING, got=environ[SETTING],
            do="Install the extra: pip install assay[openlineage].",
        ) from error  # fmt: skip
    name, run = namespace_of(environ), str(uuid.uuid4())
    ended = services.clock()
    events = run_events(job, run, started, ended, as_parts(task_data, name), name, failed=failed)
    kept = [keep_event(services, to_dict(event), place) for event in events]
    return all(kept)


@dataclass(frozen=True)
class SentEvents:
    """What became of the events that waited.

    Parameters
    ----------
    refused : int
        Events that the receiver will never take; they are deleted.
    forgotten : int
        Events that waited for more than thirty days; they are deleted.
    error : str or None
        Why the rest waits for the next time.
    """

    sent: int = 0
    refused: int = 0
    forgotten: int = 0
    error: str | None = None


def send_events(
    services: Services,
    environ: Mapping[str, str],
    owner: str,
    *,
    most_s: float = 60,
) -> SentEvents:
    """Send what waits to the receiver; at the first sign that it is down the rest waits.

    Parameters
    ----------
    owner : str
        Who sends; two senders don't send the same.
    most_s : float
        After so many seconds the rest waits for the next time.
    """
    place = events_place(environ)
    if place in {None, FILE}:
        return SentEvents()
    queue, began = services.catalog.events, services.clock()
    forgotten = queue.forget(before=began - timedelta(days=_DAYS))
    sent, refused = 0, 0
    import httpx

    with httpx.Client(timeout=_PATIENCE_S, headers=_headers(environ)) as client:
        while items := queue.due(services.clock()):
            for item in items:
                now = services.clock()
                if now - began > timedelta(seconds=most_s):
                    return SentEvents(sent, refused, forgotten, "there was no time for the rest")
                if not queue.claim(item.id, owner, now=now, ttl=_CLAIM):
                    continue
                status, error = _post(client, str(place), item)
                if error is not None:
                    queue.mark([item.id], "pending", owner=owner, at=now, error=error)
                    return SentEvents(sent, refused, forgotten, error)
                queue.forget([item.id])
                sent, refused = sent + (status < 400), refused + (status >= 400)
    return SentEvents(sent, refused, forgotten)


def _headers(environ: Mapping[str, str]) -> dict[str, str]:
    key = environ.get(_KEY)
    return {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {key}"} if key else {}
    )


def _post(client: Any, place: str, item: OutboxItem) -> tuple[int, str | None]:
    """Post one event: the answer's status, or why the receiver didn't take it now."""
    import httpx

    try:
        status = client.post(place, content=json.dumps(item.body)).status_code
    except httpx.HTTPError as error:
        return 0, f"the receiver doesn't answer: {type(error).__name__}"
    if status < 400 or status in _REFUSED:
        return status, None
    return status, f"the receiver answers {status}"
