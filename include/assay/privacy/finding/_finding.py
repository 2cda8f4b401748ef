"""What was found in a table."""

from __future__ import annotations

from typing import Literal

from assay.policy.privacy import Class
from assay.verdict import Frozen

Sure = Literal["certain", "likely", "possible"]


class Finding(Frozen):
    """A column that looks as if it held one kind of personal data: a proposal for a person.

    Read ``kind`` and ``share`` first, then ``evidence``, which says why in words and counts.

    Parameters
    ----------
    column, kind : str
        The column, and what it seems to hold, such as ``email``.
    form : str
        The form that most of its values have, such as ``Spain: DNI or NIE``.
    classification : {'identifier', 'quasi_identifier', 'sensitive'}
        What the contract would say of it.
    matched, distinct : int
        Distinct values that match, and all that were read. Of a column with many, a part chosen by
        hash was read, which is ``whole = False``.
    sure : {'certain', 'likely', 'possible'}
        ``certain``: values of this form, whose check digits fit, are hardly anything else.
        ``likely``: the form and the column's name agree, or the form alone is usual for nothing
        else. ``possible``: words in the values suggest it.
    about : {'person', 'organisation'}
        ``organisation`` for ways to reach the organisation that each row is about, in a table
        without a column about people.
    evidence : tuple of str
        Why, in words and counts; no value of the data is in it.
    """

    column: str
    kind: str
    form: str
    classification: Class
    matched: int
    distinct: int
    whole: bool = True
    sure: Sure
    about: Literal["person", "organisation"] = "person"
    evidence: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of the distinct values that match, from 0 to 1; 0 of a column without a value."""
        return self.matched / self.distinct if self.distinct else 0.0


class Found(Frozen):
    """Everything that was found in a table, in the order of its columns."""

    rows: int
    columns: int
    findings: tuple[Finding, ...] = ()

    def of_people(self) -> tuple[Finding, ...]:
        """The findings that are about people."""
        return tuple(f for f in self.findings if f.about == "person")
