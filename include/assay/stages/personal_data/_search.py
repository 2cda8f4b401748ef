"""Searching files and batches for personal data, before or outside a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.contract import Contract, FilesSource
from assay.delimiters import TEXT
from assay.engine import Session
from assay.errors import AssayError, InputError
from assay.ingest import land
from assay.lake import Lake
from assay.policy.privacy import PrivacyPolicy
from assay.privacy.finding import Finding, Found, find_personal_data, undeclared
from assay.stages.services import Services

_READ: Final = (*TEXT, ".parquet")


@dataclass(frozen=True)
class Searched:
    """What a search found in one file or batch, and what of it nobody has decided about."""

    name: str
    found: Found
    undeclared: tuple[Finding, ...]


def search_files(
    session: Session, data: Path | str, *, least_share: float, contract: Contract | None = None,
    policy: PrivacyPolicy | None = None,
) -> Iterator[Searched]:  # fmt: skip
    """Search a file, by path or URL, or each file below a folder that is CSV or Parquet.

    Parameters
    ----------
    least_share : float
        Least share of a column's distinct values that must match.
    contract, policy : Contract and PrivacyPolicy, optional
        Of the data set that the files are of; without them every finding is undeclared.

    Raises
    ------
    InputError
        If there is no such file, it can't be read, or the folder has none.
    """
    classified = contract.classified if contract is not None else frozenset()
    for path in _files(data):
        found = find_personal_data(session, session.open_data(path), least_share=least_share)
        yield Searched(str(path), found, undeclared(found, classified, policy))


def _files(data: Path | str) -> list[Path | str]:
    if "://" in str(data) or not Path(data).is_dir():
        return [data]
    paths = sorted(Path(data).rglob("*"))
    found = [p for p in paths if p.is_file() and p.name.lower().endswith(_READ)]
    if not found:
        raise InputError("has no file that can be searched", where=str(data),
                         expected="a file that ends with one of: " + ", ".join(_READ))  # fmt: skip
    return list(found)


def search_batch(
    services: Services, dataset: str, batch: str, *, least_share: float | None, asked: float
) -> Searched:
    """Search a batch as its source has it now; nothing is landed.

    Parameters
    ----------
    least_share : float, optional
        As for :func:`search_files`; what the privacy policy says by default.
    asked : float
        The share where neither says one.

    Raises
    ------
    InputError
        If the source has no such batch, or it can't be read.
    """
    contract = services.project.contract(dataset)
    policy = policy_of(services, contract)
    own = policy.finding.least_share if policy is not None and policy.finding else asked
    with services.session() as session:
        landing = land(
            session, _absolute(contract, services.lake), contract.partition.parse(batch),
            Lake(session.aside()), credentials=services.credentials(contract.source.connection),
        )  # fmt: skip
        if landing.rows_path is None:
            said = "; ".join(fault.message for fault in landing.faults)
            raise InputError("the batch can't be read", where=f"{dataset} {batch}", got=said)
        table = session.read_parquet(landing.rows_path)
        found = find_personal_data(session, table, least_share=least_share or own)
    open_ = undeclared(found, contract.classified, policy)
    return Searched(f"{dataset} {batch}", found, open_)


def policy_of(services: Services, contract: Contract) -> PrivacyPolicy | None:
    """The data set's privacy policy; None where it doesn't load, which `assay check` says."""
    try:
        return services.policy(contract, PrivacyPolicy)
    except AssayError:
        return None


def _absolute(contract: Contract, lake: Lake) -> Contract:
    """The contract with its files' place from the home, since they land elsewhere."""
    source = contract.source
    if not isinstance(source, FilesSource) or "://" in source.location:
        return contract
    location = str(lake.home.joinpath(source.location))
    return contract.model_copy(update={"source": source.model_copy(update={"location": location})})
