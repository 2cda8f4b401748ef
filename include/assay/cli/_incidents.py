"""Incidents: what is open, and what a person does about it."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli._console import coloured, now, open_services, print_json, results, show, table_of
from assay.cli._options import AsJson, Author, OneOrAll
from assay.reasons import RUNBOOKS
from assay.wording import few, sentence

if TYPE_CHECKING:
    from assay.records.incidents import Incident

app = typer.Typer(
    no_args_is_help=True, help="What fails and isn't resolved, and what you do about it."
)
Number = Annotated[int, typer.Argument(metavar="INCIDENT", help="Its number.")]
Until = Annotated[str, typer.Option(help="12h, 3d, 2w, or an ISO time (UTC without a zone).")]
Reason = Annotated[str, typer.Option(help="Why; on record, and in no message.")]
_COLOUR = {"urgent": "red", "normal": "yellow", "low": "dim", "FAIL": "red", "closed": "green"}


@app.command("list")
def list_incidents(
    dataset: OneOrAll = None,
    closed: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    as_json: AsJson = False,
) -> int:
    """Open incidents, the most pressing first."""
    from assay.stages.incidents import list_incidents

    services = open_services(dataset, reading=True)
    found = list_incidents(services, dataset, None if closed else "open")
    if as_json:
        return print_json({"incidents": [_plain(t.incident, t.severity) for t in found]})
    if not found:
        results.print("No incident." if closed else "No incident is open.")
        return 0
    heads = ("incident", "severity", "data set", "check", "outcome", "since", "batches", "state")
    table = table_of(heads, right=["incident"])
    for t in found:
        i, severity = t.incident, t.severity.value if t.severity else "–"
        table.add_row(
            str(i.id), coloured(severity, _COLOUR), i.dataset, i.check,
            coloured(i.outcome.value, _COLOUR), f"{i.opened:%Y-%m-%d %H:%M}",
            few(i.failing or [b.batch for b in i.batches]), coloured(standing(i), _COLOUR),
        )  # fmt: skip
    results.print(table)
    return 0


@app.command("show")
def show_incident(number: Number, as_json: AsJson = False) -> int:
    """One incident: its batches with their reasons, the responses, and the messages."""
    catalog = open_services(reading=True).catalog
    incident = catalog.incidents.get(number)
    done, messages = catalog.responses.find(number), catalog.outbox.about(f"incident/{number}/")
    if as_json:
        sent = [
            {"key": m.key, "state": m.state, "due": m.due, "sent": m.sent, "error": m.error}
            for m in messages
        ]
        return print_json({**_plain(incident), "responses": done, "messages": sent})
    lines = [
        f"Incident {incident.id}: {incident.dataset}, {incident.check}, {incident.outcome.value}",
        f"  {standing(incident)}; opened {_time(incident.opened)}"
        + (f", reopened {incident.reopened}×" if incident.reopened else ""),
    ]
    for b in incident.batches:
        until = f" until {_time(b.until)}" if b.until else ""
        lines.append(f"  {b.batch} {b.state}{until} since {_time(b.since)}, run {b.run_id or '–'}")
        lines += [f"    {r['code']}: {sentence(r)}" for r in b.reasons]
    codes = dict.fromkeys(str(r["code"]) for b in incident.batches for r in b.reasons)
    lines += [f"  what to do: {RUNBOOKS}/{code}.md" for code in codes]
    for r in done:
        until = f" until {_time(r.until)}" if r.until else ""
        batch = f" {r.batch}" if r.batch else ""
        lines.append(f"  {_time(r.at)} {r.author}: {r.action}{batch}{until}. {r.reason or ''}")
    for m in messages:
        when = f"sent {_time(m.sent)}" if m.sent else f"due {_time(m.due)}"
        skipped = (m.receipt or {}).get("skipped")
        state = "needed no post" if skipped else m.state if m.state != "sent" else when
        where = (m.receipt or {}).get("files") or m.body["transport"]
        error = f": {m.error}" if m.error else ""
        lines.append(f"  message {m.body['kind']}, {state}, {where}{error}")
    return show(None, False, lines)


@app.command()
def ack(
    number: Number,
    reason: Annotated[str | None, typer.Option(help="What you do; on record.")] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Acknowledge an incident: it isn't escalated any more."""
    return _respond(number, "acknowledge", author, as_json, reason=reason)


@app.command()
def snooze(
    number: Number, until: Until, reason: Reason, author: Author = None, as_json: AsJson = False
) -> int:
    """Snooze an incident: no messages until a time, then a reminder if it is still open.

    Example: assay incidents snooze 7 --until 3d --reason "The upstream mends it on Monday."
    """
    return _respond(number, "snooze", author, as_json, until=until, reason=reason)


@app.command()
def dismiss(
    number: Number,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(help="End of the dismissal; without it, until the batch passes.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Only this batch; all failing ones by default.")
    ] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Decide that failing batches need nothing: they stay held, without further messages.

    Example: assay incidents dismiss 7 --batch 2013-02-08 --reason "A blizzard: no flight left."
    """
    return _respond(number, "dismiss", author, as_json, until=until, reason=reason, batch=batch)


def _respond(
    number: int, action: str, author: str | None, as_json: bool, **asked: str | None
) -> int:
    from assay.stages.incidents import respond

    change = respond(open_services(), number, action, by=author or getpass.getuser(), **asked)
    incident = change.incident
    text = f"Incident {incident.id} ({incident.dataset}, {incident.check}): {standing(incident)}."
    if change.kind == "unchanged":
        text += " It was so already."
    return show({**_plain(incident), "change": change.kind}, as_json, text)


def standing(incident: Incident) -> str:
    """The state of an incident, in words."""
    if incident.closed is not None:
        how = {"passed": "resolved", None: "closed"}.get(incident.resolution, incident.resolution)
        return f"{how} {_time(incident.closed)}"
    if incident.snoozed_until is not None and incident.snoozed(now()):
        return f"snoozed until {_time(incident.snoozed_until)}"
    if incident.acknowledged:
        return f"acknowledged {_time(incident.acknowledged)}"
    return "open" + (f", escalated {incident.escalations}×" if incident.escalations else "")


def _plain(incident: Incident, severity: Any = None) -> dict[str, Any]:
    """An incident as JSON data."""
    values = {k: v for k, v in vars(incident).items() if k != "batches"}
    return {**values, "severity": severity, "batches": incident.batches}


def _time(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
