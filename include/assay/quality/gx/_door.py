"""The door to Great Expectations, which takes seconds to import and is never on the hot path."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from assay.errors import Problem, did_you_mean
from assay.quality._suite import Expectation, Suite

_PLACE = "assay_place"


@cache
def gx() -> Any:
    """The library, quiet and without telemetry."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.expectations  # noqa: F401 - registers the expectations
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return great_expectations


@dataclass(frozen=True)
class GxOutcome:
    """What Great Expectations says of one expectation."""

    success: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def known_types() -> list[str]:
    """Types of all registered expectations."""
    gx()
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    return sorted(list_registered_expectation_implementations())


def knows(kind: str) -> bool:
    """Whether a type is registered."""
    return kind in known_types()


def _configuration(e: Expectation, place: int) -> dict[str, Any]:
    kwargs = e.arguments
    if isinstance(e.kwargs.get("row_condition"), str):
        kwargs = {"condition_parser": "pandas", **kwargs}
    return {"type": e.type, "kwargs": kwargs, "severity": e.severity, "meta": {_PLACE: place}}


def run(frame: Any, expectations: Sequence[Expectation]) -> list[GxOutcome]:
    """Judge a data frame; outcomes in the order of the expectations."""
    outcomes: dict[int, GxOutcome] = {}
    loaded = []
    for place, e in enumerate(expectations):
        try:
            loaded.append(_loaded(_configuration(e, place)))
        except Exception as exc:
            outcomes[place] = GxOutcome(False, problem=_brief(exc))
    try:
        outcomes |= _validated(frame, loaded)
    except Exception:  # an expectation that fails before it is judged fails all others too
        for one in loaded:
            try:
                outcomes |= _validated(frame, [one])
            except Exception as exc:
                outcomes[one.meta[_PLACE]] = GxOutcome(False, problem=_brief(exc))
    missing = GxOutcome(False, problem="Great Expectations gave no result")
    return [outcomes.get(place, missing) for place in range(len(expectations))]


def _validated(frame: Any, loaded: Sequence[Any]) -> dict[int, GxOutcome]:
    """Outcomes of expectations by their places."""
    if not loaded:
        return {}
    batch, context = _batch(frame)
    suite = gx().ExpectationSuite(name="assay", expectations=list(loaded))
    found = batch.validate(suite, result_format="COMPLETE")
    del context
    return {r.expectation_config.meta[_PLACE]: _outcome(r) for r in found.results}


def _loaded(config: Mapping[str, Any]) -> Any:
    gx()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(**config).to_domain_obj()


def _batch(frame: Any) -> tuple[Any, Any]:
    context = gx().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("assay")
    asset = source.add_dataframe_asset("batch")
    definition = asset.add_batch_definition_whole_dataframe("whole")
    return definition.get_batch({"dataframe": frame}), context


def _outcome(result: Any) -> GxOutcome:
    problem = _problem(result.exception_info or {})
    return GxOutcome(bool(result.success), dict(result.result or {}), problem)


def _problem(info: Mapping[str, Any]) -> str | None:
    """The first message of an exception; the info is flat or keyed by metric."""
    nested = [v for v in info.values() if isinstance(v, Mapping)] or [info]
    for one in nested:
        if one.get("raised_exception"):
            return str(one.get("exception_message")).split("\n", 1)[0]
    return None


def _brief(exc: Exception) -> str:
    return " ".join(str(exc).split())[:300]


def problems_of(suite: Suite) -> Iterable[Problem]:
    """What Great Expectations would refuse or drop."""
    known = known_types()
    for e in suite.expectations:
        if e.type not in known:
            yield Problem(
                "Great Expectations doesn't know this expectation and would drop it",
                where=e.where, got=e.type, do=did_you_mean(e.type, known) or None,
            )  # fmt: skip
            continue
        try:
            _loaded(_configuration(e, 0))
        except Exception as exc:
            yield Problem(f"Great Expectations refuses it: {_brief(exc)}", where=e.where)


def rendered(document: Mapping[str, Any]) -> str:
    """The page of Data Docs that Great Expectations makes of a validation result."""
    gx()
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResultSchema,
    )
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    loaded = ExpectationSuiteValidationResultSchema().load(document)
    view: Any = DefaultJinjaPageView()
    return str(view.render(ValidationResultsPageRenderer().render(loaded)))
