"""The standard's formats of dates, those of Java's ``DateTimeFormatter``, in strftime's terms."""

from __future__ import annotations

import re
from typing import Final

_DIRECTIVES: Final = {
    "yyyy": "%Y", "uuuu": "%Y", "yy": "%y", "uu": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m",
    "M": "%-m", "dd": "%d", "d": "%-d", "DDD": "%j", "EEEE": "%A", "EEE": "%a", "E": "%a",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSS": "%g", "SSSSSS": "%f", "a": "%p", "XXX": "%z", "XX": "%z", "xxx": "%z", "xx": "%z",
    "Z": "%z",
}  # fmt: skip
_PARTS: Final = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']", re.DOTALL)


def strftime_format(jdk: str) -> str | None:
    """The same format in strftime's terms; None where it has a part that these lack.

    Examples
    --------
    >>> strftime_format("yyyy-MM-dd'T'HH:mm:ss.SSS"), strftime_format("d/M/yyyy")
    ('%Y-%m-%dT%H:%M:%S.%g', '%-d/%-m/%Y')
    >>> strftime_format("yyyy-'W'ww") is None, strftime_format("yyyy[-MM]") is None
    (True, True)
    """
    written, end = "", 0
    for part in _PARTS.finditer(jdk):
        if part.start() != end or part[0] in {"[", "]", "{", "}", "#"}:
            return None
        end = part.end()
        if part[1] is not None:
            written += (part[1].replace("''", "'") or "'").replace("%", "%%")
        elif part[2]:
            directive = _DIRECTIVES.get(part[0])
            if directive is None:
                return None
            written += directive
        else:
            written += part[0].replace("%", "%%")
    return written if end == len(jdk) else None
