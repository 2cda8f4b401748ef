"""Whether a sweep is so large that a person must approve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.policy.retention import RetentionPolicy
from assay.retention._plan import RetentionPlan
from assay.retention.totals import size_text
from assay.verdict import Frozen


class AskedFor(Frozen):
    """A data set of which a plan takes more than its policy lets go without a person.

    Parameters
    ----------
    words : str
        What is more than which limit.
    """

    dataset: str
    words: str


def asked_for(plan: RetentionPlan, policies: Mapping[str, RetentionPolicy]) -> tuple[AskedFor, ...]:
    """Find the data sets of which a plan takes more than ``approve_above``; pure.

    Files and versions that are removed count. Objects of the trash don't: the sweep that set them
    aside was approved.
    """
    found = []
    for name, policy in sorted(policies.items()):
        if words := ", ".join(_exceeded(plan, name, policy)):
            found.append(AskedFor(dataset=name, words=words))
    return tuple(found)


def _exceeded(plan: RetentionPlan, dataset: str, policy: RetentionPolicy) -> Iterator[str]:
    limits = policy.approve_above
    if limits is None:
        return
    items = [r for r in plan.removals if r.dataset == dataset]
    ending = [v for v in plan.versions if v.dataset == dataset and "remove" in v.actions]
    size = sum(r.bytes for r in items) + sum(v.bytes for v in ending)
    files = sum(r.files for r in items)
    if limits.bytes is not None and size > limits.bytes:
        yield f"{size_text(size)}, above {size_text(limits.bytes)}"
    if limits.files is not None and files > limits.files:
        yield f"{files:,} files, above {limits.files:,}"
    if limits.versions is not None and len(ending) > limits.versions:
        yield f"{len(ending):,} versions, above {limits.versions:,}"


def render_question(plan: RetentionPlan, asked: tuple[AskedFor, ...]) -> str:
    """Render, as Markdown, what a person is asked to approve."""
    from assay.retention.totals import totals

    lines = [f"Shall the sweep `{plan.hash[:12]}` be applied? It takes more than a policy lets go:"]
    lines += ["", *(f"- **{one.dataset}**: {one.words}" for one in asked), ""]
    lines += ["| zone | class | items | files | size |", "|---|---|---|---|---|"]
    lines += [
        f"| {t.zone} | {t.classification} | {t.items:,} | {t.files:,} | {size_text(t.bytes)} |"
        for t in totals(plan)
    ]
    return "\n".join([*lines, "", "Without an answer nothing is removed."])
