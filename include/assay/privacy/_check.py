"""Whether a policy treats what its contract classifies, and what may be said of a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from assay.contract import Column, Contract
from assay.errors import Problem, did_you_mean
from assay.policy.privacy import (
    Bins,
    DatePart,
    Drop,
    Generalise,
    Keep,
    Mask,
    Prefix,
    PrivacyPolicy,
    Pseudonymise,
    Treatment,
)

_BEARS: Final[dict[type, tuple[str, ...]]] = {
    Bins: ("integer", "number"),
    DatePart: ("date", "timestamp"),
    Prefix: ("string",),
}


def problems(
    policy: PrivacyPolicy, contract: Contract, others: Mapping[str, Contract] | None = None
) -> list[Problem]:
    """Every reason why a policy can't protect what the contract describes; empty if it can.

    Parameters
    ----------
    policy : PrivacyPolicy
        Treatments by column.
    contract : Contract
        Types, classification, identity domains, references.
    others : mapping of str to Contract, optional
        Contracts of other data sets by name. Where given, a pseudonymised reference must lead to a
        column of the same identity domain, or no pseudonym would ever match.
    """
    return [
        *_unknown(policy, contract),
        *(p for column in contract.columns for p in _of_column(policy, contract, column)),
        *_of_references(policy, contract, others or {}),
    ]


def version_label(policy: PrivacyPolicy, contract: Contract) -> str:
    """What may be said of a version, never more than was done.

    Returns
    -------
    str
        ``unclassified``: the contract classifies nothing. ``without_identifiers``: it classifies
        no column as identifier. ``identifiers_removed``: every identifier is dropped.
        ``pseudonymised``: an identifier is there in a treated form. What is left may still lead
        to people in all of these; none says that it was measured.
    """
    if not contract.classified:
        return "unclassified"
    if not contract.identifiers:
        return "without_identifiers"
    kept = [c for c in contract.identifiers if not isinstance(policy.columns.get(c.name), Drop)]
    return "pseudonymised" if kept else "identifiers_removed"


def removed_columns(policy: PrivacyPolicy, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the columns whose values no version holds: dropped, or masked to one text."""
    return tuple(n for n in names if isinstance(policy.columns.get(n), Drop | Mask))


def _unknown(policy: PrivacyPolicy, contract: Contract) -> Iterator[Problem]:
    for name in policy.columns:
        if name not in contract.column_names:
            yield Problem(
                f"no such column in data set {contract.dataset!r}",
                where=f"privacy columns.{name}",
                got=name,
                expected="one of: " + ", ".join(contract.column_names),
                do=did_you_mean(name, contract.column_names) or None,
            )


def _of_column(policy: PrivacyPolicy, contract: Contract, column: Column) -> Iterator[Problem]:
    where = f"{contract.dataset} privacy columns.{column.name}"
    treatment = policy.columns.get(column.name)
    if treatment is None:
        if column.classification:
            yield Problem(
                f"the {column.classification} has no treatment",
                where=where,
                expected="drop, mask, generalise, pseudonymise"
                + ("" if column.classification == "identifier" else ", keep with a rationale"),
            )
        return
    if isinstance(treatment, Keep) and column.classification == "identifier":
        yield Problem("an identifier may not be kept", where=where, got="keep",
                      expected="drop, mask, generalise or pseudonymise")  # fmt: skip
    if isinstance(treatment, Pseudonymise) and not column.identity_domain:
        yield Problem("the column has no identity domain", where=where,
                      do="Declare identityDomain in the contract.")  # fmt: skip
    yield from _of_type(treatment, column, where)


def _of_type(treatment: Treatment, column: Column, where: str) -> Iterator[Problem]:
    if not isinstance(treatment, Generalise):
        return
    bears = _BEARS.get(type(treatment.to))
    if bears and column.type not in bears:
        yield Problem(
            f"generalisation {treatment.to.kind!r} doesn't fit the column's type",
            where=where,
            got=column.type,
            expected=" or ".join(bears),
        )


def _of_references(
    policy: PrivacyPolicy, contract: Contract, others: Mapping[str, Contract]
) -> Iterator[Problem]:
    for column in contract.columns:
        reference = column.references
        treatment = policy.columns.get(column.name)
        if reference is None or not isinstance(treatment, Pseudonymise):
            continue
        other = others.get(reference.dataset)
        if other is None or reference.column not in other.column_names:
            continue
        domain = other.column(reference.column).identity_domain
        if domain != column.identity_domain:
            yield Problem(
                f"pseudonyms can't match those of {reference.dataset}.{reference.column}",
                where=f"{contract.dataset} privacy columns.{column.name}",
                got=column.identity_domain,
                expected=f"identity domain {domain!r} in both contracts",
            )
