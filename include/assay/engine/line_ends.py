"""Line ends of CSV: one kind in a file, since the engine refuses a file that has several."""

from __future__ import annotations

import mmap
import re
from pathlib import Path


def unify_line_ends(source: Path, target: Path, delimiter: str) -> bool:
    """Write a CSV file again with a line feed at each line's end; true if there were several.

    Line breaks within quotes stay as they are: they are part of a value.

    Parameters
    ----------
    source : Path
        Plain text in UTF-8.
    delimiter : str
        A quote opens a value only at its beginning.
    """
    sign = re.escape(delimiter.encode())
    begins = rb"(?:(?<=%b)|(?<=[\r\n])|(?<![\s\S]))" % sign
    pattern = re.compile(rb'%b"[^"]*+(?:""[^"]*+)*+"(?=%b|[\r\n]|\Z)|\r\n|\r|\n' % (begins, sign))
    kinds: set[bytes] = set()
    written = 0
    if source.stat().st_size == 0:
        return False
    with source.open("rb") as file, target.open("wb") as out:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for match in pattern.finditer(content):
            if match[0].startswith(b'"'):
                continue
            kinds.add(match[0])
            out.write(content[written : match.start()] + b"\n")
            written = match.end()
        out.write(content[written:])
    return len(kinds) > 1
