"""What pages are made of: tables, reasons, links, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from assay.page._layout import SIGNS, environment
from assay.page.markdown import runbook, runbooks
from assay.reasons import gate_word
from assay.verdict import Outcome, Reason
from assay.wording import sentence

_MOST: Final = 10


def number(value: float | str | None) -> str:
    """Write a number for people: whole ones with thousands apart, else three significant digits.

    A suppressed count such as ``<10`` is text already, and stays as it is.

    Examples
    --------
    >>> [number(v) for v in (68785, 0.3141, None, 2e-9, "<10")]
    ['68,785', '0.314', '–', '2e-09', '<10']
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as percent.

    Examples
    --------
    >>> percent(0.1234), percent(-0.002, 0), percent(None)
    ('12.3 %', '0 %', '–')
    """
    if share is None:
        return "–"
    text = f"{100 * share:.{digits}f}"
    plain = text.lstrip("-")
    return f"{plain if not float(text) else text} %".replace("-", "−")


def mark(outcome: str | Outcome, note: str = "") -> Markup:
    """Show an outcome as a sign and a word, so that nothing depends on colour alone."""
    name = outcome.value if isinstance(outcome, Outcome) else outcome
    return Markup('<b class="mark {0}"><i aria-hidden="true">{1}</i> {0}{2}</b>').format(
        name, SIGNS.get(name, "·"), f" {note}" if note else ""
    )


def link(address: str, words: str) -> Markup:
    """Make a link."""
    return Markup('<a href="{}">{}</a>').format(address, words)


def heading(words: str) -> Markup:
    """Make a heading inside a section."""
    return Markup("<h3>{}</h3>").format(words)


def text(words: str | Markup, kind: str = "") -> Markup:
    """Make a paragraph; of the kind ``note`` in small print."""
    return Markup('<p class="{}">{}</p>').format(kind, words)


def table(
    heads: Sequence[str | Markup],
    rows: Iterable[Sequence[Any]],
    *,
    numbers: Iterable[int] = (),
    drawn: Iterable[int] = (),
    caption: str | None = None,
) -> Markup:
    """Make a table; the first cell of a row is its heading. Empty without a row.

    Parameters
    ----------
    heads : sequence
        Names of the columns; a head may be an axis.
    rows : iterable of sequences
        Text is escaped, Markup isn't. Names in the first cell may wrap after an underscore.
    numbers, drawn : iterable of int
        Columns that hold numbers (set flush right) and drawings (as wide as can be).
    caption : str, optional
        What the table is.
    """
    body = [[_wrapping(first), *rest] for first, *rest in rows]
    if not body:
        return Markup("")
    kinds = dict.fromkeys(numbers, "n") | dict.fromkeys(drawn, "d")
    template = environment().get_template("table.html.j2")
    return Markup(template.render(heads=heads, rows=body, kinds=kinds, caption=caption))  # noqa: S704 - the template escapes


def _wrapping(name: Any) -> Any:
    if isinstance(name, Markup) or not isinstance(name, str):
        return name
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def reasons(found: Sequence[Reason], none: str) -> Markup:
    """List a verdict's reasons, the worst first, and the runbook of each; a sentence for none.

    Of many, the later ones are folded away.
    """
    if not found:
        return text(none)
    template = environment().get_template("reasons.html.j2")
    ordered = sorted(found, key=lambda reason: -reason.outcome.severity)
    shown = [(mark(gate_word(r.outcome, [r.code])), sentence(r), r.code) for r in ordered]
    codes = [r.code for r in ordered if r.outcome is not Outcome.PASS]
    known = {code for code in codes if runbook(code)}
    listed = template.render(shown=shown[:_MOST], folded=shown[_MOST:], known=known)
    return Markup(listed) + runbooks(codes)  # noqa: S704 - the template escapes
