"""Addresses: merged with parameters, compared by host, and shown without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from assay.errors import InputError

if TYPE_CHECKING:
    import httpx


def fill(template: str, filled: Mapping[str, str]) -> str:
    """A template with its placeholders filled; other braces stay.

    Examples
    --------
    >>> fill("a/{batch}?q={x}", {"batch": "2013"})
    'a/2013?q={x}'
    """
    for name, value in filled.items():
        template = template.replace("{" + name + "}", value)
    return template


def fill_url(template: str, filled: Mapping[str, str]) -> str:
    """The same of a URL: in one over HTTP a ``+`` would be read as a blank.

    Examples
    --------
    >>> fill_url("https://host/a?from={batch_start}", {"batch_start": "2013-02-04T00:00:00+01:00"})
    'https://host/a?from=2013-02-04T00:00:00%2B01:00'
    """
    if not template.lower().startswith(("http://", "https://")):
        return fill(template, filled)
    return fill(template, {name: quote(value, safe=":") for name, value in filled.items()})


def with_params(url: str, params: Mapping[str, str]) -> str:
    """A URL with parameters in its query: those of the same name give way, others stay as written.

    Examples
    --------
    >>> with_params("https://host/a?day=1&page=1&f=x,y", {"page": "2"})
    'https://host/a?day=1&f=x,y&page=2'
    """
    if not params:
        return url
    base, _, query = url.partition("#")[0].partition("?")
    kept = [part for part in query.split("&") if part and _name(part) not in params]
    return f"{base}?{'&'.join([*kept, urlencode(params)])}"


def param(url: str, name: str) -> str | None:
    """The value of a parameter in a URL's query."""
    found = [part for part in urlsplit(url).query.split("&") if _name(part) == name]
    return unquote_plus(found[-1].partition("=")[2]) if found else None


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0])


def parsed(url: str) -> httpx.URL:
    """The parts of a URL.

    Raises
    ------
    InputError
        If it is none.
    """
    import httpx

    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise no_url(url) from None


def no_url(url: str) -> InputError:
    """The error of what can't be fetched."""
    return InputError("not a URL that can be fetched", where=shown(url)[:200])


def port(url: httpx.URL) -> int | None:
    """The port that a URL names, or its scheme's."""
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


def own_host(url: httpx.URL, start: httpx.URL) -> bool:
    """Whether an address is the start's host and port, or the same name over https."""
    safe = url.scheme == "https" or start.scheme == "http"
    return safe and (url.host, port(url)) in {(start.host, port(start)), (start.host, 443)}


def shown(url: str) -> str:
    """A URL without user, query and fragment, which may hold secrets.

    Examples
    --------
    >>> shown("https://me:secret@host/path?token=secret#x")
    'https://host/path'
    """
    scheme, separator, rest = url.split("#", 1)[0].split("?", 1)[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else scheme
