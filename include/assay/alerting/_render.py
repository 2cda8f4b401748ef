"""Messages as Slack blocks and as e-mail."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from assay.alerting._message import Message, MessageBatch, MessageReason

_MOST_BATCHES: Final = 10
_MOST_REASONS: Final = 5
_HEADER: Final = 150
_SECTION: Final = 3000
_FIELD: Final = 2000
_HEADLINES: Final = {"opened": "{}", "updated": "{}", "closed": "Resolved"}
_STYLE: Final = "font-family:system-ui,sans-serif;font-size:14px;line-height:1.45"
_CELL: Final = "padding:4px 12px 4px 0;vertical-align:top;text-align:left"


def render_slack(message: Message) -> dict[str, Any]:
    """A message as arguments of Slack's ``chat.postMessage``: ``text`` and ``blocks``.

    ``text`` is what a notification shows and what a client without blocks shows.

    Parameters
    ----------
    message : Message

    Returns
    -------
    dict
        Within Slack's limits: a header of 150 characters, fields of 2000, sections of 3000.
    """
    title = _title(message)
    fields = [_field(name, value) for name, value in _facts(message)]
    lines = "\n".join(_slack_batch(b) for b in message.batches[:_MOST_BATCHES])
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(title, _HEADER)}},
        {"type": "section", "fields": fields},
        {"type": "section", "text": _mrkdwn(_cut(lines + _more(message), _SECTION))},
        {"type": "context", "elements": [_mrkdwn(_cut(_slack_links(message), _SECTION))]},
    ]
    return {"text": _cut(_escape(title), _SECTION), "blocks": blocks}


def render_email(message: Message) -> tuple[str, str, str]:
    """A message as subject, plain text and HTML.

    The HTML loads nothing from anywhere, and says nothing that the text doesn't.

    Parameters
    ----------
    message : Message

    Returns
    -------
    tuple of str
        Subject, text, HTML.
    """
    title = _title(message)
    return f"[assay] {title}", _email_text(message, title), _email_html(message, title)


def _title(message: Message) -> str:
    headline = _HEADLINES[message.kind].format(message.outcome.value)
    failing = sum(b.state == "failing" for b in message.batches)
    count = len(message.batches) if message.kind == "closed" else failing
    batches = message.batches[0].batch if len(message.batches) == 1 else f"{count} batches"
    return f"{headline}: {message.dataset} {batches}, {message.check}"


def _facts(message: Message) -> list[tuple[str, str]]:
    facts = [
        ("Data set", message.dataset),
        ("Check", message.check),
        ("Since", _time(message.opened)),
        ("Owner", message.owner),
    ]
    if message.closed:
        facts.insert(3, ("Resolved", _time(message.closed)))
    return facts


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _number(value: float) -> str:
    """Thousands apart; six significant digits.

    Examples
    --------
    >>> [_number(v) for v in (68785, 0.31, 1 / 3, 1e-12)]
    ['68,785', '0.31', '0.333333', '1e-12']
    """
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _numbers(numbers: Mapping[str, float]) -> str:
    """Numbers by name, the limits last, so that one reads what was got against what may be."""
    ordered = sorted(numbers.items(), key=lambda item: "limit" in item[0])
    return ", ".join(f"{name} {_number(value)}" for name, value in ordered)


def _reason_line(reason: MessageReason) -> str:
    column = f" {reason.column}" if reason.column else ""
    numbers = f": {_numbers(reason.numbers)}" if reason.numbers else ""
    cause = f". Why: {reason.cause}" if reason.cause else ""
    return f"{reason.code}{column}{numbers}{cause}"


def _batch_line(batch: MessageBatch) -> str:
    rows = "" if batch.rows_affected is None else f", {_number(batch.rows_affected)} rows affected"
    return f"{batch.batch} {batch.state} since {_time(batch.since)}{rows}"


def _reason_lines(batch: MessageBatch) -> Iterable[str]:
    # Two tables of one batch may give the same reason with the same numbers.
    lines = list(dict.fromkeys(_reason_line(r) for r in batch.reasons))
    yield from lines[:_MOST_REASONS]
    if (more := len(lines) - _MOST_REASONS) > 0:
        yield f"and {more} more reasons"


def _more(message: Message) -> str:
    more = len(message.batches) - _MOST_BATCHES
    return f"\nand {more} more batches" if more > 0 else ""


def _runbooks(message: Message) -> list[str]:
    return sorted({r.runbook for b in message.batches for r in b.reasons})


def _cut(text: str, most: int) -> str:
    """At most so many characters, never with half an escape at the end."""
    return text if len(text) <= most else re.sub(r"&\w{0,4}$", "", text[: most - 1]) + "…"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def _field(name: str, value: str) -> dict[str, str]:
    return _mrkdwn(_cut(f"*{name}*\n{_escape(value)}", _FIELD))


def _slack_batch(batch: MessageBatch) -> str:
    head = f"*{_escape(batch.batch)}*{_escape(_batch_line(batch)[len(batch.batch) :])}"
    return "\n".join([head, *(f"• {_escape(line)}" for line in _reason_lines(batch))])


def _slack_links(message: Message) -> str:
    parts = [f"<{message.run_url}|Run>"] if message.run_url else []
    for runbook in _runbooks(message):
        name = runbook.rsplit("/", 1)[-1].removesuffix(".md")
        linked = f"<{runbook}|{name}>" if "://" in runbook else f"`{_escape(runbook)}`"
        parts.append(f"Runbook: {linked}")
    return "  ·  ".join(parts) or f"Incident {message.incident}"


def _email_text(message: Message, title: str) -> str:
    lines = [title, ""]
    lines += [f"{name + ':':<10} {value}" for name, value in _facts(message)]
    for batch in message.batches[:_MOST_BATCHES]:
        lines += ["", _batch_line(batch), *(f"  - {line}" for line in _reason_lines(batch))]
    lines += [_more(message).strip()] if _more(message) else []
    lines += ["", *(f"Runbook: {r}" for r in _runbooks(message))]
    lines += [f"Run: {message.run_url}"] if message.run_url else []
    return "\n".join(lines) + "\n"


def _email_html(message: Message, title: str) -> str:
    escape = html.escape
    facts = "".join(
        f'<tr><th style="{_CELL};color:#57606a;font-weight:normal">{escape(name)}</th>'
        f'<td style="{_CELL}">{escape(value)}</td></tr>\n'
        for name, value in _facts(message)
    )
    batches = "".join(_html_batch(b) for b in message.batches[:_MOST_BATCHES])
    more = f"<p>{escape(_more(message).strip())}</p>\n" if _more(message) else ""
    links = "".join(f"<li>Runbook: {_html_link(r)}</li>\n" for r in _runbooks(message))
    if message.run_url:
        links += f"<li>Run: {_html_link(message.run_url)}</li>\n"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f'</title></head>\n<body style="{_STYLE}">\n<h2 style="font-size:18px">{escape(title)}</h2>'
        f"\n<table>\n{facts}</table>\n{batches}{more}<ul>\n{links}</ul>\n</body></html>\n"
    )


def _html_batch(batch: MessageBatch) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>\n" for line in _reason_lines(batch))
    return f"<p><b>{html.escape(_batch_line(batch))}</b></p>\n<ul>\n{items}</ul>\n"


def _html_link(target: str) -> str:
    shown = html.escape(target)
    if not target.startswith(("https://", "http://")):
        return f"<code>{shown}</code>"
    return f'<a href="{shown}">{shown}</a>'
