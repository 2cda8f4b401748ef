"""What to label next: rows of a file or a data set, each with the reason why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from assay.cli._console import errors, open_project, open_services, progress, show, spill_zone
from assay.cli._label import Alpha, Label, is_dataset
from assay.cli._options import AsJson

if TYPE_CHECKING:
    from assay.labelling.rounds.cost import RoundPrice
    from assay.labelling.selection import Share
    from assay.labelling.selection.worth import Worth
    from assay.stages.labels.suggest import Request, Suggested

_DEFAULT: Final = ("margin=0.6", "k_means=0.2")
_SPREAD, _BAGS = 4, 2
_BUDGET: Final = "needed where no policy says it"


def suggest(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DATASET",
            help="CSV or Parquet whose label is empty in the rows to choose from, or a data set.",
        ),
    ],
    budget: Annotated[
        int | None, typer.Option(min=1, help="Rows to choose; by default the policy's.")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="A labelling policy; by default that of the data set, if it has one."),
    ] = None,
    take: Annotated[
        list[str] | None,
        typer.Option(help="STRATEGY=SHARE instead of the policy's shares; repeat for more. The "
                          "rest, a tenth at least, is at random."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Of a data set: a file with its key and the labels so far; by default "
                          "the released rows of <data set>_labels."),
    ] = None,
    label: Label = "label",
    key: Annotated[
        list[str] | None,
        typer.Option(help="Of a file: a column that names rows; repeat for more. By default rows "
                          "are named by their number."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Column that models don't learn from; repeat for more."),
    ] = None,
    curve: Annotated[
        bool, typer.Option(help="Measure what the labels so far have given, by refits.")
    ] = True,
    out: Annotated[
        Path | None, typer.Option(help="Write the chosen rows here, as Parquet.")
    ] = None,
    alpha: Alpha = 0.05,
    seed: Annotated[
        int | None,
        typer.Option(help="Another one chooses other rows; by default the policy's, else 1."),
    ] = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Choose the rows whose labels would say most, and say why each is chosen.

    A committee of models is fitted on the labels so far. Strategies: `least_confidence`, `margin`,
    `entropy` (rows of which it is uncertain), `vote_entropy`, `consensus_entropy`, `divergence`
    (its models disagree), `density` (uncertain, and many rows are alike), `k_means`, `core_set`
    (rows that differ), `suspects` (labels that look wrong, to ask again). Without labels, rows are
    chosen that differ.

    The rest is drawn at random. The file of `--out` has each row's key or number, reason, score and
    inclusion probability; keep `inclusion` and a column `round` with the labels: they make an
    accuracy of all rows possible, and show what random selection would have given.

    Example: assay label suggest people.csv --budget 200 --take margin=0.7 --out next.parquet
    """
    from assay.engine import open_session
    from assay.labelling.selection import render_selection
    from assay.stages.labels.suggest import (
        suggest_of_dataset,
        suggest_of_file,
        write_suggested,
    )

    dataset = is_dataset(source)
    if labels is not None and not dataset:
        raise typer.BadParameter("is of a data set; a file has its labels itself",
                                 param_hint="--labels")  # fmt: skip
    if key and dataset:
        raise typer.BadParameter("is of a file; a data set has a key", param_hint="--key")
    own = policy or _own_policy(source, dataset)
    request = _request(own, budget, take, alpha, seed, curve,
                       without or [])  # fmt: skip
    with progress("reading rows") as step, open_session(spill_zone()) as session:
        found = (
            suggest_of_dataset(open_services(source), session, source, request, labels=labels,
                               progress=step)
            if dataset
            else suggest_of_file(session, source, request, label=label, key=key or (),
                                 progress=step)
        )  # fmt: skip
        written = None if out is None else write_suggested(session, found, out)
    for said in found.said:
        errors.print(said, highlight=False, soft_wrap=True)
    result = {**_summary(found), "out": None}
    text = [f"{found.labels:,} labels, {found.pool:,} rows without one",
            render_selection(found.selection, alpha, found.worth)]  # fmt: skip
    if (price := _price(own, request.budget, found.worth)) is not None:
        result["price"] = price.model_dump(mode="json")
        text.append(_priced(price))
    if found.worth is not None and found.worth.stop:
        text.append(f"stop: {found.worth.stop}")
    if written is not None:
        result["out"] = {"path": str(out), "rows": written.rows, "sha256": written.sha256}
        text.append(f"wrote {out}: {written.rows:,} rows")
    return show(result, as_json, text)


def _price(policy: Path | None, budget: int, worth: Worth | None) -> RoundPrice | None:
    from assay.labelling.rounds.cost import price_of_round
    from assay.policy import load_policy
    from assay.policy.labelling import LabellingPolicy

    if policy is None:
        return None
    gain = None if worth is None else worth.gain.value
    return price_of_round(load_policy(policy, LabellingPolicy), budget, gain)


def _priced(price: RoundPrice) -> str:
    said = f"another round costs {price.round:,.2f} {price.currency}"
    if price.point is None:
        return f"{said}; what it gains is too uncertain to say what a point of accuracy costs"
    return f"{said}: {price.point:,.2f} {price.currency} for each .01 of accuracy that it gains"


def _own_policy(source: str, dataset: bool) -> Path | None:
    path = open_project().policy(source, "labelling") if dataset else None
    return path if path is not None and path.is_file() else None


def _request(
    policy: Path | None, budget: int | None, take: list[str] | None, alpha: float, seed: int | None,
    curve: bool, without: list[str],
) -> Request:  # fmt: skip
    from dataclasses import replace

    from assay.policy import load_policy
    from assay.policy.labelling import LabellingPolicy
    from assay.stages.labels.suggest import Request, request_of

    if policy is not None:
        loaded = load_policy(policy, LabellingPolicy)
        asked = request_of(loaded, budget, alpha=alpha, curve=curve, without=without)
        asked = asked if seed is None else replace(asked, seed=seed)
        return replace(asked, shares=_shares(take)) if take else asked
    if budget is None:
        raise typer.BadParameter(_BUDGET, param_hint="--budget")
    return Request(
        budget, _shares(take or _DEFAULT), _SPREAD, _BAGS, 1 if seed is None else seed, alpha,
        curve=curve, without=without,
    )  # fmt: skip


def _shares(take: list[str] | tuple[str, ...]) -> list[Share]:
    from assay.labelling.selection import Share

    found = []
    for one in take:
        name, _, share = one.partition("=")
        try:
            found.append(Share(name.strip(), float(share)))
        except ValueError:
            raise typer.BadParameter(
                f"{one!r} isn't STRATEGY=SHARE, such as margin=0.6", param_hint="--take"
            ) from None
    return found


def _summary(found: Suggested) -> dict[str, object]:
    reasons = found.selection.reason
    numbers = found.table.select(["score", "inclusion"]).to_pydict()
    return {
        "labels": found.labels, "pool": found.pool, "classes": len(found.classes),
        "chosen": [
            {"reason": one, "rows": reasons.count(one),
             **{name: _ends(values, reasons, one) for name, values in numbers.items()}}
            for one in dict.fromkeys(reasons)
        ],
        "worth": found.worth, "said": list(found.said),
    }  # fmt: skip


def _ends(values: list[float | None], reasons: tuple[str, ...], reason: str) -> list[float] | None:
    """The least and the greatest value of the rows of a reason; None where none has one."""
    there = [v for v, r in zip(values, reasons, strict=True) if r == reason and v is not None]
    return [min(there), max(there)] if there else None
