"""Platforms: where people answer.

A :class:`Platform` shows the cards of a round to the people who are asked, each their own, and
gives back what they answered. It decides nothing: :mod:`assay.labelling.rounds` says which answers
count. :class:`Sheets` is the one without a server: a CSV file for each person.
:class:`LabelStudio` is the one in the browser.
"""

from assay.labelling.platforms._label_studio import LabelStudio
from assay.labelling.platforms._platform import (
    Platform,
    PlatformDown,
    PlatformError,
    PlatformLost,
    Sent,
)
from assay.labelling.platforms._sheets import Sheets

__all__ = [
    "LabelStudio",
    "Platform",
    "PlatformDown",
    "PlatformError",
    "PlatformLost",
    "Sent",
    "Sheets",
]
