"""What the drafted texts are made from, and how YAML is written in them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from assay.engine.text_form import TextForm
from assay.onboarding.evidence._text_types import TypedText
from assay.onboarding.samples import Samples


@dataclass(frozen=True)
class Draft:
    """What is known of a data set besides its columns; ``batches`` are those of the sample."""

    name: str
    grain: str
    batches: tuple[str, ...]
    first_from: str
    owner: str
    samples: Samples
    text: TypedText
    form: TextForm

    @property
    def first(self) -> str:
        """Key of the first batch."""
        return self.batches[0]


def quote(text: str) -> str:
    """A YAML scalar that is read back as exactly this text."""
    return json.dumps(text, ensure_ascii=False)


def plain(text: str) -> str:
    """A text that can stand in a comment."""
    return " ".join(text.split())
