"""Count the outcomes of a table by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ibis import Table

from assay.errors import PolicyError, Problem, problems_error
from assay.fairness._counts import OUTCOMES, Group, count_outcomes
from assay.fairness._groups import (
    Stratum,
    form_groups,
    form_strata,
    form_treated,
    name_levels,
    policy_levels,
)
from assay.policy.fairness import FairnessPolicy, OutcomeColumn

Role = str
_IMPUTED = "__imputed"


@dataclass(frozen=True)
class FairnessMeasurements:
    """Counts by group, from which every figure of the gate is computed.

    Parameters
    ----------
    rows : int
        Rows of the table, all of them.
    groups : tuple of Group
        Of every attribute and intersection. Empty if the gate doesn't apply.
    columns : mapping
        ``label`` and ``prediction`` to the column of that role, None where the data have none.
    missing_columns : tuple of str
        Columns that the policy or the roles name and the table lacks.
    strata : tuple of Stratum
        The groups of every attribute again, within each level of each control feature.
    treated : mapping
        Name of a treatment that the table itself marks (``imputation of x`` where it has a column
        ``x__imputed``) to the groups; favourable predictions are the treated rows.
    """

    rows: int
    groups: tuple[Group, ...] = ()
    columns: Mapping[OutcomeColumn, str | None] = field(
        default_factory=lambda: {"label": None, "prediction": None}
    )
    missing_columns: tuple[str, ...] = ()
    strata: tuple[Stratum, ...] = ()
    treated: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)


def outcome_columns(
    policy: FairnessPolicy, roles: Mapping[str, Role | None]
) -> dict[OutcomeColumn, str | None]:
    """The label's and the prediction's column, by role; a contract's role comes first."""
    merged = {**policy.roles, **{k: v for k, v in roles.items() if v is not None}}
    found: dict[OutcomeColumn, str | None] = {}
    for role in OUTCOMES:
        names = [name for name, given in merged.items() if given == role]
        if len(names) > 1:
            raise PolicyError(
                f"more than one column has the role {role}", got=names, expected="one"
            )
        found[role] = names[0] if names else None
    return found


def fairness_problems(
    policy: FairnessPolicy,
    roles: Mapping[str, Role | None],
    levels: Mapping[str, Iterable[str]] | None = None,
) -> list[Problem]:
    """List what a policy asks for and the data set's contract does not have.

    Parameters
    ----------
    roles : mapping
        Column to role, from the contract; the policy's own are added.
    levels : mapping, optional
        Column to closed list of the levels that its values have here. Where given, each attribute
        needs one, or a list of the policy's own, and every level that the policy names must be in
        the column's.
    """
    if not policy.applies:
        return []
    problems: list[Problem] = []
    columns = outcome_columns(policy, roles)
    for metric in policy.metrics:
        problems += [
            Problem(
                f"{metric.metric} needs a {role}, and no column has that role",
                where="metrics",
                expected=f"a column with the role {role}, in the contract or under roles",
            )
            for role in metric.outcomes
            if columns[role] is None
        ]
    problems += [
        Problem(
            "an outcome can't be what it is controlled for",
            where=f"control_features.{name}",
            expected="a column that is neither the label nor the prediction",
        )
        for name in policy.control_features
        if name in columns.values()
    ]
    for name in policy.grouping if levels is not None else ():
        problems += _problems_of_levels(policy, name, (levels or {}).get(name))
    return problems


def _problems_of_levels(
    policy: FairnessPolicy, name: str, closed: Iterable[str] | None
) -> Iterable[Problem]:
    where = f"{'attributes' if name in policy.attributes else 'control_features'}.{name}"
    if closed is None:
        # The levels of a control feature that no list names are numbered.
        if name in policy.attributes and not policy.attributes[name].levels:
            yield Problem(
                "a protected attribute needs a closed list of levels",
                where=where,
                do="List its levels in the contract or here, or bin it in privacy.yaml.",
            )
        return
    known = set(closed)
    for level in sorted(policy_levels(policy, name) - known):
        yield Problem(
            "no such level in the contract's closed list",
            where=where,
            got=level,
            expected="one of: " + ", ".join(sorted(known)),
        )


def measure_fairness(
    table: Table,
    policy: FairnessPolicy,
    roles: Mapping[str, Role | None] | None = None,
    levels: Mapping[str, Iterable[str]] | None = None,
) -> FairnessMeasurements:
    """Count outcomes by group, in one pass over the table.

    Parameters
    ----------
    table : ibis Table
        The rows whose outcomes are compared: all of them, whatever their number.
    policy : FairnessPolicy
        Names attributes, intersections, control features and favourable values. Its limits aren't
        read.
    roles : mapping, optional
        Column to role, from the contract; where it says nothing the policy's own ``roles`` count.
    levels : mapping, optional
        Column to closed list of levels, from the contract. A level that neither it nor the policy
        names is counted as ``group 1``, ``group 2`` …, never by its value.

    Raises
    ------
    PolicyError
        If a metric needs a label or a prediction and no column has that role.

    Notes
    -----
    A declared column that the table lacks is no error here: it is measured as missing and judged
    INCONCLUSIVE. A row without an outcome is left out of the rates that need it.
    """
    if not policy.applies:
        return FairnessMeasurements(0)
    if problems := fairness_problems(policy, roles or {}):
        raise problems_error(PolicyError, problems)
    declared = outcome_columns(policy, roles or {})
    used = {role for metric in policy.metrics for role in metric.outcomes}
    wanted: dict[OutcomeColumn, str | None] = {
        role: name if role in used else None for role, name in declared.items()
    }
    there = set(table.columns)
    named = [*policy.grouping, *(name for name in wanted.values() if name)]
    names = [name for name in policy.grouping if name in there]
    columns = {role: name if name in there else None for role, name in wanted.items()}
    flags = imputed_columns(table)
    counted = count_outcomes(table, names, columns, policy.rules.favourable, [*flags.values()])
    known = name_levels(counted, names, policy, levels or {})
    return FairnessMeasurements(
        rows=sum(tally.n for tally in counted),
        groups=form_groups(counted, names, policy, known),
        columns=columns,
        missing_columns=tuple(dict.fromkeys(name for name in named if name not in there)),
        strata=form_strata(counted, names, policy, known),
        treated={
            treatment: form_treated(counted, names, policy, known, place)
            for place, treatment in enumerate(flags)
        },
    )


def imputed_columns(table: Table) -> dict[str, str]:
    """``imputation of x`` to the column that cleaning marked its filled cells in."""
    return {
        f"imputation of {name.removesuffix(_IMPUTED)}": name
        for name in table.columns
        if name.endswith(_IMPUTED) and name != _IMPUTED and table[name].type().is_boolean()
    }
