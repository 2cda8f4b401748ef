"""What the drafted texts are made from, and how YAML is written in them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from assay.onboarding.evidence._text_types import TypedText


@dataclass(frozen=True)
class Draft:
    """What is known of a data set besides its sample."""

    name: str
    grain: str
    first: str
    first_from: str
    owner: str
    sample: str
    text: TypedText


def quote(text: str) -> str:
    """A YAML scalar that is read back as exactly this text."""
    return json.dumps(text, ensure_ascii=False)


def plain(text: str) -> str:
    """A text that can stand in a comment."""
    return " ".join(text.split())
