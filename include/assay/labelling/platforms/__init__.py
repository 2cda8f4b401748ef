"""Platforms: where people answer.

A :class:`Platform` shows the cards of a round to the people who are asked, each their own, and
gives back what they answered. It decides nothing: :mod:`assay.labelling.rounds` says which answers
count. :class:`Sheets` is the one without a server: a CSV file for each person.
"""

from assay.labelling.platforms._platform import Platform, Sent
from assay.labelling.platforms._sheets import Sheets

__all__ = ["Platform", "Sent", "Sheets"]
