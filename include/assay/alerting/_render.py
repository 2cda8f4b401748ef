"""Letters as Slack blocks and as e-mail."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from assay.alerting._layout import Layout, Link, Section, lay_out, lay_out_weekly
from assay.alerting._message import Letter, Weekly
from assay.page.content_policy import content_policy

_HEADER: Final = 150
_SECTION: Final = 3000
_FIELD: Final = 2000
_FIELDS: Final = 10
_SECTIONS: Final = 40
_TEXT: Final = 3000
_STYLE: Final = """\
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; margin: 0;
  padding: 20px; background: #ffffff; color: #1f2328; }
main { max-width: 680px; margin: 0 auto; }
h1 { font-size: 18px; line-height: 1.35; margin: 0 0 14px; padding: 2px 0 2px 12px;
  border-left: 4px solid #8c959f; overflow-wrap: anywhere; }
h1.bad { border-color: #cf222e; } h1.unsure { border-color: #bf8700; }
h1.good { border-color: #1a7f37; }
th { color: #59636e; font-weight: normal; text-align: left; vertical-align: top;
  padding: 1px 16px 1px 0; white-space: nowrap; }
td { vertical-align: top; padding: 1px 0; overflow-wrap: anywhere; }
p { margin: 14px 0 2px; } ul { margin: 0; padding-left: 20px; }
code { font: 12.5px ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
a { color: #0969da; overflow-wrap: anywhere; }
footer { margin-top: 18px; padding-top: 10px; border-top: 1px solid #d1d9e0; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } th { color: #9198a1; } a { color: #58a6ff; }
  h1.bad { border-color: #f85149; } h1.unsure { border-color: #d29922; }
  h1.good { border-color: #3fb950; } footer { border-color: #3d444d; }
}
"""
"""Programs that strip styles show a plain page that says the same."""


def render_slack(letter: Letter) -> dict[str, Any]:
    """A letter as arguments of Slack's ``chat.postMessage``: ``text`` and ``blocks``.

    ``text`` is what a notification shows and what a client without blocks shows. All is within
    Slack's limits: 50 blocks, a header of 150 characters, 10 fields of 2000, sections of 3000.
    """
    page = lay_out(letter)
    sections = list(page.sections)
    if (more := len(sections) - _SECTIONS) > 0:
        sections[_SECTIONS - 1 :] = [Section("", f"… and {more + 1} {page.rest}")]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(page.title, _HEADER)}},
        {"type": "section", "fields": [_field(*fact) for fact in page.facts[:_FIELDS]]},
    ]
    blocks += [
        {"type": "section", "text": _mrkdwn(_cut(_slack_section(s), _SECTION))} for s in sections
    ]
    foot = [f"{_escape(what)}: `{_escape(how)}`" for what, how in page.commands]
    blocks += [
        {"type": "context", "elements": [_mrkdwn(_cut("  ·  ".join(parts), _SECTION))]}
        for parts in (foot, [_slack_link(link) for link in page.links])
        if parts
    ]
    return {"text": _cut(_escape(page.title), _TEXT), "blocks": blocks}


def render_email(letter: Letter) -> tuple[str, str, str]:
    """A letter as subject, plain text and HTML.

    The HTML loads nothing from anywhere, and says nothing that the text doesn't.
    """
    page = lay_out(letter)
    return f"[assay] {page.title}", _text(page), _html(page)


def render_weekly(weekly: Weekly) -> str:
    """An owner's week as text."""
    return _text(lay_out_weekly(weekly))


def _cut(text: str, most: int) -> str:
    """At most so many characters, never with half an escape at the end."""
    return text if len(text) <= most else re.sub(r"&\w{0,4}$", "", text[: most - 1]) + "…"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def _field(name: str, value: str) -> dict[str, str]:
    return _mrkdwn(_cut(f"*{name}*\n{_escape(value)}", _FIELD))


def _slack_section(section: Section) -> str:
    strong = f"*{_escape(section.strong)}*" if section.strong else ""
    return "\n".join(
        [strong + _escape(section.rest), *(f"• {_escape(line)}" for line in section.lines)]
    )


def _slack_link(link: Link) -> str:
    if link.is_url:
        return f"<{link.target}|{_escape(link.name)}>"
    return f"{_escape(link.name.split()[0])} `{_escape(link.target)}`"


def _text(page: Layout) -> str:
    width = max((len(name) for name, _ in page.facts), default=0) + 2
    lines = [page.title, "", *(f"{name + ':':<{width}}{value}" for name, value in page.facts)]
    for section in page.sections:
        lines += ["", section.strong + section.rest, *(f"  - {line}" for line in section.lines)]
    lines += [""] * bool(page.commands or page.links)
    lines += [f"{what}: {how}" for what, how in page.commands]
    lines += [f"{link.name}: {link.target}" for link in page.links]
    return "\n".join(lines) + "\n"


def _html(page: Layout) -> str:
    e = html.escape
    facts = "".join(f"<tr><th>{e(n)}</th><td>{e(value)}</td></tr>\n" for n, value in page.facts)
    body = "".join(_html_section(s) for s in page.sections)
    foot = "".join(
        f"<li>{e(what)}: <code>{e(how)}</code></li>\n" for what, how in page.commands
    ) + "".join(f"<li>{e(link.name)}: {_html_link(link)}</li>\n" for link in page.links)
    footer = f"<footer><ul>\n{foot}</ul></footer>\n" if foot else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{e(content_policy(_STYLE))}">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f'<meta name="color-scheme" content="light dark">\n'
        f"<title>{e(page.title)}</title>\n<style>{_STYLE}</style></head>\n<body><main>\n"
        f'<h1 class="{page.tone}">{e(page.title)}</h1>\n<table>\n{facts}</table>\n'
        f"{body}{footer}</main></body></html>\n"
    )


def _html_section(section: Section) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>\n" for line in section.lines)
    strong = f"<b>{html.escape(section.strong)}</b>" if section.strong else ""
    return f"<p>{strong}{html.escape(section.rest)}</p>\n" + (f"<ul>\n{items}</ul>\n" * bool(items))


def _html_link(link: Link) -> str:
    shown = html.escape(link.target)
    return f'<a href="{shown}">{shown}</a>' if link.is_url else f"<code>{shown}</code>"
