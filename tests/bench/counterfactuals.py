"""Counterfactuals on the census income data, beside DiCE's random search.

The same model of scikit-learn, the same rows that it predicts to earn less, the same five features
that may change, of which one can only rise. Each side is a whole process on one thread; the
processor time of the search alone is what is compared. What both propose is then predicted by the
model and held against the constraints here. ASSAY_ORACLE_DATA is the folder with `adult-uci`.
"""

from __future__ import annotations

import os
from typing import Any

import pandas as pd
from _environment import environment
from _measure import BenchError, Measured, measure, side
from _show import show

ROWS = 20
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def run(rows: int) -> None:
    """Measure both sides, check each proposal, print them side by side."""
    if "ASSAY_ORACLE_DATA" not in os.environ:
        raise BenchError("set ASSAY_ORACLE_DATA to the folder that holds adult-uci")
    ours = measure("Assay", side("counterfactuals_assay.py", rows), rows=rows, env=ONE_THREAD)
    command = side("counterfactuals_dice.py", rows, python=environment("dice", "dice_ml"))
    theirs = measure("DiCE, random", command, rows=rows, env=ONE_THREAD)
    checked = [_checked(one, rows) for one in (ours, theirs)]
    if not checked[0]["valid"] or not checked[0]["within"]:
        raise BenchError("a counterfactual of ours isn't one, or breaks a constraint")
    times = theirs.result["cpu"] / ours.result["cpu"]
    show(f"Counterfactuals of {rows} rows", [ours, theirs], [
        *(_line(one, said) for one, said in zip((ours, theirs), checked, strict=True)),
        f"the search alone: {times:.1f} times DiCE's speed by processor time",
    ])  # fmt: skip


def _line(one: Measured, said: dict[str, Any]) -> str:
    return (
        f"{one.name}: search {one.result['cpu']:.2f} CPU s; {said['found']} counterfactuals of "
        f"{said['rows']} rows; all valid: {said['valid']}; within constraints and ranges: "
        f"{said['within']}; values that people have: {said['real']:.0%}; changes of the best: "
        f"{said['changes']:.2f}"
    )


def _checked(one: Measured, rows: int) -> dict[str, Any]:
    """What the model and the constraints say of a side's proposals."""
    from sides.adult_model import ACTIONABLE, FEATURES, RANGES, RISES, chosen, fit, read

    train, test = read("adult.data"), read("adult.test")
    model = fit(train)
    own, found = chosen(test, model, rows), pd.DataFrame(one.result["found"])
    before = own.iloc[found["row"]].reset_index(drop=True)
    after = found[list(FEATURES)]
    changed = after.ne(before)
    within = not changed[[c for c in FEATURES if c not in ACTIONABLE]].any(axis=None)
    within &= bool((after[RISES] >= before[RISES]).all())
    within &= all(after[name].between(*ends).all() for name, ends in RANGES.items())
    real = pd.DataFrame({name: after[name].isin(train[name]) for name in FEATURES}).all(axis=1)
    return {
        "found": len(found), "rows": found["row"].nunique(),
        "valid": bool((model.predict(after) == 1).all()), "within": bool(within),
        "real": real.mean(),
        "changes": changed.sum(axis=1).groupby(found["row"]).min().mean(),
    }  # fmt: skip
