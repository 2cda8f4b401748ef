"""The nulls of a column."""

from __future__ import annotations

from assay.onboarding.evidence._rounding import lower_limit, upper_limit
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal, Remark


def propose_nulls(context: ColumnContext) -> Found:
    """Propose no null where there is none; else at most the share that Wilson's interval allows."""
    name, versions = context.name, context.of.versions
    seen = [(context.of.evidence.rows, context.column.nulls)]
    seen += [(v.rows, v.nulls[name]) for v in versions if name in v.nulls and v.rows]
    rows, nulls = sum(n for n, _ in seen), sum(k for _, k in seen)
    evidence = {"n": rows, "nulls": nulls, "null_share": round(nulls / rows, 6)}
    if len(seen) > 1:
        evidence["batches"] = len(seen)
    kind = "expect_column_values_to_not_be_null"
    if not nulls:
        up_to = upper_limit(0, rows)
        why = f"No null in {rows} rows; by them alone (Wilson, 95 %) up to {up_to:g} could be null."
        yield Proposal(kind, context.kwargs(), why, evidence)
        return
    least = min(lower_limit(n - k, n) for n, k in seen)
    if least < 0.05:
        yield Remark(name, f"null in {nulls} of {rows} rows: too many to expect values")
        return
    what = "of the worst of the batches" if len(seen) > 1 else "of the share that isn't"
    why = (
        f"{nulls} of {rows} rows are null; mostly is the lower end of the 95 % Wilson interval "
        f"{what}."
    )
    yield Proposal(kind, context.kwargs(mostly=least), why, evidence)
