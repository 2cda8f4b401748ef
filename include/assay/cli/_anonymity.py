"""How well people hide among others who look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli._console import open_project, progress, show, spill_zone
from assay.cli._options import AsJson, Data
from assay.errors import InputError

if TYPE_CHECKING:
    from assay.privacy.anonymity import Who


def measure(
    data: Data,
    quasi: Annotated[
        list[str] | None,
        typer.Option("--quasi-identifier", "-q", help="A column that others may know of a person; "
                     "repeat for more."),
    ] = None,
    sensitive: Annotated[
        list[str] | None,
        typer.Option("--sensitive", "-s", help="A column that nobody should learn of a person; "
                     "repeat for more."),
    ] = None,
    subject: Annotated[
        list[str] | None,
        typer.Option(help="A column that says who it is, where a person may have several rows; "
                     "repeat if it takes more. Without it each row is a person."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="A data set whose contract classifies the columns, where the options "
                     "above name none."),
    ] = None,
    population: Annotated[
        str | None,
        typer.Option(help="Everybody of whom DATA is a sample, with the same columns: for the "
                     "journalist and marketer risks."),
    ] = None,
    recursive: Annotated[
        list[int] | None,
        typer.Option("--recursive", min=2, help="An l for which recursive (c, l)-diversity is "
                     "measured; repeat for more.  [default: 2]", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Measure k-anonymity, l-diversity, t-closeness and the risks of people.

    Rows that agree in all quasi-identifiers are a class. k is the number of
    people in the smallest class; l the least number of values of a sensitive
    column in a class; t the greatest distance between the values of a class and
    those of all: ordered for numbers and dates, equal for the rest. A missing
    value is a level. Only counts are shown. Nothing is judged.

    Example: assay privacy measure people.csv -q age -q zip -s illness

    Example: assay privacy measure visits.csv -q zip --subject patient
    """
    from assay.engine import open_session
    from assay.privacy.anonymity import measure_anonymity, render_text

    who = _who(dataset, quasi or (), sensitive or (), subject or ())
    with progress("counting people"), open_session(spill_zone()) as session:
        everybody = session.open_data(population) if population else None
        found = measure_anonymity(session, session.open_data(data), who, recursive or (2,),
                                  everybody)  # fmt: skip
    return show(found, as_json, render_text(found))


def _who(
    dataset: str | None,
    quasi: list[str] | tuple[()],
    sensitive: list[str] | tuple[()],
    subject: list[str] | tuple[()],
) -> Who:
    from assay.privacy.anonymity import Who

    if dataset is not None:
        columns = open_project().contract(dataset).columns
        quasi = quasi or [c.name for c in columns if c.classification == "quasi_identifier"]
        sensitive = sensitive or [
            c.name for c in columns if c.classification == "sensitive" and c.name not in quasi
        ]
    if not quasi:
        raise InputError(
            "there is no quasi-identifier",
            expected="--quasi-identifier, or --dataset with a contract that classifies some",
            do="Name each column that somebody could know of a person from elsewhere.",
        )
    return Who(tuple(quasi), tuple(sensitive), tuple(subject))
