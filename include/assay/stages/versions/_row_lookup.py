"""From a row of a version to the landed row, and back."""

from __future__ import annotations

from collections.abc import Collection

from assay.engine import ID, ROW, Session
from assay.errors import InputError
from assay.stages.run._row_numbers import read_row_numbers
from assay.stages.services import Services


def find_rows(
    services: Services,
    session: Session,
    dataset: str,
    batch: str,
    version: str,
    ids: Collection[int] = (),
    landed: Collection[int] = (),
) -> list[dict[str, int]]:
    """Find which landed row some rows of a version are, for those who may read landing.

    Parameters
    ----------
    ids, landed : collection of int
        Row numbers of the version, and landing row numbers.

    Returns
    -------
    list of dict
        ``id`` and ``landed`` of each row that was found, by ``id``.

    Raises
    ------
    InputError
        If the version was made when versions still had landing row numbers, or a row isn't in it.
    """
    numbers = read_row_numbers(services, session, dataset, batch, version)
    if numbers is None:
        raise InputError(
            "the version's rows still have their landing row numbers",
            where=f"{dataset} {batch} ({version[:12]})",
            got=ROW,
            do="Run the batch again: its next version has row numbers of its own.",
        )
    named = numbers.filter(numbers[ID].isin(list(ids)) | numbers[ROW].isin(list(landed)))
    found = session.rows(named.select(id=ID, landed=ROW).order_by("id"))
    known = {"id": {row["id"] for row in found}, "landed": {row["landed"] for row in found}}
    missing = [*(set(ids) - known["id"]), *(set(landed) - known["landed"])]
    if missing:
        raise InputError(
            "the version has no such row",
            where=f"{dataset} {batch} ({version[:12]})",
            got=sorted(missing)[0],
            expected="a row that validation didn't drop and that could be parsed",
        )
    return found
