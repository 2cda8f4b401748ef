"""Data Docs by Great Expectations' own renderer, made to work without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.errors import InputError
from assay.page import Lead, Section, link, render_page, table
from assay.quality.gx._door import knows, rendered

_OURS = ("engine", "verdict", "rows")
_REMOTE = re.compile(
    r"<link[^>]*https?://[^>]*>|<script[^>]*src=[\"']https?://[^>]*>\s*</script>", re.IGNORECASE
)
_REMOTE_IMAGE = re.compile(r"<img[^>]*https?://[^>]*>", re.IGNORECASE)
_REMOTE_BACKGROUND = re.compile(r"background:\s*url\(['\"]?https?://[^)]*\)[^;]*;", re.IGNORECASE)
_STYLE = """<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
table { border-collapse: collapse; margin: .5rem 0; }
td, th { border: 1px solid #8886; padding: .25rem .6rem; text-align: left; vertical-align: top; }
.badge { background: #8883; border-radius: .3rem; padding: 0 .4rem; }
.fa-check-circle::before { content: "✓ "; color: #2a8a3a; }
.fa-times::before { content: "✗ "; color: #c0392b; }
.fa-exclamation-triangle::before { content: "! "; color: #b7791f; }
.sr-only, .modal, footer { display: none; }
</style>"""


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
        n = document["statistics"]
        met = f"{n['successful_expectations']} / {n['evaluated_expectations']}"
        rows.append((link(name, str(document["suite_name"])), document.get("verdict", ""), met))
    index, lead = to / "index.html", Lead(None, "What Great Expectations shows of each validation.")
    sections = [Section("Validations", [table(["suite", "verdict", "met"], rows)])]
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
    page = rendered(gx_shape(document))
    page = _REMOTE_BACKGROUND.sub("", _REMOTE_IMAGE.sub("", _REMOTE.sub("", page)))
    return page.replace("</head>", f"{_STYLE}</head>", 1)


def gx_shape(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in exactly the shape that Great Expectations loads.

    Our own keys go; an expectation that it doesn't know stands under a name that it does, with
    its own among the notes.
    """
    shaped = {k: v for k, v in document.items() if k not in _OURS}
    shaped["results"] = [_result(r) for r in document["results"]]
    shaped["meta"] = {
        **document.get("meta", {}),
        "run_id": {"run_name": document.get("verdict"), "run_time": None},
    }
    return shaped


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    shaped = {k: v for k, v in result.items() if k not in _OURS}
    config = dict(result["expectation_config"])
    if not knows(config["type"]):
        config["notes"] = f"{config['type']} {json.dumps(config['kwargs'], default=str)}"
        config["kwargs"] = {k: v for k, v in config["kwargs"].items() if k in {"column", "mostly"}}
        config["type"] = "expect_column_values_to_not_be_null"
    shaped["expectation_config"] = config
    return shaped
