"""Evidence of a sweep: what the plan let go, and what a search found of it afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from assay.page import Lead, Section, number, render_page, table
from assay.verdict import Frozen

_HOW: Final = (
    "Each place was searched for what the plan took. Found must be 0. What lies in the trash may "
    "still be brought back, and is deleted by the first sweep after its days."
)


class Searched(Frozen):
    """One kind of place that was searched after a sweep.

    Parameters
    ----------
    place : str
        Such as ``files``, ``registry objects``, ``past versions``.
    looked_for : int
        How many things should be gone from it.
    found : int or None
        How many are still there; None where the place couldn't be searched.
    why : str, optional
        Why it couldn't be.
    """

    place: str
    looked_for: int
    found: int | None
    why: str | None = None


class Evidence(Frozen):
    """What a search after a sweep found of what should be gone; counts and times only.

    Read ``clean`` first: it says that every place was searched and nothing was found.

    Parameters
    ----------
    plan : str
        Hash of the plan, which is kept beside.
    at : datetime
        When the search was made.
    files, bytes : int
        What was removed from the zones.
    versions : int
        Versions that ended.
    set_aside, deleted, purged : int
        Objects that went to the trash, objects that were deleted there, and the past versions and
        markers of deleted ones that a versioned bucket still had.
    kept : int
        Things of the plan that a rule kept in the end.
    """

    plan: str
    at: datetime
    files: int
    bytes: int
    versions: int
    set_aside: int
    deleted: int
    purged: int
    kept: int
    searched: tuple[Searched, ...]

    @property
    def clean(self) -> bool:
        """Whether every place was searched, and nothing was found."""
        return all(place.found == 0 for place in self.searched)

    @property
    def left(self) -> int:
        """How many things were found that should be gone."""
        return sum(place.found or 0 for place in self.searched)


def render_evidence(found: Evidence) -> str:
    """Render in a sentence or two whether what the plan took is gone."""
    if found.clean:
        return f"Searched {len(found.searched)} kinds of places afterwards: all of it is gone.\n"
    lines = []
    for place in found.searched:
        if place.found is None:
            lines.append(f"{place.place} couldn't be searched: {place.why}.")
        elif place.found:
            lines.append(f"{place.place}: {place.found} still there that should be gone.")
    return "\n".join(lines) + "\n"


def render_evidence_page(found: Evidence) -> str:
    """Render the evidence as a page for people."""
    answer = "Every place was searched, and nothing is left of what the plan took."
    if not found.clean:
        answer = render_evidence(found).replace("\n", " ").strip()
    facts = [("Plan", found.plan[:12]), ("Searched", f"{found.at:%Y-%m-%d %H:%M} UTC")]
    did = [
        ("Files removed", number(found.files)),
        ("Bytes of them", number(found.bytes)),
        ("Versions ended", number(found.versions)),
        ("Objects set aside", number(found.set_aside)),
        ("Objects deleted", number(found.deleted)),
        ("Past versions and markers deleted", number(found.purged)),
        ("Kept by a rule in the end", number(found.kept)),
    ]
    rows = [
        (p.place, number(p.looked_for), "–" if p.found is None else number(p.found), p.why or "")
        for p in found.searched
    ]
    heads = ("Place", "Looked for", "Found", "")
    sections = [
        Section("What the sweep did", [table(("", "Count"), did, numbers=(1,))]),
        Section("What was searched", [table(heads, rows, numbers=(1, 2))], _HOW),
    ]
    return render_page("Evidence of a sweep", Lead(None, answer, facts), sections)
