"""The one layout of all pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from assay.page.content_policy import content_policy
from assay.reasons import verdict_word
from assay.verdict import Outcome, Verdict

SIGNS: Final = {"PASS": "✓", "WARN": "!", "INCONCLUSIVE": "?", "FAIL": "✕"}
"""The sign beside an outcome's word; another word has a point."""


@dataclass(frozen=True)
class Lead:
    """What a reader sees first: the outcome's word, and the answer in a sentence or two.

    ``facts`` are short pairs of a name and a value, shown in one line.
    """

    outcome: str | None
    answer: str
    facts: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(
        cls, verdict: Verdict, answer: str, facts: Sequence[tuple[str, str]], of: str = "batch"
    ) -> Lead:
        """Begin the page of a gate: its answer, what that does to a batch, and its policy.

        ``of`` is what the gate judges, where it isn't a batch.
        """
        held = f" The {of} is held." if verdict.holds else f" This gate doesn’t hold the {of}."
        word = verdict_word(verdict)
        if verdict.outcome is Outcome.PASS:
            held = ""
        policy = ("Policy", verdict.policy_hash[:12])
        return cls(word, f"{answer}{held}", [*facts, policy])


@dataclass(frozen=True)
class Section:
    """A part of a page with a heading.

    Parameters
    ----------
    parts : sequence of Markup
        From :func:`table`, :func:`text` and the like; empty ones, such as a table without a row,
        are left out, and so is a section without any other.
    note : str, optional
        How to read it, in small print below the heading.
    folded : bool
        Whether it is closed until a reader opens it; it prints open.
    """

    title: str
    parts: Sequence[Markup] = field(default_factory=tuple)
    note: str | Markup | None = None
    folded: bool = False

    @property
    def anchor(self) -> str:
        """Name of the section in the page's address."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())


@dataclass(frozen=True)
class PageContext:
    """Where a report's page stands; the same for every gate.

    Parameters
    ----------
    subject : str
        What was judged: data set and batch, or the name of a file.
    back : str, optional
        File name of the run's overview, which the page links to.
    labels : mapping
        Column → its codes → what the contract says they mean.
    """

    subject: str
    back: str | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def named(self, column: str, level: object) -> str:
        """A level of a column, with its label where it has one.

        Examples
        --------
        >>> PageContext("loans", labels={"branch": {"012": "Harbour"}}).named("branch", "012")
        '012 (Harbour)'
        """
        label = self.labels.get(column, {}).get(str(level))
        return f"{level} ({label})" if label else str(level)

    def title(self, work: str) -> str:
        """The page's title, from what a gate does.

        Examples
        --------
        >>> PageContext("flights 2013-02-11").title("Drift")
        'Drift of flights 2013-02-11'
        """
        return f"{work} of {self.subject}"


def render_page(
    title: str,
    lead: Lead,
    sections: Sequence[Section],
    back: str | None = None,
    forms: str = "'none'",
) -> str:
    """Render a whole page, with what a browser must refuse in the page itself.

    Parameters
    ----------
    title : str
        What it is about: gate, data set and batch.
    back : str, optional
        File name of the run's overview, which the page links to.
    forms : str
        Where its forms may be sent, as a Content-Security-Policy writes it.
    """
    shown = [section for section in sections if any(section.parts)]
    layout = environment().get_template("page.html.j2")
    style = environment().get_template("style.css.j2").render()
    return layout.render(
        title=title, lead=lead, sections=shown, back=back, style=Markup(style),  # noqa: S704 - ours
        policy=content_policy(style, forms), signs=SIGNS,
    ) + "\n"  # fmt: skip


@cache
def environment() -> Environment:
    """Open Jinja over this package's templates; everything is escaped."""
    return Environment(
        loader=PackageLoader("assay.page", ""), autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
