"""What Label Studio shows: the card of a row, the choices, the instruction; all text escaped."""

from __future__ import annotations

import base64
from html import escape
from typing import Final
from xml.sax.saxutils import quoteattr

from assay.labelling.rounds.cards import Card, Picture
from assay.policy import level_text
from assay.policy.labelling import Instruction

_HOTKEYS: Final = "1234567890qwertyuiop"
_CELL: Final = "padding:4px 12px 4px 0;vertical-align:top"
_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


def card_html(card: Card) -> str:
    """The columns of a row in the policy's order.

    Examples
    --------
    >>> text = card_html(Card("t", {"Comment": "<b>now</b>"}))
    >>> "&lt;b&gt;now&lt;/b&gt;" in text, "<b>" in text
    (True, False)
    """
    rows = (
        f'<tr><th style="{_CELL};text-align:left">{escape(title)}</th>'
        f'<td style="{_CELL};white-space:pre-wrap">{_cell(cell)}</td></tr>'
        for title, cell in card.cells.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _cell(cell: str | Picture) -> str:
    if isinstance(cell, str):
        return escape(cell)
    if cell.kind not in _TYPES:
        return "(a picture of an unknown kind)"
    data = base64.b64encode(cell.content).decode()
    return f'<img src="data:{_TYPES[cell.kind]};base64,{data}" style="max-width:100%">'


def label_config(instruction: Instruction) -> str:
    """The labelling interface: the row, and the answers with a key each.

    Examples
    --------
    >>> asked = Instruction(question="Is it < 5?", answers=[
    ...     {"value": True, "definition": "It is."}, {"value": False, "definition": "It isn't."}])
    >>> print(label_config(asked))
    <View>
    <Header value="Is it &lt; 5?"/>
    <HyperText name="row" value="$html" inline="true"/>
    <Choices name="answer" toName="row" choice="single-radio" required="true">
    <Choice value="true" hotkey="1" hint="It is."/>
    <Choice value="false" hotkey="2" hint="It isn't."/>
    </Choices>
    </View>
    """
    choices = [
        f"<Choice value={quoteattr(str(level_text(one.value)))}{_hotkey(place)} "
        f"hint={quoteattr(one.definition)}/>"
        for place, one in enumerate(instruction.answers)
    ]
    return "\n".join([
        "<View>", f"<Header value={quoteattr(instruction.question)}/>",
        '<HyperText name="row" value="$html" inline="true"/>',
        '<Choices name="answer" toName="row" choice="single-radio" required="true">',
        *choices, "</Choices>", "</View>",
    ])  # fmt: skip


def _hotkey(place: int) -> str:
    return f' hotkey="{_HOTKEYS[place]}"' if place < len(_HOTKEYS) else ""


def instruction_html(instruction: Instruction) -> str:
    """The instruction as people read it before they begin."""
    parts = [f"<p>{escape(instruction.question)}</p>", "<dl>"]
    for one in instruction.answers:
        examples = "".join(f"<br><i>{escape(text)}</i>" for text in one.examples)
        parts.append(
            f"<dt><b>{escape(str(level_text(one.value)))}</b></dt>"
            f"<dd>{escape(one.definition)}{examples}</dd>"
        )
    parts.append("</dl>")
    if instruction.unsure:
        parts.append(f"<p>{escape(instruction.unsure)}</p>")
    return "".join([*parts, f"<p>{instruction.version}</p>"])
