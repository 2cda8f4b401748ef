"""From one page of an endpoint to the next, and whether an end is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

from assay.contract import Pagination, RestSource
from assay.errors import InputError
from assay.ingest._model import Fault, UnusableError
from assay.ingest.sources._json_page import Absent, JsonPage
from assay.ingest.sources._urls import param, with_params
from assay.reasons import ReasonCode
from assay.verdict import Number, Outcome

_START: Final = {"page": "1", "offset": "0"}
_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True)
class Answer:
    """A page, the address that it came from, and what the headers say of the others."""

    page: JsonPage
    url: str
    link: str | None
    total: str | None


@dataclass
class Paging:
    """Follows the pages of one batch.

    ``faults`` has what doesn't stop the paging, and leaves open whether the batch is whole.
    """

    source: RestSource
    rows: int = 0
    pages: int = 0
    faults: tuple[Fault, ...] = ()
    _total: int | None = None
    _total_pages: int | None = None
    _asked: set[str] = field(default_factory=set)
    _seen: set[bytes] = field(default_factory=set)

    def first(self, url: str) -> str:
        """The address of the first page."""
        paging = self.source.pagination
        if paging is None:
            return url
        params = {}
        if paging.size_parameter and paging.size:
            params[paging.size_parameter] = str(paging.size)
        if paging.style in _START and param(url, paging.parameter) is None:
            params[paging.parameter] = _START[paging.style]
        return with_params(url, params)

    def next(self, url: str, answer: Answer) -> str | None:
        """The address of the page after the one that ``url`` gave; None at the end.

        Raises
        ------
        UnusableError
            ``pages_incomplete`` if the pages repeat, don't end, or hold another number of rows
            than the endpoint says.
        """
        self._count(url, answer)
        following = self._following(url, answer)
        if following is None:
            self.end()
        elif following in self._asked:
            raise _incomplete("The pages come back to an earlier one.", pages=self.pages)
        elif self.pages >= self.source.max_pages:
            message = "There are more pages than maxPages; perhaps they have no end."
            raise _incomplete(message, pages=self.pages, rows=self.rows)
        return following

    def end(self) -> None:
        """Compare what came with what the endpoint says."""
        if self._total not in {None, self.rows}:
            message = "The endpoint says another number of rows than its pages hold."
            raise _incomplete(message, rows=self.rows, total=self._total or 0)
        if self._total_pages is not None and self.pages < self._total_pages:
            message = "The endpoint says that there are more pages than it gives."
            raise _incomplete(message, pages=self.pages, total=self._total_pages)

    def _count(self, url: str, answer: Answer) -> None:
        page, paging = answer.page, self.source.pagination
        self._asked.add(url)
        self.pages += 1
        self.rows += len(page.rows)
        if page.rows and page.digest in self._seen:
            # An endpoint that ignores the page parameter gives its first page for ever.
            raise _incomplete("A page comes a second time.", pages=self.pages)
        self._seen.add(page.digest)
        if paging is None:
            return
        # Some say it on the first page only, and some say that they don't know.
        said = page.at(paging.total) if paging.total else answer.total
        self._total = _whole_number(said, self._total)
        if paging.pages:
            self._total_pages = _whole_number(page.at(paging.pages), self._total_pages)

    def _following(self, url: str, answer: Answer) -> str | None:
        paging = self.source.pagination
        if paging is None:
            if answer.link:
                message = "The answer links a next page, and the contract has no pagination."
                raise _incomplete(message, rows=self.rows)
            return None
        more = _flag(answer.page.at(paging.more)) if paging.more else None
        if more is False or (more is None and self._reached()):
            return None
        numbered = paging.style in _START
        following = (_numbered if numbered else self._named)(paging, url, answer, more)
        if following is None and more:
            raise _incomplete("The last page says that more follow.", pages=self.pages)
        return following

    def _reached(self) -> bool:
        by_pages = self._total_pages is not None and self.pages >= self._total_pages
        return by_pages or (self._total is not None and self.rows >= self._total)

    def _named(self, paging: Pagination, url: str, answer: Answer, more: bool | None) -> str | None:
        """By the cursor or the address that a page names."""
        if paging.style == "link" and paging.cursor is None:
            named: Any = answer.link
        else:
            named = answer.page.at(paging.cursor or "next")
            if named is Absent and self._open(paging, answer, more):
                message = (
                    "The first page names no next one where the contract says: it is the only one, "
                    "or `cursor` is misspelt. Give `size`, `more` or `total` to tell them apart."
                )
                open_end = _incomplete(message, rows=self.rows).faults[0]
                undecided = open_end.model_copy(update={"outcome": Outcome.INCONCLUSIVE})
                self.faults += (undecided,)
        text = _text(named)
        if text is None or (not answer.page.rows and paging.stop_after_empty_page):
            return None
        following = with_params(url, {paging.parameter: text})
        if paging.style == "link":
            following = _joined(answer.url, text)
        # An endpoint that always names a next page names the last one again, and it is empty.
        return None if following == url and not answer.page.rows else following

    def _open(self, paging: Pagination, answer: Answer, more: bool | None) -> bool:
        """Whether nothing says that a first page without a next one is all."""
        said = more is not None or self._total is not None or self._total_pages is not None
        short = paging.size is not None and self.rows < paging.size
        return self.pages == 1 and bool(answer.page.rows) and not said and not short


def _numbered(paging: Pagination, url: str, answer: Answer, more: bool | None) -> str | None:
    """By page number or offset: a short page is no end, because a server may cap the size."""
    found = len(answer.page.rows)
    if not found and not more and paging.stop_after_empty_page is not False:
        return None
    step = 1 if paging.style == "page" else found or paging.size or 0
    number = _number(url, paging.parameter) + step
    return with_params(url, {paging.parameter: str(number)})


def _joined(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError:
        message = "An answer links a next page whose address can't be one."
        raise UnusableError.of(ReasonCode.MALFORMED, message) from None


def _text(value: Any) -> str | None:
    """A cursor or an address as text; None where there is no further page."""
    if value is Absent or value in (None, "", False):
        return None
    if isinstance(value, str | int | float) and value is not True:
        return str(value)
    message = "An answer's cursor is neither a text nor a number."
    raise UnusableError.of(ReasonCode.MALFORMED, message)


def _flag(value: Any) -> bool | None:
    """Whether a page says that more follow; None if it doesn't say."""
    if value is Absent or value is None:
        return None
    found = _TRUTH.get(str(value).lower())
    if found is None:
        message = "What an answer says of further pages is neither true nor false."
        raise UnusableError.of(ReasonCode.MALFORMED, message)
    return found


def _whole_number(said: Any, before: int | None) -> int | None:
    """A number of rows or pages; that of an earlier page where this one doesn't say."""
    if said is Absent or said is None:
        return before
    if isinstance(said, bool) or not str(said).isdecimal():
        message = "The number of rows or pages that an answer states isn't a whole number."
        raise UnusableError.of(ReasonCode.MALFORMED, message)
    return int(said)


def _number(url: str, name: str) -> int:
    value = param(url, name) or ""
    try:
        return int(value)
    except ValueError:
        raise InputError("isn't a whole number", where=f"parameter {name} of the source",
                         got=value[:40]) from None  # fmt: skip


def _incomplete(message: str, **numbers: Number) -> UnusableError:
    return UnusableError.of(ReasonCode.PAGES_INCOMPLETE, message, **numbers)
