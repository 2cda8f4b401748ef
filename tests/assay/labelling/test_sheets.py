"""Sheets: what is written, and what comes back from other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.errors import InputError
from assay.labelling.platforms import Sheets
from assay.labelling.rounds.cards import Card, Picture
from assay.policy.labelling import Instruction

ASKED = Instruction(
    question="Is it?", unsure="Leave it.",
    answers=tuple({"value": v, "definition": f"It is {v}.", "examples": ("so",)}
                  for v in ("yes", "no")),
)  # fmt: skip
CARDS = {
    "ada": [Card("1", {"Text": "=HYPERLINK(1)", "Number": "-3.5"})],
    "grace": [Card("2", {"Text": 'a "b", c\nd', "Number": ""})],
}


def published(folder: Path) -> Path:
    sent = Sheets(folder).publish("p-0001", ASKED, CARDS)
    assert (sent.made, sent.found) == (2, 0)
    return folder / "p-0001"


def read(folder: Path) -> Any:
    return [(a.task, a.annotator, a.given) for a in Sheets(folder).collect("p-0001")]


def test_a_sheet_is_for_one_person_and_no_formula(tmp_path: Path) -> None:
    place = published(tmp_path)
    ada = (place / "ada.csv").read_bytes().decode("utf-8-sig")
    assert ada == "task,Text,Number,answer\r\n1,'=HYPERLINK(1),-3.5,\r\n"
    assert 'a "' not in ada
    text = (place / "instruction.txt").read_text()
    assert all(part in text for part in ("Is it?", "yes: It is yes.", "example: so", "Leave it."))
    assert ASKED.version in text
    assert read(tmp_path) == [("1", "ada", ""), ("2", "grace", "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_sheet_comes_back_as_programs_write_it(
    tmp_path: Path, encoding: str, sign: str, end: str
) -> None:
    place = published(tmp_path)
    heads = sign.join(["task", '"a, b; c"', "answer"])
    text = end.join([heads, sign.join(["1", '"x, y"', "yes"]), sign.join(["", "", ""]), ""])
    (place / "ada.csv").write_bytes(text.encode(encoding))
    assert read(tmp_path)[0] == ("1", "ada", "yes")


def test_a_sheet_that_is_there_stays(tmp_path: Path) -> None:
    place = published(tmp_path)
    (place / "ada.csv").write_text("task,answer\n1,yes\n")
    (place / "grace.csv").unlink()
    sent = Sheets(tmp_path).publish("p-0001", ASKED, CARDS)
    assert (sent.made, sent.found) == (1, 1)
    assert read(tmp_path) == [("1", "ada", "yes"), ("2", "grace", "")]


def test_pictures_lie_beside_the_sheets(tmp_path: Path) -> None:
    card = Card("7", {"Photo": Picture(b"\x89PNG", "png")})
    Sheets(tmp_path).publish("p-0001", ASKED, {"ada": [card]})
    assert "7,pictures/7-0.png," in (tmp_path / "p-0001" / "ada.csv").read_text("utf-8-sig")
    assert (tmp_path / "p-0001" / "pictures" / "7-0.png").read_bytes() == b"\x89PNG"


def test_what_was_withdrawn_is_gone_and_nothing_else(tmp_path: Path) -> None:
    published(tmp_path)
    (tmp_path / "mine.csv").write_text("x")
    platform = Sheets(tmp_path)
    platform.withdraw("p-0001")
    platform.withdraw("p-0001")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.csv"]
    with pytest.raises(InputError, match="no sheets of this round"):
        list(platform.collect("p-0001"))


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"task,reply\n1,yes\n", "lacks a column"), (b"task,answer\n1,\xff\n", "isn't UTF-8"),
     (b"", "lacks a column")],
)  # fmt: skip
def test_a_sheet_that_cant_be_read_is_refused_and_names_nobody(
    tmp_path: Path, content: bytes, match: str
) -> None:
    place = published(tmp_path)
    (place / "ada.csv").write_bytes(content)
    with pytest.raises(InputError, match=match) as error:
        read(tmp_path)
    assert "ada" not in str(error.value)


@pytest.mark.parametrize("name", ["../ada", ".ada", "a/b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="can't be that of a file"):
        Sheets(tmp_path).publish("p", ASKED, {name: CARDS["ada"]})


def test_a_title_of_the_sheets_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of the sheet's own"):
        Sheets(tmp_path).publish("p", ASKED, {"ada": [Card("1", {"answer": "yes"})]})
