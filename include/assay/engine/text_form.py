"""How a text file is written: its encoding, its delimiter and its decimal sign.

What a person states is taken; the rest is found in the file's beginning: the encoding by its mark,
as UTF-8, or by charset-normalizer; the delimiter by DuckDB's sniffer.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder, lookup
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import fsspec

from assay.errors import InputError

_BEGINNING: Final = 1 << 18
_DELIMITERS: Final = (",", ";", "\t", "|")
_ENCODINGS: Final = ["utf_8", "cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "euc_kr"]
_MARKS: Final = ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16"), (BOM_UTF16_BE, "utf-16"))
_COMMA: Final = re.compile(r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]+")
_PLAIN: Final = re.compile(r"[+-]?[0-9]+|[+-]?[0-9]{1,3}(\.[0-9]{3})+")
_LEAST: Final = 0.9


@dataclass(frozen=True)
class TextForm:
    """How a text file is written; what is None is to be found in the file.

    ``decimal`` is the sign before the decimals of a number. Where it is a comma, points group the
    digits by three.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in {None, ".", ","}:
            raise InputError("is no decimal sign", got=self.decimal, expected="a point or a comma")
        if self.delimiter is not None and (
            len(self.delimiter) != 1 or self.delimiter in {'"', "\r", "\n", "\0"}
        ):
            raise InputError(
                "is no delimiter", got=self.delimiter,
                expected="one character that is neither a quote nor a line's end",
            )  # fmt: skip
        if self.encoding is not None:
            try:
                lookup(self.encoding)
            except LookupError:
                raise InputError(
                    "no such encoding of text", got=self.encoding, expected="utf-8, cp1252 …"
                ) from None


def find_form(con: Any, path: Path, given: TextForm, aside: Path) -> TextForm:
    """The form of a text file: what is given, and the rest as its beginning shows it.

    Raises
    ------
    InputError
        If the file can't be unpacked, or its text is of no encoding that is known.
    """
    beginning, whole = _beginning(path)
    encoding = given.encoding or _encoding(beginning, whole, path)
    text = _decoded(beginning, encoding, whole, path)
    delimiter = given.delimiter or _delimiter(con, text, aside)
    decimal = given.decimal or _decimal(text, delimiter, whole)
    return replace(given, delimiter=delimiter, encoding=encoding, decimal=decimal)


def _beginning(path: Path) -> tuple[bytes, bool]:
    """The first bytes of a file, decompressed, and whether they are all."""
    try:
        with fsspec.open(str(path), "rb", compression="infer") as file:
            found = file.read(_BEGINNING + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise InputError("can't be unpacked", where=str(path), got=type(exc).__name__) from None
    return found[:_BEGINNING], len(found) <= _BEGINNING


def _encoding(beginning: bytes, whole: bool, path: Path) -> str:
    marked = next((name for mark, name in _MARKS if beginning.startswith(mark)), None)
    if marked:
        return marked
    try:
        getincrementaldecoder("utf-8")("strict").decode(beginning, final=whole)
        return "utf-8"
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        found = from_bytes(beginning, cp_isolation=_ENCODINGS)
        best = min(found, key=lambda match: match.chaos, default=None)
    if best is None:
        raise InputError(
            "is text of no encoding that is known", where=str(path),
            do="Name its encoding, or save it as UTF-8.",
        )  # fmt: skip
    # The code pages of western and central Europe agree in most letters: the usual one is taken.
    if best.encoding == "cp1250" and str(best) == beginning.decode("cp1252", "replace"):
        return "cp1252"
    return str(best.encoding)


def _decoded(beginning: bytes, encoding: str, whole: bool, path: Path) -> str:
    codec = "utf-8-sig" if lookup(encoding).name == "utf-8" else encoding
    try:
        return getincrementaldecoder(codec)("strict").decode(beginning, final=whole)
    except UnicodeDecodeError:
        raise InputError(
            f"isn't {encoding.upper()}", where=str(path), do="Name the encoding that it has."
        ) from None


def _delimiter(con: Any, text: str, aside: Path) -> str:
    """DuckDB's, where the header agrees; else the sign that the header has most often."""
    sample = aside / "beginning.csv"
    sample.write_text(text, encoding="utf-8", newline="")
    target = str(sample).replace("'", "''")
    try:
        query = f"SELECT Delimiter FROM sniff_csv('{target}', all_varchar = true)"  # noqa: S608
        ((found,),) = con.con.execute(query).fetchall()
    except Exception:  # a file that DuckDB can't sniff is refused when it is read
        found = None
    widths = {sign: len(_header(text, sign)) for sign in _DELIMITERS}
    if widths.get(found, 0) > 1:
        return str(found)
    return max(_DELIMITERS, key=lambda sign: widths[sign])


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _decimal(text: str, delimiter: str, whole: bool) -> str:
    """A comma where a column of numbers has one, and not only before three digits."""
    if delimiter == ",":
        return "."
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[1:]
    except csv.Error:
        return "."
    rows = rows if whole else rows[:-1]
    for column in zip(*(r for r in rows if len(r) == len(rows[0])), strict=True):
        values = [v for cell in column if (v := cell.strip())]
        commas = [v for v in values if _COMMA.fullmatch(v)]
        others = sum(_PLAIN.fullmatch(v) is not None for v in values)
        decimals = any(len(v.rpartition(",")[2]) != 3 or "." in v for v in commas)
        if commas and decimals and len(commas) + others >= _LEAST * len(values):
            return ","
    return "."
