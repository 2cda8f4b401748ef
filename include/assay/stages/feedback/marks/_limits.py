"""Rows near quarantine: a value lies just inside a limit by which rows are set aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from assay.errors import InputError
from assay.records.models import DataUsed
from assay.records.versions import BatchVersion
from assay.stages.models._data import ID, read_blocks, read_versions
from assay.stages.services import Services

_BETWEEN: Final = "expect_column_values_to_be_between"
_ENDS: Final = ("min_value", "max_value")


def rows_near_limits(
    services: Services, described: DataUsed, reach: float
) -> Iterator[tuple[str, frozenset[int]]]:
    """``near quarantine: column`` → the rows within a limit by less than the reach.

    Parameters
    ----------
    reach : float
        In interquartile ranges of the batch.

    Raises
    ------
    InputError
        If suites or contract have changed since the version was judged by them.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    (version,) = read_versions(services, described).values()
    limits = list(_limits(services, described.dataset, version))
    names = sorted({column for column, _, _ in limits})
    (block,) = read_blocks(services, described, names, "feedback").values()
    for column, low, high in limits:
        if column not in block.column_names or not _is_number(block[column].type):
            continue
        values = np.asarray(pc.cast(block[column], pa.float64()).to_numpy(), dtype=np.float64)
        near = near_limit(values, low, high, reach)
        yield f"near quarantine: {column}", frozenset(block[ID].to_numpy()[near].tolist())


def near_limit(values: Any, low: float | None, high: float | None, reach: float) -> Any:
    """Mask (n,) of the values inside the limits, within the reach of one of them.

    Parameters
    ----------
    values : array (n,) of float
        NaN where missing.
    low, high : float or None
        The limits.
    reach : float
        In interquartile ranges of the values.

    Examples
    --------
    >>> import numpy as np
    >>> near_limit(np.array([0.0, 1, 50, 51, 52, 99, 101]), 0, 100, 0.05).nonzero()[0].tolist()
    [0, 1, 5]
    """
    import numpy as np

    there = values[~np.isnan(values)]
    if not len(there):
        return np.zeros(len(values), dtype=bool)
    first, third = np.quantile(there, [0.25, 0.75])
    margin = reach * float(third - first)
    least = -np.inf if low is None else low
    most = np.inf if high is None else high
    inside = (values >= least) & (values <= most)
    return inside & ((values <= least + margin) | (values >= most - margin))


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _limits(
    services: Services, dataset: str, version: BatchVersion
) -> Iterator[tuple[str, float | None, float | None]]:
    """Column, least and greatest value of each expectation that sets rows aside."""
    from assay.policy import load_policy
    from assay.policy.quality import QualityPolicy
    from assay.quality import contract_suite, load_suite

    project, judged = services.project, services.registry.lineage_of(version).rules
    contract = project.contract(dataset)
    policy = load_policy(project.policy(dataset, QualityPolicy.noun), QualityPolicy)
    suites = {w: load_suite(project.suite(dataset, w), policy.parameters) for w in ("raw", "clean")}
    now = {"contract": contract.hash, **{f"suite {w}": s.hash for w, s in suites.items()}}
    changed = [name for name, found in now.items() if judged.get(name) != found]
    if changed:
        raise InputError(
            "the limits that judged the version have changed since", got=", ".join(changed)
        )
    for suite in (contract_suite(contract), *suites.values()):
        for e in suite.expectations:
            if e.type == _BETWEEN and e.severity == "critical" and e.condition is None:
                least, greatest = (_number(e.kwargs.get(end)) for end in _ENDS)
                yield str(e.kwargs["column"]), least, greatest


def _number(value: Any) -> float | None:
    """A limit as a number; None where there is none, or where it is a date."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
