"""Data Docs: what Great Expectations' own renderer shows, in the layout of all other pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.errors import InputError
from assay.page import Lead, Section, link, render_page, table, text
from assay.quality._registry import OF_CONTRACTS
from assay.quality.gx._door import knows, rendered
from assay.quality.gx._fragment import taken_over, veiled
from assay.verdict import Outcome

_OURS = ("engine", "verdict", "rows", "state", "judged", "not_judged")


def render_data_docs(results: Sequence[Path], to: Path) -> Path:
    """Build Great Expectations' Data Docs of stored validation results: a page each, an index.

    It takes seconds and much memory, so it belongs in a process of its own. The pages work
    without a network.

    Parameters
    ----------
    results : sequence of Path
        Files that hold :meth:`Validation.document` as JSON.
    to : Path
        Folder of the site.

    Returns
    -------
    Path
        The site's ``index.html``.
    """
    to.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, path in enumerate(results):
        document = _read(path)
        name = f"{number:03d}-{re.sub(r'[^A-Za-z0-9_-]+', '-', str(document['suite_name']))}.html"
        (to / name).write_text(_page(document), encoding="utf-8")
        judged = [one for one in document["results"] if not one.get("not_judged")]
        met = f"{sum(one['success'] for one in judged)} / {len(judged)}"
        aside = str(len(document["results"]) - len(judged))
        named = link(name, str(document["suite_name"]))
        rows.append((named, document.get("verdict", ""), met, aside))
    index, lead = to / "index.html", Lead(None, "What Great Expectations shows of each validation.")
    sections = [Section("Validations", [table(["suite", "verdict", "met", "not judged"], rows)])]
    index.write_text(render_page("Data Docs", lead, sections), encoding="utf-8")
    return index


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document["results"], list):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise InputError("isn't a validation result", where=str(path)) from exc
    return dict(document)


def _page(document: Mapping[str, Any]) -> str:
    parts = taken_over(rendered(veiled(gx_shape(document))))
    sections = [Section(title or "Overview", [body]) for title, body in parts]
    sections.append(Section("More", [text(link("index.html", "All validations"))]))
    judged = document.get("verdict")
    outcome = Outcome(judged) if judged in set(Outcome) else None
    lead = Lead(outcome, "What Great Expectations shows of this validation.")
    return render_page(f"Data Docs: {document['suite_name']}", lead, sections)


def gx_shape(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in exactly the shape that Great Expectations loads.

    Our own keys go; an expectation that it doesn't know stands under a name that it does, with
    its own among the notes.
    """
    shaped = {k: v for k, v in document.items() if k not in _OURS}
    shaped["results"] = [_result(r) for r in document["results"]]
    run_id = {"run_name": document.get("verdict"), "run_time": None}
    shaped["meta"] = {**document.get("meta", {}), "run_id": run_id}
    return shaped


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    shaped = {k: v for k, v in result.items() if k not in _OURS}
    shaped["result"] = _numbers(result.get("result") or {})
    config = dict(result["expectation_config"])
    if not knows(config["type"]):
        config["notes"] = f"{config['type']} {json.dumps(config['kwargs'], default=str)}"
        config["kwargs"] = {k: v for k, v in config["kwargs"].items() if k in {"column", "mostly"}}
        config["type"] = "expect_column_values_to_not_be_null"
    config["kwargs"] = {k: v for k, v in config["kwargs"].items() if k not in OF_CONTRACTS}
    shaped["expectation_config"] = config
    if why := result.get("not_judged"):
        shaped["success"] = False
        shaped["exception_info"] = {"raised_exception": True, "exception_traceback": "",
                                    "exception_message": f"not judged: {why}"}  # fmt: skip
    return shaped


def _numbers(found: Mapping[str, Any]) -> dict[str, Any]:
    """A result without the count of values that Great Expectations shows only with its share."""
    if "unexpected_count" not in found or "unexpected_percent" in found:
        return dict(found)
    kept = {k: v for k, v in found.items() if "unexpected" not in k}
    if kept.get("observed_value") is None:
        kept["observed_value"] = f"{found['unexpected_count']} unexpected values"
    return kept
