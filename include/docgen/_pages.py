"""Every generated file with its text."""

from __future__ import annotations

from pathlib import Path

from assay.project import Project
from assay.quality.gx._docs import render_expectations
from docgen._cli import render_cli
from docgen._contracts import render_contracts
from docgen._dags import render_dags
from docgen._models import render_models
from docgen._policies import render_policies
from docgen._reasons import render_reasons
from docgen._schemas import render_schemas
from docgen._stages import render_stages


def render_pages(project: Project) -> dict[str, str]:
    """Path below ``include/`` → text, for every generated file."""
    return {
        "docs/contracts.md": render_contracts(project),
        "docs/policies.md": render_policies(project),
        "docs/models.md": render_models(project),
        "docs/expectations.md": render_expectations(),
        "docs/cli.md": render_cli(),
        "docs/dags.md": render_dags(project),
        "docs/reasons.md": render_reasons(),
        "docs/stages.md": render_stages(),
        **{f"schemas/{name}": text for name, text in render_schemas().items()},
    }


def write_pages(project: Project) -> list[Path]:
    """Write what has changed; the paths of those files."""
    written = []
    for name, text in render_pages(project).items():
        path = project.include / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written
