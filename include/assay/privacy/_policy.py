"""What a privacy policy does to its data set: problems, the label of versions, removed columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from assay.contract import Canonical, Column, Contract
from assay.errors import Problem, unknown
from assay.policy.privacy import PrivacyPolicy, Pseudonymise
from assay.privacy._treatments import treatment_of
from assay.reasons import ReasonCode


def problems(
    policy: PrivacyPolicy, contract: Contract, others: Mapping[str, Contract] | None = None
) -> list[Problem]:
    """Every reason why a policy can't protect what the contract describes; empty if it can.

    Parameters
    ----------
    others : mapping of str to Contract, optional
        Contracts of other data sets by name. Where given, a pseudonymised reference must lead to a
        column of the same identity domain, and all columns of a domain must have one canonical
        form, or no pseudonym would ever match.
    """
    found = list(_unknown(policy, contract))
    for column in contract.columns:
        treatment = treatment_of(policy.columns.get(column.name))
        where = f"{contract.dataset} privacy columns.{column.name}"
        found += treatment.problems(column, where)
    found += _not_allowed(policy, contract)
    found += _of_references(policy, contract, others or {})
    return [*found, *_of_domains(policy, contract, others or {})]


def _not_allowed(policy: PrivacyPolicy, contract: Contract) -> Iterator[Problem]:
    """Treatments that the policy, or the organisation's, doesn't allow for the classification."""
    for column in contract.columns:
        treated = policy.columns.get(column.name)
        if column.classification is None or treated is None:
            continue
        allowed = policy.allowed_treatments.get(column.classification)
        if allowed is not None and treated.treatment not in allowed:
            yield Problem(
                f"{column.classification} columns may not have this treatment",
                where=f"{contract.dataset} privacy columns.{column.name}",
                got=treated.treatment, expected="one of: " + (", ".join(allowed) or "none"),
                do="`allowed_treatments`, in this file or the organisation's, says so.",
            )  # fmt: skip


def _of_references(
    policy: PrivacyPolicy, contract: Contract, others: Mapping[str, Contract]
) -> Iterator[Problem]:
    """Pseudonyms that can't match those of the column to which a reference leads."""
    for reference in contract.references:
        other = others.get(reference.dataset)
        for name, to in zip(reference.columns, reference.to, strict=True):
            if other is None or to not in other.column_names:
                continue
            if not isinstance(policy.columns.get(name), Pseudonymise):
                continue
            own, domain = contract.column(name).identity_domain, other.column(to).identity_domain
            if own and own != domain:
                yield Problem(
                    f"pseudonyms can't match those of {reference.dataset}.{to}",
                    where=f"{contract.dataset} privacy columns.{name}",
                    got=own,
                    expected=f"identity domain {domain!r} in both contracts",
                )


def _of_domains(
    policy: PrivacyPolicy, contract: Contract, others: Mapping[str, Contract]
) -> Iterator[Problem]:
    """Columns of one identity domain in unequal canonical forms, of which no pseudonym matches."""
    twins = [(o.dataset, c) for o in others.values() for c in o.columns if c.identity_domain]
    for column in contract.columns:
        if not isinstance(policy.columns.get(column.name), Pseudonymise):
            continue
        for dataset, twin in twins:
            if twin.identity_domain != column.identity_domain or _form(twin) == _form(column):
                continue
            yield Problem(
                f"pseudonyms don't match those of {dataset}.{twin.name}, which is in the same "
                "identity domain",
                where=f"{contract.dataset} privacy columns.{column.name}",
                got=_form(column), expected=_form(twin),
                do="Give both the same logicalType and `canonical`, or another domain.",
            )  # fmt: skip


def _form(column: Column) -> str:
    """The canonical form of a column's values: whole numbers of both types have one."""
    if column.type != "string":
        return "a number" if column.type in {"integer", "number"} else f"a {column.type}"
    default = Canonical.model_validate({}) if column.classification == "identifier" else None
    how = column.canonical or default
    if how is None:
        return "a string as it came"
    return f"a string, {'trimmed' if how.trim else 'not trimmed'}, case {how.case or 'kept'}"


def version_label(policy: PrivacyPolicy, contract: Contract) -> str:
    """How much a version is protected, as a label that claims no more than was done.

    Returns
    -------
    str
        ``unclassified``: the contract classifies nothing. ``without_identifiers``: it classifies
        no column as identifier. ``identifiers_removed``: every identifier is dropped.
        ``pseudonymised``: an identifier is there in a treated form. What is left may still lead
        to people in all of these; no label says that this was measured.
    """
    if not contract.classified:
        return ReasonCode.UNCLASSIFIED.value
    if not contract.identifiers:
        return "without_identifiers"
    there = any(treatment_of(policy.columns.get(c.name)).has_column for c in contract.identifiers)
    return "pseudonymised" if there else "identifiers_removed"


def removed_columns(policy: PrivacyPolicy, names: Iterable[str]) -> tuple[str, ...]:
    """The columns whose values no version holds: dropped, or masked to one text."""
    return tuple(n for n in names if not treatment_of(policy.columns.get(n)).has_values)


def _unknown(policy: PrivacyPolicy, contract: Contract) -> Iterator[Problem]:
    for name in policy.columns:
        if name not in contract.column_names:
            what, known = f"no such column in data set {contract.dataset!r}", contract.column_names
            yield Problem(what, where=f"privacy columns.{name}", **unknown(name, known))
