"""Incidents in the browser: what is open, and a form to answer each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from assay.errors import AssayError, CatalogError
from assay.page import Lead, Section, link, mark, render_page, table, text
from assay.page.form import answer_form
from assay.reasons import RUNBOOK_PAGES, ReasonCode
from assay.wording import folded, sentence
from assay_airflow.hooks.services import airflow_url, open_services
from assay_airflow.pages._form_token import FIELD, form_token, is_form_token
from assay_airflow.pages._headers import headers
from assay_airflow.pages._login import User, may_answer, may_read, to_login

if TYPE_CHECKING:
    from assay.stages.incidents import RatedIncident
    from assay.stages.services import Services

_OURS = headers(forms="'self'")
_HOW = (
    "Acknowledge: you work on it; nobody else is notified. Snooze (needs until and reason): no "
    "message is sent until then. Dismiss (needs a reason): the failing batches need no work and "
    "stay held. Times are UTC. Your answer is recorded with your name; no message contains it."
)
_MOST: Final = 1 << 16
_MOST_BATCHES: Final = 10
_MOST_FOLDED: Final = 200
"""Batches of an incident that its page holds, beyond those that it shows at once."""
_MOST_REASONS: Final = 5
_CODES: Final = frozenset(ReasonCode)
_MAY_NOT = "You may not answer incidents: this needs permission to trigger the DAG incidents."


async def _fields(request: Request) -> dict[str, str | None]:
    """The fields of a form; an empty one is left out."""
    body = b""
    async for block in request.stream():
        body += block
        if len(body) > _MOST:
            raise HTTPException(413, "This is more than the form can hold.")
    found = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[-1].strip() or None for name, values in found.items()}


Fields = Annotated[dict[str, str | None], Depends(_fields)]


def build() -> FastAPI:
    """The app: what is open, one incident, and the answer to it."""
    app = FastAPI(title="Assay incidents", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, to_login)
    app.get("/")(index)
    app.get("/{number}")(one)
    app.post("/{number}")(answer)
    return app


def index(user: User) -> HTMLResponse:
    """What is open, the most pressing first."""
    from assay.stages.incidents import list_incidents

    services = open_services(reading=True)
    seen = [t for t in list_incidents(services) if may_read(user, t.incident.dataset)]
    sections = [_section(services, rated, user) for rated in seen]
    none = "No incident is open of a data set that you may read."
    return _page("Assay: incidents", _how(user) if seen else none, sections)


def one(number: int, user: User) -> HTMLResponse:
    """One incident, open or closed."""
    return _one(number, user, _how(user), 200)


def _one(number: int, user: Any, says: str, status: int) -> HTMLResponse:
    services = open_services(reading=True)
    section = _section(services, _readable(services, number, user), user)
    return _page(f"Assay: incident {number}", says, [section], status)


def answer(number: int, request: Request, fields: Fields, user: User) -> Response:
    """Do what the form asks, in the name of the user who sent it."""
    from assay.stages.incidents import respond

    services = open_services()
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise HTTPException(403, "This form was sent from another site.")
    _readable(services, number, user)
    if not may_answer(user):
        raise HTTPException(403, _MAY_NOT)
    if not is_form_token(fields.get(FIELD), user, _form(number), services.clock()):
        return _one(
            number, user, "The form is too old, or wasn't made for you. Send it again.", 403
        )
    asked = {name: fields.get(name) for name in ("until", "reason", "batch")}
    try:
        respond(
            services, number, fields.get("action") or "", by=user.get_name(),
            airflow_url=airflow_url(), **asked,
        )  # fmt: skip
    except AssayError as error:
        return _one(number, user, str(error), 400)
    return RedirectResponse(f"./{number}", 303)


def _readable(services: Services, number: int, user: Any) -> RatedIncident:
    """An incident of a data set that the user may read; others are as if they weren't there."""
    from assay.stages.incidents import find_incident

    try:
        found = find_incident(services, number)
    except CatalogError:
        found = None
    if found is None or not may_read(user, found.incident.dataset):
        raise HTTPException(404, "There is no such incident of a data set that you may read.")
    return found


def _how(user: Any) -> str:
    return _HOW if may_answer(user) else _MAY_NOT


def _page(title: str, says: str, sections: list[Section], status: int = 200) -> HTMLResponse:
    page = render_page(title, Lead(None, says), sections, forms="'self'")
    return HTMLResponse(page, status, headers=_OURS)


def _section(services: Services, rated: RatedIncident, user: Any) -> Section:
    i = rated.incident
    lead = Markup('<p>{} <b>{}</b> {}, {}: {}, since {:%Y-%m-%d %H:%M} UTC.</p>').format(
        mark(i.outcome), i.dataset, i.check, rated.severity.value if rated.severity else "–",
        _state(services, i), i.opened,
    )  # fmt: skip
    parts = [lead, _batches(i), _done(services, i.id)]
    if i.closed is None and may_answer(user):
        token = form_token(user, _form(i.id), services.clock())
        parts.append(answer_form(i.id, i.failing[: _MOST_BATCHES + _MOST_FOLDED], token))
    return Section(f"Incident {i.id}", parts)


def _form(number: int) -> str:
    """The name of the form that answers an incident."""
    return f"incident {number}"


def _state(services: Services, incident: Any) -> str:
    if incident.closed is not None:
        return f"over ({incident.resolution or 'closed'} {incident.closed:%Y-%m-%d %H:%M} UTC)"
    if incident.snoozed(services.clock()):
        return f"snoozed until {incident.snoozed_until:%Y-%m-%d %H:%M} UTC"
    return "acknowledged" if incident.acknowledged else "nobody has answered"


def _batches(incident: Any) -> Markup:
    named = incident.batches[: _MOST_BATCHES + _MOST_FOLDED]
    rows = [(b.batch, b.state, _why(b.reasons)) for b in named]
    shown = table(["batch", "state", "why"], rows[:_MOST_BATCHES]) + _folded(rows[_MOST_BATCHES:])
    if left := len(incident.batches) - len(named):
        more = Markup("<p>{:,} others aren't on this page: <code>{}</code> lists them all.</p>")
        shown += more.format(left, f"assay incidents show {incident.id}")
    return shown


def _folded(rows: list[tuple[str, str, Markup]]) -> Markup:
    """Further batches, closed until a reader opens them."""
    whole = Markup("<details><summary>… and {} more batches</summary>{}</details>")
    return whole.format(len(rows), table(["batch", "state", "why"], rows)) if rows else Markup("")


def _why(reasons: Sequence[Mapping[str, Any]]) -> Markup:
    """Each reason in its sentence, with its runbook."""
    lines = folded([sentence(r) for r in reasons], _MOST_REASONS, "reasons")
    codes = dict.fromkeys(str(r["code"]) for r in reasons)
    runbooks = [
        link(f"../{RUNBOOK_PAGES}/{c}.md", f"What to do: {c}") for c in codes if c in _CODES
    ]
    return Markup("<br>").join([Markup("{}").format(line) for line in lines] + runbooks)


def _done(services: Services, number: int) -> Markup:
    rows = [
        (f"{r.at:%Y-%m-%d %H:%M} UTC", r.author, r.action, r.batch or "",
         f"{r.until:%Y-%m-%d %H:%M} UTC" if r.until else "", r.reason or "")
        for r in services.catalog.responses.find(number)
    ]  # fmt: skip
    heads = ["answered", "by", "what", "batch", "until", "reason"]
    return table(heads, rows) or text("Nobody has answered yet.", "note")
